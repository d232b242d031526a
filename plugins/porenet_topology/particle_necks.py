"""The necks between the particles of each phase."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from porenet_estimators.clearance import ranked_clearances

from porenet.interface import Volume
from porenet_topology.ball_kernels import ROUNDING
from porenet_topology.neck_kernels import necks

SMALLEST = 4.0
"""Diameter of the smallest particle, shortest voxel edges. Smooth tubes in random direction have no necks; those of
radius 3 voxels, whose balls are 4.5 wide, read none, those of radius 2, whose balls are 3 wide, 15 in 48 voxels."""


def neck_diameters(volume: Volume, ratio: float, smallest: float) -> dict[str, NDArray[np.float64]]:
    """Diameter of every neck of each phase; computed once for all metrics of a volume.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        ratio: a neck is narrower than this share of the smaller of its two particles.
        smallest: diameter from which on a piece can be a particle, shortest voxel edges.

    Returns:
        In um, ascending; one per neck. None in a phase that is absent or fills the volume.
    """
    phases = volume.grid.phases
    if (volume.labels == volume.labels[0, 0, 0]).all():
        return {phase: np.zeros(0) for phase in phases}
    key = ("porenet_topology", "necks", ratio, smallest)
    of_labels = volume.remembered(key, lambda: _neck_diameters(volume, ratio, smallest))
    return dict(zip(phases, of_labels, strict=True))


def _neck_diameters(volume: Volume, ratio: float, smallest: float) -> list[NDArray[np.float64]]:
    corners, centres, levels = ranked_clearances(volume)
    counts = np.zeros((len(volume.grid.phases), len(levels)), np.int64)
    radii = np.sqrt(levels.astype(np.float64))
    points = corners.size + centres.size
    parents = np.full(points, -1, np.int32 if points < 2**31 else np.int64)
    necks(corners, centres, volume.labels, radii, ratio, ROUNDING * smallest / 2, volume.grid.periodic, parents, counts)
    return [np.repeat(2 * radii * min(volume.grid.voxel_um), of_label) for of_label in counts]
