"""The loops of `porenet.passage` on a CPU: Dijkstra's algorithm over voxels, and the way back down its tree.

The costs sit on the voxels, so the first neighbour to be settled gives a voxel its final value; how the others wait is
in `porenet.passage.queue_kernels`. What costs as much as the voxel that it is reached from does not wait.

Fields are ``(B, Z, Y, X)`` float32 or float64, C order. The loops run over a copy with a layer of ghosts around it,
which say what lies behind each face; voxels are numbered in that copy.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, var-annotated"

from __future__ import annotations

import numpy as np

from porenet.kernels import inner, kernel
from porenet.passage.queue_kernels import (
    buckets_for,
    defer,
    key_of,
    lists_of,
    lowest_list,
    next_bucket,
    put,
    sort_out,
)

FREE = 0
"""State of a voxel not yet reached; 1 to 6 say through which face it was, 7 to 12 through which wrapped face."""
ROOT, WALL, GOAL, WRAP = 13, 14, 15, 16
"""A voxel of the inlet, and the ghosts behind an open face, behind the outlet and behind a periodic face."""


@inner()
def _lay_out(volume, highest, ghosts, work, state):
    """Copy a volume, or for the highest its negative, between ghosts.

    Returns:
        Whether it is finite, and a cost not negative; the value at which buckets begin, and how many of them there are
        to a unit: half of them to the largest cost, which leaves room for sums that are rounded up.
    """
    depth, height, width = volume.shape
    inner = work.reshape(depth + 2, height + 2, width + 2)
    codes = state.reshape(depth + 2, height + 2, width + 2)
    codes[0], codes[depth + 1] = ghosts[0], ghosts[1]
    least = -np.inf if highest else 0
    sound = True
    lowest, largest = np.inf, -np.inf
    for z in range(depth):
        codes[z + 1, 0], codes[z + 1, height + 1] = ghosts[2], ghosts[3]
        for y in range(height):
            row = codes[z + 1, y + 1]
            row[0], row[width + 1] = ghosts[4], ghosts[5]
            row[1 : width + 1] = FREE
            for x in range(width):
                value = volume[z, y, x]
                sound &= least <= value and abs(value) < np.inf
                # Never the negative zero, whose bits lie below those of zero.
                laid = 0 - value if highest else 0 + value
                inner[z + 1, y + 1, x + 1] = laid
                lowest, largest = min(lowest, laid), max(largest, laid)
    base = np.float64(lowest) if highest else 0.0
    span = np.float64(largest) - base
    rate = buckets_for(volume.shape) / 2 / span if span > 0 else 0.0
    return sound, base, rate if rate < np.inf else 0.0


@inner()
def _steps(shape):
    """Steps to the six neighbours, and on to the voxel that a ghost there stands for."""
    depth, height, width = shape
    row, layer = width + 2, (width + 2) * (height + 2)
    near = np.array([-layer, layer, -row, row, -1, 1])
    return near, np.array([depth * layer, -depth * layer, height * row, -height * row, width, -width])


@inner()
def _origins(shape):
    """Step to the voxel that one was reached from, by its state."""
    near, around = _steps(shape)
    steps = np.zeros(ROOT + 1, np.int64)
    steps[1:7] = -near
    steps[7:13] = -near - around
    return steps


@inner()
def _start(shape, inlet, near, base, rate, work, state, lists, links):
    """Queue the voxels of the inlet."""
    low = np.ones(3, np.int64)
    high = np.array(shape)
    low[inlet // 2] = high[inlet // 2] = 1 if inlet % 2 == 0 else shape[inlet // 2]
    for z in range(low[0], high[0] + 1):
        for y in range(low[1], high[1] + 1):
            for x in range(low[2], high[2] + 1):
                voxel = z * near[1] + y * near[3] + x
                state[voxel] = ROOT
                defer(voxel, np.int64((work[voxel] - base) * rate), lists, links)


@inner()
def _settle(shape, inlet, highest, base, rate, work, state, order, links):
    """Settle the voxels from the inlet on, until none is left or one lies at the outlet.

    Args:
        shape: of the volume.
        inlet: face, 0 to 5.
        highest: whether a path is worth its highest value rather than their sum.
        base: as `_lay_out` returns it; ``rate`` likewise.
        rate: see ``base``.
        work: ``(G,)``, values of the voxels; written: those of the cheapest paths to them.
        state: ``(G,)`` uint8, ghosts and free voxels; written: how each was reached.
        order: ``(N,)`` int32, written: voxels in the order of settling.
        links: ``(G,)`` int32, scratch.

    Returns:
        The voxel at the outlet; 0 if there is none.
    """
    near, around = _steps(shape)
    count = buckets_for(shape)
    lists = lists_of(count)
    waiting, last = np.uint64(0), np.uint64(0)
    read = write = here = 0
    _start(shape, inlet, near, base, rate, work, state, lists, links)
    while True:
        farthest = np.float64(here + count - 1)  # of a sum that is infinite
        while read < write:
            voxel = order[read]
            read += 1
            value = work[voxel]
            for way in range(6):
                there = voxel + near[way]
                code = way + 1
                if state[there] != FREE:
                    if state[there] < GOAL:
                        continue
                    if state[there] == GOAL:
                        return voxel
                    there += around[way]
                    code = way + 7
                    if state[there] != FREE:
                        continue
                state[there] = code
                reached = max(work[there], value) if highest else work[there] + value
                work[there] = reached
                if reached == value:
                    order[write] = there
                    write += 1
                    continue
                place = np.int64(min((reached - base) * rate, farthest))
                if place != here:
                    defer(there, place, lists, links)
                else:
                    waiting |= put(there, key_of(reached), last, lists, links)
        if waiting:
            first, waiting = lowest_list(waiting, lists)
        else:
            here, first = next_bucket(here, lists)
            if first == 0:
                return 0
            if links[first] == 0:
                last = key_of(work[first])
                order[write] = first
                write += 1
                continue
        last, waiting, write = sort_out(first, waiting, work, order, write, lists, links)


@kernel()
def travel(cost, start, stop, inlet, ghosts, scratch, totals, states, orders):
    """Write the values of the cheapest paths, and the tree, of entries start to stop; False if a cost is invalid."""
    work, links = scratch
    depth, height, width = shape = cost.shape[1:]
    inner = work.reshape(depth + 2, height + 2, width + 2)
    for entry in range(start, stop):
        sound, base, rate = _lay_out(cost[entry], False, ghosts, work, states[entry])
        if not sound:
            return False
        _settle(shape, inlet, False, base, rate, work, states[entry], orders[entry], links)
        totals[entry] = inner[1:-1, 1:-1, 1:-1]
    return True


@kernel()
def descend(gradient, start, stop, scratch, states, orders, sums):
    """Write into ``sums`` what the values' gradient is worth to the costs: sums over the tree, children first."""
    work = scratch
    depth, height, width = shape = gradient.shape[1:]
    origins = _origins(shape)
    inner = work.reshape(depth + 2, height + 2, width + 2)
    for entry in range(start, stop):
        inner[1:-1, 1:-1, 1:-1] = gradient[entry]
        order, state = orders[entry], states[entry]
        for place in range(len(order) - 1, -1, -1):
            voxel = order[place]
            if state[voxel] != ROOT:
                work[voxel + origins[state[voxel]]] += work[voxel]
        sums[entry] = inner[1:-1, 1:-1, 1:-1]


@kernel()
def cross(field, start, stop, inlet, ghosts, highest, scratch, levels, marks):
    """Write the value of the cheapest path between two faces, and mark the voxels that it depends on.

    Of a sum these are the voxels of the path; of a highest value it is the last voxel on it that has it. Then the field
    is taken as its negative, so that the path of the highest least value is found.
    """
    work, links, order, state = scratch
    shape = _, height, width = field.shape[1:]
    origins = _origins(shape)
    layer, row = (height + 2) * (width + 2), width + 2
    for entry in range(start, stop):
        sound, base, rate = _lay_out(field[entry], highest, ghosts, work, state)
        if not sound:
            return False
        voxel = _settle(shape, inlet, highest, base, rate, work, state, order, links)
        level = work[voxel]
        levels[entry] = 0 - level if highest else level
        marks[entry] = 0
        mark = marks[entry]
        while True:
            z, rest = divmod(voxel, layer)
            y, x = divmod(rest, row)
            if highest and -field[entry, z - 1, y - 1, x - 1] < level:
                voxel += origins[state[voxel]]
                continue
            mark[z - 1, y - 1, x - 1] = 1
            if highest or state[voxel] == ROOT:
                break
            voxel += origins[state[voxel]]
    return True
