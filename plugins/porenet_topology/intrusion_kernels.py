"""The loop behind intrusion: how wide the widest way is from a face of the box to each point."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True, error_model="numpy")
def widest_ways(ranks, levels, axis, layer, wraps, passes):
    """The least rank on the way from a layer to each point that keeps it largest, across faces.

    Points are taken in the order of their result, largest first. The first neighbour that is taken offers a point the
    best way, so each point is queued once, in the bucket of its result, and no heap is needed.

    Args:
        ranks: of each point; 0 blocks.
        levels: number of ranks.
        axis: 0, 1 or 2, the axis of the layer.
        layer: index along that axis where ways begin.
        wraps: per axis, whether ways wrap; not that of the layer.
        passes: int32, zeros, written: the rank of each point's way, 0 where there is none.
    """
    depth, height, width = ranks.shape
    heads = np.full(levels, -1, np.int64)
    following = np.empty(ranks.size, np.int32)
    flat, result = ranks.reshape(-1), passes.reshape(-1)
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                place = z if axis == 0 else (y if axis == 1 else x)
                rank = ranks[z, y, x]
                if place == layer and rank > 0:
                    point = (z * height + y) * width + x
                    result[point] = rank
                    following[point], heads[rank] = heads[rank], point
    for level in range(levels - 1, 0, -1):
        while heads[level] >= 0:
            point = heads[level]
            heads[level] = following[point]
            x, y, z = point % width, point // width % height, point // (width * height)
            for side in range(6):
                way, step = side // 2, 1 - 2 * (side % 2)
                k, j, i = z, y, x
                if way == 0:
                    k += step
                elif way == 1:
                    j += step
                else:
                    i += step
                if wraps[0]:
                    k %= depth
                if wraps[1]:
                    j %= height
                if wraps[2]:
                    i %= width
                if not (0 <= k < depth and 0 <= j < height and 0 <= i < width):
                    continue
                beside = (k * height + j) * width + i
                if flat[beside] > 0 and result[beside] == 0:
                    rank = min(flat[beside], level)
                    result[beside] = rank
                    following[beside], heads[rank] = heads[rank], beside
