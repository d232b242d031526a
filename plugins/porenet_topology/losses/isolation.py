"""Isolation: how much of a phase lacks neighbours of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from porenet_estimators.unlike_faces import Outer, unlike_faces
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
    return channel_isolation(phase.unsqueeze(1), 0, boundary, periodic)


def channel_isolation(
    probabilities: Tensor,
    channel: int,
    boundary: Boundary = "zero",
    periodic: tuple[bool, bool, bool] = (False, False, False),
) -> Tensor:
    """`isolation` of one phase of a field, without the detour that a view of it is for autograd.

    Args:
        probabilities: ``(B, P, Z, Y, X)``, dimensionless; read in that channel only.
        channel: of the phase.
        boundary: what lies outside an open face: ``zero`` probability, or a copy of the voxel (``replicate``).
        periodic: per axis (z, y, x), whether opposite faces are neighbours.

    Returns:
        ``(B,)``, dimensionless, 0 to 1, at least float32.
    """
    share = 1 / (6 * probabilities.shape[2] * probabilities.shape[3] * probabilities.shape[4])
    outer: Outer = "empty" if boundary == "zero" else "copy"
    return unlike_faces(probabilities, (share,) * 3, periodic, outer=outer, channel=channel).squeeze(1)


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
        return channel_isolation(probabilities, self.channel, self.boundary, self.periodic)

    def extra_repr(self) -> str:
        """What ``print`` shows of it."""
        return f"phase={self.phase!r}, boundary={self.boundary!r}"
