"""The flood of one phase from seeds, 64 voxels at a time: the numba kernels of `phase_flood`.

The phase and what is reached of it are bits, one word for 64 voxels of a row (`bit_words`). Within a word a run is
filled upward by the carry of one sum and downward by six shifts; from word to word the flood moves in one sweep forward
and one back over the volume, which settles nearly all, and then in a queue of the words that can still grow.
docs/flood-fill.md draws it.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, assignment, var-annotated"

from __future__ import annotations

import numpy as np

from porenet.flood_fill import bit_words
from porenet.flood_fill.bit_words import NONE, ONE, WORD
from porenet.kernels import inner, kernel

TOP = np.uint64(WORD - 1)


@kernel()
def pack(labels, phase, masks):
    """Write where a phase is: ``(Z, Y, X)`` uint8 labels to ``(Z, Y, W)`` uint64, bits past the end of a row 0."""
    depth, height, width = labels.shape
    words = masks.shape[2]
    # The address is taken once: numba counts references where it takes one, 10 ns that a word has not.
    address, last = labels.ctypes.data, labels.size - WORD
    for z in range(depth):
        for y in range(height):
            for w in range(words):
                voxel = (z * height + y) * width + w * WORD
                if voxel <= last:
                    bits = bit_words.equal_to(address + voxel, phase)
                else:
                    bits = bit_words.equal_to_within(labels, voxel, phase)
                masks[z, y, w] = bits & bit_words.inside(width, w)


@kernel()
def flood(masks, reached, shape, inside, queue, coming):
    """Grow the flood through the phase until it reaches no further voxel; box open on all sides.

    Args:
        masks: ``(Z * Y * W,)`` uint64, where the phase is.
        reached: ``(Z * Y * W,)`` uint64, seeds within the phase, grown in place.
        shape: Z, Y, W.
        inside: ``(Z * Y * W,)`` uint8, scratch.
        queue: ``(Z * Y * W + 1,)`` uint32, scratch.
        coming: ``(Z * Y * W,)`` uint64, zeros, scratch that is left as zeros.
    """
    height, words = shape[1], shape[2]
    _sweep_on(masks, reached, inside, shape[0], height, words)
    queued = _sweep_back(masks, reached, inside, height, words, queue, coming)
    _settle(masks, reached, inside, height, words, queue, coming, queued)


@inner()
def _sweep_on(masks, reached, inside, depth, height, words):
    """Grow each word by its neighbours before it, and note which neighbours of it are in the box.

    Bits 0 to 5 of ``inside`` say so, that the later passes need not divide an index to know it.
    """
    above = height * words
    i = 0
    for z in range(depth):
        for y in range(height):
            around = (z > 0) | ((z < depth - 1) << 1) | ((y > 0) << 2) | ((y < height - 1) << 3)
            for w in range(words):
                inside[i] = there = around | ((w > 0) << 4) | ((w < words - 1) << 5)
                mask, old = masks[i], reached[i]
                missing = mask & ~old
                if missing != NONE:
                    bits = NONE
                    if there & 1:
                        bits |= reached[i - above]
                    if there & 4:
                        bits |= reached[i - words]
                    if there & 16:
                        bits |= reached[i - 1] >> TOP
                    if (bits & missing) | old != NONE:
                        reached[i] = _fill(mask, old | (bits & mask))
                i += 1


@inner()
def _sweep_back(masks, reached, inside, height, words, queue, coming):
    """Grow each word by its neighbours after it; those that can then grow by it go into the queue. Returns how many.

    Nothing else can still grow: of its neighbours before it a word has, since the sweep forward, all but what they
    grow by here.
    """
    above = height * words
    tail = 0
    for i in range(masks.size - 1, -1, -1):
        missing = masks[i] & ~reached[i]
        if missing == NONE:
            continue
        there = inside[i]
        bits = NONE
        if there & 2:
            bits |= reached[i + above]
        if there & 8:
            bits |= reached[i + words]
        if there & 32:
            bits |= reached[i + 1] << TOP
        if bits & missing == NONE:
            continue
        old = reached[i]
        reached[i] = _fill(masks[i], old | (bits & missing))
        grown = reached[i] & ~old
        for bit, step, bits in ((2, above, grown), (8, words, grown), (32, 1, grown >> TOP)):
            if there & bit:
                j = i + step
                bits &= masks[j] & ~reached[j]
                if bits != NONE:
                    if coming[j] == NONE:
                        queue[tail] = j
                        tail = tail + 1 if tail < masks.size else 0
                    coming[j] |= bits
    return tail


@inner()
def _settle(masks, reached, inside, height, words, queue, coming, tail):
    """Grow the words in the queue, and the neighbours of what has grown, first in first out."""
    above = height * words
    head = 0
    while head != tail:
        i = np.int64(queue[head])
        head = head + 1 if head < masks.size else 0
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
                        tail = tail + 1 if tail < masks.size else 0
                    coming[j] |= bits


@inner()
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


@kernel()
def unpack(reached, out):
    """Write bits as booleans: ``(Z, Y, W)`` uint64 to ``(Z, Y, X)`` bool."""
    depth, height, width = out.shape
    words, address = reached.shape[2], out.ctypes.data
    for z in range(depth):
        for y in range(height):
            begin = (z * height + y) * width
            for w in range(words):
                # What is written past the end of a row is overwritten by the next.
                start = begin + w * WORD
                if start + WORD <= out.size:
                    bit_words.unpack(address + start, reached[z, y, w])
                else:
                    for x in range(w * WORD, width):
                        out[z, y, x] = reached[z, y, w] >> np.uint64(x - w * WORD) & ONE != NONE
