"""Small files for the laws, made from the description of the format alone."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet_formats.cases import Edges


def write_nifti(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """Version 1 in one file, edges in um."""
    codes = {"u1": 2, "i2": 4, "i4": 8, "f4": 16, "f8": 64, "i1": 256, "u2": 512, "u4": 768, "i8": 1024}
    code = codes.get(values.dtype.str[1:])
    if code is None:
        raise NotImplementedError
    order = ">" if values.dtype.byteorder == ">" else "<"
    z, y, x = values.shape
    header = bytearray(352)
    struct.pack_into(f"{order}i", header, 0, 348)
    struct.pack_into(f"{order}8h", header, 40, 3, x, y, z, 1, 1, 1, 1)
    struct.pack_into(f"{order}2h", header, 70, code, 8 * values.dtype.itemsize)
    struct.pack_into(f"{order}4f", header, 76, 1.0, *reversed(voxel_um))
    struct.pack_into(f"{order}f", header, 108, 352.0)
    header[123] = 3  # micrometres
    header[344:348] = b"n+1\0"
    path.write_bytes(bytes(header) + values.tobytes())


def write_gzip_nifti(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """The same in gzip."""
    import gzip

    write_nifti(path, values, voxel_um)
    path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
