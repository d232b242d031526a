"""The loops behind shortest paths: rows of voxels take over their neighbours' lengths until none falls any more.

A voxel's length is the least, over the open steps to its neighbours, of theirs and the step's. Each step joins voxels
of one phase, so that all phases have their lengths from one sweep, 32 voxels of a row at a time. Layers are swept up
and down, rows within a layer to and fro; a row is visited again only if one that reaches it has fallen since, and takes
over from those alone. Sums in float32 grow with their terms, so that the least of them depends on no order: Dijkstra's
algorithm has the same bits. With buckets that took 30 to 40 times as long on three phases of real electrodes, 8 to 14
times as long on noise near the threshold of percolation (docs/decisions/0087-shortest-paths-in-sweeps.md).
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, var-annotated"

from __future__ import annotations

import numpy as np
from porenet_estimators.lanes import COUNT, any_below, filled, least_where, load, store

from porenet.kernels import inner, kernel

GHOSTS = 2
"""Voxels before and after each row, as far as a step reaches."""
PASSES = 2
"""Of a layer, to and fro, before the next: one took 1.7 times as long, as many as change anything a tenth longer."""


@kernel()
def lengths_from(start, shape, wraps, steps, masks, ways):
    """Length of the shortest path from a layer at an end of axis 0 to every voxel, through its phase.

    Args:
        start: the layer, 0 or Z - 1.
        shape: (Z, Y, X).
        wraps: of axes 1 and 2, whether opposite sides are neighbours.
        steps: ``(R, 4)`` int64, for each other row in reach the moves there along axes 0 and 1, its first step and one
            past its last; ``(K,)`` int64, the steps' moves along axis 2, of which the last two, -1 and 1, stay in the
            row; and ``(K,)`` float32, their lengths.
        masks: as `open_steps` returns them.
        ways: ``(Z * Y * (COUNT W + 2 GHOSTS),)`` float32, infinite, W words per row and ghosts around it; written:
            the lengths, infinite where no path leads.
    """
    depth, height, width = shape
    words = (width + COUNT - 1) // COUNT
    size = COUNT * words + 2 * GHOSTS
    fallen, visited = np.zeros(depth * height, np.int64), np.zeros(depth * height, np.int64)
    marked, waiting = np.zeros(depth * height, np.bool_), np.zeros(depth, np.int64)
    count = len(steps[1])
    offers = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.float32)
    bits = masks.reshape(-1)
    now = 1
    for y in range(height):
        row = start * height + y
        fallen[row] = now
        ways[row * size + GHOSTS : row * size + GHOSTS + width] = 0
        if wraps[1]:
            _wrap(ways, row * size + GHOSTS, width)
        _mark(start, y, shape, wraps[0], steps, marked, waiting)
    upward = start == 0
    while np.any(waiting):
        for layer in range(depth):
            z = layer if upward else depth - 1 - layer
            for turn in range(PASSES if waiting[z] else 0):
                for line in range(height):
                    y = line if turn % 2 == 0 else height - 1 - line
                    row = z * height + y
                    if not marked[row]:
                        continue
                    marked[row] = False
                    waiting[z] -= 1
                    place = row * size + GHOSTS
                    count = _offers(z, y, shape, wraps[0], steps, masks.shape[2], fallen, visited[row], offers)
                    visited[row] = now
                    if _fall(place, words, offers, count, bits, ways):
                        _spread(z, y, place, words, width, wraps[1], steps[2], masks, ways)
                        now += 1
                        fallen[row] = now
                        _mark(z, y, shape, wraps[0], steps, marked, waiting)
        upward = not upward


@inner()
def _row(z, y, shape, wraps):
    """The number of a row; -1 if there is none."""
    if z < 0 or z >= shape[0]:
        return -1
    if y < 0 or y >= shape[1]:  # hardly ever, and a division takes as long as 32 voxels' steps
        return z * shape[1] + y % shape[1] if wraps else -1
    return z * shape[1] + y


@inner()
def _mark(z, y, shape, wraps, steps, marked, waiting):
    """Mark the rows that a row reaches, which are those that reach it."""
    rows = steps[0]
    for i in range(len(rows)):
        other = _row(z + rows[i, 0], y + rows[i, 1], shape, wraps)
        if other >= 0 and not marked[other]:
            marked[other] = True
            waiting[z + rows[i, 0]] += 1


@inner()
def _offers(z, y, shape, wraps, steps, plane, fallen, visited, offers):
    """Write the steps to rows that have fallen since a visit: places of lengths and of bits, and what to add.

    Returns:
        How many.
    """
    rows, across, lengths = steps
    lanes, words, added = offers
    row_words = (shape[2] + COUNT - 1) // COUNT
    first = z * len(lengths) * plane + y * row_words
    count = 0
    for i in range(len(rows)):
        other = _row(z + rows[i, 0], y + rows[i, 1], shape, wraps)
        if other >= 0 and fallen[other] > visited:
            for step in range(rows[i, 2], rows[i, 3]):
                lanes[count] = other * (COUNT * row_words + 2 * GHOSTS) + GHOSTS + across[step]
                words[count] = first + step * plane
                added[count] = lengths[step]
                count += 1
    return count


@inner()
def _fall(place, row_words, offers, count, bits, ways):
    """Take over lengths from other rows; whether any in the row falls."""
    lanes, words, added = offers
    fell = False
    for w in range(row_words):
        before = load(ways, place + COUNT * w)
        least = before
        for i in range(count):
            offered = load(ways, lanes[i] + COUNT * w) + filled(added[i])
            least = least_where(least, offered, bits[words[i] + w])
        if any_below(least, before):
            store(ways, place + COUNT * w, least)
            fell = True
    return fell


@inner()
def _spread(z, y, place, row_words, width, wraps, lengths, masks, ways):
    """Take over lengths within the row, to the right and back, until none falls."""
    left, right = len(lengths) - 2, len(lengths) - 1
    again = True
    while again:
        again = False
        if wraps:
            _wrap(ways, place, width)
        for turn in range(2 * row_words - 1):
            w = turn if turn < row_words else 2 * row_words - 2 - turn
            at, word = place + COUNT * w, y * row_words + w
            falls = True
            while falls:
                before = load(ways, at)
                least = least_where(before, load(ways, at - 1) + filled(lengths[left]), masks[z, left, word])
                least = least_where(least, load(ways, at + 1) + filled(lengths[right]), masks[z, right, word])
                falls = any_below(least, before)
                if falls:
                    store(ways, at, least)
                    again = wraps


@inner()
def _wrap(ways, place, width):
    """Fill the ghosts of a row with the voxels of its other side."""
    for i in range(GHOSTS):
        ways[place - 1 - i] = ways[place + (width - 1 - i) % width]
        ways[place + width + i] = ways[place + i % width]
