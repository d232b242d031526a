"""Small files for the laws, made from the description of the format alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet_formats.cases import Edges


def write_nrrd(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """Raw values behind the header, edges in nm."""
    path.write_bytes(_header(values, voxel_um, "raw") + values.tobytes())


def write_gzip_nrrd(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """Values in gzip behind the header."""
    import gzip

    path.write_bytes(_header(values, voxel_um, "gzip") + gzip.compress(values.tobytes(), mtime=0))


def write_detached_nrrd(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """A header, and the values in a file beside it."""
    header = _header(values, voxel_um, "raw").rstrip() + b"\ndata file: voxels.bin\n"
    path.write_bytes(header)
    path.with_name("voxels.bin").write_bytes(values.tobytes())


def _header(values: NDArray[Any], voxel_um: Edges, encoding: str) -> bytes:
    kind = {"i": "int", "u": "uint"}.get(values.dtype.kind)
    name = f"{kind}{8 * values.dtype.itemsize}" if kind else {4: "float", 8: "double"}[values.dtype.itemsize]
    spacings = " ".join(repr(1000 * edge) for edge in reversed(voxel_um))
    lines = [
        "NRRD0004", f"type: {name}", "dimension: 3", f"sizes: {' '.join(map(str, values.shape[::-1]))}",
        f"spacings: {spacings}", 'units: "nm" "nm" "nm"', f"encoding: {encoding}",
        f"endian: {'big' if values.dtype.byteorder == '>' else 'little'}",
    ]  # fmt: skip
    return "\n".join(lines).encode() + b"\n\n"
