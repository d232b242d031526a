"""What is decided about one quantity of a run.

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
            **quantity_row(self.quantity),
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


def quantity_row(quantity: Quantity) -> dict[str, Any]:
    """What a quantity is, as a flat row, JSON-ready."""
    return {
        "metric": quantity.metric,
        "key": quantity.key,
        "unit": quantity.unit,
        "params": json.loads(quantity.params),
        "voxel_um": json.loads(quantity.voxel_um),
    }
