"""A section of labels as a PNG of a few kilobytes: one byte per pixel, a palette, and zlib."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BY_NAME = {"Ni": "#c9a24a", "YSZ": "#4577b8", "pore": "#63bfae"}
"""Colours of the phases of these names: those of the 3-D report for electrons, ions and gas."""
OTHERS = ("#8e6aa8", "#c0605a", "#7d8894", "#a6b04c", "#d08fb3", "#5a5f73", "#b98a68", "#4f9e5e")
"""Colours of other phases, in their order, again from the first."""
MOST_PIXELS = 512
"""Longest edge of a picture; of a larger section every second, third, ... voxel is drawn."""


def colours_of(phases: Sequence[str]) -> list[str]:
    """A colour ``#rrggbb`` per phase; the same phase has the same colour in any order where its name is known."""
    others = [phase for phase in phases if phase not in BY_NAME]
    return [BY_NAME.get(phase) or OTHERS[others.index(phase) % len(OTHERS)] for phase in phases]


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
