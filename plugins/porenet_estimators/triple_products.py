"""Length of triple lines by the product of three smoothed phases, on labels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Grid
from porenet_estimators.gaussian import Field, Smoother, voxel_widths
from porenet_estimators.supplied_products import triple_slabs

SIGMA = 2.0
"""Default standard deviation of the Gaussian, longest voxel edges."""
AREA = 0.1495
"""Integral of the product over a plane that a line of three sectors of 120 degrees meets at a right angle, in squared
standard deviations. Other angles: 0.159 at 90, 90 and 180 degrees, 0.172 at 60, 120 and 180, 0.170 at 60, 150 and 150,
0.249 at 30, 150 and 180."""


def triple_product_slabs(codes: NDArray[np.uint16], grid: Grid, sigma: float) -> Iterator[tuple[Field, ...]]:
    r"""Density of triple line, slab by slab: all of it, what is supplied or may be, and what is supplied.

    .. math:: \ell = \frac{q_1 q_2 q_3}{0.1495 \, \sigma^2}, \qquad q_i = G_\sigma * p_i

    The product is above 0 only within reach of all three phases. Where they meet in a line at 120 degrees each, its
    integral across the line is 0.1495 sigma^2; sharp wedges read higher, by 1.67 at 30 degrees. A fine
    mixture of the three phases reads more than any lines do; a few voxels of one in a fine mixture of the others less.

    Args:
        codes: ``(Z, Y, X)``, see `porenet_boundary.activity.supply_codes`.
        grid: voxel edges and boundaries.
        sigma: standard deviation of the Gaussian, longest voxel edges.

    Yields:
        For each of `supplied_products.PARTS` the length per volume in each voxel, ``(X, layers, Y)``, um^-2.
    """
    per_um2 = 1 / (AREA * (sigma * max(grid.voxel_um)) ** 2)
    for slab in triple_slabs(codes, Smoother(codes.shape, grid.periodic, voxel_widths(sigma, grid.voxel_um))):
        yield slab.zeros() if slab.empty else slab.products([slab.smoothed(mask) for mask in slab.masks], per_um2)
