"""Numbers written as text, in the ASCII variants of NRRD, VTI and legacy VTK."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface.stored import BLOCK_BYTES, DAMAGED, too_many

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LONGEST_WORD = 64


def text_expansion(dtype: np.dtype[Any]) -> float:
    """Largest number of value bytes that one byte of text can stand for: a number takes a digit and a blank."""
    return dtype.itemsize / 2


def text_blocks(
    read: Callable[[int], bytes],
    dtype: np.dtype[Any],
    size: int,
    *,
    to_end: bool = False,
    parse: Callable[[bytes], float] | None = None,
) -> Iterator[NDArray[Any]]:
    """Yield numbers from a stream of text, separated by white space.

    Args:
        read: function that returns up to the given number of bytes; fewer only at the end of the stream.
        dtype: type of the values; a number that does not fit it is an error.
        size: number of values.
        to_end: whether the stream must end behind the last value; else text behind it is ignored.
        parse: function that reads one word, or raises ValueError; default: whole numbers for an integer type.

    Raises:
        InputError: the stream ends early, or must end and does not, or holds a word that is not such a number.
    """
    parse = parse or (_float if dtype.kind == "f" else _whole)
    count, rest, piece = 0, b"", b" "
    while piece and (count < size or to_end):
        piece = read(BLOCK_BYTES >> 2)
        text = rest + piece
        words = text.split()
        rest = b""
        if piece and words and not text[-1:].isspace():
            rest = words.pop()
            if len(rest) > _LONGEST_WORD:
                raise InputError(f"{rest[:20].decode('latin-1')!r}... where a number was expected", fix=DAMAGED)
        if to_end and len(words) > size - count:
            raise too_many(size)
        words = words[: size - count]
        if words:
            count += len(words)
            yield _numbers(words, dtype, parse)
    if count < size:
        raise InputError(f"ends after {count} of {size} voxels", fix=DAMAGED)


def bit(word: bytes) -> int:
    """Parse 0 or 1."""
    if word not in (b"0", b"1"):
        raise ValueError(word)
    return int(word)


def _whole(word: bytes) -> int:
    """Parse a whole number; int() alone would read 1_0 as ten."""
    if b"_" in word:
        raise ValueError(word)
    return int(word)


def _float(word: bytes) -> float:
    if b"_" in word:
        raise ValueError(word)
    return float(word)


def _numbers(words: Sequence[bytes], dtype: np.dtype[Any], parse: Callable[[bytes], float]) -> NDArray[Any]:
    try:
        return np.array([parse(word) for word in words], dtype)
    except (ValueError, OverflowError):
        values = np.array([_number(word, dtype, parse) for word in words], dtype)  # slower; names the faulty word
    return values


def _number(word: bytes, dtype: np.dtype[Any], parse: Callable[[bytes], float]) -> float:
    text = word[:20].decode("latin-1")
    try:
        value = parse(word)
        np.array(value, dtype)
    except ValueError as error:
        raise InputError(
            f"{text!r} where a {'' if dtype.kind == 'f' else 'whole '}number was expected",
            fix="Labels are whole numbers; segment grey values first.",
        ) from error
    except OverflowError as error:
        raise InputError(f"{text!r} does not fit its type {dtype.name}", fix=DAMAGED) from error
    return value
