"""Distance and spread ratio of two samples, with intervals from whole blocks resampled.

The distance is Wasserstein-1 in reference standard deviations with undefined values as an atom: Ramdas et al. 2017,
https://doi.org/10.3390/e19020047. Resampling blocks: Kuensch 1989, https://doi.org/10.1214/aos/1176347265.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from porenet.comparison.evidence.ruler import CLIP, Floats, Ruler, ruler
from porenet.comparison.evidence.steps import Contrast, Steps
from porenet.comparison.evidence.structures import Labels

SATURATED, NO_SPREAD = 0.5, 0.2
"""Share of one value above which a sample is saturated, and a reference has no spread ratio."""
_LEAST_SCALE = 1 / 3


@dataclass(frozen=True, slots=True)
class DistanceInterval:
    """Distance d with its interval, in reference standard deviations.

    Attributes:
        distance: estimate, corrected for the noise of finite samples, 0 or more.
        low: 5 % bound.
        far_low: 2.5 % bound, for a proof of a difference.
        high: 95 % bound, never below what unseen failures could hide.
        bias: b, root mean square of the raw distance over permutations.
    """

    distance: float
    low: float
    far_low: float
    high: float
    bias: float


@dataclass(frozen=True, slots=True)
class SpreadInterval:
    """Logarithm of the spread ratio with its 90 % and 95 % intervals."""

    log_ratio: float
    low: float
    high: float
    far_low: float
    far_high: float


@dataclass(frozen=True, slots=True)
class Effect:
    """Size of the difference of two samples of one quantity.

    Attributes:
        scale: the ruler of the reference.
        distance: d with its interval.
        spread: log spread ratio with its intervals, or None.
        spread_reason: why there is none; empty if there is.
    """

    scale: Ruler
    distance: DistanceInterval
    spread: SpreadInterval | None
    spread_reason: str


def effect(
    reference: Floats,
    generated: Floats,
    counts: tuple[Floats, Floats],
    labels: Labels,
    blocks: int,
    resolution: float = 0.0,
) -> Effect:
    """Distance and spread ratio with their intervals.

    Args:
        reference: ``(n,)`` values, NaN where undefined, in the quantity's unit.
        generated: ``(m,)`` values.
        counts: ``(n, B)`` and ``(m, B)``, how often a bootstrap resample draws each value.
        labels: ``(n + m, R)`` permutations, True where a value goes to the reference.
        blocks: number of independent blocks of the smaller sample.
        resolution: smallest difference that means anything, in the quantity's unit.
    """
    scale = ruler(reference, generated, resolution)
    steps = Steps(reference, generated, scale)
    observed, drawn = steps.observed(), steps.resampled(*counts)
    bias_squared = float(np.mean(steps.permuted(labels).distance ** 2))
    reason = _no_spread(reference, generated)
    distance = _distance_interval(observed, drawn, bias_squared, blocks, _saturated(reference, generated))
    return Effect(scale, distance, None if reason else _spread_interval(observed, drawn), reason)


def hidden_distance(blocks: int) -> float:
    """Distance that failures unseen in so many blocks could hide, with probability 5 % (rule of three).

    Hanley and Lippman-Hand 1983, https://doi.org/10.1001/jama.1983.03330370053031.
    """
    return CLIP * (1 - 0.05 ** (1 / blocks)) if blocks else CLIP


def _distance_interval(
    observed: Contrast, drawn: Contrast, bias_squared: float, blocks: int, saturated: bool
) -> DistanceInterval:
    shrink = 1.0 if saturated else np.maximum(drawn.spread_reference / observed.spread_reference, _LEAST_SCALE)
    distances = drawn.undefined + drawn.weight * drawn.wasserstein / shrink
    low, far_low = np.quantile(_corrected(distances, 2 * bias_squared), [0.05, 0.025])
    high = np.quantile(distances, 0.97) if saturated else np.quantile(_corrected(distances, bias_squared / 2), 0.95)
    return DistanceInterval(
        float(_corrected(observed.distance, bias_squared)[0]),
        float(low),
        float(far_low),
        max(float(high), hidden_distance(blocks)),
        float(np.sqrt(bias_squared)),
    )


def _corrected(distances: Floats, bias_squared: float) -> Floats:
    return np.sqrt(np.maximum(0.0, distances**2 - bias_squared))


def _spread_interval(observed: Contrast, drawn: Contrast) -> SpreadInterval:
    low, high, far_low, far_high = np.quantile(drawn.log_spread, [0.05, 0.95, 0.025, 0.975]).tolist()
    return SpreadInterval(float(observed.log_spread[0]), low, high, far_low, far_high)


def _saturated(*samples: Floats) -> bool:
    """Whether one value holds more than half of the defined values of either sample."""
    return any(largest_share(sample)[1] > SATURATED for sample in samples)


def _no_spread(reference: Floats, generated: Floats) -> str:
    """Why there is no spread ratio; the generated values do not matter, so that a collapse to one value is seen."""
    for name, sample in (("reference", reference), ("generated sample", generated)):
        if np.count_nonzero(~np.isnan(sample)) < 2:
            return f"fewer than two defined values in the {name}"
    value, share = largest_share(reference)
    return f"{share:.0%} of the reference values are {value:.4g}" if share > NO_SPREAD else ""


def largest_share(sample: Floats) -> tuple[float, float]:
    """Most frequent defined value and its share of the defined values; NaN and 0 without any."""
    values, counts = np.unique(sample[~np.isnan(sample)], return_counts=True)
    if not values.size:
        return float("nan"), 0.0
    at = int(counts.argmax())
    return float(values[at]), float(counts[at] / counts.sum())
