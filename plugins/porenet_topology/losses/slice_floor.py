"""Slice floor: how far the area fraction of a phase falls below a floor, slice by slice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
from annotated_types import Ge, Le
from torch import Tensor, nn

from porenet.interface import AXES, Axis, Grid, Phase


def slice_shortfall(phase: Tensor, floor: float, axis: Axis = "z") -> Tensor:
    """Mean over the slices of ``ReLU(floor - p)``, with p the slice's mean probability.

    Args:
        phase: ``(B, Z, Y, X)``, probability of one phase, dimensionless.
        floor: least mean probability of a slice, dimensionless.
        axis: the axis perpendicular to the slices.

    Returns:
        ``(B,)``, dimensionless, 0 to ``floor``, at least float32.
    """
    dtype = torch.promote_types(phase.dtype, torch.float32)
    within = [number for number, name in enumerate(AXES, start=1) if name != axis]
    return torch.relu(floor - phase.mean(dim=within, dtype=dtype)).mean(dim=1)


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
        return slice_shortfall(probabilities[:, self.channel], self.floor, self.axis)

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        return f"phase={self.phase!r}, floor={self.floor}, axis={self.axis!r}"
