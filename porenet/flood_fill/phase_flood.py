"""The flood of one phase from faces of the box, 64 voxels at a time."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill import phase_flood_kernels
from porenet.flood_fill.axes import Face, layer_of
from porenet.flood_fill.bit_words import WORD

_ONE = np.uint64(1)


class Flood:
    """One phase of a volume as bits, and its flood from faces of the box.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        phase: its label.
        periodic: per axis (z, y, x), whether opposite faces are neighbours.

    Attributes:
        masks: ``(Z, Y, W)`` uint64, where the phase is: bit i of word w stands for voxel 64 w + i of a row.
    """

    def __init__(self, labels: NDArray[np.uint8], phase: int, periodic: tuple[bool, bool, bool]) -> None:
        depth, height, width = self._shape = labels.shape
        self._periodic = periodic
        self._last = np.uint64((width - 1) % WORD)  # bit of the last voxel of a row in its last word
        self.masks = np.empty((depth, height, -(-width // WORD)), np.uint64)
        phase_flood_kernels.pack(labels, np.uint8(phase), self.masks)

    def reached(self, within: NDArray[np.uint64], faces: Collection[Face]) -> NDArray[np.uint64]:
        """``(Z, Y, W)`` uint64: voxels of ``within`` that are joined to any of the named faces through ``within``."""
        seeds = np.zeros_like(within)
        for face in faces:
            axis, layer = layer_of(face)
            np.moveaxis(seeds, axis, 0)[layer] |= self.layer(within, face)
        self.grow(within, seeds)
        return seeds

    def layer(self, bits: NDArray[np.uint64], face: Face) -> NDArray[np.uint64]:
        """The words of the layer at a face, with the bits of its voxels."""
        axis, layer = layer_of(face)
        words: NDArray[np.uint64] = np.moveaxis(bits, axis, 0)[layer]
        return words if axis < 2 else words & (_ONE if layer == 0 else _ONE << self._last)

    def grow(self, within: NDArray[np.uint64], seeds: NDArray[np.uint64]) -> None:
        """Grow seeds, which lie within, through ``within`` until they reach no further voxel."""
        self._grow(within, seeds)
        while self._carry_across(within, seeds):
            self._grow(within, seeds)

    def _grow(self, within: NDArray[np.uint64], reached: NDArray[np.uint64]) -> None:
        scratch = (
            np.empty(within.size, np.uint8),
            np.empty(within.size + 1, np.uint32),
            np.zeros(within.size, np.uint64),
        )
        phase_flood_kernels.flood(within.reshape(-1), reached.reshape(-1), within.shape, *scratch)

    def voxels(self, bits: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """The voxels of a ``(Z, Y, W)`` bit mask, ``(Z, Y, X)`` bool."""
        out = np.empty(self._shape, np.bool_)
        phase_flood_kernels.unpack(bits, out)
        return out

    def _carry_across(self, within: NDArray[np.uint64], reached: NDArray[np.uint64]) -> bool:
        """Carry the flood through the periodic faces of the box; returns whether any voxel was new."""
        new = False
        for axis in range(3):
            if not self._periodic[axis]:
                continue
            mask, flood = np.moveaxis(within, axis, 0), np.moveaxis(reached, axis, 0)
            for here, there in ((0, -1), (-1, 0)):
                coming = flood[there].copy()
                if axis == 2:
                    coming = coming >> self._last & _ONE if here == 0 else (coming & _ONE) << self._last
                grown = coming & mask[here] & ~flood[here]
                flood[here] |= grown
                new = new or bool(grown.any())
        return new
