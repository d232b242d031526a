"""Products of probabilities over rows of voxels along the axes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from porenet_estimators.axis_correlation_fields import mixed, shares
from porenet_estimators.axis_lags import AxisLags, axis_lags
from porenet_estimators.lags import PerAxis, Voxel
from porenet_estimators.line_windows import doublings


def line_products(
    field: Tensor, lags_um: Sequence[float], voxel_um: Voxel, periodic: PerAxis, axes: Sequence[int] = (0, 1, 2)
) -> Tensor:
    """Mean product of the probabilities of all voxels that a segment along an axis touches, all axes pooled.

    A row of m voxels is a row of a and one of m - a voxels: P_m(u) = P_a(u) P_{m-a}(u + a), so that lengths cost one
    product each.

    Args:
        field: ``(B, P, Z, Y, X)``, probabilities, dimensionless.
        lags_um: lengths of the segments, um, L of them.
        voxel_um: voxel edges (z, y, x), um.
        periodic: per axis (z, y, x), whether it wraps.
        axes: those along which the lags lie: of sections (1, 2).

    Returns:
        ``(B, P L)`` at least float32, dimensionless, the lengths of each channel in turn; NaN where no segment fits.
    """
    field = field.to(torch.promote_types(field.dtype, torch.float32))
    box = (field.shape[2], field.shape[3], field.shape[4])
    along = [axis_lags(lags_um, axis, box, voxel_um, periodic, turns=False) for axis in axes]
    sums = [mixed(_sums(field, axis, at, periodic[axis]), at) for axis, at in zip(axes, along, strict=True)]
    return shares(sums, along)


def _sums(field: Tensor, axis: int, at: AxisLags, wraps: bool) -> Tensor:
    """Sum over all places of the product over a row of ``shift + 1`` voxels, ``(B, P, shifts)``."""
    dim, size = 2 + axis, field.shape[2 + axis]
    fitting = [shift + 1 for shift in at.shifts if shift < size]
    rows = {1: field}
    for length, first, second in doublings(fitting):
        if wraps:
            rows[length] = rows[first] * rows[second].roll(-first, dims=dim)
        else:
            starts = size - length + 1
            rows[length] = rows[first].narrow(dim, 0, starts) * rows[second].narrow(dim, first, starts)
    nothing = field.sum(dim=(2, 3, 4)) * 0  # part of the graph, in a box where nothing else is
    totals = {length: rows[length].sum(dim=(2, 3, 4)) for length in fitting}
    return torch.stack([totals.get(shift + 1, nothing) for shift in at.shifts], dim=-1)
