"""Coverage, precision and near copies: dropped modes, invented modes and copies in the space of all quantities.

Coverage: Naeem et al. 2020, https://doi.org/10.48550/arXiv.2002.09797; precision: Kynkaanniemi et al. 2019,
https://doi.org/10.48550/arXiv.1904.06991.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from porenet.comparison.evidence.permutations import upper_ranks
from porenet.comparison.evidence.ruler import Floats
from porenet.comparison.evidence.structures import Indices, Labels
from porenet.comparison.evidence.vectors import Vectors

NEIGHBOURS = 5
"""A real structure's ball reaches to this many real neighbours."""
_NEAR, _QUANTILE, _DIGITS = 0.5, 0.05, 9
_EXPECTED_REAL = 30
"""Expected number of real rows among the neighbours that a permutation looks at; fewer than 5 in 1e-9 of cases."""


def neighbourhood(
    scaled: Vectors, pooled: Vectors, ids: Indices, labels: Labels, draws: Iterable[Indices]
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """The three shares, and their permutation p values.

    Args:
        scaled: vectors scaled by the reference, of the shares.
        pooled: vectors scaled by all structures, of the p values.
        ids: ``(N,)`` block of each structure.
        labels: ``(blocks, 1 + R)``, True where a block goes to the reference; the first column is as observed. The
            reference has more than 5 blocks.
        draws: structures of each draw, one per block.

    Returns:
        ``(coverage, precision, near copies)``, means over the draws, and the p values of a coverage and a precision as
        low and of near copies as many as these.
    """
    observed, sums, number = np.zeros(3), np.zeros((3, labels.shape[1])), 0
    for members in draws:
        dealt = labels[ids[members]]
        reach = int(np.ceil(_EXPECTED_REAL * members.size / dealt[:, 0].sum()))
        observed += shares(scaled.values[members], dealt[:, :1])[:, 0]
        sums[:, :1] += shares(pooled.values[members], dealt[:, :1])
        sums[:, 1:] += shares(pooled.values[members], dealt[:, 1:], reach)
        number += 1
    low = [float(upper_ranks(number - total)[0]) for total in sums[:2]]
    coverage, precision, copies = (observed / number).tolist()
    return (coverage, precision, copies), (low[0], low[1], float(upper_ranks(sums[2])[0]))


def shares(rows: Floats, labels: Labels, reach: int | None = None) -> Floats:
    """``(3, R)``: coverage, precision and near copies of each way to label the rows, 0 to 1.

    Args:
        rows: ``(N, C)``.
        labels: ``(N, R)``, True where a row is real; more than 5 and less than N in each column.
        reach: number of neighbours of each row to look at, and all as near as the last of them; None: all.
    """
    from scipy.spatial.distance import cdist

    between = np.round(cdist(rows, rows), _DIGITS)
    np.fill_diagonal(between, np.inf)
    near = np.argsort(between, axis=1, kind="stable")[:, :-1]
    real, invented = labels.sum(axis=0), ~labels
    uncovered, reached, nearest = np.zeros(labels.shape[1]), np.zeros(labels.shape, bool), np.empty(labels.shape)
    counted = labels.astype(np.int16)
    for row, order in enumerate(near):
        distances = between[row, order]
        ends = np.searchsorted(distances, distances, side="right")  # where those as near end
        order = order[: ends[min(reach or order.size, order.size) - 1]]
        passed = np.cumsum(counted[order], axis=0, dtype=np.int16)
        nearest[row] = np.where(passed[-1] > 0, distances[(passed > 0).argmax(axis=0)], np.inf)
        fifth = (passed >= NEIGHBOURS).argmax(axis=0)
        end = np.where(passed[-1] >= NEIGHBOURS, ends[fifth], order.size)
        uncovered += labels[row] & (passed[end - 1, np.arange(end.size)] == end)
        reached[order] |= (np.arange(order.size)[:, None] < end) & labels[row]
    limit = _NEAR * _quantile(np.where(labels, nearest, np.inf), real)
    return np.stack(
        [
            1 - uncovered / real,
            (reached & invented).sum(axis=0) / invented.sum(axis=0),
            ((nearest < limit) & invented).sum(axis=0) / invented.sum(axis=0),
        ]
    )


def _quantile(values: Floats, counts: Indices) -> Floats:
    """``(R,)``: 5 % quantile of the ``counts`` smallest values of each column, interpolated."""
    ordered, place = np.sort(values, axis=0), _QUANTILE * (counts - 1)
    below, columns = np.floor(place).astype(int), np.arange(values.shape[1])
    low, high = ordered[below, columns], ordered[np.minimum(below + 1, counts - 1), columns]
    quantile: Floats = low + (place - below) * (high - low)
    return quantile
