"""MetaImage, with its voxels behind the header (``.mha``) or in files of the same folder (``.mhd``).

Axes are stored x fastest, so x, y, z become (Z, Y, X).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porenet.errors import InputError
from porenet.formats.interface import (
    DEFLATE_RATIO,
    Options,
    Slabs,
    StoredArray,
    WrittenLayers,
    flat_blocks,
    gunzip,
    plain_slabs,
    span,
    text_blocks,
    text_expansion,
)
from porenet.interface import Volume
from porenet_formats.metaimage.files import Piece, pieces_of
from porenet_formats.metaimage.grid import with_own_fields, write_mha
from porenet_formats.metaimage.header import MetaHeader, read_header

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class MetaImage:
    """MetaImage, in one file or with its voxels in others."""

    def header(self, path: Path, options: Options) -> StoredArray:
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
            slabs=None if packed or text else _slabs(pieces, header),
        )
        return with_own_fields(stored, header)

    def write(self, volume: Volume, path: Path, values: NDArray[np.uint8]) -> None:
        """Write a file ``.mha``, uncompressed."""
        self.write_layers(WrittenLayers.of(volume), path, values)

    def write_layers(self, layers: WrittenLayers, path: Path, values: NDArray[np.uint8]) -> None:
        """The same of a volume that is not in memory."""
        with path.open("wb") as file:
            write_mha(layers, file, values)

    def files(self, path: Path) -> tuple[Path, ...]:
        """The header file, and the files that hold its voxels if they are others."""
        pieces = pieces_of(path, read_header(path))
        return (path, *(piece.path for piece in pieces if piece.path != path))


def _slabs(pieces: Sequence[Piece], header: MetaHeader) -> Slabs | None:
    """Slabs of voxels that stand in one file as they are."""
    if len(pieces) > 1:
        return None
    return plain_slabs(pieces[0].path, pieces[0].start, header.shape, header.dtype, end=pieces[0].end)


def _blocks(piece: Piece, header: MetaHeader, size: int, *, packed: bool, text: bool) -> Iterator[NDArray[Any]]:
    with piece.path.open("rb") as file:
        read = span(file, piece.start, piece.end)
        if text:
            yield from text_blocks(read, header.dtype, size, to_end=True)
        else:
            yield from flat_blocks(gunzip(read) if packed else read, header.dtype, size, to_end=True)
