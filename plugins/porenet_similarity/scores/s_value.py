"""S-value: the published similarity of two samples of one descriptor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from porenet.interface import Similarity, Undefined, Value
from porenet_similarity.samples import Differences, Floats, as_floats, differences, ratio

ATTAINABLE = (1 / 6, 1.0)
"""The published formula cannot fall below 1/6: f_mu and f_sigma are below 1, f_KS is at most 1/2."""


def s_value(reference: Sequence[Value], generated: Sequence[Value]) -> Similarity:
    r"""Similarity of two samples by the published formula.

    .. math:: S = 1 - (f_\mu + f_\sigma + f_{KS}) / 3

    with :math:`f_\mu = |\bar a - \bar b| / (\text{range of the pooled sample})`, 0 if that range is 0;
    :math:`f_\sigma = d / (1 + d)`, d the difference of the standard deviations (ddof 0) **in the unit of the values**;
    :math:`f_{KS} = D / (1 + D)`, D the two-sample Kolmogorov-Smirnov statistic. Undefined values are dropped.

    Source: https://github.com/thermal-eng-lab/GAN-PH, as described in porenet's documentation; that project attributes
    the formula to Yu et al. 2025, which was not seen.

    Known defects, kept as published. The same samples read 0.87 in one unit and 0.65 in another, a sample collapsed to
    one value reads about 0.86, one with 47 of 50 values undefined likewise, two different constants 0.5. Its unit is
    therefore fixed: the one that the metric declares (um^-1, um^-2, ...). `s_value_scaled` has none of these defects.

    Args:
        reference: the metric's values of the training structures, in its unit; NaN counts as undefined.
        generated: those of the generated structures.

    Returns:
        The similarity, dimensionless, with components ``f_mu``, ``f_sigma``, ``f_KS`` (0 is best). Undefined where a
        sample is empty or holds no defined value.

    Raises:
        InputError: a value is infinite or not a number.
    """
    comparison = differences(as_floats(reference, "reference"), as_floats(generated, "generated"))
    n_valid, n_total = int(comparison.n_reference[0] + comparison.n_generated[0]), len(reference) + len(generated)
    for name, defined, total in (
        ("reference", comparison.n_reference, len(reference)),
        ("generated", comparison.n_generated, len(generated)),
    ):
        if not defined[0]:
            why = f"none of the {total} {name} values is defined" if total else f"the {name} sample is empty"
            return Similarity(Undefined(why), {}, n_valid, n_total, ATTAINABLE)
    components = {name: float(part[0]) for name, part in _components(comparison).items()}
    value = 1 - sum(components.values()) / 3
    return Similarity(min(max(value, ATTAINABLE[0]), 1.0), components, n_valid, n_total, ATTAINABLE)


def resampled(reference: Floats, generated: Floats, reference_counts: Floats, generated_counts: Floats) -> Floats:
    """`s_value` of R resamples at once.

    Args:
        reference: ``(n,)``, NaN where undefined.
        generated: ``(m,)``, likewise.
        reference_counts: ``(R, n)``, how often each resample holds each value.
        generated_counts: ``(R, m)``, likewise.

    Returns:
        ``(R,)``, NaN where the score is undefined.
    """
    comparison = differences(reference, generated, reference_counts, generated_counts)
    value = 1 - sum(_components(comparison).values()) / 3
    return np.where((comparison.n_reference > 0) & (comparison.n_generated > 0), value, np.nan)


s_value.resampled = resampled  # type: ignore[attr-defined]  # the fast path of porenet.comparison.resampling


def _components(comparison: Differences) -> dict[str, Floats]:
    with np.errstate(over="ignore"):
        spread = np.ldexp(np.abs(comparison.std_reference - comparison.std_generated), comparison.exponent)
    return {
        "f_mu": ratio(comparison.means, comparison.extent),
        "f_sigma": np.where(np.isinf(spread), 1.0, spread / (1 + np.where(np.isinf(spread), 0, spread))),
        "f_KS": comparison.ks / (1 + comparison.ks),
    }
