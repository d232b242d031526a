"""The published stand-in for the triple-phase boundary; kept to reproduce what it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
from annotated_types import Gt, Le
from porenet_estimators.precision import channels_in_full
from torch import Tensor, nn

from porenet.interface import Grid, Phase
from porenet_boundary.phase_triple import triple_channels


def mean_product(triple: Tensor) -> Tensor:
    """Mean over the voxels of the product of three probabilities.

    Args:
        triple: ``(B, 3, Z, Y, X)``, dimensionless.

    Returns:
        ``(B,)``, dimensionless, 0 to 1/27, at least float32; 0 on every one-hot field.
    """
    first, second, third = triple.to(torch.promote_types(triple.dtype, torch.float32)).unbind(1)
    return (first * second * third).mean(dim=(1, 2, 3))


class TriplePhaseProxy(nn.Module):
    r"""Hinge on the mean product of three phases' probabilities.

    .. math:: L = \mathrm{ReLU}(t - \langle p_{Ni} \, p_{YSZ} \, p_{pore} \rangle)

    The published form (https://github.com/Fangedan/GAN-PH). Known defects, and no use of it is known to be right: the
    product measures doubt, not length. It is 0 on every structure, however much triple line that has; there the hinge
    is at its maximum t and has no gradient. It is largest, 1/27, where every voxel is undecided between all three, so
    it is met by (1/3, 1/3, 1/3) everywhere and re-opens the loophole that other terms close. It is always shown the
    soft field, as on the decoded one it would be a constant. `porenet_boundary.losses.tpb.TriplePhaseBoundary` is the
    length.

    Args:
        grid: the phases, in channel order.
        target: t, of the mean product, dimensionless; above 1/27 = 0.0370 nothing could meet it.
        phases: the three phases, required where the grid has more.

    Raises:
        InputError: the grid has two phases, or the three are not what they must be.
    """

    def __init__(
        self,
        grid: Grid,
        *,
        target: Annotated[float, Gt(0), Le(1 / 27)],
        phases: tuple[Phase, Phase, Phase] | None = None,
    ) -> None:
        super().__init__()
        self.channels = triple_channels(grid, phases, "tpb_proxy")
        self.phases = tuple(grid.phases[channel] for channel in self.channels)
        self.target = target

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value a sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: not read.

        Returns:
            ``(B,)``, dimensionless, 0 to the target.
        """
        return (self.target - mean_product(channels_in_full(probabilities, self.channels))).relu()

    def extra_repr(self) -> str:
        """What ``print`` shows of it."""
        return f"target={self.target:g}, phases={self.phases!r}"
