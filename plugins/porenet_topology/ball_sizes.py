"""Sizes of a phase by balls: in which of them each voxel lies, and which of them enter from a face."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray
from porenet_estimators.clearance import Ranks, Squares, clearances, ranked

from porenet.interface import Face, Undefined, Value, Volume, axis_of, layer_of, opened
from porenet_topology.ball_kernels import containing, drop_contained, paint
from porenet_topology.intrusion_kernels import widest_ways

ABSENT = Undefined("phase absent")
UNBOUNDED = Undefined("the phase fills the volume, so no ball is the largest")

QUANTILES = {"d10": 0.1, "d50": 0.5, "d90": 0.9}

BESIDE = np.array([step for step in itertools.product((0, 2), repeat=3) if any(step)])
BETWEEN = np.array([(1, 1, 1)])
"""Steps to the neighbours within a lattice, and to those in the other one, half voxels."""


def size_quantiles(volume: Volume, label: int, inlet: Face | None = None) -> dict[str, Value]:
    """Quantiles of the distribution of sizes in a phase, by volume.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        label: of the phase.
        inlet: face from which the balls enter; None for balls at any place.

    Returns:
        ``d10``, ``d50``, ``d90``, um: the diameter that so much of the phase does not exceed. `Undefined` where the
        phase is absent or fills the volume.
    """
    mask = volume.labels == label
    if not mask.any():
        return dict.fromkeys(QUANTILES, ABSENT)
    if mask.all():
        return dict.fromkeys(QUANTILES, UNBOUNDED)
    squares = squared_sizes(volume, label, inlet)[mask]
    places = [max(math.ceil(share * len(squares)) - 1, 0) for share in QUANTILES.values()]
    squares.partition(places)
    shortest_um = min(volume.grid.voxel_um)
    return {name: 2 * math.sqrt(squares[place]) * shortest_um for name, place in zip(QUANTILES, places, strict=True)}


def squared_sizes(volume: Volume, label: int, inlet: Face | None = None) -> Squares:
    """Squared radius of the largest ball within a phase that reaches each voxel.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        label: of a phase that is there and does not fill the volume.
        inlet: face from which the balls enter; None for balls at any place.

    Returns:
        ``(Z, Y, X)``, in squared units of the shortest voxel edge; 0 outside the phase, and where no ball enters.
    """
    grid = volume.grid
    crossed = None if inlet is None else layer_of(inlet)[0]
    halves = np.array(grid.voxel_um) / min(grid.voxel_um) / 2
    # Corners first: the list is indexed by `first`, half voxels from the end of a voxel to the point.
    lattices, levels = ranked([clearances(volume, label, crossed, corners=first == 0, walls=False) for first in (0, 1)])
    if inlet is not None:
        lattices = [_entered(ranks, len(levels), inlet, grid.periodic) for ranks in lattices]
    sizes = np.zeros(volume.labels.shape, np.int32)
    needed = [_needed(lattices, levels, first, halves, grid.periodic) for first in (0, 1)]
    corners, centres = lattices
    paint(corners, centres, needed[0], needed[1], levels, halves, grid.periodic, sizes)
    return levels[sizes]


def _entered(ranks: Ranks, levels: int, inlet: Face, periodic: tuple[bool, bool, bool]) -> Ranks:
    """Rank of the widest way from a face to each point."""
    axis, layer = layer_of(inlet)
    passes = np.zeros_like(ranks)
    start = layer % ranks.shape[axis]
    widest_ways(ranks, levels, axis, start, opened(periodic, axis_of(inlet)), passes)
    return passes


def _needed(
    lattices: list[Ranks],
    levels: Squares,
    first: int,
    halves: NDArray[np.float64],
    periodic: tuple[bool, bool, bool],
) -> NDArray[np.bool_]:
    """Which balls around the points of a lattice lie within no larger one around a point beside it."""
    needed = np.ones(lattices[first].shape, np.bool_)
    for shifts, others in ((BESIDE, lattices[first]), (BETWEEN, lattices[1 - first])):
        limits = np.zeros((len(shifts), len(levels)))
        containing(levels, first, halves, shifts, limits)
        drop_contained(lattices[first], levels, limits, shifts, others, first, periodic, needed)
    return needed
