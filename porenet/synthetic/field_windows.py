"""Windows of real volumes: the boxes whose mean surface and connectivity fitted fields shall have."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.errors import InputError, argument
from porenet.flood_fill import components
from porenet.interface import Axis, Grid, Volume
from porenet.synthetic.squared_fields import surface_areas

LEAST_EDGE = 12
"""Voxels along the shortest edge of a window: three correlation lengths of four."""
_ACROSS = 3
"""Windows along the shortest edge of a volume, by default."""


@dataclass(frozen=True, slots=True)
class Windows:
    """What was measured on the windows of volumes.

    Attributes:
        shape: ``(Z, Y, X)`` of each, voxels.
        fractions: ``(N, P)`` volume fractions of the phases.
        surfaces: ``(N, P)`` surface areas by voxel faces, um^-1.
        connectivity: ``(P,)`` mean share of each phase that is joined from face to face, in windows that hold it.
    """

    shape: tuple[int, int, int]
    fractions: NDArray[np.float64]
    surfaces: NDArray[np.float64]
    connectivity: NDArray[np.float64]


def measured_windows(volumes: Sequence[Volume], window: Sequence[int] | None, axis: Axis, where: str) -> Windows:
    """Measure windows that cover the volumes, each half over the next.

    Args:
        volumes: all of one grid.
        window: ``(Z, Y, X)``, voxels; default: whole volumes if there are several, else cubes of a third of the
            shortest edge.
        axis: the axis along which a phase is joined from face to face.
        where: name of the function in messages.

    Raises:
        InputError: the window does not fit, or is too small to hold structure.
    """
    shape = _shape_of(volumes, window, where)
    grid = volumes[0].grid
    opened = Grid(grid.phases, grid.voxel_um)
    boxes = [box for volume in volumes for box in cut(volume.labels, shape)]
    fractions = np.array([np.bincount(box.ravel(), minlength=len(grid.phases)) / box.size for box in boxes])
    return Windows(
        shape,
        fractions,
        np.array([surface_areas(box, opened) for box in boxes]),
        mean_connectivity(boxes, len(grid.phases), axis),
    )


def cut(labels: NDArray[np.uint8], shape: Sequence[int]) -> list[NDArray[np.uint8]]:
    """Boxes of a shape that cover an array, evenly spaced, at least half over each other: no part counts much more."""
    starts = []
    for size, edge in zip(labels.shape, shape, strict=True):
        steps = 0 if size == edge else math.ceil(2 * (size - edge) / edge)
        starts.append(np.linspace(0, size - edge, steps + 1).round().astype(int))
    return [
        np.ascontiguousarray(labels[z : z + shape[0], y : y + shape[1], x : x + shape[2]])
        for z, y, x in itertools.product(*starts)
    ]


def mean_connectivity(boxes: Sequence[NDArray[np.uint8]], phases: int, axis: Axis) -> NDArray[np.float64]:
    """Share of each phase that is joined from face to face along an axis, mean of the boxes that hold it, ``(P,)``."""
    joined, held = np.zeros(phases), np.zeros(phases)
    for box in boxes:
        parts = components(box)
        voxels = np.bincount(parts.phases, weights=parts.sizes, minlength=phases)
        spanning = np.bincount(parts.phases, weights=parts.sizes * parts.spanning(axis), minlength=phases)
        joined += np.divide(spanning, voxels, out=np.zeros(phases), where=voxels > 0)
        held += voxels > 0
    return joined / np.maximum(held, 1)


def _shape_of(volumes: Sequence[Volume], window: Sequence[int] | None, where: str) -> tuple[int, int, int]:
    least = np.min([volume.labels.shape for volume in volumes], axis=0)
    if window is None:
        cube = max(LEAST_EDGE, math.ceil(min(least) / _ACROSS))
        sizes = tuple(least) if len(volumes) > 1 else (cube,) * 3
    else:
        sizes = tuple(window) if isinstance(window, Sequence) else ()
        if len(sizes) != 3 or not all(type(size) is int for size in sizes):
            raise InputError(
                f"three numbers of voxels (z, y, x) were expected, not {window!r}", where=argument("window", of=where)
            )
    if min(sizes) < LEAST_EDGE or any(np.array(sizes) > least):
        raise InputError(
            f"a window of {'x'.join(map(str, sizes))} voxels was expected to have {LEAST_EDGE} or more along each axis "
            f"and to lie inside volumes of {'x'.join(map(str, least))}",
            where=argument("window", of=where),
            fix="Take larger volumes, or another window.",
        )
    z, y, x = map(int, sizes)
    return z, y, x
