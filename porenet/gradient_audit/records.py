"""Results of an audit: plain values, ready for JSON. Importing this imports no torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

FLAT = "flat_probabilities"
"""Name of the state that meets volume fractions as probabilities and decodes to the first phase alone."""
SPECKLE = "speckle"
"""Name of the state that is as fine as its voxels, which a Gaussian filter does not see."""

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
    "witness": "1, witness of the state over that of the intact channels",
    "reached": "share of the voxels, 0 to 1",
    "gap_gradient": "share of the gradient's absolute sum, 0 to 1",
    "cosine": "1, between gradients at the logits",
}
"""Units of the numbers, written into the JSON output."""


@dataclass(frozen=True, slots=True)
class OnState:
    """A term on one hand-made state.

    Attributes:
        value: value on the field as the term reads it, in the term's unit; None if not finite.
        hard: value on the argmax of the field, in the term's unit; None if not finite.
        met: whether ``value`` counts as met.
        fooled: whether the term is met on the field as read, and not on the argmax, where it is ten times as large.
        witness: the state's witness over that of the intact channels, where that tells them apart; None elsewhere,
            and where the channels have nothing of it.
        blind: whether the term is met on the argmax although its witness tells the state from the intact channels.
        finite: whether value and gradient are finite.
        reached: share of the voxels in which the gradient differs between phases, so that it passes a softmax.
        declared: reason given by the plugin for having no gradient on this state; empty if it gives none.
        error: the exception of the loss; empty if there was none.
        gap_voxels: share of the voxels in the gap of a severed channel; None for other states.
        gap_gradient: share of the gradient in that gap; None where there is no gap or no gradient.
        gap_push: what a step against the gradient does to the cut phase in the gap; None where there is no gap.
    """

    value: float | None = None
    hard: float | None = None
    met: bool = False
    fooled: bool = False
    witness: float | None = None
    blind: bool = False
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
        label: label of the term.
        loss: name of the loss, ``provider:name``.
        unit: unit of the loss.
        reads: the relaxation in which the term reads the field.
        planes: normals of the slices on which it reads it; empty: the volume.
        always_reads: whether the loss itself fixes that relaxation, so that no run can change it.
        weight: full weight.
        weight_now: weight at the audited step; 0 outside its schedule.
        start: first step at which it counts.
        stop: first step at which it no longer counts; None for never.
        tolerance: value at or below which the term counts as met, in ``unit``.
        value: batch mean, in ``unit``; None if not finite.
        hard_value: batch mean on the argmax, in ``unit``; None if not finite.
        weighted_value: ``weight x value``.
        probability_gradient: norm of the gradient of ``value`` at the generator's probabilities.
        logit_gradient: likewise at the logits, what passes the softmax: ``p (g - sum p g)``.
        weighted_gradient: ``weight x logit_gradient``.
        groups: norm of the gradient of ``value`` at each group of the generator's parameters.
        reached: share of the voxels in which the gradient differs between phases.
        unreached_samples: number of samples on which the term is not met and has no gradient.
        requires_grad: ``requires_grad`` of its value, whether or not a gradient reaches the generator.
        finite: whether value and gradient are finite.
        met: whether the term is met on every sample.
        dead: whether the term has no gradient where it should have one.
        fooled: names of the states that meet the term as it reads them, and not on their argmax, where it is ten times
            as large; ``batch`` for the generator's batch.
        blind: names of the states that meet the term although its witness tells them from the intact channels;
            ``batch`` if it tells the argmax of the generator's batch from the structures behind the targets.
        unseen: what the term does not see with its parameters, as its plugin says; empty if it does not say.
        error: the exception of the loss; empty if there was none.
        deviations: laws that the loss breaks on purpose -> why.
        states: name of each hand-made state -> the term on that state.
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
    blind: tuple[str, ...] = ()
    unseen: str = ""
    error: str = ""
    deviations: Mapping[str, str] = dataclasses.field(default_factory=dict)
    states: Mapping[str, OnState] = dataclasses.field(default_factory=dict)
    planes: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two terms and the angle between their gradients.

    Attributes:
        first: label of the first term.
        second: label of the second term.
        cosine: cosine between their gradients at the logits, -1 to 1.
        fight: whether the cosine is below the limit, so that the terms work against each other.
    """

    first: str
    second: str
    cosine: float
    fight: bool


@dataclass(frozen=True, slots=True)
class GeneratorSummary:
    """The audited generator.

    Attributes:
        name: name of its class.
        groups: name of each group -> number of trainable parameters.
        shape: ``(B, P, Z, Y, X)`` of its fields.
        attached: whether its output depends on a trainable parameter.
        decided: share of the voxels in which the largest probability is above 0.999.
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
    """One finding of an audit, in words.

    Attributes:
        level: ``fault`` (cannot train), ``warning`` (trains towards something else), ``note``.
        kind: ``dead``, ``not_finite``, ``broken``, ``generator``, ``fooled``, ``blind``, ``fight``, ``negligible``, ...
        terms: labels of the terms concerned.
        text: one or two sentences.
    """

    level: Level
    kind: str
    terms: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Audit:
    """The results of an audit.

    Attributes:
        generator: summary of the audited generator.
        terms: audits of the terms, in the order of the objective.
        cosines: between the gradients of every two terms that have one.
        states: name of each hand-made state -> what it is.
        findings: the most severe first.
    """

    generator: GeneratorSummary
    terms: tuple[TermAudit, ...]
    cosines: tuple[Pair, ...]
    states: Mapping[str, str]
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        """Whether a term, or the generator, cannot train."""
        return any(finding.level == "fault" for finding in self.findings)

    @property
    def fooled(self) -> tuple[str, ...]:
        """Labels of the terms that train, but can be met without the structure."""
        return tuple(term.label for term in self.terms if term.fooled and not term.dead)

    @property
    def blind(self) -> tuple[str, ...]:
        """Labels of the terms that train, but can be met by another structure."""
        return tuple(term.label for term in self.terms if (term.blind or term.unseen) and not term.dead)

    def term(self, label: str) -> TermAudit:
        """The audit of one term.

        Raises:
            KeyError: no term has that label.
        """
        for term in self.terms:
            if term.label == label:
                return term
        raise KeyError(label)

    def as_data(self) -> dict[str, Any]:
        """The audit as JSON-ready data; numbers that are not finite are None."""
        verdicts = {"failed": self.failed, "fooled": list(self.fooled), "blind": list(self.blind)}
        return dataclasses.asdict(self) | verdicts | {"units": UNITS}
