"""Isolation: how much of a phase lacks neighbours of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from porenet.interface import Grid, Phase

Boundary = Literal["zero", "replicate"]


def isolation(
    phase: Tensor, boundary: Boundary = "zero", periodic: tuple[bool, bool, bool] = (False, False, False)
) -> Tensor:
    """Mean over the voxels of ``p (1 - n6)``, with n6 the mean over the six face neighbours.

    Args:
        phase: ``(B, Z, Y, X)``, probability of one phase, dimensionless.
        boundary: what lies outside an open face: ``zero`` probability, or a copy of the voxel (``replicate``).
        periodic: per axis (z, y, x), whether opposite faces are neighbours.

    Returns:
        ``(B,)``, dimensionless, 0 to 1, at least float32.
    """
    dtype = torch.promote_types(phase.dtype, torch.float32)
    total = torch.zeros(len(phase), dtype=dtype, device=phase.device)
    # Each pair of neighbours is met once: p(u) (1 - p(v)) + p(v) (1 - p(u)). Nothing cancels, so no rounding error
    # can make the sum negative, and on a one-hot volume it reads as what it is: unlike faces, outer faces added.
    for axis, wraps in enumerate(periodic, start=1):
        size = phase.shape[axis]
        total = total + _unlike(phase.narrow(axis, 0, size - 1), phase.narrow(axis, 1, size - 1), dtype)
        first, last = phase.narrow(axis, 0, 1), phase.narrow(axis, size - 1, 1)
        if wraps:
            total = total + _unlike(last, first, dtype)
        else:
            for face in (first, last):
                lost = face if boundary == "zero" else face * (1 - face)
                total = total + lost.sum(dim=(1, 2, 3), dtype=dtype)
    return total / (6 * phase[0].numel())


class Isolation(nn.Module):
    r"""Penalty on a phase whose face neighbours are of another phase.

    .. math:: L = \langle p_c(v) \, (1 - n_6(v)) \rangle_v

    The published form (https://github.com/Fangedan/GAN-PH): a 3-D convolution with the 6-neighbour kernel and zero
    padding. Known defect: on a one-hot volume it equals (unlike faces + outer faces) / 6N, a surface area in disguise.
    Its gradient (1 - 2 n6) / N removes the phase wherever fewer than half of the neighbours agree, thins necks, and
    prefers a ball to percolating channels. Zero padding taxes the very faces that must be open.

    Args:
        grid: the phases, and which axes are periodic.
        phase: the phase to keep together.
        boundary: ``zero`` as published; ``replicate`` lets a full volume cost 0.
    """

    def __init__(self, grid: Grid, *, phase: Phase, boundary: Boundary = "zero") -> None:
        super().__init__()
        self.phase, self.boundary = phase, boundary
        self.channel, self.periodic = grid.index(phase), grid.periodic

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value a sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: not read.

        Returns:
            ``(B,)``, dimensionless, 0 to 1.
        """
        return isolation(probabilities[:, self.channel], self.boundary, self.periodic)

    def extra_repr(self) -> str:
        """What ``print`` shows of it."""
        return f"phase={self.phase!r}, boundary={self.boundary!r}"


def _unlike(first: Tensor, second: Tensor, dtype: torch.dtype) -> Tensor:
    return (first * (1 - second) + second * (1 - first)).sum(dim=(1, 2, 3), dtype=dtype)
