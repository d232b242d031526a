"""The necks between the particles of a phase."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Volume
from porenet_topology.clearance import clearances, ranked
from porenet_topology.neck_kernels import necks


def neck_diameters(volume: Volume, label: int, ratio: float) -> NDArray[np.float64]:
    """Diameter of every neck of a phase.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        label: of the phase; it does not fill the volume.
        ratio: a neck is narrower than this share of the smaller of its two particles.

    Returns:
        In um, ascending; one per neck.
    """
    lattices, levels = ranked([clearances(volume, label, corners=corners, walls=False) for corners in (True, False)])
    counts = np.zeros(len(levels), np.int64)
    radii = np.sqrt(levels.astype(np.float64))
    necks(*lattices, radii, ratio, volume.grid.periodic, counts)
    return np.repeat(2 * radii * min(volume.grid.voxel_um), counts)
