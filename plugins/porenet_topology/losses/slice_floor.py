"""Slice floor: how far the area fraction of a phase falls below a floor, slice by slice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated

import torch
from annotated_types import Ge, Le
from torch import Tensor, nn

from porenet.interface import AXES, Axis, Grid, Phase
from porenet.slopes import with_first_slope


def slice_shortfall(probabilities: Tensor, channel: int, floor: float, axis: Axis = "z") -> Tensor:
    """Mean over the slices of ``ReLU(floor - p)``, with p the slice's mean probability.

    Args:
        probabilities: ``(B, P, Z, Y, X)``, dimensionless; only that channel is read.
        channel: of the phase.
        floor: least mean probability of a slice, dimensionless.
        axis: the axis perpendicular to the slices.

    Returns:
        ``(B,)``, dimensionless, 0 to ``floor``, at least float32.
    """
    within = tuple(number for number, name in enumerate(AXES, start=1) if name != axis)
    return torch.relu(floor - _slice_means(probabilities, channel, within)).mean(dim=1)


def _means(probabilities: Tensor, channel: int, within: tuple[int, ...]) -> Tensor:
    dtype = torch.promote_types(probabilities.dtype, torch.float32)
    return probabilities[:, channel].mean(dim=within, dtype=dtype)


def _of_means(gradient: Tensor, probabilities: Tensor, channel: int, within: tuple[int, ...]) -> Tensor:
    # Written once: left to autograd, that of the phase is written, then 0 for all phases, then that of the phase again.
    of_all = torch.empty_like(probabilities)
    of_all[:, :channel] = 0
    of_all[:, channel + 1 :] = 0
    each = gradient / math.prod(probabilities.shape[1 + axis] for axis in within)
    for axis in within:
        each = each.unsqueeze(axis)
    of_all[:, channel] = each
    return of_all


_slice_means = with_first_slope(_means, _means, _of_means)


class SliceFloor(nn.Module):
    r"""Penalty on slices in which the area fraction of a phase is below a floor.

    .. math:: L = \langle \max(0, f - \langle p_c \rangle_{slice}) \rangle_{slices}

    The published form (https://github.com/Fangedan/GAN-PH) cuts slices across z.

    Known defects. It is rarely above 0, because a field that meets the volume fraction has few slices below the floor;
    density is not connectivity, so it can be 0 although the phase of one slice does not touch that of the next; and on
    soft probabilities a probability equal to the floor at every voxel meets it without a voxel of the phase.

    Args:
        grid: the phases.
        phase: the phase that every slice must hold.
        floor: least area fraction of the phase in a slice, 0 to 1.
        axis: the axis perpendicular to the slices.

    Raises:
        InputError: the grid has no such phase.
    """

    def __init__(self, grid: Grid, *, phase: Phase, floor: Annotated[float, Ge(0), Le(1)], axis: Axis = "z") -> None:
        super().__init__()
        self.phase, self.floor, self.axis = phase, floor, axis
        self.channel = grid.index(phase)

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: not read.

        Returns:
            ``(B,)``, dimensionless, 0 to ``floor``.
        """
        return slice_shortfall(probabilities, self.channel, self.floor, self.axis)

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        return f"phase={self.phase!r}, floor={self.floor}, axis={self.axis!r}"
