"""Two samples of one descriptor, and how they differ; for one pair or for many resampled pairs at once.

A resample is given by counts: how often it holds each value of the sample. The values are then sorted only once, and
2,000 resamples of two samples of 50 take 6 ms instead of 0.4 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from porenet.interface import InputError, Undefined, Value

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Differences:
    """How R pairs of samples differ; every array is ``(R,)``, meaningless where a sample holds no defined value.

    Lengths of the descriptor's axis are in units of ``2 ** exponent`` of the values' own unit, so that squares neither
    overflow nor vanish.

    Attributes:
        n_reference: defined values of the reference sample.
        n_generated: defined values of the generated sample.
        undefined_reference: share of undefined values of the reference sample.
        undefined_generated: share of undefined values of the generated sample.
        means: distance of the means.
        std_reference: standard deviation, ddof 0.
        std_generated: standard deviation, ddof 0.
        extent: range of the pooled sample.
        ks: two-sample Kolmogorov-Smirnov statistic, 0 to 1.
        exponent: power of two of the unit of lengths.
    """

    n_reference: Floats
    n_generated: Floats
    undefined_reference: Floats
    undefined_generated: Floats
    means: Floats
    std_reference: Floats
    std_generated: Floats
    extent: Floats
    ks: Floats
    exponent: int


def as_floats(sample: Sequence[Value], name: str) -> Floats:
    """The values of a sample, NaN where undefined.

    Args:
        sample: floats in the metric's unit, or `Undefined`; NaN counts as undefined.
        name: name of the sample, for messages.

    Returns:
        ``(n,)``.

    Raises:
        InputError: a value is infinite or not a number.
    """
    floats = np.empty(len(sample))
    for i, value in enumerate(sample):
        if isinstance(value, Undefined):
            floats[i] = np.nan
        elif isinstance(value, Real) and not isinstance(value, bool):
            try:
                floats[i] = value
            except OverflowError:  # an integer beyond the largest float
                floats[i] = np.inf
        else:
            raise InputError(f"value {i} is {value!r:.60}; a number or Undefined was expected", where=name)
    infinite = np.flatnonzero(np.isinf(floats))
    if infinite.size:
        raise InputError(
            f"value {infinite[0]} is infinite",
            where=name,
            fix="Give what has no finite value as Undefined, with the reason.",
        )
    return floats


def differences(
    reference: Floats, generated: Floats, reference_counts: Floats | None = None, generated_counts: Floats | None = None
) -> Differences:
    """Compare two samples, or R resamples of each.

    Args:
        reference: ``(n,)``, NaN where undefined, no infinities.
        generated: ``(m,)``, likewise.
        reference_counts: ``(R, n)``, how often each resample holds each value; None is the sample itself, R = 1.
        generated_counts: ``(R, m)``, likewise.

    Returns:
        The differences, each ``(R,)``.
    """
    first, total_first = _defined_values(reference, reference_counts)
    second, total_second = _defined_values(generated, generated_counts)
    ks = _ks(first, second)
    largest = max((float(np.abs(values).max()) for values, _ in (first, second) if values.size), default=0.0)
    exponent = int(np.frexp(largest)[1])  # a power of two rescales without rounding
    a = _Moments.of(np.ldexp(first[0], -exponent), first[1])
    b = _Moments.of(np.ldexp(second[0], -exponent), second[1])
    return Differences(
        n_reference=a.n,
        n_generated=b.n,
        undefined_reference=1 - a.n / np.maximum(total_first, 1),
        undefined_generated=1 - b.n / np.maximum(total_second, 1),
        means=np.abs(a.mean - b.mean),
        std_reference=a.std,
        std_generated=b.std,
        extent=np.maximum(a.high, b.high) - np.minimum(a.low, b.low),
        ks=ks,
        exponent=exponent,
    )


def ratio(part: Floats, whole: Floats) -> Floats:
    """``part / whole`` with 0/0 = 0; ``part`` is 0 wherever ``whole`` is."""
    quotient: Floats = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return quotient


@dataclass(frozen=True, eq=False, slots=True)
class _Moments:
    n: Floats
    mean: Floats
    std: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, values: Floats, counts: Floats) -> _Moments:
        """Moments of R resamples, ``(R, n)`` counts of sorted values ``(n,)``."""
        if not values.size:
            nothing = np.zeros(len(counts))
            return cls(nothing, nothing, nothing, nothing, nothing)
        n = counts.sum(axis=1)
        held = counts > 0
        low = values[held.argmax(axis=1)]
        high = values[len(values) - 1 - held[:, ::-1].argmax(axis=1)]
        # From the centre of the sample, E[y^2] - E[y]^2 does not cancel. A constant sample must have a spread of
        # exactly 0 (its mean may be off by a rounding), or 0/0 = 0 would become 1e-17/1e-17 = 1.
        centre = values.mean()
        around = values - centre
        share = counts / np.maximum(n, 1)[:, None]
        mean = share @ around
        variance = np.maximum(share @ np.square(around) - np.square(mean), 0)
        constant = low == high
        return cls(n, np.where(constant, low, centre + mean), np.where(constant, 0, np.sqrt(variance)), low, high)


def _defined_values(sample: Floats, counts: Floats | None) -> tuple[tuple[Floats, Floats], Floats]:
    """The defined values, sorted, with their counts; and the number of all values, undefined ones included."""
    if counts is None:
        counts = np.ones((1, sample.size))
    order = np.argsort(sample)[: np.count_nonzero(~np.isnan(sample))]  # NaN sorts last
    return (sample[order], counts[:, order]), counts.sum(axis=1)


def _ks(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> Floats:
    """Largest distance of the two empirical distribution functions."""
    pooled = np.concatenate([first[0], second[0]])
    n, m = first[1].sum(axis=1, keepdims=True), second[1].sum(axis=1, keepdims=True)
    if not pooled.size:
        return np.zeros(len(n))
    order = np.argsort(pooled)
    place = np.empty_like(order)
    place[order] = np.arange(pooled.size)
    steps = np.empty((len(n), pooled.size))
    # Whole numbers up to the division, so the sums are exact.
    steps[:, place[: first[0].size]] = first[1] * m
    steps[:, place[first[0].size :]] = second[1] * -n
    last_of_ties = np.append(pooled[order[1:]] > pooled[order[:-1]], True)
    apart = np.abs(np.cumsum(steps, axis=1)[:, last_of_ties]).max(axis=1)
    distance: Floats = apart / np.maximum(n * m, 1)[:, 0]
    return distance
