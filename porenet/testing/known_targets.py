"""Targets to try a loss with: another one for each sample, in the unit of the quantity, met by hardly any field.

Whatever is of a phase is of it by name, so that it moves with the phase to another channel.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from porenet.interface import Grid
from porenet.testing.fields import one_hot

FACTOR = 1.3
"""By which a measured target exceeds what it was measured on."""


def measured(describe: Callable[[Tensor], Tensor], phases: tuple[str, ...], grid: Grid, batch: int) -> Tensor:
    """What a loss reads on a structure, and somewhat more.

    Args:
        describe: the loss's ``target_of`` or ``descriptor``.
        phases: whose places in the structure stay the same.
        grid: what the loss was built for: the same phases, in any order.
        batch: B.

    Returns:
        ``(B, K)``, in the unit of the descriptor.
    """
    labels = np.random.default_rng(0).integers(len(phases), size=(1, 6, 6, 6))
    channels = np.array([grid.phases.index(phase) for phase in phases])
    structure = one_hot(torch.from_numpy(channels[labels]), len(phases))
    with torch.no_grad():
        found = describe(structure)
    return found.double() * FACTOR * _steps(batch).view(-1, *[1] * (found.ndim - 1))


def _steps(batch: int) -> Tensor:
    return 1 + torch.arange(batch, dtype=torch.float64) / 10


def _volume_fractions(phases: tuple[str, ...], grid: Grid, batch: int) -> Tensor:
    """``(B, P)``, rising with the place of the phase."""
    places = torch.tensor([phases.index(phase) for phase in grid.phases], dtype=torch.float64)
    share = places + _steps(batch).unsqueeze(1)
    return share / share.sum(dim=1, keepdim=True)


def _surfaces(phases: tuple[str, ...], grid: Grid, batch: int) -> Tensor:
    """``(B, P)``, um^-1."""
    return _volume_fractions(phases, grid, batch) / min(grid.voxel_um)


def _interfaces(phases: tuple[str, ...], grid: Grid, batch: int) -> Tensor:
    """``(B, P (P - 1) / 2)``, um^-1, pairs in the grid's order."""
    surfaces = _surfaces(phases, grid, batch)
    pairs = itertools.combinations(range(len(phases)), 2)
    return torch.stack([surfaces[:, first] * surfaces[:, second] for first, second in pairs], dim=1) * min(
        grid.voxel_um
    )


def _triple_lines(_phases: tuple[str, ...], grid: Grid, batch: int) -> Tensor:
    """``(B,)``, um^-2."""
    return 0.5 * _steps(batch) / min(grid.voxel_um) ** 2


KNOWN: Mapping[str, Callable[[tuple[str, ...], Grid, int], Tensor]] = {
    "vf": _volume_fractions,
    "ssa": _surfaces,
    "dpb": _interfaces,
    "tpb": _triple_lines,
}
"""Key -> target of the phases in their order, on a grid that may have them in another, for a batch."""
