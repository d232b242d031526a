"""Small electrodes, and generators of them."""

import numpy as np

from porenet import synthetic

SIDE = 12


def electrode(seed, side=SIDE):
    return synthetic.plurigaussian(
        (side,) * 3, voxel_um=(0.1,) * 3, length_um=0.3, fractions=[0.36, 0.34, 0.3], seed=seed
    )[0]


def fields(seed, condition):
    """A structure that holds the fractions it is asked for."""
    return synthetic.skewed_fields(
        condition.shape, voxel_um=condition.grid.voxel_um, lengths_um=0.3, skews=0, seed=seed,
        fractions=[max(share, 1e-6) for share in condition.vf.values()],
    ).labels  # fmt: skip


def noise(seed, condition):
    """Probabilities without any structure."""
    shape = condition.shape
    return np.moveaxis(np.random.default_rng(seed).dirichlet([1, 1, 1], shape), -1, 0)
