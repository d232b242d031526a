"""What is decided about a run: one decision per quantity, one test of all quantities together.

Plain values, made by `porenet.comparison.decide`; texts, tables and plots are made of them elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from porenet.comparison.decision import LABELS, Decision, Label, SampleCounts
from porenet.comparison.samples import Quantity


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
