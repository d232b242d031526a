"""The loop behind distances from a lattice of points to the voxels of other phases, one axis at a time.

Rows are C-ordered ``(rows, voxels)`` float32. Places along an axis count half voxels: voxel i reaches from 2 i to
2 i + 2, its centre is 2 i + 1.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True, error_model="numpy")
def add_axis(rows, half, walls, wraps, first, distances):
    """Squared distances over one more axis.

    The lower envelope of one parabola for each place, as of P. Felzenszwalb and D. Huttenlocher, Theory of Computing 8
    (2012) 415, https://doi.org/10.4086/toc.2012.v008a019. A voxel is closed: its two ends belong to it.

    Args:
        rows: squared distance from each voxel to the nearest obstacle of its layer across the axis; infinite if none.
        half: half a voxel edge.
        walls: whether the two ends of the axis are obstacles.
        wraps: whether the last voxel and the first are neighbours.
        first: 0 for the corners of the voxels, 1 for their centres: the places first, first + 2, ...
        distances: ``(rows, places)``, written.
    """
    voxels = rows.shape[1]
    # Of a periodic row, half a period more on either side: farther voxels have a nearer image.
    start, stop = (-(voxels // 2) - 1, voxels + voxels // 2 + 2) if wraps else (0, voxels + 1)
    size = 2 * (stop - start)
    tops, heights, begins = np.empty(size), np.empty(size), np.empty(size)
    unit = half * half
    for row in range(rows.shape[0]):
        line = rows[row]
        last = -1
        before = np.float32(np.inf)
        for voxel in range(start, stop):
            here = np.float32(np.inf)
            if wraps:
                here = line[voxel % voxels]
            elif voxel < voxels:
                here = line[voxel]
            # The end that two voxels share, then the centre. The centre of a voxel is its own nearest point only.
            for place, height in ((2 * voxel, min(before, here)), (2 * voxel + 1, here)):
                if walls and (place == 0 or place == 2 * voxels):
                    height = np.float32(0)
                if height == np.inf:
                    continue
                begin = -np.inf
                while last >= 0:
                    begin = (height - heights[last]) / (2 * unit * (place - tops[last])) + 0.5 * (place + tops[last])
                    if begin > begins[last]:
                        break
                    last -= 1
                    begin = -np.inf
                last += 1
                tops[last], heights[last], begins[last] = place, height, begin
            before = here
        if last < 0:
            distances[row] = np.inf
            continue
        now = 0
        for i in range(distances.shape[1]):
            place = first + 2 * i
            while now < last and begins[now + 1] < place:
                now += 1
            apart = place - tops[now]
            distances[row, i] = heights[now] + unit * (apart * apart)
