"""Scaled S-value: a similarity of two samples that does not depend on their unit and fails a collapsed sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from porenet.interface import Similarity, Undefined, Value
from porenet_similarity.samples import Differences, Floats, as_floats, differences, ratio

ATTAINABLE = (0.0, 1.0)


def s_value_scaled(reference: Sequence[Value], generated: Sequence[Value]) -> Similarity:
    r"""Similarity of two samples, independent of the unit of the values.

    .. math::

        S = (1 - |u_a - u_b|) \min\left(1 - \tfrac13 (f_\mu + f_\sigma + f_{KS}),\; 1 - \tfrac12 D\right)

    with u the share of undefined values; :math:`f_\mu = |\Delta\mu| / (|\Delta\mu| + s)`, s the root of the mean of
    both variances; :math:`f_\sigma = |\Delta\sigma| / \max(\sigma_a, \sigma_b)`; :math:`f_{KS} = D / (1 + D)`; 0/0 = 0.

    A sample that does not overlap the reference (D = 1) reads at most 1/2 because of the second bound: by the
    first alone, two disjoint samples of 50 with one outlier each can read 0.76. A sample collapsed to a single value
    reads at most 2/3, and 5/9 at the median and mean of a reference without ties. Both fail at the limits 0.85 and
    0.70.

    The form is porenet's own: the components are those of the published S-value, made free of the unit.

    Known defect. It depends on the sizes of the samples: two samples of 50 values of one normal distribution read 0.87
    on average, of 20 values only 0.81. Compare a value with its ceiling (`porenet.comparison.resampling.ceiling`), or
    let `porenet compare` decide.

    Args:
        reference: the metric's values of the training structures, in any unit; NaN counts as undefined.
        generated: those of the generated structures, in the same unit.

    Returns:
        The similarity, dimensionless, unchanged by ``x -> c x + d`` with c other than 0; components ``f_mu``,
        ``f_sigma``, ``f_KS`` and ``f_undefined`` = abs(u_a - u_b), 0 is best. The similarity is 0 where all values of
        one sample are undefined; undefined where those of both are, or where a sample is empty.

    Raises:
        InputError: a value is infinite or not a number.
    """
    comparison = differences(as_floats(reference, "reference"), as_floats(generated, "generated"))
    n_reference, n_generated = int(comparison.n_reference[0]), int(comparison.n_generated[0])
    n_valid, n_total = n_reference + n_generated, len(reference) + len(generated)
    for name, sample in (("reference", reference), ("generated", generated)):
        if len(sample) == 0:
            return Similarity(Undefined(f"the {name} sample is empty"), {}, n_valid, n_total, ATTAINABLE)
    if not n_valid:
        return Similarity(Undefined("no value of either sample is defined"), {}, n_valid, n_total, ATTAINABLE)
    components = {name: float(part[0]) for name, part in _components(comparison).items()}
    if not (n_reference and n_generated):
        components = {"f_undefined": components["f_undefined"]}
    return Similarity(float(_values(comparison)[0]), components, n_valid, n_total, ATTAINABLE)


def resampled(reference: Floats, generated: Floats, reference_counts: Floats, generated_counts: Floats) -> Floats:
    """`s_value_scaled` of R resamples at once.

    Args:
        reference: ``(n,)``, NaN where undefined.
        generated: ``(m,)``, likewise.
        reference_counts: ``(R, n)``, how often each resample holds each value.
        generated_counts: ``(R, m)``, likewise.

    Returns:
        ``(R,)``, NaN where the score is undefined.
    """
    return _values(differences(reference, generated, reference_counts, generated_counts))


s_value_scaled.resampled = resampled  # type: ignore[attr-defined]  # the fast path of porenet.comparison.resampling


def _values(comparison: Differences) -> Floats:
    parts = _components(comparison)
    shape = np.minimum(1 - (parts["f_mu"] + parts["f_sigma"] + parts["f_KS"]) / 3, 1 - comparison.ks / 2)
    both, neither = (
        (comparison.n_reference > 0) & (comparison.n_generated > 0),
        (comparison.n_reference + comparison.n_generated) == 0,
    )
    return np.where(neither, np.nan, np.where(both, (1 - parts["f_undefined"]) * shape, 0.0))


def _components(comparison: Differences) -> dict[str, Floats]:
    pooled = np.sqrt((np.square(comparison.std_reference) + np.square(comparison.std_generated)) / 2)
    return {
        "f_mu": ratio(comparison.means, comparison.means + pooled),
        "f_sigma": ratio(
            np.abs(comparison.std_reference - comparison.std_generated),
            np.maximum(comparison.std_reference, comparison.std_generated),
        ),
        "f_KS": comparison.ks / (1 + comparison.ks),
        "f_undefined": np.abs(comparison.undefined_reference - comparison.undefined_generated),
    }
