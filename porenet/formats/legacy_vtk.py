"""Legacy VTK structured points (``.vtk``), ASCII or binary (big-endian).

Read here and not with VTK for the reasons in `vti`. Source of the format:
https://docs.vtk.org/en/latest/vtk_file_formats/vtk_legacy_file_format.html.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from porenet.errors import InputError
from porenet.formats.stored import CHOOSE_ONE, Options, StoredArray, flat_blocks, text_blocks, whole
from porenet.formats.units import spacing_without_unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TYPES = {
    "unsigned_char": ">u1", "char": ">i1", "unsigned_short": ">u2", "short": ">i2", "unsigned_int": ">u4",
    "int": ">i4", "unsigned_long": ">u8", "long": ">i8", "vtktypeint64": ">i8", "vtktypeuint64": ">u8",
    "vtkidtype": ">i8", "signed_char": ">i1", "float": ">f4", "double": ">f8", "fraction of 255": ">u1",
}  # fmt: skip
# `long` has 8 bytes where VTK writes it on Linux and macOS; on Windows it names int or vtktypeint64 instead.
_FRACTION = "fraction of 255"
_FIXED = {"VECTORS": 3, "NORMALS": 3, "TENSORS": 9, "TENSORS6": 6}
_LINE = 4096
_ARRAYS = 1000
_DAMAGED = "It is truncated or damaged; copy it again."


@dataclass(slots=True)
class _Array:
    section: str
    name: str
    type: str
    components: int
    size: int
    start: int


@dataclass(slots=True)
class _Header:
    ascii: bool = False
    dimensions: tuple[int, ...] = ()
    spacing: tuple[float, ...] = (1.0, 1.0, 1.0)
    arrays: list[_Array] = field(default_factory=list)


def look(path: Path, options: Options) -> StoredArray:
    """Describe the cell or point data of structured points, one voxel per cell or point."""
    with path.open("rb") as file:
        header = _header(file)
        size = file.seek(0, 2)
    array = _choose(header, options.dataset)
    if array.type not in _TYPES:
        raise InputError(f"its array {array.name!r} is of type {array.type!r}, not of integers")
    if array.components != 1:
        raise InputError(f"its array {array.name!r} has {array.components} components, not one label per voxel")
    cells = array.section == "CELL_DATA"
    shape = tuple(n - 1 if cells and n > 1 else n for n in reversed(header.dimensions))
    dtype = np.dtype(_TYPES[array.type])
    expansion = 1.0
    if header.ascii:
        expansion, dtype = 4.0, np.dtype(np.int64) if dtype.kind in "iu" else dtype
    voxel = spacing_without_unit(header.spacing[::-1])
    if array.size != math.prod(shape):
        raise InputError(f"{array.size} values for {'x'.join(map(str, shape))} voxels", fix=_DAMAGED)

    def blocks() -> Iterator[NDArray[Any]]:
        with path.open("rb") as file:
            file.seek(array.start)
            if header.ascii:
                yield from text_blocks(file.read, array.size, _grey if array.type == _FRACTION else whole)
            else:
                yield from flat_blocks(file.read, dtype, array.size)

    return StoredArray(shape, dtype, size - array.start, expansion, blocks, voxel)


def _choose(header: _Header, asked: str | None) -> _Array:
    if asked is None:
        integers = [array for array in header.arrays if _TYPES.get(array.type, "?")[1] in "iu"]
        fitting = [array for array in integers if array.components == 1]
    else:
        fitting = [array for array in header.arrays if asked in (array.name, f"{array.section}/{array.name}")]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(f"{array.section}/{array.name} {array.type}" for array in header.arrays[:20]) or "none"
    if fitting:
        raise InputError(f"several arrays could hold the labels; its arrays are {listed}", fix=CHOOSE_ONE)
    if asked is not None:
        raise InputError(f"no array is called {asked!r}; its arrays are {listed}")
    raise InputError(f"no array has one integer per voxel; its arrays are {listed}")


def _header(file: BinaryIO) -> _Header:
    if not _line(file).lower().startswith(b"# vtk datafile"):
        raise InputError("is not a legacy VTK file", fix=_DAMAGED)
    _line(file)
    header = _Header()
    kind = _words(file)[0]
    if kind not in ("ASCII", "BINARY"):
        raise InputError(f"ASCII or BINARY was expected, not {kind[:20]!r}", fix=_DAMAGED)
    header.ascii = kind == "ASCII"
    words = _words(file)
    if words[:2] != ["DATASET", "STRUCTURED_POINTS"]:
        raise InputError(f"holds {' '.join(words)[:60]!r}, not DATASET STRUCTURED_POINTS", fix="Save it as image data.")
    section, count = "", 0
    while words := _words(file, end=True):
        key = words[0].upper()
        if key == "DIMENSIONS":
            header.dimensions = tuple(_whole(word) for word in _exactly(words, 4)[1:])
        elif key in ("SPACING", "ASPECT_RATIO"):
            header.spacing = tuple(_number(word) for word in _exactly(words, 4)[1:])
        elif key == "ORIGIN":
            _exactly(words, 4)
        elif key in ("CELL_DATA", "POINT_DATA"):
            section, count = key, _whole(_exactly(words, 2)[1])
        elif key == "METADATA":
            _skip_metadata(file)
        elif not _attributes(file, header, words, section, count):
            raise InputError(f"its header has an unknown line: {' '.join(words)[:60]!r}", fix=_DAMAGED)
    if len(header.dimensions) != 3:
        raise InputError("its header has no DIMENSIONS", fix=_DAMAGED)
    return header


def _attributes(file: BinaryIO, header: _Header, words: list[str], section: str, count: int) -> bool:
    """Record one attribute and skip its numbers; False if the words do not begin an attribute."""
    key = words[0].upper()
    if key == "FIELD":
        for _ in range(min(_whole(_exactly(words, 3)[2]), _ARRAYS)):
            if (row := _words(file)) == ["METADATA"]:  # of the array before
                _skip_metadata(file)
                row = _words(file)
            label, width, tuples, kind = _exactly(row, 4)
            inside = section if _whole(tuples) == count else ""
            _add(file, header, _Array(inside, label, kind.lower(), _whole(width), _whole(tuples), file.tell()))
        return True
    if key == "SCALARS" and len(words) in (3, 4):
        components = _whole(words[3]) if len(words) == 4 else 1
        before = file.tell()
        if _words(file)[0].upper() != "LOOKUP_TABLE":
            file.seek(before)
        _add(file, header, _Array(section, words[1], words[2].lower(), components, count, file.tell()))
        return True
    if key == "COLOR_SCALARS" and len(words) == 3:  # what VTK makes of bytes: fractions of 255 where it writes text
        kind = _FRACTION if header.ascii else "unsigned_char"
        _add(file, header, _Array(section, words[1], kind, _whole(words[2]), count, file.tell()))
        return True
    if key in _FIXED and len(words) == 3:
        _add(file, header, _Array(section, words[1], words[2].lower(), _FIXED[key], count, file.tell()))
        return True
    if key == "LOOKUP_TABLE" and len(words) == 3:
        colours = "float" if header.ascii else "unsigned_char"
        _add(file, header, _Array("", words[1], colours, 4, _whole(words[2]), file.tell()))
        return True
    return False


def _add(file: BinaryIO, header: _Header, array: _Array) -> None:
    if len(header.arrays) >= _ARRAYS or array.type not in _TYPES:
        raise InputError(f"it has an array of type {array.type[:30]!r}", fix="Save the labels as integers.")
    if array.section:
        header.arrays.append(array)
    numbers = array.components * array.size
    if not header.ascii:
        file.seek(numbers * np.dtype(_TYPES[array.type]).itemsize, 1)
        return
    while numbers > 0:
        at = file.tell()
        text = file.read(1 << 16)
        if not text:
            return  # reading the array says where it ends
        words = text.split()
        if not text[-1:].isspace() and len(text) == 1 << 16 and words:
            cut = len(words.pop())
            file.seek(-cut, 1)
        if len(words) > numbers:  # go back to just behind the last number
            place = 0
            for word in words[:numbers]:
                place = text.index(word, place) + len(word)
            file.seek(at + place)
        numbers -= len(words)


def _skip_metadata(file: BinaryIO) -> None:
    while _line(file).strip():
        pass


def _grey(word: bytes) -> int:
    grey = 255 * float(word)
    if not (0 <= grey < 255.5 and abs(grey - round(grey)) < 0.01):  # six digits are written
        raise ValueError(word)
    return round(grey)


def _line(file: BinaryIO) -> bytes:
    line = file.readline(_LINE)
    if len(line) == _LINE:
        raise InputError("a line of its header has no end", fix=_DAMAGED)
    return line


def _words(file: BinaryIO, *, end: bool = False) -> list[str]:
    """Words of the next line that is not empty; none at the end of the file, if it may end here."""
    while line := _line(file):
        if words := line.decode("latin-1").split():
            return words
    if end:
        return []
    raise InputError("ends inside its header", fix=_DAMAGED)


def _exactly(words: list[str], count: int) -> list[str]:
    if len(words) != count:
        raise InputError(f"a line of {count} words was expected, not {' '.join(words)[:60]!r}", fix=_DAMAGED)
    return words


def _whole(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 19):
        raise InputError(f"a whole number was expected, not {word[:40]!r}", fix=_DAMAGED)
    return int(word)


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError as error:
        raise InputError(f"a number was expected, not {word[:40]!r}", fix=_DAMAGED) from error
