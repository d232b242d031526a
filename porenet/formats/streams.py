"""Compressed and encoded bytes as streams that never return more bytes than requested.

A few kilobytes can expand to gigabytes; the reader decides how much memory that takes.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable
from typing import BinaryIO

from porenet.errors import InputError

Read = Callable[[int], bytes]
"""Function that returns up to the given number of bytes; fewer only at the end."""

_PIECE = 1 << 18
_DAMAGED = "It is truncated or damaged; copy it again."


def span(file: BinaryIO, start: int, end: int) -> Read:
    """Stream of the bytes ``start`` to ``end`` of a file."""
    file.seek(start)
    left = max(0, end - start)

    def read(count: int) -> bytes:
        nonlocal left
        data = file.read(min(count, left))
        left -= len(data)
        return data

    return read


def inflate(source: Read) -> Read:
    """Decompressed bytes of a zlib stream, or of one or more gzip streams."""
    machine = zlib.decompressobj(wbits=47)  # 47: zlib or gzip, as its header states
    waiting = b""

    def read(count: int) -> bytes:
        nonlocal machine, waiting
        pieces: list[bytes] = []
        missing = count
        while missing:
            waiting = waiting or source(_PIECE)
            if machine.eof:
                if not waiting.startswith(b"\x1f\x8b"):
                    break
                machine = zlib.decompressobj(wbits=47)
            packed = waiting
            try:
                data = machine.decompress(packed, missing)
            except zlib.error as error:
                raise InputError(f"its compressed data is damaged ({error})", fix=_DAMAGED) from error
            waiting = machine.unused_data if machine.eof else machine.unconsumed_tail
            if not data and not packed:
                break
            pieces.append(data)
            missing -= len(data)
        return b"".join(pieces)

    return read


def unbase64(source: Read) -> Read:
    """Decoded bytes of base64 text; several padded texts may follow one another, white space is skipped."""
    text, ready = b"", bytearray()

    def read(count: int) -> bytes:
        nonlocal text
        while len(ready) < count:
            piece = source(_PIECE)
            text += piece.translate(None, b" \t\r\n")
            whole = len(text) // 4 * 4
            if not whole and not piece:
                break
            ready.extend(_decode(text[:whole]))
            text = text[whole:]
        data = bytes(ready[:count])
        del ready[:count]
        return data

    return read


def _decode(text: bytes) -> bytes:
    pieces: list[bytes] = []
    start = 0
    try:
        while start < len(text):
            pad = text.find(b"=", start)
            end = len(text) if pad < 0 else (pad // 4 + 1) * 4
            pieces.append(base64.b64decode(text[start:end], validate=True))
            start = end
    except binascii.Error as error:
        raise InputError(f"its base64 text is damaged ({error})", fix=_DAMAGED) from error
    return b"".join(pieces)
