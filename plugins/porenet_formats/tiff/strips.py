"""Strips and tiles of a TIFF page: that each holds the pixels which the page header gives it, no fewer and no more.

tifffile fills missing strips, reads on behind uncompressed ones that are too short, and cuts those that are too long: a
header that lost its bits per sample, or names another compression, would pass.
"""

from __future__ import annotations

import math
from typing import Any, BinaryIO

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, library

_NONE, _LZW, _LZMA = 1, 5, 34925
_FAX = (2, 3, 4)


def check_strips(page: Any, file: BinaryIO) -> None:
    """Check the strips or tiles of a page.

    Args:
        page: a page of tifffile.
        file: the file that it is in.

    Raises:
        InputError: one is missing, outside of the file, or holds fewer or more pixels than the header says.
    """
    size = file.seek(0, 2)
    strips = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    whole = len(page.dataoffsets) == len(page.databytecounts) == math.prod(page.chunked) and all(
        count > 0 and offset > 0 and offset + count <= size for offset, count in strips
    )
    if not whole:
        raise InputError(f"page {page.index} lacks some of its pixels", fix=DAMAGED)
    if math.prod(page.chunks) > 4 * math.prod(page.shaped) + (1 << 20):
        raise InputError(f"page {page.index} has tiles larger than the page", fix="It is damaged; write it again.")
    bits = page.bitspersample
    if page.compression in _FAX or not isinstance(bits, int):
        return
    height, width, samples = page.shaped[2:]
    row = math.ceil((page.tilewidth if page.is_tiled else width) * samples * bits / 8)
    strip = row * (page.tiledepth * page.tilelength if page.is_tiled else min(page.rowsperstrip, height))
    if page.compression == _NONE:
        stored_bytes = sum(count for _, count in strips)
        needed = (
            strip * len(strips) if page.is_tiled else math.prod(page.shaped[:3]) * row
        )  # the last strip may be short
        if stored_bytes < needed:
            raise InputError(f"page {page.index} holds {stored_bytes} of {needed} bytes", fix=DAMAGED)
        if stored_bytes >= max(needed, strip * len(strips)) + row:
            raise _too_long(page)
    elif page.fillorder == 1 and (bits < 8 or page.compression in (_LZW, _LZMA)):  # others are refused if too long
        inflate = library("tifffile", extra="tiff", title="TIFF").TIFF.DECOMPRESSORS[page.compression]
        for offset, count in strips:
            file.seek(offset)
            if len(inflate(file.read(count), out=strip + row)) == strip + row:
                raise _too_long(page)


def _too_long(page: Any) -> InputError:
    return InputError(f"page {page.index} holds more pixels than its header promises", fix=DAMAGED)
