"""An adversary that optimises a structure directly for a loss, with no network between: what meets the loss for less?

A loss that is met by another structure than the one its target was measured on will be met so in a training too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional

from porenet.interface import Grid
from porenet.relaxation import straight_through
from porenet.synthetic import plurigaussian
from porenet.testing.fields import one_hot

Start = Literal["noise", "smooth", "checkerboard", "one_phase"]

SIDE = 24
"""Edge of the structures, voxels."""
LENGTH = 6
"""Correlation length of the reference, voxels."""
SHARES: Mapping[int, tuple[float, ...]] = {2: (0.55, 0.45), 3: (0.36, 0.34, 0.30)}
"""Volume fractions of the reference, by the number of phases."""
RATE = 0.05
"""Step of Adam, in logits."""
WEIGHT = 0.1
"""Weight of the loss beside the squared error of the volume fractions."""


@dataclass(frozen=True, slots=True)
class Descent:
    """What the adversary ends with.

    Attributes:
        value: the loss on that structure, in its unit.
        met_at: first step at which the loss counted as met; None if it never did.
        steps: number of steps taken.
        labels: the decoded structure of the last step at which the loss was met, else of the last step,
            ``(1, Z, Y, X)``.
    """

    value: float
    met_at: int | None
    steps: int
    labels: Tensor


def reference(grid: Grid, *, side: int = SIDE, seed: int = 3) -> Tensor:
    """A structure to measure targets on: a plurigaussian of two or three phases, its features 6 voxel edges long.

    Args:
        grid: two or three phases; of its voxels the longest edge counts.
        side: edge of the box, longest voxel edges.
        seed: of the structure.

    Returns:
        ``(1, Z, Y, X)`` int64, as many voxels as fill a cube.
    """
    longest = max(grid.voxel_um)
    volume, _ = plurigaussian(
        [round(side * longest / edge) for edge in grid.voxel_um],
        voxel_um=grid.voxel_um,
        length_um=LENGTH * longest,
        fractions=SHARES[len(grid.phases)],
        periodic=grid.periodic,
        phases=grid.phases,
        seed=seed,
    )
    return torch.from_numpy(volume.labels.astype("int64"))[None]


def starting_logits(kind: Start, labels: Tensor, phases: int, seed: int = 0) -> Tensor:
    """Logits to start from.

    Args:
        kind: ``noise``, white, 0.5 wide; ``smooth``, white noise through three box filters of 3 voxels, 1 wide;
            ``checkerboard``, phases in turn voxel by voxel; ``one_phase``, all of the first.
        labels: of the reference, whose shape counts, ``(1, Z, Y, X)``.
        phases: P.
        seed: of the noise.

    Returns:
        ``(1, P, Z, Y, X)`` float32.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn((1, phases, *labels.shape[1:]), generator=generator)
    if kind == "noise":
        return 0.5 * noise
    if kind == "smooth":
        for _ in range(3):
            noise = functional.avg_pool3d(functional.pad(noise, (1,) * 6, mode="circular"), 3, stride=1)
        return noise / noise.std()
    if kind == "checkerboard":
        places = torch.meshgrid(*[torch.arange(size) for size in labels.shape[1:]], indexing="ij")
        return one_hot((sum(places) % phases)[None], phases).float() + 0.05 * noise  # type: ignore[index]
    return one_hot(torch.zeros_like(labels), phases).float() + 0.05 * noise


def descend(
    loss: Callable[[Tensor, Mapping[str, Tensor]], Tensor],
    targets: Mapping[str, Tensor],
    shares: Tensor,
    logits: Tensor,
    *,
    tolerance: float,
    steps: int = 150,
    after: int = 20,
    weight: float = WEIGHT,
) -> Descent:
    """Optimise logits for a loss and volume fractions, straight through the argmax.

    Args:
        loss: of ``(probabilities, targets)``.
        targets: of the loss, for one structure.
        shares: volume fractions to keep, ``(1, P)``, dimensionless.
        logits: to start from, ``(1, P, Z, Y, X)``; not changed.
        tolerance: value at or below which the loss counts as met, in its unit.
        steps: most steps of Adam.
        after: steps after the first at which the loss was met.
        weight: of the loss, beside the volume fractions' squared error.
    """
    free = logits.clone().requires_grad_()
    optimiser: Any = torch.optim.Adam([free], lr=RATE)
    met_at, best, labels, taken = None, math.inf, free.argmax(dim=1), 0
    for taken in range(steps):
        field = straight_through(free.softmax(dim=1))
        value = loss(field, targets).mean()
        reached = float(value.detach())
        if reached <= tolerance or met_at is None:
            best, labels = reached, free.detach().argmax(dim=1)
        if met_at is None and reached <= tolerance:
            met_at = taken
        if met_at is not None and taken >= met_at + after:
            break
        error = (field.mean(dim=(2, 3, 4)) - shares).square().sum()
        optimiser.zero_grad()
        (error + weight * value).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return Descent(best, met_at, taken, labels)
