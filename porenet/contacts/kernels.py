"""Counting on bit planes: the numba kernels of `porenet.contacts`.

Two layers of voxels are held at a time as planes (`porenet.contacts.bit_planes`). Neighbours are then words at one
place, or a row apart: to count them is to combine planes and add up bits, in loops that become vector instructions.
Indices there are unsigned, so that numba does not look for negative ones. Beyond an open face no phase has its bit, so
that no pair and no line is counted there.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, assignment"

from __future__ import annotations

import numpy as np

from porenet.contacts import bit_planes
from porenet.flood_fill import bit_words
from porenet.flood_fill.bit_words import NONE, ONE, WORD
from porenet.kernels import inner, kernel


@kernel()
def count(
    labels, reached, joined, values, conditions, steps, extended, triples, periodic, part, scratch, voxels, pairs, lines
):
    """Count voxels of phases, pairs of neighbours and voxel edges with three phases round them, in one pass.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        reached: see `bit_planes.pack`.
        joined: likewise.
        values: ``(P,)`` uint8, labels of the phases: planes 0 to P - 1.
        conditions: ``(C, 3)`` uint8, which voxels of a plane the planes from P on hold, see `bit_planes.pack`.
        steps: ``(D, 3)`` int64, (z, y, x) from a voxel to its neighbour, each -1, 0 or 1, z not negative.
        extended: ``(D,)`` bool, whether the first and the last pair along an open axis count half more each.
        triples: ``(T, 3)`` int64, planes.
        periodic: per axis (z, y, x).
        part: number of first layers of which nothing is counted that lies in one layer; whether the first layer, and
            whether the last one, is at an end of the box.
        scratch: `bit_planes.scratch` of the labels and of P + C planes.
        voxels: ``(P,)`` int64, added to.
        pairs: ``(D, P, P)`` int64, added to above the diagonal, in eighths of a pair.
        lines: ``(T, 3)`` int64, added to, by the direction of the edges (z, y, x).
    """
    depth, height, width = labels.shape
    words = (width + WORD - 1) // WORD
    here, below, ends = scratch
    _mark_ends(ends, width)
    # One call of each function: LLVM copies its code to wherever it is called, and takes its time.
    for z in range(-1, depth):
        if z + 1 < depth or periodic[0]:
            bit_planes.pack(labels, reached, joined, (z + 1) % depth, values, conditions, periodic, below)
        else:
            _clear(below)
        if z >= 0:
            owned = z >= part[0]
            for p in range(values.size if owned else 0):
                voxels[p] += _bits(here, p, words, height * words)
            for d in range(steps.shape[0]):
                if owned or steps[d, 0] != 0:
                    weight = _weight(z, depth, extended[d] and steps[d, 0] != 0 and not periodic[0], part)
                    _count_pairs(here, below, words, steps[d], extended[d], periodic, ends, weight, pairs[d])
            if triples.size > 0:
                _count_lines(here, below, words, height * words, triples, 0 if owned else 1, lines)
        here, below = below, here


@kernel()
def count_singly(labels, steps, extended, periodic, part, voxels, pairs):
    """Count voxels and pairs as `count` does, voxel by voxel, whatever the number of phases.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        steps: ``(D, 3)`` int64, (z, y, x) from a voxel to its neighbour, each -1, 0 or 1, z not negative.
        extended: ``(D,)`` bool, whether the first and the last pair along an open axis count half more each.
        periodic: per axis (z, y, x).
        part: as for `count`.
        voxels: ``(256,)`` int64, added to.
        pairs: ``(D, 256, 256)`` int64, added to, in eighths of a pair: label of a voxel, that of its neighbour.
    """
    shape, across = labels.shape, (0, True, True)
    for z in range(shape[0]):
        owned = z >= part[0]
        for y in range(shape[1]):
            for x in range(shape[2] if owned else 0):
                voxels[labels[z, y, x]] += 1
            for d in range(steps.shape[0]):
                there_z, z_weight = _neighbour(z, steps[d, 0], shape[0], periodic[0], extended[d], part)
                there_y, y_weight = _neighbour(y, steps[d, 1], shape[1], periodic[1], extended[d], across)
                if z_weight * y_weight == 0 or not (owned or steps[d, 0] != 0):
                    continue
                for x in range(shape[2]):
                    there_x, x_weight = _neighbour(x, steps[d, 2], shape[2], periodic[2], extended[d], across)
                    own, other = labels[z, y, x], labels[there_z, there_y, there_x]
                    if own != other:
                        pairs[d, own, other] += z_weight * y_weight * x_weight


@inner()
def _neighbour(place, step, size, wraps, extended, part):
    """Index of the neighbour along an axis, and twice the weight of the pair: 0 if there is none."""
    there = place + step
    if there < 0 or there >= size:
        return there % size, 2 if wraps else 0
    return there, _weight(place if place < there else there, size, extended and step != 0 and not wraps, part)


@inner()
def _weight(place, size, extended, part):
    """Twice the weight of the pair that begins at a place of an axis."""
    return 2 + (part[1] and place == 0) + (part[2] and place == size - 2) if extended else 2


@inner()
def _mark_ends(ends, width):
    """Set the bits of the first and of the last pair along x, ``(2, Y * W)``."""
    if width > 1:
        for row in range(0, ends.shape[1], (width + WORD - 1) // WORD):
            ends[0, row] = ONE
            ends[1, row + (width - 2) // WORD] = ONE << np.uint64((width - 2) % WORD)


@inner()
def _clear(planes):
    for moved in range(planes.shape[0]):
        for k in range(planes.shape[1]):
            for i in range(planes.shape[2]):
                planes[moved, k, i] = NONE


@inner()
def _bits(planes, k, start, size):
    first, total = np.uint64(start), 0
    for i in range(np.uint64(size)):
        total += bit_words.count(planes[0, k, first + i])
    return total


@inner()
def _count_pairs(here, below, words, step, extended, periodic, ends, weight, pairs):
    """Add the unlike pairs of a layer that are one step apart, in quarters times a weight."""
    step_z, step_y, step_x = step
    size = ends.shape[1]
    # Of a voxel and its neighbour a step back along x, the first is the one that has the second moved onto it.
    own, others = here[1 if step_x < 0 else 0], (below if step_z == 1 else here)[1 if step_x > 0 else 0]
    along_x = extended and step_x != 0 and not periodic[2]
    along_y = extended and step_y != 0 and not periodic[1] and size > words
    first = 2 * words if step_y < 0 else words
    for p in range(pairs.shape[0]):
        for q in range(p + 1, pairs.shape[0]):
            for part in range(3 if along_y else 1):  # all rows twice, the first and the last pair of rows once more
                start = words if part == 0 else first if part == 1 else first + size - 2 * words
                extent, times = (size, 2 * weight) if part == 0 else (words, weight)
                pairs[p, q] += times * _unlike(own, others, p, q, start, extent, step_y * words, ends, along_x)


@inner()
def _unlike(own, others, p, q, start, size, step, ends, extended):
    """Twice the pairs of phases p and q between some words and those a step away; 3 times those at an end of x."""
    here, there = np.uint64(start), np.uint64(start + step)
    total = 0
    for i in range(np.uint64(size)):
        total += bit_words.count((own[p, here + i] & others[q, there + i]) | (own[q, here + i] & others[p, there + i]))
    total *= 2
    if extended:
        for end in range(2):
            for i in range(np.uint64(size)):
                pairs = (own[p, here + i] & others[q, there + i]) | (own[q, here + i] & others[p, there + i])
                total += bit_words.count(pairs & ends[end, i])
    return total


@inner()
def _count_lines(here, below, words, size, triples, first, lines):
    """Add the edges from a direction on, of a layer and between it and the next, that have three planes around."""
    own, row = np.uint64(words), np.uint64(2 * words)
    for direction in range(first, 3):
        # Two voxels of a layer, side by side along x, or along y if the edge is along x; and two that face them.
        beside, b = (0, row) if direction == 2 else (1, own)
        facing, c = (here, row) if direction == 0 else (below, own)
        d = own if direction == 1 else row
        for t in range(triples.shape[0]):
            p, q, r = triples[t]
            total = 0
            for i in range(np.uint64(size)):
                some = here[0, p, own + i] | here[beside, p, b + i] | facing[0, p, c + i] | facing[beside, p, d + i]
                others = here[0, q, own + i] | here[beside, q, b + i] | facing[0, q, c + i] | facing[beside, q, d + i]
                last = here[0, r, own + i] | here[beside, r, b + i] | facing[0, r, c + i] | facing[beside, r, d + i]
                total += bit_words.count(some & others & last)
            lines[t, direction] += total
