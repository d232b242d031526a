"""Pairs of distributions whose distance d and spread ratio are known: what the verdict is simulated on.

The truth of a pair comes from 20,001 quantiles of each distribution and shares no line with porenet.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Floats = NDArray[np.float64]
GRID = (np.arange(20_001) + 0.5) / 20_001


@dataclass(frozen=True)
class Distribution:
    """A law given by its quantile function; a share of the values is undefined."""

    quantile: Callable[[Floats], Floats]
    undefined: float = 0.0

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """``(size,)`` values, NaN where undefined."""
        values = self.quantile(rng.random(size))
        return np.where(rng.random(size) < self.undefined, np.nan, values)

    def moved(self, shift: float = 0.0, factor: float = 1.0) -> Distribution:
        """Stretched about its median, then shifted, both exactly."""
        centre = float(self.quantile(np.array([0.5]))[0])
        return dataclasses.replace(self, quantile=lambda u: centre + factor * (self.quantile(u) - centre) + shift)


def bernoulli(share: float) -> Distribution:
    """1 with this probability, else 0."""
    return Distribution(lambda u: (u < share).astype(float))


def mixture(weight: float, low: float, high: float, spread: float) -> Distribution:
    """Two normals of one spread, the lower one with this weight."""
    points = np.linspace(min(low, high) - 8 * spread, max(low, high) + 8 * spread, 20_001)
    below = weight * special.ndtr((points - low) / spread) + (1 - weight) * special.ndtr((points - high) / spread)
    return Distribution(lambda u: np.interp(u, below, points))


NORMAL = Distribution(special.ndtri)
LOGNORMAL = Distribution(lambda u: np.exp(special.ndtri(u)))
BETA = Distribution(lambda u: u ** (1 / 8))
EXPONENTIAL = Distribution(lambda u: -np.log1p(-u))
STUDENT = Distribution(functools.partial(stats.t.ppf, df=3))
UNIFORM = Distribution(lambda u: u)
BIMODAL = mixture(0.5, -1, 1, 0.5)
TAU = Distribution(lambda u: np.exp(0.3 * special.ndtri(u)), 0.2)
ONES = bernoulli(1.0)


@dataclass(frozen=True)
class Case:
    """A reference, a generator and the truth about them."""

    name: str
    reference: Distribution
    generated: Distribution

    @functools.cached_property
    def truth(self) -> tuple[float, float]:
        """Distance d and spread ratio after the clip."""
        return truth(self.reference, self.generated)


def truth(reference: Distribution, generated: Distribution) -> tuple[float, float]:
    """Distance d and spread ratio of two laws, by their definitions."""
    x, y = reference.quantile(GRID), generated.quantile(GRID)
    centre = np.median(x)
    floor = 0.01 * max(abs(centre), np.abs(x).mean())
    scale = max(math.sqrt(math.pi) / 2 * _mean_difference(x), floor)
    x, y = (np.clip(values, centre - 5 * scale, centre + 5 * scale) for values in (x, y))
    share, other = reference.undefined, generated.undefined
    cost = min(5.0, 1 / (math.sqrt(math.pi) * share * (1 - share))) if 0 < share < 1 else 5.0
    distance = cost * abs(share - other) + (1 - max(share, other)) * float(np.abs(x - y).mean()) / scale
    least = floor * 2 / math.sqrt(math.pi)
    return distance, max(_mean_difference(y), least) / max(_mean_difference(x), least)


def _mean_difference(values: Floats) -> float:
    ranks = 2 * np.arange(1, values.size + 1) - values.size - 1
    return float(2 * np.mean(ranks * np.sort(values)) / values.size)


def at(reference: Distribution, family: Callable[[float], Distribution], value: float, index: int, top: float) -> float:
    """The parameter between 0 and ``top`` at which the distance (index 0) or spread ratio (1) has this value."""
    low, high = 0.0, top
    rising = truth(reference, family(top))[index] > value
    for _ in range(40):
        middle = (low + high) / 2
        if (truth(reference, family(middle))[index] < value) == rising:
            low = middle
        else:
            high = middle
    return middle


TABLE = [
    Case("equal normal", NORMAL, NORMAL),
    Case("equal lognormal", LOGNORMAL, LOGNORMAL),
    Case("equal beta(8,1)", BETA, BETA),
    Case("equal bimodal", BIMODAL, BIMODAL),
    Case("equal Bernoulli 0.9", bernoulli(0.9), bernoulli(0.9)),
    Case("equal Bernoulli 0.98", bernoulli(0.98), bernoulli(0.98)),
    Case("equal, all 1", ONES, ONES),
    Case("equal, 20 % undefined", TAU, TAU),
    Case("shift 0.25 sd", NORMAL, NORMAL.moved(0.25)),
    Case("shift 0.5 sd", NORMAL, NORMAL.moved(0.5)),
    Case("shift 1 sd", NORMAL, NORMAL.moved(1)),
    Case("shift 2 sd", NORMAL, NORMAL.moved(2)),
    Case("sd halved", NORMAL, NORMAL.moved(factor=0.5)),
    Case("sd doubled", NORMAL, NORMAL.moved(factor=2)),
    Case("one of two equal modes dropped", BIMODAL, mixture(1, -1, 1, 0.5)),
    Case("mode of 20 % dropped", mixture(0.8, -1, 1, 0.5), mixture(1, -1, 1, 0.5)),
    Case("bimodal by a normal", BIMODAL, Distribution(lambda u: math.sqrt(1.25) * special.ndtri(u))),
    Case("collapse to one value", NORMAL, Distribution(np.zeros_like)),
    Case("outliers of 30 sd, 1 in 50", NORMAL, Distribution(lambda u: np.where(u > 0.98, 30.0, special.ndtri(u)))),
    Case("percolates 0.98 against 1", ONES, bernoulli(0.98)),
    Case("percolates 0.7 against 1", ONES, bernoulli(0.7)),
]  # fmt: skip


def _shifted(name: str, reference: Distribution, top: float) -> Case:
    return Case(name, reference, reference.moved(at(reference, lambda shift: reference.moved(shift), 0.5, 0, top)))


def _rarer(name: str, share: float) -> Case:
    reference = bernoulli(share)
    return Case(name, reference, bernoulli(share - at(reference, lambda fall: bernoulli(share - fall), 0.5, 0, 0.5)))


def distance_boundary() -> list[Case]:
    """Pairs at d = 0.5: OK and Fail are both wrong."""
    undefined = at(TAU, lambda share: dataclasses.replace(TAU, undefined=0.2 + share), 0.5, 0, 0.5)
    two_modes = mixture(0.5, -1, 1, 0.5)
    weight = at(two_modes, lambda more: mixture(0.5 + more, -1, 1, 0.5), 0.5, 0, 0.49)
    return [
        _shifted("normal", NORMAL, 3),
        _shifted("lognormal", LOGNORMAL, 6),
        _shifted("beta(8,1)", BETA, 1),
        _shifted("exponential", EXPONENTIAL, 4),
        _shifted("Student t, 3", STUDENT, 5),
        _shifted("uniform", UNIFORM, 2),
        _shifted("bimodal", BIMODAL, 5),
        _shifted("20 % undefined", TAU, 2),
        Case("more undefined", TAU, dataclasses.replace(TAU, undefined=0.2 + undefined)),
        Case("weights of two modes", two_modes, mixture(0.5 + weight, -1, 1, 0.5)),
        _rarer("Bernoulli 0.9", 0.9),
        _rarer("Bernoulli 0.98", 0.98),
        _rarer("all 1", 1.0),
    ]


def spread_boundary() -> list[Case]:
    """Pairs at a spread ratio of 1.5 or 1/1.5."""
    cases = []
    for name, law in (
        ("normal", NORMAL),
        ("uniform", UNIFORM),
        ("bimodal", BIMODAL),
        ("exponential", EXPONENTIAL),
        ("20 % undefined", TAU),
    ):
        for ratio in (1.5, 1 / 1.5):
            factor = at(law, lambda by, law=law: law.moved(factor=by), ratio, 1, 3.0)
            cases.append(Case(f"{name}, {ratio:.2f}", law, law.moved(factor=factor)))
    return cases
