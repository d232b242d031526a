"""Connectivity as published: the sum of isolation and face hinge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from annotated_types import Ge, MinLen
from torch import Tensor, nn

from porenet.interface import Face, Grid, Phase, axis_of
from porenet_topology.losses.face_hinge import BOTH_ENDS, FaceHinge
from porenet_topology.losses.isolation import Boundary, Isolation


class Connectivity(nn.Module):
    r"""Published substitute for connectivity: isolation of a phase plus its hinge on two faces.

    .. math::

        L = \langle p_c(v) \, (1 - n_6(v)) \rangle_v
        + \langle \max(0, \max_{k \ne c} p_k(v) - p_c(v) + m) \rangle_{v \in F}

    The L_conn of https://github.com/Fangedan/GAN-PH, there on the pore at weight 50 (w_conn): the losses ``isolation``
    and ``face_hinge`` at equal weight.

    Known defects. It does not measure connectivity, and has the defects of both losses. Neither reads a path: a channel
    that is cut in the middle costs only the surface of the cut, and where the channel is one voxel wide the cut even
    lowers the value. Nor does the value reach 0 where the phase percolates (isolation alone is 0.049 on percolating
    channels, 0.009 on a ball).

    Args:
        grid: the phases, and which axes are periodic.
        phase: the phase to keep together and to hold on the faces.
        faces: the faces that it must hold; at least one, each once; on a periodic axis they are the layers at the ends
            of the array.
        margin: lead over the strongest other phase that every voxel of the faces must have.
        boundary: boundary of the isolation: ``zero`` as published; with ``replicate`` a volume filled by the phase
            costs 0.

    Raises:
        InputError: a face is named twice, or the grid has no such phase.
    """

    def __init__(
        self,
        grid: Grid,
        *,
        phase: Phase,
        faces: Annotated[tuple[Face, ...], MinLen(1)] = BOTH_ENDS,
        margin: Annotated[float, Ge(0)] = 0.05,
        boundary: Boundary = "zero",
    ) -> None:
        super().__init__()
        self.isolation = Isolation(grid, phase=phase, boundary=boundary)
        self.crossed_axes = tuple(map(axis_of, faces))
        self.hinge = FaceHinge(grid, phase=phase, faces=faces, margin=margin)

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: not read.

        Returns:
            ``(B,)``, dimensionless, 0 to ``2 + margin``.
        """
        value: Tensor = self.isolation(probabilities, targets) + self.hinge(probabilities, targets)
        return value
