"""The loops behind covering a phase with balls around the points of a lattice.

Places along an axis count half voxels: voxel j reaches from 2 j to 2 j + 2, its centre is 2 j + 1. Lengths are in
units of the shortest voxel edge. A ball reaches a voxel if the nearest point of the closed voxel is less than its
radius away.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import math

import numpy as np

from porenet.kernels import inner, kernel

ROUNDING = 1 - 1e-6
"""Factor for radii, so that what a ball touches exactly does not count as reached, however the sums are rounded."""


ALL_BITS = np.uint64(2**64 - 1)


@inner(inline="always")
def _halves(squared, half):
    """The largest whole number of half voxels that is less than a length; -1 for none."""
    return math.ceil(ROUNDING * math.sqrt(squared) / half) - 1 if squared > 0 else -1


@inner(inline="always")
def _gap(apart):
    """Half voxels from a place to a voxel whose first end is so many half voxels behind it."""
    return apart if apart > 0 else -apart - 2 if apart < -2 else 0


@kernel(error_model="numpy")
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
                    if farthest > limits[shift, level]:
                        limits[shift, level] = farthest


@kernel(error_model="numpy")
def drop_contained(own, there, sizes, own_jumps, own_least, other_jumps, other_least, needed):
    """Leave out each ball that lies within a larger one around a point nearby.

    Args:
        own: of each point, the rank of its ball, 0 for none; with a layer of points around them, 0 or the periodic
            images; flat.
        there: likewise of the other lattice.
        sizes: ``(4,)``: points along y and along x in ``own``, then in ``there``.
        own_jumps: ``(S,)``, to the points of the same lattice that are tried, by their places in ``own``.
        own_least: ``(S, levels)`` int32: the rank from which on a ball there holds a ball of each rank here.
        other_jumps: from the index of a point to those of points of the other lattice, ``(T,)`` places.
        other_least: ``(T, levels)``.
        needed: int32, of the points without the layer around, written: the ranks that are left, 0 for the others.
    """
    for z in range(needed.shape[0]):
        for y in range(needed.shape[1]):
            row = ((z + 1) * sizes[0] + y + 1) * sizes[1] + 1
            other_row = ((z + 1) * sizes[2] + y + 1) * sizes[3] + 1
            for x in range(needed.shape[2]):
                rank = own[row + x]
                if rank > 0:
                    for i in range(len(other_jumps)):
                        if there[other_row + x + other_jumps[i]] >= other_least[i, rank]:
                            rank = np.int32(0)
                            break
                if rank > 0:
                    for i in range(len(own_jumps)):
                        if own[row + x + own_jumps[i]] >= own_least[i, rank]:
                            rank = np.int32(0)
                            break
                needed[z, y, x] = rank


@kernel(error_model="numpy")
def paint(corners, centres, levels, halves, wraps, labels, written, counts, sizes):
    """Count the voxels of each rank, that of the largest of the balls that reach a voxel.

    Balls are taken from the largest down, so a voxel is painted once. A bit for each voxel says whether it was: 64
    voxels of a row are one word, and the words of a volume stay in cache, where its voxels do not.

    Args:
        corners: of each corner of a voxel, its points and their ends as `by_rank` sorts them, and the corners along y
            and x.
        centres: likewise of each centre.
        levels: squared radii, ascending.
        halves: half the voxel edges (z, y, x).
        wraps: per axis, whether it is periodic.
        labels: ``(Z, Y, X)`` uint8: of the phases; a ball reaches voxels of one phase only.
        written: ``(Z * Y * ceil(X / 64),)`` uint64, zeros, scratch.
        counts: ``(phases, levels)`` int64, raised by the voxels of each phase and rank.
        sizes: ``(Z * Y * X,)`` int32, the rank of each voxel, written where a ball reaches; empty, to count only.
    """
    rows = np.empty((0, 4), np.int32)
    for rank in range(len(levels) - 1, 0, -1):
        for first in range(2):
            points, ends, height, width = corners if first == 0 else centres
            if ends[rank - 1] < ends[rank]:
                rows = _rows_of_ball(levels[rank], first, halves, rows)
                within = points[ends[rank - 1] : ends[rank]]
                _paint_level(within, height, width, rank, rows, wraps, written, labels, counts, sizes)


@inner(error_model="numpy")
def _paint_level(points, lattice_height, lattice_width, rank, rows, wraps, written, labels, counts, sizes):
    """Balls of one size."""
    depth, height, width = labels.shape
    number, reach_z, reach_y, reach_x = rows[0]
    words = (width + 63) >> 6
    for point in points:
        row = point // lattice_width
        x = point - row * lattice_width
        z = row // lattice_height
        y = row - z * lattice_height
        # A corner at the end of the box has the label of the last voxel before it.
        label = labels[z if z < depth else depth - 1, y if y < height else height - 1, x if x < width else width - 1]
        whole = z >= reach_z and z + reach_z < depth and y >= reach_y and y + reach_y < height
        whole = whole and x >= reach_x and x + reach_x < width
        painted, line = 0, z * height + y
        for i in range(1, number + 1 if whole else 0):
            here = line + rows[i, 0] * height + rows[i, 1]
            painted += _paint_inside(x + rows[i, 2], x + rows[i, 3], here, words, width, rank, written, sizes)
        for i in range(1, 0 if whole else number + 1):
            j, k, low, high = z + rows[i, 0], y + rows[i, 1], x + rows[i, 2], x + rows[i, 3]
            if wraps[0]:
                j %= depth
            if wraps[1]:
                k %= height
            if j < 0 or j >= depth or k < 0 or k >= height:
                continue
            # What leaves a periodic x on one side comes in on the other: it is painted first.
            for side in range(2 if wraps[2] else 0):
                a, b = (low + width, width) if side == 0 else (0, high - width)
                painted += _paint_row(a, b, j * height + k, width, rank, written, sizes)
            painted += _paint_row(low, high, j * height + k, width, rank, written, sizes)
        counts[label, rank] += painted


@inner()
def _paint_row(low, high, line, width, rank, written, sizes):
    """Paint a row from low to before high, as far as it is in the box; returns how many voxels were not yet painted."""
    low, high = low if low > 0 else 0, high if high < width else width
    return _paint_inside(low, high, line, (width + 63) >> 6, width, rank, written, sizes) if low < high else 0


@inner(inline="always")
def _paint_inside(low, high, line, words, width, rank, written, sizes):
    """Paint what is not yet painted of a row, which holds all from low to before high; returns how many voxels."""
    painted = 0
    for word in range(low >> 6, ((high - 1) >> 6) + 1):
        first, last = low - 64 * word, high - 64 * word
        first, last = first if first > 0 else 0, last if last < 64 else 64
        fresh = (ALL_BITS >> np.uint64(64 - last + first)) << np.uint64(first) & ~written[line * words + word]
        if fresh:
            written[line * words + word] |= fresh
            painted += _bits_set(fresh)
            if len(sizes):
                for place in range(first, last):
                    if (fresh >> np.uint64(place)) & np.uint64(1):
                        sizes[line * width + 64 * word + place] = rank
    return painted


@inner(inline="always")
def _bits_set(word):
    """Number of bits that are set: of pairs, of fours, of bytes, then all bytes are added by one multiplication."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@inner(error_model="numpy")
def _rows_of_ball(squared, first, halves, rows):
    """The rows of voxels that a ball around the point 0 reaches: z, y, first x, end of x of each.

    The first row holds their number and, along z, y and x, how many voxels from the point none of them is.
    """
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
                rows[number, 0], rows[number, 1] = j, k
                rows[number, 2], rows[number, 3] = -((reach_x + 2 - first) // 2), (first + reach_x) // 2 + 1
    rows[0, 0] = number
    for axis in range(3):
        rows[0, 1 + axis] = (_halves(squared, halves[axis]) + 2) // 2
    return rows
