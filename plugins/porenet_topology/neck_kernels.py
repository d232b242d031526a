"""The loop behind necks: at which clearance the particles of a phase come together.

The points are the corners and the centres of the voxels, numbered in this order. A point is beside its six neighbours
of the same kind and the eight nearest of the other.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np
from porenet_estimators.rank_kernels import by_rank

from porenet.kernels import inner, kernel


@kernel(error_model="numpy")
def necks(corners, centres, labels, radii, ratio, smallest, wraps, parents, counts):
    """Count the necks of each phase and rank: points are added from the largest clearance down, and pieces meet.

    Args:
        corners: rank of the clearance of each corner; 0 blocks.
        centres: likewise of each centre.
        labels: of the phase of each voxel, uint8.
        radii: clearance of each rank, ascending.
        ratio: two pieces that meet are two particles if the clearance there is less than so much of the smaller
            one's largest.
        smallest: radius of the largest ball of a piece from which on it can be a particle.
        wraps: per axis, whether it is periodic.
        parents: of as many points, -1, written: the forest of pieces.
        counts: ``(phases, ranks)`` int64, zeros, raised: necks of each phase at each rank.
    """
    ranks = np.concatenate((corners.reshape(-1), centres.reshape(-1)))
    shapes = np.array((corners.shape, centres.shape))
    points, _ = by_rank(ranks, len(radii))
    peaks, names = ranks.copy(), labels.reshape(-1)
    beside = np.empty(14, np.int64)
    for order in range(len(points) - 1, -1, -1):
        point = points[order]
        parents[point] = point
        rank = ranks[point]
        for place in range(_neighbours(point, corners.size, shapes, wraps, beside)):
            there = beside[place]
            if parents[there] < 0:
                continue
            # A corner that has room is within the phase of the voxels around it.
            if min(point, there) >= corners.size and names[point - corners.size] != names[there - corners.size]:
                continue
            first, second = _root(parents, point), _root(parents, there)
            if first == second:
                continue
            if peaks[first] < peaks[second]:
                first, second = second, first
            if radii[peaks[second]] >= smallest and radii[rank] < ratio * radii[peaks[second]]:
                counts[_label(point, corners.size, shapes, names), rank] += 1
            parents[second] = first


@inner()
def _label(point, corners, shapes, names):
    """Label of the phase at a point; that of a corner at the end of the box is that of the last voxel before it."""
    if point >= corners:
        return names[point - corners]
    _, height, width = shapes[0]
    depth, rows, columns = shapes[1]
    z, y, x = point // (height * width), point // width % height, point % width
    return names[(min(z, depth - 1) * rows + min(y, rows - 1)) * columns + min(x, columns - 1)]


@inner()
def _neighbours(point, corners, shapes, wraps, beside):
    """Write the points beside a point; returns their number."""
    centre = 1 if point >= corners else 0
    shape, other = shapes[centre], shapes[1 - centre]
    place = point - corners if centre else point
    x, y, z = place % shape[2], place // shape[2] % shape[1], place // (shape[2] * shape[1])
    number = 0
    for side in range(14):
        if side < 6:
            step = 1 - 2 * (side % 2)
            k, j, i = z + step * (side // 2 == 0), y + step * (side // 2 == 1), x + step * (side // 2 == 2)
            around, start = shape, corners * centre
        else:
            bits = side - 6
            shift = 1 - centre  # from a corner to the voxels before and behind it, from a centre to those corners
            k, j, i = z - shift + (bits & 1), y - shift + (bits // 2 & 1), x - shift + bits // 4
            around, start = other, corners * (1 - centre)
        if wraps[0]:
            k %= around[0]
        if wraps[1]:
            j %= around[1]
        if wraps[2]:
            i %= around[2]
        if 0 <= k < around[0] and 0 <= j < around[1] and 0 <= i < around[2]:
            beside[number] = start + (k * around[1] + j) * around[2] + i
            number += 1
    return number


@inner()
def _root(parents, point):
    while parents[point] != point:
        parents[point] = parents[parents[point]]
        point = parents[point]
    return point
