"""The flood of one phase from seeds, 64 voxels at a time: the numba kernels of `porenet.word_flood`.

The phase and what is reached of it are bits, one word for 64 voxels of a row (`porenet.bit_words`). Within a word a run
is filled upward by the carry of one sum and downward by six shifts; from word to word the flood moves in one sweep
forward and one back over the volume, which settles nearly all, and then in a queue of the words that can still grow.
docs/flood-fill.md draws it.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, assignment"

from __future__ import annotations

import numba
import numpy as np

from porenet import bit_words
from porenet.bit_words import NONE, ONE, WORD

TOP = np.uint64(WORD - 1)


@numba.njit(cache=True, nogil=True)
def pack(labels, phase, masks):
    """Write where a phase is: ``(Z, Y, X)`` uint8 labels to ``(Z, Y, W)`` uint64, bits past the end of a row 0."""
    depth, height, width = labels.shape
    words = masks.shape[2]
    for z in range(depth):
        for y in range(height):
            begin = (z * height + y) * width
            for w in range(words):
                masks[z, y, w] = bit_words.equal_to_within(labels, begin + w * WORD, phase) & bit_words.inside(width, w)


@numba.njit(cache=True, nogil=True)
def flood(masks, reached):
    """Let what is reached grow through the phase until nothing is left to reach; box open on all sides.

    Args:
        masks: ``(Z, Y, W)`` uint64, where the phase is.
        reached: ``(Z, Y, W)`` uint64, seeds within the phase, grown in place.
    """
    depth, height, words = masks.shape
    for z in range(depth):
        for y in range(height):
            for w in range(words):
                mask, old = masks[z, y, w], reached[z, y, w]
                missing = mask & ~old
                if missing != NONE:
                    coming = NONE
                    if z > 0:
                        coming |= reached[z - 1, y, w]
                    if y > 0:
                        coming |= reached[z, y - 1, w]
                    if w > 0:
                        coming |= reached[z, y, w - 1] >> TOP
                    if (coming & missing) | old != NONE:
                        reached[z, y, w] = _fill(mask, old | (coming & mask))
    for z in range(depth - 1, -1, -1):
        for y in range(height - 1, -1, -1):
            for w in range(words - 1, -1, -1):
                mask, old = masks[z, y, w], reached[z, y, w]
                missing = mask & ~old
                if missing != NONE:
                    coming = NONE
                    if z < depth - 1:
                        coming |= reached[z + 1, y, w]
                    if y < height - 1:
                        coming |= reached[z, y + 1, w]
                    if w < words - 1:
                        coming |= reached[z, y, w + 1] << TOP
                    if coming & missing != NONE:
                        reached[z, y, w] = _fill(mask, old | (coming & mask))
    _settle(masks.reshape(-1), reached.reshape(-1), depth, height, words)


@numba.njit(cache=True, nogil=True)
def _settle(masks, reached, depth, height, words):
    """Grow every word that can, neighbours of what has grown next, first in first out."""
    size, above = masks.size, height * words
    queue = np.empty(size + 1, np.uint32)
    coming = np.zeros(size, np.uint64)  # what neighbours have brought to the words in the queue
    inside = np.empty(
        size, np.uint8
    )  # bits 0 to 5: which neighbours are in the box, so that none has to be divided for
    head = tail = i = 0
    for z in range(depth):
        in_z = (1 if z > 0 else 0) | (2 if z < depth - 1 else 0)
        for y in range(height):
            in_zy = in_z | (4 if y > 0 else 0) | (8 if y < height - 1 else 0)
            for w in range(words):
                there = in_zy | (16 if w > 0 else 0) | (32 if w < words - 1 else 0)
                inside[i] = there
                missing = masks[i] & ~reached[i]
                if missing != NONE:
                    missing &= _beside(reached, i, there, above, words)
                    if missing != NONE:
                        coming[i] = missing
                        queue[tail] = i
                        tail += 1
                i += 1
    while head != tail:
        i = np.int64(queue[head])
        head = head + 1 if head < size else 0
        there = inside[i]
        old = reached[i]
        new = _fill(masks[i], old | coming[i])
        reached[i] = new
        coming[i] = NONE
        grown = new & ~old
        for bit, step, bits in (
            (1, -above, grown),
            (2, above, grown),
            (4, -words, grown),
            (8, words, grown),
            (16, -1, grown << TOP),
            (32, 1, grown >> TOP),
        ):
            if there & bit:
                j = i + step
                bits &= masks[j] & ~reached[j]
                if bits != NONE:
                    if coming[j] == NONE:
                        queue[tail] = j
                        tail = tail + 1 if tail < size else 0
                    coming[j] |= bits


@numba.njit(cache=True, nogil=True)
def _beside(reached, i, there, above, words):
    """What is reached in those of the six neighbours of the voxels of a word that are in the box."""
    bits = NONE
    if there & 1:
        bits |= reached[i - above]
    if there & 2:
        bits |= reached[i + above]
    if there & 4:
        bits |= reached[i - words]
    if there & 8:
        bits |= reached[i + words]
    if there & 16:
        bits |= reached[i - 1] >> TOP
    if there & 32:
        bits |= reached[i + 1] << TOP
    return bits


@numba.njit(cache=True, nogil=True)
def _fill(mask, seeds):
    """The runs of a mask that hold a seed."""
    # A seed added to its run clears the run from there on: the carry leaves at the top. Later seeds are put back.
    filled = (mask & ~(mask + seeds)) | seeds
    if mask & (filled >> ONE) & ~filled == NONE:
        return filled
    through = mask
    for step in (1, 2, 4, 8, 16, 32):
        shift = np.uint64(step)
        filled |= through & (filled >> shift)
        through &= through >> shift
    return filled


@numba.njit(cache=True, nogil=True)
def unpack(reached, out):
    """Write bits as booleans: ``(Z, Y, W)`` uint64 to ``(Z, Y, X)`` bool."""
    depth, height, width = out.shape
    words = reached.shape[2]
    flat = out.reshape(-1)
    for z in range(depth):
        for y in range(height):
            begin = (z * height + y) * width
            for w in range(words):
                # What is written past the end of a row is overwritten by the next.
                start = begin + w * WORD
                if start + WORD <= flat.size:
                    bit_words.unpack(flat.ctypes.data + start, reached[z, y, w])
                else:
                    for x in range(min(WORD, width - w * WORD)):
                        flat[start + x] = reached[z, y, w] >> np.uint64(x) & ONE != NONE
