"""HxByteRLE, the run lengths of Amira: a count and a byte to repeat, or 128 + a count and as many bytes."""

from __future__ import annotations

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, Read

HX_BYTE_RLE_RATIO = 63.5
"""Largest expansion: 127 bytes from two."""

_PIECE = 1 << 18
_LITERAL = 0x80
_LONGEST = 128


def unrun(source: Read) -> Read:
    """Decoded bytes of a stream of runs."""
    packed, ready = b"", bytearray()

    def read(count: int) -> bytes:
        nonlocal packed
        while len(ready) < count:
            piece = source(_PIECE)
            packed = _decode(packed + piece, ready, last=not piece)
            if not piece:
                break
        data = bytes(ready[:count])
        del ready[:count]
        return data

    return read


def _decode(packed: bytes, ready: bytearray, *, last: bool) -> bytes:
    """Decode whole runs to ``ready``; the rest of the bytes is returned."""
    place = 0
    end = len(packed) if last else len(packed) - _LONGEST
    while place < end:
        count = packed[place]
        if count < _LITERAL:
            ready += packed[place + 1 : place + 2] * count
            place += 2
        else:
            ready += packed[place + 1 : place + 1 + count - _LITERAL]
            place += 1 + count - _LITERAL
    if place > len(packed):
        raise InputError("ends inside a run of its compressed data", fix=DAMAGED)
    return packed[place:]
