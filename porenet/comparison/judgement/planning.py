"""How many structures a match needs: shares of matches of simulated generators that are perfect.

Both samples are drawn from one distribution, that of a reference table or a normal one, and decided as `decide` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from porenet.comparison.evidence.interval import effect
from porenet.comparison.evidence.ruler import Floats
from porenet.comparison.evidence.structures import Blocks
from porenet.comparison.judgement.judge import check_limits
from porenet.comparison.judgement.labels import Tolerance, inside
from porenet.comparison.samples import Quantity, Sample
from porenet.interface import Undefined

SIZES = (50, 100, 300, 1000)
"""Numbers of generated structures that a plan tries beside the real structures at hand."""
BOTH = (50, 100, 200, 300, 500, 1000)
"""Numbers of structures that it tries on both sides."""
ENOUGH = 0.8
"""Share of matches at which a number of structures is enough."""
_PAIRS, _RESAMPLES = 40, 200

Draw = Callable[[np.random.Generator, int], Floats]


@dataclass(frozen=True, slots=True)
class Plan:
    """How often a perfect generator matches in one quantity.

    Attributes:
        real: number of independent real structures at hand; 0 where there are none.
        shares: number of generated structures beside them (where there are none, on both sides) -> share of simulated
            comparisons that end in a match, to about 0.07.
        each: least number of structures on both sides of those tried at which four comparisons in five end in a match;
            None: more.
    """

    real: int
    shares: Mapping[int, float]
    each: int | None


def plan_normal(*, tolerance: float = 0.5, spread: float = 1.5, seed: int = 0) -> Plan:
    """Plan for a quantity that is normally distributed, with as many real structures as generated ones.

    Args:
        tolerance: largest distance that is a match, in standard deviations.
        spread: largest spread ratio that is a match.
        seed: seed of the simulation.

    Raises:
        InputError: a tolerance out of range.
    """
    return _plan(lambda rng, size: rng.normal(size=size), 0, Tolerance(tolerance, spread), 0.0, seed)


def plan_for(
    reference: Mapping[Quantity, Sample],
    *,
    tolerance: float = 0.5,
    spread: float = 1.5,
    resolution: Mapping[Quantity, float] | None = None,
    transform: Mapping[Quantity, str] | None = None,
    seed: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> dict[Quantity, Plan]:
    """Plans for the quantities of a reference: its own distributions, and as many real structures as it has.

    Args:
        reference: samples, by quantity.
        tolerance: largest distance that is a match, in standard deviations of the reference.
        spread: largest spread ratio that is a match.
        resolution: smallest difference that matters, as for `decide`.
        transform: "log" for quantities that are compared by their logarithms.
        seed: seed of the simulation.
        progress: called with the number of quantities done and their total number.

    Raises:
        InputError: a tolerance out of range.
    """
    plans = {}
    for done, quantity in enumerate(sorted(reference)):
        sample = reference[quantity]
        values = np.array([np.nan if isinstance(value, Undefined) else value for value in sample.values], dtype=float)
        logarithmic = (transform or {}).get(quantity) == "log" and bool(np.all(values[~np.isnan(values)] > 0))
        smallest = 0.0 if logarithmic else (resolution or {}).get(quantity, 0.0)
        blocks = sample.blocks()
        real = len(set(blocks)) if blocks else values.size
        draw = partial(_redrawn, np.log(values) if logarithmic else values)
        plans[quantity] = _plan(draw, real, Tolerance(tolerance, spread), smallest, seed)
        if progress:
            progress(done + 1, len(reference))
    return plans


def _redrawn(values: Floats, rng: np.random.Generator, size: int) -> Floats:
    return rng.choice(values, size)


def _plan(draw: Draw, real: int, limits: Tolerance, resolution: float, seed: int) -> Plan:
    check_limits(limits)
    both: dict[int, float] = {}

    def share_of_both(size: int) -> float:
        if size not in both:
            both[size] = _share(draw, size, size, limits, resolution, seed)
        return both[size]

    each = next((size for size in BOTH if share_of_both(size) >= ENOUGH), None)
    shares = {
        size: _share(draw, real, size, limits, resolution, seed) if real else share_of_both(size) for size in SIZES
    }
    return Plan(real, shares, each)


def _share(draw: Draw, real: int, generated: int, limits: Tolerance, resolution: float, seed: int) -> float:
    """Share of simulated comparisons that end in a match."""
    blocks = Blocks.of(range(real), range(generated), seed)
    counts, labels = blocks.bootstrap(_RESAMPLES), blocks.permutations(_RESAMPLES)[:, 1:]
    rng = np.random.default_rng([seed, real, generated])
    matches = 0
    for _ in range(_PAIRS):
        size = effect(draw(rng, real), draw(rng, generated), counts, labels, min(real, generated), resolution)
        matches += inside(size, limits)
    return matches / _PAIRS
