"""The loops behind intrusion: how wide the widest way is from a face of the box to each point."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np
from porenet_estimators.rank_kernels import by_rank

from porenet.kernels import inner, kernel

ROUNDS = 2
"""Sweeps there and back before the rest is followed point by point: they reach nearly all points, in the order of the
memory."""


@kernel(error_model="numpy")
def widest_ways(ranks, owners, levels, axis, layer, wraps, passes):
    """The least rank on the way from a layer to each point that keeps it largest, across faces, among one owner's.

    Sweeps over the volume come first. Points beside which some point can still be raised are then taken in the order of
    their results, largest first; what they raise has its final result, so each point is queued at most once more, in
    the bucket of its result, and no heap is needed.

    Args:
        ranks: of each point; 0 blocks.
        owners: uint8 of each point; ways do not lead from one owner to another.
        levels: number of ranks.
        axis: 0, 1 or 2, the axis of the layer.
        layer: index along that axis where ways begin.
        wraps: per axis, whether ways wrap; not that of the layer.
        passes: int32, zeros, written: the rank of each point's way, 0 where there is none.
    """
    shape = ranks.shape
    starts = (layer if axis == 0 else 0, layer if axis == 1 else 0, layer if axis == 2 else 0)
    stops = (
        layer + 1 if axis == 0 else shape[0],
        layer + 1 if axis == 1 else shape[1],
        layer + 1 if axis == 2 else shape[2],
    )
    for z in range(starts[0], stops[0]):
        for y in range(starts[1], stops[1]):
            for x in range(starts[2], stops[2]):
                passes[z, y, x] = ranks[z, y, x]
    for _ in range(ROUNDS):
        _sweep(ranks, owners, 1, passes)
        _sweep(ranks, owners, -1, passes)
    flat, flat_owners, result = ranks.reshape(-1), owners.reshape(-1), passes.reshape(-1)
    beside = np.empty(6, np.int64)
    seeds = np.zeros(ranks.size, np.int32)
    for point in range(ranks.size):
        if result[point] > 0:
            for place in range(_neighbours(point, shape, wraps, beside)):
                there = beside[place]
                if min(flat[there], result[point]) > result[there] and flat_owners[there] == flat_owners[point]:
                    seeds[point] = result[point]
                    break
    points, ends = by_rank(seeds, levels)
    heads = np.full(levels, -1, np.int64)
    following = seeds  # of the points that are raised, which may be seeds: these are in `points` by now
    for level in range(levels - 1, 0, -1):
        order, stop = ends[level - 1], ends[level]
        while order < stop or heads[level] >= 0:
            if order < stop:
                point = points[order]
                order += 1
                if result[point] != level:  # raised since
                    continue
            else:
                point = heads[level]
                heads[level] = following[point]
            for place in range(_neighbours(point, shape, wraps, beside)):
                there = beside[place]
                rank = min(flat[there], level)
                if rank > result[there] and flat_owners[there] == flat_owners[point]:
                    result[there] = rank
                    following[there], heads[rank] = heads[rank], there


@inner(error_model="numpy")
def _sweep(ranks, owners, step, passes):
    """Raise each point by the three points beside it that come before it, in the order of the memory or against it."""
    depth, height, width = ranks.shape
    for i in range(depth):
        z = i if step > 0 else depth - 1 - i
        for j in range(height):
            y = j if step > 0 else height - 1 - j
            row, names, result = ranks[z, y], owners[z, y], passes[z, y]
            above, above_names = passes[z - step * (i > 0), y], owners[z - step * (i > 0), y]
            ahead, ahead_names = passes[z, y - step * (j > 0)], owners[z, y - step * (j > 0)]
            before, before_name = np.int32(0), names[0]
            for k in range(width):
                x = k if step > 0 else width - 1 - k
                best = result[x]
                name = names[x]
                if above_names[x] == name:
                    best = max(best, above[x])
                if ahead_names[x] == name:
                    best = max(best, ahead[x])
                if before_name == name:
                    best = max(best, before)
                before, before_name = min(best, row[x]), name
                result[x] = before


@inner(inline="always")
def _neighbours(point, shape, wraps, beside):
    """Write the points beside a point; returns their number."""
    depth, height, width = shape
    row = point // width
    x = point - row * width
    z = row // height
    y = row - z * height
    number = 0
    for place, size, jump, around in (
        (x, width, 1, wraps[2]),
        (y, height, width, wraps[1]),
        (z, depth, width * height, wraps[0]),
    ):
        if place > 0 or around:
            beside[number] = point - jump if place > 0 else point + (size - 1) * jump
            number += 1
        if place < size - 1 or around:
            beside[number] = point + jump if place < size - 1 else point - (size - 1) * jump
            number += 1
    return number
