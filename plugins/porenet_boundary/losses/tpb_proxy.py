"""The published substitute for the triple-phase boundary; kept to reproduce published runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
from annotated_types import Gt, Le
from porenet_estimators.precision import channels_in_full
from torch import Tensor, nn

from porenet.interface import Grid, Phase
from porenet.slopes import with_first_slope
from porenet_boundary.phase_triple import triple_channels


def mean_product(triple: Tensor) -> Tensor:
    """Mean over the voxels of the product of three probabilities.

    Args:
        triple: ``(B, 3, Z, Y, X)``, dimensionless.

    Returns:
        ``(B,)``, dimensionless, 0 to 1/27, at least float32; 0 on every one-hot field.
    """
    return _mean_product(triple.to(torch.promote_types(triple.dtype, torch.float32)))


def _product(triple: Tensor) -> Tensor:
    first, second, third = triple.unbind(1)
    return (first * second * third).mean(dim=(1, 2, 3))


def _product_in_place(triple: Tensor) -> Tensor:
    first, second, third = triple.unbind(1)
    return (first * second).mul_(third).mean(dim=(1, 2, 3))


def _of_product(gradient: Tensor, triple: Tensor) -> Tensor:
    # In the places of the three phases: autograd writes the gradient of each for itself, and then stacks them.
    of_triple = torch.empty_like(triple)
    (first, second, third), (of_first, of_second, of_third) = triple.unbind(1), of_triple.unbind(1)
    share = (gradient / first[0].numel())[:, None, None, None]
    torch.mul(third, share, out=of_first)
    torch.mul(first, of_first, out=of_second)
    of_first.mul_(second)
    torch.mul(first, second, out=of_third).mul_(share)
    return of_triple


_mean_product = with_first_slope(_product, _product_in_place, _of_product)


class TriplePhaseProxy(nn.Module):
    r"""Hinge on the mean product of three phases' probabilities.

    .. math:: L = \mathrm{ReLU}(t - \langle p_{Ni} \, p_{YSZ} \, p_{pore} \rangle)

    The published form (https://github.com/Fangedan/GAN-PH). The loss of the length is
    `porenet_boundary.losses.tpb.TriplePhaseBoundary`.

    Known defects, because of which it has no known valid use. The product measures how undecided voxels are, not a
    length. It is 0 on every decoded structure, however much triple line that has; there the hinge is at its maximum t
    and has no gradient. It is largest, 1/27, where every voxel is undecided between all three phases, so (1/3, 1/3,
    1/3) everywhere meets it and re-opens the loophole that other terms close. It always reads the soft field, because
    on a decoded one it is constant.

    Args:
        grid: the phases, in channel order.
        target: t, least mean product, dimensionless; at most 1/27 = 0.0370, the maximum of the product.
        phase_triple: the three phases, required where the grid has more.

    Raises:
        InputError: the grid has two phases, or ``phase_triple`` is missing, repeated or unknown.
    """

    def __init__(
        self,
        grid: Grid,
        *,
        target: Annotated[float, Gt(0), Le(1 / 27)],
        phase_triple: tuple[Phase, Phase, Phase] | None = None,
    ) -> None:
        super().__init__()
        self.channels = triple_channels(grid, phase_triple, "tpb_proxy")
        self.phase_triple = tuple(grid.phases[channel] for channel in self.channels)
        self.target = target

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: not read.

        Returns:
            ``(B,)``, dimensionless, 0 to the target.
        """
        return (self.target - mean_product(channels_in_full(probabilities, self.channels))).relu()

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        return f"target={self.target:g}, phase_triple={self.phase_triple!r}"
