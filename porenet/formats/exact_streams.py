"""Streams that must hold exactly the voxels of a header: none missing, nothing behind them, checksums verified."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.stored import flat_blocks
from porenet.formats.streams import Read

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PIECE = 1 << 18
_LONGEST_WORD = 64
_DAMAGED = "It is truncated or damaged; copy it again."


def exact_blocks(read: Read, dtype: np.dtype[Any], size: int) -> Iterator[NDArray[Any]]:
    """Yield values from a stream of bytes, in flat pieces.

    Args:
        read: the stream.
        dtype: type of the values.
        size: number of values.

    Raises:
        InputError: the stream ends before or goes on behind the last value, or its checksum is wrong.
    """
    yield from flat_blocks(read, dtype, size)
    if read(1):
        raise too_many(size)


def text_exactly(read: Read, dtype: np.dtype[Any], size: int) -> Iterator[NDArray[Any]]:
    """Yield numbers from a stream of text, separated by white space.

    Args:
        read: the stream.
        dtype: type of the values; whole numbers if it is one of integers.
        size: number of values.

    Raises:
        InputError: the stream ends before or goes on behind the last value, or a word is not such a number.
    """
    count = 0
    for words in _words(read):
        count += len(words)
        if count > size:
            raise too_many(size)
        if words:
            yield np.array([_number(word, dtype) for word in words], dtype)
    if count < size:
        raise InputError(f"ends after {count} of {size} voxels", fix=_DAMAGED)


def unzip(source: Read) -> Read:
    """Decompressed bytes of one zlib stream, which must fill the source; its checksum is verified at its end."""
    machine = zlib.decompressobj()

    def read(count: int) -> bytes:
        pieces: list[bytes] = []
        missing = count
        while missing and not machine.eof:
            packed = machine.unconsumed_tail or source(_PIECE)
            try:
                data = machine.decompress(packed, missing)
            except zlib.error as error:
                raise InputError(f"its compressed data is damaged ({error})", fix=_DAMAGED) from error
            if not data and not packed:
                raise InputError("ends inside its compressed data", fix=_DAMAGED)
            pieces.append(data)
            missing -= len(data)
        if machine.eof and (machine.unused_data or source(1)):
            raise InputError("bytes follow its compressed data", fix=_DAMAGED)
        return b"".join(pieces)

    return read


def too_many(size: int) -> InputError:
    """The error for values behind the last voxel."""
    return InputError(
        f"holds more than the {size} voxels that its header promises",
        fix="Its header does not fit its voxels: write it again from its source.",
    )


def _words(read: Read) -> Iterator[list[bytes]]:
    rest = b""
    while piece := read(_PIECE):
        words = (rest + piece).split()
        rest = words.pop() if words and not piece[-1:].isspace() else b""
        if len(rest) > _LONGEST_WORD:
            raise InputError(f"{rest[:20].decode('latin-1')!r}... where a number was expected", fix=_DAMAGED)
        yield words
    yield [rest] if rest else []


def _number(word: bytes, dtype: np.dtype[Any]) -> float:
    """The number of a word; int() and float() alone would read 1_0 as ten."""
    text = word[:20].decode("latin-1")
    try:
        if b"_" in word:
            raise ValueError(word)
        value = float(word) if dtype.kind == "f" else int(word)
        np.array(value, dtype)
    except ValueError as error:
        raise InputError(f"{text!r} where a number of type {dtype.name} was expected", fix=_DAMAGED) from error
    except OverflowError as error:
        raise InputError(f"{text!r} does not fit its type {dtype.name}", fix=_DAMAGED) from error
    return value
