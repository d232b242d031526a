"""A critic of volumes or slices: strided convolutions, conditional on descriptors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn


class StridedCritic(nn.Module):
    """Probabilities and condition to a score: strided convolutions of 4 voxels, and a head over what is left.

    Args:
        phases: P.
        condition: length C of the condition vector; may be 0.
        channels: of the strided convolutions; as many as the size can be halved are used.
        size: (Z, Y, X) of the fields, voxels; (Y, X) for a critic of slices.
    """

    def __init__(self, phases: int, condition: int, *, channels: Sequence[int], size: Sequence[int]) -> None:
        super().__init__()
        convolution: Callable[..., nn.Module] = nn.Conv3d if len(size) == 3 else nn.Conv2d
        layers: list[nn.Module] = []
        edges, before = list(size), phases + condition
        for after in channels:
            if min(edges) < 2:
                break
            layers += [convolution(before, after, 4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
            edges, before = [edge // 2 for edge in edges], after
        self.layers = nn.Sequential(*layers, convolution(before, 1, tuple(edges)))

    def forward(self, field: Tensor, condition: Tensor) -> Tensor:
        """Scores ``(B,)``, float32.

        Args:
            field: ``(B, P, Z, Y, X)``, or ``(B, P, Y, X)`` of slices.
            condition: ``(B, C)``, dimensionless.
        """
        score: Tensor = self.layers(torch.cat([field, constant_channels(condition, field.shape[2:])], dim=1))
        return score.flatten().float()


def constant_channels(condition: Tensor, shape: Sequence[int]) -> Tensor:
    """A vector as channels that are constant in space.

    Args:
        condition: ``(B, C)``.
        shape: of a field, voxels: (z, y, x), or (y, x).

    Returns:
        ``(B, C, z, y, x)``, or of as many axes as the shape has; a view.
    """
    return condition.view(*condition.shape, *(1 for _ in shape)).expand(*condition.shape, *shape)
