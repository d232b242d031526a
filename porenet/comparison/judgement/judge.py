"""Decision about a run: match, differs, undecided or withheld for each quantity, and the tests of all together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from porenet.comparison.decision import SampleCounts
from porenet.comparison.evidence.interval import Effect, effect
from porenet.comparison.evidence.permutations import DOOR, holm, number_of_permutations
from porenet.comparison.evidence.quantity_test import quantity_test
from porenet.comparison.evidence.ruler import CLIP, Floats
from porenet.comparison.evidence.structures import Labels
from porenet.comparison.judgement.labels import Evidence, Tolerance, decision
from porenet.comparison.judgement.pooling import Pool, pool
from porenet.comparison.judgement.together import joint_of, neighbourhood_of
from porenet.comparison.run_decision import RunDecision
from porenet.comparison.samples import Quantity, Sample
from porenet.errors import InputError, argument

_BIAS_PERMUTATIONS = 1000
"""Permutations of the correction for noise at most; their number does not grow with that of the quantities, so that a
further quantity changes no interval."""


def decide(
    reference: Mapping[Quantity, Sample],
    run: Mapping[Quantity, Sample],
    *,
    tolerance: float = 0.5,
    spread: float = 1.5,
    n_boot: int = 2000,
    n_permutations: int = 4999,
    seed: int = 0,
    resolution: Mapping[Quantity, float] | None = None,
    transform: Mapping[Quantity, str] | None = None,
    withhold: str = "",
    progress: Callable[[int, int], object] | None = None,
) -> RunDecision:
    """Decide for each quantity whether a run is proven close to the reference, proven far from it, or neither.

    Close: the 90 % interval of the distance ends below ``tolerance`` and that of the spread ratio lies inside
    1/``spread`` to ``spread`` (two one-sided tests: Schuirmann 1987, https://doi.org/10.1007/BF01068419; all parts
    must pass: Berger 1982, https://doi.org/10.1080/00401706.1982.10487790). Far: one of the two is outside at
    2.5 %, and permutation tests prove a difference for the run as a whole at 5 %, whatever the number of quantities.

    Args:
        reference: samples of the reference, by quantity.
        run: samples of the run; quantities of one side only are passed over.
        tolerance: largest distance that is OK, in reference standard deviations, above 0 and below 5.
        spread: largest spread ratio that is OK, above 1; the smallest is its reciprocal.
        n_boot: number of bootstrap resamples, 100 or more.
        n_permutations: number of permutations, 99 or more; raised for the tests of single quantities where their
            number asks for it.
        seed: seed of both, 0 or more.
        resolution: smallest difference of a quantity that means anything, in its unit; 0 where not stated.
        transform: "log" for quantities whose logarithms are compared where all values are above 0.
        withhold: reason for which every verdict is withheld; empty: none.
        progress: called with the number of quantities done and their total number.

    Returns:
        A decision per quantity that both hold, the joint test and the neighbourhood.

    Raises:
        InputError: a number out of range, a value that is not finite, or no quantity in common.
    """
    limits = Tolerance(tolerance, spread)
    _check(limits, n_boot, n_permutations, seed)
    pooled = pool(reference, run, transform or {}, seed)
    if not pooled.values:
        raise InputError("the reference and the run have no quantity in common")
    tested = [quantity for quantity in pooled.values if _varies(pooled.values[quantity], pooled.measured[quantity])]
    number = number_of_permutations(n_permutations, len(tested))
    labels = pooled.blocks.permutations(number)
    for_all = labels[:, : n_permutations + 1]  # what concerns the run as a whole is not adjusted
    for_bias = for_all[:, 1 : _BIAS_PERMUTATIONS + 1]
    effects = _Effects(pooled, labels, for_bias, n_boot, resolution or {})
    sizes, p_values = {}, {}
    for done, quantity in enumerate(pooled.values):
        sizes[quantity] = effects.of(quantity)
        if quantity in tested:
            p_values[quantity] = effects.p_value(quantity)
        if progress:
            progress(done + 1, len(pooled.values))
    adjusted = dict(zip(p_values, holm(list(p_values.values())), strict=True))
    joint = joint_of(pooled, for_all)
    door_open = min([joint.p if joint.p is not None else 1.0, *adjusted.values()]) <= DOOR
    evidence = Evidence(limits, joint.p, door_open, withhold)
    decisions = {
        quantity: decision(quantity, pooled, sizes[quantity], p_values.get(quantity), adjusted.get(quantity), evidence)
        for quantity in pooled.values
    }
    return RunDecision(
        decisions,
        joint,
        neighbourhood_of(pooled, for_all),
        door_open,
        _largest([entry.reference for entry in decisions.values()]),
        _largest([entry.generated for entry in decisions.values()]),
        tolerance,
        spread,
        n_boot,
        number,
        seed,
    )


class _Effects:
    """Effect and p value of each quantity, under draws that all of them share."""

    def __init__(
        self, pooled: Pool, labels: Labels, for_bias: Labels, n_boot: int, resolution: Mapping[Quantity, float]
    ) -> None:
        self._pool, self._labels, self._resolution = pooled, labels, resolution
        self._counts = pooled.blocks.bootstrap(n_boot)
        self._dealt = for_bias[pooled.blocks.ids]

    def of(self, quantity: Quantity) -> Effect:
        values, measured = self._pool.values[quantity], self._pool.measured[quantity]
        blocks = self._pool.blocks
        ours, yours = measured[: blocks.size], measured[blocks.size :]
        counts = self._counts[0][ours], self._counts[1][yours]
        return effect(
            values[: blocks.size][ours],
            values[blocks.size :][yours],
            counts,
            self._dealt[measured],
            min(blocks.counts_of(measured)),
            self._smallest(quantity),
        )

    def p_value(self, quantity: Quantity) -> float:
        values, measured = self._pool.values[quantity], self._pool.measured[quantity]
        return quantity_test(values, measured, self._pool.blocks, self._labels, self._smallest(quantity))

    def _smallest(self, quantity: Quantity) -> float:
        """Resolution in the values' unit; a logarithm has none."""
        return 0.0 if self._pool.transforms[quantity] else self._resolution.get(quantity, 0.0)


def _varies(values: Floats, measured: Labels) -> bool:
    """Whether any permutation could differ from another; a constant needs no test and no adjustment."""
    present = values[measured]
    undefined = np.isnan(present)
    return bool(undefined.any() != undefined.all() or np.unique(present[~undefined]).size > 1)


def _largest(counts: list[SampleCounts]) -> SampleCounts:
    return SampleCounts(*(max(getattr(count, name) for count in counts) for name in SampleCounts.__slots__))


def check_limits(limits: Tolerance) -> None:
    """Refuse a tolerance out of range.

    Raises:
        InputError: with the name of the argument.
    """
    if not 0 < limits.distance < CLIP:
        raise InputError(
            f"a number above 0 and below {CLIP:g} was expected, not {limits.distance!r}", where=argument("tolerance")
        )
    if not (math.isfinite(limits.spread) and limits.spread > 1):
        raise InputError(f"a number above 1 was expected, not {limits.spread!r}", where=argument("spread"))


def _check(limits: Tolerance, n_boot: int, n_permutations: int, seed: int) -> None:
    check_limits(limits)
    for name, number, least in (("n_boot", n_boot, 100), ("n_permutations", n_permutations, 99), ("seed", seed, 0)):
        if number < least:
            raise InputError(f"{least} or more was expected, not {number!r}", where=argument(name))
