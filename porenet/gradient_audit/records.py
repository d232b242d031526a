"""What an audit found: plain values, ready for JSON. Importing this imports no torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

FLAT = "flat_probabilities"
"""Name of the state that meets volume fractions as probabilities and decodes to the first phase alone."""

Level = Literal["fault", "warning", "note"]
Push = Literal["closes", "widens", "none"]

UNITS = {
    "value": "unit of the term; batch mean, before the weight",
    "hard_value": "unit of the term; batch mean on the argmax, before the weight",
    "weighted_value": "unit of the term",
    "probability_gradient": "unit of the term; Euclidean norm over the batch's probabilities",
    "logit_gradient": "unit of the term; Euclidean norm over the batch's logits",
    "weighted_gradient": "unit of the term; weight x logit_gradient",
    "groups": "unit of the term per unit of the parameter; Euclidean norm",
    "reached": "share of the voxels, 0 to 1",
    "gap_gradient": "share of the gradient's absolute sum, 0 to 1",
    "cosine": "1, between gradients at the logits",
}
"""Units of the numbers, for whoever reads them without this module."""


@dataclass(frozen=True, slots=True)
class OnState:
    """A term on one hand-made state.

    Attributes:
        value: on the field as the term reads it, in the term's unit; None if not finite.
        hard: on its argmax, in the term's unit; None if not finite.
        met: whether ``value`` counts as met.
        fooled: met as read, and not on the argmax, by tenfold.
        finite: value and gradient.
        reached: share of the voxels in which the gradient tells one phase from another, so that it passes a softmax.
        declared: why the plugin says that no gradient is to be expected here; empty if it does not.
        error: what the loss raised; empty if nothing.
        gap_voxels: share of the voxels in the gap of a severed channel; None for other states.
        gap_gradient: share of the gradient in that gap; None where there is no gap or no gradient.
        gap_push: what a step against the gradient does to the cut phase in the gap; None where there is no gap.
    """

    value: float | None = None
    hard: float | None = None
    met: bool = False
    fooled: bool = False
    finite: bool = True
    reached: float = 0.0
    declared: str = ""
    error: str = ""
    gap_voxels: float | None = None
    gap_gradient: float | None = None
    gap_push: Push | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TermAudit:
    """A term on the generator's batch, and on the hand-made states.

    Attributes:
        label: of the term.
        loss: ``provider:name``.
        unit: of the loss.
        reads: the relaxation that it is shown.
        always_reads: whether that is the loss's own choice, which no run can change.
        weight: the full one.
        weight_now: that of the audited step; 0 outside its schedule.
        start: first step at which it counts.
        stop: first step at which it no longer counts; None for never.
        tolerance: at or below it the term counts as met, in ``unit``.
        value: batch mean; None if not finite.
        hard_value: on the argmax of the batch; None if not finite.
        weighted_value: ``weight x value``.
        probability_gradient: norm of the gradient of ``value`` at the generator's probabilities.
        logit_gradient: likewise at the logits, what passes the softmax: ``p (g - sum p g)``.
        weighted_gradient: ``weight x logit_gradient``.
        groups: norm of the gradient of ``value`` at each group of the generator's parameters.
        reached: share of the voxels in which the gradient tells one phase from another.
        unreached_samples: samples on which the term is not met and gets no gradient.
        requires_grad: what torch claims of its value, true or not.
        finite: value and gradient.
        met: on every sample.
        dead: no gradient where there should be one.
        fooled: states that meet it as it reads them, and not on their argmax by tenfold; ``batch`` for the generator's.
        error: what the loss raised; empty if nothing.
        deviations: laws that it breaks on purpose -> why.
        states: by the name of the hand-made state.
    """

    label: str
    loss: str
    unit: str
    reads: str
    always_reads: bool
    weight: float
    weight_now: float
    start: int
    stop: int | None
    tolerance: float
    value: float | None = None
    hard_value: float | None = None
    weighted_value: float | None = None
    probability_gradient: float | None = None
    logit_gradient: float | None = None
    weighted_gradient: float | None = None
    groups: Mapping[str, float | None] = dataclasses.field(default_factory=dict)
    reached: float = 0.0
    unreached_samples: int = 0
    requires_grad: bool = False
    finite: bool = True
    met: bool = False
    dead: bool = False
    fooled: tuple[str, ...] = ()
    error: str = ""
    deviations: Mapping[str, str] = dataclasses.field(default_factory=dict)
    states: Mapping[str, OnState] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two terms.

    Attributes:
        first: label.
        second: label.
        cosine: between their gradients at the logits, -1 to 1.
        fight: whether it is below the limit: one undoes what the other does.
    """

    first: str
    second: str
    cosine: float
    fight: bool


@dataclass(frozen=True, slots=True)
class GeneratorSummary:
    """What was audited with.

    Attributes:
        name: its class.
        groups: numbers of trainable parameters.
        shape: ``(B, P, Z, Y, X)`` of its fields.
        attached: whether its output depends on a trainable parameter.
        decided: share of the voxels whose winner has more than 0.999.
        fractions: mean probability of each phase.
        hard_fractions: share of each phase in the argmax.
    """

    name: str
    groups: Mapping[str, int]
    shape: tuple[int, ...]
    attached: bool
    decided: float
    fractions: Mapping[str, float]
    hard_fractions: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know, in words.

    Attributes:
        level: ``fault`` (cannot train), ``warning`` (trains towards something else), ``note``.
        kind: ``dead``, ``not_finite``, ``broken``, ``generator``, ``fooled``, ``fight``, ``negligible``, ...
        terms: the labels that it is about.
        text: a sentence or two.
    """

    level: Level
    kind: str
    terms: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything that an audit found.

    Attributes:
        generator: what it was done with.
        terms: in the order of the objective.
        cosines: of every two terms that have a gradient.
        states: name of each hand-made state -> what it is.
        findings: the worst first.
    """

    generator: GeneratorSummary
    terms: tuple[TermAudit, ...]
    cosines: tuple[Pair, ...]
    states: Mapping[str, str]
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        """Whether a term, or the generator, cannot train."""
        return any(one.level == "fault" for one in self.findings)

    @property
    def fooled(self) -> tuple[str, ...]:
        """Labels of the terms that train, and can be met without the structure."""
        return tuple(term.label for term in self.terms if term.fooled and not term.dead)

    def term(self, label: str) -> TermAudit:
        """The audit of one term.

        Raises:
            KeyError: there is none of that label.
        """
        for one in self.terms:
            if one.label == label:
                return one
        raise KeyError(label)

    def as_data(self) -> dict[str, Any]:
        """All of it as JSON-ready data; numbers that are not finite are None."""
        return dataclasses.asdict(self) | {"failed": self.failed, "fooled": list(self.fooled), "units": UNITS}
