"""Compressed and encoded bytes as streams that never return more bytes than requested.

A few kilobytes can expand to gigabytes; the reader decides how much memory that takes.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

from porenet.errors import InputError
from porenet.formats.interface.stored import DAMAGED

Read = Callable[[int], bytes]
"""Function that returns up to the given number of bytes; fewer only at the end."""

_PIECE = 1 << 18
_MARK = 3
_BLANKS = b" \t\r\n\v\f"


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


class _Decompressor(Protocol):
    """What `bz2` and `lzma` have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """zlib in the manner of `bz2`, so that one loop serves both; checks CRC and length at the end of a member."""

    def __init__(self) -> None:
        self._machine = zlib.decompressobj(wbits=47)  # 47: zlib or gzip, as its header states
        self._full = False

    @property
    def eof(self) -> bool:
        return self._machine.eof

    @property
    def needs_input(self) -> bool:
        return not self._machine.unconsumed_tail and not self._full

    @property
    def unused_data(self) -> bytes:
        return self._machine.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        plain = self._machine.decompress(self._machine.unconsumed_tail + data, max_length)
        self._full = len(plain) == max_length  # more may be waiting inside
        return plain


def gunzip(source: Read) -> Read:
    """Decompressed bytes of a zlib stream, or of gzip members up to the end; their checksums are verified."""
    return _members(source, _Gzip, b"\x1f\x8b")


def bunzip2(source: Read) -> Read:
    """Decompressed bytes of bzip2 streams up to the end; their checksums are verified."""
    return _members(source, bz2.BZ2Decompressor, b"BZh")


def _members(source: Read, start: Callable[[], _Decompressor], magic: bytes) -> Read:
    machine = start()
    waiting = b""

    def read(count: int) -> bytes:
        nonlocal machine, waiting
        pieces: list[bytes] = []
        missing = count
        while missing:
            if machine.eof:
                waiting = _next_member(waiting, source)
                if not waiting:
                    break
                if not waiting.startswith(magic):
                    raise InputError("holds bytes behind its compressed data", fix=DAMAGED)
                machine = start()
            if machine.needs_input and not waiting:
                waiting = source(_PIECE)
                if not waiting:
                    raise InputError("ends inside its compressed data", fix=DAMAGED)
            packed, waiting = (waiting, b"") if machine.needs_input else (b"", waiting)
            try:
                data = machine.decompress(packed, missing)
            except (zlib.error, OSError) as error:
                raise InputError(f"its compressed data is damaged ({error})", fix=DAMAGED) from error
            if machine.eof:
                waiting = machine.unused_data + waiting
            pieces.append(data)
            missing -= len(data)
        return b"".join(pieces)

    return read


def _next_member(waiting: bytes, source: Read) -> bytes:
    """The start of the next member, behind zeros, which gzip and bzip2 pass over; empty if there is none."""
    while not (waiting := waiting.lstrip(b"\0")):
        waiting = source(_PIECE)
        if not waiting:
            return b""
    # of a member that begins at the end of a piece, so that its mark is seen whole
    return waiting if len(waiting) > _MARK else waiting + source(_PIECE)


def unhex(source: Read) -> Read:
    """Decoded bytes of pairs of hexadecimal digits; white space is skipped."""
    text = b""

    def read(count: int) -> bytes:
        nonlocal text
        while len(text) < 2 * count and (piece := source(_PIECE)):
            text += piece.translate(None, _BLANKS)
        digits, text = text[: 2 * count], text[2 * count :]
        try:
            return bytes.fromhex(digits.decode("ascii"))
        except ValueError as error:  # an odd number of digits too
            raise InputError(f"its hexadecimal text is damaged ({error})", fix=DAMAGED) from error

    return read


def unbase64(source: Read) -> Read:
    """Decoded bytes of base64 text; several padded texts may follow one another, white space is skipped."""
    text, ready = b"", bytearray()

    def read(count: int) -> bytes:
        nonlocal text
        while len(ready) < count:
            piece = source(_PIECE)
            text += piece.translate(None, _BLANKS)
            whole = len(text) // 4 * 4
            if not whole and not piece:
                if text:
                    raise InputError(f"its base64 text ends in {len(text)} letters too many", fix=DAMAGED)
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
        raise InputError(f"its base64 text is damaged ({error})", fix=DAMAGED) from error
    return b"".join(pieces)
