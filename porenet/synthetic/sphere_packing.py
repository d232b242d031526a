"""Spheres placed at random without overlap, and their voxels, as plain arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

PATIENCE = 200_000
"""Number of consecutive rejected places after which the box counts as full."""


class Jammed(ValueError):
    """The box is full before all spheres are placed."""


def pack(
    counts: Sequence[int],
    radii_um: Sequence[float],
    *,
    box_um: Sequence[float],
    periodic: Sequence[bool],
    gap_um: float,
    rng: np.random.Generator,
) -> list[NDArray[np.float64]]:
    """Place spheres of several kinds one after the other (random sequential addition).

    Args:
        counts: number of spheres of each kind.
        radii_um: radius of each kind, um; the largest is placed first.
        box_um: edges (z, y, x) of the box, um, each at least a diameter.
        periodic: per axis, whether the box wraps; on an open axis every sphere lies inside.
        gap_um: least distance between two surfaces, um.
        rng: generator of the random places.

    Returns:
        Per kind ``(count, 3)``: centres (z, y, x) from the corner of the box, um.

    Raises:
        Jammed: the spheres do not fit.
    """
    centres = [np.empty((0, 3)) for _ in counts]
    box, wraps = np.asarray(box_um, dtype=float), np.asarray(periodic)
    # A torus three boxes long on the open axes, so that no sphere there is near its own image.
    torus = np.where(wraps, box, 3 * box)
    for kind in sorted(range(len(counts)), key=lambda kind: -radii_um[kind]):
        radius = radii_um[kind]
        low = np.where(wraps, 0.0, radius)
        width = np.maximum(box - 2 * low, 0.0)
        misses = 0
        while (missing := counts[kind] - len(centres[kind])) > 0:
            if misses >= PATIENCE:
                raise Jammed(f"the box was full with {sum(map(len, centres))} of {sum(counts)} spheres placed")
            places = (low + rng.random((min(4096, 8 * missing + 64), 3)) * width) % torus
            drawn = len(places)
            for others, other_radius in zip(centres, radii_um, strict=True):
                places = _away_from(others, places, radius + other_radius + gap_um, torus)
            places = _apart(places, 2 * radius + gap_um, torus)[:missing]
            misses = 0 if len(places) else misses + drawn
            centres[kind] = np.concatenate([centres[kind], places])
    return centres


def draw_balls(
    labels: NDArray[np.uint8], label: int, centres_um: NDArray[np.float64], radius_um: float, voxel_um: Sequence[float]
) -> None:
    """Give a label to the voxels whose centres lie in a sphere; a sphere that crosses a face re-enters opposite.

    Args:
        labels: ``(Z, Y, X)``, changed in place.
        label: new label of the voxels.
        centres_um: ``(count, 3)``, centres (z, y, x), um.
        radius_um: radius, um; the diameter is no longer than the box.
        voxel_um: voxel edges (z, y, x), um.
    """
    for centre in centres_um:
        indices, squares = [], []
        for place, edge, size in zip(centre, voxel_um, labels.shape, strict=True):
            first = math.ceil((place - radius_um) / edge - 0.5)
            last = math.floor((place + radius_um) / edge - 0.5)
            index = np.arange(first, last + 1)
            indices.append(index % size)
            squares.append(((index + 0.5) * edge - place) ** 2)
        z, y, x = squares
        inside = z[:, None, None] + y[:, None] + x <= radius_um**2
        block = np.ix_(*indices)
        labels[block] = np.where(inside, label, labels[block])


def _away_from(
    others: NDArray[np.float64], places: NDArray[np.float64], distance_um: float, torus: NDArray[np.float64]
) -> NDArray[np.float64]:
    if not len(others) or not len(places):
        return places
    nearest: NDArray[np.float64] = _tree(others, torus).query(places)[0]
    return places[nearest >= distance_um]


def _apart(places: NDArray[np.float64], distance_um: float, torus: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places that remain if, in order, each place too near to an earlier remaining place is removed."""
    if len(places) < 2:
        return places
    refused = np.zeros(len(places), dtype=bool)
    # In order of the earlier place of a pair: whether it is refused is known before it refuses another.
    for earlier, later in sorted(_tree(places, torus).query_pairs(distance_um)):
        refused[later] |= not refused[earlier]
    return places[~refused]


def _tree(places: NDArray[np.float64], torus: NDArray[np.float64]) -> Any:
    from scipy.spatial import KDTree

    return KDTree(places, boxsize=torus)
