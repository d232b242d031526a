"""A stand-in for a run's generator and its training structures, for whoever has neither at hand."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from porenet.gradient_audit.states import fixture_fractions
from porenet.interface import Grid
from porenet.synthetic.gaussian_field import gaussian_field

LATENT = 8
"""Channels of the noise."""
SPREAD = 2.0
"""Factor on the logits: an untrained field is then undecided, yet no voxel is like its neighbour."""
FEATURES_PER_BOX = 8
"""Correlation lengths along the shortest edge of a structure."""


class SmallGenerator(nn.Module):
    """Noise to probabilities: two convolutions, two enlargements, a head, a softmax; 7,527 parameters for three phases.

    Its weights come from its own seed and leave torch's global generator as it was.

    Args:
        phases: P, the number of phases.
        shape: ``(Z, Y, X)`` of the fields, voxels.
        seed: of the weights and of the noise.
        width: channels inside.
    """

    def __init__(self, phases: int, shape: Sequence[int], *, seed: int = 0, width: int = 12) -> None:
        super().__init__()
        self.shape, self.seed = tuple(shape), seed
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.coarse = nn.Sequential(nn.Conv3d(LATENT, width, 3, padding=1), nn.GroupNorm(1, width), nn.ReLU())
            self.fine = nn.Sequential(nn.Conv3d(width, width, 3, padding=1), nn.GroupNorm(1, width), nn.ReLU())
            self.head = nn.Conv3d(width, phases, 3, padding=1)

    def noise(self, batch: int) -> Tensor:
        """What it makes structures from, ``(B, LATENT, Z / 4, Y / 4, X / 4)``, the same on every call."""
        source = torch.Generator().manual_seed(self.seed)
        small = [-(-size // 4) for size in self.shape]
        drawn = torch.randn((batch, LATENT, *small), generator=source)
        return drawn.to(next(self.parameters()).device)

    def forward(self, noise: Tensor) -> Tensor:
        """Probabilities ``(B, P, Z, Y, X)`` of a noise ``(B, LATENT, z, y, x)`` of any size."""
        half = [-(-size // 2) for size in self.shape]
        coarse = functional.interpolate(self.coarse(noise), size=half)
        fine = functional.interpolate(self.fine(coarse), size=self.shape)
        logits: Tensor = SPREAD * self.head(fine)
        return logits.softmax(dim=1)


def training_structures(grid: Grid, shape: Sequence[int], *, count: int, seed: int = 0) -> Tensor:
    """Plurigaussian structures of any number of phases, in place of measured ones.

    As `porenet.synthetic.plurigaussian`, with one more field for every phase more: each is cut from what those before
    it left. Volume fractions are, on average, those of the fixture: 0.36, 0.34, 0.30 for three phases.

    Args:
        grid: phases, voxel edges (um), boundaries.
        shape: ``(Z, Y, X)``, voxels.
        count: number of structures.
        seed: of the fields.

    Returns:
        ``(count, Z, Y, X)`` int64 labels, in the order of ``grid.phases``.
    """
    sizes = (shape[0], shape[1], shape[2])
    length_um = min(size * edge for size, edge in zip(sizes, grid.voxel_um, strict=True)) / FEATURES_PER_BOX
    fractions = fixture_fractions(len(grid.phases))
    left = list(itertools.accumulate(reversed(fractions)))[::-1]
    rng = np.random.default_rng(seed)
    last = len(fractions) - 1
    labels = np.full((count, *sizes), last, dtype=np.int64)
    for structure in labels:
        for label in range(last):
            cut = NormalDist().inv_cdf(left[label + 1] / left[label])
            field = gaussian_field(sizes, voxel_um=grid.voxel_um, length_um=length_um, periodic=grid.periodic, rng=rng)
            for slab, values in field:
                part = structure[slab]
                part[(part == last) & (values > cut)] = label
    return torch.from_numpy(labels)
