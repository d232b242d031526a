"""The variables of a MATLAB file of version 5 (``save -v6`` and ``-v7``), read without scipy.

scipy.io ends the whole process with a segmentation fault on some damaged files, allocates what a header promises, and
turns an array of doubles that MATLAB stored as bytes into eight times the memory. Only what describes a variable is
parsed here, and the numbers of one; structs, cells, objects and function handles are passed over. Source: MathWorks,
"MAT-File Format".
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, Read, flat_blocks, gunzip, span, too_many

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEADER = 128
_INT8, _INT32, _UINT32, _MATRIX, _COMPRESSED = 1, 5, 6, 14, 15
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_CLASSES = {
    1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 6: "double", 7: "single", 8: "int8", 9: "uint8",
    10: "int16", 11: "uint16", 12: "int32", 13: "uint32", 14: "int64", 15: "uint64", 16: "function", 17: "opaque",
}  # fmt: skip
_OPAQUE = 17
_COMPLEX, _LOGICAL = 0x800, 0x200
_MOST_VARIABLES = 10_000
_MOST_AXES = 32
_LONGEST_NAME = 256


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable.

    Attributes:
        name: its name.
        kind: class in MATLAB: ``uint8``, ``logical``, ``struct``, ...; ``complex`` for complex numbers.
        dims: rows, columns, pages, ...
        start: first byte of its element in the file.
        end: first byte behind it.
        packed: whether it is a zlib stream.
    """

    name: str
    kind: str
    dims: tuple[int, ...]
    start: int
    end: int
    packed: bool


def variables(path: Path, order: str) -> list[Variable]:
    """What the variables of a file are; their numbers are not read.

    Args:
        path: the file.
        order: byte order, ``<`` or ``>``.

    Raises:
        InputError: the file is damaged or ends inside a variable.
    """
    contents: list[Variable] = []
    with path.open("rb") as file:
        end, place = file.seek(0, 2), _HEADER
        while place < end:
            file.seek(place)
            kind, size = _tag(file.read, order)
            if kind not in (_MATRIX, _COMPRESSED) or place + 8 + size > end:
                raise InputError(f"its variable at byte {place} is damaged, or ends outside of the file", fix=DAMAGED)
            if len(contents) == _MOST_VARIABLES:
                raise InputError(f"holds more than {_MOST_VARIABLES} variables", fix="Save the labels alone.")
            packed = kind == _COMPRESSED
            body = _body(file, place, place + 8 + size, order, packed=packed)
            contents.append(Variable(*_description(body, order), place, place + 8 + size, packed))
            place += 8 + size
    return [variable for variable in contents if variable.name]  # MATLAB keeps data of objects without a name


def array_type(path: Path, variable: Variable, order: str) -> np.dtype[Any]:
    """Type of the numbers in the file, which may be a smaller one than the variable has in MATLAB.

    Raises:
        InputError: they are not the numbers of the variable.
    """
    with path.open("rb") as file:
        dtype, _ = _numbers(_body(file, variable.start, variable.end, order, packed=variable.packed), order)
    own = np.dtype({"logical": "u1", "double": "f8", "single": "f4"}.get(variable.kind, variable.kind))
    if own.kind != "f" and not np.can_cast(dtype, own):
        raise InputError(f"its {variable.kind} {variable.name!r} is stored as {dtype.name}", fix=DAMAGED)
    return dtype


def array_blocks(path: Path, variable: Variable, order: str) -> Iterator[NDArray[Any]]:
    """The numbers of a variable in flat pieces, rows fastest.

    Raises:
        InputError: there are more or fewer than the variable has, or their checksum is wrong.
    """
    size = math.prod(variable.dims)
    with path.open("rb") as file:
        body = _body(file, variable.start, variable.end, order, packed=variable.packed)
        dtype, few = _numbers(body, order)
        yield from flat_blocks(body if few is None else io.BytesIO(few).read, dtype, size)
        padding = -size * dtype.itemsize % 8 if few is None else 0
        if len(body(16)) not in (0, padding):
            raise too_many(size)


def _tag(read: Read, order: str) -> tuple[int, int]:
    data = read(8)
    if len(data) < 8:
        raise InputError("ends inside the description of a variable", fix=DAMAGED)
    kind, size = struct.unpack(f"{order}2I", data)
    return int(kind), int(size)


def _body(file: BinaryIO, start: int, end: int, order: str, *, packed: bool) -> Read:
    """The bytes of a variable behind its tag, decompressed; their end must be the end of the stream."""
    file.seek(start)
    if not packed:
        return span(file, start + 8, end)
    source = gunzip(span(file, start + 8, end))
    kind, left = _tag(source, order)
    if kind != _MATRIX:
        raise InputError(f"its compressed data at byte {start} is not a variable", fix=DAMAGED)

    def read(count: int) -> bytes:
        nonlocal left
        data = source(min(count, left))
        left -= len(data)
        if count and not left and source(1):  # asking for more is also what verifies the checksum
            raise InputError(f"bytes follow its variable at byte {start}", fix=DAMAGED)
        return data

    return read


def _element(read: Read, order: str, expected: int, most: int) -> bytes:
    """The bytes of a small element of a type, such as a name."""
    kind, size, few = _start_of_element(read, order)
    if kind == expected and few is not None:
        return few
    if kind != expected or size > most:
        raise InputError("the description of a variable is damaged", fix=DAMAGED)
    data = read(size + -size % 8)
    if len(data) < size:
        raise InputError("ends inside the description of a variable", fix=DAMAGED)
    return data[:size]


def _start_of_element(read: Read, order: str) -> tuple[int, int, bytes | None]:
    """Type and bytes of an element; at most four bytes are in its tag, and returned with it."""
    kind, size = _tag(read, order)
    if not kind >> 16:
        return kind, size, None
    if kind >> 16 > 4:
        raise InputError("the description of a variable is damaged", fix=DAMAGED)
    return kind & 0xFFFF, kind >> 16, struct.pack(f"{order}I", size)[: kind >> 16]


def _description(read: Read, order: str) -> tuple[str, str, tuple[int, ...]]:
    """Name, class and dimensions of a variable."""
    data = _element(read, order, _UINT32, 8)
    flags = struct.unpack_from(f"{order}I", data)[0] if len(data) == 8 else 0
    kind = _CLASSES.get(flags & 0xFF)
    if kind is None:
        raise InputError(f"it has a variable of class {flags & 0xFF}", fix=DAMAGED)
    if flags & 0xFF == _OPAQUE:  # a string, a table, an object: what follows is no array
        return "", kind, ()
    data = _element(read, order, _INT32, 4 * _MOST_AXES)
    dims = struct.unpack(f"{order}{len(data) // 4}i", data[: len(data) // 4 * 4])
    name = _element(read, order, _INT8, _LONGEST_NAME)
    if flags & _COMPLEX:
        kind = "complex"
    elif flags & _LOGICAL and kind in ("uint8", "double"):
        kind = "logical"
    return name.decode("utf-8", "replace"), kind, dims


def _numbers(read: Read, order: str) -> tuple[np.dtype[Any], bytes | None]:
    """Type of the numbers of a variable, in front of which the stream then is; at most four bytes are returned."""
    *_, dims = _description(read, order)
    kind, size, few = _start_of_element(read, order)
    dtype = np.dtype(order + _STORED.get(kind, "V1"))
    if kind not in _STORED or size != math.prod(dims) * dtype.itemsize:
        raise InputError(
            f"its header promises {'x'.join(map(str, dims))} numbers, and {size} bytes of type {kind} are there",
            fix=DAMAGED,
        )
    return dtype, few
