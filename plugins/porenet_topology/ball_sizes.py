"""Sizes of all phases by balls: in which of them each voxel lies, and which of them enter from a face."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray
from porenet_estimators.clearance import Ranks, Squares, ranked_clearances
from porenet_estimators.rank_kernels import by_rank

from porenet.interface import Face, InputError, Undefined, Value, Volume, axis_of, layer_of, one_layer, opened
from porenet_topology.ball_kernels import ROUNDING, containing, drop_contained, paint
from porenet_topology.intrusion_kernels import widest_ways

ABSENT = Undefined("phase absent")
UNBOUNDED = Undefined("the phase fills the volume, so no ball is the largest")

QUANTILES = {"d10": 0.1, "d50": 0.5, "d90": 0.9}

MOST_POINTS = 2**31
"""What the int32 of `widest_ways` can number."""
BETWEEN = np.array(list(itertools.product((-1, 1), repeat=3)))
BESIDE = np.array(sorted((step for step in itertools.product((-2, 0, 2), repeat=3) if any(step)), key=np.linalg.norm))
"""Steps to the points of the other lattice around a point, and to those of its own, nearest first, half voxels."""


def size_quantiles(volume: Volume, inlet: Face | None = None) -> dict[str, dict[str, Value]]:
    """Quantiles of the distribution of sizes in each phase, by volume; computed once for each inlet.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        inlet: face from which the balls enter; None for balls at any place.

    Returns:
        For each phase ``d10``, ``d50``, ``d90``, um: the diameter that so much of the phase does not exceed.
        `Undefined` where it is absent or fills the volume, and with an inlet across whose axis there is one voxel.
    """
    grid = volume.grid
    if inlet is not None and (thin := one_layer(volume, (axis_of(inlet),))):
        return {phase: dict.fromkeys(QUANTILES, thin) for phase in grid.phases}
    present = np.bincount(volume.labels.reshape(-1), minlength=len(grid.phases))
    if present.max() == volume.labels.size:
        return {
            phase: dict.fromkeys(QUANTILES, UNBOUNDED if count else ABSENT)
            for phase, count in zip(grid.phases, present, strict=True)
        }
    counts, levels = volume.remembered(
        ("porenet_topology", "voxels by size", inlet), lambda: _voxels_by_size(volume, inlet)
    )
    return {
        phase: _quantiles(of_phase, 2 * np.sqrt(levels.astype(np.float64)) * min(grid.voxel_um))
        for phase, of_phase in zip(grid.phases, counts, strict=True)
    }


def _quantiles(counts: NDArray[np.int64], diameters_um: NDArray[np.float64]) -> dict[str, Value]:
    """Quantiles of diameters that are so frequent."""
    up_to = np.cumsum(counts)
    if up_to[-1] == 0:
        return dict.fromkeys(QUANTILES, ABSENT)
    return {
        name: float(diameters_um[np.searchsorted(up_to, max(math.ceil(share * int(up_to[-1])), 1))])
        for name, share in QUANTILES.items()
    }


def squared_sizes(volume: Volume, inlet: Face | None = None) -> Squares:
    """Squared radius of the largest ball within its phase that reaches each voxel.

    Args:
        volume: any labelled structure of at least two phases, ``(Z, Y, X)``.
        inlet: face from which the balls enter; None for balls at any place.

    Returns:
        ``(Z, Y, X)``, in squared units of the shortest voxel edge; 0 where no ball enters.
    """
    sizes = np.zeros(volume.labels.shape, np.int32)
    _, levels = _voxels_by_size(volume, inlet, sizes)
    return levels[sizes]


def _voxels_by_size(
    volume: Volume, inlet: Face | None, sizes: Ranks | None = None
) -> tuple[NDArray[np.int64], Squares]:
    """Voxels of each phase and rank of size, and the squared radius of each rank.

    If ``sizes`` are given, the rank of each voxel is written there.
    """
    grid, labels = volume.grid, volume.labels
    halves = np.array(grid.voxel_um) / min(grid.voxel_um) / 2
    needed, levels = _needed_balls(volume, inlet, halves)
    counts = np.zeros((len(grid.phases), len(levels)), np.int64)
    depth, height, width = labels.shape
    written = np.zeros(depth * height * -(-width // 64), np.uint64)
    flat = np.zeros(0, np.int32) if sizes is None else sizes.reshape(-1)
    sorted_balls = [(*by_rank(ranks.reshape(-1), len(levels)), *ranks.shape[1:]) for ranks in needed]
    paint(*sorted_balls, levels, halves, grid.periodic, labels, written, counts, flat)
    counts[:, 0] = np.bincount(labels.reshape(-1), minlength=len(counts)) - counts.sum(axis=1)
    return counts, levels


def _needed_balls(volume: Volume, inlet: Face | None, halves: NDArray[np.float64]) -> tuple[list[Ranks], Squares]:
    """Rank of each ball, of corners and of centres, that lies within no larger one around a point beside it."""
    grid = volume.grid
    # Corners first: the list is indexed by `first`, half voxels from the end of a voxel to the point.
    *lattices, levels = ranked_clearances(volume, None if inlet is None else layer_of(inlet)[0])
    if inlet is not None:
        # Two corners beside one another have a voxel in common, hence one phase or no room.
        alike = np.zeros(lattices[0].shape, np.uint8)
        alike.flags.writeable = False  # as labels are: a kernel is compiled anew for arrays that are not
        owners = (alike, volume.labels)
        lattices = [
            _entered(ranks, of_points, len(levels), inlet, grid.periodic)
            for ranks, of_points in zip(lattices, owners, strict=True)
        ]
    around = [_surrounded(ranks, volume.labels.shape, grid.periodic) for ranks in lattices]
    needed = [np.empty(ranks.shape, np.int32) for ranks in lattices]
    for first in (0, 1):
        own, other = around[first], around[1 - first]
        drop_contained(
            own.reshape(-1),
            other.reshape(-1),
            np.array(own.shape[1:] + other.shape[1:]),
            _jumps(BESIDE // 2, own),
            _least_ranks(levels, first, halves, BESIDE),
            _jumps((BETWEEN + 2 * first - 1) // 2, other),  # corner i is at 2 i half voxels, centre i at 2 i + 1
            _least_ranks(levels, first, halves, BETWEEN),
            needed[first],
        )
    return needed, levels


def _jumps(steps: NDArray[np.int64], points: Ranks) -> NDArray[np.int64]:
    """``(S,)``: places between the points of a flattened lattice that are ``(S, 3)`` steps apart."""
    _, height, width = points.shape
    jumps: NDArray[np.int64] = (steps[:, 0] * height + steps[:, 1]) * width + steps[:, 2]
    return jumps


def _entered(
    ranks: Ranks, owners: NDArray[np.uint8], levels: int, inlet: Face, periodic: tuple[bool, bool, bool]
) -> Ranks:
    """Rank of the widest way from a face to each point."""
    if ranks.size > MOST_POINTS:
        raise InputError(
            f"{ranks.size} points are too many: ways are counted for at most {MOST_POINTS}",
            where="intrusion",
            fix="Measure parts of the volume.",
        )
    axis, layer = layer_of(inlet)
    passes = np.zeros_like(ranks)
    start = layer % ranks.shape[axis]
    widest_ways(ranks, owners, levels, axis, start, opened(periodic, axis_of(inlet)), passes)
    return passes


def _surrounded(ranks: Ranks, shape: tuple[int, ...], periodic: tuple[bool, bool, bool]) -> Ranks:
    """The points of a lattice within a layer of others: none, or along a periodic axis those that follow there."""
    around = np.pad(ranks, 1)
    for axis, (size, wraps) in enumerate(zip(shape, periodic, strict=True)):
        if wraps:
            layers = np.moveaxis(around, axis, 0)
            layers[0], layers[-1] = layers[size], layers[len(layers) - 1 - size]
    return around


def _least_ranks(
    levels: Squares, first: int, halves: NDArray[np.float64], steps: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Rank from which on a ball a step away holds a ball of each rank; ``(steps, levels)``."""
    shifts, kinds = np.unique(np.abs(steps), axis=0, return_inverse=True)
    limits = np.zeros((len(shifts), len(levels)))
    containing(levels, first, halves, shifts, limits)
    squares = levels.astype(np.float64)
    least = np.searchsorted(ROUNDING * squares, np.maximum(limits, squares), side="right")
    return least.astype(np.int32)[kinds.reshape(-1)]
