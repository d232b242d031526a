"""Volumes of a single layer, along which nothing can be crossed."""

from __future__ import annotations

from collections.abc import Sequence

from porenet.flood_fill.axes import AXES, Axis
from porenet.interface.components import Undefined
from porenet.interface.grid import Grid
from porenet.interface.volume import Volume


def one_layer(volume: Volume, axes: Sequence[Axis] | None = None) -> Undefined | None:
    """Why nothing crosses a volume along some axes, if one of them has a single voxel.

    A section, a grid of two dimensions, has no such axis.

    Args:
        volume: any labelled structure.
        axes: the axes; default: those of the grid that are open.

    Returns:
        None where all of them have more.
    """
    return thin_along(volume.grid, volume.labels.shape, axes)


def thin_along(grid: Grid, shape: Sequence[int], axes: Sequence[Axis] | None = None) -> Undefined | None:
    """`one_layer` of a structure of which the grid and the shape (Z, Y, X) are known."""
    if 1 not in shape:
        return None
    sizes = dict(zip(AXES, shape, strict=True))
    wraps = dict(zip(AXES, grid.periodic, strict=True))
    chosen = [axis for axis in grid.axes if not wraps[axis]] if axes is None else axes
    thin = [axis for axis in chosen if sizes[axis] == 1 and axis in grid.axes]
    return Undefined(f"one voxel thick along {' and '.join(thin)}") if thin else None
