"""Label of one quantity with its grounds: OK, Fail, undecided or withheld."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from porenet.comparison.decision import Decision, Label, Needed, SampleCounts, SpreadRatio
from porenet.comparison.evidence.interval import Effect
from porenet.comparison.judgement import wording
from porenet.comparison.judgement.needed import LEAST_FOR_OK, factor_needed, needed
from porenet.comparison.judgement.pooling import Pool
from porenet.comparison.samples import Quantity
from porenet.comparison.verdicts import SMALLEST_SAMPLE
from porenet.errors import counted


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What is OK: distances below ``distance`` sd, and spread ratios between 1/``spread`` and ``spread``."""

    distance: float
    spread: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What holds for all quantities of a run.

    Attributes:
        limits: what is OK.
        joint_p: p value of the joint test, or None.
        door_open: whether a difference is proven for the run as a whole.
        withhold: reason for which every verdict is withheld; empty: none.
    """

    limits: Tolerance
    joint_p: float | None
    door_open: bool
    withhold: str


def decision(
    quantity: Quantity, pooled: Pool, size: Effect, p: float | None, p_holm: float | None, evidence: Evidence
) -> Decision:
    """Decision about one quantity.

    Args:
        quantity: which one.
        pooled: values of all quantities.
        size: distance and spread ratio with their intervals.
        p: p value of the quantity; None where it is constant.
        p_holm: the same, adjusted.
        evidence: what holds for the run.
    """
    values, measured, split = pooled.values[quantity], pooled.measured[quantity], pooled.blocks.size
    counts = _counts(pooled, quantity)
    label, reason = _label(size, p, p_holm, counts, evidence)
    ratio, limits, distance = size.spread, evidence.limits, size.distance
    return Decision(
        quantity=quantity,
        label=label,
        reason=reason,
        distance=distance.distance,
        lower=distance.low,
        upper=distance.high,
        spread=SpreadRatio(*(math.exp(value) for value in (ratio.log_ratio, ratio.low, ratio.high))) if ratio else None,
        spread_reason=size.spread_reason,
        p=p,
        p_holm=p_holm,
        needed=_needed(size, counts, limits) if label == "undecided" else None,
        why=wording.largest_part(values[:split][measured[:split]], values[split:][measured[split:]], size),
        scale=size.scale.scale,
        transform=pooled.transforms[quantity],
        tolerance_sd=limits.distance,
        tolerance_spread=limits.spread,
        reference=counts[0],
        generated=counts[1],
    )


def _counts(pooled: Pool, quantity: Quantity) -> tuple[SampleCounts, SampleCounts]:
    measured, defined = pooled.measured[quantity], ~np.isnan(pooled.values[quantity])
    split = pooled.blocks.size
    blocks, defined_blocks = pooled.blocks.counts_of(measured), pooled.blocks.counts_of(defined)
    ours, yours = (
        SampleCounts(int(measured[part].sum()), int(defined[part].sum()), blocks[side], defined_blocks[side])
        for side, part in enumerate((slice(split), slice(split, None)))
    )
    return ours, yours


def _label(
    size: Effect, p: float | None, p_holm: float | None, counts: tuple[SampleCounts, SampleCounts], evidence: Evidence
) -> tuple[Label, str]:
    limits, smallest = evidence.limits, min(count.blocks for count in counts)
    if evidence.withhold:
        return "withheld", evidence.withhold
    if smallest < SMALLEST_SAMPLE:
        return "withheld", f"{counted(smallest, 'independent structure')}; a verdict needs {SMALLEST_SAMPLE}"
    if p is None or p_holm is None:
        significance = "all values are equal" if counts[0].defined else "undefined in both"
    else:
        significance = wording.significance(p, p_holm)
    if inside(size, limits):
        fewest = min(count.defined_blocks for count in counts)
        if fewest < SMALLEST_SAMPLE and max(count.defined for count in counts):
            return "withheld", f"{fewest} of {smallest} values are defined; a match needs {SMALLEST_SAMPLE}"
        small = p_holm is not None and p_holm <= wording.PROVEN
        return "OK", f"small difference proven: {significance}" if small else significance
    outside_by = wording.outside(size, limits.distance, limits.spread) if outside(size, limits) else ""
    if outside_by and evidence.door_open:
        return "Fail", outside_by
    if outside_by:
        joint = "" if evidence.joint_p is None else f", joint p = {evidence.joint_p:.2g}"
        return "undecided", f"{outside_by}, but no difference is proven for the run as a whole ({significance}{joint})"
    few = f"; a match needs {LEAST_FOR_OK} independent structures" if smallest < LEAST_FOR_OK else ""
    gap = wording.gap(size, limits.distance, limits.spread)
    return "undecided", ", ".join(text for text in (significance, gap) if text) + few


def inside(size: Effect, limits: Tolerance) -> bool:
    """Whether both intervals lie inside the tolerance."""
    bound, ratio = math.log(limits.spread), size.spread
    return size.distance.high < limits.distance and (ratio is None or -bound < ratio.low <= ratio.high < bound)


def outside(size: Effect, limits: Tolerance) -> bool:
    """Whether one of the two intervals lies outside, at 2.5 %."""
    bound, ratio = math.log(limits.spread), size.spread
    return size.distance.far_low > limits.distance or (
        ratio is not None and (ratio.far_low > bound or ratio.far_high < -bound)
    )


def _needed(size: Effect, counts: tuple[SampleCounts, SampleCounts], limits: Tolerance) -> Needed | None:
    if outside(size, limits):  # the size is known, its proof is not: no formula says how many that takes
        return None
    factor = factor_needed(size.distance, size.spread, limits.distance, limits.spread)
    return needed(factor, counts[0].blocks, counts[1].blocks)
