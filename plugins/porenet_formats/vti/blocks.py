"""Compressed blocks of a ``.vti`` file: zlib and LZMA, whose checksums are verified, and LZ4, which has none."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, DEFLATE_RATIO, Read, library

_LZMA_MEMORY = 1 << 28
"""Most memory of the LZMA decompressor, bytes: its highest preset takes a quarter of it."""


def unpack(compressor: str, read: Read, word: np.dtype[Any], needed: int) -> Read:
    """The bytes of consecutive blocks behind a header: count, size, size of a shorter last one, packed sizes.

    Args:
        compressor: class of VTK that compressed them; a key of `RATIOS`.
        read: stream of the header and the blocks.
        word: type of the numbers of the header.
        needed: bytes of all blocks, decompressed.

    Raises:
        InputError: a block is damaged, or the blocks do not make so many bytes.
    """
    decompress = _DECOMPRESSORS[compressor]
    count, size, last = words(read, word, 3)
    if count < 1 or size < 1 or last >= size or (count - 1) * size + (last or size) != needed:
        raise InputError(f"its {count} blocks of {size} bytes do not make the {needed} of its extent", fix=DAMAGED)
    sizes = iter(words(read, word, count))
    left = needed
    ready = b""

    def read_plain(count: int) -> bytes:
        nonlocal left, ready
        pieces = [ready]
        have = len(ready)
        while have < count and left:
            plain, packed = min(size, left), next(sizes)
            # a block is one buffer of the program that wrote it, so the header cannot make it larger than the volume
            if packed > plain + plain // 100 + 4096:
                raise InputError(f"a block of {plain} bytes takes {packed} in the file", fix=DAMAGED)
            pieces.append(decompress(read(packed), plain))
            left -= plain
            have += plain
        data = b"".join(pieces)
        ready = data[count:]
        return data[:count]

    return read_plain


def words(read: Read, word: np.dtype[Any], count: int) -> list[int]:
    """The next numbers of the header of an array.

    Raises:
        InputError: the stream ends before.
    """
    data = read(count * word.itemsize)
    if len(data) < count * word.itemsize:
        raise InputError("ends inside the header of its array", fix=DAMAGED)
    return [int(number) for number in np.frombuffer(data, word)]


def _zlib(data: bytes, plain: int) -> bytes:
    return _whole_stream(zlib.decompressobj(), data, plain)


def _lzma(data: bytes, plain: int) -> bytes:
    return _whole_stream(lzma.LZMADecompressor(memlimit=_LZMA_MEMORY), data, plain)


def _whole_stream(machine: Any, data: bytes, plain: int) -> bytes:
    """One block of ``plain`` bytes that is the whole of ``data``."""
    try:
        block: bytes = machine.decompress(data, plain + 1)  # one more, which takes the machine to the checksum
    except (zlib.error, lzma.LZMAError) as error:
        raise InputError(f"its compressed data is damaged ({error})", fix=DAMAGED) from error
    if len(block) != plain or not machine.eof or machine.unused_data:
        raise InputError(f"a block of {plain} bytes is not one compressed stream of {len(data)}", fix=DAMAGED)
    return block


def _lz4(data: bytes, plain: int) -> bytes:
    codecs = library("imagecodecs", extra="tiff", title="LZ4 in a VTI file")
    try:
        block = bytes(codecs.lz4_decode(data, out=plain))
    except codecs.Lz4Error as error:
        raise InputError(f"its compressed data is damaged ({error})", fix=DAMAGED) from error
    if len(block) != plain:
        raise InputError(f"a block holds {len(block)} bytes, not {plain}", fix=DAMAGED)
    return block


_DECOMPRESSORS: dict[str, Callable[[bytes, int], bytes]] = {
    "vtkZLibDataCompressor": _zlib,
    "vtkLZMADataCompressor": _lzma,
    "vtkLZ4DataCompressor": _lz4,
}
RATIOS = {
    "vtkZLibDataCompressor": float(DEFLATE_RATIO),
    "vtkLZMADataCompressor": 16384.0,  # a gigabyte of zeros takes 150 kB
    "vtkLZ4DataCompressor": 255.0,
}
"""Largest expansion of each compressor."""
