"""Where the voxels of a MetaImage file are: behind its header, in one file, in a list of files, in numbered files."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, beside
from porenet_formats.metaimage.header import DATA_FILE, MetaHeader

_LOCAL = ("LOCAL", "Local", "local")
_LIST = re.compile(r"LIST(\s+\d+D?)?\Z")
_PATTERN = re.compile(r"([^%]*)%(0?\d{0,2})d([^%]*?)\s+(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})\Z")
_LONGEST_LIST = 1 << 24


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of one file.

    Attributes:
        path: the file.
        start: first byte.
        end: first byte behind.
    """

    path: Path
    start: int
    end: int


def pieces_of(path: Path, header: MetaHeader) -> list[Piece]:
    """The bytes that hold the voxels, in order; several pieces hold one slice each.

    Raises:
        InputError: a file is missing or outside of the folder, or there are more or fewer than slices.
    """
    named = header.fields[DATA_FILE]
    if named in _LOCAL:
        return [_local(path, header)]
    if not _LIST.match(named) and "%" not in named:
        return [_whole_file(beside(path, named), header)]
    if len(header.shape) != 3:
        raise InputError(f"has several data files for {len(header.shape)} axes, not for slices along z", fix=DAMAGED)
    names = _listed(path, header) if _LIST.match(named) else _numbered(named, header)
    if len(names) != header.shape[0]:
        raise InputError(f"names {len(names)} data files of one slice for {header.shape[0]} slices", fix=DAMAGED)
    if header.flag("CompressedData", default=False):
        raise InputError("its slices are compressed files", fix="Write them into one file.")
    return [_whole_file(beside(path, name), header) for name in names]


def _local(path: Path, header: MetaHeader) -> Piece:
    skip, end = header.number("HeaderSize"), path.stat().st_size
    if skip == -1:
        return _last_bytes(path, header, header.length)
    if skip not in (0, header.length):
        raise InputError(f"its HeaderSize is {skip}, but its voxels follow the header", fix="Remove HeaderSize.")
    return Piece(path, *_packed(header, header.length, end))


def _whole_file(place: Path, header: MetaHeader) -> Piece:
    skip, end = header.number("HeaderSize"), place.stat().st_size
    if skip == -1:
        return _last_bytes(place, header, 0)
    if not 0 <= skip <= end:
        raise InputError(f"its HeaderSize is {skip}, but {place.name!r} has {end} bytes", fix=DAMAGED)
    return Piece(place, *_packed(header, skip, end))


def _packed(header: MetaHeader, start: int, end: int) -> tuple[int, int]:
    promised = header.number("CompressedDataSize")
    if header.flag("CompressedData", default=False) and promised and promised != end - start:
        raise InputError(f"its CompressedDataSize is {promised}, but {end - start} bytes are there", fix=DAMAGED)
    return start, end


def _last_bytes(place: Path, header: MetaHeader, least: int) -> Piece:
    """The last bytes of a file, as many as the voxels need."""
    if header.flag("CompressedData", default=False) or not header.flag("BinaryData", default=True):
        raise InputError("its HeaderSize is -1, which needs plain binary voxels", fix=DAMAGED)
    end = place.stat().st_size
    start = end - math.prod(header.shape) * header.dtype.itemsize
    if start < least:
        raise InputError("holds fewer bytes than its voxels need", fix=DAMAGED)
    return Piece(place, start, end)


def _listed(path: Path, header: MetaHeader) -> list[str]:
    words = header.fields[DATA_FILE].split()
    if len(words) == 2 and words[1].removesuffix("D") != "2":
        raise InputError(
            f"its data files hold {words[1][:10]} axes each, not one slice", fix="Write them into one file."
        )
    with path.open("rb") as file:
        file.seek(header.length)
        text = file.read(_LONGEST_LIST)
    if header.length + len(text) < path.stat().st_size:
        raise InputError("its list of data files is too long", fix="Write them into one file.")
    return [name for line in text.decode("utf-8", "surrogateescape").splitlines() if (name := line.strip())]


def _numbered(named: str, header: MetaHeader) -> list[str]:
    parts = _PATTERN.match(named)
    if parts is None:
        raise InputError(
            f"its data files are {named[:100]!r}", fix="Write a pattern as 'slice_%03d.raw FIRST LAST STEP'."
        )
    first, last, step = (int(word) for word in parts.groups()[3:])
    numbers = range(first, last + 1, max(1, step))
    if len(numbers) > header.shape[0]:
        raise InputError(f"names {len(numbers)} data files for {header.shape[0]} slices", fix=DAMAGED)
    return [f"{parts[1]}{number:{parts[2]}d}{parts[3]}" for number in numbers]
