"""Batches of a GAN that are functions of (seed, number), and may be shared by several processes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from porenet.generation.seeded_draws import batch_index, seed_of, turned
from porenet.generation.structures import Structures, one_hot
from porenet.targets import Targets

WEIGHTS, SAMPLES, DRAWS, GLOBAL = range(4)
"""Purposes of a seed; the last is the first of many, one per process."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The share of a batch that one process trains on, on its device.

    Attributes:
        real: ``(B, P, Z, Y, X)``, one-hot.
        condition: ``(B, C)``, of the real structures; the generated ones get the same.
        targets: of the real structures.
        noises: ``(2, B, L, z, y, x)``: for the critic's step and for the generator's.
        blend: ``(B, 1, 1, 1, 1)``, 0 to 1: where between a generated and a real structure the penalty looks.
    """

    real: Tensor
    condition: Tensor
    targets: Targets
    noises: Tensor
    blend: Tensor

    def first(self, count: int) -> Batch:
        """The first few samples of it."""
        some = slice(count)
        return Batch(
            self.real[some], self.condition[some], self.targets.rows(some), self.noises[:, some], self.blend[some]
        )


@dataclass(frozen=True, slots=True, eq=False)
class Batches:
    """All batches of a run.

    Attributes:
        structures: to draw from.
        conditions: ``(N, C)`` of the training structures.
        targets: of the training structures.
        noise_shape: ``(L, z, y, x)``.
        batch: structures per batch, all processes together.
        seed: of the run.
        device: of this process.
        rank: of this process.
        processes: that share a batch.
    """

    structures: Structures
    conditions: Tensor
    targets: Targets
    noise_shape: tuple[int, ...]
    batch: int
    seed: int
    device: torch.device
    rank: int
    processes: int

    def draw(self, number: int) -> Batch:
        """The batch of that number, whatever was drawn before."""
        source = torch.Generator().manual_seed(seed_of(self.seed, number, DRAWS))
        choices = torch.randint(self.structures.symmetries, (self.batch,), generator=source)
        blend = torch.rand((self.batch, 1, 1, 1, 1), generator=source)
        noises = torch.randn((2, self.batch, *self.noise_shape), generator=source)
        # Every process draws the whole batch and keeps its rows: the draws do not depend on how many share it.
        mine = slice(self.rank, None, self.processes)
        index = batch_index(self.seed, number, self.batch, len(self.structures.training))[mine]
        labels = turned(self.structures.training[index], choices[mine])
        rows = index.to(self.device)
        return Batch(
            real=one_hot(labels, len(self.structures.grid.phases), self.device),
            condition=self.conditions[rows],
            targets=self.targets.rows(rows),
            noises=noises[:, mine].to(self.device),
            blend=blend[mine].to(self.device),
        )
