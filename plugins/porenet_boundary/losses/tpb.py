"""Triple-phase boundary: the length of the lines where three phases meet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

import torch
from annotated_types import Gt
from porenet_estimators.precision import channels_in_full
from porenet_estimators.triple_products import SIGMA
from torch import Tensor, nn

from porenet.interface import Grid, Phase
from porenet.targets import relative_error, target_like
from porenet_boundary.losses.line_length import Estimator, LineLength, real_ratios
from porenet_boundary.phase_triple import triple_channels


class TriplePhaseBoundary(nn.Module):
    r"""Squared relative error of each sample's length of triple line per volume.

    .. math::
        L = \left( \frac{\ell}{\ell^{target}} - 1 \right)^2, \qquad
        \ell = \frac{\langle q_1 q_2 q_3 \rangle}{0.1495 \, \sigma^2}, \qquad q_i = G_\sigma * p_i

    with q_i the probabilities of the three phases smoothed with a Gaussian: ``triple``, see
    `porenet_estimators.triple_products.triple_product_lengths`. It reads 0.98 to 1.00 of a straight line at which the
    phases meet at 120 degrees, and up to 1.67 of sharp wedges; it is a reader for a loss, not for a publication. A
    mixture of three phases that is as fine as a voxel reads more than any lines do.

    ``coarea`` reads 1.8 l_1 - 0.8 l_1.5 with

    .. math:: \ell_\sigma = \langle 40 \, p_1 p_2 p_3 \, |\nabla(p_2 - p_1) \times \nabla(p_3 - p_1)| \rangle

    of the phases smoothed with a Gaussian of sigma: the co-area formula, see
    `porenet_estimators.coarea.coarea_lines`. It reads 1.00 to 1.02 of a straight line in any direction and 0.89 to 1.04
    of the lines of random fields of correlation length 2.5 voxels and more, but is blind to voxel-fine speckle: it is
    met by structures with 19 to 69 times the lines. The published term does not measure a length, see
    `porenet_boundary.losses.tpb_proxy.TriplePhaseProxy`.

    ``edges`` counts the voxel edges whose four voxels hold all three phases, see
    `porenet_estimators.triple_edge_fields.triple_edge_length`: the estimator of published voxel counts, exact for the
    voxels, 1.5 times a smooth line at 120 degrees. It is the one whose mean over sections is exactly a third of the
    volume's, so micrographs are measured with it. No line is too fine for it, but it cannot tell one rough line from
    two smooth ones, so that its witness is ``triple``. On a structure its gradient is what the swap of a single voxel
    changes: it makes and removes lines one voxel at a time, and is 0 in the interior of a phase.

    It reads the decoded structure unless a run says otherwise: on undecided probabilities slopes are small and products
    large, which gives a realistic length without a single line.

    Known defects. A few voxels of one phase in a fine mixture of the other two have many lines and a small product:
    from a checkerboard, and from a single phase, it alone was met with 15 and 4 times the edges. Use it beside ``ssa``,
    whose guard leaves no such mixture. It counts all lines, whether or not the three phases are supplied. The gradient
    reaches as far as the Gaussian, and that of ``coarea`` is 0 where no small change creates a line: where one of the
    phases is absent, the field is flat, or all interfaces are parallel. Add a volume fraction term, which restores
    absent phases. A box of one voxel along two axes holds no line whatever the field.

    Args:
        grid: the phases, the voxel edges (um) and which axes are periodic.
        phase_triple: the three phases, required where the grid has more.
        estimator: ``triple``, ``coarea`` or ``edges``; the target must have been measured with the same.
        sigma: for ``triple``, standard deviation of the Gaussian, longest voxel edges.

    Raises:
        InputError: the grid has two phases, ``phase_triple`` is missing, repeated or unknown, or a ``sigma``
            without ``triple``.
    """

    def __init__(
        self,
        grid: Grid,
        *,
        phase_triple: tuple[Phase, Phase, Phase] | None = None,
        estimator: Estimator = "triple",
        sigma: Annotated[float, Gt(0)] = SIGMA,
    ) -> None:
        super().__init__()
        self.channels = triple_channels(grid, phase_triple, "tpb")
        self.phase_triple = tuple(grid.phases[channel] for channel in self.channels)
        self.length = LineLength(grid, estimator, sigma, "tpb")
        self.scale = math.prod(grid.voxel_um) ** (-2 / 3)  # um^-2, stands in for a target of 0
        self.twin_params: dict[str, Any] = {**self.length.params, "phase_triple": self.phase_triple}
        self.twin_keys = self.witness_keys = ("total",)
        self.witness_params: dict[str, Any] = {"phase_triple": self.phase_triple}
        self.witness_range = real_ratios(grid.dims)
        if estimator == "edges":  # which cannot bear witness of itself
            self.witness_params["estimator"] = "triple"
            low, high = self.witness_range
            self.witness_range = (1 / high, 1 / low)
        self.target_estimators = {"tpb": self.length.name}

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """Length per volume, ``(B, 1)``, um^-2, >= 0; the ``total`` of the metric ``tpb`` on one-hot fields."""
        return self._length(probabilities).clamp_min(0)

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: ``tpb``: ``(B,)`` um^-2, measured with the estimator of the loss; NaN where a sample has no target.
                Against a target of 0 the error is the length times the squared geometric mean of the voxel edges.

        Returns:
            ``(B,)``, dimensionless, >= 0.

        Raises:
            InputError: the target has another shape, or was measured with another estimator.
        """
        return self.from_descriptor(self._length(probabilities), targets)

    def from_descriptor(self, values: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """The loss of fields with these lengths, ``(B, 1)`` um^-2; otherwise as `forward`."""
        target = target_like(targets, "tpb", values, estimator=self.length.name)
        # Not clamped where a line is wanted: the clamp would remove the gradient of a line that is about to form.
        length = torch.where(target > 0, values, values.clamp_min(0))
        return relative_error(length, target, scale=self.scale).square().squeeze(1)

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        return f"phase_triple={self.phase_triple!r}, estimator={self.length.name!r}"

    def _length(self, probabilities: Tensor) -> Tensor:
        return self.length(channels_in_full(probabilities, self.channels)).unsqueeze(1)
