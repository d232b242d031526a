"""Clearance: the distance from points of a lattice to the nearest voxel that is not of their phase."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Volume
from porenet_estimators.distance_kernels import add_axis, first_axis, scratch
from porenet_estimators.rank_kernels import distinct, look_up

Squares = NDArray[np.float32]
Owners = NDArray[np.uint8]
Ranks = NDArray[np.int32]


def clearances_of_all(volume: Volume, crossed: int | None = None, *, corners: bool) -> tuple[Squares, Owners]:
    """Squared distance from each point of a lattice to the nearest point of a closed voxel of another phase.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        crossed: the axis (0, 1, 2) at whose two ends paths start and stop.
        corners: whether the points are the corners of the voxels, instead of their centres.

    Returns:
        The squares, in squared units of the shortest voxel edge; for cubic voxels these are multiples of 1/4, which
        float32 holds exactly. Shape ``(Z, Y, X)`` for centres; for corners one more along each open axis and along the
        crossed one. 0 between voxels of several phases, infinite where nothing is an obstacle: beyond an open face
        nothing is. And the label of the phase of each point, `distance_kernels.MIXED` between several.
    """
    owners, squares = volume.labels, np.empty(0, np.float32)
    shortest_um = min(volume.grid.voxel_um)
    for i, (edge_um, wraps) in enumerate(zip(volume.grid.voxel_um, volume.grid.periodic, strict=True)):
        shape = list(owners.shape)
        blocks, voxels, columns = math.prod(shape[:i]), shape[i], math.prod(shape[i + 1 :])
        shape[i] = places = voxels + 1 if corners and (i == crossed or not wraps) else voxels
        new_squares = np.empty(shape, np.float32)
        half = edge_um / shortest_um / 2
        if i == 0:
            run = np.empty(columns, np.float32)
            first_axis(owners.reshape(voxels, columns), half, wraps, corners, run, new_squares.reshape(places, columns))
        else:
            gaps, *others = scratch(voxels, half, wraps=wraps, corners=corners)
            lines = owners.reshape(-1), squares.reshape(-1), (blocks, voxels, columns)
            add_axis(*lines, places, gaps, corners, *others, new_squares.reshape(-1))
        if corners:
            owners = _between(owners, i, places, wraps)
        squares = new_squares
    return squares, owners


def _between(owners: Owners, axis: int, places: int, wraps: bool) -> Owners:
    """Owners of the ends of voxels along an axis."""
    lines = np.moveaxis(owners, axis, 0)
    ends = np.empty((*owners.shape[:axis], places, *owners.shape[axis + 1 :]), np.uint8)
    of_lines = np.moveaxis(ends, axis, 0)
    of_lines[: len(lines)], of_lines[-1] = lines, lines[0 if wraps and places > len(lines) else -1]
    of_lines[1 : len(lines)] |= _mixed(lines[1:], lines[:-1])
    if wraps:
        of_lines[:: len(lines)] |= _mixed(lines[0], lines[-1])
    ends.flags.writeable = False  # as the labels of a volume: a kernel is compiled anew for arrays that are not
    return ends


def _mixed(first: Owners, second: Owners) -> Owners:
    """`distance_kernels.MIXED`, which has all bits, where two owners differ, otherwise 0."""
    mixed: Owners = np.negative((first != second).view(np.uint8))
    return mixed


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


def levels_of(lattices: Sequence[Squares]) -> Squares:
    """The clearances above 0 that occur in some lattices, ascending."""
    table = _table_of(lattices)
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


def shared_clearances(volume: Volume, crossed: int | None = None) -> tuple[Squares, Squares]:
    """The squares of `clearances_of_all` of the corners and of the centres; computed once for all metrics of a volume.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        crossed: as there.

    Returns:
        Read-only, 8 bytes per voxel.
    """
    crossed = crossed if crossed is not None and volume.grid.periodic[crossed] else None
    return volume.remembered(
        ("porenet_estimators", "clearances", crossed),
        lambda: (
            clearances_of_all(volume, crossed, corners=True)[0],
            clearances_of_all(volume, crossed, corners=False)[0],
        ),
    )


def ranked_clearances(volume: Volume, crossed: int | None = None) -> tuple[Ranks, Ranks, Squares]:
    """Ranks of the clearances of all phases; computed once for all metrics of a volume.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        crossed: as in `clearances_of_all`.

    Returns:
        Of the corners, of the centres, and the squared clearance of each rank; read-only, 8 bytes per voxel.
    """
    crossed = crossed if crossed is not None and volume.grid.periodic[crossed] else None
    return volume.remembered(("porenet_estimators", "ranked clearances", crossed), lambda: _ranked(volume, crossed))


def _ranked(volume: Volume, crossed: int | None) -> tuple[Ranks, Ranks, Squares]:
    (corners, centres), levels = ranked(shared_clearances(volume, crossed))
    return corners, centres, levels
