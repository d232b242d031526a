"""Enlarging twice and convolving, as one convolution of the small field: a third of the arithmetic, the same result.

Where every voxel is repeated, a kernel of 3 sees two different ones along an axis, and which two depends only on
whether the place is even or odd. So each of the eight places of a voxel has a kernel of 2^3, sums of the 27 weights
(https://doi.org/10.48550/arXiv.1707.02937); no enlarged field is ever made.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from porenet.errors import InputError

SUMS = torch.tensor([[[1.0, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 1]]])
"""Along an axis: [even or odd place, voxel of the small field, weight] -> whether the weight falls on the voxel."""


class EnlargingConv(nn.Conv3d):
    """`torch.nn.functional.interpolate` by 2, nearest, and a 3^3 convolution without padding: edges n -> 2 n - 2.

    Its weights are those of the convolution.

    Args:
        before: channels of the input.
        after: channels of the output.
        bias: whether it has one.
    """

    sums: Tensor

    def __init__(self, before: int, after: int, *, bias: bool = True) -> None:
        super().__init__(before, after, 3, bias=bias)
        sums = torch.einsum("pax,qby,rcz->xyzpqrabc", SUMS, SUMS, SUMS).reshape(27, 64)
        self.register_buffer("sums", sums, persistent=False)

    def forward(self, field: Tensor) -> Tensor:
        """``(B, C, z, y, x)`` -> ``(B, C', 2 z - 2, 2 y - 2, 2 x - 2)``, in the memory format of the weights.

        Raises:
            InputError: the field has other axes, or an edge below 2 voxels.
        """
        if field.ndim != 5 or min(field.shape[2:]) < 2:
            raise InputError(
                f"(B, C, z, y, x) with edges of 2 voxels or more was expected, not {tuple(field.shape)}",
                where="generation.EnlargingConv",
            )
        after, before = self.weight.shape[:2]
        kernels = (self.weight.flatten(2) @ self.sums).view(after, before, 8, 2, 2, 2)
        kernels = kernels.permute(2, 0, 1, 3, 4, 5).flatten(0, 1)
        if self.weight.is_contiguous(memory_format=torch.channels_last_3d):
            kernels = kernels.contiguous(memory_format=torch.channels_last_3d)
        bias = None if self.bias is None else self.bias.repeat(8)
        places: Tensor = functional.conv3d(field, kernels, bias)
        # B, three of even or odd, channel, z, y, x
        parted = places.view(len(places), 2, 2, 2, after, *places.shape[2:])
        edges = [2 * edge for edge in places.shape[2:]]
        if places.is_contiguous(memory_format=torch.channels_last_3d):
            return parted.permute(0, 5, 1, 6, 2, 7, 3, 4).reshape(-1, *edges, after).permute(0, 4, 1, 2, 3)
        return parted.permute(0, 4, 5, 1, 6, 2, 7, 3).reshape(-1, after, *edges)

    def middle(self, field: Tensor, size: tuple[int, ...]) -> Tensor:
        """The middle of what `forward` gives, without working out the rest.

        Args:
            field: ``(B, C, z, y, x)``.
            size: (Z, Y, X) of the middle, voxels, each at most what `forward` gives.

        Returns:
            ``(B, C', Z, Y, X)``.

        Raises:
            InputError: the middle is larger than what `forward` gives, or empty; or as for `forward`.
        """
        most = [2 * edge - 2 for edge in field.shape[2:]]
        if len(size) != len(most) or not all(1 <= wanted <= edge for wanted, edge in zip(size, most, strict=True)):
            raise InputError(
                f"a middle of 1 to {' x '.join(map(str, most))} voxels was expected, not {tuple(size)}",
                where="generation.EnlargingConv.middle",
            )
        starts = [(2 * edge - 2 - wanted) // 2 for edge, wanted in zip(field.shape[2:], size, strict=True)]
        for axis, (start, wanted) in enumerate(zip(starts, size, strict=True), start=2):
            field = field.narrow(axis, start // 2, (start % 2 + wanted + 3) // 2)
        enlarged: Tensor = self(field)
        for axis, (start, wanted) in enumerate(zip(starts, size, strict=True), start=2):
            enlarged = enlarged.narrow(axis, start % 2, wanted)
        return enlarged
