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
from porenet_estimators.rank_kernels import by_rank

ROUNDING = 1 - 1e-6
"""Factor for radii, so that what a ball touches exactly does not count as reached, however the sums are rounded."""


ALL_BITS = np.uint64(2**64 - 1)


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
def drop_contained(ranks, others, own_steps, own_least, other_steps, other_least, needed):
    """Leave out each ball that lies within a larger one around a point nearby.

    Args:
        ranks: of each point, the rank of its ball, 0 for none; with a layer of points around them, 0 or the periodic
            images.
        others: likewise of the other lattice.
        own_steps: ``(S, 3)``, to the points of the same lattice that are tried.
        own_least: ``(S, levels)`` int32: the rank from which on a ball there holds a ball of each rank here.
        other_steps: from the index of a point to those of points of the other lattice, ``(T, 3)``.
        other_least: ``(T, levels)``.
        needed: int32, of the points without the layer around, written: the ranks that are left, 0 for the others.
    """
    own, there = ranks.reshape(-1), others.reshape(-1)
    jumps = (own_steps[:, 0] * ranks.shape[1] + own_steps[:, 1]) * ranks.shape[2] + own_steps[:, 2]
    other_jumps = (other_steps[:, 0] * others.shape[1] + other_steps[:, 1]) * others.shape[2] + other_steps[:, 2]
    for z in range(needed.shape[0]):
        for y in range(needed.shape[1]):
            row = ((z + 1) * ranks.shape[1] + y + 1) * ranks.shape[2] + 1
            other_row = ((z + 1) * others.shape[1] + y + 1) * others.shape[2] + 1
            for x in range(needed.shape[2]):
                rank = own[row + x]
                if rank > 0:
                    for i in range(len(other_jumps)):
                        if there[other_row + x + other_jumps[i]] >= other_least[i, rank]:
                            rank = np.int32(0)
                            break
                if rank > 0:
                    for i in range(len(jumps)):
                        if own[row + x + jumps[i]] >= own_least[i, rank]:
                            rank = np.int32(0)
                            break
                needed[z, y, x] = rank


@numba.njit(cache=True, nogil=True, error_model="numpy")
def paint(corners, centres, levels, halves, wraps, labels, counts, sizes):
    """Count the voxels of each rank, that of the largest of the balls that reach a voxel.

    Balls are taken from the largest down, so a voxel is painted once. A bit for each voxel says whether it was: 64
    voxels of a row are one word, and the words of a volume stay in cache, where its voxels do not.

    Args:
        corners: of each corner of a voxel, the index in ``levels`` of its ball; 0 for none.
        centres: likewise of each centre.
        levels: squared radii, ascending.
        halves: half the voxel edges (z, y, x).
        wraps: per axis, whether it is periodic.
        labels: ``(Z, Y, X)`` uint8: of the phases; a ball reaches voxels of one phase only.
        counts: ``(phases, levels)`` int64, raised by the voxels of each phase and rank.
        sizes: ``(Z, Y, X)`` int32, the rank of each voxel, written where a ball reaches; of no voxels, to count only.
    """
    depth, height, width = labels.shape
    written = np.zeros((depth, height, (width + 63) // 64), np.uint64)
    corner_points, corner_ends = by_rank(corners.reshape(-1), len(levels))
    centre_points, centre_ends = by_rank(centres.reshape(-1), len(levels))
    rows = np.empty((0, 4), np.int32)
    for rank in range(len(levels) - 1, 0, -1):
        points = corner_points[corner_ends[rank - 1] : corner_ends[rank]]
        if len(points):
            rows = _rows_of_ball(levels[rank], 0, halves, rows)
            _paint_level(points, corners.shape, rank, rows, wraps, written, labels, counts, sizes)
        points = centre_points[centre_ends[rank - 1] : centre_ends[rank]]
        if len(points):
            rows = _rows_of_ball(levels[rank], 1, halves, rows)
            _paint_level(points, centres.shape, rank, rows, wraps, written, labels, counts, sizes)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _paint_level(points, shape, rank, rows, wraps, written, labels, counts, sizes):
    """Balls of one size."""
    depth, height, width = labels.shape
    words = written.shape[2]
    bits, flat = written.reshape(-1), sizes.reshape(-1)
    number = rows[0, 0]
    ends = (
        rows[1 : number + 1, 0].min(), rows[1 : number + 1, 0].max(), rows[1 : number + 1, 1].min(),
        rows[1 : number + 1, 1].max(), rows[1 : number + 1, 2].min(), rows[1 : number + 1, 3].max(),
    )  # fmt: skip
    jumps = rows[: number + 1, 0].astype(np.int64) * height + rows[: number + 1, 1]
    for point in points:
        row = point // shape[2]
        x = point - row * shape[2]
        z = row // shape[1]
        y = row - z * shape[1]
        # A corner at the end of the box has the label of the last voxel before it.
        label = labels[min(z, depth - 1), min(y, height - 1), min(x, width - 1)]
        painted = 0
        whole = z + ends[0] >= 0 and z + ends[1] < depth and y + ends[2] >= 0 and y + ends[3] < height
        if whole and x + ends[4] >= 0 and x + ends[5] <= width:
            line = z * height + y
            for i in range(1, number + 1):
                painted += _paint_row(x + rows[i, 2], x + rows[i, 3], line + jumps[i], words, width, rank, bits, flat)
            counts[label, rank] += painted
            continue
        for i in range(1, number + 1):
            j, k = z + rows[i, 0], y + rows[i, 1]
            if wraps[0]:
                j %= depth
            if wraps[1]:
                k %= height
            if not (0 <= j < depth and 0 <= k < height):
                continue
            line, low, high = j * height + k, x + rows[i, 2], x + rows[i, 3]
            if wraps[2] and low < 0:
                painted += _paint_row(max(low + width, 0), width, line, words, width, rank, bits, flat)
            if wraps[2] and high > width:
                painted += _paint_row(0, min(high - width, width), line, words, width, rank, bits, flat)
            if max(low, 0) < min(high, width):
                painted += _paint_row(max(low, 0), min(high, width), line, words, width, rank, bits, flat)
        counts[label, rank] += painted


@numba.njit(cache=True, nogil=True, inline="always")
def _paint_row(low, high, line, words, width, rank, written, sizes):
    """Paint what is not yet painted of a row, from low to before high; returns how many voxels that is."""
    painted = 0
    for word in range(low >> 6, ((high - 1) >> 6) + 1):
        first, last = max(low - 64 * word, 0), min(high - 64 * word, 64)
        fresh = (ALL_BITS >> np.uint64(64 - last + first)) << np.uint64(first) & ~written[line * words + word]
        if fresh:
            written[line * words + word] |= fresh
            painted += _bits_set(fresh)
            if len(sizes):
                for place in range(first, last):
                    if (fresh >> np.uint64(place)) & np.uint64(1):
                        sizes[line * width + 64 * word + place] = rank
    return painted


@numba.njit(cache=True, nogil=True, inline="always")
def _bits_set(word):
    """Number of bits that are set: of pairs, of fours, of bytes, then all bytes are added by one multiplication."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


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
