"""Batches that are a function of (seed, number): nothing to store, and a killed run draws what it would have drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from porenet.targets import Targets

from .data import Structures, one_hot

WEIGHTS, SAMPLES, DRAWS, GLOBAL = range(4)
"""Purposes of a seed; the last is the first of many, one a process."""


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
        """The first few of it."""
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
        batch: structures a batch, all processes together.
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


def batch_index(seed: int, number: int, batch: int, count: int) -> Tensor:
    """Which structures the batch of that number holds: a function of its arguments and of nothing else.

    Batches go through one permutation of the structures after the other.
    """
    places = range(number * batch, (number + 1) * batch)
    epochs = {place // count for place in places}
    orders = {epoch: np.random.default_rng([seed, epoch, 1]).permutation(count) for epoch in epochs}
    return torch.tensor([int(orders[one // count][one % count]) for one in places])


def turned(labels: Tensor, choices: Tensor) -> Tensor:
    """Each structure in one of eight ways that keep z.

    Args:
        labels: ``(B, Z, Y, X)``.
        choices: ``(B,)`` whole numbers: bit 0 flips y, bit 1 flips x, bit 2 exchanges them.
    """
    done = []
    for one, choice in zip(labels, choices.tolist(), strict=True):
        axes = [axis for axis, bit in ((1, 1), (2, 2)) if choice & bit]
        one = one.flip(axes) if axes else one
        done.append(one.transpose(1, 2) if choice & 4 else one)
    return torch.stack(done)


def seed_of(seed: int, number: int, purpose: int) -> int:
    """A seed for one purpose at one step, unrelated to every other."""
    return int(np.random.SeedSequence([seed, number, purpose]).generate_state(1, np.uint64)[0] >> 1)
