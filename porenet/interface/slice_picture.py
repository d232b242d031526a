"""A section of labels as a PNG of a few kilobytes: one byte per pixel, a palette, and zlib."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST_PIXELS = 512
"""Longest edge of a picture; of a larger section every second, third, ... voxel is drawn."""


def png_of(section: NDArray[np.uint8], colours: Sequence[str]) -> bytes:
    """A section as a PNG.

    Args:
        section: ``(Y, X)`` labels; the first row is the top.
        colours: ``#rrggbb`` per label.
    """
    step = -(-max(section.shape) // MOST_PIXELS)
    pixels = section[::step, ::step]
    height, width = pixels.shape
    rows = np.zeros((height, width + 1), np.uint8)  # each row begins with its filter: none
    rows[:, 1:] = pixels
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    palette = b"".join(bytes.fromhex(colour.removeprefix("#")) for colour in colours)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
