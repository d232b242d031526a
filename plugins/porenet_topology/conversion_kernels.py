"""How many voxels must be converted to a phase on the way from a face: one pass over the voxels of a structure.

A voxel costs 0 or 1, whichever neighbour the path comes from, so the first neighbour to be passed settles it: two
stacks, of voxels that cost no more and of voxels that cost one more, replace a queue. They share one array, from its
two ends. This is separate from `porenet.passage` because it needs no torch and only counts, for which 5 bytes per voxel
suffice.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numba
import numpy as np

MOST_VOXELS = 2**32
"""What the uint32 of the stacks can number."""


@numba.njit(cache=True, nogil=True)
def conversions(labels, label, inlet, outlet, wraps):
    """Pass all voxels in the order of the number of voxels to convert before they are reached.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only, at most `MOST_VOXELS`.
        label: label of the phase.
        inlet: face of the first voxels: 2 * axis, + 1 at its end.
        outlet: another face.
        wraps: per axis (z, y, x), whether opposite faces are neighbours; False for the axis of the inlet.

    Returns:
        Three numbers of voxels: the fewest to convert on a path from inlet to outlet, both ends counted; the fewest to
        convert on a path to each voxel of the phase, summed over these voxels; the voxels of the phase.
    """
    shape = labels.shape
    strides = (shape[1] * shape[2], shape[2], 1)
    voxels = labels.reshape(-1)
    seen = np.zeros(voxels.size, np.bool_)
    stacks = np.empty(voxels.size, np.uint32)
    free, dear = 0, voxels.size  # ends of the two stacks: those that cost no more, and those that cost one more

    axis = inlet // 2
    first, second = (1 if axis == 0 else 0), (1 if axis == 2 else 2)
    start = strides[axis] * (shape[axis] - 1) * (inlet % 2)
    for row in range(shape[first]):
        for column in range(shape[second]):
            voxel = start + row * strides[first] + column * strides[second]
            seen[voxel] = True
            if voxels[voxel] == label:
                stacks[free] = voxel
                free += 1
            else:
                dear -= 1
                stacks[dear] = voxel

    level = total = held = 0
    through = -1
    while free > 0 or dear < voxels.size:
        if free == 0:
            level += 1
            while dear < voxels.size:
                stacks[free] = stacks[dear]
                free += 1
                dear += 1
        free -= 1
        voxel = np.int64(stacks[free])
        if voxels[voxel] == label:
            held += 1
            total += level
        rest = voxel
        for axis in range(3):
            place = rest // strides[axis]
            rest -= place * strides[axis]
            for side in range(2):
                last = place == (shape[axis] - 1 if side else 0)
                if last and through < 0 and outlet == 2 * axis + side:
                    through = level
                if last and not wraps[axis]:
                    continue
                step = (1 - shape[axis] if last else 1) if side else (shape[axis] - 1 if last else -1)
                there = voxel + step * strides[axis]
                if seen[there]:
                    continue
                seen[there] = True
                if voxels[there] == label:
                    stacks[free] = there
                    free += 1
                else:
                    dear -= 1
                    stacks[dear] = there
    return through, total, held
