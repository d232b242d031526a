"""Breakthrough: the largest ball that passes through a phase from face to face, the bottleneck of its widest way."""

from __future__ import annotations

import math

import numpy as np

from porenet import flood_fill
from porenet.interface import AXES, Axis, Undefined, Value, Volume, one_layer
from porenet_estimators.clearance import Squares, clearances_of_all, levels_of

UNBOUNDED = Undefined("the phase fills a volume without walls")


def breakthrough_diameters(volume: Volume, axis: Axis) -> list[Value]:
    """Diameter of the largest ball that passes through each phase from one face of an axis to the other.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        axis: the axis to be crossed.

    Returns:
        One per phase, um: 0 where no ball passes, `Undefined` where every ball does, and along an axis of one voxel.

    Raises:
        InputError: no such axis.
    """
    if thin := one_layer(volume, (axis,)):
        return [thin] * len(volume.grid.phases)
    grid, joined = volume.grid, volume.opened(axis)
    crossing = set(joined.phases[joined.spanning(axis)].tolist())
    if not grid.sides(axis) and any((volume.labels == label).all() for label in crossing):
        widest: dict[int, Value] = dict.fromkeys(crossing, UNBOUNDED)
    else:
        squared = dict.fromkeys(crossing, 0.0)
        for corners in (False, True) if crossing else ():
            squares, owners = clearances_of_all(volume, AXES.index(axis), corners=corners)
            for label in crossing:
                field = np.where(owners == label, squares, np.float32(0))
                squared[label] = max(squared[label], _highest_pass(field, axis, grid.periodic))
        widest = {label: 2 * math.sqrt(square) * min(grid.voxel_um) for label, square in squared.items()}
    return [widest.get(label, 0.0) for label in range(len(grid.phases))]


def _highest_pass(field: Squares, axis: Axis, periodic: tuple[bool, bool, bool]) -> float:
    """The largest value of the field at and above which it is joined from face to face of an axis; 0 if none is."""
    slices = field.max(axis=tuple(i for i, name in enumerate(AXES) if name != axis))
    levels = levels_of(field)
    levels = levels[levels <= slices.min()]
    # Every slice has to be crossed, so no path is higher than the lowest slice. Bisection takes about ten steps.
    below, above = -1, len(levels)
    while above - below > 1:
        middle = (below + above) // 2
        high = (field >= levels[middle]).astype(np.uint8)
        if flood_fill.spanning(high, 1, axis, periodic=periodic).any():
            below = middle
        else:
            above = middle
    return float(levels[below]) if below >= 0 else 0.0
