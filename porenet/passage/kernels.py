"""The loops of `porenet.passage` on a CPU: Dijkstra's algorithm over voxels, and the way back down its tree.

The costs sit on the voxels, so the first neighbour to be settled gives a voxel its final value: each is queued exactly
once, never corrected, and the queue can be lists threaded through the voxels. It is a radix heap (R. K. Ahuja,
K. Mehlhorn, J. B. Orlin, R. E. Tarjan 1990, https://doi.org/10.1145/77600.77615) on the bits of the values: a voxel
waits in a list by the highest digit in which it differs from the last value settled, and by its own digit there. Digits
of 5 bits took 24 ms for 64^3 voxels, single bits 45. Voxels that differ in no digit are settled in the order in which
they come, so one that costs nothing does not wait.

Fields are ``(B, Z, Y, X)`` float32 or float64, C order. The loops run over a copy with a layer of ghosts around it,
which say what lies behind each face; voxels are numbered in that copy.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, var-annotated"

from __future__ import annotations

import numpy as np
from numba import types
from numba.extending import intrinsic

from porenet.kernels import inner, kernel

FREE = 0
"""State of a voxel not yet reached; 1 to 6 say through which face it was, 7 to 12 through which wrapped face."""
ROOT, WALL, GOAL, WRAP = 13, 14, 15, 16
"""A voxel of the inlet, and the ghosts behind an open face, behind the outlet and behind a periodic face."""
DIGIT = 5
"""Bits."""


@intrinsic
def _bits(_typing, number):
    """The bits of a float as an unsigned integer, its sign foremost."""
    narrow = number == types.float32

    def generate(context, builder, _signature, arguments):
        own, wide = (context.get_value_type(each) for each in (types.uint32 if narrow else types.uint64, types.uint64))
        bits = builder.zext(builder.bitcast(arguments[0], own), wide) if narrow else builder.bitcast(arguments[0], own)
        return builder.shl(bits, context.get_constant(types.uint64, 32)) if narrow else bits

    return types.uint64(number), generate


@intrinsic
def _zeros_before(_typing, number):
    def generate(context, builder, _signature, arguments):
        return builder.ctlz(arguments[0], context.get_constant(types.boolean, False))

    return number(number), generate


@intrinsic
def _zeros_behind(_typing, number):
    def generate(context, builder, _signature, arguments):
        return builder.cttz(arguments[0], context.get_constant(types.boolean, False))

    return number(number), generate


@inner()
def _key(number):
    """An unsigned integer in the order of the numbers."""
    bits, sign = _bits(number), np.uint64(1 << 63)
    return ~bits if bits & sign else bits | sign


@inner()
def _lay_out(volume, highest, ghosts, work, state):
    """Copy a volume, or for the highest its negative, between ghosts; whether it is finite, and a cost not negative."""
    depth, height, width = volume.shape
    inner = work.reshape(depth + 2, height + 2, width + 2)
    codes = state.reshape(depth + 2, height + 2, width + 2)
    codes[0], codes[depth + 1] = ghosts[0], ghosts[1]
    least = -np.inf if highest else 0
    sound = True
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
                inner[z + 1, y + 1, x + 1] = 0 - value if highest else 0 + value
    return sound


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
def _put(voxel, key, last, heads, masks, links):
    """Let a voxel wait whose key is above the last one settled; returns the bit of the digit that it waits by."""
    level = np.int64(63 - np.int64(_zeros_before(key ^ last))) // DIGIT
    digit = np.int64(key >> np.uint64(DIGIT * level)) & (2**DIGIT - 1)
    links[voxel] = heads[level, digit]
    heads[level, digit] = voxel
    masks[level] |= np.uint64(1) << np.uint64(digit)
    return np.uint64(1) << np.uint64(level)


@inner()
def _settle(shape, inlet, highest, work, state, order, links):
    """Settle the voxels from the inlet on, until none is left or one lies at the outlet.

    Args:
        shape: of the volume.
        inlet: face, 0 to 5.
        highest: whether a path is worth its highest value rather than their sum.
        work: ``(G,)``, values of the voxels; written: those of the cheapest paths to them.
        state: ``(G,)`` uint8, ghosts and free voxels; written: how each was reached.
        order: ``(N,)`` int32, written: voxels in the order of settling.
        links: ``(G,)`` int32, scratch.

    Returns:
        The voxel at the outlet; 0 if there is none.
    """
    near, around = _steps(shape)
    heads = np.zeros((64 // DIGIT + 1, 2**DIGIT), np.int32)
    masks = np.zeros(64 // DIGIT + 1, np.uint64)
    waiting, last = np.uint64(0), np.uint64(0)
    read = write = 0
    unit = np.uint64(1)

    low = np.ones(3, np.int64)
    high = np.array(shape)
    low[inlet // 2] = high[inlet // 2] = 1 if inlet % 2 == 0 else shape[inlet // 2]
    for z in range(low[0], high[0] + 1):
        for y in range(low[1], high[1] + 1):
            for x in range(low[2], high[2] + 1):
                voxel = z * near[1] + y * near[3] + x
                state[voxel] = ROOT
                waiting |= _put(voxel, _key(work[voxel]), last, heads, masks, links)

    while True:
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
                key = _key(reached)
                if key == last:
                    order[write] = there
                    write += 1
                else:
                    waiting |= _put(there, key, last, heads, masks, links)
        if waiting == 0:
            return 0
        level = np.int64(_zeros_behind(waiting))
        digit = np.int64(_zeros_behind(masks[level]))
        masks[level] &= masks[level] - unit
        if masks[level] == 0:
            waiting &= waiting - unit
        first = heads[level, digit]
        heads[level, digit] = 0
        voxel = first
        last = _key(work[voxel])
        voxel = links[voxel]
        while voxel:
            last = min(last, _key(work[voxel]))
            voxel = links[voxel]
        voxel = first
        while voxel:
            after = links[voxel]
            key = _key(work[voxel])
            if key == last:
                order[write] = voxel
                write += 1
            else:
                waiting |= _put(voxel, key, last, heads, masks, links)
            voxel = after


@kernel()
def travel(cost, start, stop, inlet, ghosts, scratch, totals, states, orders):
    """Write the values of the cheapest paths, and the tree, of entries start to stop; False if a cost is invalid."""
    work, links = scratch
    depth, height, width = shape = cost.shape[1:]
    inner = work.reshape(depth + 2, height + 2, width + 2)
    for entry in range(start, stop):
        if not _lay_out(cost[entry], False, ghosts, work, states[entry]):
            return False
        _settle(shape, inlet, False, work, states[entry], orders[entry], links)
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
        if not _lay_out(field[entry], highest, ghosts, work, state):
            return False
        voxel = _settle(shape, inlet, highest, work, state, order, links)
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
