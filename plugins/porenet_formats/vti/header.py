"""The XML of a ``.vti`` file, read as a stream: hundreds of megabytes of text take no memory."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from xml.parsers import expat

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED

OWN_VOXEL = "voxel_um"
"""Field array of the voxel edges (z, y, x), um, in files that porenet writes: the format itself has no unit."""

OWN_ARRAY, OWN_RECORD = "Phases", "porenet"
"""Array of the voxels in files that porenet writes, and the field array that holds their record as a string."""

_SECTIONS = ("CellData", "PointData", "FieldData")
_ARRAYS = 1000
_LONGEST = 1 << 20
_AXES = (1, 0, 0, 0, 1, 0, 0, 0, 1)
_ROUNDING = 1e-6
_ENCODINGS = ("utf-8", "us-ascii", "iso-8859-1")
"""Encodings in which a character of the tags and numbers is a byte."""


@dataclass(slots=True)
class DataArray:
    """One array and the place of its bytes.

    Attributes:
        section: CellData, PointData or FieldData.
        name: name in the file.
        type: type as the file spells it: UInt8, ...
        components: numbers per tuple.
        format: ascii, base64 or raw.
        start: first byte in the file; before the appended data is located, first byte in the appended data.
        end: byte after the last byte.
        appended: whether it lies in the appended data.
    """

    section: str
    name: str
    type: str
    components: int
    format: str
    start: int
    end: int = 0
    appended: bool = False


@dataclass(slots=True)
class Header:
    """Contents of the XML: one image, and its arrays."""

    byte_order: str = ""
    header_bytes: int = 4
    compressor: str = ""
    extent: list[tuple[int, int]] = field(default_factory=list)
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)
    arrays: list[DataArray] = field(default_factory=list)
    record: str | None = None


class _AppendedDataReached(Exception):
    pass


def read_header(file: BinaryIO) -> Header:
    """Read the XML up to the appended data.

    Args:
        file: a file open for reading.

    Raises:
        InputError: not XML, not one image, or an image whose axes are not z, y, x.
    """
    size = file.seek(0, 2)
    file.seek(0)
    reading = _Reading()
    try:
        while piece := file.read(1 << 16):
            reading.parser.Parse(piece, False)
            if file.tell() - reading.parser.CurrentByteIndex > _LONGEST:
                raise InputError("it has a tag of more than a megabyte", fix=DAMAGED)
        reading.parser.Parse(b"", True)
    except _AppendedDataReached:
        _place_appended(file, reading, size)
    except expat.ExpatError as error:
        raise InputError(f"is not well-formed XML: {error}", fix=DAMAGED) from error
    header = reading.header
    if not header.extent or reading.pieces != 1:
        raise InputError(
            f"holds {reading.pieces} pieces of image data, not one", fix="Write the image as one piece in one file."
        )
    return header


class _Reading:
    def __init__(self) -> None:
        self.header = Header()
        self.pieces = 0
        self.section = ""
        self.open: DataArray | None = None
        self.inner = 0  # elements open inside it
        self.codes: list[str] | None = None  # text of the record, while it is open
        self.appended_at, self.appended_raw = 0, False
        self.parser: Any = expat.ParserCreate()
        self.parser.buffer_text = False
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.XmlDeclHandler = self._declaration

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise InputError(f"its XML is in the encoding {encoding[:40]!r}", fix="Write it as UTF-8.")

    def _refuse(self, *_: object) -> None:
        raise InputError("its XML declares entities, which no VTK file needs", fix="Write it again with VTK.")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        header = self.header
        if self.open is not None:  # information that VTK writes behind the numbers of an array
            self.inner += 1
            if self.open.start >= 0 and not self.open.appended:
                self.open.end = self.open.end or self.parser.CurrentByteIndex
        elif tag == "VTKFile":
            if attributes.get("type") != "ImageData":
                raise InputError(f"is a VTK file of type {attributes.get('type')!r}, not ImageData")
            header.byte_order = attributes.get("byte_order", "")
            widths = {"UInt32": 4, "UInt64": 8}
            if header.byte_order not in ("LittleEndian", "BigEndian") or (
                attributes.get("header_type", "UInt32") not in widths
            ):
                raise InputError("it has no valid byte_order and header_type", fix=DAMAGED)
            header.header_bytes = widths[attributes.get("header_type", "UInt32")]
            header.compressor = attributes.get("compressor", "")
        elif tag == "ImageData":
            header.extent = _extent(attributes.get("WholeExtent", ""))
            x, y, z = _numbers(attributes.get("Spacing", "1 1 1"), 3)
            header.spacing = (x, y, z)
            turned = zip(_numbers(attributes.get("Direction", "1 0 0 0 1 0 0 0 1"), 9), _AXES, strict=True)
            if not all(abs(part - axis) <= _ROUNDING for part, axis in turned):
                raise InputError("its axes are rotated (Direction)", fix="Resample it along z, y, x.")
        elif tag == "Piece":
            self.pieces += 1
            if _extent(attributes.get("Extent", "")) != header.extent:
                raise InputError("its piece does not cover the whole extent", fix="Write the image as one piece.")
        elif tag in _SECTIONS:
            self.section = tag
        elif tag == "DataArray" and self.section:
            self._array(attributes)
        elif tag == "Array" and self.section == "FieldData" and attributes.get("Name") == OWN_RECORD:
            self.codes = [] if attributes.get("format", "ascii") == "ascii" else None
        elif tag == "AppendedData":
            self.appended_at = self.parser.CurrentByteIndex
            self.appended_raw = attributes.get("encoding") == "raw"
            raise _AppendedDataReached

    def _array(self, attributes: dict[str, str]) -> None:
        written = attributes.get("format", "ascii")
        if written not in ("ascii", "binary", "appended") or len(self.header.arrays) >= _ARRAYS:
            raise InputError(f"it has an array of format {written!r}", fix=DAMAGED)
        appended = written == "appended"
        self.open = DataArray(
            section=self.section,
            name=attributes.get("Name", ""),
            type=attributes.get("type", ""),
            components=_whole(attributes.get("NumberOfComponents", "1")),
            format="base64" if written == "binary" else written,
            start=_whole(attributes.get("offset", "0")) if appended else -1,
            appended=appended,
        )
        self.header.arrays.append(self.open)

    def _text(self, text: str) -> None:
        if self.codes is not None:
            self.codes.append(text)
        if self.open is not None and self.open.start < 0 and not self.inner and text.strip():
            self.open.start = self.parser.CurrentByteIndex

    def _end(self, tag: str) -> None:
        if self.inner:
            self.inner -= 1
        elif tag == "DataArray" and self.open is not None:
            if not self.open.appended:
                self.open.end = self.open.end or self.parser.CurrentByteIndex
                self.open.start = max(self.open.start, 0) or self.open.end
            self.open = None
        elif tag == "Array" and self.codes is not None:
            self.header.record, self.codes = _string("".join(self.codes)), None
        elif tag in _SECTIONS:
            self.section = ""


def _place_appended(file: BinaryIO, reading: _Reading, size: int) -> None:
    file.seek(reading.appended_at)
    tag = file.read(256)
    mark = tag.find(b"_", tag.find(b">") + 1)
    if b">" not in tag or mark < 0 or tag[tag.find(b">") + 1 : mark].strip():
        raise InputError("its appended data does not begin with '_'", fix=DAMAGED)
    base = reading.appended_at + mark + 1
    # it ends at the closing tag, which is searched for in the last 4 KB of the file
    file.seek(max(base, size - 4096))
    close = file.read().rfind(b"</AppendedData")
    end = size if close < 0 else max(base, size - 4096) + close
    appended = [array for array in reading.header.arrays if array.appended]
    starts = sorted({base + array.start for array in appended} | {end})
    for array in appended:
        if array.start < 0:
            raise InputError(f"it has an array at offset {array.start}", fix=DAMAGED)
        array.start = base + array.start
        array.end = next((start for start in starts if start > array.start), array.start)
        array.format = "raw" if reading.appended_raw else "base64"


def _extent(text: str) -> list[tuple[int, int]]:
    numbers = [_whole(word) for word in text.split()]
    if len(numbers) != 6:
        raise InputError(f"an extent of six whole numbers was expected, not {text[:60]!r}", fix=DAMAGED)
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _numbers(text: str, count: int) -> list[float]:
    words = text.split()
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        raise InputError(f"{count} numbers were expected, not {text[:60]!r}", fix=DAMAGED)
    return numbers


def _string(codes: str) -> str:
    """The string that VTK writes as the codes of its characters and a zero; empty if it is not one."""
    words = codes.split()
    ascii_codes = all(word.isascii() and word.isdigit() and len(word) < 4 and int(word) < 128 for word in words)
    return "".join(chr(int(word)) for word in words[:-1]) if ascii_codes and words[-1:] == ["0"] else ""


def _whole(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,18}", text.strip()):
        raise InputError(f"a whole number was expected, not {text[:40]!r}", fix=DAMAGED)
    return int(text)
