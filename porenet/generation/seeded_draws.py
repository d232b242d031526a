"""Draws that are functions of (seed, number): a killed training draws what it would have drawn, and stores no state."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def seed_of(seed: int, number: int, purpose: int) -> int:
    """A seed for one purpose at one step, unrelated to every other.

    Args:
        seed: of the training, 0 or more.
        number: of the step, or of the batch.
        purpose: a number for each use of random numbers: weights, noise, samples, ...

    Returns:
        0 to 2^63 - 1, for ``torch.Generator().manual_seed``.
    """
    return int(np.random.SeedSequence([seed, number, purpose]).generate_state(1, np.uint64)[0] >> 1)


def batch_index(seed: int, number: int, batch: int, count: int) -> Tensor:
    """Which structures the batch of that number holds: a function of its arguments and of nothing else.

    Batches go through one permutation of the structures after the other, so that each is drawn once in an epoch.

    Args:
        seed: of the training.
        number: of the batch, from 0.
        batch: structures per batch.
        count: structures to draw from.

    Returns:
        ``(batch,)`` int64, 0 to count - 1.
    """
    places = range(number * batch, (number + 1) * batch)
    epochs = {place // count for place in places}
    orders = {epoch: np.random.default_rng([seed, epoch, 1]).permutation(count) for epoch in epochs}
    return torch.tensor([int(orders[place // count][place % count]) for place in places])


def turned(labels: Tensor, choices: Tensor) -> Tensor:
    """Each structure in one of eight ways that keep z, the direction of transport.

    Args:
        labels: ``(B, Z, Y, X)``; of equal edges along y and x where they are exchanged.
        choices: ``(B,)`` whole numbers: bit 0 flips y, bit 1 flips x, bit 2 exchanges them.

    Returns:
        ``(B, Z, Y, X)``.
    """
    ways = []
    for structure, choice in zip(labels, choices.tolist(), strict=True):
        axes = [axis for axis, bit in ((1, 1), (2, 2)) if choice & bit]
        flipped = structure.flip(axes) if axes else structure
        ways.append(flipped.transpose(1, 2) if choice & 4 else flipped)
    return torch.stack(ways)
