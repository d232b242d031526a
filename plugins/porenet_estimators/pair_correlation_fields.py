"""Probabilities of pairs of phases at many lags, on fields of probabilities: `pair_counts` in torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from porenet.slopes import with_slope
from porenet_estimators.lag_tables import fast_length, group_means, lag_tables, spread_means
from porenet_estimators.lags import Directions, Lags, PerAxis, Voxel, lags_of
from porenet_estimators.pair_counts import Pair
from porenet_estimators.precision import full_precision

LAGS = "float[] voxel_um, bool[] periodic, float? reach_um, str directions"
TWICE = "two-point probabilities have no second derivative: their gradient is written by hand"


def pair_correlations(
    field: Tensor,
    voxel_um: Voxel,
    periodic: PerAxis,
    pairs: Sequence[Pair],
    *,
    reach_um: float | None = None,
    directions: Directions = "ball",
    directed: bool = False,
) -> Tensor:
    r"""Mean over the places of p_i(u) p_j(u + r), for pairs of channels and for lags.

    .. math:: S_{ij}(r) = \frac{1}{N(r)} \sum_u p_i(u) \, p_j(u + r)

    with N the pairs of voxels inside the box; along periodic axes every voxel has a partner. All lags come from one FFT
    a channel, one product and one FFT a pair, and the slope from as many.

    Args:
        field: ``(B, P, Z, Y, X)``, probabilities, dimensionless.
        voxel_um: voxel edges (z, y, x), um.
        periodic: per axis (z, y, x), whether it wraps.
        pairs: channels (i, j) of each pair.
        reach_um: longest lag, um; see `lags.lags_of`.
        directions: which lags, and which of them are put together; see there.
        directed: for i != j, S_ij at all lags and then at their opposites but that of 0; otherwise the mean of the two.
            Only for the lags of a ball.

    Returns:
        ``(B, K')`` at least float32, dimensionless: for each pair in turn the means over the groups of the lags; NaN
        where the box is too short for them.
    """
    field = field.to(torch.promote_types(field.dtype, torch.float32))
    flat = [channel for pair in pairs for channel in pair]
    with full_precision(field):
        values: Tensor = _with_slope(field, list(voxel_um), list(periodic), reach_um, directions, flat, directed)[0]
        return values


@torch.library.custom_op("porenet::lag_weights", mutates_args=(), schema=f"(Tensor field, {LAGS}) -> Tensor")
def lag_weights(
    field: Tensor, voxel_um: Sequence[float], periodic: Sequence[bool], reach_um: float | None, directions: str
) -> Tensor:
    """The share of each group of lags, ``(G,)``, dimensionless, sum 1, where every shell has the same.

    Args:
        field: ``(B, P, Z, Y, X)``, of which the box, the device and the precision count.
        voxel_um: voxel edges (z, y, x), um.
        periodic: per axis (z, y, x), whether it wraps.
        reach_um: longest lag, um.
        directions: see `lags.lags_of`.
    """
    dtype = torch.promote_types(field.dtype, torch.float32)
    weights = _lags(field, voxel_um, periodic, reach_um, directions).weights.tolist()
    return torch.tensor(weights, dtype=dtype, device=field.device)


@lag_weights.register_fake
def _(
    field: Tensor, voxel_um: Sequence[float], periodic: Sequence[bool], reach_um: float | None, directions: str
) -> Tensor:
    groups = len(_lags(field, voxel_um, periodic, reach_um, directions).lengths_um)
    return field.new_empty(groups, dtype=torch.promote_types(field.dtype, torch.float32))


@lag_weights.register_vmap
def _(_info: Any, dims: tuple[Any, ...], field: Tensor, *settings: Any) -> tuple[Tensor, None]:
    weights: Tensor = lag_weights(field.select(dims[0], 0), *settings)  # of the box, which all have
    return weights, None


@torch.library.custom_op(
    "porenet::pair_correlations",
    mutates_args=(),
    schema=f"(Tensor field, {LAGS}, int[] pairs, bool directed) -> (Tensor, Tensor)",
)
def _values(
    field: Tensor,
    voxel_um: Sequence[float],
    periodic: Sequence[bool],
    reach_um: float | None,
    directions: str,
    pairs: Sequence[int],
    directed: bool,
) -> tuple[Tensor, Tensor]:
    lags = _lags(field, voxel_um, periodic, reach_um, directions)
    size = _padded(field, lags)
    spectra = torch.fft.rfftn(field, s=size, dim=(2, 3, 4))
    parts = []
    for first, second, signs in _turns(pairs, directed):
        product = spectra[:, first].conj() * spectra[:, second]
        if len(signs) == 1:  # of the two orders the mean
            product = torch.complex(product.real, torch.zeros_like(product.real))
        sums = torch.fft.irfftn(product, s=size, dim=(1, 2, 3)).flatten(1)
        parts += [
            group_means(sums, lags, lag_tables(lags, size, sign, sums.dtype, sums.device), sign) for sign in signs
        ]
    return torch.cat(parts, dim=1), spectra


@torch.library.custom_op(
    "porenet::pair_correlations_gradient",
    mutates_args=(),
    schema=f"(Tensor gradient, Tensor field, Tensor spectra, {LAGS}, int[] pairs, bool directed) -> Tensor",
)
def _slope(
    gradient: Tensor,
    field: Tensor,
    spectra: Tensor,
    voxel_um: Sequence[float],
    periodic: Sequence[bool],
    reach_um: float | None,
    directions: str,
    pairs: Sequence[int],
    directed: bool,
) -> Tensor:
    """Gradient of the field: with g the gradient of the sums, that of p_i(u) is the sum over r of g(r) p_j(u + r)."""
    lags = _lags(field, voxel_um, periodic, reach_um, directions)
    size, start = _padded(field, lags), 0
    slopes = torch.zeros_like(spectra)
    for first, second, signs in _turns(pairs, directed):
        sums = gradient.new_zeros(len(gradient), size[0] * size[1] * size[2])
        for sign in signs:
            tables = lag_tables(lags, size, sign, gradient.dtype, gradient.device)
            columns = len(lags.lengths_um) - (sign < 0)
            spread_means(sums, gradient[:, start : start + columns], lags, tables, sign)
            start += columns
        wave = torch.fft.rfftn(sums.view(-1, *size), dim=(1, 2, 3))
        if len(signs) == 1:
            slopes[:, first] += wave.real * spectra[:, second]
            slopes[:, second] += wave.real * spectra[:, first]
        else:
            slopes[:, first] += wave.conj() * spectra[:, second]
            slopes[:, second] += wave * spectra[:, first]
    depth, height, width = field.shape[2:]
    slope: Tensor = torch.fft.irfftn(slopes, s=size, dim=(2, 3, 4))[..., :depth, :height, :width].contiguous()
    return slope


@_values.register_fake
def _(
    field: Tensor,
    voxel_um: Sequence[float],
    periodic: Sequence[bool],
    reach_um: float | None,
    directions: str,
    pairs: Sequence[int],
    directed: bool,
) -> tuple[Tensor, Tensor]:
    lags = _lags(field, voxel_um, periodic, reach_um, directions)
    depth, height, width = _padded(field, lags)
    groups = len(lags.lengths_um)
    columns = sum(groups + (groups - 1) * (len(signs) - 1) for _, _, signs in _turns(pairs, directed))
    spectra = field.new_empty(*field.shape[:2], depth, height, width // 2 + 1, dtype=field.dtype.to_complex())
    return field.new_empty(len(field), columns), spectra


@_slope.register_fake
def _(_gradient: Tensor, field: Tensor, _spectra: Tensor, *_settings: object) -> Tensor:
    return torch.empty_like(field)


_with_slope = with_slope(
    _values,
    _slope,
    refusal=TWICE,
    reads=lambda inputs, outputs: (inputs[0], outputs[1], *inputs[1:]),
)


def _lags(
    field: Tensor, voxel_um: Sequence[float], periodic: Sequence[bool], reach_um: float | None, directions: str
) -> Lags:
    box = (int(field.shape[2]), int(field.shape[3]), int(field.shape[4]))
    return lags_of(box, tuple(voxel_um), tuple(periodic), reach_um, directions)


def _turns(pairs: Sequence[int], directed: bool) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Each pair of a flat list, and the signs of the lags at which it is read."""
    for first, second in zip(pairs[::2], pairs[1::2], strict=True):
        yield first, second, (1, -1) if directed and first != second else (1,)


def _padded(field: Tensor, lags: Lags) -> tuple[int, int, int]:
    z, y, x = (fast_length(n + p) if p else n for n, p in zip(field.shape[2:], lags.padding, strict=True))
    return z, y, x
