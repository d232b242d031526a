"""The header of a NRRD file: its fields, by their names in lower case.

pynrrd parses the values. It takes names and values in one case only, drops what is not ASCII (so that a micrometre
becomes a metre) and mistakes keys (``key:=value``) for fields, so it gets the lines of the fields alone, decoded.
Source of the format: https://teem.sourceforge.net/nrrd/format.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, library

_LONGEST = 1 << 20
_END = re.compile(rb"\n[ \t\r]*\n")
_ALIASES = {"datafile": "data file", "lineskip": "line skip", "byteskip": "byte skip"}
_ENCODINGS = {
    "raw": ("raw",), "text": ("text", "txt", "ascii"), "hex": ("hex",), "gzip": ("gzip", "gz"),
    "bzip2": ("bzip2", "bz2"),
}  # fmt: skip
_TYPES = {
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"), "i1": ("signed char", "int8", "int8_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"), "i4": ("int", "signed int", "int32", "int32_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "f4": ("float",), "f8": ("double",),
}  # fmt: skip
_DTYPES = {name: code for code, names in _TYPES.items() for name in names}
_ENCODING_OF = {name: encoding for encoding, names in _ENCODINGS.items() for name in names}


@dataclass(frozen=True, slots=True)
class NrrdHeader:
    """Fields of a header.

    Attributes:
        fields: field -> its value as pynrrd parses it; names in lower case, in the spelling with a blank.
        length: bytes up to the first one behind the blank line that ends the header.
    """

    fields: dict[str, Any]
    length: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """Samples along each axis, fastest first."""
        sizes = tuple(int(size) for size in self.fields.get("sizes", ()))
        if self.fields.get("dimension") != len(sizes):
            raise InputError(
                f"its header promises {self.fields.get('dimension')} axes and gives {len(sizes)} sizes", fix=DAMAGED
            )
        return sizes

    @property
    def encoding(self) -> str:
        """raw, text, hex, gzip or bzip2."""
        written = self._word("encoding")
        if written not in _ENCODING_OF:
            raise InputError(f"its encoding is {written[:40]!r}", fix="Write it as raw or gzip.")
        return _ENCODING_OF[written]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a sample, with its byte order."""
        kind = self._word("type")
        if kind not in _DTYPES:
            raise InputError(f"holds values of type {kind[:40]!r}, not integer labels", fix="Save them as uchar.")
        dtype = np.dtype(_DTYPES[kind])
        if dtype.itemsize == 1 or self.encoding == "text":
            return dtype
        order = {"little": "<", "big": ">"}.get(self._word("endian"))
        if order is None:
            raise InputError(
                f"holds {kind} values without an endian field", fix="Add 'endian: little' or 'endian: big'."
            )
        return np.dtype(order + _DTYPES[kind])

    def _word(self, field: str) -> str:
        """A value whose case and blanks do not matter."""
        return " ".join(str(self.fields.get(field, "")).lower().split())


def read_header(path: Path) -> NrrdHeader:
    """Read the header of a file.

    Raises:
        InputError: not NRRD, the header has no end, or its voxels are in several files.
    """
    nrrd = library("nrrd", extra="nrrd", title="NRRD")
    with path.open("rb") as file:
        start = file.read(_LONGEST)
    if not start.startswith(b"NRRD000"):
        raise InputError("is not a NRRD file", fix=DAMAGED)
    end = _END.search(start)
    if end is None and (len(start) == _LONGEST or path.suffix.lower() != ".nhdr"):
        raise InputError("its header has no end", fix=DAMAGED)
    length = end.end() if end else len(start)
    magic, *lines = start[:length].rstrip().split(b"\n")
    return NrrdHeader(dict(nrrd.read_header([_text(magic), *_fields(lines), "\n"])), length)


def _fields(lines: list[bytes]) -> list[str]:
    """The lines of fields, with each name as pynrrd knows it."""
    fields = []
    for line in map(_text, lines):
        name, colon, value = line.partition(":")
        if line.startswith("#") or value.startswith("="):
            continue
        name = " ".join(name.lower().split())
        name = _ALIASES.get(name, name)
        if name == "data file" and value.split()[:1] == ["LIST"]:
            raise InputError("its voxels are in several data files", fix="Write them into one file.")
        fields.append(f"{name}{colon}{value}\n")
    return fields


def _text(line: bytes) -> str:
    line = line.rstrip()
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")
