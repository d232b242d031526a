"""Surface density of a phase as the total variation of its smoothed indicator."""

from __future__ import annotations

import numpy as np

from porenet.interface import Volume
from porenet_estimators.gaussian import Smoother, voxel_widths

SIGMA = 1.0
"""Standard deviation of the Gaussian, longest voxel edges."""


def total_variation(volume: Volume, phase: str) -> float:
    r"""Mean of the gradient's length of a phase's indicator, smoothed with a Gaussian of 1 voxel.

    .. math:: S_V = \frac{1}{V} \int |\nabla (G * 1_P)| \, dV

    By the co-area formula this is the area of the level surfaces, averaged over the levels. Planes read 1.00 of their
    area; smoothing rounds off what is small: balls of radius 3, 5, 8, 20 voxels read 0.89, 0.96, 0.99, 1.00. Where
    voxels are not cubes the staircase of the long edges shows through: random planes read 1.02 (sd 0.02) at edges of 1,
    0.5 and 0.25 um.

    Args:
        volume: any labelled structure.
        phase: name of the phase.

    Returns:
        um^-1, per total volume; 0 for an absent phase.
    """
    mask = volume.mask(phase)
    smoother = Smoother(mask.shape, volume.grid.periodic, voxel_widths(SIGMA, volume.grid.voxel_um))
    total = 0.0
    for layers, needed in smoother.slabs():
        block = mask[needed]
        if not block.any():
            continue
        _, slopes = smoother.value_and_slopes(layers, needed, block.astype(np.float64))
        squared = sum((slope / edge) ** 2 for slope, edge in zip(slopes, volume.grid.voxel_um, strict=True))
        total += float(np.sqrt(squared).sum())
    return total / mask.size
