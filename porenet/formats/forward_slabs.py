"""Slabs of an array that can only be read from its start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, Slabs, StoredArray

if TYPE_CHECKING:
    from numpy.typing import NDArray


def forward_slabs(stored: StoredArray, fix: str) -> Slabs:
    """Slabs of an array in the order of its file; a slab that begins at layer 0 begins anew.

    Args:
        stored: the array, already checked; x runs fastest.
        fix: what to do where a slab begins elsewhere.
    """
    z, y, x = stored.shape
    stream = _Stream(stored, fix)
    return Slabs((z, y, x), 1, stream.read, cuts="forwards")


class _Stream:
    """Values of an array from its start on, and the layer that comes next."""

    def __init__(self, stored: StoredArray, fix: str) -> None:
        self._stored, self._fix = stored, fix
        self._next = 0
        self._blocks: Iterator[NDArray[Any]] = iter(())
        self._left: NDArray[Any] = np.empty(0, stored.dtype)

    def read(self, z0: int, z1: int) -> NDArray[Any]:
        depth, rows, columns = self._stored.shape
        if z0 == 0:
            self._next, self._blocks, self._left = 0, self._stored.blocks(), self._left[:0]
        elif z0 != self._next:
            raise InputError(f"cannot be entered in the middle: {self._place(z0)}", fix=self._fix)
        self._next = -1  # until the slab is whole: after an error in it, the stream stands anywhere
        values = self._taken((z1 - z0) * rows * columns)
        self._next = z1
        if z1 == depth and (self._left.size or any(block.size for block in self._blocks)):
            raise InputError(f"holds more than the {self._stored.size} voxels that its header promises", fix=DAMAGED)
        return values.reshape(z1 - z0, rows, columns)

    def _place(self, z0: int) -> str:
        if self._next < 0:
            return f"layer {z0} comes after an error"
        return f"layer {z0} comes after layer {self._next}"

    def _taken(self, count: int) -> NDArray[Any]:
        pieces, missing = [self._left[:count]], count - min(count, self._left.size)
        self._left = self._left[count:]
        while missing:
            block = next(self._blocks, None)
            if block is None:
                raise InputError("ends before its last voxel", fix=DAMAGED)
            pieces.append(block[:missing])
            self._left = block[missing:]
            missing -= pieces[-1].size
        return np.concatenate(pieces)
