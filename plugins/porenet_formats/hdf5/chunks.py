"""The values of an HDF5 data set, unfiltered without libhdf5."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, flat_blocks
from porenet_formats.hdf5.filters import Filter, undo

if TYPE_CHECKING:
    from numpy.typing import NDArray


Corners = dict[int, list[tuple[int, int, int]]]
"""Per z, the corners (y, x) of the boxes of a layer, and their bytes in the file."""


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
        filters: in the order of writing.
    """

    chunk: tuple[int, ...]
    filters: tuple[Filter, ...]

    def blocks(self, dataset: Any, shape: tuple[int, ...], fill: NDArray[Any]) -> Iterator[NDArray[Any]]:
        """Yield its values in order, one flat array per layer of boxes.

        Args:
            dataset: the h5py data set.
            shape: (Z, Y, X), voxels.
            fill: value of the boxes that the file leaves out.

        Raises:
            InputError: a box is damaged or outside the volume.
        """
        corners = self.corners(dataset, shape)
        for z in range(0, shape[0], self.chunk[0]):
            yield self.layer(dataset, shape, fill, corners, z).reshape(-1)

    def read_into(
        self, dataset: Any, fill: NDArray[Any], corners: Corners, z0: int, out: NDArray[Any], depth: int
    ) -> None:
        """Read a run of layers; boxes that reach out of it are decoded as a whole.

        Args:
            dataset: the h5py data set.
            fill: value of the boxes that the file leaves out.
            corners: of the boxes, from `corners`.
            z0: first layer of voxels.
            out: ``(layers, Y, X)``, for the values.
            depth: layers of the whole data set.

        Raises:
            InputError: a box is damaged.
        """
        shape, z1 = (depth, *out.shape[1:]), z0 + len(out)
        for z in range(z0 // self.chunk[0] * self.chunk[0], z1, self.chunk[0]):
            end = min(z + self.chunk[0], depth)
            if z0 <= z and end <= z1:
                self.layer(dataset, shape, fill, corners, z, out[z - z0 : end - z0])
            else:
                layer = self.layer(dataset, shape, fill, corners, z)
                first, last = max(z, z0), min(end, z1)
                out[first - z0 : last - z0] = layer[first - z : last - z]

    def layer(
        self,
        dataset: Any,
        shape: tuple[int, ...],
        fill: NDArray[Any],
        corners: Corners,
        z: int,
        out: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        """The values of one layer of boxes, ``(layers, Y, X)``.

        Args:
            dataset: the h5py data set.
            shape: (Z, Y, X), voxels.
            fill: value of the boxes that the file leaves out.
            corners: of the boxes, from `corners`.
            z: first layer of voxels of the boxes.
            out: array for them; default: a new one.

        Raises:
            InputError: a box is damaged.
        """
        dtype = dataset.dtype
        depth, height, width = self.chunk[:3]
        box_bytes = math.prod(self.chunk) * dtype.itemsize
        boxes = corners.get(z, ())
        layer = np.empty((min(depth, shape[0] - z), *shape[1:]), dtype) if out is None else out
        if len(boxes) < math.ceil(shape[1] / height) * math.ceil(shape[2] / width):
            layer[:] = fill
        for y, x, stored_bytes in boxes:
            rest = (0,) * (len(self.chunk) - 3)
            mask, data = dataset.id.read_direct_chunk((z, y, x, *rest))
            if len(data) != stored_bytes:  # libhdf5 ignores the size of a chunk where it knows of no filter
                raise InputError(f"a chunk has {stored_bytes} bytes, not {len(data)}", fix=DAMAGED)
            data = undo(self.filters, mask, data, box_bytes, dtype.itemsize)
            part = layer[:, y : y + height, x : x + width]
            box = np.frombuffer(data, dtype).reshape(self.chunk[:3])
            part[...] = box[: part.shape[0], : part.shape[1], : part.shape[2]]
        return layer

    def corners(self, dataset: Any, shape: tuple[int, ...]) -> Corners:
        """Per z, the corners (y, x) of the boxes in the file, and their bytes there.

        Raises:
            InputError: a box is too large, or outside the volume.
        """
        most = math.prod(math.ceil(length / edge) for length, edge in zip(shape, self.chunk, strict=False))
        if dataset.id.get_num_chunks() > most:
            raise InputError(f"it has more than the {most} chunks that fill it", fix=DAMAGED)
        box_bytes = math.prod(self.chunk) * dataset.dtype.itemsize
        if box_bytes > 4 * math.prod(shape) * dataset.dtype.itemsize + (1 << 24):
            raise InputError("its chunks are larger than the data set", fix=DAMAGED)
        chunks: list[Any] = []
        dataset.id.chunk_iter(lambda info: chunks.append(info) if len(chunks) <= most else True)
        corners: Corners = {}
        for info in chunks:
            z, y, x = corner = info.chunk_offset[:3]
            inside = all(
                place % edge == 0 and place < length
                for place, edge, length in zip(corner, self.chunk, shape, strict=False)
            )
            if not inside or not 0 < info.size <= 2 * box_bytes + 4096:
                raise InputError(f"it has a chunk of {info.size} bytes at {corner}", fix=DAMAGED)
            corners.setdefault(z, []).append((y, x, info.size))
        return corners
