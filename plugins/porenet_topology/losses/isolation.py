"""Isolation: how much of a phase has face neighbours of other phases."""

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
    dims: int = 3,
) -> Tensor:
    """`isolation` of one phase of a field, without a view of that phase, which autograd would have to undo.

    Args:
        probabilities: ``(B, P, Z, Y, X)``, dimensionless; only that channel is read.
        channel: of the phase.
        boundary: what lies outside an open face: ``zero`` probability, or a copy of the voxel (``replicate``).
        periodic: per axis (z, y, x), whether opposite faces are neighbours.
        dims: 2 for sections, whose pixels have four neighbours.

    Returns:
        ``(B,)``, dimensionless, 0 to 1, at least float32.
    """
    share = 1 / (2 * dims * probabilities.shape[2] * probabilities.shape[3] * probabilities.shape[4])
    outer: Outer = "empty" if boundary == "zero" else "copy"
    weights = (share if dims == 3 else 0.0, share, share)
    return unlike_faces(probabilities, weights, periodic, outer=outer, channel=channel).squeeze(1)


class Isolation(nn.Module):
    r"""Penalty on voxels of a phase whose face neighbours belong to other phases.

    .. math:: L = \langle p_c(v) \, (1 - n_6(v)) \rangle_v

    The published form (https://github.com/Fangedan/GAN-PH): a 3-D convolution with the 6-neighbour kernel and zero
    padding.

    Known defects. On a one-hot volume it equals (unlike faces + outer faces) / 6N, so it penalises surface area. Its
    gradient (1 - 2 n6) / N removes the phase wherever fewer than half of the neighbours agree, thins necks, and prefers
    a ball to percolating channels. Zero padding penalises the phase on the outer faces, where it must be open.

    Args:
        grid: the phases, and which axes are periodic.
        phase: the phase to keep together; on a section by the four neighbours of a pixel, n4 in place of n6.
        boundary: ``zero`` as published; with ``replicate`` a volume filled by the phase costs 0.
    """

    def __init__(self, grid: Grid, *, phase: Phase, boundary: Boundary = "zero") -> None:
        super().__init__()
        self.phase, self.boundary = phase, boundary
        self.channel, self.periodic, self.dims = grid.index(phase), grid.periodic, grid.dims

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: not read.

        Returns:
            ``(B,)``, dimensionless, 0 to 1.
        """
        return channel_isolation(probabilities, self.channel, self.boundary, self.periodic, self.dims)

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        return f"phase={self.phase!r}, boundary={self.boundary!r}"
