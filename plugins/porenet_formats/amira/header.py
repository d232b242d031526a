"""The header of an Amira or Avizo file: lattice, parameters, and the places of its arrays.

Source of the format: Amira Reference Guide, "AmiraMesh".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED
from porenet_formats.amira.text import Fields, fields_of, tokens

_HEADER = 1 << 22
_FIRST = re.compile(rb"#[ \t]*(?:AmiraMesh|Avizo)(?:[ \t]+3D)?[ \t]+(ASCII|BINARY(?:-LITTLE-ENDIAN)?)\b")
_MARK = re.compile(rb"(?:\A|\n)[ \t]*@(\d{1,9})[ \t]*\r?\n")
_PLACE = re.compile(r"@(\d{1,9})(?:\((\w+))?")


@dataclass(frozen=True, slots=True)
class Lattice:
    """One array of the lattice.

    Attributes:
        name: name in the file.
        type: ``byte``, ``ushort``, ...; with ``[n]`` for several components.
        mark: number of the mark in front of its voxels.
        codec: ``HxByteRLE``, ``HxZip``; empty for none.
        packed_bytes: bytes in the file, if a codec states them; else 0.
    """

    name: str
    type: str
    mark: int
    codec: str
    packed_bytes: int


@dataclass(slots=True)
class AmiraHeader:
    """A header.

    Attributes:
        encoding: ``ASCII``, ``BINARY`` (big-endian) or ``BINARY-LITTLE-ENDIAN``.
        size: voxels along x, y, z; empty if the file has no lattice.
        parameters: the fields of ``Parameters``.
        lattices: arrays of the lattice, in the order of their definition.
        others: names of what is defined beside the lattice.
        length: bytes up to the first mark.
    """

    encoding: str
    size: tuple[int, ...] = ()
    parameters: Fields = field(default_factory=dict)
    lattices: list[Lattice] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    length: int = 0


def read_header(path: Path) -> AmiraHeader:
    """Read the header of a file.

    Raises:
        InputError: it is not an Amira file, or its header is damaged.
    """
    with path.open("rb") as file:
        start = file.read(_HEADER)
    kind = _FIRST.match(start)
    if kind is None:
        first = start[:60].partition(b"\n")[0].decode("latin-1")
        raise InputError(f"is not an AmiraMesh or Avizo file; it begins with {first!r}")
    mark = _MARK.search(start)
    if mark is None:
        raise InputError("its header has no end", fix=DAMAGED)
    header = AmiraHeader(kind[1].decode(), length=mark.start())
    _parse(header, tokens(_text(start[kind.end() : mark.start()].partition(b"\n")[2])))
    return header


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _parse(header: AmiraHeader, stream: Iterator[tuple[str, str]]) -> None:
    words: list[str] = []
    for kind, text in stream:
        if kind == "mark" and text == "{":
            owner = words.pop() if words else ""
            if owner == "Parameters":
                header.parameters = fields_of(stream)
            else:
                _add_array(header, owner, stream)
        elif kind == "mark" and text == "}":
            raise InputError("a brace in its header closes nothing", fix=DAMAGED)
        elif kind != "mark":
            words.append(text)
    _define(header, words)
    if len(header.size) != 3:
        names = ", ".join(dict.fromkeys(header.others)) or "nothing"
        axes = f"of three axes but of {len(header.size)}" if header.size else "of voxels"
        raise InputError(f"holds no lattice {axes}; it defines {names}", fix="Save the label field.")


def _define(header: AmiraHeader, words: list[str]) -> None:
    """Record ``define NAME SIZE ...``."""
    for place in (place for place, word in enumerate(words) if word == "define"):
        name = words[place + 1] if place + 1 < len(words) else ""
        sizes = list(takewhile(str.isdigit, words[place + 2 :]))
        if name != "Lattice":
            header.others.append(name[:40])
        elif header.size:
            raise InputError("its header defines its lattice twice", fix=DAMAGED)
        else:
            header.size = tuple(map(_whole, sizes))


def _add_array(header: AmiraHeader, owner: str, stream: Iterator[tuple[str, str]]) -> None:
    """Record ``OWNER { type name } @1(codec,bytes)``."""
    inside: list[str] = []
    for _, text in stream:
        if text == "}":
            break
        inside.append(text)
    else:
        raise InputError("the braces in its header do not close", fix=DAMAGED)
    if owner != "Lattice":
        header.others.append(owner[:40])
        return
    place = next((text for _, text in stream if text != "="), "")
    parts = _PLACE.fullmatch(place)
    if parts is None or len(inside) != 2:
        raise InputError(f"its lattice is defined as {' '.join(inside)[:60]!r} at {place[:40]!r}", fix=DAMAGED)
    packed_bytes = 0
    if parts[2]:
        pair = [text for _, text in (next(stream, ("", "")), next(stream, ("", "")))]
        if pair[0] != "," or not pair[1].endswith(")"):
            raise InputError(f"its lattice is at {place[:40]!r} without a number of bytes", fix=DAMAGED)
        packed_bytes = _whole(pair[1][:-1])
    header.lattices.append(Lattice(inside[1], inside[0], int(parts[1]), parts[2] or "", packed_bytes))


def _whole(word: str) -> int:
    if not re.fullmatch("[0-9]{1,15}", word):
        raise InputError(f"its header has {word[:40]!r} where a whole number was expected", fix=DAMAGED)
    return int(word)
