"""Distance and spread of many resamples or permutations of two samples at once.

Two empirical distributions are step functions of the pooled, sorted values. One cumulative sum of the counts per
resample gives both, exactly: W1 is the sum of |F - G| times the gaps, and the mean difference 2 times that of F(1 - F).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.comparison.evidence.ruler import PER_MEAN_DIFFERENCE, Floats, Ruler

_ELEMENTS = 60_000
"""Elements of an array at once, so that those of one batch stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """Statistics of R resamples or permutations; both spreads have the ruler's floor.

    Attributes:
        wasserstein: ``(R,)`` W1 of the defined, clipped values, in standard deviations; 0 where a side has none.
        undefined: ``(R,)`` difference of the undefined shares, times their cost.
        weight: ``(R,)`` share that counts for ``wasserstein``: 1 - the larger undefined share.
        spread_reference: ``(R,)`` mean difference of the clipped reference, as a normal's sd / scale.
        spread_generated: ``(R,)`` the same of the generated sample.
    """

    wasserstein: Floats
    undefined: Floats
    weight: Floats
    spread_reference: Floats
    spread_generated: Floats

    @property
    def distance(self) -> Floats:
        """``(R,)``: raw distance d at the ruler's scale, not corrected for the noise of finite samples."""
        return self.undefined + self.weight * self.wasserstein

    @property
    def log_spread(self) -> Floats:
        """``(R,)``: logarithm of the spread ratio."""
        return np.log(self.spread_generated / self.spread_reference)


class Steps:
    """Two samples on a ruler.

    Args:
        reference: ``(n,)`` values, NaN where undefined, in the quantity's unit.
        generated: ``(m,)`` values.
        scale: the ruler to use.
    """

    def __init__(self, reference: Floats, generated: Floats, scale: Ruler) -> None:
        pooled = np.concatenate([reference, generated])
        defined = np.flatnonzero(~np.isnan(pooled))
        values = scale.clip(pooled[defined])
        order = np.argsort(values, kind="stable")
        self._order, self._sizes, self._ruler = defined[order], (reference.size, generated.size), scale
        self._gaps = np.diff(values[order], append=values[order][-1:]) / scale.scale
        self._floor = scale.floor / scale.scale

    def observed(self) -> Contrast:
        """The samples as they are; arrays of one element."""
        return self.resampled(*(np.ones((size, 1)) for size in self._sizes))

    def resampled(self, reference_counts: Floats, generated_counts: Floats) -> Contrast:
        """Resamples of each sample.

        Args:
            reference_counts: ``(n, R)``, how often each reference value is drawn.
            generated_counts: ``(m, R)``, the same for the generated values.
        """
        ours = self._order < self._sizes[0]
        places, own, others = (ours, ~ours), self._order[ours], self._order[~ours] - self._sizes[0]

        def cumulative(batch: slice) -> tuple[Floats, Floats]:
            steps = []
            for place, order, counts in zip(places, (own, others), (reference_counts, generated_counts), strict=True):
                sums = np.zeros((self._order.size, counts[:1, batch].shape[1]))
                sums[place] = counts[order, batch]
                steps.append(np.cumsum(sums, axis=0, out=sums))
            return steps[0], steps[1]

        return self._contrast(cumulative, reference_counts.sum(axis=0), generated_counts.sum(axis=0))

    def permuted(self, labels: NDArray[np.bool_]) -> Contrast:
        """The pooled values dealt out anew.

        Args:
            labels: ``(n + m, R)``, True where a value goes to the reference.
        """
        ranks = np.arange(1.0, self._order.size + 1)[:, None]

        def cumulative(batch: slice) -> tuple[Floats, Floats]:
            sums: Floats = np.cumsum(labels[self._order, batch], axis=0, dtype=np.float64)
            return sums, ranks - sums

        total = labels.sum(axis=0, dtype=np.float64)
        return self._contrast(cumulative, total, len(labels) - total)

    def _contrast(self, cumulative: Callable[[slice], tuple[Floats, Floats]], *totals: Floats) -> Contrast:
        size = totals[0].size
        step = max(1, _ELEMENTS // max(1, self._order.size))
        distances, spreads = np.zeros(size), np.zeros((2, size))
        shares = np.ones((2, size))
        for start in range(0, size if self._order.size else 0, step):
            batch = slice(start, min(start + step, size))
            sums = cumulative(batch)
            counts = [part[-1].copy() for part in sums]
            for side, (part, count, total) in enumerate(zip(sums, counts, totals, strict=True)):
                shares[side, batch] = 1 - count / np.maximum(total[batch], 1)
                pairs = np.maximum(count * (count - 1), 1)
                spreads[side, batch] = 2 * PER_MEAN_DIFFERENCE * (self._gaps @ (part * (count - part))) / pairs
                part /= np.maximum(count, 1)
            gap = np.subtract(*sums, out=sums[0])
            both = (counts[0] > 0) & (counts[1] > 0)
            distances[batch] = np.where(both, self._gaps @ np.abs(gap, out=gap), 0.0)
        spreads = np.maximum(spreads, self._floor)
        return Contrast(
            distances, self._ruler.cost * np.abs(shares[0] - shares[1]), 1 - shares.max(axis=0), spreads[0], spreads[1]
        )
