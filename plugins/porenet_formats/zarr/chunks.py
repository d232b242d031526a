"""The chunks of a zarr array: which there are, and the voxels of a run of layers."""

from __future__ import annotations

import lzma
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED
from porenet_formats.zarr.codecs import crc32c
from porenet_formats.zarr.files import Read, StoreFiles
from porenet_formats.zarr.metadata import Layout, Shards

if TYPE_CHECKING:
    from numpy.typing import NDArray

Index = tuple[int, ...]
Piece = tuple[str, int, int]
"""Where the bytes of a chunk are: file, first byte, number of bytes."""

_CHUNK_NAME = re.compile(r"(c[./])?\d+([./]\d+)*\Z", re.ASCII)
_LEFT_OUT = (1 << 64) - 1
_DECODING = (ValueError, RuntimeError, TypeError, EOFError, OSError, zlib.error, lzma.LZMAError)


@dataclass(frozen=True, slots=True)
class Chunks:
    """The chunks of an array that are in a store.

    Attributes:
        layout: of the array.
        zyx: numbers of its axes z, y and x; any other axis has the length 1.
        pieces: where the bytes of each chunk are, by its place along z and then by its index.
        total: number of chunks that fill the array.
    """

    layout: Layout
    zyx: tuple[int, int, int]
    pieces: dict[int, dict[Index, Piece]]
    total: int

    @property
    def present(self) -> int:
        """Number of chunks that are in the store."""
        return sum(map(len, self.pieces.values()))

    @property
    def stored_bytes(self) -> int:
        """Bytes of those chunks in the store."""
        return sum(size for layer in self.pieces.values() for _, _, size in layer.values())

    @property
    def shape(self) -> tuple[int, int, int]:
        """(Z, Y, X), voxels."""
        z, y, x = (self.layout.shape[axis] for axis in self.zyx)
        return z, y, x

    @property
    def depth(self) -> int:
        """Layers of a chunk."""
        return self.layout.chunk[self.zyx[0]]

    def layers(self, read: Read) -> Iterator[NDArray[Any]]:
        """Yield the voxels from the first layer on, in runs as deep as a chunk.

        Args:
            read: function that reads a file of the store.
        """
        for z in range(0, self.shape[0], self.depth):
            yield self.read(read, z, min(z + self.depth, self.shape[0]))

    def read(
        self,
        read: Read,
        start: int,
        stop: int,
        rows: tuple[int, int] | None = None,
        out: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        """The voxels of a run of layers, or of some rows of them.

        Args:
            read: function that reads a file of the store.
            start: first layer.
            stop: layer behind the last.
            rows: first row and row behind the last; default: all.
            out: array for them; default: a new one.

        Returns:
            ``(stop - start, Y, X)`` in the byte order of this machine; Y is the number of rows.

        Raises:
            InputError: a chunk does not decode.
        """
        first, last = rows or (0, self.shape[1])
        if out is None:
            out = np.empty((stop - start, last - first, self.shape[2]), self.layout.dtype.newbyteorder("="))
        if self.present < self.total:
            out.fill(self.layout.fill)
        height = self.layout.chunk[self.zyx[1]]
        for place in range(start // self.depth, -(-stop // self.depth)):
            for index, piece in self.pieces.get(place, {}).items():
                y = index[self.zyx[1]] * height
                if y < last and y + height > first:
                    self._put(self._decoded(read, piece), index, out, (start, first))
        return out

    def _put(self, box: NDArray[Any], index: Index, out: NDArray[Any], corner: tuple[int, int]) -> None:
        """Copy the part of a chunk that lies in a run of layers and rows into it, which begins at (z, y)."""
        z, y, x = (index[axis] * self.layout.chunk[axis] for axis in self.zyx)
        above, before = max(0, corner[0] - z), max(0, corner[1] - y)
        part = out[max(0, z - corner[0]) :, max(0, y - corner[1]) :, x:]
        box = box[above : above + part.shape[0], before : before + part.shape[1], : part.shape[2]]
        part[: box.shape[0], : box.shape[1], : box.shape[2]] = box

    def _decoded(self, read: Read, piece: Piece) -> NDArray[Any]:
        name, first, size = piece
        try:
            values = self.layout.decode(read(name, first, size))
        except InputError as error:
            raise InputError(f"the chunk {name!r} {error.what}", fix=error.fix) from error
        except _DECODING as error:
            reason = " ".join(str(error).split())[:120] or type(error).__name__
            raise InputError(f"the chunk {name!r} does not decode ({reason})", fix=DAMAGED) from error
        others = tuple(axis for axis in range(values.ndim) if axis not in self.zyx)
        for axis in reversed(others):
            values = values.take(0, axis)
        return values.transpose([axis - sum(other < axis for other in others) for axis in self.zyx])


def chunks_of(files: StoreFiles, folder: str, layout: Layout, zyx: tuple[int, int, int]) -> Chunks:
    """Find the chunks of an array.

    Args:
        files: the store.
        folder: folder of the array in it, ending in a slash; empty for the store itself.
        layout: of the array; its size is already checked.
        zyx: numbers of its axes z, y and x.

    Raises:
        InputError: chunks are missing and there are files with other names of chunks, or a chunk is too large or
            too short.
    """
    volume_bytes = math.prod(layout.shape) * layout.dtype.itemsize
    if layout.chunk_bytes > 4 * volume_bytes + (1 << 24):
        raise InputError("its chunks are larger than the array", fix=DAMAGED)
    edges = layout.shards.edges if layout.shards else layout.chunk
    present, strays = _named_chunks(files, folder, layout, edges)
    total = math.prod(-(-length // edge) for length, edge in zip(layout.shape, edges, strict=True))
    if strays and len(present) < total:
        raise InputError(
            f"{total - len(present)} of its {total} chunks are missing, and {strays[0]!r} is the name of none",
            fix="Its metadata do not describe its chunks: their shape, or the separator in their names.",
        )
    if layout.shards:
        pieces = _in_shards(files, present, layout, layout.shards)
    else:
        pieces = _whole_files(files, present, layout)
    by_place: dict[int, dict[Index, Piece]] = {}
    for index, piece in sorted(pieces.items()):
        by_place.setdefault(index[zyx[0]], {})[index] = piece
    total = math.prod(-(-length // edge) for length, edge in zip(layout.shape, layout.chunk, strict=True))
    return Chunks(layout, zyx, by_place, total)


def _named_chunks(
    files: StoreFiles, folder: str, layout: Layout, edges: tuple[int, ...]
) -> tuple[dict[Index, str], list[str]]:
    """Files whose names are those of chunks in the array, and names of other chunks."""
    start, separator = layout.key
    ends = [-(-length // edge) for length, edge in zip(layout.shape, edges, strict=True)]
    present: dict[Index, str] = {}
    strays: list[str] = []
    for name in (*files.sizes, *files.folders):
        rest = name.removeprefix(folder)
        if not name.startswith(folder) or not _CHUNK_NAME.match(rest):
            continue
        numbers = rest.removeprefix(start).split(separator)
        index = tuple(int(number) for number in numbers) if all(map(str.isdecimal, numbers)) else ()
        inside = len(index) == len(ends) and all(place < end for place, end in zip(index, ends, strict=True))
        exact = inside and rest == start + separator.join(map(str, index))
        if exact and name in files.folders:
            raise InputError(f"the chunk {name!r} is a folder", fix=DAMAGED)
        if exact:
            present[index] = name
        elif name in files.sizes:
            strays.append(name)
    return present, strays


def _whole_files(files: StoreFiles, present: dict[Index, str], layout: Layout) -> dict[Index, Piece]:
    pieces = {index: (name, 0, files.sizes[name]) for index, name in present.items()}
    for piece in pieces.values():
        _check_size(piece, layout)
    return pieces


def _check_size(piece: Piece, layout: Layout) -> None:
    """Check the bytes of a chunk before they are read: hardly any chunk is larger packed than unpacked."""
    name, _, size = piece
    if not 0 < size <= 2 * layout.chunk_bytes + 4096:
        raise InputError(f"the chunk {name!r} has {size} bytes; unpacked it has {layout.chunk_bytes}", fix=DAMAGED)


def _in_shards(files: StoreFiles, present: dict[Index, str], layout: Layout, shards: Shards) -> dict[Index, Piece]:
    counts = [edge // inner for edge, inner in zip(shards.edges, layout.chunk, strict=True)]
    pieces: dict[Index, Piece] = {}
    with files.reading() as read:
        for index, name in present.items():
            table = _shard_index(read, name, files.sizes[name], math.prod(counts), shards)
            for inner, (first, size) in zip(product(*map(range, counts)), table.tolist(), strict=True):
                place = tuple(i * count + j for i, count, j in zip(index, counts, inner, strict=True))
                inside = all(i * e < length for i, e, length in zip(place, layout.chunk, layout.shape, strict=True))
                if (first, size) == (_LEFT_OUT, _LEFT_OUT) or not inside:
                    continue
                if first + size > files.sizes[name]:
                    raise InputError(f"the chunk {inner} of {name!r} lies behind the end of the file", fix=DAMAGED)
                _check_size((name, first, size), layout)
                pieces[place] = (name, first, size)
    return pieces


def _shard_index(read: Read, name: str, size: int, chunks: int, shards: Shards) -> NDArray[Any]:
    """First byte and number of bytes of each chunk in a shard."""
    length = 16 * chunks + 4 * shards.checksum
    if length > size:
        raise InputError(f"the shard {name!r} has {size} bytes; its index alone has {length}", fix=DAMAGED)
    data = read(name, 0 if shards.at_start else size - length, length)
    table = data[: 16 * chunks]
    if shards.checksum and int.from_bytes(data[16 * chunks :], "little") != crc32c(table):
        raise InputError(f"the index of the shard {name!r} does not have its checksum", fix=DAMAGED)
    return np.frombuffer(table, f"{shards.byte_order}u8").reshape(chunks, 2)
