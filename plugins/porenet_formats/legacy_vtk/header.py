"""The keywords of a legacy VTK file and the places of its arrays, as VTK's own reader takes them.

Keywords and types are words in any case, separated by blanks or line ends; every array is passed over, so that a file
of which some bytes belong to nothing is refused. Source of the format:
https://docs.vtk.org/en/latest/vtk_file_formats/vtk_legacy_file_format.html, and for what it leaves open the behaviour
of VTK 9.7.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import unquote

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED
from porenet_formats.legacy_vtk.words import Words

FRACTION = "fraction of 255"
"""Type of the bytes that VTK writes as text in COLOR_SCALARS."""

BIT = "bit"
TYPES = {
    "unsigned_char": ">u1", "char": ">i1", "signed_char": ">i1", "unsigned_short": ">u2", "short": ">i2",
    "unsigned_int": ">u4", "int": ">i4", "vtkidtype": ">i4", "unsigned_long": ">u8", "long": ">i8",
    "vtktypeint64": ">i8", "vtktypeuint64": ">u8", "float": ">f4", "double": ">f8", FRACTION: ">u1", BIT: ">u1",
}  # fmt: skip
"""Type of the numbers of each type; `vtkidtype` has 4 bytes in a file, `long` 8 where Linux or macOS wrote it."""

_ARRAYS = 1000
_COMPONENTS = {"vectors": 3, "normals": 3, "tensors": 9, "tensors6": 6}
_IDS = ("global_ids", "pedigree_ids", "edge_flags")
"""Attributes that number points or cells, and so hold no labels."""


@dataclass(slots=True)
class Array:
    """One array and the place of its numbers.

    Attributes:
        section: CELL_DATA or POINT_DATA, in upper case.
        name: name in the file.
        type: type as the file spells it, in lower case, or `FRACTION`.
        components: numbers per tuple.
        size: number of tuples.
        start: first byte in the file.
    """

    section: str
    name: str
    type: str
    components: int
    size: int
    start: int


@dataclass(slots=True)
class Header:
    """What the keywords state: points along x, y, z, spacing x, y, z, and the arrays."""

    ascii: bool = False
    dimensions: tuple[int, ...] = ()
    spacing: tuple[float, ...] = (1.0, 1.0, 1.0)
    arrays: list[Array] = field(default_factory=list)


def read_header(file: BinaryIO) -> Header:
    """Read all keywords up to the end of the file.

    Raises:
        InputError: not structured points, or bytes that are neither keywords nor numbers of an array.
    """
    words = Words(file)
    if not words.line().lower().startswith(b"# vtk datafile"):
        raise InputError("is not a legacy VTK file", fix=DAMAGED)
    words.line()
    kind = words.next()
    if kind.lower() not in ("ascii", "binary"):
        raise InputError(f"ASCII or BINARY was expected, not {kind[:20]!r}", fix=DAMAGED)
    header = Header(ascii=kind.lower() == "ascii")
    dataset = [words.next(), words.next()]
    if [word.lower() for word in dataset] != ["dataset", "structured_points"]:
        raise InputError(
            f"holds {' '.join(dataset)[:60]!r}, not DATASET STRUCTURED_POINTS", fix="Save it as image data."
        )
    reading = _Reading(words, header)
    while (word := words.next_or_end()) is not None:
        reading.keyword(word)
    if len(header.dimensions) != 3:
        raise InputError("its header has no DIMENSIONS", fix=DAMAGED)
    return header


class _Reading:
    def __init__(self, words: Words, header: Header) -> None:
        self.words, self.header = words, header
        self.section, self.count = "", 0

    def keyword(self, written: str) -> None:
        """Read what follows a keyword."""
        words, header, key = self.words, self.header, written.lower()
        if key == "dimensions":
            header.dimensions = tuple(words.whole() for _ in range(3))
        elif key == "extent":
            ends = [words.integer() for _ in range(6)]
            header.dimensions = tuple(high - low + 1 for low, high in zip(ends[::2], ends[1::2], strict=True))
        elif key in ("spacing", "aspect_ratio"):
            header.spacing = tuple(words.number() for _ in range(3))
        elif key == "origin":
            for _ in range(3):
                words.number()
        elif key in ("cell_data", "point_data"):
            self.section, self.count = key.upper(), words.whole()
        elif key == "metadata":
            self._skip_metadata()
        elif key == "field":
            self._field()
        elif key == "lookup_table":  # of colours
            words.next()
            self._add("", "", "float" if header.ascii else "unsigned_char", 4, words.whole())
        elif self.section:
            self._attribute(key, written)
        else:
            raise _unknown(written)

    def _attribute(self, key: str, written: str) -> None:
        words = self.words
        if key not in (*_COMPONENTS, *_IDS, "scalars", "color_scalars", "texture_coordinates"):
            raise _unknown(written)
        name, components = words.next(), _COMPONENTS.get(key, 1)
        if key in ("color_scalars", "texture_coordinates"):
            components = words.whole()
        colours = FRACTION if self.header.ascii else "unsigned_char"  # fractions of 255 where VTK writes text
        type_ = colours if key == "color_scalars" else words.next()
        if key == "scalars":
            components = self._components()
        self._add("" if key in _IDS else self.section, name, type_, components, self.count)

    def _components(self) -> int:
        """The number behind the type of SCALARS, by default 1; a LOOKUP_TABLE follows, or is missing."""
        words = self.words
        first, second = words.peek(), words.peek(1)
        number = first.isdecimal() and (words.peek_on_line() != "" or second.lower() == "lookup_table")
        components = words.whole() if number else 1
        if (second if number else first).lower() == "lookup_table":
            words.next()
            words.next()
        return components

    def _field(self) -> None:
        words = self.words
        words.next()
        for _ in range(min(words.whole(), _ARRAYS)):
            name = words.next()
            if name.lower() == "metadata":  # of the array before
                self._skip_metadata()
                name = words.next()
            if name == "NULL_ARRAY":
                continue
            components, size, type_ = words.whole(), words.whole(), words.next()
            self._add(self.section if size == self.count else "", name, type_, components, size)

    def _add(self, section: str, name: str, type_: str, components: int, size: int) -> None:
        """Record an array of numbers, of a section, and pass over it."""
        words, header, type_ = self.words, self.header, type_.lower()
        numbers = components * size
        if len(header.arrays) >= _ARRAYS:
            raise InputError(f"it has more than {_ARRAYS} arrays")
        if not header.ascii and type_ != "variant" and numbers:
            words.end_of_line()
        if type_ in TYPES and section:
            header.arrays.append(Array(section, unquote(name), type_, components, size, words.tell()))
        if type_ in ("string", "utf8_string"):
            words.skip_strings(numbers, binary=not header.ascii)
        elif type_ == "variant":
            words.skip_words(2 * numbers)
        elif type_ not in TYPES:
            raise InputError(f"it has an array of type {type_[:30]!r}", fix="Save the labels as integers.")
        elif header.ascii:
            words.skip_words(numbers)
        else:
            words.skip_bytes((numbers + 7) // 8 if type_ == BIT else numbers * int(TYPES[type_][2:]))

    def _skip_metadata(self) -> None:
        self.words.line()
        while self.words.line().strip():
            pass


def _unknown(word: str) -> InputError:
    return InputError(f"its header has an unknown word: {word[:60]!r}", fix=DAMAGED)
