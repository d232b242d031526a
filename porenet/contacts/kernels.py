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
from porenet.flood_fill.bit_words import ALL, NONE, WORD
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
        conditions: likewise; planes from P on hold the voxels that have each of the C kinds.
        steps: ``(D, 3)`` int64, (z, y, x) from a voxel to its neighbour, each -1, 0 or 1, z not negative.
        extended: ``(D,)`` bool, whether the first and the last pair along an open axis count half more each.
        triples: ``(T, 3)`` int64, planes below P.
        periodic: per axis (z, y, x).
        part: number of first layers of which nothing is counted that lies in one layer; whether the first layer, and
            whether the last one, is at an end of the box.
        scratch: `bit_planes.scratch` of the labels and of P + C + 1 planes; the last is set.
        voxels: ``(P,)`` int64, added to.
        pairs: ``(D, P, P)`` int64, added to above the diagonal, in eighths of a pair.
        lines: ``(C + 1, T, 3)`` int64, added to, by the direction of the edges (z, y, x): of voxels of each kind, then
            of all.
    """
    depth, height, width = labels.shape
    words = (width + WORD - 1) // WORD
    here, below, ends = scratch
    _fill(here, ALL, here.shape[1] - 1)
    _fill(below, ALL, here.shape[1] - 1)
    # One call of each function: LLVM copies its code to wherever it is called, and takes its time.
    for z in range(-1, depth):
        if z + 1 < depth or periodic[0]:
            bit_planes.pack(labels, reached, joined, (z + 1) % depth, values, conditions, periodic, ends[2], below)
        else:
            for k in range(here.shape[1] - 1):
                _fill(below, NONE, k)
        if z >= 0:
            owned = z >= part[0]
            for p in range(values.size if owned else 0):
                voxels[p] += _bits(here, p, words, height * words)
            for d in range(steps.shape[0]):
                if owned or steps[d, 0] != 0:
                    weight = _weight(z, depth, extended[d] and steps[d, 0] != 0 and not periodic[0], part)
                    _count_pairs(here, below, words, steps[d], extended[d], periodic, ends, weight, pairs[d])
            for kind in range(lines.shape[0]):
                for t in range(triples.shape[0]):
                    plane = values.size + kind
                    _count_lines(here, below, words, height * words, triples[t], plane, owned, lines[kind, t])
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
def _fill(planes, bits, k):
    """Set all words of a plane and of the moved one."""
    for moved in range(2):
        for i in range(np.uint64(planes.shape[2])):
            planes[moved, k, i] = bits


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
    for part in range(3 if along_y else 1):  # all rows twice, the first and the last pair of rows once more
        start = words if part == 0 else first if part == 1 else first + size - 2 * words
        extent, times = (size, 2 * weight) if part == 0 else (words, weight)
        _add_unlike(own, others, start, extent, step_y * words, ends, along_x, times, pairs)


@inner()
def _add_unlike(own, others, start, size, step, ends, extended, times, pairs):
    """Add twice the unlike pairs between some words and those a step away, times a weight; 3 times those at an end."""
    here, there = np.uint64(start), np.uint64(start + step)
    for p in range(pairs.shape[0]):
        for q in range(p + 1, pairs.shape[0]):
            total = 0
            for i in range(np.uint64(size)):
                a, b = here + i, there + i
                total += bit_words.count((own[p, a] & others[q, b]) | (own[q, a] & others[p, b]))
            total *= 2
            if extended:
                for end in range(2):
                    for i in range(np.uint64(size)):
                        a, b = here + i, there + i
                        unlike = (own[p, a] & others[q, b]) | (own[q, a] & others[p, b])
                        total += bit_words.count(unlike & ends[end, i])
            pairs[p, q] += times * total


@inner()
def _count_lines(here, below, words, size, triple, kind, owned, lines):
    """Add the edges of a layer and between it and the next with voxels of a kind in three planes around."""
    own, row = np.uint64(words), np.uint64(2 * words)
    along_z = along_y = along_x = 0
    for i in range(np.uint64(size)):
        a, b = own + i, row + i  # a row and the next one
        z, y, x = ALL, ALL, ALL
        for k in range(3):
            plane = triple[k]
            first = here[0, plane, a] & here[0, kind, a]
            beside = first | (here[1, plane, a] & here[1, kind, a])
            behind = here[0, plane, b] & here[0, kind, b]
            under = below[0, plane, a] & below[0, kind, a]
            z &= beside | behind | (here[1, plane, b] & here[1, kind, b])
            y &= beside | under | (below[1, plane, a] & below[1, kind, a])
            x &= first | behind | under | (below[0, plane, b] & below[0, kind, b])
        along_z += bit_words.count(z)
        along_y += bit_words.count(y)
        along_x += bit_words.count(x)
    lines[0] += along_z if owned else 0
    lines[1] += along_y
    lines[2] += along_x
