"""Volume fraction of each phase, compared with targets."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from porenet.interface import Grid
from porenet.targets import target_like


def volume_fractions(probabilities: Tensor) -> Tensor:
    """Mean over the voxels of each phase's probability.

    Args:
        probabilities: ``(B, P, Z, Y, X)``, dimensionless.

    Returns:
        ``(B, P)``, dimensionless, at least float32; on one-hot fields the volume fractions of the structure.
    """
    # Named dtype: a half-precision field of 64^3 voxels must not be summed in half precision. The gradient of a sum,
    # unlike that of a mean, is a view and costs no field of its own.
    dtype = torch.promote_types(probabilities.dtype, torch.float32)
    return probabilities.sum(dim=(2, 3, 4), dtype=dtype) / probabilities[0, 0].numel()


class VolumeFraction(nn.Module):
    r"""Squared distance of each sample's volume fractions from their targets.

    .. math:: L = \sum_c (\langle p_c \rangle - VF_c)^2

    The published form (GAN-PH, https://github.com/thermal-eng-lab/GAN-PH), before its mean over the batch.

    Known defect. On soft probabilities it has a loophole: p = (0.36, 0.34, 0.30) at every voxel meets those targets
    exactly, and its argmax holds no pore at all. Run it with ``relax = "straight_through"``, which shows it the decoded
    structure.

    Args:
        grid: the phases, in channel order.
    """

    def __init__(self, grid: Grid) -> None:
        super().__init__()
        self.twin_keys = grid.phases

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """Volume fractions, ``(B, P)``, dimensionless; the metric ``vf`` on one-hot fields."""
        return volume_fractions(probabilities)

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: ``vf``: ``(B, P)`` fractions in the order of the grid's phases, dimensionless; NaN where a phase
                has no target.

        Returns:
            ``(B,)``, dimensionless, >= 0.

        Raises:
            InputError: the target has another shape.
        """
        return self.from_descriptor(self.descriptor(probabilities), targets)

    def from_descriptor(self, values: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """The loss of fields with these volume fractions, ``(B, P)``; otherwise as `forward`."""
        target = target_like(targets, "vf", values)
        distance = torch.where(target.isnan(), 0, values - target.nan_to_num())
        return distance.square().sum(dim=1)
