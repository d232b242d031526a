"""Interface densities of every pair of phases by what a short diffusion carries across them, on labels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Volume
from porenet_estimators.gaussian_slabs import gaussian_slabs

SIGMA = 2.0
"""Default standard deviation of the Gaussian, longest voxel edges."""


def heat_densities(volume: Volume, sigma: float = SIGMA) -> NDArray[np.float64]:
    r"""Area of the interface between each pair of phases, per volume, by the heat that crosses it.

    .. math::
        H_{ij} = \frac{\sqrt{2 \pi}}{\sigma} \left\langle \frac{p_i \, (G_\sigma * p_j) + p_j \, (G_\sigma * p_i)}{2}
        \right\rangle

    A phase spread by a Gaussian crosses a plane by sigma / sqrt(2 pi) (S. Esedoglu and F. Otto, Comm. Pure Appl. Math.
    68 (2015) 808, https://doi.org/10.1002/cpa.21527). In Fourier space each wave of a phase counts 1 - G(k): a fine one
    never less than a coarse one, so that there is no blind spot. Random planes read 0.99 of their area,
    grid-aligned ones 0.98 at sigma = 2 and 0.91 at 1. Fine features read low, but never without bound: a checkerboard
    of voxels 0.71 of its area by Crofton at sigma = 1, 0.36 at 2.

    Args:
        volume: any labelled structure.
        sigma: standard deviation of the Gaussian, longest voxel edges.

    Returns:
        ``(P, P)``, um^-1, symmetric, 0 on the diagonal. A row sums to the surface density of its phase.
    """
    phases = len(volume.grid.phases)
    carried = np.zeros((phases, phases))
    for slab in gaussian_slabs(volume.labels, volume.grid, sigma):
        for phase in range(phases):
            mask = slab.near == phase
            if mask.any():
                for labels, spread in zip(slab.own, slab.smooth([mask])[0], strict=True):
                    carried[:, phase] += np.bincount(labels.ravel(), spread.ravel(), phases)
    np.fill_diagonal(carried, 0)
    width_um = sigma * max(volume.grid.voxel_um)
    return (carried + carried.T) * (math.sqrt(math.pi / 2) / (width_um * volume.labels.size))
