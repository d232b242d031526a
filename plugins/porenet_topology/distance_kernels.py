"""The loop behind distances from a lattice of points to the voxels of other phases, one axis at a time.

Every voxel has an owner, the label of its phase, and a point of a lattice has the owner of all voxels around it. A
point between voxels of several phases is `MIXED`: its distance to another phase is 0. So all phases take one pass.
Places along an axis count half voxels: voxel i reaches from 2 i to 2 i + 2, its centre is 2 i + 1.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numba
import numpy as np

MIXED = 255
"""Owner of a point between voxels of several phases; a grid has at most 255 phases, labels 0 to 254."""

TILE = 16
"""Lines that are copied at a time, so that every line of cache that is read is used whole."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def add_axis(owners, squares, half, walls, wraps, corners, new_owners, new_squares):
    """Squared distances over one more axis.

    The lower envelope of one parabola for each end of a voxel, as of P. Felzenszwalb and D. Huttenlocher, Theory of
    Computing 8 (2012) 415, https://doi.org/10.4086/toc.2012.v008a019. A voxel is closed: its two ends belong to it, and
    one of them is its nearest point to every place but its own centre.

    Args:
        owners: ``(blocks, voxels, columns)`` uint8; the axis is the middle one.
        squares: float32, of the same shape: squared distance from each voxel to the nearest obstacle of its layer
            across the axis; infinite if none, 0 where the owner is `MIXED`.
        half: half a voxel edge.
        walls: whether the two ends of the axis are obstacles.
        wraps: whether the last voxel and the first are neighbours.
        corners: whether the places are the ends of the voxels, instead of their centres.
        new_owners: ``(blocks, places, columns)``, written.
        new_squares: likewise.
    """
    blocks, voxels, columns = owners.shape
    places = new_owners.shape[1]
    lines, new_lines = np.empty((TILE, voxels), np.float32), np.empty((TILE, places), np.float32)
    names, new_names = np.empty((TILE, voxels), np.uint8), np.empty((TILE, places), np.uint8)
    around, new_around = np.empty(2 * voxels + 2, np.float32), np.empty(2 * voxels + 3, np.float32)
    names_around, new_names_around = np.empty(2 * voxels + 2, np.uint8), np.empty(2 * voxels + 3, np.uint8)
    envelope = np.empty((3, 2 * voxels + 4))
    unit = half * half
    # Where two parabolas so many half voxels apart cross moves with their heights: multiplied, as a division is slow.
    slopes = 1 / (2 * unit * np.arange(4 * voxels + 8))
    for block in range(blocks):
        for start in range(0, columns, TILE):
            width = min(TILE, columns - start)
            for voxel in range(voxels):
                for column in range(width):
                    lines[column, voxel] = squares[block, voxel, start + column]
                    names[column, voxel] = owners[block, voxel, start + column]
            for column in range(width):
                if not wraps:
                    _line(
                        names[column], lines[column], voxels, unit, slopes, walls, corners, envelope,
                        new_names[column], new_lines[column],
                    )  # fmt: skip
                    continue
                first, size = _unroll(names[column], lines[column], names_around, around)
                _line(
                    names_around,
                    around,
                    size,
                    unit,
                    slopes,
                    size == voxels,
                    corners,
                    envelope,
                    new_names_around,
                    new_around,
                )
                for place in range(places):
                    there = (place - first) % voxels
                    new_lines[column, place] = new_around[there if size == voxels else place - first]
                    new_names[column, place] = new_names_around[there if size == voxels else place - first]
            for place in range(places):
                for column in range(width):
                    new_squares[block, place, start + column] = new_lines[column, place]
                    new_owners[block, place, start + column] = new_names[column, place]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _unroll(owners, squares, names_around, around):
    """Copy a periodic line so that it begins where the owner changes; then both its ends are walls.

    Where all of it has one owner, copy it with half a period more on either side: farther voxels are nearer there.
    Returns the number of the voxel that comes first, and how many are copied.
    """
    voxels = len(owners)
    first, size = 0, voxels
    while first < voxels and owners[first] == owners[first - 1]:
        first += 1
    if first == voxels:
        first, size = -(voxels // 2) - 1, voxels + 2 * (voxels // 2) + 2
    for i in range(size):
        around[i], names_around[i] = squares[(first + i) % voxels], owners[(first + i) % voxels]
    return first, size


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _line(owners, squares, voxels, unit, slopes, walls, corners, envelope, new_owners, new_squares):
    """One line: each span of voxels of one owner by itself, between walls at its ends."""
    tops, heights, begins = envelope[0], envelope[1], envelope[2]
    begin = 0
    while begin < voxels:
        owner = owners[begin]
        end = begin + 1
        while end < voxels and owners[end] == owner:
            end += 1
        left = np.float32(0 if walls or begin > 0 else np.inf)
        right = np.float32(0 if walls or end < voxels else np.inf)
        last = _lower_envelope(squares, begin, end, left, right, slopes, tops, heights, begins)
        now = 0
        for number in range(begin, end + 1 if corners and end == voxels else end):
            place = 2.0 * number if corners else 2.0 * number + 1
            least = np.inf
            if last >= 0:
                while now < last and begins[now + 1] < place:
                    now += 1
                apart = place - tops[now]
                least = heights[now] + unit * (apart * apart)
            if not corners:
                least = min(least, np.float64(squares[number]))  # its own centre is the nearest point of a voxel
            new_squares[number], new_owners[number] = least, owner
        if corners and begin > 0:
            new_squares[begin], new_owners[begin] = 0, MIXED
        if corners and owner == MIXED:
            new_squares[begin : end + 1] = 0
        begin = end


@numba.njit(cache=True, nogil=True, inline="always")
def _lower_envelope(squares, begin, stop, left, right, slopes, tops, heights, begins):
    """Write the parabolas of the ends of the voxels from begin to stop: place, height, where each is the lowest from.

    Beyond the span are walls or nothing, of these heights. Returns the number of parabolas, less one.
    """
    last = -1
    before = left
    for end in range(begin, stop + 1):
        here = squares[end] if end < stop else right
        height = np.float64(min(before, here))
        before = here
        if height == np.inf:
            continue
        place = 2.0 * end
        start = -np.inf
        while last >= 0:
            before_last = tops[last]
            start = (height - heights[last]) * slopes[np.int64(place - before_last)] + 0.5 * (place + before_last)
            if start > begins[last]:
                break
            last -= 1
            start = -np.inf
        last += 1
        tops[last], heights[last], begins[last] = place, height, start
    return last
