"""Surface area as published: measured on a detached field, so that it trains nothing."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from porenet.interface import Grid
from porenet_statistics.losses.ssa import SurfaceArea


class SurfaceAreaSevered(nn.Module):
    r"""The published surface-area loss, whose gradient never reached the generator. Never use it.

    .. math:: L = \frac{1}{P} \sum_c \left( \frac{S_c(\mathrm{detach}(p)) - S_c^{target}}{S_c^{target}} \right)^2

    Kept for two purposes only: run A of the examples, which repeats what was published, and the audit, which must
    report it as dead. The loss that works is `porenet_statistics.losses.ssa.SurfaceArea`.

    Known defect. No weight of a generator learns from it. The published pipeline (GAN-PH,
    https://github.com/thermal-eng-lab/GAN-PH) estimates the areas of the soft field with a frozen network under
    ``no_grad`` and then marks the result with ``requires_grad_()``: it is logged, it falls when other terms happen to
    move it, and ``loss.requires_grad`` is True. Here a count of faces replaces the network and the relative error
    replaces its standardised one.

    Args:
        grid: the phases, the voxel edges (um) and which axes are periodic.
    """

    def __init__(self, grid: Grid) -> None:
        super().__init__()
        self.measured = SurfaceArea(grid, estimator="faces")
        # Published: values.requires_grad_(), then a division. A compiled graph cannot return the former.
        self.claim = torch.ones((), device="cpu", requires_grad=True)
        self.twin_params, self.twin_keys = self.measured.twin_params, self.measured.twin_keys

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """Surface densities, ``(B, P)``, um^-1, detached; the metric ``ssa`` with ``faces`` on one-hot fields."""
        return self.measured.descriptor(probabilities.detach())

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample, which claims to require a gradient but passes none on.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: ``ssa``: ``(B, P)`` um^-1 per total volume, by counting faces; NaN where a phase has no target.

        Returns:
            ``(B,)``, dimensionless, >= 0.

        Raises:
            InputError: the target has another shape, or was measured with another estimator.
        """
        values: Tensor = self.measured(probabilities.detach(), targets)
        return values * self.claim
