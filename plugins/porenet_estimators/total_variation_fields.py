"""Surface density of phases as the total variation of smoothed fields of probabilities: `total_variation` in torch."""

from __future__ import annotations

import torch
from torch import Tensor

from porenet.slopes import with_slope
from porenet_estimators import gaussian_loops
from porenet_estimators.gaussian import Periodic, voxel_widths
from porenet_estimators.gaussian_fields import smooth_and_slopes
from porenet_estimators.total_variation import SIGMA

ROUNDING = 64
"""Slopes below this many times the dtype's resolution are taken for rounding errors."""


def total_variation_densities(field: Tensor, voxel_um: tuple[float, float, float], periodic: Periodic) -> Tensor:
    """Mean over the voxels of the gradient's length of each channel, smoothed with a Gaussian of 1 voxel
    edge, the longest one.

    On one-hot fields it is `total_variation.total_variations`.

    Args:
        field: ``(B, C, Z, Y, X)``, probabilities, dimensionless.
        voxel_um: voxel edges (z, y, x), um.
        periodic: per axis (z, y, x), whether the axis wraps.

    Returns:
        ``(B, C)``, um^-1, per total volume, >= 0, at least float32.
    """
    field = field.to(torch.promote_types(field.dtype, torch.float32))
    # In units of the shortest edge the slopes stay dimensionless and of the size of a probability.
    shortest, widths = min(voxel_um), voxel_widths(SIGMA, voxel_um)
    weights = [shortest / edge for edge in voxel_um]
    if gaussian_loops.in_loops(field):
        fades = ROUNDING * torch.finfo(field.dtype).eps
        lengths = gaussian_loops.lengths(field, periodic, widths, weights, fades)
    else:
        lengths = _mean_length(*smooth_and_slopes(field, periodic, widths)[1], weights)
    return lengths / shortest


def _length_value(z: Tensor, y: Tensor, x: Tensor, weights: list[float]) -> Tensor:
    return _length(z, y, x, weights).mean(dim=(2, 3, 4))


def _length_slopes(
    gradient: Tensor, z: Tensor, y: Tensor, x: Tensor, weights: list[float]
) -> tuple[Tensor, Tensor, Tensor]:
    # The length of a vector has no gradient at 0, and all but 0 is where a structure is solid: there the slopes are
    # rounding errors, and the plain norm would send each voxel a full-sized gradient in whatever direction they point.
    # The value stays exact; of the gradient, what comes from slopes that rounding alone can make fades as their square.
    length = _length(z, y, x, weights)
    top = length.clamp_min(ROUNDING * torch.finfo(z.dtype).eps)
    each = length.div_(top.square_()).mul_((gradient / z[0, 0].numel())[:, :, None, None, None])
    of_z, of_y, of_x = (weight**2 for weight in weights)
    return (each * z).mul_(of_z), (each * y).mul_(of_y), (each * x).mul_(of_x)


_mean_length = with_slope(
    _length_value, _length_slopes, refusal="a total variation can be differentiated once; its gradient can not"
)


def _length(z: Tensor, y: Tensor, x: Tensor, weights: list[float]) -> Tensor:
    of_z, of_y, of_x = (weight**2 for weight in weights)
    squared = (of_z * z.square()).addcmul_(y, y, value=of_y).addcmul_(x, x, value=of_x)
    return squared.sqrt_()
