"""The loop behind shortest paths through a phase: Dijkstra's algorithm with buckets, on a volume with ghost voxels.

A bucket holds what is less than the shortest step farther than its beginning, so that nothing in it can shorten the
way to anything else in it and no order is needed within (E. A. Dinitz 1978; R. Dial, Commun. ACM 12 (1969) 632).
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numba
import numpy as np

NOWHERE, SETTLED = -1, -2


@numba.njit(cache=True, nogil=True)
def may_step(around, dz, dy, dx):
    """Whether a straight step leads through closed voxels of the phase that share faces, one after the other.

    A step across an edge of a voxel touches that edge, one across a corner that corner: two voxels that meet there only
    are not joined, unless voxels of the phase lead around it.

    Args:
        around: ``(3, 3, 3)``, the phase around the first voxel.
        dz: step along axis 0, -1, 0 or 1; ``dy``, ``dx`` likewise.
        dy: see ``dz``.
        dx: see ``dz``.
    """
    if around[1 + dz, 1 + dy, 1 + dx] == 0:
        return False
    if abs(dz) + abs(dy) + abs(dx) == 1:
        return True
    z = dz != 0 and around[1 + dz, 1, 1] != 0
    y = dy != 0 and around[1, 1 + dy, 1] != 0
    x = dx != 0 and around[1, 1, 1 + dx] != 0
    if dz == 0 or dy == 0 or dx == 0:
        return z or y or x
    zy, zx, yx = around[1 + dz, 1 + dy, 1] != 0, around[1 + dz, 1, 1 + dx] != 0, around[1, 1 + dy, 1 + dx] != 0
    return (z and (zy or zx)) or (y and (zy or yx)) or (x and (zx or yx))


@numba.njit(cache=True, nogil=True)
def distances_from_start(inside, steps, wraps, following, preceding, distances):
    """Length of the shortest path through the phase from the layer 1 of axis 0 to every voxel.

    Args:
        inside: ``(Z + 2, Y + 2, X + 2)`` uint8, 1 in the phase; ghost voxels are 0, or wrap.
        steps: ``(2, 2, 2)`` float32, length of a step by whether it goes along each axis.
        wraps: of axes 1 and 2, whether opposite sides are neighbours.
        following: of the size of ``inside``, flat, any content: lists of voxels in one bucket.
        preceding: likewise.
        distances: of the shape of ``inside``, float32, written; infinite where no path leads.
    """
    _, height, width = inside.shape
    layer = height * width
    shortest = min(steps[1, 0, 0], steps[0, 1, 0], steps[0, 0, 1])
    buckets = int(steps[1, 1, 1] / shortest) + 3
    first = np.full(buckets, NOWHERE, np.int64)
    lengths = distances.reshape(-1)
    lengths[:] = np.inf
    around = np.empty((3, 3, 3), np.uint8)
    waiting = 0
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            if inside[1, y, x]:
                voxel = layer + y * width + x
                lengths[voxel] = 0
                following[voxel], preceding[voxel] = first[0], NOWHERE
                if first[0] != NOWHERE:
                    preceding[first[0]] = voxel
                first[0] = voxel
                waiting += 1
    bucket = 0
    while waiting > 0:
        voxel = first[bucket]
        if voxel == NOWHERE:
            bucket = (bucket + 1) % buckets
            continue
        first[bucket] = following[voxel]
        if first[bucket] != NOWHERE:
            preceding[first[bucket]] = NOWHERE
        preceding[voxel] = SETTLED
        waiting -= 1
        z, rest = voxel // layer, voxel % layer
        y, x = rest // width, rest % width
        here = lengths[voxel]
        around[:] = inside[z - 1 : z + 2, y - 1 : y + 2, x - 1 : x + 2]
        for dz in range(-1, 2):
            for dy in range(-1, 2):
                for dx in range(-1, 2):
                    if not may_step(around, dz, dy, dx):
                        continue
                    to_y, to_x = y + dy, x + dx
                    if wraps[0]:
                        to_y = 1 if to_y == height - 1 else (height - 2 if to_y == 0 else to_y)
                    if wraps[1]:
                        to_x = 1 if to_x == width - 1 else (width - 2 if to_x == 0 else to_x)
                    other = (z + dz) * layer + to_y * width + to_x
                    length = here + steps[abs(dz), abs(dy), abs(dx)]
                    before = lengths[other]
                    if length >= before:
                        continue
                    if before < np.inf and preceding[other] != SETTLED:  # it waits in another bucket
                        after, ahead = following[other], preceding[other]
                        if after != NOWHERE:
                            preceding[after] = ahead
                        if ahead != NOWHERE:
                            following[ahead] = after
                        else:
                            first[int(before / shortest) % buckets] = after
                        waiting -= 1
                    lengths[other] = length
                    place = int(length / shortest) % buckets
                    following[other], preceding[other] = first[place], NOWHERE
                    if first[place] != NOWHERE:
                        preceding[first[place]] = other
                    first[place] = other
                    waiting += 1
