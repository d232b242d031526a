"""Test of all quantities together: energy, whitened energy and correlations under the same permutations.

Energy alone misses a correlation of two columns that turns round (found in 0.10 of pairs of 20), correlations alone a
shift (0.03), the sum over all correlations a single one of them: the smallest of four ranks finds all three. Szekely
and Rizzo 2013, https://doi.org/10.1016/j.jspi.2013.03.018. One structure per block, drawn many times under the same
labels of blocks: Hoffman et al. 2001, https://doi.org/10.1093/biomet/88.4.1121.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from porenet.comparison.evidence.permutations import combined, upper_ranks
from porenet.comparison.evidence.ruler import Floats
from porenet.comparison.evidence.structures import Indices, Labels
from porenet.comparison.evidence.vectors import Vectors

_KEPT, _RIDGE = 0.001, 0.05
"""Smallest eigenvalue that is whitened, of the largest; ridge, of the mean of those."""
_LARGEST_CORRELATION = 1 - 1e-6
_ELEMENTS = 400_000


@dataclass(frozen=True, slots=True)
class JointPValues:
    """p values of the joint test, and the columns whose correlation changed most.

    Attributes:
        p: of the whole.
        energy: of the energy distance.
        whitened: of the whitened energy distance.
        correlation: of the correlations together.
        one_correlation: of the largest change of a correlation.
        pair: indices of two columns, or None.
        correlations: their correlations in the reference and in the generated sample.
    """

    p: float
    energy: float
    whitened: float
    correlation: float
    one_correlation: float
    pair: tuple[int, int] | None
    correlations: tuple[float, float]


def joint_test(vectors: Vectors, ids: Indices, size: int, labels: Labels, draws: Iterable[Indices]) -> JointPValues:
    """P values of four statistics and of the smallest of them.

    Args:
        vectors: of the pooled structures, scaled by all of them, at least one column.
        ids: ``(N,)`` block of each structure.
        size: number of structures of the reference, the first ones.
        labels: ``(blocks, 1 + R)``, True where a block goes to the reference; the first column is as observed.
        draws: structures of each draw, from `Blocks.members`.
    """
    white, scores = whitened(vectors.values), normal_scores(vectors.values)
    sums = np.zeros((4, labels.shape[1]))
    for members in draws:
        dealt = labels[ids[members]].astype(np.float64)
        sums[0] += energies(vectors.values[members], dealt)
        sums[1] += energies(white[members], dealt)
        sums[2:] += correlation_changes(scores[members], dealt)
    ranks = [upper_ranks(statistic) for statistic in sums]
    pair, correlations = _most_changed(scores, size, vectors.columns)
    p, energy, white_energy, all_changes, largest = (float(p_values[0]) for p_values in (combined(ranks), *ranks))
    return JointPValues(p, energy, white_energy, all_changes, largest, pair, correlations)


def energies(rows: Floats, labels: Floats) -> Floats:
    """``(R,)``: energy distance between the rows of either label, 2 E|X - Y| - E|X - X'| - E|Y - Y'|.

    Args:
        rows: ``(N, C)``.
        labels: ``(N, R)``, 1 where a row belongs to the reference, else 0.
    """
    from scipy.spatial.distance import cdist

    count = labels.sum(axis=0)
    weights = labels / count - (1 - labels) / (len(rows) - count)
    between: Floats = -np.einsum("nr,nr->r", weights, cdist(rows, rows) @ weights)
    return between


def whitened(rows: Floats) -> Floats:
    """``(N, K)``: principal components of variance about 1, without those that hardly vary."""
    centred = rows - rows.mean(axis=0)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(rows))
    large = variances > _KEPT * variances[-1]
    ridge = _RIDGE * float(variances[large].mean())
    components: Floats = centred @ axes[:, large] / np.sqrt(variances[large] + ridge)
    return components


def normal_scores(rows: Floats) -> Floats:
    """``(N, C)``: normal quantiles of the ranks of each column, equal values sharing theirs."""
    from scipy.special import ndtri

    scores = np.empty_like(rows)
    for column, values in enumerate(rows.T):
        ordered = np.sort(values)
        ranks = (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / 2
        scores[:, column] = ndtri(ranks / len(rows))
    return scores


def correlation_changes(scores: Floats, labels: Floats) -> tuple[Floats, Floats]:
    """Change of all correlations together, and the largest change of any.

    Args:
        scores: ``(N, C)``.
        labels: ``(N, R)``, 1 where a row belongs to the reference, else 0.

    Returns:
        ``(R,)`` root of the sum over all pairs of columns of squared differences of Fisher's z, and ``(R,)`` the
        largest of those squares, each in standard deviations above its mean over the R, 0 or more: a pair of columns
        that differ from their commonest value in one structure changes by as much whatever the labels.
    """
    first, second = np.triu_indices(scores.shape[1], 1)
    sums, largest = np.zeros(labels.shape[1]), np.zeros(labels.shape[1])
    sides = [_Moments(part, scores) for part in (labels.T, 1 - labels.T)]
    step = max(1, _ELEMENTS // labels.shape[1])
    for start in range(0, first.size, step):
        pair = first[start : start + step], second[start : start + step]
        squares = np.subtract(*(np.arctanh(side.correlations(*pair)) for side in sides))
        squares *= squares
        sums += squares.sum(axis=1)
        squares -= squares.mean(axis=0)
        spread = np.sqrt(np.einsum("rp,rp->p", squares, squares) / len(squares))
        squares /= np.where(spread > 1e-9, spread, np.inf)
        np.maximum(largest, squares.max(axis=1), out=largest)
    return np.sqrt(sums), largest


class _Moments:
    """Correlations of columns over the rows that each of R weightings selects.

    Args:
        weights: ``(R, N)``, 1 where a row is selected, else 0.
        scores: ``(N, C)``.
    """

    def __init__(self, weights: Floats, scores: Floats) -> None:
        self._weights, self._scores = np.ascontiguousarray(weights), scores
        self._count = weights.sum(axis=1)[:, None]
        self._means = self._weights @ scores / self._count
        variances = self._weights @ scores**2 / self._count - self._means**2
        self._inverse = np.where(variances > 1e-12, 1 / np.sqrt(np.maximum(variances, 1e-12)), 0.0)

    def correlations(self, first: Indices, second: Indices) -> Floats:
        """``(R, pairs)``: correlation of each pair of columns; 0 where one of them is constant."""
        values: Floats = self._weights @ (self._scores[:, first] * self._scores[:, second])
        values /= self._count
        values -= self._means[:, first] * self._means[:, second]
        values *= self._inverse[:, first]
        values *= self._inverse[:, second]
        return np.clip(values, -_LARGEST_CORRELATION, _LARGEST_CORRELATION, out=values)


def _most_changed(scores: Floats, size: int, columns: Indices) -> tuple[tuple[int, int] | None, tuple[float, float]]:
    first, second = np.triu_indices(scores.shape[1], 1)
    different = columns[first] != columns[second]
    first, second = first[different], second[different]
    if not first.size:
        return None, (0.0, 0.0)
    ours = (np.arange(len(scores)) < size).astype(float)[None]
    reference, generated = (_Moments(part, scores).correlations(first, second)[0] for part in (ours, 1 - ours))
    at = int(np.abs(np.arctanh(reference) - np.arctanh(generated)).argmax())
    return (int(first[at]), int(second[at])), (float(reference[at]), float(generated[at]))
