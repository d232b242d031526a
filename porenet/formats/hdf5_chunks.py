"""The bytes of an HDF5 data set, read and unfiltered without libhdf5.

Source of the filters: HDF5 File Format Specification, https://docs.hdfgroup.org/hdf5/latest/_f_m_t3.html.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.stored import flat_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DEFLATE, _SHUFFLE, _FLETCHER32 = 1, 2, 3
_NAMES = {4: "szip", 5: "nbit", 6: "scaleoffset", 32000: "lzf", 32001: "blosc", 32004: "lz4", 32015: "zstd"}
_DAMAGED = "It is truncated or damaged; copy it again."


@dataclass(frozen=True, slots=True)
class Contiguous:
    """A data set stored in one piece.

    Attributes:
        offset: first byte in the file.
    """

    offset: int

    def blocks(self, path: Path, dtype: np.dtype[Any], size: int) -> Iterator[NDArray[Any]]:
        """Yield its values in order, as flat arrays."""
        with path.open("rb") as file:
            file.seek(self.offset)
            yield from flat_blocks(file.read, dtype, size)


@dataclass(frozen=True, slots=True)
class Chunked:
    """A data set stored in boxes.

    Attributes:
        chunk: edge lengths of a box in voxels, an axis of components included.
        filters: numbers of the filters, in the order of writing.
    """

    chunk: tuple[int, ...]
    filters: tuple[int, ...]

    def __post_init__(self) -> None:
        unknown = [number for number in self.filters if number not in (_DEFLATE, _SHUFFLE, _FLETCHER32)]
        if unknown:
            names = ", ".join(_NAMES.get(number, f"filter {number}") for number in unknown)
            raise InputError(
                f"its voxels are compressed with {names}", fix="Write it with gzip: h5repack -f GZIP=4 IN OUT."
            )

    @property
    def deflated(self) -> bool:
        """Whether its boxes may be smaller in the file than in memory."""
        return _DEFLATE in self.filters

    def blocks(self, path: Path, dataset: Any, shape: tuple[int, ...]) -> Iterator[NDArray[Any]]:
        """Yield its values in order, one flat array per layer of boxes.

        Args:
            path: the file.
            dataset: the h5py data set.
            shape: (Z, Y, X), voxels.

        Raises:
            InputError: a box is missing, damaged or outside the volume.
        """
        dtype = dataset.dtype
        depth, height, width = self.chunk[:3]
        if math.prod(self.chunk) * dtype.itemsize > 4 * math.prod(shape) * dtype.itemsize + (1 << 24):
            raise InputError("its chunks are larger than the data set", fix=_DAMAGED)
        layers = self._layers(dataset, shape)
        across = math.ceil(shape[1] / height) * math.ceil(shape[2] / width)
        with path.open("rb") as file:
            for z in range(0, shape[0], depth):
                boxes = layers.get(z, {})
                if len(boxes) != across:
                    raise InputError(
                        f"{across - len(boxes)} of {across} chunks at z = {z} were never written", fix=_DAMAGED
                    )
                layer = np.empty((min(depth, shape[0] - z), *shape[1:]), dtype)
                for (y, x), (offset, size, mask) in boxes.items():
                    file.seek(offset)
                    box = self._unfilter(file.read(size), mask, dtype)
                    part = layer[:, y : y + height, x : x + width]
                    part[...] = box[: part.shape[0], : part.shape[1], : part.shape[2]]
                yield layer.reshape(-1)

    def _layers(self, dataset: Any, shape: tuple[int, ...]) -> dict[int, dict[tuple[int, int], tuple[int, int, int]]]:
        most = math.prod(math.ceil(length / edge) for length, edge in zip(shape, self.chunk, strict=False))
        if dataset.id.get_num_chunks() > most:
            raise InputError(f"it has more than the {most} chunks that fill it", fix=_DAMAGED)
        box_bytes = math.prod(self.chunk) * dataset.dtype.itemsize
        chunks: list[Any] = []
        dataset.id.chunk_iter(lambda info: chunks.append(info) if len(chunks) <= most else True)
        layers: dict[int, dict[tuple[int, int], tuple[int, int, int]]] = {}
        for info in chunks:
            z, y, x = at = info.chunk_offset[:3]
            inside = all(
                place % edge == 0 and place < length for place, edge, length in zip(at, self.chunk, shape, strict=False)
            )
            if not inside or not 0 < info.size <= 2 * box_bytes + 4096:
                raise InputError(f"it has a chunk of {info.size} bytes at {at}", fix=_DAMAGED)
            layers.setdefault(z, {})[y, x] = (info.byte_offset, info.size, info.filter_mask)
        return layers

    def _unfilter(self, data: bytes, mask: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        size = math.prod(self.chunk) * dtype.itemsize
        for place in reversed(range(len(self.filters))):
            if mask >> place & 1:  # a box that a filter would have made larger is written without it
                continue
            kind = self.filters[place]
            if kind == _DEFLATE:
                # 4 bytes more: a checksum may come before the compression
                try:
                    data = zlib.decompressobj().decompress(data, size + 4)
                except zlib.error as error:
                    raise InputError(f"a chunk is damaged ({error})", fix=_DAMAGED) from error
            elif kind == _FLETCHER32:
                data = data[:-4]
            elif dtype.itemsize > 1:
                data = np.frombuffer(data, np.uint8).reshape(dtype.itemsize, -1).T.tobytes()
        if len(data) != size:
            raise InputError(f"a chunk holds {len(data)} bytes, not {size}", fix=_DAMAGED)
        return np.frombuffer(data, dtype).reshape(self.chunk[:3])
