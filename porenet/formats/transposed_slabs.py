"""Slabs of an array in which z runs fastest: the file is read as a whole once per slab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, Slabs, StoredArray

if TYPE_CHECKING:
    from numpy.typing import NDArray


def transposed_slabs(stored: StoredArray) -> Slabs:
    """Slabs of an array that is stored along z first, then y, then x.

    Args:
        stored: the array, already checked.
    """
    depth, rows, columns = stored.volume_shape

    def read(z0: int, z1: int) -> NDArray[Any]:
        lines = np.empty((columns * rows, z1 - z0), stored.dtype)
        done, rest = 0, np.empty(0, stored.dtype)
        for block in stored.blocks():
            flat = np.concatenate([rest, block], dtype=stored.dtype) if rest.size else block
            whole = flat.size // depth
            if done + whole > len(lines):
                raise InputError(f"holds more than the {stored.size} voxels that its header promises", fix=DAMAGED)
            lines[done : done + whole] = flat[: whole * depth].reshape(whole, depth)[:, z0:z1]
            done, rest = done + whole, flat[whole * depth :]
        if done < len(lines) or rest.size:
            raise InputError(f"ends after {done * depth + rest.size} of {stored.size} voxels", fix=DAMAGED)
        return lines.reshape(columns, rows, z1 - z0).transpose(2, 1, 0)

    return Slabs((depth, rows, columns), 1, read)
