"""Starts of the runs of one label along x, and tables of the joined runs: the numba kernels of `runs`.

One bit per voxel says where a run starts, 64 voxels of a row per word (`bit_words`).
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, assignment, var-annotated"

from __future__ import annotations

import numpy as np

from porenet.flood_fill import bit_words
from porenet.flood_fill.bit_words import NONE, ONE, SPREAD, WORD
from porenet.kernels import kernel

LAST = np.uint64(WORD - 1)
SIX = np.uint64(6)
CROWDED = 3
"""Voxels per run, below which runs are written voxel by voxel."""


@kernel()
def mark(labels, starts, first_row, last_row):
    """Mark where runs start.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        starts: ``(Z * Y, W)`` uint64, written: bit i of word w is set where voxel 64 w + i begins a run.
        first_row: first row to be done, of Z * Y.
        last_row: the row after the last one.

    Returns:
        The number of runs in these rows.
    """
    width, words = labels.shape[2], starts.shape[1]
    # Addresses are taken once: numba counts references where it takes them, 10 ns that a word has not.
    address, last = labels.ctypes.data, labels.size - WORD - 1
    runs = 0
    for row in range(first_row, last_row):
        begins = ONE
        for w in range(words):
            voxel = row * width + w * WORD
            if voxel <= last:
                same = bit_words.equal(address + voxel, address + voxel + 1)
            else:
                same = bit_words.equal_within(labels, voxel, voxel + 1)
            begun = ((~same << ONE) | begins) & bit_words.inside(width, w)
            begins = ~same >> LAST
            starts[row, w] = begun
            runs += np.int64(bit_words.count(begun))
    return runs


@kernel()
def touch(before, sets, touches, height):
    """Set the bits of the outer layers z_min, z_max, y_min, y_max, x_min, x_max that each set has voxels in.

    Args:
        before: ``(Z * Y, W)`` uint32.
        sets: ``(R,)`` uint32, the set of each run.
        touches: ``(K,)`` uint8, zeros; bits are set.
        height: rows in a slice.
    """
    rows, y = before.shape[0], 0
    first = np.uint64(0)
    for row in range(rows):
        stop = np.uint64(before[row + 1, 0]) if row + 1 < rows else np.uint64(sets.size)
        outer = (1 if row < height else 0) | (2 if row + height >= rows else 0)
        outer |= (4 if y == 0 else 0) | (8 if y == height - 1 else 0)
        if outer:
            for run in range(first, stop):
                touches[sets[run]] |= np.uint8(outer)
        touches[sets[first]] |= np.uint8(16)
        touches[sets[stop - ONE]] |= np.uint8(32)
        first = stop
        y = y + 1 if y + 1 < height else 0


@kernel()
def tabulate(labels, starts, sets, phases, sizes):
    """Label and voxels of each set.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        starts: ``(Z * Y, W)`` uint64.
        sets: ``(R,)`` uint32, the set of each run.
        phases: ``(K,)`` uint8, written.
        sizes: ``(K,)`` int64, zeros; voxels are added.
    """
    address, width = labels.ctypes.data, labels.shape[2]
    run = -1
    for row in range(starts.shape[0]):
        begin = row * width
        x = 0
        for w in range(starts.shape[1]):
            begun = starts[row, w]
            while begun != NONE:
                at = w * WORD + np.int64(bit_words.lowest(begun))
                begun &= begun - ONE
                if at > 0:
                    sizes[sets[run]] += at - x
                run += 1
                phases[sets[run]] = bit_words.byte(address + begin + at)
                x = at
        sizes[sets[run]] += width - x


@kernel()
def tally(labels, starts, sets, touches, kinds, voxels, words):
    """Count voxels by phase and by the faces that their set touches, and mark the voxels of two kinds.

    A code is the phase times 64, plus the faces.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        starts: ``(Z * Y, W)`` uint64.
        sets: ``(R,)`` uint32, the set of each run.
        touches: ``(K,)`` uint8, see `touch`.
        kinds: ``(2, N)`` uint64, for each code all bits where it is of the kind, else none; N is a power of two.
        voxels: ``(N,)`` int64, zeros; voxels are added by code.
        words: ``(2, Z * Y * W)`` uint64, written: bits of the voxels of each kind, and any beyond the end of a row; or
            ``(2, 0)``, if they are not wanted.
    """
    rows, across = starts.shape
    address, width, last = labels.ctypes.data, labels.shape[2], np.uint64(voxels.size - 1)
    first, second = kinds[0, 0], kinds[1, 0]
    code, word = NONE, NONE
    begin, run = np.int64(0), NONE
    for row in range(rows):
        for w in range(across):
            begun, voxel = starts[row, w], row * width + w * WORD
            ones, others = first, second
            while begun != NONE:
                place = voxel + np.int64(bit_words.lowest(begun))
                beyond = NONE - (begun & (NONE - begun))  # the voxels from the beginning of the run on
                begun &= begun - ONE
                voxels[code] += place - begin  # rows follow each other: a run ends where the next one begins
                begin = place
                code = ((np.uint64(bit_words.byte(address + place)) << SIX) | np.uint64(touches[sets[run]])) & last
                run += ONE
                ones ^= (first ^ kinds[0, code]) & beyond
                others ^= (second ^ kinds[1, code]) & beyond
                first, second = kinds[0, code], kinds[1, code]
            if words.size > 0:
                words[0, word], words[1, word] = ones, others
            word += ONE
    voxels[code] += rows * width - begin


@kernel()
def look_up(sets, values, out):
    """``out[r] = values[sets[r]]`` for every run; numpy would first convert the sets to 8 bytes each."""
    for run in range(sets.size):
        out[run] = values[sets[run]]


@kernel()
def write(starts, values, out, width, first_row, last_row, run):
    """Give the voxels of every run its value.

    Args:
        starts: ``(Z * Y, W)`` uint64.
        values: ``(R,)`` uint8 or uint32, one per run.
        out: ``(Z * Y * X,)`` of the same type, written.
        width: voxels in a row.
        first_row: first row to be done, of Z * Y.
        last_row: the row after the last one.
        run: number of runs that start before these rows.
    """
    end, address, itemsize = last_row * width, out.ctypes.data, out.itemsize
    crowded = values.size * CROWDED > out.size
    run -= 1
    for row in range(first_row, last_row):
        for w in range(starts.shape[1]):
            begun, voxel = starts[row, w], row * width + w * WORD
            if crowded and (w + 1) * WORD <= width:  # voxel by voxel: where runs end cannot be foreseen
                for i in range(voxel, voxel + WORD):
                    run += np.int64(begun & ONE)
                    begun >>= ONE
                    out[i] = values[run]
                continue
            if begun & ONE == NONE:  # the run of the word before goes on
                begun |= ONE
                run -= 1
            whole = voxel + WORD + SPREAD <= end
            while begun != NONE:
                x = np.int64(bit_words.lowest(begun))
                begun &= begun - ONE
                stop = np.int64(bit_words.lowest(begun))
                run += 1
                if whole:  # in chunks: what they write beyond is overwritten by the runs that follow
                    while x < stop:
                        bit_words.spread(address + (voxel + x) * itemsize, values[run])
                        x += SPREAD
                else:
                    last = stop if w * WORD + stop <= width else width - w * WORD
                    for i in range(voxel + x, voxel + last):
                        out[i] = values[run]
