"""The loop behind shortest paths through a phase: Dijkstra's algorithm with buckets, on a volume with ghost voxels.

A bucket holds what is less than the shortest step farther than its beginning, so that nothing in it can shorten the
way to anything else in it and no order is needed within (R. Dial, Commun. ACM 12 (1969) 632,
https://doi.org/10.1145/363269.363610).
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from porenet.kernels import inner, kernel

GHOSTS = 2
"""Layers of ghost voxels at every side, as far as a step reaches."""
NOWHERE, SETTLED = -1, -2


@kernel()
def may_step(inside, z, y, x, dz, dy, dx):
    """Whether a straight step to one of the 26 neighbours stays in closed voxels of the phase that share faces.

    A step across an edge of a voxel touches that edge, one across a corner that corner: two voxels that meet there only
    are not joined, unless voxels of the phase lead around it.

    Args:
        inside: 1 in the phase.
        z: place of the first voxel, which is in the phase; ``y``, ``x`` likewise.
        y: see ``z``.
        x: see ``z``.
        dz: move along axis 0, -1, 0 or 1; ``dy``, ``dx`` likewise.
        dy: see ``dz``.
        dx: see ``dz``.
    """
    if inside[z + dz, y + dy, x + dx] == 0:
        return False
    if abs(dz) + abs(dy) + abs(dx) == 1:
        return True
    beside_z = dz != 0 and inside[z + dz, y, x] != 0
    beside_y = dy != 0 and inside[z, y + dy, x] != 0
    beside_x = dx != 0 and inside[z, y, x + dx] != 0
    if dz == 0 or dy == 0 or dx == 0:
        return beside_z or beside_y or beside_x
    zy, zx, yx = inside[z + dz, y + dy, x] != 0, inside[z + dz, y, x + dx] != 0, inside[z, y + dy, x + dx] != 0
    return (beside_z and (zy or zx)) or (beside_y and (zy or yx)) or (beside_x and (zx or yx))


@kernel()
def distances_from_start(inside, parts, lengths, shortest, wraps, following, preceding, distances):
    """Length of the shortest path through the phase from the first layer of axis 0 to every voxel.

    Args:
        inside: ``(Z + 4, Y + 4, X + 4)`` uint8, 1 in the phase; ghost voxels are 0, or wrap.
        parts: ``(K, 2, 3)``, two moves to neighbours: a step is the first, the second and the first again, or, where
            the second is nothing, the first alone.
        lengths: ``(K,)`` float32, of the steps.
        shortest: of the lengths.
        wraps: of axes 1 and 2, whether opposite sides are neighbours.
        following: as many as ``inside``, any content: lists of voxels in one bucket.
        preceding: likewise.
        distances: of the shape of ``inside``, float32, written; infinite where no path leads.
    """
    _, height, width = inside.shape
    layer = height * width
    buckets = int(lengths.max() / shortest) + 3
    first = np.full(buckets, NOWHERE, np.int64)
    far = np.abs(parts[:, 1]).sum(axis=1) > 0
    moves = parts[:, 0] + parts[:, 1]
    moves[far] += parts[far, 0]
    ways = distances.reshape(-1)
    ways[:] = np.inf
    waiting = 0
    for y in range(GHOSTS, height - GHOSTS):
        for x in range(GHOSTS, width - GHOSTS):
            if inside[GHOSTS, y, x]:
                voxel = GHOSTS * layer + y * width + x
                ways[voxel] = 0
                _put(voxel, 0, first, following, preceding)
                waiting += 1
    bucket = 0
    while waiting > 0:
        voxel = first[bucket]
        if voxel == NOWHERE:
            bucket = (bucket + 1) % buckets
            continue
        _take(voxel, bucket, first, following, preceding)
        preceding[voxel] = SETTLED
        waiting -= 1
        z, rest = voxel // layer, voxel % layer
        y, x = rest // width, rest % width
        here = ways[voxel]
        for k in range(len(lengths)):
            to_y, to_x = y + moves[k, 1], x + moves[k, 2]
            if wraps[0] and (to_y < GHOSTS or to_y >= height - GHOSTS):
                to_y = (to_y - GHOSTS) % (height - 2 * GHOSTS) + GHOSTS
            if wraps[1] and (to_x < GHOSTS or to_x >= width - GHOSTS):
                to_x = (to_x - GHOSTS) % (width - 2 * GHOSTS) + GHOSTS
            other = (z + moves[k, 0]) * layer + to_y * width + to_x
            way, before = here + lengths[k], ways[other]
            if way >= before:  # most steps end here
                continue
            dz, dy, dx = parts[k, 0, 0], parts[k, 0, 1], parts[k, 0, 2]
            if not may_step(inside, z, y, x, dz, dy, dx):
                continue
            if far[k]:
                bz, by, bx = parts[k, 1, 0], parts[k, 1, 1], parts[k, 1, 2]
                if not may_step(inside, z + dz, y + dy, x + dx, bz, by, bx):
                    continue
                if not may_step(inside, z + dz + bz, y + dy + by, x + dx + bx, dz, dy, dx):
                    continue
            if before < np.inf and preceding[other] != SETTLED:
                _take(other, int(before / shortest) % buckets, first, following, preceding)
                waiting -= 1
            ways[other] = way
            _put(other, int(way / shortest) % buckets, first, following, preceding)
            waiting += 1


@inner()
def _put(voxel, bucket, first, following, preceding):
    """Put a voxel at the head of the list of a bucket."""
    following[voxel], preceding[voxel] = first[bucket], NOWHERE
    if first[bucket] != NOWHERE:
        preceding[first[bucket]] = voxel
    first[bucket] = voxel


@inner()
def _take(voxel, bucket, first, following, preceding):
    """Take a voxel out of the list of a bucket."""
    after, ahead = following[voxel], preceding[voxel]
    if after != NOWHERE:
        preceding[after] = ahead
    if ahead != NOWHERE:
        following[ahead] = after
    else:
        first[bucket] = after
