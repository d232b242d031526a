"""MetaImage, with its voxels behind the header (``.mha``) or in files of the same folder (``.mhd``).

Axes are stored x fastest, so x, y, z become (Z, Y, X).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porenet.errors import InputError
from porenet.formats.metaimage_files import Piece, pieces_of
from porenet.formats.metaimage_grid import with_own_fields
from porenet.formats.metaimage_header import MetaHeader, read_header
from porenet.formats.numbers_in_text import text_blocks, text_expansion
from porenet.formats.stored import DEFLATE_RATIO, Options, StoredArray, flat_blocks
from porenet.formats.streams import gunzip, span

if TYPE_CHECKING:
    from numpy.typing import NDArray


def look(path: Path, options: Options) -> StoredArray:
    """Describe the voxels of a MetaImage file."""
    options.refuse_dataset()
    header = read_header(path)
    pieces = pieces_of(path, header)
    packed, text = header.flag("CompressedData", default=False), not header.flag("BinaryData", default=True)
    if text and (packed or len(pieces) > 1):
        raise InputError("its text is compressed or in several files", fix="Write the voxels as binary data.")

    def blocks() -> Iterator[NDArray[Any]]:
        size = math.prod(header.shape) // len(pieces)
        for piece in pieces:
            yield from _blocks(piece, header, size, packed=packed, text=text)

    stored = StoredArray(
        shape=header.shape,
        dtype=header.dtype,
        packed_bytes=sum(piece.end - piece.start for piece in pieces),
        expansion=float(DEFLATE_RATIO) if packed else text_expansion(header.dtype) if text else 1.0,
        blocks=blocks,
        voxel_um=header.voxel_um,
        voxel_note=header.voxel_note,
    )
    return with_own_fields(stored, header)


def files(path: Path) -> tuple[Path, ...]:
    """The header file, and the files that hold its voxels if they are others."""
    pieces = pieces_of(path, read_header(path))
    return (path, *(piece.path for piece in pieces if piece.path != path))


def _blocks(piece: Piece, header: MetaHeader, size: int, *, packed: bool, text: bool) -> Iterator[NDArray[Any]]:
    with piece.path.open("rb") as file:
        read = span(file, piece.start, piece.end)
        if text:
            yield from text_blocks(read, header.dtype, size, to_end=True)
        else:
            yield from flat_blocks(gunzip(read) if packed else read, header.dtype, size, to_end=True)
