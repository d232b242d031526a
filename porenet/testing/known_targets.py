"""Targets to try a loss with: a different one for each sample, in the unit of the quantity, met by hardly any field.

A phase's share of a target belongs to its name, so that it moves with the phase to another channel. What has a length
in its unit is measured by the longest voxel edge: a filter that resolves it alone would never come near a target by the
shortest one, and its gradient, relative to the target, would look like none.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from porenet.interface import Grid
from porenet.targets import targets_measured
from porenet.testing.fields import one_hot

NEXT_TO_NOTHING = 1e-3
"""Share of a usual target below which what a loss measures is rounding: of a Gaussian as wide as the few voxels."""
FACTOR = 1.3
"""Factor between a measured target and the structure on which it was measured."""


USUAL_BOX = (6, 6, 6)
"""Box of the structure on which targets are measured, voxels; of sections without its first side."""


def measured_targets(
    loss: Any, key: str, phases: tuple[str, ...], grid: Grid, field: Tensor
) -> dict[str, Tensor] | None:
    """Targets that exceed what a loss measures on a structure.

    Args:
        loss: a loss with ``target_of`` or ``descriptor``.
        key: the target key that it needs.
        phases: names of the phases; the structure is the same for any order of the grid.
        grid: grid of the loss: the same phases, in any order.
        field: that the loss will read, ``(B, P, Z, Y, X)``. If a descriptor has another number of values there than in
            the usual box, as lags that fit into it, the structure has the shape of the field.

    Returns:
        Target key -> ``(B, K)``, in the unit of the descriptor; None if the loss measures nothing.
    """
    batch = len(field)
    box = USUAL_BOX if grid.dims == 3 else (1, *USUAL_BOX[1:])
    measured = targets_measured(loss, key, _structure(phases, grid, box))
    if measured is None:
        return None
    here = targets_measured(loss, key, field[:1].detach()) or {}
    if any(here[name].shape[1:] != values.shape[1:] for name, values in measured.items()):
        measured = targets_measured(loss, key, _structure(phases, grid, tuple(field.shape[2:]))) or {}
    targets = {
        name: values.double() * FACTOR * _steps(batch).view(-1, *[1] * (values.ndim - 1))
        for name, values in measured.items()
    }
    if key in KNOWN:
        usual = KNOWN[key](phases, grid, batch)
        if float(targets[key].abs().max()) < NEXT_TO_NOTHING * float(usual.max()):
            targets[key] = usual
    return targets


def _structure(phases: tuple[str, ...], grid: Grid, box: tuple[int, ...]) -> Tensor:
    """A one-hot field of white noise, the same for any order of the phases in the grid."""
    labels = np.random.default_rng(0).integers(len(phases), size=(1, *box))
    channels = np.array([grid.phases.index(phase) for phase in phases])
    return one_hot(torch.from_numpy(channels[labels]), len(phases))


def _steps(batch: int) -> Tensor:
    return 1 + torch.arange(batch, dtype=torch.float64) / 10


def _volume_fractions(phases: tuple[str, ...], grid: Grid, batch: int) -> Tensor:
    """``(B, P)``, rising with the place of the phase."""
    places = torch.tensor([phases.index(phase) for phase in grid.phases], dtype=torch.float64)
    share = places + _steps(batch).unsqueeze(1)
    return share / share.sum(dim=1, keepdim=True)


def _surfaces(phases: tuple[str, ...], grid: Grid, batch: int) -> Tensor:
    """``(B, P)``, um^-1."""
    return _volume_fractions(phases, grid, batch) / max(grid.voxel_um)


def _interfaces(phases: tuple[str, ...], grid: Grid, batch: int) -> Tensor:
    """``(B, P (P - 1) / 2)``, um^-1, pairs in the grid's order."""
    surfaces = _surfaces(phases, grid, batch)
    pairs = itertools.combinations(range(len(phases)), 2)
    return torch.stack([surfaces[:, first] * surfaces[:, second] for first, second in pairs], dim=1) * max(
        grid.voxel_um
    )


def _triple_lines(_phases: tuple[str, ...], grid: Grid, batch: int) -> Tensor:
    """``(B,)``, um^-2."""
    return 0.5 * _steps(batch) / max(grid.voxel_um) ** 2


KNOWN: Mapping[str, Callable[[tuple[str, ...], Grid, int], Tensor]] = {
    "vf": _volume_fractions,
    "ssa": _surfaces,
    "dpb": _interfaces,
    "tpb": _triple_lines,
}
"""Key -> function of (phases, grid, batch) that makes the target; the grid may have the phases in another order."""
