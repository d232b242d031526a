"""What is decided about a run: one decision per quantity, one test of all quantities together.

Plain values, made by `porenet.comparison.decide`; texts, tables and plots are made of them elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from porenet.comparison.samples import Quantity

Label = Literal["OK", "Fail", "undecided", "withheld"]
LABELS: tuple[Label, ...] = ("OK", "Fail", "undecided", "withheld")
WORDS: Mapping[Label, str] = {"OK": "match", "Fail": "differs", "undecided": "undecided", "withheld": "withheld"}
"""Word for each label, for tables."""


@dataclass(frozen=True, slots=True)
class SpreadRatio:
    """How many times as much the generated values vary as those of the reference.

    Attributes:
        ratio: mean difference of the generated values / that of the reference, 1 where both vary alike.
        low: lower end of the 90 % interval.
        high: upper end.
    """

    ratio: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Needed:
    """Number of independent structures that would decide.

    Attributes:
        generated: generated structures beside the present reference, to two digits; None if no number is enough.
        each: structures on either side, if both grow alike; None beyond 1000, at the limit of the tolerance.
        text: "200 generated", "about 400 real ones too" or "at the limit of the tolerance".
    """

    generated: int | None
    each: int | None
    text: str


@dataclass(frozen=True, slots=True)
class SampleCounts:
    """Sizes of one sample of a quantity.

    Attributes:
        values: number of structures.
        defined: number of those with a defined value.
        blocks: number of independent blocks.
        defined_blocks: number of those with a defined value.
    """

    values: int
    defined: int
    blocks: int
    defined_blocks: int


@dataclass(frozen=True, slots=True)
class Decision:
    """Decision about one quantity of a run.

    Attributes:
        quantity: what was measured.
        label: OK (proven inside the tolerance), Fail (proven outside), undecided, or withheld.
        reason: the grounds in words: "no difference found (p = 0.41)", "off by at least 0.7 sd".
        distance: d, how far a generated value must be moved on average to become the reference's distribution, in
            standard deviations of the reference; 0 where neither sample has a value.
        lower: lower end of the 90 % interval of d.
        upper: upper end.
        spread: spread ratio, or None.
        spread_reason: why there is no spread ratio; empty if there is.
        p: permutation p value of the quantity alone; None where nothing was tested.
        p_holm: the same, adjusted for the number of quantities (Holm).
        needed: number of structures that would decide; None unless undecided.
        why: the largest part of the difference: "location +1.4 sd", "varies 0.5 times as much", "defined in 0.60
            (real 1.00)", "0.70 at the most frequent value (real 0.98)" or "shape".
        scale: one reference standard deviation, in the quantity's unit (of its logarithm where transformed).
        transform: "log" where the logarithms were compared, else empty.
        tolerance_sd: largest distance that is OK, in reference standard deviations.
        tolerance_spread: largest spread ratio that is OK, and the reciprocal of the smallest.
        reference: sizes of the reference sample.
        generated: sizes of the generated sample.
    """

    quantity: Quantity
    label: Label
    reason: str
    distance: float
    lower: float
    upper: float
    spread: SpreadRatio | None
    spread_reason: str
    p: float | None
    p_holm: float | None
    needed: Needed | None
    why: str
    scale: float
    transform: str
    tolerance_sd: float
    tolerance_spread: float
    reference: SampleCounts
    generated: SampleCounts

    @property
    def word(self) -> str:
        """The label as a table writes it: match, differs, undecided or withheld."""
        return WORDS[self.label]

    def as_row(self) -> dict[str, Any]:
        """One flat row, JSON-ready."""
        ratio, needed = self.spread, self.needed
        return {
            **_quantity_row(self.quantity),
            "label": self.label,
            "reason": self.reason,
            "distance": self.distance,
            "lower": self.lower,
            "upper": self.upper,
            "spread": ratio.ratio if ratio else None,
            "spread_low": ratio.low if ratio else None,
            "spread_high": ratio.high if ratio else None,
            "spread_reason": self.spread_reason,
            "p": self.p,
            "p_holm": self.p_holm,
            "needed": needed.text if needed else None,
            "needed_generated": needed.generated if needed else None,
            "needed_each": needed.each if needed else None,
            "why": self.why,
            "scale": self.scale,
            "transform": self.transform,
            "tolerance_sd": self.tolerance_sd,
            "tolerance_spread": self.tolerance_spread,
            "n_reference": self.reference.values,
            "n_reference_defined": self.reference.defined,
            "blocks_reference": self.reference.blocks,
            "n_generated": self.generated.values,
            "n_generated_defined": self.generated.defined,
            "blocks_generated": self.generated.blocks,
        }


@dataclass(frozen=True, slots=True)
class ChangedPair:
    """The two quantities whose correlation changed most.

    Attributes:
        first: one of them.
        second: the other.
        reference: their correlation (of normal scores) over the structures of the reference, -1 to 1.
        generated: the same over the generated structures.
    """

    first: Quantity
    second: Quantity
    reference: float
    generated: float


@dataclass(frozen=True, slots=True)
class JointTest:
    """Permutation test of all quantities together, over the structures on which all were measured.

    Attributes:
        p: p value of the whole, exact without blocks; None if it was not possible.
        p_energy: p value of the energy distance of the rows.
        p_whitened: the same after whitening: differences in directions that hardly vary.
        p_correlation: p value of the change of all correlations together.
        p_pair: p value of the largest change of a single correlation.
        pair: the two quantities whose correlation changed most; None with fewer than two.
        quantities: the quantities used, those that vary.
        reason: why the test was not possible; empty if it was.
    """

    p: float | None
    p_energy: float | None
    p_whitened: float | None
    p_correlation: float | None
    p_pair: float | None
    pair: ChangedPair | None
    quantities: tuple[Quantity, ...]
    reason: str = ""

    def as_row(self) -> dict[str, Any]:
        """One flat row, JSON-ready."""
        pair = self.pair
        return {
            "p": self.p,
            "p_energy": self.p_energy,
            "p_whitened": self.p_whitened,
            "p_correlation": self.p_correlation,
            "p_pair": self.p_pair,
            "pair": [pair.first.full_name, pair.second.full_name] if pair else None,
            "pair_correlation_reference": pair.reference if pair else None,
            "pair_correlation_generated": pair.generated if pair else None,
            "quantities": [quantity.full_name for quantity in self.quantities],
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Dropped modes, invented modes and near copies, on the vectors of the joint test.

    Attributes:
        coverage: share of real structures with a generated one within the distance of their 5th real neighbour.
        coverage_p: permutation p value of a coverage as low as this.
        precision: share of generated structures within such a ball of any real one.
        precision_p: permutation p value of a precision as low as this.
        near_copies: share of generated structures nearer to a real one than half the 5 % quantile of the distances of
            real ones to their nearest.
        near_copies_p: permutation p value of a share as high as this.
        reason: why all of them are None; empty if they are not.
    """

    coverage: float | None
    coverage_p: float | None
    precision: float | None
    precision_p: float | None
    near_copies: float | None
    near_copies_p: float | None
    reason: str = ""

    def as_row(self) -> dict[str, Any]:
        """One flat row, JSON-ready."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True)
class RunDecision:
    """All that is decided about one run.

    Attributes:
        decisions: decision of each quantity that both the reference and the run hold, in sorted order.
        joint: test of all quantities together.
        neighbourhood: dropped modes, invented modes, near copies.
        door_open: whether a difference is proven for the run as a whole (joint p or a Holm-adjusted p up to 0.025);
            without it no quantity is Fail.
        reference: largest sizes of a reference sample over the quantities.
        generated: largest sizes of a generated sample over the quantities.
        tolerance: largest distance that is OK, in reference standard deviations.
        spread: largest spread ratio that is OK, and the reciprocal of the smallest.
        n_boot: number of bootstrap resamples.
        n_permutations: number of permutations per quantity, which grows with the number of quantities.
        seed: seed of both.
    """

    decisions: Mapping[Quantity, Decision]
    joint: JointTest
    neighbourhood: Neighbourhood
    door_open: bool
    reference: SampleCounts
    generated: SampleCounts
    tolerance: float
    spread: float
    n_boot: int
    n_permutations: int
    seed: int

    def labelled(self, label: Label) -> list[Decision]:
        """Decisions with this label, in sorted order of the quantities."""
        return [decision for decision in self.decisions.values() if decision.label == label]

    def as_row(self) -> dict[str, Any]:
        """The run as JSON: its quantities under ``decisions``, all else beside them."""
        return {
            "labels": {label: len(self.labelled(label)) for label in LABELS},
            "joint": self.joint.as_row(),
            "neighbourhood": self.neighbourhood.as_row(),
            "door_open": self.door_open,
            "n_reference": self.reference.values,
            "blocks_reference": self.reference.blocks,
            "n_generated": self.generated.values,
            "blocks_generated": self.generated.blocks,
            "tolerance": self.tolerance,
            "spread": self.spread,
            "n_boot": self.n_boot,
            "n_permutations": self.n_permutations,
            "seed": self.seed,
            "decisions": [decision.as_row() for decision in self.decisions.values()],
        }


def _quantity_row(quantity: Quantity) -> dict[str, Any]:
    return {
        "metric": quantity.metric,
        "key": quantity.key,
        "unit": quantity.unit,
        "params": json.loads(quantity.params),
        "voxel_um": json.loads(quantity.voxel_um),
    }
