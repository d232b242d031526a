"""Triple lines by the components round them: the numba kernel of `census`.

Lines are found 64 at a time in bit planes (`porenet.contacts.bit_planes`), and each adds to the row of its key in a
hash table with open addressing. Most lines repeat the key of the line before.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, assignment, var-annotated"

from __future__ import annotations

import numpy as np

from porenet.contacts import bit_planes
from porenet.flood_fill import bit_words
from porenet.flood_fill.bit_words import NONE, ONE, WORD
from porenet.kernels import inner, kernel

FOURTH = 30
"""Bits of a code; the two above say which of the three phases has two components."""

ABSENT = np.uint32(0xFFFFFFFF)
SLOTS = 1 << 10


@kernel()
def count(labels, starts, before, sets, codes, triple, shared, periodic):
    """Count the lines of a triple by the codes of the components among their four voxels.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        starts: ``(Z * Y, W)`` uint64, see `porenet.flood_fill.run_kernels.mark`.
        before: ``(Z * Y, W)`` uint32.
        sets: ``(R,)`` uint32, component of each run.
        codes: ``(K,)`` uint32, code of each component, below 2^30.
        triple: ``(3,)`` uint8, labels.
        shared: number of first layers whose lines along z are not counted.
        periodic: per axis (y, x), whether the last voxel and the first are neighbours.

    Returns:
        ``(N, 4)`` uint32, keys: the code of each phase, the smaller where it has two components; then 0, or the larger
        one with 1, 2 or 3 above its 30 bits for the phase that has it. ``(N, 3)`` int64, lines by direction (z, y, x).
    """
    depth, height, width = labels.shape
    words = (width + WORD - 1) // WORD
    wraps, no_conditions = (False, periodic[0], periodic[1]), np.zeros((0, 3, 2), np.uint8)
    no_words = np.zeros((2, 0), np.uint64)
    shape = (2, 3, (height + 2) * words)
    here, below = np.zeros(shape, np.uint64), np.zeros(shape, np.uint64)
    lines = np.zeros(height * words, np.uint64)
    goes_on = np.full(height * words, bit_words.ALL)
    for row in range(words - 1, height * words, words):
        goes_on[row] = NONE
    place = np.full(256, -1, np.int64)
    for k in range(3):
        place[triple[k]] = k
    keys, counts = np.zeros((SLOTS, 4), np.uint32), np.zeros((SLOTS, 3), np.int64)
    key = np.zeros(4, np.uint32)
    used, slot = 0, np.int64(-1)
    for z in range(-1, depth):
        if z + 1 < depth:
            bit_planes.pack(labels, labels, no_words, z + 1, triple, no_conditions, wraps, goes_on, below)
        if z >= 0:
            for direction in range(0 if z >= shared else 1, 3 if z + 1 < depth else 1):
                _find(here, below, words, direction, lines)
                for i in range(lines.size):
                    line_bits = lines[i]
                    while line_bits != NONE:
                        x = i % words * WORD + np.int64(bit_words.lowest(line_bits))
                        line_bits &= line_bits - ONE
                        same = _key(labels, starts, before, sets, codes, place, z, i // words, x, direction, key)
                        if slot < 0 or not _equal(keys, slot, key):
                            slot = _slot(keys, counts, key)
                            if _is_free(counts, slot):
                                used += 1
                                keys[slot] = key
                                counts[slot, direction] += same
                                if 2 * used > len(keys):
                                    keys, counts = _grown(keys, counts)
                                    slot = -1
                                continue
                        counts[slot, direction] += same
        here, below = below, here
    taken = counts.sum(axis=1) > 0
    return keys[taken], counts[taken]


@inner()
def _find(here, below, words, direction, lines):
    """Mark the edges of a direction that have all three planes among their four voxels."""
    own, row = np.uint64(words), np.uint64(2 * words)
    beside, b = (0, row) if direction == 2 else (1, own)
    facing, c = (here, row) if direction == 0 else (below, own)
    d = own if direction == 1 else row
    lines[:] = bit_words.ALL
    for k in range(3):
        for i in range(np.uint64(lines.size)):
            near = here[0, k, own + i] | here[beside, k, b + i]
            lines[i] &= near | facing[0, k, c + i] | facing[beside, k, d + i]


@inner()
def _key(labels, starts, before, sets, codes, place, z, y, x, direction, key):
    """Write the key of an edge; returns 1, the number of edges."""
    _, height, width = labels.shape
    key[:3] = ABSENT
    key[3] = 0
    for corner in range(4):
        near, far = corner % 2, corner // 2
        at_z = z + (far if direction > 0 else 0)
        at_y = (y + (near if direction == 2 else far if direction == 0 else 0)) % height
        at_x = (x + (near if direction < 2 else 0)) % width
        k = place[labels[at_z, at_y, at_x]]
        if k < 0:
            continue
        row, w = at_z * height + at_y, at_x // WORD
        upto = bit_words.ALL >> np.uint64(WORD - 1 - at_x % WORD)
        run = np.int64(before[row, w]) + np.int64(bit_words.count(starts[row, w] & upto)) - 1
        code = codes[sets[run]]
        if key[k] == ABSENT:
            key[k] = code
        elif key[k] != code:
            key[3] = np.uint32(max(key[k], code)) | np.uint32((k + 1) << FOURTH)
            key[k] = min(key[k], code)
    return 1


@inner()
def _equal(keys, slot, key):
    return keys[slot, 0] == key[0] and keys[slot, 1] == key[1] and keys[slot, 2] == key[2] and keys[slot, 3] == key[3]


@inner()
def _is_free(counts, slot):
    return counts[slot, 0] + counts[slot, 1] + counts[slot, 2] == 0


@inner()
def _slot(keys, counts, key):
    """The row of a key, or a free row for it; at least half of the rows are free."""
    mixed = _mixed(np.uint64(key[0]) | np.uint64(key[1]) << np.uint64(32))
    mixed = _mixed(mixed ^ (np.uint64(key[2]) | np.uint64(key[3]) << np.uint64(32)))
    mask = np.uint64(len(keys) - 1)
    slot = np.int64(mixed & mask)
    while not _is_free(counts, slot) and not _equal(keys, slot, key):
        slot = np.int64(np.uint64(slot + 1) & mask)
    return slot


@inner()
def _mixed(bits):
    """The finaliser of splitmix64 (https://doi.org/10.1145/2714064.2660195)."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@inner()
def _grown(keys, counts):
    """The table with four times the rows."""
    more_keys, more_counts = np.zeros((4 * len(keys), 4), np.uint32), np.zeros((4 * len(keys), 3), np.int64)
    for row in range(len(keys)):
        if not _is_free(counts, row):
            slot = _slot(more_keys, more_counts, keys[row])
            more_keys[slot] = keys[row]
            more_counts[slot] = counts[row]
    return more_keys, more_counts
