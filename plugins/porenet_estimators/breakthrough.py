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
    near: dict[int, float] = volume.remembered(("porenet_estimators", "squares of the axis before"), dict)
    grid, joined = volume.grid, volume.opened(axis)
    crossing = set(joined.phases[joined.spanning(axis)].tolist())
    if not grid.sides(axis) and any((volume.labels == label).all() for label in crossing):
        widest: dict[int, Value] = dict.fromkeys(crossing, UNBOUNDED)
    else:
        ways = Ways(volume, axis) if crossing else None
        squares = {label: ways.widest(label, near.get(label)) for label in crossing if ways}
        near |= squares
        widest = {label: 2 * math.sqrt(square) * min(grid.voxel_um) for label, square in squares.items()}
    return [widest.get(label, 0.0) for label in range(len(grid.phases))]


class Steps:
    """Search for the last of some places that passes, from a place on.

    Args:
        first: the place to begin with.
        below: a place that passes, or -1.
        above: one that does not, or the number of places.
        close: whether the answer is thought to be near: steps then double until it is between two places.
    """

    def __init__(self, first: int, below: int, above: int, close: bool) -> None:
        self.below, self._above, self._ends = below, above, (below, above)
        self._step = 1 if close else above
        self._next = max(first, below + 1)

    @property
    def place(self) -> int | None:
        """The place to try, None at the end."""
        return self._next if self._above - self.below > 1 else None

    def take(self, *, passes: bool) -> None:
        """Note whether the place passes."""
        if passes:
            self.below = self._next
        else:
            self._above = self._next
        middle = (self.below + self._above) // 2
        lowest, size = self._ends
        if self._above == size:
            self._next = min(self.below + self._step, max(middle, self.below + 1))
        elif self.below == lowest:
            self._next = max(self._above - self._step, middle)
        else:
            self._next = middle
        self._step *= 2


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

    def widest(self, label: int, near: float | None) -> float:
        """The largest squared clearance at and above which a phase is joined from face to face; 0 if none is.

        Args:
            label: of the phase.
            near: a square where the search begins, such as that of another axis; None: in the middle.
        """
        below = -1  # of the squares, the largest that passes
        start = len(self._squares) // 2 if near is None else int(np.searchsorted(self._squares, near, "right")) - 1
        for squares, owners in self._lattices:
            within, room = owners == label, np.empty(squares.shape, np.bool_)
            # The second lattice only matters if it lets a larger ball through: that is asked first.
            first = start if below < 0 else below + 1
            steps = Steps(first, below, len(self._squares), near is not None or below >= 0)
            while (place := steps.place) is not None:
                self._write_room(squares, within, self._squares[place], room)
                steps.take(passes=self._joined(room))
            below = steps.below
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
