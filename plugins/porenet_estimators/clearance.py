"""Clearance: the distance from points of a lattice to the nearest voxel that is not of a phase."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Volume
from porenet_estimators.distance_kernels import add_axis

Squares = NDArray[np.float32]
Ranks = NDArray[np.int32]


def clearances(volume: Volume, label: int, crossed: int | None = None, *, corners: bool, walls: bool = True) -> Squares:
    """Squared distance from each point of a lattice to the nearest point of a closed voxel that is not of a phase.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        label: of the phase.
        crossed: the axis (0, 1, 2) whose faces are never walls, and at whose two ends paths start and stop.
        corners: whether the points are the corners of the voxels, instead of their centres.
        walls: whether the open faces of the other axes are obstacles.

    Returns:
        In squared units of the shortest voxel edge; for cubic voxels these are multiples of 1/4, which float32 holds
        exactly. Shape ``(Z, Y, X)`` for centres; for corners one more along each open axis and along the crossed one.
        Infinite where nothing is an obstacle.
    """
    field = np.where(volume.labels == label, np.float32(np.inf), np.float32(0))
    shortest_um = min(volume.grid.voxel_um)
    for i, (edge_um, wraps) in enumerate(zip(volume.grid.voxel_um, volume.grid.periodic, strict=True)):
        field = np.ascontiguousarray(field.swapaxes(i, 2))
        size = field.shape[2]
        places = size + 1 if corners and (i == crossed or not wraps) else size
        distances = np.empty((*field.shape[:2], places), np.float32)
        bounded = walls and not wraps and i != crossed
        half = edge_um / shortest_um / 2
        add_axis(field.reshape(-1, size), half, bounded, wraps, 0 if corners else 1, distances.reshape(-1, places))
        field = distances.swapaxes(i, 2)
    return np.ascontiguousarray(field)


def ranked(lattices: list[Squares]) -> tuple[list[Ranks], Squares]:
    """Rank of each clearance among all that occur.

    Args:
        lattices: squared clearances, any shapes.

    Returns:
        Ranks of the same shapes, 0 for no clearance, and the squared clearance of each rank, ascending from 0.
    """
    levels = np.unique(np.concatenate([np.zeros(1, np.float32), *(np.unique(squares) for squares in lattices)]))
    return [np.searchsorted(levels, squares).astype(np.int32) for squares in lattices], levels
