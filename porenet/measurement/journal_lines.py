"""Lines of a journal: one JSON object each, whose last member is a checksum of all that stands before it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from porenet.errors import InputError
from porenet.measurement.row import check_row

VERSION = 2
"""Version of the layout of a journal; 1 had no checksums."""

LONGEST = 1 << 28
"""Bytes of a line above which it is not read: 500 thousand rows of one volume."""

_MARK = b', "crc32": "'
_TAIL = len(_MARK) + len('00000000"}\n')


def line_of(record: Mapping[str, Any]) -> bytes:
    """A record as a line with its checksum."""
    text = json.dumps(record).encode()[:-1]
    return text + _MARK + f'{zlib.crc32(text):08x}"}}\n'.encode()


def record_of(line: bytes) -> dict[str, Any] | None:
    """The record of a line, or None if the line is not whole: cut short, changed by so much as a bit, or another's."""
    text, tail = line[:-_TAIL], line[-_TAIL:]
    if tail != _MARK + f'{zlib.crc32(text):08x}"}}\n'.encode():
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):  # a sum over what porenet did not write: digits, brackets by the thousand
        return None
    return {name: record[name] for name in record if name != "crc32"} if isinstance(record, dict) else None


def header_of(request: Mapping[str, Any]) -> dict[str, Any]:
    """The first record of a journal of that request."""
    return {"journal": VERSION, "request": request}


def begins_journal(line: bytes, request: Mapping[str, Any], path: Path) -> bool:
    """Whether the first line is that of a journal of this request; False if only a part of it was written.

    Args:
        line: the first line of the file.
        request: description of the measurement.
        path: the file, for the message.

    Raises:
        InputError: it is anything else.
    """
    record, where = record_of(line), str(path)
    if record is not None and record.get("journal") == VERSION and "request" in record:
        if record["request"] == request:
            return True
        raise InputError(
            "a measurement of other metrics, parameters or grid was started here",
            where=where,
            fix="Finish it as it was started, remove that file, or write another table.",
        )
    if line_of(header_of(request)).startswith(line):
        return False
    if line.startswith(b'{"request"'):
        raise InputError(
            "was written by an earlier version of porenet, without checksums",
            where=where,
            fix="Finish it with that version, or remove it and start the measurement again.",
        )
    raise InputError(
        "is not a porenet journal, or its first line is damaged; it is left unchanged",
        where=where,
        fix="Move it elsewhere.",
    )


def is_of_volume(record: Mapping[str, Any]) -> bool:
    """Whether a record holds what the journal notes of a volume, in the right types."""
    texts = [record.get(name) for name in ("volume", "stamp", "inode")]
    rows, errors, sha256 = record.get("rows"), record.get("errors"), record.get("sha256")
    if not all(isinstance(text, str) for text in texts) or not isinstance(sha256, str | None):
        return False
    if not isinstance(rows, list) or not isinstance(errors, list) or not all(isinstance(text, str) for text in errors):
        return False
    try:
        return all(check_row(row)["volume"] == record["volume"] for row in rows)
    except ValueError:
        return False


def lines_in(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the place and the bytes of every line; of one that is too long to be a record, its first bytes."""
    place = 0
    while line := file.readline(LONGEST):
        end = place + len(line)
        piece = line
        while len(piece) == LONGEST and not piece.endswith(b"\n"):
            piece = file.readline(LONGEST)
            end += len(piece)
        if end > place + len(line):
            line = line[:_TAIL] + piece[-1:]  # no record, but whether it ends in a line end is told
        yield place, line
        place = end
