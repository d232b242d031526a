"""NRRD, attached (``.nrrd``) or with the voxels in a second file of the same folder (``.nhdr``).

The voxels are read here, because pynrrd follows a data file anywhere, inflates without limit and verifies no
checksum. Axes are stored fastest first, so x, y, z become (Z, Y, X).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from porenet.errors import InputError
from porenet.formats.interface import (
    BZIP2_RATIO,
    DAMAGED,
    DEFLATE_RATIO,
    Options,
    Read,
    StoredArray,
    beside,
    bunzip2,
    flat_blocks,
    gunzip,
    plain_slabs,
    span,
    text_blocks,
    text_expansion,
    unhex,
)
from porenet_formats.nrrd.axes import space_axes, voxel_edges
from porenet_formats.nrrd.header import NrrdHeader, read_header

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PIECE = 1 << 20
_RATIOS = {"raw": 1.0, "hex": 0.5, "gzip": float(DEFLATE_RATIO), "bzip2": float(BZIP2_RATIO)}
_DECODERS = {"hex": unhex, "gzip": gunzip, "bzip2": bunzip2}


class Nrrd:
    """NRRD, in one file or with its voxels in another."""

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe the voxels of a NRRD file."""
        options.refuse_dataset()
        header = read_header(path)
        place, start = _data_place(path, header)
        sizes, dtype, encoding = header.sizes, header.dtype, header.encoding
        axes = space_axes(header.fields, sizes)
        voxel, note = voxel_edges(header.fields, axes, len(sizes))
        size = math.prod(sizes)
        lines, skip = (int(header.fields.get(field, 0)) for field in ("line skip", "byte skip"))
        if skip < -1 or lines < 0 or (skip == -1 and encoding != "raw"):
            raise InputError(
                f"its header combines byte skip {skip} and line skip {lines} with encoding {encoding}", fix=DAMAGED
            )

        def blocks() -> Iterator[NDArray[Any]]:
            with place.open("rb") as file:
                read = _voxel_bytes(file, start, encoding, lines, skip, size * dtype.itemsize)
                if encoding == "text":
                    # Teem takes commas between the numbers
                    yield from text_blocks(lambda count: read(count).replace(b",", b" "), dtype, size, to_end=True)
                else:
                    yield from flat_blocks(read, dtype, size, to_end=True)

        shape = tuple(sizes[axis] for axis in reversed(axes))
        plain = encoding == "raw" and not lines and skip >= 0
        slabs = plain_slabs(place, start + skip, shape, dtype, end=place.stat().st_size) if plain else None
        return StoredArray(
            shape=shape,
            dtype=dtype,
            packed_bytes=place.stat().st_size - start,
            expansion=text_expansion(dtype) if encoding == "text" else _RATIOS[encoding],
            blocks=blocks,
            voxel_um=voxel,
            voxel_note=note,
            slabs=slabs,
        )

    def files(self, path: Path) -> tuple[Path, ...]:
        """The header file, and the file that holds its voxels if that is another one."""
        place, _ = _data_place(path, read_header(path))
        return (path,) if place == path else (path, place)


def _data_place(path: Path, header: NrrdHeader) -> tuple[Path, int]:
    """The file that holds the voxels, and its first byte that may be one of them."""
    named = header.fields.get("data file")
    if named is None:
        return path, header.length
    if "%" in str(named):
        raise InputError("its voxels are in several data files", fix="Write them into one file.")
    return beside(path, str(named)), 0


def _voxel_bytes(file: BinaryIO, start: int, encoding: str, lines: int, skip: int, needed: int) -> Read:
    """Stream of the voxels' bytes, decoded: behind the skipped lines of the file and the skipped decoded bytes."""
    size = file.seek(0, 2)
    if skip == -1:  # the last bytes of the file, which makes the lines irrelevant
        if size - needed < start:
            raise InputError("holds fewer bytes than its voxels need", fix=DAMAGED)
        return span(file, size - needed, size)
    start = _behind_lines(file, start, lines)
    decode = _DECODERS.get(encoding)
    if decode is None and start + skip > size:
        raise InputError(f"a byte skip of {skip} is more than its data", fix=DAMAGED)
    if decode is None:
        return span(file, start + skip, size)
    read = decode(span(file, start, size))
    while skip > 0:
        data = read(min(skip, _PIECE))
        if not data:
            raise InputError("its byte skip is more than its data", fix=DAMAGED)
        skip -= len(data)
    return read


def _behind_lines(file: BinaryIO, start: int, lines: int) -> int:
    """Place behind a number of lines."""
    file.seek(start)
    while lines > 0:
        piece = file.readline(_PIECE)
        if not piece:
            raise InputError("its line skip is more than its lines", fix=DAMAGED)
        lines -= piece.endswith(b"\n")
    return file.tell()
