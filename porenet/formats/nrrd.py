"""NRRD, attached (``.nrrd``) or with the voxels in a second file of the same folder (``.nhdr``).

pynrrd reads the header; the voxels are read here, because pynrrd follows a data file anywhere and inflates without
limit. Axes are stored fastest first, so x, y, z become (Z, Y, X).
Source of the format: https://teem.sourceforge.net/nrrd/format.html.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.families import library
from porenet.formats.stored import DEFLATE_RATIO, UNSTATED, Options, StoredArray, Voxel, flat_blocks, text_blocks
from porenet.formats.streams import inflate, span
from porenet.formats.units import in_um, spacing_without_unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEADER = 1 << 20
_DAMAGED = "It is truncated or damaged; copy it again."
_LIST = re.compile(rb"^data ?file: *LIST\b", re.MULTILINE | re.IGNORECASE)
_RAW, _GZIP, _TEXT = ("raw",), ("gzip", "gz"), ("ascii", "text", "txt")
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


def look(path: Path, options: Options) -> StoredArray:
    """Describe the voxels of a NRRD file."""
    options.refuse_dataset()
    header, length = _header(path)
    detached = header.get("data file", header.get("datafile"))
    place = path if detached is None else _beside(path, detached)
    start = length if detached is None else 0
    dtype = _dtype(header)
    sizes = [int(size) for size in header.get("sizes", ())]
    encoding = str(header.get("encoding", ""))
    if encoding not in (*_RAW, *_GZIP, *_TEXT):
        raise InputError(f"its encoding is {encoding!r}", fix="Write it as raw or gzip.")
    size = math.prod(sizes)
    packed_bytes = place.stat().st_size - start
    skip = int(header.get("byte skip", header.get("byteskip", 0)))
    lines = int(header.get("line skip", header.get("lineskip", 0)))
    if skip < -1 or lines < 0 or (skip == -1 and encoding not in _RAW):
        raise InputError(
            f"its header combines byte skip {skip} and line skip {lines} with encoding {encoding}", fix=_DAMAGED
        )
    if skip == -1:
        start = place.stat().st_size - size * dtype.itemsize
        if start < 0:
            raise InputError("holds fewer bytes than its voxels need", fix=_DAMAGED)
    expansion = 1.0
    if encoding in _GZIP:
        expansion = float(DEFLATE_RATIO)
    elif encoding in _TEXT:
        expansion, dtype = 4.0, np.dtype(np.int64) if dtype.kind in "iu" else dtype

    def blocks() -> Iterator[NDArray[Any]]:
        with place.open("rb") as file:
            read = span(file, start, place.stat().st_size)
            for _ in range(lines if skip != -1 else 0):
                _skip_line(read)
            if encoding in _GZIP:
                read = inflate(read)
            if skip > 0 and len(read(min(skip, _HEADER))) < skip:
                raise InputError(f"a byte skip of {skip} is more than its data or {_HEADER} bytes", fix=_DAMAGED)
            if encoding in _TEXT:
                yield from text_blocks(read, size)
            else:
                yield from flat_blocks(read, dtype, size)

    return StoredArray(tuple(reversed(sizes)), dtype, packed_bytes, expansion, blocks, _voxel(header, len(sizes)))


def files(path: Path) -> tuple[Path, ...]:
    """The header file, and the file that holds its voxels if that is another one."""
    header, _ = _header(path)
    detached = header.get("data file", header.get("datafile"))
    return (path,) if detached is None else (path, _beside(path, detached))


def _header(path: Path) -> tuple[dict[str, Any], int]:
    nrrd = library("nrrd", extra="nrrd", title="NRRD")
    with path.open("rb") as file:
        start = file.read(_HEADER)
    if not start.startswith(b"NRRD000"):
        raise InputError("is not a NRRD file", fix=_DAMAGED)
    ends = [at + len(blank) for blank in (b"\n\n", b"\n\r\n") if (at := start.find(blank)) >= 0]
    if not ends and (len(start) == _HEADER or path.suffix.lower() != ".nhdr"):
        raise InputError("its header has no end", fix=_DAMAGED)
    length = min(ends, default=len(start))
    if _LIST.search(start[:length]):
        raise InputError("its voxels are in several data files", fix="Write them into one file.")
    return dict(nrrd.read_header(io.BytesIO(start[:length] + b"\n"))), length


def _beside(path: Path, named: Any) -> Path:
    """The data file, which must be one file in the folder of the header."""
    text = str(named)
    if not isinstance(named, str) or "%" in text:
        raise InputError("its voxels are in several data files", fix="Write them into one file.")
    place = path.parent / text
    inside = path.parent.resolve()
    if "\0" in text or Path(text).name != text.removeprefix("./") or place.resolve().parent != inside:
        raise InputError(
            f"its voxels are in {text[:100]!r}, outside of its own folder, which is not opened",
            fix="Put both files into one folder and name the data file without a folder.",
        )
    if not place.is_file():
        raise InputError(f"its data file {text[:100]!r} is missing", fix="Put both files into one folder.")
    return place


def _dtype(header: dict[str, Any]) -> np.dtype[Any]:
    kind = str(header.get("type", ""))
    if kind not in _DTYPES:
        raise InputError(f"holds values of type {kind[:40]!r}, not integer labels", fix="Save them as uchar.")
    dtype = np.dtype(_DTYPES[kind])
    if dtype.itemsize == 1 or dtype.kind == "f" or header.get("encoding") in _TEXT:
        return dtype
    order = {"little": "<", "big": ">"}.get(str(header.get("endian", "")))
    if order is None:
        raise InputError(f"holds {kind} values without an endian field", fix="Add 'endian: little' or 'endian: big'.")
    return np.dtype(order + _DTYPES[kind])


def _voxel(header: dict[str, Any], axes: int) -> Voxel:
    if axes != 3:
        return UNSTATED
    directions = header.get("space directions")
    if directions is not None:
        matrix = np.asarray(directions, float)
        if matrix.shape != (3, 3):
            return UNSTATED
        edges: Sequence[float] = [float(edge) for edge in np.sqrt((matrix**2).sum(axis=1))]
        units = list(header.get("space units", ()))
    elif header.get("spacings") is not None:
        edges = [float(edge) for edge in header["spacings"]]
        units = list(header.get("units", ()))
    else:
        return UNSTATED
    if len(edges) != 3:
        return UNSTATED
    if len(units) != 3 or not any(units):
        z, y, x = spacing_without_unit(list(reversed(edges)))
    else:
        x, y, z = (
            None if factor is None else edge * factor
            for edge, factor in zip(edges, map(in_um, map(str, units)), strict=True)
        )
    # NRRD writes NaN for an edge that is not known
    return tuple(None if edge is None or math.isnan(edge) else edge for edge in (z, y, x))  # type: ignore[return-value]


def _skip_line(read: Any) -> None:
    for _ in range(_HEADER):
        if read(1) in (b"\n", b""):
            return
    raise InputError("a line to be skipped has no end", fix=_DAMAGED)
