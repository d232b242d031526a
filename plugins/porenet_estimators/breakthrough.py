"""Breakthrough: the largest ball that passes through a phase from face to face, the bottleneck of its widest way."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from porenet import flood_fill
from porenet.interface import AXES, Axis, Undefined, Value, Volume, sides
from porenet_estimators.clearance import clearances

UNBOUNDED = Undefined("the phase fills a volume without walls")


def breakthrough_diameters(volume: Volume, axis: Axis) -> list[Value]:
    """Diameter of the largest ball that passes through each phase from one face of an axis to the other.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        axis: the axis to be crossed.

    Returns:
        One per phase, um: 0 where no ball passes, `Undefined` where every ball does.

    Raises:
        InputError: no such axis.
    """
    joined = volume.opened(axis)
    crossing = set(joined.phases[joined.spanning(axis)].tolist())
    return [_diameter(volume, label, axis) if label in crossing else 0.0 for label in range(len(volume.grid.phases))]


def _diameter(volume: Volume, label: int, axis: Axis) -> Value:
    """Breakthrough diameter of a phase that percolates, um."""
    grid, crossed = volume.grid, AXES.index(axis)
    if not sides(grid.periodic, axis) and (volume.labels == label).all():
        return UNBOUNDED
    squared = max(
        _highest_pass(clearances(volume, label, crossed, corners=corners), axis, grid.periodic)
        for corners in (False, True)
    )
    return 2 * math.sqrt(squared) * min(grid.voxel_um)


def _highest_pass(field: NDArray[np.float32], axis: Axis, periodic: tuple[bool, bool, bool]) -> float:
    """The largest value of the field at and above which it is joined from face to face of an axis; 0 if none is."""
    slices = field.max(axis=tuple(i for i, name in enumerate(AXES) if name != axis))
    levels = np.unique(field[(field > 0) & (field <= slices.min())])
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
