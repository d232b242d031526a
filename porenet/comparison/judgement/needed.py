"""Number of structures that would turn an undecided quantity into a decided one.

Half-widths shrink as the square root of 1/n + 1/m. The number is an extrapolation of one pair of samples: equal normals
that 50 against 50 leave undecided need 59, 84 or 158 by this number (quartiles).
"""

from __future__ import annotations

import math

from porenet.comparison.decision import Needed
from porenet.comparison.evidence.interval import DistanceInterval, SpreadInterval

MOST = 1000
LEAST_FOR_OK = 29
"""Below this number of blocks the rule of three alone reaches a distance of 0.5."""
LIMIT = Needed(None, None, "at the limit of the tolerance")


def factor_needed(
    distance: DistanceInterval, spread: SpreadInterval | None, tolerance: float, spread_tolerance: float
) -> float:
    """By what factor 1/n + 1/m must fall: towards OK where both estimates are inside, else towards Fail."""
    to_ok, to_fail = _distance_factors(distance, tolerance)
    inside, outside = [to_ok], [to_fail]
    if spread is not None:
        to_ok, to_fail = _spread_factors(spread, math.log(spread_tolerance))
        inside.append(to_ok)
        outside.append(to_fail)
    return max(inside) if math.isfinite(max(inside)) else min(outside)


def needed(factor: float, reference: int, generated: int, least: int = LEAST_FOR_OK) -> Needed:
    """Structures for a factor, generated ones alone if they suffice.

    Args:
        factor: by what 1/n + 1/m must be divided, 1 or more; infinite: no number decides.
        reference: number of independent blocks of the reference.
        generated: the same of the generated sample.
        least: smallest number of either that can decide.
    """
    if not math.isfinite(factor):
        return LIMIT
    variance = (1 / reference + 1 / generated) / factor
    each = _two_digits(max(2 / variance, least))
    rest = variance - 1 / reference
    if rest > 0 and reference >= least and max(1 / rest, least) <= MOST:
        number = max(_two_digits(max(1 / rest, least)), generated + 1)
        return Needed(number, each if each <= MOST else None, f"about {number} generated")
    if each > MOST:
        return LIMIT
    return Needed(None, each, f"about {each} real ones too")


def _distance_factors(distance: DistanceInterval, tolerance: float) -> tuple[float, float]:
    """Factors towards OK and towards Fail; infinite where the estimate is on the other side."""
    margin = tolerance - distance.distance
    if margin > 0:
        return max(1.0, ((distance.high - distance.distance) / margin) ** 2), math.inf
    return math.inf, max(1.0, ((distance.distance - distance.far_low) / -margin) ** 2) if margin else math.inf


def _spread_factors(spread: SpreadInterval, tolerance: float) -> tuple[float, float]:
    ratio, (low, high, far) = spread.log_ratio, (spread.low, spread.high, spread.far_low)
    if ratio < 0:  # mirrored, so that the nearer limit is the upper one
        ratio, low, high, far = -ratio, -high, -low, -spread.far_high
    margin = tolerance - ratio
    if margin > 0:
        return max(1.0, ((high - ratio) / margin) ** 2, ((ratio - low) / (tolerance + ratio)) ** 2), math.inf
    return math.inf, max(1.0, ((ratio - far) / -margin) ** 2) if margin else math.inf


def _two_digits(number: float) -> int:
    """Rounded up to two digits."""
    unit: int = 10 ** max(0, math.floor(math.log10(number)) - 1)
    return math.ceil(round(number / unit, 9)) * unit
