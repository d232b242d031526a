"""Labelled volumes of three phases to time on: Gaussian blobs, overlapping spheres, white noise, and mazes of it."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Grid
from porenet.synthetic import PHASES, plurigaussian
from porenet.synthetic.sphere_packing import draw_balls

Kind = Literal["blobs", "spheres", "noise", "maze"]
Labels = NDArray[np.uint8]

KINDS: tuple[Kind, ...] = get_args(Kind)
GRID = Grid(PHASES, (0.1, 0.1, 0.1))
PORE = 2
"""Label of the phase that is asked for where one is."""

BLOB_LENGTH = 4.0
"""Correlation length, voxels: the electrode's blobs are about 8 voxels wide."""
BLOB_FRACTIONS = (0.37, 0.37, 0.26)
SPHERE_RADIUS = 8.0
PORE_BETWEEN_SPHERES = 0.35
NOISE_FRACTIONS = {"noise": (0.3442, 0.3442, 0.3116), "maze": (1 / 3, 1 / 3, 1 / 3)}
"""Sites of a cubic lattice, joined to 6 neighbours, percolate from 0.3116 on: there a phase falls into pieces of every
size, just above it is one winding network."""


def structure(kind: Kind, side: int, seed: int = 0) -> Labels:
    """A cube of ``side`` voxels, ``(Z, Y, X)`` uint8, C order."""
    if kind == "blobs":
        return _blobs(side, seed)
    return _spheres(side, seed) if kind == "spheres" else _noise(side, seed, NOISE_FRACTIONS[kind])


def _blobs(side: int, seed: int) -> Labels:
    volume, _ = plurigaussian(
        (side,) * 3, voxel_um=(1, 1, 1), length_um=BLOB_LENGTH, seed=seed, fractions=BLOB_FRACTIONS
    )
    return volume.labels


def _spheres(side: int, seed: int) -> Labels:
    # Both solids at random places, a later sphere cutting into the earlier ones: they touch and percolate.
    rng = np.random.default_rng(seed)
    count = round(-np.log(PORE_BETWEEN_SPHERES) * side**3 / (4 / 3 * np.pi * SPHERE_RADIUS**3))
    labels = np.full((side,) * 3, PORE, np.uint8)
    for centre, solid in zip(rng.random((count, 3)) * side, rng.integers(0, PORE, count), strict=True):
        draw_balls(labels, int(solid), centre[None], SPHERE_RADIUS, (1, 1, 1))
    return labels


def _noise(side: int, seed: int, fractions: tuple[float, ...]) -> Labels:
    draws = np.random.default_rng(seed).random((side,) * 3, np.float32)
    return np.digitize(draws, np.cumsum(fractions[:-1])).astype(np.uint8)
