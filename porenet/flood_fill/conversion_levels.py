"""How many voxels must be converted to a phase on the way from a face: a flood that takes one step off it at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill.arguments import checked_labels, checked_periodic, checked_phase, face_bits
from porenet.flood_fill.axes import Face, axis_of, opened
from porenet.flood_fill.phase_flood import Blocks, Flood
from porenet.flood_fill.phase_flood_kernels import bits_set


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
        The numbers. The additional memory is a byte per voxel.

    Raises:
        ValueError: bad input.
    """
    face_bits((inlet, outlet))
    volume, label = checked_labels(labels), checked_phase(phase)
    wraps = opened(checked_periodic(periodic), axis_of(inlet), axis_of(outlet))
    flood = Flood(volume, label, wraps)
    everywhere, passed = flood.box(), flood.reached(flood.masks, (inlet,))
    voxels, count = _size(flood.masks), _size(passed)
    level = total = 0
    through = 0 if flood.layer(passed, outlet).at_0().any() else -1
    while through < 0 or count < voxels:
        level += 1
        grown = flood.dilated(passed, everywhere)
        if level == 1:
            flood.add_layer(grown, everywhere, inlet)
        reached = flood.dilated(grown, everywhere)
        reached &= flood.masks
        if _size(reached) > count:  # all that was reached before is full
            flood.grow(flood.masks, reached)
            total += level * (_size(reached) - count)
            count = _size(reached)
        grown |= reached
        passed = grown
        if through < 0 and flood.layer(passed, outlet).at_0().any():
            through = level
    return Conversions(through, total, voxels)


def _size(bits: Blocks) -> int:
    return int(bits_set(bits.reshape(-1)))
