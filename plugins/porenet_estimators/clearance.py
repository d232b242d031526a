"""Clearance: the distance from points of a lattice to the nearest voxel that is not of their phase."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from porenet.interface import AXES, Volume
from porenet_estimators.distance_kernels import add_axis
from porenet_estimators.rank_kernels import distinct, look_up

Squares = NDArray[np.float32]
Owners = NDArray[np.uint8]
Ranks = NDArray[np.int32]


def clearances_of_all(
    volume: Volume, crossed: int | None = None, *, corners: bool, walls: bool = True
) -> tuple[Squares, Owners]:
    """Squared distance from each point of a lattice to the nearest point of a closed voxel of another phase.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        crossed: the axis (0, 1, 2) whose faces are never walls, and at whose two ends paths start and stop.
        corners: whether the points are the corners of the voxels, instead of their centres.
        walls: whether the open faces of the other axes are obstacles; never those of a section's plane.

    Returns:
        The squares, in squared units of the shortest voxel edge; for cubic voxels these are multiples of 1/4, which
        float32 holds exactly. Shape ``(Z, Y, X)`` for centres; for corners one more along each open axis and along the
        crossed one. 0 between voxels of several phases, infinite where nothing is an obstacle. And the label of the
        phase of each point, `distance_kernels.MIXED` between several.
    """
    owners, squares = volume.labels, np.full(volume.labels.shape, np.float32(np.inf))
    shortest_um = min(volume.grid.voxel_um)
    for i, (edge_um, wraps) in enumerate(zip(volume.grid.voxel_um, volume.grid.periodic, strict=True)):
        shape = list(owners.shape)
        blocks, size, columns = math.prod(shape[:i]), shape[i], math.prod(shape[i + 1 :])
        shape[i] = places = size + 1 if corners and (i == crossed or not wraps) else size
        new_owners, new_squares = np.empty(shape, np.uint8), np.empty(shape, np.float32)
        bounded = walls and not wraps and i != crossed and AXES[i] in volume.grid.axes
        lines = (blocks, places, columns)
        add_axis(
            owners.reshape(-1), squares.reshape(-1), columns, edge_um / shortest_um / 2, bounded, wraps, corners,
            new_owners.reshape(lines), new_squares.reshape(lines),
        )  # fmt: skip
        owners, squares = new_owners, new_squares
    return squares, owners


def clearances(volume: Volume, label: int, crossed: int | None = None, *, corners: bool, walls: bool = True) -> Squares:
    """The squares of `clearances_of_all` in one phase.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        label: of the phase.
        crossed: as there.
        corners: as there.
        walls: as there.

    Returns:
        As there; 0 at the points of other phases.
    """
    squares, owners = clearances_of_all(volume, crossed, corners=corners, walls=walls)
    squares[owners != label] = 0
    return squares


def ranked(lattices: Sequence[Squares]) -> tuple[list[Ranks], Squares]:
    """Rank of each clearance among all that occur.

    Args:
        lattices: squared clearances, any shapes.

    Returns:
        Ranks of the same shapes, 0 for no clearance, and the squared clearance of each rank, ascending from 0.
    """
    table = _table_of(lattices)
    levels = np.append(np.uint32(0), np.sort(table[table > 0]))
    rank_at = np.searchsorted(levels, table).astype(np.int32)
    ranks = [np.empty(squares.shape, np.int32) for squares in lattices]
    for squares, result in zip(lattices, ranks, strict=True):
        look_up(_bits(squares), table, rank_at, result.reshape(-1))
    return ranks, levels.view(np.float32)


def levels_of(squares: Squares) -> Squares:
    """The clearances above 0 that occur in a lattice, ascending."""
    table = _table_of([squares])
    return np.sort(table[table > 0].view(np.float32))


def _table_of(lattices: Sequence[Squares]) -> NDArray[np.uint32]:
    """Hash table of the clearances that occur, instead of a sort of all voxels: there are a few hundred with cubic
    voxels, some ten thousand with others.
    """
    size = 1 << 10
    table = np.zeros(size, np.uint32)
    while not all(distinct(_bits(squares), table) for squares in lattices):
        size *= 4
        table = np.zeros(size, np.uint32)
    return table


def _bits(squares: Squares) -> NDArray[np.uint32]:
    """The bits of floating-point numbers, which are in the order of the numbers where these are positive."""
    return np.ascontiguousarray(squares).reshape(-1).view(np.uint32)


def ranked_clearances(volume: Volume, crossed: int | None = None) -> tuple[Ranks, Ranks, Squares]:
    """Ranks of the clearances of all phases, without walls; computed once for all metrics of a volume.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        crossed: as in `clearances_of_all`.

    Returns:
        Of the corners, of the centres, and the squared clearance of each rank; read-only, 8 bytes per voxel.
    """
    crossed = crossed if crossed is not None and volume.grid.periodic[crossed] else None
    return volume.remembered(("porenet_topology", "ranked clearances", crossed), lambda: _ranked(volume, crossed))


def _ranked(volume: Volume, crossed: int | None) -> tuple[Ranks, Ranks, Squares]:
    (corners, centres), levels = ranked(
        [clearances_of_all(volume, crossed, corners=corners, walls=False)[0] for corners in (True, False)]
    )
    return corners, centres, levels
