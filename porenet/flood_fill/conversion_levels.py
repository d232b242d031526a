"""How many voxels must be converted to a phase on the way from a face: a flood that takes one step off it at a time."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg"

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill import bit_words
from porenet.flood_fill.arguments import checked_labels, checked_periodic, checked_phase, face_bits
from porenet.flood_fill.axes import Face, axis_of, layer_of, opened
from porenet.flood_fill.bit_words import ONE, WORD
from porenet.flood_fill.phase_flood import Flood
from porenet.kernels import kernel

TOP = np.uint64(WORD - 1)


@dataclass(frozen=True, slots=True)
class Conversions:
    """Voxels to convert to a phase; all numbers are of voxels.

    Attributes:
        through: the fewest on a path from inlet to outlet, both ends counted.
        reachable: the fewest on a path to each voxel of the phase, summed over these voxels.
        voxels: those of the phase.
    """

    through: int
    reachable: int
    voxels: int


def conversions(
    labels: NDArray[np.uint8],
    phase: int,
    inlet: Face,
    outlet: Face,
    *,
    periodic: tuple[bool, bool, bool] = (False, False, False),
) -> Conversions:
    """Count the voxels to convert to a phase on paths across faces that begin in the layer at an inlet.

    Args:
        labels: ``(Z, Y, X)`` uint8.
        phase: its label.
        inlet: the face where paths begin.
        outlet: the face to be reached; the axes of both are taken as open.
        periodic: per axis (z, y, x), whether opposite faces of the array are neighbours.

    Returns:
        The numbers. The additional memory is half a byte per voxel.

    Raises:
        ValueError: bad input.
    """
    face_bits((inlet, outlet))
    volume, label = checked_labels(labels), checked_phase(phase)
    wraps = opened(checked_periodic(periodic), axis_of(inlet), axis_of(outlet))
    flood, width = Flood(volume, label, wraps), volume.shape[2]
    axis, first = layer_of(inlet)
    everywhere = np.empty_like(flood.masks)
    everywhere[:] = [bit_words.inside(width, word) for word in range(everywhere.shape[2])]
    reached = flood.reached(flood.masks, (inlet,))  # of the phase
    passed, grown = reached, np.empty_like(reached)
    voxels, count = bits_set(flood.masks), bits_set(reached)
    level = total = 0
    through = 0 if flood.layer(passed, outlet).any() else -1
    while through < 0 or count < voxels:
        level += 1
        dilate(passed, width, wraps, grown)
        if level == 1:
            np.moveaxis(grown, axis, 0)[first] |= flood.layer(everywhere, inlet)
        dilate(grown, width, wraps, reached)
        reached &= flood.masks
        if bits_set(reached) > count:  # all that was reached before is full
            flood.grow(flood.masks, reached)
            total += level * (bits_set(reached) - count)
            count = bits_set(reached)
        grown |= reached
        passed, grown = grown, np.empty_like(grown) if level == 1 else passed
        if through < 0 and flood.layer(passed, outlet).any():
            through = level
    return Conversions(through, total, voxels)


@kernel()
def bits_set(words):
    """Number of bits of an array of words."""
    total = 0
    for word in words.reshape(-1):
        total += int(bit_words.count(word))
    return total


@kernel()
def dilate(bits, width, wraps, grown):
    """Write the voxels of ``(Z, Y, W)`` bits and all beside them across a face."""
    depth, height, words = bits.shape
    last = np.uint64((width - 1) % WORD)
    for z in range(depth):
        for y in range(height):
            above, below = bits[z - 1 if z > 0 else depth - 1, y], bits[z + 1 if z < depth - 1 else 0, y]
            ahead, behind = bits[z, y - 1 if y > 0 else height - 1], bits[z, y + 1 if y < height - 1 else 0]
            row, new = bits[z, y], grown[z, y]
            for w in range(words):
                word = row[w]
                out = word | (word << ONE) | (word >> ONE)
                if z > 0 or wraps[0]:
                    out |= above[w]
                if z < depth - 1 or wraps[0]:
                    out |= below[w]
                if y > 0 or wraps[1]:
                    out |= ahead[w]
                if y < height - 1 or wraps[1]:
                    out |= behind[w]
                if w > 0:
                    out |= row[w - 1] >> TOP
                if w < words - 1:
                    out |= row[w + 1] << TOP
                new[w] = out
            if wraps[2]:
                new[0] |= row[words - 1] >> last & ONE
                new[words - 1] |= (row[0] & ONE) << last
            new[words - 1] &= bit_words.inside(width, words - 1)
