"""The header of a MetaImage file: lines ``Key = Value`` up to ``ElementDataFile``.

Keys are spelled in one way, values and their aliases as MetaIO, the library of the format, takes them. Source:
https://github.com/Kitware/MetaIO and, for what it leaves open, the behaviour of SimpleITK 2.5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, UNSTATED, Voxel, in_um, spacing_without_unit, unknown_units

DATA_FILE = "ElementDataFile"
_HEADER = 1 << 20
_LINE = re.compile(r"\s*([A-Za-z]\w*)\s*[=:]\s*(.*?)\s*\Z")
_ALIASES = {
    "ElementByteOrderMSB": "BinaryDataByteOrderMSB",
    "Rotation": "TransformMatrix",
    "Orientation": "TransformMatrix",
}
_CODES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4", "MET_UINT": "u4",
    "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}  # fmt: skip
# A MET_LONG has 4 bytes on every machine.
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class MetaHeader:
    """A header.

    Attributes:
        fields: value of each key, with aliases under one name.
        length: bytes up to the first behind the line of `DATA_FILE`.
        shape: (Z, Y, X); the dimensions in reverse order if they are not three.
        dtype: type of the values, byte order included.
        voxel_um: voxel edges (z, y, x), um.
        voxel_note: why there are none although the header seems to state them, in words.
    """

    fields: dict[str, str]
    length: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    voxel_um: Voxel
    voxel_note: str

    def flag(self, key: str, *, default: bool) -> bool:
        """A value that is true or false."""
        return _flag(self.fields, key, default)

    def number(self, key: str) -> int:
        """A whole number; 0 if the header has no such key."""
        return _whole(key, self.fields.get(key, "0"))


def read_header(path: Path) -> MetaHeader:
    """Read the header of a file.

    Raises:
        InputError: it is not a MetaImage header, or one of an image that is not a volume of numbers along z, y, x.
    """
    with path.open("rb") as file:
        start = file.read(_HEADER)
    fields, length = _fields(start)
    if fields.get("ObjectType", "Image") != "Image":
        raise InputError(f"is a MetaIO file of type {fields['ObjectType'][:40]!r}, not an Image")
    dimensions = [_whole("DimSize", word) for word in _needed(fields, "DimSize").split()]
    if _whole("NDims", _needed(fields, "NDims")) != len(dimensions):
        raise InputError(f"its header has NDims = {fields['NDims'][:40]} and {len(dimensions)} sizes", fix=DAMAGED)
    if _whole("ElementNumberOfChannels", fields.get("ElementNumberOfChannels", "1")) != 1:
        raise InputError(f"has {fields['ElementNumberOfChannels']} channels, not one label per voxel")
    if len(dimensions) == 3:
        _check_directions(fields)
    voxel, note = _voxel(fields) if len(dimensions) == 3 else (UNSTATED, "")
    return MetaHeader(fields, length, tuple(reversed(dimensions)), _dtype(fields), voxel, note)


def _fields(start: bytes) -> tuple[dict[str, str], int]:
    fields: dict[str, str] = {}
    place = 0
    while place < len(start):
        end = start.find(b"\n", place) + 1 or len(start)
        line = start[place:end].decode("utf-8", "replace")
        place = end
        if not line.strip():
            continue
        parts = _LINE.match(line)
        if parts is None:
            raise InputError(f"a line of its header is not 'Key = Value': {line.strip()[:60]!r}", fix=DAMAGED)
        key = _ALIASES.get(parts[1], parts[1])
        if fields.setdefault(key, parts[2]) != parts[2]:
            raise InputError(f"its header gives {key} twice: {fields[key][:40]!r} and {parts[2][:40]!r}", fix=DAMAGED)
        if key == DATA_FILE:
            return fields, place
    raise InputError(f"its header has no {DATA_FILE}", fix=DAMAGED)


def _needed(fields: dict[str, str], key: str) -> str:
    if key not in fields:
        raise InputError(f"its header has no {key}", fix=DAMAGED)
    return fields[key]


def _whole(key: str, word: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", word):
        raise InputError(f"its header has {key} = {word[:40]!r} where a whole number was expected", fix=DAMAGED)
    return int(word)


def _flag(fields: dict[str, str], key: str, default: bool) -> bool:
    word = fields.get(key, str(default))
    if word.lower() not in ("true", "false", "t", "f", "1", "0"):
        raise InputError(f"its header has {key} = {word[:40]!r} where true or false was expected", fix=DAMAGED)
    return word.lower() in ("true", "t", "1")


def _numbers(key: str, text: str, count: int) -> list[float]:
    try:
        values = [] if "_" in text else [float(word) for word in text.split()]  # float() reads 1_0 as ten
    except ValueError:
        values = []
    if len(values) != count:
        raise InputError(f"its header has {key} = {text[:60]!r} where {count} numbers were expected", fix=DAMAGED)
    return values


def _check_directions(fields: dict[str, str]) -> None:
    text = fields.get("TransformMatrix")
    if text is None:
        return
    matrix = _numbers("TransformMatrix", text, 9)
    if not all(abs(part - unit) <= _ROUNDING for part, unit in zip(matrix, _IDENTITY, strict=True)):
        raise InputError(
            f"its TransformMatrix {text[:80]} permutes, flips or tilts its axes",
            fix="Resample it along z, y, x, or write it with the matrix 1 0 0 0 1 0 0 0 1.",
        )


def _dtype(fields: dict[str, str]) -> np.dtype[Any]:
    kind = _needed(fields, "ElementType")
    if kind not in _CODES:
        raise InputError(f"holds values of type {kind[:40]!r}, not one number per voxel", fix="Save it as MET_UCHAR.")
    order = ">" if _flag(fields, "BinaryDataByteOrderMSB", False) else "<"
    return np.dtype(order + _CODES[kind])


def _voxel(fields: dict[str, str]) -> tuple[Voxel, str]:
    """Edges: the distance of voxels, else their size, which a scanner with gaps between slices may give beside it."""
    key = "ElementSpacing" if "ElementSpacing" in fields else "ElementSize"
    if key not in fields:
        return UNSTATED, ""
    x, y, z = _numbers(key, fields[key], 3)
    unit = fields.get("DistanceUnits", "?")
    if unit == "?":
        return spacing_without_unit((z, y, x)), ""
    um = in_um(unit)
    if um is None:
        return UNSTATED, unknown_units([unit])
    return (z * um, y * um, x * um), ""
