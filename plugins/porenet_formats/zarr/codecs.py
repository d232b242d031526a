"""What zarr does to the bytes of a chunk, undone into a size known beforehand.

A codec is one of this list, whatever name a file gives; nothing is looked up by a name from a file. A chunk states its
own size in most of these formats, so that a few bytes could ask for all memory: the size is compared first.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, DEFLATE_RATIO, library

if TYPE_CHECKING:
    pass

Config = Mapping[str, Any]
_LZMA_MEMORY = 1 << 28
_STREAMS = 100
_REPEATS = 1 << 15
"""Largest expansion of a zstd frame: a block of 128 KiB of one value takes four bytes."""


@dataclass(frozen=True, slots=True)
class Codec:
    """One step from the values of a chunk to its bytes in the file.

    Attributes:
        name: in messages.
        decode: function from the bytes in the file and the size of its result, bytes, to the result.
        expansion: largest number of bytes that one byte in the file can stand for; 1 if it does not compress.
        added: bytes that it adds, if it does not compress.
    """

    name: str
    decode: Callable[[bytes, int], bytes]
    expansion: float = 1.0
    added: int = 0


def codec(name: object, config: Config, itemsize: int) -> Codec:
    """A codec by its name.

    Args:
        name: as the file says, in zarr 2 or 3.
        config: its configuration in the file.
        itemsize: bytes of a value.

    Raises:
        InputError: not one of those that are read.
    """
    kind = str(name).removeprefix("numcodecs.")
    if kind in _COMPRESSORS:
        decode, expansion = _COMPRESSORS[kind]
        if kind == "lzma" and config.get("format", 1) not in (lzma.FORMAT_XZ, lzma.FORMAT_ALONE):
            raise InputError("its chunks are LZMA without a header", fix="Write them as XZ, zstd or gzip.")
        return Codec(kind, decode, expansion)
    if kind in _CHECKSUMS:
        at_end = config.get("location", "end" if kind == "crc32c" else "start") == "end"
        return Codec(kind, lambda data, _: _checked(data, _CHECKSUMS[kind], kind, at_end), added=4)
    if kind == "fletcher32":
        return Codec(kind, lambda data, _: _numcodecs("fletcher32", "Fletcher32", data), added=4)
    if kind == "shuffle":
        width = config.get("elementsize", 4)
        if not isinstance(width, int) or not 1 <= width <= 64:
            raise InputError(f"its shuffle has elements of {str(width)[:40]} bytes", fix=DAMAGED)
        return Codec(kind, lambda data, _: _unshuffled(data, width))
    if kind == "delta":
        dtype = np.dtype(str(config.get("dtype")))
        if dtype.kind not in "iu" or dtype.itemsize != itemsize or config.get("astype", dtype.str) != dtype.str:
            raise InputError("its delta filter changes the type of the values", fix="Write them without it.")
        return Codec(kind, lambda data, _: np.cumsum(np.frombuffer(data, dtype), dtype=dtype).tobytes())
    raise InputError(
        f"its chunks are written with the codec {str(name)[:60]!r}, which is not read",
        fix=f"Write them with one of {', '.join((*_COMPRESSORS, *_CHECKSUMS, 'fletcher32', 'shuffle', 'delta'))}.",
    )


def sized(codecs: tuple[Codec, ...], size: int) -> tuple[tuple[Codec, int], ...]:
    """Codecs in the order of reading, each with the bytes of its result.

    Args:
        codecs: in the order of writing.
        size: bytes of the values of a chunk.

    Raises:
        InputError: two of them compress: the size between them is not known.
    """
    if sum(step.expansion > 1 for step in codecs) > 1:
        raise InputError("its chunks are compressed twice", fix="Write them with one compressor.")
    steps = []
    for step in codecs:
        steps.append((step, size))
        size += step.added
    return tuple(reversed(steps))


def _stream(make: Callable[[], Any], data: bytes, size: int) -> bytes:
    """Decompress one or several streams, one behind the other, to at most one byte above the size."""
    result: bytes = b""
    for _ in range(_STREAMS):
        stream = make()
        result += bytes(stream.decompress(data, size + 1 - len(result)))
        if len(result) > size:
            raise InputError(f"holds more than {size} bytes", fix=DAMAGED)
        if not stream.eof:
            raise InputError("ends early", fix=DAMAGED)
        data = bytes(stream.unused_data)
        if not data:
            return result
    raise InputError(f"is of more than {_STREAMS} streams", fix=DAMAGED)


def _zlib(data: bytes, size: int) -> bytes:
    return _stream(zlib.decompressobj, data, size)


def _gzip(data: bytes, size: int) -> bytes:
    return _stream(lambda: zlib.decompressobj(31), data, size)


def _bz2(data: bytes, size: int) -> bytes:
    return _stream(bz2.BZ2Decompressor, data, size)


def _lzma(data: bytes, size: int) -> bytes:
    return _stream(lambda: lzma.LZMADecompressor(memlimit=_LZMA_MEMORY), data, size)


def _blosc(data: bytes, size: int) -> bytes:
    _same(int.from_bytes(data[12:16], "little"), len(data), "states a length of")
    _same(int.from_bytes(data[4:8], "little"), size)
    return _numcodecs("blosc", "Blosc", data)


def _lz4(data: bytes, size: int) -> bytes:
    _same(int.from_bytes(data[:4], "little"), size)
    return _numcodecs("lz4", "LZ4", data)


def _zstd(data: bytes, size: int) -> bytes:
    """Into memory of the right size; RFC 8878, section 3.1.1.1, says where a frame states its own."""
    flags = data[4] if len(data) > 4 else 0
    single, width = flags >> 5 & 1, (0, 2, 4, 8)[flags >> 6]
    width = width or single
    start = 5 + (1 - single) + (0, 1, 2, 4)[flags & 3]
    if width:  # a frame may leave it out
        _same(int.from_bytes(data[start : start + width], "little") + (256 if width == 2 else 0), size)
    out = np.empty(size, np.uint8)
    _decoder("zstd", "Zstd").decode(data, out)
    return out.tobytes()


def _numcodecs(module: str, name: str, data: bytes) -> bytes:
    return bytes(_decoder(module, name).decode(data))


def _decoder(module: str, name: str) -> Any:
    codecs = library(f"numcodecs.{module}", extra="zarr", title=f"zarr with {module}")
    return getattr(codecs, name)()


def _same(stated: int, expected: int, words: str = "holds") -> None:
    if stated != expected:
        raise InputError(f"{words} {stated} bytes, not {expected}", fix=DAMAGED)


def _unshuffled(data: bytes, width: int) -> bytes:
    whole = len(data) // width * width
    return np.frombuffer(data[:whole], np.uint8).reshape(width, -1).T.tobytes() + data[whole:]


def _checked(data: bytes, checksum: Callable[[bytes], int], name: str, at_end: bool) -> bytes:
    stated, rest = (data[-4:], data[:-4]) if at_end else (data[:4], data[4:])
    if len(stated) < 4 or int.from_bytes(stated, "little") != checksum(rest):
        raise InputError(f"does not have the checksum that it states ({name})", fix=DAMAGED)
    return rest


def crc32c(data: bytes) -> int:
    """The checksum CRC-32C."""
    return int(library("google_crc32c", extra="zarr", title="zarr with crc32c").value(data))


_COMPRESSORS: dict[str, tuple[Callable[[bytes, int], bytes], float]] = {
    "zstd": (_zstd, _REPEATS),
    "blosc": (_blosc, _REPEATS),
    "gzip": (_gzip, DEFLATE_RATIO),
    "zlib": (_zlib, DEFLATE_RATIO),
    "lz4": (_lz4, 255),
    "bz2": (_bz2, 1 << 21),
    "lzma": (_lzma, _REPEATS),
}
_CHECKSUMS: dict[str, Callable[[bytes], int]] = {"crc32c": crc32c, "crc32": zlib.crc32, "adler32": zlib.adler32}
