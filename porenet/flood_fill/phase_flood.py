"""The flood of one phase from faces of the box, 8 x 8 x 8 voxels at a time."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill import phase_flood_kernels
from porenet.flood_fill.axes import FACES, Face, layer_of, opposite
from porenet.flood_fill.bit_blocks import SIDE
from porenet.flood_fill.bit_words import ALL, WORD

Blocks = NDArray[np.uint64]
"""``(Z / 8, Y / 8, X / 64 * 8, 8)`` uint64, rounded up: bit 8 y + x of word z of a block stands for a voxel."""

_FIRSTS = 0x0101010101010101
_LAYER = ALL, np.uint64(0xFF), np.uint64(_FIRSTS)
"""By axis: the bits of layer 0 of a block."""
_STEP = 0, SIDE, 1
_NO_SHIFT = np.uint64(0)
_LINE = 64
"""Bytes of a line of the cache."""


class Layer(NamedTuple):
    """The words in which a layer of the box lies, a view.

    Attributes:
        words: of each block, or of each layer of each block.
        shift: place of its bits in a word.
        bits: which bits are its.
    """

    words: NDArray[np.uint64]
    shift: np.uint64
    bits: np.uint64

    def at_0(self) -> NDArray[np.uint64]:
        """The bits of the layer, moved to where those of layer 0 of a block are."""
        return (self.words & self.bits) >> self.shift


class Flood:
    """One phase of a volume as bits, and its flood from faces of the box.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        phase: its label.
        periodic: per axis (z, y, x), whether opposite faces are neighbours.

    Attributes:
        masks: where the phase is.
    """

    def __init__(self, labels: NDArray[np.uint8], phase: int, periodic: tuple[bool, bool, bool]) -> None:
        depth, height, width = self._shape = labels.shape
        self._periodic = periodic
        layers, rows, words = -(-depth // SIDE), -(-height // SIDE), -(-width // WORD)
        shape = layers, rows, words * SIDE, SIDE
        store = _aligned((2 * layers + 1, *shape[1:]))
        self.masks, self._missing = store[:layers], store[layers:-1]
        self._rows = store[-1].reshape(SIDE, rows, words, SIDE)
        self._rows.fill(0)
        phase_flood_kernels.pack(labels, np.uint8(phase), self._rows, self.masks)

    def reached(self, within: Blocks, faces: Collection[Face]) -> Blocks:
        """Voxels of ``within`` that are joined to any of the named faces through ``within``."""
        seeds = _aligned(within.shape)
        seeds.fill(0)
        for face in faces:
            self.add_layer(seeds, within, face)
        self.grow(within, seeds)
        return seeds

    def layer(self, bits: Blocks, face: Face) -> Layer:
        """The layer at a face."""
        axis, end = layer_of(face)
        block, place = divmod(self._shape[axis] - 1, SIDE) if end else (0, 0)
        if axis == 0:
            return Layer(bits[block, :, :, place], _NO_SHIFT, ALL)
        shift = np.uint64(place * _STEP[axis])
        return Layer(bits[:, block] if axis == 1 else bits[:, :, block], shift, _LAYER[axis] << shift)

    def add_layer(self, bits: Blocks, other: Blocks, face: Face) -> None:
        """Add the voxels of others that lie in the layer at a face."""
        words, _, layer = self.layer(bits, face)
        words |= self.layer(other, face).words & layer

    def grow(self, within: Blocks, seeds: Blocks) -> None:
        """Grow seeds, which lie within, through ``within`` until they reach no further voxel."""
        count = within.size // SIDE
        missing = self._missing
        np.copyto(missing, within)
        state, queue = np.empty(count, np.uint8), np.empty(count + 1, np.uint32)
        phase_flood_kernels.flood(seeds, missing, state, queue)
        while any(self._periodic) and self._carry_across(seeds, seeds, missing):
            phase_flood_kernels.flood(seeds, missing, state, queue)

    def _carry_across(self, bits: Blocks, grown: Blocks, room: Blocks) -> bool:
        """Add to ``grown`` what of ``room`` is beside ``bits`` through periodic faces; returns whether that is any."""
        some = False
        for face in FACES:
            if self._periodic[layer_of(face)[0]]:
                words, shift, _ = self.layer(grown, face)
                coming = self.layer(bits, opposite(face)).at_0()
                coming <<= shift
                coming &= self.layer(room, face).words
                words |= coming
                some = some or bool(coming.any())
        return some

    def dilated(self, bits: Blocks, box: Blocks) -> Blocks:
        """The voxels of ``bits`` and all beside them, of those of the box."""
        grown = _aligned(bits.shape)
        phase_flood_kernels.dilate(bits, box, grown)
        self._carry_across(bits, grown, box)
        return grown

    def box(self) -> Blocks:
        """All voxels that there are."""
        inside = [
            np.clip(side - SIDE * np.arange(blocks), 0, SIDE)
            for side, blocks in zip(self._shape, self.masks.shape, strict=False)
        ]
        layers, rows, columns = (counts.astype(np.uint64) for counts in inside)
        bytes_of_rows = np.array([_FIRSTS & (1 << SIDE * row) - 1 for row in range(SIDE + 1)], np.uint64)[rows]
        words = bytes_of_rows[:, None] * ((np.uint64(1) << columns) - np.uint64(1))
        return np.where(np.arange(SIDE) < layers[:, None, None, None], words[:, :, None], np.uint64(0))

    def voxels(self, bits: Blocks) -> NDArray[np.bool_]:
        """The voxels of blocks, ``(Z, Y, X)`` bool."""
        out = np.empty(self._shape, np.bool_)
        phase_flood_kernels.unpack(bits, self._rows, out)
        return out


def _aligned(shape: tuple[int, ...]) -> Blocks:
    """Blocks, not written yet, each within one line of the cache."""
    words = math.prod(shape)
    store = np.empty(words + _LINE // 8 - 1, np.uint64)
    first = -store.__array_interface__["data"][0] % _LINE // 8
    return store[first : first + words].reshape(shape)
