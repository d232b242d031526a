"""The loops behind covering a phase with balls around the points of a lattice.

Places along an axis count half voxels: voxel j reaches from 2 j to 2 j + 2, its centre is 2 j + 1. Lengths are in
units of the shortest voxel edge. A ball reaches a voxel if the nearest point of the closed voxel is less than its
radius away.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import math

import numba
import numpy as np

from porenet_topology.rank_kernels import by_rank

ROUNDING = 1 - 1e-6
"""Factor for radii, so that what a ball touches exactly does not count as reached, however the sums are rounded."""


@numba.njit(cache=True, nogil=True, inline="always")
def _halves(squared, half):
    """The largest whole number of half voxels that is less than a length; -1 for none."""
    return math.ceil(ROUNDING * math.sqrt(squared) / half) - 1 if squared > 0 else -1


@numba.njit(cache=True, nogil=True, inline="always")
def _gap(apart):
    """Half voxels from a place to a voxel whose first end is so many half voxels behind it."""
    return max(apart, -apart - 2, 0)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def containing(levels, first, halves, shifts, limits):
    """Smallest squared radius that a ball must exceed to reach all voxels that another ball reaches.

    Args:
        levels: squared radii of the other ball.
        first: 0 if its centre is the corner of a voxel, 1 if it is the centre of one.
        halves: half the voxel edges (z, y, x).
        shifts: ``(S, 3)``, from its centre to that of the containing ball, half voxels, not negative.
        limits: ``(S, levels)``, written.
    """
    for level in range(len(levels)):
        squared = levels[level]
        reach_z = _halves(squared, halves[0])
        for j in range(-(reach_z // 2) - 1, 1):  # by symmetry the voxel that is farthest lies on the near side
            gap_z = _gap(2 * j - first)
            if gap_z > reach_z:
                continue
            rest_y = squared - (gap_z * halves[0]) ** 2
            reach_y = _halves(rest_y, halves[1])
            for k in range(-(reach_y // 2) - 1, 1):
                gap_y = _gap(2 * k - first)
                if gap_y > reach_y:
                    continue
                reach_x = _halves(rest_y - (gap_y * halves[1]) ** 2, halves[2])
                if reach_x < 0:
                    continue
                i = -((reach_x + 2 - first) // 2)
                for shift in range(len(shifts)):
                    apart_z = _gap(2 * j - first - shifts[shift, 0]) * halves[0]
                    apart_y = _gap(2 * k - first - shifts[shift, 1]) * halves[1]
                    apart_x = _gap(2 * i - first - shifts[shift, 2]) * halves[2]
                    farthest = apart_z * apart_z + apart_y * apart_y + apart_x * apart_x
                    limits[shift, level] = max(limits[shift, level], farthest)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def drop_contained(ranks, levels, limits, shifts, others, first, wraps, needed):
    """Drop each ball that lies within a larger one around a point nearby.

    Args:
        ranks: of each point, its index in ``levels``; rank 0 is no ball.
        levels: squared radii, ascending.
        limits: of `containing`, ``(S, levels)``.
        shifts: to the points tried, half voxels, ``(S, 3)``; each with every combination of signs.
        others: ranks of the points that are tried: the same lattice, or the other one if the shifts are odd.
        first: 0 if ``ranks`` are of corners, 1 if of centres.
        wraps: per axis, whether it is periodic.
        needed: bool, written: False where a ball is dropped.
    """
    odd = shifts[0, 0] % 2
    start = first if not odd else 1 - first
    for z in range(ranks.shape[0]):
        for y in range(ranks.shape[1]):
            for x in range(ranks.shape[2]):
                rank = ranks[z, y, x]
                if rank == 0 or not needed[z, y, x]:
                    continue
                for shift in range(len(shifts)):
                    limit = max(limits[shift, rank], levels[rank])
                    for signs in range(8):
                        step_z = shifts[shift, 0] * (1 - 2 * (signs & 1))
                        step_y = shifts[shift, 1] * (1 - (signs & 2))
                        step_x = shifts[shift, 2] * (1 - (signs & 4) // 2)
                        k = (2 * z + first + step_z - start) // 2
                        j = (2 * y + first + step_y - start) // 2
                        i = (2 * x + first + step_x - start) // 2
                        if wraps[0]:
                            k %= others.shape[0]
                        if wraps[1]:
                            j %= others.shape[1]
                        if wraps[2]:
                            i %= others.shape[2]
                        if not (0 <= k < others.shape[0] and 0 <= j < others.shape[1] and 0 <= i < others.shape[2]):
                            continue
                        if ROUNDING * levels[others[k, j, i]] > limit:
                            needed[z, y, x] = False
                            break
                    if not needed[z, y, x]:
                        break


@numba.njit(cache=True, nogil=True, error_model="numpy")
def paint(corners, centres, corners_needed, centres_needed, levels, halves, wraps, sizes):
    """Give each voxel the rank of the largest of the balls that reach it.

    Balls are taken from the largest down, so a voxel is written once; what is written already is jumped over.

    Args:
        corners: of each corner of a voxel, its index in ``levels``; rank 0 is no ball.
        centres: likewise of each centre.
        corners_needed: bool, which balls are painted.
        centres_needed: likewise.
        levels: squared radii, ascending.
        halves: half the voxel edges (z, y, x).
        wraps: per axis, whether it is periodic.
        sizes: ``(Z, Y, X)`` int32, zeros, written.
    """
    following = np.empty((sizes.shape[0], sizes.shape[1], sizes.shape[2] + 1), np.int32)
    following[:] = np.arange(sizes.shape[2] + 1)
    corner_points, corner_ends = by_rank(corners.reshape(-1), corners_needed.reshape(-1), len(levels))
    centre_points, centre_ends = by_rank(centres.reshape(-1), centres_needed.reshape(-1), len(levels))
    rows = np.empty((0, 4), np.int32)
    for rank in range(len(levels) - 1, 0, -1):
        points = corner_points[corner_ends[rank - 1] : corner_ends[rank]]
        rows = _rows_of_ball(levels[rank], 0, halves, rows)
        _paint_level(points, corners.shape, rank, rows, wraps, following, sizes)
        points = centre_points[centre_ends[rank - 1] : centre_ends[rank]]
        rows = _rows_of_ball(levels[rank], 1, halves, rows)
        _paint_level(points, centres.shape, rank, rows, wraps, following, sizes)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _paint_level(points, shape, rank, rows, wraps, following, sizes):
    """Balls of one size."""
    depth, height, width = sizes.shape
    for point in points:
        x, y, z = point % shape[2], point // shape[2] % shape[1], point // (shape[2] * shape[1])
        for number in range(1, rows[0, 0] + 1):
            j, k = z + rows[number, 0], y + rows[number, 1]
            if wraps[0]:
                j %= depth
            if wraps[1]:
                k %= height
            if not (0 <= j < depth and 0 <= k < height):
                continue
            low, high = x + rows[number, 2], x + rows[number, 3]
            if wraps[2] and low < 0:
                _paint_row(max(low + width, 0), width, rank, following[j, k], sizes[j, k])
            if wraps[2] and high > width:
                _paint_row(0, min(high - width, width), rank, following[j, k], sizes[j, k])
            _paint_row(max(low, 0), min(high, width), rank, following[j, k], sizes[j, k])


@numba.njit(cache=True, nogil=True, inline="always")
def _paint_row(low, high, rank, following, sizes):
    """Write what is not yet written of a row; ``following`` leads to the next such voxel."""
    place = _unwritten(following, low)
    while place < high:
        sizes[place] = rank
        following[place] = place + 1
        place = _unwritten(following, place + 1)


@numba.njit(cache=True, nogil=True, inline="always")
def _unwritten(following, place):
    while following[place] != place:
        following[place] = following[following[place]]
        place = following[place]
    return place


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _rows_of_ball(squared, first, halves, rows):
    """The rows of voxels that a ball around the point 0 reaches: their number, then z, y, first x, end of x of each."""
    reach_z = _halves(squared, halves[0])
    most = (reach_z + 3) * (_halves(squared, halves[1]) + 3) + 1
    if len(rows) < most:
        rows = np.empty((most, 4), np.int32)
    number = 0
    for j in range(-((reach_z + 2 - first) // 2), (first + reach_z) // 2 + 1):
        rest_y = squared - (_gap(2 * j - first) * halves[0]) ** 2
        reach_y = _halves(rest_y, halves[1])
        for k in range(-((reach_y + 2 - first) // 2), (first + reach_y) // 2 + 1):
            reach_x = _halves(rest_y - (_gap(2 * k - first) * halves[1]) ** 2, halves[2])
            if reach_x >= 0:
                number += 1
                rows[number] = j, k, -((reach_x + 2 - first) // 2), (first + reach_x) // 2 + 1
    rows[0, 0] = number
    return rows
