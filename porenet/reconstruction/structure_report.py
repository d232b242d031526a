"""What a reconstructed structure reached: each term beside its tolerance, and metrics beside those of the original."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from porenet.errors import BlindTerm, FooledTerm, PorenetError
from porenet.interface import Volume
from porenet.measurement import measure
from porenet.objective import Objective
from porenet.reconstruction.overlap import Overlap

MISSED_AT = 25.0
"""A term above this many tolerances is missed: an error of 5 % where 1 % counts as met, of squares."""
METRICS = ("vf", "ssa", "tpb", "percolates", "tortuosity")
"""Metrics of the report, if they are installed and apply to the phases."""

Verdict = Literal["met", "near", "missed", "no tolerance"]


@dataclass(frozen=True, slots=True)
class TermResult:
    """One term on the decoded structure.

    Attributes:
        value: before the weight, in the unit of the loss.
        tolerance: at or below which the loss counts as met; None if it has none.
        verdict: ``met``; ``near``, up to 25 tolerances; ``missed``; or ``no tolerance``.
        witness: the witness of the loss over that of the original; None without one.
        blind: whether the term is met by a structure that its witness calls another one.
    """

    value: float
    tolerance: float | None
    verdict: Verdict
    witness: float | None
    blind: bool


@dataclass(frozen=True, slots=True)
class StructureReport:
    """What one structure reached.

    Attributes:
        seed: of its start.
        terms: label -> result.
        metrics: ``METRIC.KEY`` -> ``reference`` and ``result`` (numbers, or None where undefined) and ``unit``; of an
            original that is known by its sections ``uncertainty`` too, the standard error of the reference.
        overlap: agreement with the original; None of an original that is known by its sections alone.
    """

    seed: int
    terms: Mapping[str, TermResult]
    metrics: Mapping[str, Mapping[str, Any]]
    overlap: Overlap | None

    @property
    def failed(self) -> bool:
        """Whether a term is missed or blind."""
        return any(term.blind or term.verdict == "missed" for term in self.terms.values())

    def as_data(self) -> dict[str, Any]:
        """The report as JSON-ready data."""
        data = dataclasses.asdict(self)
        if self.overlap is not None:
            data["overlap"]["is_copy"] = self.overlap.is_copy
        return {**data, "failed": self.failed}


def term_results(objective: Objective, targets: Mapping[str, Tensor], logits: Tensor) -> dict[str, TermResult]:
    """Each term on the structure that logits decode to.

    Terms that read probabilities are judged on the decoded structure too: that is what is kept.

    Args:
        objective: the objective.
        targets: of one structure.
        logits: ``(1, P, Z, Y, X)``.
    """
    with warnings.catch_warnings():  # what they warn of stands in the report
        for category in (BlindTerm, FooledTerm):
            warnings.simplefilter("ignore", category)
        gaps = objective.gaps(logits.softmax(dim=1), targets)
    results = {}
    for term in objective.terms:
        gap = gaps[term.label]
        verdict = verdict_of(gap.hard, gap.tolerance)
        results[term.label] = TermResult(gap.hard, gap.tolerance, verdict, gap.witness, gap.blind)
    return results


def measured(volume: Volume) -> dict[str, tuple[float | None, str]]:
    """Value (None where undefined) and unit of each metric of the report that applies, by ``METRIC.KEY``."""
    values: dict[str, tuple[float | None, str]] = {}
    for name in METRICS:
        try:
            rows = measure(volume, name)
        except PorenetError:  # not installed, or of other phases
            continue
        values |= {f"{name}.{row['key']}": (row["value"], row["unit"]) for row in rows}
    return values


def beside(
    reference: Mapping[str, tuple[float | None, str]], result: Mapping[str, tuple[float | None, str]]
) -> dict[str, dict[str, Any]]:
    """Metrics of the original and of the result side by side."""
    return {
        key: {"reference": value, "result": result[key][0], "unit": unit}
        for key, (value, unit) in reference.items()
        if key in result
    }


def decoded(logits: Tensor) -> Any:
    """Labels ``(Z, Y, X)`` uint8 of logits ``(1, P, Z, Y, X)``, as a numpy array."""
    return logits[0].argmax(dim=0).to(torch.uint8).cpu().numpy()


def verdict_of(value: float, tolerance: float | None) -> Verdict:
    """The verdict on a value, in the unit of the tolerance."""
    if tolerance is None:
        return "no tolerance"
    if value <= tolerance:
        return "met"
    return "near" if value <= MISSED_AT * tolerance else "missed"
