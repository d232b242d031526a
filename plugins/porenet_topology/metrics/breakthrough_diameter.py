"""Breakthrough diameter: the largest ball that passes through a phase from face to face."""

from __future__ import annotations

import math

import numpy as np

from porenet import flood_fill
from porenet.interface import AXES, Axis, Undefined, Value, Volume, sides
from porenet_topology.clearance import Squares, clearances_of_all, levels_of

UNBOUNDED = Undefined("the phase fills a volume without walls")


def breakthrough_diameter(volume: Volume, *, axis: Axis = "z") -> dict[str, Value]:
    """Diameter of the largest ball that passes through each phase from one face of an axis to the other.

    The ball stays in the closed voxels of the phase while its centre goes from voxel centre to voxel centre, or from
    voxel corner to voxel corner, across faces or along edges (6-connectivity), whichever lets the larger ball through.
    A ball of this diameter does pass, so the value is above 0 exactly if the phase percolates; a straight channel w
    voxels wide gives w voxel edges, odd or even. A channel oblique to the grid reads about one to three voxels less
    than the smooth one that was cut into voxels, because its walls are stairs and the centre follows a staircase too;
    compare values at one voxel size.

    The sides of the box count as walls, because the structure beyond them is unknown: on boxes of 32 voxels cut out of
    a periodic plurigaussian (correlation length 5 voxels) the value is 0.3 voxels lower than with the true
    surroundings; with open sides it would be 0.2 voxels higher. The two faces that the ball passes are not walls, nor
    are those of a periodic axis, beyond which the volume continues. The path itself wraps around the other periodic
    axes, but not around the measured one, whose faces it has to reach.

    The Percolation Path of https://geodict-userguide.math2market.de/2025/porodict_path.html is another implementation
    of the maximin of a distance map along paths across voxel faces.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        axis: the axis to be crossed.

    Returns:
        ``P.breakthrough_diameter`` for each phase P, um: 0 where no ball passes, because the phase is absent or does
        not percolate; `Undefined` where every ball does, because the phase fills a volume without walls.

    Raises:
        InputError: no such axis.
    """
    grid, joined = volume.grid, volume.opened(axis)
    crossing = set(joined.phases[joined.spanning(axis)].tolist())
    if not sides(grid.periodic, axis) and any((volume.labels == label).all() for label in crossing):
        widest: dict[int, Value] = dict.fromkeys(crossing, UNBOUNDED)
    else:
        squared = dict.fromkeys(crossing, 0.0)
        for corners in (False, True) if crossing else ():
            squares, owners = clearances_of_all(volume, AXES.index(axis), corners=corners)
            for label in crossing:
                field = np.where(owners == label, squares, np.float32(0))
                squared[label] = max(squared[label], _highest_pass(field, axis, grid.periodic))
        widest = {label: 2 * math.sqrt(square) * min(grid.voxel_um) for label, square in squared.items()}
    return {f"{phase}.breakthrough_diameter": widest.get(label, 0.0) for label, phase in enumerate(grid.phases)}


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
