"""Maximin: the largest margin at which a phase joins two faces of the box."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import torch
from annotated_types import Gt, Lt
from torch import Tensor, nn

from porenet.interface import Face, Grid, Phase, axis_of
from porenet.passage import connecting_level, margin_of
from porenet.sharing import shared
from porenet.targets import target_like
from porenet_topology.faces import outlet_of


class Maximin(nn.Module):
    r"""Hinge on the largest margin at which a phase joins two faces of the box.

    Over all paths from voxel to voxel across their faces that join two faces of the box, the largest of the smallest
    margins:

    .. math::
        t^* = \max_{w:\, inlet \to outlet} \min_{v \in w} m(v), \qquad m = p_c - \max_{k \ne c} p_k, \qquad
        L = \max(0, \delta - t^*)

    The argmax percolates if t* > 0, and not if t* < 0; L is zero exactly where the voxels of margin >= delta join the
    faces. (Precedent in segmentation: MALIS, Turaga et al. 2009, https://arxiv.org/abs/0911.5372.)

    With ``target = "structures"`` percolation is also penalised in samples whose target structure does not percolate: L
    = max(0, delta - t*) where the target structure percolates, and max(0, delta + t*) where it does not. So the share
    of percolating structures can be pushed up and down.

    It always reads the probabilities, whatever the run's relaxation, because a decoded structure has no margins.

    Known defect. The gradient is at one voxel of the field, the bottleneck: -1 on the phase and +1 on its strongest
    rival. A gap of n voxels is therefore closed voxel by voxel and training is slow;
    `porenet_topology.losses.first_passage.FirstPassage` repairs the whole path at once.

    Args:
        grid: the phases and which axes are periodic; the axes of ``inlet`` and ``outlet`` are taken as open.
        phase: the phase that is to cross.
        inlet: one face.
        outlet: another face; default: the opposite one.
        margin: delta, the lead of the phase along the whole path, or its lag somewhere on every path, dimensionless,
            above 0 and below 1.
        target: none: every sample is to percolate; ``structures``: each sample is to percolate if its target structure
            does.

    Raises:
        InputError: inlet and outlet are the same face, or the grid has no such phase.
    """

    def __init__(
        self,
        grid: Grid,
        *,
        phase: Phase,
        inlet: Face = "z_min",
        outlet: Face | None = None,
        margin: Annotated[float, Gt(0), Lt(1)] = 0.1,
        target: Literal["structures"] | None = None,
    ) -> None:
        super().__init__()
        self.phase, self.inlet, self.outlet = phase, inlet, outlet_of(inlet, outlet)
        self.margin, self.target = margin, target
        self.crossed_axes = (axis_of(self.inlet), axis_of(self.outlet))
        self.channel, self.periodic = grid.index(phase), grid.periodic

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """The level t*.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.

        Returns:
            ``(B, 1)``, dimensionless, -1 to 1; of one-hot fields 1 where the phase percolates and -1 where not.
        """
        margins = shared(margin_of, probabilities, self.channel)
        return connecting_level(margins, self.inlet, self.outlet, periodic=self.periodic).unsqueeze(1)

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: with ``target = "structures"``, ``maximin``: ``(B,)``, above 0 where the sample is to percolate,
                below 0 where it is not to; NaN or 0 where both are allowed.

        Returns:
            ``(B,)``, dimensionless, 0 to 1 + margin.

        Raises:
            InputError: the target has another shape.
        """
        level = self.descriptor(probabilities)
        if self.target is None:
            return torch.relu(self.margin - level).squeeze(1)
        wanted = target_like(targets, "maximin", level).nan_to_num(0.0).sign()
        return (wanted.abs() * torch.relu(self.margin - wanted * level)).squeeze(1)

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        return (
            f"phase={self.phase!r}, inlet={self.inlet!r}, outlet={self.outlet!r}, margin={self.margin}, "
            f"target={self.target!r}"
        )
