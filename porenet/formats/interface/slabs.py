"""The values of an array by slabs: runs of whole layers, read without the rest of the file."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface.stored import DAMAGED

if TYPE_CHECKING:
    from numpy.typing import NDArray

Cuts = Literal["anywhere", "forwards"]
"""Where a slab may begin: at any layer, or only where the slab before it ended."""


@dataclass(frozen=True, slots=True)
class Slabs:
    """One array, read by slabs.

    Attributes:
        shape: (Z, Y, X), voxels.
        chunk_depth: layers that are decoded together; slabs that begin and end at multiples of it decode nothing twice.
        read: from the first layer of a slab and the layer behind its last one to its values, ``(z1 - z0, Y, X)``.
        cuts: where a slab may begin.
        read_y: likewise for a block of rows, ``(Z, y1 - y0, X)``; None where that would read the whole file.
        read_into: from the first layer of a slab and a contiguous array ``(layers, Y, X)`` of the type of the values,
            which it fills, so that they are nowhere twice; None to copy what ``read`` returns.
    """

    shape: tuple[int, int, int]
    chunk_depth: int
    read: Callable[[int, int], NDArray[Any]]
    cuts: Cuts = "anywhere"
    read_y: Callable[[int, int], NDArray[Any]] | None = None
    read_into: Callable[[int, NDArray[Any]], None] | None = None


def plain_slabs(
    path: Path, start: int, shape: tuple[int, ...], dtype: np.dtype[Any], *, end: int | None = None
) -> Slabs | None:
    """Slabs of values that stand in a file as they are, x fastest.

    Args:
        path: the file.
        start: its byte at which the first value begins.
        shape: (Z, Y, X), voxels.
        dtype: type of the values, with their byte order.
        end: the byte behind the last value, where nothing else may follow; None where it may.

    Returns:
        None for an array that is not a volume, or not as long as it should be: reading it from the start says so.
    """
    length = math.prod(shape) * dtype.itemsize
    if (
        len(shape) != 3
        or start + length > (path.stat().st_size if end is None else end)
        or end not in (None, start + length)
    ):
        return None
    depth, rows, columns = shape
    layer = rows * columns * dtype.itemsize

    def read_into(z0: int, values: NDArray[Any]) -> None:
        with path.open("rb") as file:
            _fill(file, start + z0 * layer, values)

    def read(z0: int, z1: int) -> NDArray[Any]:
        values = np.empty((z1 - z0, rows, columns), dtype)
        read_into(z0, values)
        return values

    def read_y(y0: int, y1: int) -> NDArray[Any]:
        values = np.empty((depth, y1 - y0, columns), dtype)
        with path.open("rb") as file:
            for z, block in enumerate(values):
                _fill(file, start + z * layer + y0 * columns * dtype.itemsize, block)
        return values

    return Slabs((depth, rows, columns), 1, read, read_y=read_y, read_into=read_into)


def _fill(file: BinaryIO, start: int, values: NDArray[Any]) -> None:
    """Read an array from a place of a file on; no memory map, whose pages would count as memory in use."""
    file.seek(start)
    if not math.prod(values.shape):
        return
    count = file.readinto(values.reshape(-1).view(np.uint8))  # type: ignore[attr-defined]
    if count < values.nbytes:
        raise InputError("ends before its last voxel", fix=DAMAGED)
