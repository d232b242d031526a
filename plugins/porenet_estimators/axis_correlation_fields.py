"""Two-point probabilities along the axes, on fields of probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from porenet_estimators.axis_lags import AxisLags, axis_lags
from porenet_estimators.lags import PerAxis, Voxel
from porenet_estimators.precision import full_precision


def axis_correlations(
    field: Tensor, lags_um: Sequence[float], voxel_um: Voxel, periodic: PerAxis, axes: Sequence[int] = (0, 1, 2)
) -> Tensor:
    """Probability that two points a lag apart along an axis are in a channel, pairs of all axes pooled.

    Args:
        field: ``(B, P, Z, Y, X)``, probabilities, dimensionless.
        lags_um: lags, um, L of them.
        voxel_um: voxel edges (z, y, x), um.
        periodic: per axis (z, y, x), whether it wraps.
        axes: those along which the lags lie: of sections (1, 2).

    Returns:
        ``(B, P L)`` at least float32, dimensionless, the lags of each channel in turn; NaN where the box has no pair.
    """
    field = field.to(torch.promote_types(field.dtype, torch.float32))
    box = (field.shape[2], field.shape[3], field.shape[4])
    along = [axis_lags(lags_um, axis, box, voxel_um, periodic) for axis in axes]
    with full_precision(field):
        sums = [mixed(_sums(field, axis, at, periodic[axis]), at) for axis, at in zip(axes, along, strict=True)]
        return shares(sums, along)


def mixed(sums: Tensor, at: AxisLags) -> Tensor:
    """Sums at whole numbers of voxels -> sums at the lags between them, ``(..., shifts)`` -> ``(..., L)``."""
    lower, upper = (torch.stack([sums[..., place] for place in places], dim=-1) for places in (at.lower, at.upper))
    share = sums.new_tensor(at.share)
    return lower * (1 - share) + upper * share


def shares(sums: Sequence[Tensor], along: Sequence[AxisLags]) -> Tensor:
    """Sums along each axis, ``(B, P, L)`` -> shares of all pairs, ``(B, P L)``; NaN where there is no pair."""
    possible = [sum(counts) for counts in zip(*(at.possible for at in along), strict=True)]
    total = torch.stack(list(sums)).sum(dim=0)
    scale = total.new_tensor([1 / count if count else 0.0 for count in possible])
    missing = total.new_tensor([0.0 if count else torch.nan for count in possible])
    return (total * scale + missing).flatten(1)  # NaN is added, not multiplied by: a gradient of 0 must stay 0


def _sums(field: Tensor, axis: int, at: AxisLags, wraps: bool) -> Tensor:
    """Sum over the pairs of places of p(u) p(u + r) at each shift, ``(B, P, shifts)``."""
    size = field.shape[2 + axis]
    near = [shift for shift in at.shifts if shift < size or wraps]
    length = size if wraps else size + max(near, default=0)
    spectrum = torch.fft.rfft(field, n=length, dim=2 + axis)
    power = spectrum.real.square() + spectrum.imag.square()
    others = [2 + other for other in range(3) if other != axis]
    counts = torch.fft.irfft(torch.complex(power.sum(dim=others), power.new_zeros(())), n=length, dim=2)
    empty = counts[..., 0] * 0  # part of the graph, in a box where nothing else is
    return torch.stack([counts[..., shift % size] if shift in near else empty for shift in at.shifts], dim=-1)
