"""Labels stored as floating-point numbers: lossless if every one is whole, refused otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.interface import AXES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet.formats.interface.stored import StoredArray

_DOUBLE = 8
_LIMIT = 2.0**63
"""Smallest number that does not fit int64."""


def whole_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Type of the blocks of `whole_blocks` for values stored as ``dtype``."""
    return np.dtype(np.int64) if dtype.kind == "f" else dtype


def whole_blocks(stored: StoredArray) -> Iterator[NDArray[Any]]:
    """The values of an array in flat pieces; floating-point numbers become int64.

    Raises:
        InputError: a number is not whole or not finite; the message has the first of them and its voxel.
    """
    start = 0
    for block in stored.blocks():
        yield whole(block, start, stored)
        start += block.size


def whole(block: NDArray[Any], start: int, stored: StoredArray) -> NDArray[Any]:
    """Values of an array, floating-point numbers as int64.

    Args:
        block: flat values.
        start: number of values before them.
        stored: the array.

    Raises:
        InputError: as `whole_blocks`.
    """
    if block.dtype.kind != "f":
        return block
    numbers = block.astype(np.float64) if block.dtype.itemsize < _DOUBLE else block  # half cannot hold the limit
    good = (np.trunc(numbers) == numbers) & (np.abs(numbers) < _LIMIT)
    if not good.all():
        at = int(np.argmin(good))
        indices = np.unravel_index(start + at, stored.shape, "F" if stored.fortran else "C")
        voxel = ", ".join(str(int(index)) for index in indices)
        raise InputError(
            f"holds values of type {stored.dtype.name}, not integer labels: {float(block[at])!r} "
            f"at voxel ({', '.join(AXES[-len(indices) :])}) = ({voxel}) is not a whole number",
            fix="Segment grey values and take the argmax of probabilities first.",
        )
    return numbers.astype(np.int64)
