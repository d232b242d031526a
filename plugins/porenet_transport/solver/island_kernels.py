"""Islands of good conductors, as `islands` finds them, by loops instead of numpy: for many small volumes."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import math

import numpy as np

from porenet_transport.solver.islands import CONTRAST
from porenet_transport.solver.kernels import NONE, inner, kernel, wrap_layer

WAITING, OTHER, GHOST = -1, -2, -3
"""A good conductor of no island yet, what belongs to none, and a ghost cell that stands for a voxel."""


@kernel
def islands_between(conductors, links, weights, inside, width, wraps, scratch):
    """Islands of what conducts better than each of some thresholds, see `islands.islands_of`.

    Args:
        conductors: as in `cell_kernels`.
        links: between them.
        weights: factor on them along each axis.
        inside: see `kernels`.
        width: of a row.
        wraps: whether y and x are periodic.
        scratch: two int32 of as many places as the conductors.

    Returns:
        Of all thresholds cells, owners and ``leaving`` as `islands.Islands` has them, and ``(L + 1, 2)``, where in the
        cells and in the islands each threshold begins.
    """
    depth, plane = conductors.shape
    best, worst = NONE, np.float32(np.inf)
    for z in range(1, depth - 1):
        for i in range(plane):
            value = conductors[z, i]
            if inside[i] > NONE:
                best = value if value > best else best
                worst = value if value < worst else worst
    count = 0
    if best >= CONTRAST * worst:
        count = int(math.log(best / worst) / math.log(CONTRAST) + 0.5)
        count = count if count > 1 else 1
    size = (depth - 2) * plane
    cells, owners = np.empty(count * size, np.int64), np.empty(count * size, np.int32)
    leaving, ends = np.empty(count * size, np.float32), np.empty((count + 1, 2), np.int64)
    ends[0, 0] = ends[0, 1] = 0
    voxels = 0
    for step in range(count):
        threshold = np.float32(worst * (best / worst) ** ((step + 0.5) / count))
        good = count_above(conductors, inside, threshold)
        first, island = ends[step, 0], ends[step, 1]
        if good != voxels:
            voxels = good
            mark(conductors, inside, width, wraps, threshold, scratch[0])
            first, island = collect(conductors, width, scratch, cells, owners, first, island)
            sum_leaving(conductors, links, weights, width, wraps, scratch[0], cells, owners, ends[step], first, leaving)
        ends[step + 1, 0], ends[step + 1, 1] = first, island
    return cells, owners, leaving, ends


@inner
def count_above(conductors, inside, threshold):
    """How many cells conduct better than a threshold."""
    depth, plane = conductors.shape
    good = 0
    for z in range(1, depth - 1):
        layer = conductors[z]
        for i in range(np.uint64(plane)):
            good += 1 if inside[i] * layer[i] > threshold else 0
    return good


@inner
def mark(conductors, inside, width, wraps, threshold, states):
    """Write the state of every place before islands are sought."""
    depth, plane = conductors.shape
    for z in range(depth):
        for i in range(plane):
            state = OTHER
            if 0 < z < depth - 1:
                if inside[i] > NONE:
                    if conductors[z, i] > threshold:
                        state = WAITING
                elif wraps[0] if i < width or i >= plane - width else wraps[1]:
                    state = GHOST
            states[z * plane + i] = state


@inner
def collect(conductors, width, scratch, cells, owners, first, island):
    """Collect islands: connected good conductors of more than one cell that reach neither driven face.

    Returns:
        How many cells and islands there are now.
    """
    depth, plane = conductors.shape
    states, queue = scratch
    none = island
    for z in (1, depth - 2):
        for i in range(z * plane, (z + 1) * plane):
            if states[i] == WAITING:
                spread(i, OTHER, width, plane, states, queue)
    for i in range(plane, (depth - 1) * plane):
        if states[i] == WAITING:
            size = spread(i, island, width, plane, states, queue)
            if size == 1:
                states[i] = OTHER
                continue
            for k in range(size):
                cells[first + k], owners[first + k] = queue[k], island - none
            first += size
            island += 1
    return first, island


@inner
def spread(seed, state, width, plane, states, queue):
    """Give a state to all waiting cells that are joined to one; returns how many there are, listed in the queue."""
    states[seed] = state
    queue[0] = seed
    read, write = 0, 1
    while read < write:
        cell = queue[read]
        read += 1
        for way in range(6):
            step = plane if way < 2 else width if way < 4 else 1
            there = cell + step if way % 2 else cell - step
            if states[there] == GHOST:
                span = width - 3 if step == 1 else plane - 3 * width
                there = cell - span if way % 2 else cell + span
            if states[there] == WAITING:
                states[there] = state
                queue[write] = there
                write += 1
    return write


@inner
def sum_leaving(conductors, links, weights, width, wraps, states, cells, owners, begin, stop, leaving):
    """Add up the links of each island's cells to cells that are not of it."""
    depth, plane = conductors.shape
    for z in range(1, depth - 1):
        wrap_layer(states[z * plane : (z + 1) * plane], width, wraps)
    first, island = begin[0], begin[1]
    for k in range(first, stop):
        leaving[island + owners[k]] = NONE
    for k in range(first, stop):
        cell = cells[k]
        z, i, own = cell // plane, cell % plane, states[cell]
        out = NONE  # the rest subtracted from the whole would drown a small one in rounding
        if states[cell + plane] != own:
            out += weights[0] * links[0, z, i]
        if states[cell - plane] != own:
            out += weights[0] * links[0, z - 1, i]
        if states[cell + width] != own:
            out += weights[1] * links[1, z, i]
        if states[cell - width] != own:
            out += weights[1] * links[1, z, i - width]
        if states[cell + 1] != own:
            out += weights[2] * links[2, z, i]
        if states[cell - 1] != own:
            out += weights[2] * links[2, z, i - 1]
        leaving[island + owners[k]] += out
