"""Small files for the laws, made from the description of the format alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet_formats.cases import Edges


def write_legacy_vtk(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """Structured points in binary, which is big-endian."""
    kinds = {"u1": "unsigned_char", "i1": "char", "i2": "short", "u2": "unsigned_short", "i4": "int", "f4": "float"}
    kind = kinds.get(values.dtype.str[1:])
    if kind is None:
        raise NotImplementedError
    z, y, x = values.shape
    dz, dy, dx = voxel_um
    path.write_bytes(
        f"# vtk DataFile Version 3.0\nlabels\nBINARY\nDATASET STRUCTURED_POINTS\nDIMENSIONS {x} {y} {z}\n"
        f"ORIGIN 0 0 0\nSPACING {dx} {dy} {dz}\nPOINT_DATA {values.size}\nSCALARS labels {kind} 1\n"
        f"LOOKUP_TABLE default\n".encode()
        + values.astype(values.dtype.newbyteorder(">")).tobytes()
    )
