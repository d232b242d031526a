"""Scale of a quantity: what one reference standard deviation is, and where values are clipped."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CLIP = 5.0
"""Values count up to this many standard deviations from the median: no single structure weighs more."""
FLOOR = 0.01
"""Smallest standard deviation, as a share of the values' size: a quantity that hardly varies is known to 1 %."""
PER_MEAN_DIFFERENCE = math.sqrt(math.pi) / 2
"""Standard deviation / mean difference, of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Ruler:
    """Scale of one comparison; estimates, resamples and permutations of it all use the same.

    Attributes:
        scale: one standard deviation, in the quantity's unit, above 0.
        floor: smallest scale that is admitted, in the quantity's unit.
        low: values below are clipped to it.
        high: values above are clipped to it.
        cost: distance of an undefined value from a defined one, in standard deviations.
    """

    scale: float
    floor: float
    low: float
    high: float
    cost: float

    def clip(self, values: Floats) -> Floats:
        """Values between ``low`` and ``high``; NaN stays."""
        return np.clip(values, self.low, self.high)


def ruler(reference: Floats, generated: Floats, resolution: float = 0.0) -> Ruler:
    """Scale of the reference: sd estimated from the mean difference, which a single outlier does not rule.

    Args:
        reference: ``(n,)`` values, NaN where undefined.
        generated: ``(m,)`` values; they set the scale only where the whole reference is 0.
        resolution: smallest difference that means anything, in the quantity's unit; 0: not stated.

    Returns:
        The scale; 1 where nothing else sets it.
    """
    defined, others = reference[~np.isnan(reference)], generated[~np.isnan(generated)]
    undefined = 1 - defined.size / reference.size if reference.size else 0.0
    size, centre = 0.0, 0.0
    if defined.size:
        centre = float(np.median(defined))
        size = max(abs(centre), float(np.abs(defined).mean()))
    floor = max(FLOOR * size, resolution)
    scale = max(PER_MEAN_DIFFERENCE * mean_difference(defined), floor)
    if scale == 0:
        scale = floor = FLOOR * float(np.abs(others).max(initial=0.0)) or 1.0
    return Ruler(scale, floor, centre - CLIP * scale, centre + CLIP * scale, undefined_cost(undefined))


def mean_difference(values: Floats) -> float:
    """Mean absolute difference of two of the values (Gini), in their unit; 0 for fewer than two values."""
    count = values.size
    if count < 2:
        return 0.0
    ranks = 2 * np.arange(1, count + 1) - count - 1
    return max(0.0, 2 * float(ranks @ np.sort(values)) / (count * (count - 1)))


def undefined_cost(share: float) -> float:
    """Distance of "undefined" from "defined", a 0/1 quantity on its own scale; 5 at most.

    Args:
        share: share of undefined values in the reference, 0 to 1.
    """
    variance = share * (1 - share)
    return min(CLIP, 1 / (math.sqrt(math.pi) * variance)) if variance > 0 else CLIP
