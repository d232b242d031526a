"""Gaussian smoothing and its derivatives on fields of probabilities: the filters of `gaussian`, in torch.

The form for GPUs, double precision and compiled transforms; float32 on a CPU goes through `gaussian_loops`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from porenet.slopes import fold_samples, transforming, unfold_samples
from porenet_estimators import gaussian_loops
from porenet_estimators.gaussian import REACH, Periodic, Widths
from porenet_estimators.precision import full_precision

BLOCK = 32
"""Voxels that a band is multiplied for at a time, where an axis is long. At 1 x 3 x 256^3 (one thread) a pass takes
0.17 to 0.20 s so, and 0.36 to 0.45 s with the whole matrix; at 64 voxels the whole matrix costs what a copy does."""

SHORT = 32
"""Voxels from which smoothing is left to compiled loops. At 8 x 3 fields and widths of 1 and 2 voxels they take 4.6 and
6.7 ns per voxel at 24^3, a product with whole matrices 4.3 and 3.5; 3.1 and 4.2 at 32^3, against 4.8 and 4.7."""

Slopes = tuple[Tensor, Tensor, Tensor]
Pass = Callable[[Tensor], Tensor]


def smooth(field: Tensor, periodic: Periodic, widths: Widths) -> Tensor:
    """The field, smoothed with a Gaussian cut by the open faces of the box; see `gaussian.axis_filter`.

    Args:
        field: ``(B, C, Z, Y, X)``, float32 or float64, any unit.
        periodic: per axis (z, y, x), whether it wraps.
        widths: standard deviation along (z, y, x), voxels; see `gaussian.voxel_widths`.

    Returns:
        ``(B, C, Z, Y, X)``, in the unit of the field; a constant stays constant.
    """
    if gaussian_loops.in_loops(field) and max(field.shape[2:]) >= SHORT:
        return gaussian_loops.smooth(field, periodic, widths)
    for axis, (wraps, sigma) in enumerate(zip(periodic, widths, strict=True), start=2):
        field = _along(field, _filters_of(field, axis, sigma, wraps)[0], axis, sigma, wraps)
    return field


def smooth_and_slopes(field: Tensor, periodic: Periodic, widths: Widths) -> tuple[Tensor, Slopes]:
    """The smoothed field, and the slopes of it along (z, y, x).

    Args:
        field: ``(B, C, Z, Y, X)``, float32 or float64, any unit.
        periodic: per axis (z, y, x), whether it wraps.
        widths: standard deviation along (z, y, x), voxels; see `gaussian.voxel_widths`.

    Returns:
        Four times ``(B, C, Z, Y, X)``: in the unit of the field, and that per voxel; TF32 products, where the run
        allows them, are good to 1e-3.
    """
    (along_z, slope_z), (along_y, slope_y), (along_x, slope_x) = (
        _passes(field, axis, sigma, wraps)
        for axis, (wraps, sigma) in enumerate(zip(periodic, widths, strict=True), start=2)
    )
    z_smooth, z_slope = along_z(field), slope_z(field)
    zy_smooth = along_y(z_smooth)
    return along_x(zy_smooth), (along_x(along_y(z_slope)), along_x(slope_y(z_smooth)), slope_x(zy_smooth))


def filters(
    size: int, sigma: float, wraps: bool, dtype: torch.dtype, device: torch.device | None
) -> tuple[Tensor, Tensor]:
    """The matrices of `gaussian.axis_filter`, dense: smooth and slope, each ``(size, size)``."""
    reach = _reach(sigma)
    images = -(-reach // size) if wraps else 0
    place = torch.arange(size, dtype=torch.float64, device=device)
    turns = torch.arange(-images, images + 1, dtype=torch.float64, device=device) * size
    # (image, row, column): from the voxel of the row to the voxel of the column or one of its images.
    steps = place + turns[:, None, None] - place[:, None]
    weights = torch.exp(-0.5 * (steps / sigma) ** 2) * (steps.abs() <= reach)
    weights = weights / weights.sum(dim=(0, 2), keepdim=True)
    centred = steps - (weights * steps).sum(dim=(0, 2), keepdim=True)
    spread = (weights * centred**2).sum(dim=(0, 2), keepdim=True)
    slope = torch.where(spread > 0, weights * centred / spread, 0)
    return weights.sum(dim=0).to(dtype), slope.sum(dim=0).to(dtype)


@functools.lru_cache(maxsize=64)
def _cached_filters(
    size: int, sigma: float, wraps: bool, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor]:
    with torch.inference_mode(False):  # or the first caller could leave tensors that no other may differentiate with
        return filters(size, sigma, wraps, dtype, device)


def _filters_of(field: Tensor, axis: int, sigma: float, wraps: bool) -> tuple[Tensor, Tensor]:
    # A graph builds its own: twenty small operations, on a size that may be symbolic. Elsewhere they take 0.1 ms an
    # axis on a CPU, and launches on a GPU.
    # A transform leaves its mark on every tensor that is made.
    make = filters if torch.compiler.is_compiling() or transforming() else _cached_filters
    return make(field.shape[axis], sigma, wraps, field.dtype, field.device)


def _passes(field: Tensor, axis: int, sigma: float, wraps: bool) -> tuple[Pass, Pass]:
    """The passes along an axis: smooth, and slope."""
    smoothing, sloping = _filters_of(field, axis, sigma, wraps)
    return (
        lambda values: _along(values, smoothing, axis, sigma, wraps),
        lambda values: _along(values, sloping, axis, sigma, wraps),
    )


def _reach(sigma: float) -> int:
    return int(REACH * sigma + 0.5)


def _along(field: Tensor, matrix: Tensor, axis: int, sigma: float, wraps: bool) -> Tensor:
    filtered: Tensor = _Band.apply(field, matrix, axis, _reach(sigma), wraps)  # type: ignore[no-untyped-call]
    return filtered


class _Band(torch.autograd.Function):
    # Left to autograd, each block of a long axis would send back a gradient of the whole field's size.
    @staticmethod
    def forward(field: Tensor, matrix: Tensor, axis: int, reach: int, wraps: bool) -> Tensor:
        return _product(field, matrix, axis, reach, wraps)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        _, matrix, ctx.axis, ctx.reach, ctx.wraps = inputs
        ctx.save_for_backward(matrix)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (matrix,) = ctx.saved_tensors
        turned: Tensor = _Band.apply(gradients[0], matrix.T, ctx.axis, ctx.reach, ctx.wraps)  # type: ignore[no-untyped-call]
        return turned, None, None, None, None

    @staticmethod
    def vmap(info: Any, dims: tuple[Any, ...], field: Tensor, matrix: Tensor, *place: Any) -> tuple[Tensor, int]:
        (folded,) = fold_samples(info.batch_size, dims[:1], (field,))
        filtered: Tensor = _Band.apply(folded, matrix, *place)  # type: ignore[no-untyped-call]
        return unfold_samples(info.batch_size, filtered), 0


def _product(field: Tensor, matrix: Tensor, axis: int, reach: int, wraps: bool) -> Tensor:
    """A banded matrix times the field along an axis."""
    size = field.shape[axis]
    if size <= 2 * (BLOCK + 2 * reach):
        return _times(matrix, field, axis)
    blocks = []
    for start in range(0, size, BLOCK):
        stop = min(start + BLOCK, size)
        low, high = start - reach, stop + reach
        spans = [(max(low, 0), min(high, size))]
        if wraps and low < 0:
            spans = [(low + size, size), *spans]
        if wraps and high > size:
            spans = [*spans, (0, high - size)]
        rows = matrix[start:stop]
        columns = torch.cat([rows[:, first:last] for first, last in spans], dim=1)
        near = [field.narrow(axis, first, last - first) for first, last in spans]
        blocks.append(_times(columns, near[0] if len(near) == 1 else torch.cat(near, dim=axis), axis))
    return torch.cat(blocks, dim=axis)


def _times(matrix: Tensor, field: Tensor, axis: int) -> Tensor:
    with full_precision(field):
        if axis == 4:
            return field @ matrix.T
        if axis == 3:
            return matrix @ field
        return (matrix @ field.flatten(3)).reshape(*field.shape[:2], len(matrix), *field.shape[3:])
