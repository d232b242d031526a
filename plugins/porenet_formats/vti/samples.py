"""Small files for the laws, made from the description of the format alone."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet_formats.cases import Edges


def write_vti(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """Cell data, appended as raw bytes."""
    z, y, x = values.shape
    dz, dy, dx = voxel_um
    kind = {"i": "Int", "u": "UInt", "f": "Float"}[values.dtype.kind] + str(8 * values.dtype.itemsize)
    order = "BigEndian" if values.dtype.byteorder == ">" else "LittleEndian"
    length = struct.pack(">Q" if order == "BigEndian" else "<Q", values.nbytes)
    path.write_bytes(
        f'<VTKFile type="ImageData" version="1.0" byte_order="{order}" header_type="UInt64">\n'
        f'<ImageData WholeExtent="0 {x} 0 {y} 0 {z}" Origin="0 0 0" Spacing="{dx} {dy} {dz}">\n'
        f'<Piece Extent="0 {x} 0 {y} 0 {z}"><CellData>\n'
        f'<DataArray type="{kind}" Name="labels" format="appended" offset="0"/>\n'
        f'</CellData></Piece></ImageData>\n<AppendedData encoding="raw">\n_'.encode()
        + length
        + values.tobytes()
        + b"\n</AppendedData>\n</VTKFile>\n"
    )
