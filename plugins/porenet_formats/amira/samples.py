"""Small files for the laws, made from the description of the format alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet_formats.cases import Edges


def write_amira(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """A uniform lattice in binary; its bounding box ends at the centres of voxels."""
    types = {"u1": "byte", "i2": "short", "u2": "ushort", "i4": "int", "f4": "float", "f8": "double"}
    kind = types.get(values.dtype.str[1:])
    if kind is None:
        raise NotImplementedError
    order = "BINARY" if values.dtype.byteorder == ">" else "BINARY-LITTLE-ENDIAN"
    size = values.shape[::-1]
    box = " ".join(f"0 {edge * max(1, n - 1)!r}" for edge, n in zip(voxel_um[::-1], size, strict=True))
    header = (
        f"# AmiraMesh {order} 2.1\n\ndefine Lattice {size[0]} {size[1]} {size[2]}\n\n"
        f'Parameters {{\n BoundingBox {box}, CoordType "uniform", Units {{ Coordinates "um" }}\n}}\n\n'
        f"Lattice {{ {kind} Labels }} @1\n\n# Data section follows\n@1\n"
    )
    path.write_bytes(header.encode() + values.tobytes())
