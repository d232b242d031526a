"""Sections of a volume: layers across one of its axes."""

from __future__ import annotations

import dataclasses
import math
from numbers import Integral

from porenet.errors import InputError, argument
from porenet.flood_fill.axes import AXES
from porenet.interface.grid import Grid
from porenet.interface.volume import Volume


def section_grid(grid: Grid, normal: str) -> Grid:
    """The grid of the sections across an axis: two dimensions, the other two axes in their order.

    Args:
        grid: of the volume; that of a section is its own across z.
        normal: ``z``, ``y`` or ``x``.

    Raises:
        InputError: there is no such axis, or the grid has two dimensions and no section across it.
    """
    first, second = in_plane(normal)
    if grid.dims == 2:
        if normal != "z":
            raise InputError(f"a section has no sections across {normal}", where=argument("normal"))
        return grid
    y, x, wraps = grid.voxel_um[first], grid.voxel_um[second], grid.periodic
    inside = (math.sqrt(y) * math.sqrt(x), y, x)
    return dataclasses.replace(grid, voxel_um=inside, periodic=(False, wraps[first], wraps[second]), dims=2)


def section(volume: Volume, normal: str, layer: int) -> Volume:
    """One layer of a volume as a section, ``(A, B)``: A and B are its other two axes in their order.

    Args:
        volume: the volume.
        normal: axis that the layer lies across.
        layer: its number; below 0 from the end.

    Raises:
        InputError: there is no such axis or layer.
    """
    first, second = in_plane(normal)
    axis, shape = AXES.index(normal), volume.labels.shape
    if isinstance(layer, bool) or not isinstance(layer, Integral) or not -shape[axis] <= layer < shape[axis]:
        raise InputError(
            f"the volume has layers 0 to {shape[axis] - 1} across {normal}, not {layer!r}", where=argument("layer")
        )
    labels = volume.labels.take([int(layer)], axis=axis).reshape(shape[first], shape[second])
    return Volume(labels, section_grid(volume.grid, normal))


def in_plane(normal: str) -> tuple[int, int]:
    """Numbers of the two axes of a section, in their order.

    Raises:
        InputError: there is no such axis.
    """
    if normal not in AXES:
        raise InputError(f"'z', 'y' or 'x' was expected, not {normal!r}", where=argument("normal"))
    first, second = (axis for axis in range(3) if AXES[axis] != normal)
    return first, second
