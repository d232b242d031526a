"""The necks between the particles of a phase."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from porenet_estimators.clearance import clearances, ranked

from porenet.interface import Volume
from porenet_topology.ball_kernels import ROUNDING
from porenet_topology.neck_kernels import necks

SMALLEST = 4.0
"""Diameter of the smallest particle, shortest voxel edges. Smooth tubes in random direction have no necks; those of
radius 3 voxels, whose balls are 4.5 wide, read none, those of radius 2, whose balls are 3 wide, 15 in 48 voxels."""


def neck_diameters(volume: Volume, label: int, ratio: float, smallest: float) -> NDArray[np.float64]:
    """Diameter of every neck of a phase.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        label: of the phase; it does not fill the volume.
        ratio: a neck is narrower than this share of the smaller of its two particles.
        smallest: diameter from which on a piece can be a particle, shortest voxel edges.

    Returns:
        In um, ascending; one per neck.
    """
    lattices, levels = ranked([clearances(volume, label, corners=corners, walls=False) for corners in (True, False)])
    counts = np.zeros(len(levels), np.int64)
    radii = np.sqrt(levels.astype(np.float64))
    corners, centres = lattices
    points = corners.size + centres.size
    parents = np.full(points, -1, np.int32 if points < 2**31 else np.int64)
    necks(corners, centres, radii, ratio, ROUNDING * smallest / 2, volume.grid.periodic, parents, counts)
    return np.repeat(2 * radii * min(volume.grid.voxel_um), counts)
