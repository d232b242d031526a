"""Small files for the laws, made from the description of the format alone."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet_formats.cases import Edges


def write_mrc(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """The format of 2014, edges in angstrom."""
    modes = {"i1": 0, "i2": 1, "f4": 2, "u2": 6}
    mode = modes.get(values.dtype.str[1:])
    if mode is None:
        raise NotImplementedError
    order = ">" if values.dtype.byteorder == ">" else "<"
    sizes = values.shape[::-1]
    header = bytearray(1024)
    struct.pack_into(f"{order}4i", header, 0, *sizes, mode)
    struct.pack_into(f"{order}3i", header, 28, *sizes)
    cell = [n * edge * 1e4 for n, edge in zip(sizes, reversed(voxel_um), strict=True)]
    struct.pack_into(f"{order}6f", header, 40, *cell, 90, 90, 90)
    struct.pack_into(f"{order}3i", header, 64, 1, 2, 3)
    struct.pack_into(f"{order}i", header, 88, 1)
    header[208:212] = b"MAP "
    header[212:216] = b"\x11\x11\0\0" if order == ">" else b"DD\0\0"
    path.write_bytes(bytes(header) + values.tobytes())
