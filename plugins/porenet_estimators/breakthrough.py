"""Breakthrough: the largest ball that passes through a phase from face to face, the bottleneck of its widest way."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from porenet import flood_fill
from porenet.interface import AXES, Axis, Undefined, Value, Volume, faces_of, one_layer, opened
from porenet_estimators.clearance import Owners, Squares, levels_of, shared_clearances

UNBOUNDED = Undefined("the phase fills a volume without walls")

MOST_QUARTERS = 1 << 16
"""Squares that are searched although few of them occur; to find those that do takes as long as several searches."""


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
    return list(volume.remembered(("porenet_estimators", "breakthrough", axis), lambda: _diameters(volume, axis)))


def _diameters(volume: Volume, axis: Axis) -> list[Value]:
    grid, joined = volume.grid, volume.opened(axis)
    crossing = set(joined.phases[joined.spanning(axis)].tolist())
    if not grid.sides(axis) and any((volume.labels == label).all() for label in crossing):
        widest: dict[int, Value] = dict.fromkeys(crossing, UNBOUNDED)
    else:
        ways = Ways(volume, axis) if crossing else None
        widest = {label: 2 * math.sqrt(ways.widest(label)) * min(grid.voxel_um) for label in crossing if ways}
    return [widest.get(label, 0.0) for label in range(len(grid.phases))]


class Ways:
    """Ways across a volume on the centres and on the corners of its voxels, where balls of one size have room.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        axis: the axis to be crossed; the open faces of the others are walls, but those of a section's plane.
    """

    def __init__(self, volume: Volume, axis: Axis) -> None:
        self._volume, self._axis = volume, axis
        corners, centres = shared_clearances(volume, AXES.index(axis))
        self._lattices = [(centres, volume.labels), (corners, _of_corners(volume.labels, corners.shape))]
        walls = [square for squares, _ in self._lattices for square in self._walls(squares.shape).values()]
        self._squares = np.unique(np.concatenate([_levels(volume, (corners, centres)), *walls]))

    def widest(self, label: int) -> float:
        """The largest squared clearance at and above which a phase is joined from face to face; 0 if none is."""
        below = -1  # of the squares, the largest that passes
        for squares, owners in self._lattices:
            within, room, above = owners == label, np.empty(squares.shape, np.bool_), len(self._squares)
            # The second lattice only matters if it lets a larger ball through: that is asked first.
            middle = below + 1 if below >= 0 else (below + above) // 2
            while above - below > 1:
                self._write_room(squares, within, self._squares[middle], room)
                if self._joined(room):
                    below = middle
                else:
                    above = middle
                middle = (below + above) // 2
        return float(self._squares[below]) if below >= 0 else 0.0

    def _write_room(
        self, squares: Squares, within: NDArray[np.bool_], square: np.float32, room: NDArray[np.bool_]
    ) -> None:
        """Write where points of a phase have room for a ball of a squared radius."""
        np.greater_equal(squares, square, out=room)
        np.logical_and(room, within, out=room)
        for i, walls in self._walls(room.shape).items():
            close = -(-int(np.count_nonzero(walls < square)) // 2)  # as many at both ends
            if close:
                along = np.moveaxis(room, i, 0)
                along[:close] = along[len(along) - close :] = False

    def _joined(self, room: NDArray[np.bool_]) -> bool:
        periodic = opened(self._volume.grid.periodic, self._axis)
        reached = flood_fill.reachable(room.view(np.uint8), 1, faces_of(self._axis)[:1], periodic=periodic)
        return bool(reached.take(-1, AXES.index(self._axis)).any())

    def _walls(self, shape: tuple[int, ...]) -> dict[int, Squares]:
        """Squared distance of the places along each axis with walls to the nearer one, by the axis."""
        grid = self._volume.grid
        distances: dict[int, Squares] = {}
        for i, (voxels, places, edge_um) in enumerate(
            zip(self._volume.labels.shape, shape, grid.voxel_um, strict=True)
        ):
            if AXES[i] != self._axis and AXES[i] in grid.axes and not grid.periodic[i]:
                half = edge_um / min(grid.voxel_um) / 2
                halves = 2 * np.arange(places) + (places == voxels)
                nearer = np.minimum(halves, 2 * voxels - halves)
                distances[i] = (half * half * nearer**2).astype(np.float32)
        return distances


def _levels(volume: Volume, lattices: tuple[Squares, Squares]) -> Squares:
    """Squares among which are all that occur, ascending; for whole ratios of voxel edges these are quarters."""
    largest = max(float(squares.max()) for squares in lattices)
    edges = volume.grid.voxel_um
    if largest <= MOST_QUARTERS / 4 and all((edge / min(edges)).is_integer() for edge in edges):
        return np.arange(1, 4 * largest + 1, dtype=np.float32) / np.float32(4)
    return levels_of(lattices)


def _of_corners(labels: Owners, shape: tuple[int, ...]) -> Owners:
    """Label of a voxel beside each corner of a lattice; where a ball has room all have the same."""
    return np.pad(labels, [(0, places - voxels) for places, voxels in zip(shape, labels.shape, strict=True)], "edge")
