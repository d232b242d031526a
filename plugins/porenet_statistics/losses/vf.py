"""Volume fraction: how much of each phase there is."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from porenet.interface import Grid, InputError


def volume_fractions(probabilities: Tensor) -> Tensor:
    """Mean over the voxels of each phase's probability.

    Args:
        probabilities: ``(B, P, Z, Y, X)``, dimensionless.

    Returns:
        ``(B, P)``, dimensionless, at least float32; on one-hot fields the volume fractions of the structure.
    """
    # Named dtype: a half-precision field of 64^3 voxels must not be summed in half precision.
    dtype = torch.promote_types(probabilities.dtype, torch.float32)
    return probabilities.mean(dim=(2, 3, 4), dtype=dtype)


class VolumeFraction(nn.Module):
    r"""Squared distance of each sample's volume fractions from their targets.

    .. math:: L = \sum_c (\langle p_c \rangle - VF_c)^2

    The published form (GAN-PH, https://github.com/thermal-eng-lab/GAN-PH), before its mean over the batch. On soft
    probabilities it has a loophole: p = (0.36, 0.34, 0.30) at every voxel meets those targets exactly, and its argmax
    holds no pore at all. Run it with ``relax = "straight_through"``, which shows it the decoded structure.

    Args:
        grid: the phases, in channel order.
    """

    def __init__(self, grid: Grid) -> None:
        super().__init__()
        self.phases = grid.phases

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """Volume fractions, ``(B, P)``, dimensionless; the metric ``vf`` on one-hot fields."""
        return volume_fractions(probabilities)

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value a sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: ``vf``: ``(B, P)`` fractions in the order of the grid's phases; NaN where a phase has none.

        Returns:
            ``(B,)``, dimensionless, >= 0.

        Raises:
            InputError: the target has another shape.
        """
        fractions = self.descriptor(probabilities)
        target = targets["vf"]
        if target.shape != fractions.shape:
            raise InputError(
                f"shape (B, P) = {tuple(fractions.shape)} for the phases {', '.join(self.phases)} was expected, "
                f"not {tuple(target.shape)}",
                where="targets['vf']",
            )
        target = target.to(fractions.dtype)
        distance = torch.where(target.isnan(), 0, fractions - target.nan_to_num())
        return distance.square().sum(dim=1)
