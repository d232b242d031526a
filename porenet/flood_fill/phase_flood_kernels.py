"""The flood of one phase from seeds, 8 x 8 x 8 voxels at a time: the numba kernels of `phase_flood`.

The phase and what is reached of it are bits, one block for 512 voxels (`bit_blocks`). A block is filled step by step in
registers and hands what it reached to the six blocks round it; those that take something are visited again, first in
first out, after one sweep over all. docs/flood-fill.md draws it.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, var-annotated, assignment"

from __future__ import annotations

import numpy as np

from porenet.flood_fill import bit_blocks, bit_words
from porenet.flood_fill.bit_blocks import SIDE
from porenet.flood_fill.bit_words import NONE, ONE, WORD
from porenet.kernels import inner, kernel

BYTES = 8
BLOCK = SIDE * BYTES
ROWS = np.int64(SIDE - 1)
WAITING = np.uint8(64)
INSIDE = np.uint8(63)


@kernel()
def pack(labels, phase, words, blocks):
    """Write where a phase is.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        phase: its label.
        words: ``(8, Y / 8, X / 64, 8)`` uint64, zeros, scratch: words of rows of 8 layers.
        blocks: ``(Z / 8, Y / 8, X / 64 * 8, 8)`` uint64, written; bits past the ends of the axes are 0.
    """
    depth, height, width = labels.shape
    across = words.shape[2]
    # The address is taken once: numba counts references where it takes one, 10 ns that a word has not.
    address, last = labels.ctypes.data, labels.size - WORD
    scratch, out = words.ctypes.data, blocks.ctypes.data
    tiles = words.shape[1] * across
    rest = bit_words.inside(width, across - 1)
    for z in range(SIDE * blocks.shape[0]):
        layer = z % SIDE
        for y in range(height):
            voxel = (z * height + y) * width
            for w in range(across):
                bits = NONE
                if z < depth:
                    if voxel <= last:
                        bits = bit_words.equal_to(address + voxel, phase)
                    else:
                        bits = bit_words.equal_to_within(labels, voxel, phase)
                    if w == across - 1:
                        bits &= rest
                words[layer, y >> 3, w, y & ROWS] = bits
                voxel += WORD
        if layer == SIDE - 1:
            for tile in range(tiles):
                for k in range(SIDE):
                    rows = bit_blocks.load(scratch + (k * tiles + tile) * BLOCK)
                    bit_blocks.scatter(out + k * BYTES, BLOCK, bit_blocks.transposed(rows))
                out += SIDE * BLOCK


@kernel()
def unpack(blocks, words, out):
    """Write bits as booleans.

    Args:
        blocks: ``(Z / 8, Y / 8, X / 64 * 8, 8)`` uint64.
        words: ``(8, Y / 8, X / 64, 8)`` uint64, scratch.
        out: ``(Z, Y, X)`` bool, written.
    """
    depth, height, width = out.shape
    across = words.shape[2]
    address, scratch, source = out.ctypes.data, words.ctypes.data, blocks.ctypes.data
    tiles = words.shape[1] * across
    for z in range(depth):
        layer = z % SIDE
        if layer == 0:
            for tile in range(tiles):
                for k in range(SIDE):
                    rows = bit_blocks.gather(source + k * BYTES, BLOCK)
                    bit_blocks.store(scratch + (k * tiles + tile) * BLOCK, bit_blocks.transposed(rows))
                source += SIDE * BLOCK
        for y in range(height):
            begin = (z * height + y) * width
            for w in range(across):
                # What is written past the end of a row is overwritten by the next.
                start, word = begin + w * WORD, words[layer, y >> 3, w, y & ROWS]
                if start + WORD <= out.size:
                    bit_words.unpack(address + start, word)
                else:
                    for x in range(w * WORD, width):
                        out[z, y, x] = word >> np.uint64(x - w * WORD) & ONE != NONE


@kernel()
def flood(reached, missing, state, queue):
    """Grow the flood through the phase until it reaches no further voxel; box open on all sides.

    Args:
        reached: ``(Z / 8, Y / 8, X / 8, 8)`` uint64, what is reached, grown in place.
        missing: of the same shape, the other voxels of the phase, and the seeds, which are taken away; what is reached
            and not a seed does not grow.
        state: one uint8 per block, scratch.
        queue: one uint32 per block and one more, scratch.
    """
    depth, rows, columns, _ = reached.shape
    to, left = reached.ctypes.data, missing.ctypes.data
    block = 0
    for z in range(depth):
        for y in range(rows):
            around = (z > 0) | ((z < depth - 1) << 1) | ((y > 0) << 2) | ((y < rows - 1) << 3)
            for x in range(columns):
                bits, voxels = bit_blocks.load(to + block * BLOCK), bit_blocks.load(left + block * BLOCK)
                seeded = bit_blocks.some(bit_blocks.both(bits, voxels))
                if seeded:
                    bit_blocks.store(left + block * BLOCK, bit_blocks.without(voxels, bits))
                state[block] = around | ((x > 0) << 4) | ((x < columns - 1) << 5) | (np.int64(seeded) << 6)
                block += 1
    tail = head = np.int64(0)  # a bare 0 is a type of its own, for which `_visit` would be compiled as well
    for i in range(state.size):
        if state[i] & WAITING:
            tail = _visit(to, left, rows * columns, columns, state, queue, tail, i, i)
    while head != tail:
        i = np.int64(queue[head])
        head = head + 1 if head < state.size else 0
        tail = _visit(to, left, rows * columns, columns, state, queue, tail, i, state.size)


@inner()
def _visit(reached, missing, layer, row, state, queue, tail, i, end):
    """Fill a block, and hand what it reached to the blocks round it.

    Args:
        reached: address of the blocks.
        missing: likewise.
        layer: blocks in a layer.
        row: blocks in a row.
        state: per block, in bits 0 to 5 which blocks round it are in the box, in bit 6 whether it is to be visited.
        queue: blocks to be visited.
        tail: where the next one goes.
        i: the block.
        end: blocks from this one on are to be visited without being in the queue.

    Returns:
        The new tail.
    """
    there = state[i] & INSIDE
    state[i] = there
    bits, left = bit_blocks.load(reached + i * BLOCK), bit_blocks.load(missing + i * BLOCK)
    if bit_blocks.some(left):
        mask = bit_blocks.either(bits, left)
        bits = _filled(mask, bits)
        bit_blocks.store(reached + i * BLOCK, bits)
        bit_blocks.store(missing + i * BLOCK, bit_blocks.without(mask, bits))
    if there & 1:
        tail = _hand_on(reached, missing, state, queue, tail, i - layer, end, bit_blocks.to_z_before(bits))
    if there & 2:
        tail = _hand_on(reached, missing, state, queue, tail, i + layer, end, bit_blocks.to_z_after(bits))
    if there & 4:
        tail = _hand_on(reached, missing, state, queue, tail, i - row, end, bit_blocks.to_y_before(bits))
    if there & 8:
        tail = _hand_on(reached, missing, state, queue, tail, i + row, end, bit_blocks.to_y_after(bits))
    if there & 16:
        tail = _hand_on(reached, missing, state, queue, tail, i - 1, end, bit_blocks.to_x_before(bits))
    if there & 32:
        tail = _hand_on(reached, missing, state, queue, tail, i + 1, end, bit_blocks.to_x_after(bits))
    return tail


@inner()
def _filled(mask, bits):
    """All of a mask that is joined to some of its bits."""
    while True:
        further = bit_blocks.grown(mask, bit_blocks.grown(mask, bits))
        if not bit_blocks.some(bit_blocks.without(further, bits)):
            return further
        bits = further


@inner()
def _hand_on(reached, missing, state, queue, tail, i, end, bits):
    """Add what a block misses of some bits to it; if that is any, it is to be visited."""
    left = bit_blocks.load(missing + i * BLOCK)
    new = bit_blocks.both(bits, left)
    if bit_blocks.some(new):
        bit_blocks.store(missing + i * BLOCK, bit_blocks.without(left, new))
        bit_blocks.store(reached + i * BLOCK, bit_blocks.either(bit_blocks.load(reached + i * BLOCK), new))
        if state[i] & WAITING == 0:
            state[i] |= WAITING
            if i < end:
                queue[tail] = i
                return tail + 1 if tail < state.size else 0
    return tail


@kernel()
def dilate(bits, box, grown):
    """Write the voxels of a box whose bits are set, and all beside them across a face.

    Args:
        bits: ``(Z / 8, Y / 8, X / 8, 8)`` uint64.
        box: of the same shape, all voxels that there are.
        grown: of the same shape, written.
    """
    depth, rows, columns, _ = bits.shape
    source, whole, out = bits.ctypes.data, box.ctypes.data, grown.ctypes.data
    layer, row = rows * columns * BLOCK, columns * BLOCK
    place = 0
    for z in range(depth):
        for y in range(rows):
            for x in range(columns):
                own = bit_blocks.load(source + place)
                more = bit_blocks.either(own, bit_blocks.beside(own))
                if z > 0:
                    more = bit_blocks.either(more, bit_blocks.to_z_after(bit_blocks.load(source + place - layer)))
                if z < depth - 1:
                    more = bit_blocks.either(more, bit_blocks.to_z_before(bit_blocks.load(source + place + layer)))
                if y > 0:
                    more = bit_blocks.either(more, bit_blocks.to_y_after(bit_blocks.load(source + place - row)))
                if y < rows - 1:
                    more = bit_blocks.either(more, bit_blocks.to_y_before(bit_blocks.load(source + place + row)))
                if x > 0:
                    more = bit_blocks.either(more, bit_blocks.to_x_after(bit_blocks.load(source + place - BLOCK)))
                if x < columns - 1:
                    more = bit_blocks.either(more, bit_blocks.to_x_before(bit_blocks.load(source + place + BLOCK)))
                bit_blocks.store(out + place, bit_blocks.both(more, bit_blocks.load(whole + place)))
                place += BLOCK


@kernel()
def bits_set(words):
    """Number of bits of a flat array of words."""
    total = 0
    for word in words:
        total += np.int64(bit_words.count(word))
    return total
