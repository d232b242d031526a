"""Length of triple lines by the co-area formula, on fields of probabilities: `coarea` in torch."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from porenet.slopes import with_slope
from porenet_estimators import gaussian_loops
from porenet_estimators.coarea import SIGMAS, WEIGHTS
from porenet_estimators.gaussian import Periodic, voxel_widths
from porenet_estimators.gaussian_fields import Slopes, smooth, smooth_and_slopes

ROUNDING = 64
"""Cross products of slopes below this many times the dtype's resolution are taken for rounding errors."""


def triple_line_length(
    triple: Tensor, voxel_um: tuple[float, float, float], periodic: Periodic, counted: Tensor | None = None
) -> Tensor:
    """Length of triple line per volume as two Gaussians show it, extrapolated as in the metric ``tpb``.

    Args:
        triple: ``(B, 3, Z, Y, X)``, probabilities of three phases, dimensionless; see `coarea.coarea_lines`.
        voxel_um: voxel edges (z, y, x), um.
        periodic: per axis (z, y, x), whether it wraps.
        counted: ``(B, 3, Z, Y, X)``, how much of each phase counts, 0 to its probability; all of it if None.

    Returns:
        ``(B,)``, um^-2, at least float32; slightly below 0 where the wider Gaussian alone sees a line.
    """
    triple = triple.to(torch.promote_types(triple.dtype, torch.float32))
    if gaussian_loops.in_loops(triple):
        return _in_loops(triple, voxel_um, periodic, counted)
    readings = [_reading(triple, voxel_um, periodic, sigma, counted) for sigma in SIGMAS]
    return WEIGHTS[0] * readings[0] + WEIGHTS[1] * readings[1]


def _in_loops(
    triple: Tensor, voxel_um: tuple[float, float, float], periodic: Periodic, counted: Tensor | None
) -> Tensor:
    widths = [voxel_widths(sigma, voxel_um) for sigma in SIGMAS]
    if counted is not None:
        counted = torch.cat([smooth(counted.to(triple.dtype), periodic, width) for width in widths], dim=1)
    edge_um, weights = _edge_and_weights(voxel_um)
    shares = [40 * weight / edge_um**2 for weight in WEIGHTS]
    return gaussian_loops.lines(
        triple, counted, periodic, widths, shares, weights, ROUNDING * torch.finfo(triple.dtype).eps
    )


def _edge_and_weights(voxel_um: tuple[float, float, float]) -> tuple[float, tuple[float, float, float]]:
    """The mean edge, um, and the weights of a cross product of slopes per voxel in units of it.

    So the slopes stay dimensionless and of the size of a probability.
    """
    edge_um = math.prod(voxel_um) ** (1 / 3)
    z, y, x = (edge_um / edge for edge in voxel_um)
    return edge_um, (y * x, x * z, z * y)


def _reading(
    triple: Tensor, voxel_um: tuple[float, float, float], periodic: Periodic, sigma: float, counted: Tensor | None
) -> Tensor:
    """Length per volume that one Gaussian shows, ``(B,)``, um^-2."""
    first, widths = triple[:, :1], voxel_widths(sigma, voxel_um)
    others, slopes = smooth_and_slopes(triple[:, 1:] - first, periodic, widths)
    if counted is None:
        q1 = smooth(first, periodic, widths)
        others = q1 + others
    else:
        smoothed = smooth(counted, periodic, widths)
        q1, others = smoothed[:, :1], smoothed[:, 1:]
    edge_um, weights = _edge_and_weights(voxel_um)
    density: Tensor = _mean_density(q1, others, *slopes, weights)
    return density / edge_um**2


def _density_value(
    q1: Tensor, others: Tensor, z: Tensor, y: Tensor, x: Tensor, weights: tuple[float, float, float]
) -> Tensor:
    q1, (q2, q3) = q1.squeeze(1), others.unbind(1)
    density = _length(_cross((z, y, x), weights)).mul_(q1).mul_(q2).mul_(q3)
    return 40 * density.mean(dim=(1, 2, 3))


def _density_slopes(
    gradient: Tensor,
    q1: Tensor,
    others: Tensor,
    z: Tensor,
    y: Tensor,
    x: Tensor,
    weights: tuple[float, float, float],
) -> tuple[Tensor, ...]:
    # A quarter of the time that autograd takes, and less memory. Besides, the length of the cross product has no
    # gradient at 0, and all but 0 is where an interface is flat: a rounding error, which would send the voxel a
    # gradient in whatever direction it points. The value stays exact; such directions are faded out.
    (za, zb), (ya, yb), (xa, xb) = (slope.unbind(1) for slope in (z, y, x))
    q1, (q2, q3) = q1.squeeze(1), others.unbind(1)
    cross = _cross((z, y, x), weights)
    length = _length(cross)
    each = (gradient * (40 / q1[0].numel()))[:, None, None, None]
    turn = (q1 * q2).mul_(q3).mul_(each).div_(length.clamp_min(ROUNDING * torch.finfo(q1.dtype).eps))
    length.mul_(each)
    of_q2, of_q3 = (length * q1).mul_(q3), (length * q1).mul_(q2)
    of_q1 = length.mul_(q2).mul_(q3)
    ez, ey, ex = (part.mul_(turn).mul_(weight) for part, weight in zip(cross, weights, strict=True))
    return (
        of_q1.unsqueeze(1),
        torch.stack([of_q2, of_q3], dim=1),
        torch.stack([_difference(ex, yb, ey, xb), _difference(ey, xa, ex, ya)], dim=1),
        torch.stack([_difference(ez, xb, ex, zb), _difference(ex, za, ez, xa)], dim=1),
        torch.stack([_difference(ey, zb, ez, yb), _difference(ez, ya, ey, za)], dim=1),
    )


_mean_density = with_slope(
    _density_value, _density_slopes, refusal="a length of triple line can be differentiated once; its gradient can not"
)


def _cross(slopes: Slopes, weights: tuple[float, float, float]) -> tuple[Tensor, Tensor, Tensor]:
    """Cross product of the two channels' slopes, ``(B, Z, Y, X)`` for z, y and x, each times its weight."""
    (za, zb), (ya, yb), (xa, xb) = (slope.unbind(1) for slope in slopes)
    of_z, of_y, of_x = weights
    return (
        _difference(ya, xb, xa, yb).mul_(of_z),
        _difference(xa, zb, za, xb).mul_(of_y),
        _difference(za, yb, ya, zb).mul_(of_x),
    )


def _difference(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    """``a b - c d``."""
    return (a * b).addcmul_(c, d, value=-1)


def _length(vector: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    z, y, x = vector
    return z.square().addcmul_(y, y).addcmul_(x, x).sqrt_()
