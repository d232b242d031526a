"""Where the lags of a box stand in a correlation by FFT, and the means over groups of them; in torch."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from porenet_estimators.lags import Lags

Tables = tuple[Tensor, Tensor, Tensor, Tensor | None]
"""Place of each lag, its share of its group's mean, its group, and NaN for empty groups; see `lag_tables`."""


def group_means(sums: Tensor, lags: Lags, tables: Tables, sign: int) -> Tensor:
    """Sums over the places, ``(B, N)`` -> means over the groups of the lags, ``(B, G)``; of opposites without lag 0."""
    place, scale, group, missing = tables
    values = sums.index_select(1, place) * scale
    if len(lags.lengths_um) < len(lags.steps):
        values = values.new_zeros(len(values), len(lags.lengths_um)).index_add(1, group, values)
    if missing is not None:
        values = values + missing
    return values if sign > 0 else values[:, 1:]


def spread_means(sums: Tensor, gradient: Tensor, lags: Lags, tables: Tables, sign: int) -> None:
    """The adjoint of `group_means`: adds to the sums."""
    place, scale, group, _ = tables
    if sign < 0:
        gradient = torch.nn.functional.pad(gradient, (1, 0))
    if len(lags.lengths_um) < len(lags.steps):
        gradient = gradient.index_select(1, group)
    sums.index_add_(1, place, gradient * scale)


@functools.lru_cache(maxsize=32)
def lag_tables(lags: Lags, size: tuple[int, ...], sign: int, dtype: torch.dtype, device: torch.device) -> Tables:
    """Place of each lag in the flat correlation, its share of its group's mean, its group, and NaN for empty groups."""
    possible = lags.possible.tolist()
    z, y, x = (sign * lags.steps * (lags.possible > 0)[:, None] % size).T.tolist()
    place = [(i * size[1] + j) * size[2] + k for i, j, k in zip(z, y, x, strict=True)]
    per_group = [0] * len(lags.lengths_um)
    groups = lags.groups.tolist()
    for group, pairs in zip(groups, possible, strict=True):
        per_group[group] += pairs > 0
    scale = [1 / (pairs * per_group[group]) if pairs else 0.0 for pairs, group in zip(possible, groups, strict=True)]
    missing = [0.0 if count else torch.nan for count in per_group]
    return (
        torch.tensor(place, device=device),
        torch.tensor(scale, dtype=dtype, device=device),
        torch.tensor(groups, device=device),
        None if all(per_group) else torch.tensor(missing, dtype=dtype, device=device),
    )


def fast_length(size: int) -> int:
    """The next size with no prime factor above 5."""
    while True:
        rest = size
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return size
        size += 1
