"""Amira and Avizo lattices (``.am``): text, binary, run lengths (HxByteRLE) or zlib (HxZip).

Axes are stored x fastest, so x, y, z become (Z, Y, X).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import (
    CHOOSE_ONE,
    DAMAGED,
    DEFLATE_RATIO,
    Options,
    StoredArray,
    flat_blocks,
    gunzip,
    plain_slabs,
    span,
    text_blocks,
    text_expansion,
)
from porenet_formats.amira.grid import check_uniform, ids_are_values, materials_of, voxel_edges
from porenet_formats.amira.header import AmiraHeader, Lattice, read_header
from porenet_formats.amira.rle import HX_BYTE_RLE_RATIO, unrun

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CODES = {
    "byte": "u1", "sbyte": "i1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4", "float": "f4",
    "double": "f8",
}  # fmt: skip
_RATIOS = {"": 1.0, "HxByteRLE": HX_BYTE_RLE_RATIO, "HxZip": float(DEFLATE_RATIO)}
_MARK_LINE = re.compile(rb"\s*@(\d{1,9})[ \t]*\r?\n")
_LONGEST_MARK = 64
_PIECE = 1 << 18


class Amira:
    """Amira and Avizo meshes of the kind uniform lattice."""

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe the lattice of that name, or the only one that could be labels."""
        header = read_header(path)
        check_uniform(header.parameters)
        lattice = _choose(header, options.dataset)
        if lattice.codec not in _RATIOS:
            raise InputError(
                f"its voxels are compressed with {lattice.codec[:40]}", fix="Save it uncompressed, or as HxZip."
            )
        dtype = _dtype(header, lattice)
        if lattice.codec == "HxByteRLE" and dtype.itemsize > 1:
            raise InputError(
                f"its values of type {lattice.type} are HxByteRLE, which is for bytes", fix="Save it as HxZip."
            )
        start, end = _place(path, header, lattice)
        shape = tuple(reversed(header.size))
        materials = materials_of(header.parameters)
        voxel, note = voxel_edges(header.parameters, header.size)
        text = header.encoding == "ASCII"
        if text and lattice.codec:
            raise InputError(f"its text is compressed with {lattice.codec}", fix=DAMAGED)

        def blocks() -> Iterator[NDArray[Any]]:
            with path.open("rb") as file:
                read, size = span(file, start, end), math.prod(shape)
                if text:
                    yield from text_blocks(read, dtype, size, to_end=True)
                else:
                    decode = {"HxByteRLE": unrun, "HxZip": gunzip}.get(lattice.codec)
                    yield from flat_blocks(decode(read) if decode else read, dtype, size, to_end=True)

        return StoredArray(
            shape=shape,
            dtype=dtype,
            packed_bytes=end - start,
            expansion=text_expansion(dtype) if text else _RATIOS[lattice.codec],
            blocks=blocks,
            voxel_um=voxel,
            voxel_note=note,
            phases=materials if ids_are_values(header.parameters) else None,
            value_names=materials,
            slabs=None if text or lattice.codec else plain_slabs(path, start, shape, dtype, end=end),
        )


def _choose(header: AmiraHeader, dataset: str | None) -> Lattice:
    listed = ", ".join(f"{lattice.name} {lattice.type}" for lattice in header.lattices[:20]) or "none"
    if dataset is None:
        fitting = [lattice for lattice in header.lattices if lattice.type in _CODES]
        labels = [lattice for lattice in fitting if lattice.name == "Labels"]  # beside them, Amira keeps Probability
        fitting = labels or fitting
    else:
        fitting = [lattice for lattice in header.lattices if lattice.name == dataset]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise InputError(f"several arrays could hold the labels; its arrays are {listed}", fix=CHOOSE_ONE)
    if dataset is not None:
        raise InputError(f"no array is called {dataset!r}; its arrays are {listed}")
    raise InputError(f"no array has one number per voxel; its arrays are {listed}")


def _dtype(header: AmiraHeader, lattice: Lattice) -> np.dtype[Any]:
    if lattice.type not in _CODES:
        raise InputError(
            f"its array {lattice.name[:40]!r} is of type {lattice.type[:40]!r}, not of one number per voxel"
        )
    return np.dtype(("<" if header.encoding == "BINARY-LITTLE-ENDIAN" else ">") + _CODES[lattice.type])


def _place(path: Path, header: AmiraHeader, labels: Lattice) -> tuple[int, int]:
    """First byte of an array and the first behind it; every array is passed over up to the end of the file."""
    marks = {lattice.mark: lattice for lattice in header.lattices}
    if len(marks) < len(header.lattices):
        raise InputError("two of its arrays have the same mark", fix=DAMAGED)
    places: dict[int, tuple[int, int]] = {}
    with path.open("rb") as file:
        end = file.seek(0, 2)
        place = header.length
        while (mark := _mark(file, place, end)) is not None:
            number, first = mark
            lattice = marks.get(number)
            if lattice is None or number in places:
                if labels.mark in places:  # of another object, of which the length is not known here
                    break
                raise InputError(
                    f"its data at @{number} comes before the lattice or twice", fix="Save the lattice alone."
                )
            text = header.encoding == "ASCII"
            place = _end_of_text(file, first, end) if text else first + _length(header, lattice)
            if place > end:
                raise InputError(
                    f"its header promises {place - first} bytes at @{number}, but {end - first} are there", fix=DAMAGED
                )
            places[number] = (first, place)
    if labels.mark not in places:
        raise InputError(f"its data has no mark @{labels.mark}", fix=DAMAGED)
    return places[labels.mark]


def _mark(file: BinaryIO, place: int, end: int) -> tuple[int, int] | None:
    """Number of the mark at a place, and the first byte behind its line; None at the end of the file."""
    file.seek(place)
    text = file.read(_LONGEST_MARK)
    mark = _MARK_LINE.match(text)
    if mark is not None:
        return int(mark[1]), place + mark.end()
    if place + len(text) < end or text.strip():
        raise InputError(f"holds {end - place} bytes behind the voxels that its header promises", fix=DAMAGED)
    return None


def _length(header: AmiraHeader, lattice: Lattice) -> int:
    if lattice.codec:
        return lattice.packed_bytes
    kind, _, components = lattice.type.partition("[")
    if kind not in _CODES or not (components.removesuffix("]") or "1").isdecimal():
        raise InputError(f"it has an array of type {lattice.type[:40]!r}", fix="Save the label field alone.")
    return math.prod(header.size) * int(components.removesuffix("]") or 1) * int(_CODES[kind][1])


def _end_of_text(file: BinaryIO, first: int, end: int) -> int:
    """The next mark in a text, or the end of the file."""
    file.seek(first)
    while piece := file.read(_PIECE):
        at = piece.find(b"@")
        if at >= 0:
            return file.tell() - len(piece) + at
    return end
