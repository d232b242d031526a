"""Skewed fields that a network changes: structures like the real ones before any training."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn

from porenet.generation.fields import SkewedFields

SHARPNESS = 3.0
"""Factor on the logits: of fields of variance 1 most voxels are then decided, and none is lost to the gradient."""
HEAD, LAST = 0.3, 0.1
"""Factors on the weights of the head and of the last convolution at the start, so that what is added begins small."""
WIDTH = 16
"""Channels between the two convolutions."""


class RefinedFields(nn.Module):
    """Logits 3 (g + h + r): fitted fields g, the output h of a generator of yours, two convolutions r that see both.

    Where h + r is zero and volume fractions are held, the structures are those of `porenet.synthetic.skewed_fields`.

    Args:
        fields: fitted, frozen.
        condition: length C of the condition vector; may be 0.
        head: last layer of the generator whose output is h; its weights are made small.

    Example:
        >>> import torch
        >>> from porenet import Grid
        >>> from porenet.generation import RefinedFields, SkewedFields
        >>> fields = SkewedFields(Grid(("pore", "solid"), 0.1), lengths_um=(0.4, 0.4), skews=(0.5, 0.0))
        >>> head = torch.nn.Conv3d(8, 2, 3, padding=1)
        >>> refined = RefinedFields(fields, condition=2, head=head)
        >>> coefficients = torch.randn(1, fields.count((16, 16, 16)))
        >>> refined(coefficients, head(torch.randn(1, 8, 16, 16, 16)), torch.tensor([[0.4, 0.6]])).shape
        torch.Size([1, 2, 16, 16, 16])
    """

    def __init__(self, fields: SkewedFields, condition: int, head: nn.Module) -> None:
        super().__init__()
        self.fields = fields
        phases = len(fields.grid.phases)
        first = nn.Conv3d(2 * phases + condition, WIDTH, 3, padding=1, padding_mode="replicate")
        last = nn.Conv3d(WIDTH, phases, 3, padding=1, padding_mode="replicate")
        self.convolutions = nn.Sequential(first, nn.LeakyReLU(0.2, inplace=True), last)
        with torch.no_grad():
            for layer, factor in ((head, HEAD), (last, LAST)):
                for parameter in layer.parameters():
                    parameter.mul_(factor)

    def noise_shape(self, size: Sequence[int], latent: Sequence[int]) -> tuple[int, ...]:
        """``(N,)``: the coefficients of the fields, and behind them the noise of a network.

        Args:
            size: (Z, Y, X) of the structure, voxels.
            latent: shape of the noise of the network, without the batch.
        """
        return (self.fields.count(size) + prod(latent),)

    def parted(self, noise: Tensor, latent: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Noise ``(B, N)`` as coefficients ``(B, K)`` and the noise of the network ``(B, *latent)``."""
        coefficients, rest = torch.split(noise, [noise.shape[1] - prod(latent), prod(latent)], dim=1)
        return coefficients, rest.reshape(-1, *latent)

    def forward(self, coefficients: Tensor, output: Tensor, condition: Tensor) -> Tensor:
        """Logits ``(B, P, Z, Y, X)`` float32.

        Args:
            coefficients: ``(B, K)``, standard normal.
            output: of the generator, ``(B, P, Z, Y, X)``, dimensionless.
            condition: ``(B, C)``, dimensionless.
        """
        size = output.shape[2:]
        fields = self.fields(coefficients, size)
        channels = condition.view(*condition.shape, 1, 1, 1).expand(*condition.shape, *size)
        refinement: Tensor = self.convolutions(torch.cat([fields, output, channels], dim=1))
        logits: Tensor = SHARPNESS * (fields + output.float() + refinement.float())
        return logits
