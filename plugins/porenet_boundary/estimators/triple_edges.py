"""Voxel edges at which three phases meet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from porenet_boundary.estimators.slabs import slabs_with_next

PRESENT = 0b000_000_111
"""Bits of a code that say which of the three phases is there."""

Places = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]


def triple_edges(
    codes: NDArray[np.uint16], periodic: tuple[bool, bool, bool]
) -> Iterator[tuple[int, Places, NDArray[np.uint16]]]:
    """The voxel edges whose four voxels hold all three phases, by slab and direction.

    Edges on the outer faces of the box have fewer than four voxels and do not count; along a periodic axis the last
    voxel and the first share edges.

    Args:
        codes: ``(Z, Y, X)``, for each voxel bits to be joined by "or"; bits 0, 1, 2 say which phase it is.
        periodic: per axis (z, y, x).

    Yields:
        Direction of the edges (0, 1, 2 for z, y, x), the lowest of the four voxels of each (z, y, x), the joined codes.
    """
    for start, stop, block in slabs_with_next(codes, periodic):
        sizes = (stop - start, *codes.shape[1:])
        for direction in range(3):
            joined = block
            for axis in range(3):
                if axis == direction:
                    joined = joined[_cut(axis, slice(sizes[axis]))]
                else:
                    joined = joined[_cut(axis, slice(None, -1))] | joined[_cut(axis, slice(1, None))]
            z, y, x = np.nonzero((joined & PRESENT) == PRESENT)
            yield direction, (z + start, y, x), joined[z, y, x]


def _cut(axis: int, part: slice) -> tuple[slice, ...]:
    return tuple(part if i == axis else slice(None) for i in range(3))
