"""Triple-phase boundary: the length of the lines where three phases meet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from porenet_estimators.coarea_fields import triple_line_length
from porenet_estimators.precision import channels_in_full
from torch import Tensor, nn

from porenet.interface import Grid, Phase
from porenet.targets import relative_error, target_like
from porenet_boundary.phase_triple import triple_channels


class TriplePhaseBoundary(nn.Module):
    r"""Squared relative error of each sample's length of triple line per volume.

    .. math::
        L = \left( \frac{1.8 \, \ell_1 - 0.8 \, \ell_{1.5}}{\ell^{target}} - 1 \right)^2, \qquad
        \ell_\sigma = \langle 40 \, p_1 p_2 p_3 \, |\nabla(p_2 - p_1) \times \nabla(p_3 - p_1)| \rangle

    with p_i the probabilities of the three phases smoothed with a Gaussian of sigma voxels: the co-area formula, see
    `porenet_estimators.coarea.coarea_slabs`. It reads 1.00 to 1.02 of a straight line in any direction and
    0.89 to 1.04 of the lines of random fields of correlation length 2.5 voxels and more. The published term never saw
    a length, see `porenet_boundary.losses.tpb_proxy.TriplePhaseProxy`.

    It reads the decoded structure unless a run says otherwise: on undecided probabilities slopes are small and products
    large, which fakes a realistic length without a single line.

    Known defects. The length is that of all lines, whether or not the three phases are supplied. The gradient reaches
    no further from a line than the Gaussian does, six voxels, and there is none where no small change makes a line:
    where one of the phases is absent, the field is flat, or all interfaces are parallel. Let a volume fraction term
    bring the phases back. A box of one voxel along two axes holds no line whatever the field.

    Args:
        grid: the phases, the voxel edges (um) and which axes are periodic.
        phases: the three phases, required where the grid has more.

    Raises:
        InputError: the grid has two phases, or the three are not what they must be.
    """

    def __init__(self, grid: Grid, *, phases: tuple[Phase, Phase, Phase] | None = None) -> None:
        super().__init__()
        self.channels = triple_channels(grid, phases, "tpb")
        self.phases = tuple(grid.phases[channel] for channel in self.channels)
        self.voxel_um, self.periodic = grid.voxel_um, grid.periodic
        self.scale = math.prod(grid.voxel_um) ** (-2 / 3)  # um^-2, stands in for a target of 0
        self.twin_params: dict[str, Any] = {"estimator": "coarea", "phases": self.phases}
        self.twin_keys = ("total",)

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """Length per volume, ``(B, 1)``, um^-2, >= 0; the ``total`` of the metric ``tpb`` on one-hot fields."""
        return self._length(probabilities).clamp_min(0)

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value a sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: ``tpb``: ``(B,)`` um^-2, measured with the estimator ``coarea``; NaN where there is none. Against a
                target of 0 the error is the length times the squared geometric mean of the voxel edges.

        Returns:
            ``(B,)``, dimensionless, >= 0.

        Raises:
            InputError: the target has another shape, or was measured with another estimator.
        """
        length = self._length(probabilities)
        target = target_like(targets, "tpb", length, estimator="coarea")
        # Not clamped where a line is wanted: the clamp would take the gradient from what is about to become one.
        length = torch.where(target > 0, length, length.clamp_min(0))
        return relative_error(length, target, scale=self.scale).square().squeeze(1)

    def extra_repr(self) -> str:
        """What ``print`` shows of it."""
        return f"phases={self.phases!r}"

    def _length(self, probabilities: Tensor) -> Tensor:
        triple = channels_in_full(probabilities, self.channels)
        return triple_line_length(triple, self.voxel_um, self.periodic).unsqueeze(1)
