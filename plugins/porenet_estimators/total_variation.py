"""Surface density of phases as the total variation of their smoothed indicators."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Volume
from porenet_estimators.gaussian_slabs import gaussian_slabs

SIGMA = 1.0
"""Standard deviation of the Gaussian, longest voxel edges."""
TOGETHER = 4
"""Most phases of which all but one are smoothed, the slope of the last being what makes the sum of all 0."""


def total_variations(volume: Volume) -> NDArray[np.float64]:
    r"""Mean of the gradient's length of each phase's indicator, smoothed with a Gaussian of 1 voxel.

    .. math:: S_V = \frac{1}{V} \int |\nabla (G * 1_P)| \, dV

    By the co-area formula this is the area of the level surfaces, averaged over the levels. Planes read 1.00 of their
    area; smoothing rounds off what is small: balls of radius 3, 5, 8, 20 voxels read 0.89, 0.96, 0.99, 1.00. Where
    voxels are not cubes the staircase of the long edges shows through: random planes read 1.02 (sd 0.02) at edges of 1,
    0.5 and 0.25 um. Single precision: right to 1e-5 of the value.

    Args:
        volume: any labelled structure.

    Returns:
        ``(P,)`` um^-1, per total volume; 0 for an absent phase.
    """
    voxel_um, labels = volume.grid.voxel_um, volume.labels
    sums = np.zeros(len(volume.grid.phases))
    weights = [min(voxel_um) / edge for edge in voxel_um]
    for slab in gaussian_slabs(labels, volume.grid, SIGMA):
        phases = np.flatnonzero([(slab.near == phase).any() for phase in range(len(sums))])
        if len(phases) == 1:
            continue  # exactly 0
        for group in [phases] if len(phases) <= TOGETHER else phases[:, None]:
            smoothed = group[:-1] if len(group) > 1 else group
            of_group = np.zeros(len(group))
            masks = [slab.near == phase for phase in smoothed]
            slab.read(masks, of_group, weights, floor=slab.box.rounding(weights))
            sums[group] += of_group
    return sums / (labels.size * min(voxel_um))
