"""Two-point probability S2: that two points a given distance apart along an axis both lie in a phase."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from porenet.interface import AXES, Axis, InputError, Undefined, Value, Volume

SLAB = 1 << 20
"""Voxels compared at a time: what stays in cache while every lag of an axis is counted."""


def two_point_probability(
    volume: Volume,
    *,
    axis: Axis | None = None,
    lags_um: tuple[Annotated[float, Ge(0)], ...] | None = None,
) -> dict[str, Value]:
    """Probability, for each phase, that two points a lag apart along an axis both lie in it.

    The points are anywhere in the box, not at voxel centres only: along an axis S2 of a body of voxels is linear
    between whole numbers of voxels, so that any lag has an exact value, on anisotropic voxels too. Only pairs with both
    points inside the box count; on a periodic axis every point has a partner, around the box where necessary. S2(0) is
    the volume fraction; far apart S2 tends to its square. Definition: S. Torquato, Random Heterogeneous Materials
    (2002), https://doi.org/10.1007/978-1-4757-6355-3.

    Cost on one core: three phases of 512^3 with the default lags 2 s, and a few MB of memory.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        axis: the direction of the pairs; None pools the pairs along all three axes.
        lags_um: distances, um; None is 1, 2, 4, 8, ... times the shortest voxel edge, up to half of the longest edge
            of the box.

    Returns:
        ``"<phase>@<lag>um"`` -> probability, dimensionless; 0 for an absent phase, `Undefined` where the box is too
        short for a pair.

    Raises:
        InputError: a lag is negative or not finite, or two of them share a key.
    """
    axes = (0, 1, 2) if axis is None else (AXES.index(axis),)
    lags = _default_lags(volume, axes) if lags_um is None else list(lags_um)
    names = [f"{lag:g}um" for lag in lags]
    if not lags or len(set(names)) < len(names) or not all(0 <= lag < math.inf for lag in lags):
        raise InputError(f"different lengths of 0 um or more were expected, not {lags}", where="s2.lags_um")
    pairs = np.zeros((len(lags), len(volume.grid.phases)))
    positions = np.zeros((len(lags), 1))
    for index in axes:
        counts, possible = _along(volume, index, lags)
        pairs += counts
        positions += possible
    values: dict[str, Value] = {}
    for label, phase in enumerate(volume.grid.phases):
        for row, name in enumerate(names):
            if positions[row, 0] > 0:
                values[f"{phase}@{name}"] = float(pairs[row, label] / positions[row, 0])
            else:
                along = f"the {axis} axis" if axis else "any axis"
                values[f"{phase}@{name}"] = Undefined(f"no two points of the box are {name} apart along {along}")
    return values


def pair_counts(
    labels: NDArray[np.uint8], axis: int, shifts: list[int], *, periodic: bool, phases: int
) -> NDArray[np.int64]:
    """Pairs of voxels of one phase, a number of voxels apart along an axis.

    Args:
        labels: ``(Z, Y, X)``.
        axis: 0, 1 or 2.
        shifts: distances, voxels, 0 or more.
        periodic: whether the axis wraps.
        phases: number of phases.

    Returns:
        ``(len(shifts), phases)``: of the ``size - shift`` (periodic: ``size``) positions per line, the number where
        both voxels are of the phase; 0 where the line is too short.
    """
    counts = np.zeros((len(shifts), phases), dtype=np.int64)
    size = labels.shape[axis]
    for slab in slabs(labels, axis):
        for label in np.flatnonzero(np.bincount(slab.ravel())):
            lines = np.moveaxis(slab == label, axis, 0)
            for row, shift in enumerate(shifts):
                shift = shift % size if periodic else shift
                if shift < size:
                    counts[row, label] += np.count_nonzero(lines[shift:] & lines[: size - shift])
                if periodic and shift:
                    counts[row, label] += np.count_nonzero(lines[:shift] & lines[size - shift :])
    return counts


def slabs(labels: NDArray[np.uint8], axis: int) -> Iterator[NDArray[np.uint8]]:
    """The volume in parts of about `SLAB` voxels that leave every line along an axis whole.

    Args:
        labels: ``(Z, Y, X)``.
        axis: 0, 1 or 2.

    Yields:
        Views that cover the volume once.
    """
    cut = 1 if axis == 0 else 0
    thickness = max(1, SLAB * labels.shape[cut] // labels.size)
    for start in range(0, labels.shape[cut], thickness):
        yield labels[:, start : start + thickness] if cut else labels[start : start + thickness]


def _along(volume: Volume, axis: int, lags: list[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure of the pairs in each phase, ``(lags, phases)``, and of all pairs, ``(lags, 1)``; in voxels."""
    size, edge, wraps = volume.labels.shape[axis], volume.grid.voxel_um[axis], volume.grid.periodic[axis]
    # On a periodic axis a lag and the lag one period longer are the same; beyond an open box all lags give no pair.
    steps = [_snap(lag % (size * edge) / edge if wraps else min(lag / edge, size + 1)) for lag in lags]
    shifts = sorted({whole for step in steps for whole in (math.floor(step), math.ceil(step))})
    lower = [shifts.index(math.floor(step)) for step in steps]
    upper = [shifts.index(math.ceil(step)) for step in steps]
    share = np.array([[step % 1] for step in steps])
    counts = pair_counts(volume.labels, axis, shifts, periodic=wraps, phases=len(volume.grid.phases))
    lines = volume.labels.size // size
    possible = lines * np.array([[size if wraps else max(size - shift, 0)] for shift in shifts])
    return counts[lower] * (1 - share) + counts[upper] * share, possible[lower] * (1 - share) + possible[upper] * share


def _snap(step: float) -> float:
    """Undo rounding: 2.9999999999999996 voxels become 3."""
    return float(round(step)) if abs(step - round(step)) < 1e-9 else step


def _default_lags(volume: Volume, axes: Sequence[int]) -> list[float]:
    edges = [volume.grid.voxel_um[axis] for axis in axes]
    half = max(volume.labels.shape[axis] * volume.grid.voxel_um[axis] for axis in axes) / 2
    lags = [min(edges)]
    while 2 * lags[-1] <= half:
        lags.append(2 * lags[-1])
    return lags
