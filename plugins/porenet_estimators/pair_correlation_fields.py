"""Probabilities of pairs of phases at many lags, on fields of probabilities: `pair_counts` in torch."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch
from torch import Tensor

from porenet_estimators.lags import Lags
from porenet_estimators.pair_counts import Pair
from porenet_estimators.precision import full_precision


def pair_correlations(field: Tensor, lags: Lags, pairs: Sequence[Pair], *, directed: bool = False) -> Tensor:
    r"""Mean over the places of p_i(u) p_j(u + r), for pairs of channels and for lags.

    .. math:: S_{ij}(r) = \frac{1}{N(r)} \sum_u p_i(u) \, p_j(u + r)

    with N the pairs of voxels inside the box; along periodic axes every voxel has a partner. All lags come from one FFT
    a channel, one product and one FFT a pair: three phases of 32^3 at 8,700 lags 8 ms forward on one core.

    Args:
        field: ``(B, P, Z, Y, X)``, probabilities, dimensionless.
        lags: the lags of a box of this shape.
        pairs: channels (i, j) of each pair.
        directed: for i != j, S_ij at all lags and then at their opposites but that of 0; otherwise the mean of
            the two. Only for the lags of a ball.

    Returns:
        ``(B, K')`` at least float32, dimensionless: for each pair in turn the means over the groups of the lags.
    """
    field = field.to(torch.promote_types(field.dtype, torch.float32))
    size = tuple(_fast(n + p) if p else n for n, p in zip(field.shape[2:], lags.padding, strict=True))
    with full_precision(field):
        spectra = torch.fft.rfftn(field, s=size, dim=(2, 3, 4))
        means = []
        for group in _batches(pairs):
            product = _products(spectra, group)
            turned = directed and group[0][0] != group[0][1]
            if not turned:
                product = torch.complex(product.real, torch.zeros_like(product.real))
            sums = torch.fft.irfftn(product, s=size, dim=(2, 3, 4)).flatten(2)
            means.append(_means(sums, lags, size, 1))
            if turned:  # and the opposite lags but 0, the first of a ball
                means[-1] = torch.cat([means[-1], _means(sums, lags, size, -1)[..., 1:]], dim=-1)
        return torch.cat([part.flatten(1) for part in means], dim=1)


def _batches(pairs: Sequence[Pair]) -> list[Sequence[Pair]]:
    """Pairs that are transformed together: each channel with itself first, if they stand first; others by themselves.

    Sums of P channels are as large as the field; of all pairs of many phases they would not fit.
    """
    same = [pair for pair in pairs if pair[0] == pair[1]]
    if list(pairs[: len(same)]) != same:
        return [[pair] for pair in pairs]
    return [same, *([pair] for pair in pairs[len(same) :])] if same else [[pair] for pair in pairs]


def _products(spectra: Tensor, pairs: Sequence[Pair]) -> Tensor:
    """Cross spectra ``(B, len(pairs), ...)`` of channels ``(B, P, ...)``."""
    if list(pairs) == [(channel, channel) for channel in range(spectra.shape[1])]:
        return spectra.conj() * spectra
    return torch.stack([spectra[:, first].conj() * spectra[:, second] for first, second in pairs], dim=1)


def _means(sums: Tensor, lags: Lags, size: tuple[int, ...], sign: int) -> Tensor:
    """Sums over the places, ``(B, C, N)`` -> means over the groups of the lags, ``(B, C, G)``."""
    place, scale, group = _tables(lags, size, sign, sums.dtype, sums.device)
    values = sums.index_select(2, place) * scale
    if len(lags.lengths_um) == len(lags.steps):
        return values
    return values.new_zeros(*values.shape[:2], len(lags.lengths_um)).index_add(2, group, values)


def _tables(
    lags: Lags, size: tuple[int, ...], sign: int, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    make = _made if torch.compiler.is_compiling() else _cached
    return make(lags, size, sign, dtype, device)


def _made(
    lags: Lags, size: tuple[int, ...], sign: int, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Place of each lag in the flat correlation, its share of its group's mean, and its group."""
    z, y, x = (sign * lags.steps % size).T.tolist()
    place = [(i * size[1] + j) * size[2] + k for i, j, k in zip(z, y, x, strict=True)]
    per_group = [0] * len(lags.lengths_um)
    groups = lags.groups.tolist()
    for group in groups:
        per_group[group] += 1
    scale = [1 / (n * per_group[group]) for n, group in zip(lags.possible.tolist(), groups, strict=True)]
    return (
        torch.tensor(place, device=device),
        torch.tensor(scale, dtype=dtype, device=device),
        torch.tensor(groups, device=device),
    )


@functools.lru_cache(maxsize=32)
def _cached(
    lags: Lags, size: tuple[int, ...], sign: int, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    with torch.inference_mode(False):  # or the first caller could leave tensors that no other may differentiate with
        return _made(lags, size, sign, dtype, device)


def _fast(size: int) -> int:
    """The next size with no prime factor above 5."""
    while True:
        rest = size
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return size
        size += 1
