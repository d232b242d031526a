"""The gap between a term's value on the field that it reads and on the decoded structure."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from porenet.config import Term
from porenet.errors import BlindTerm, FooledTerm
from porenet.objective.allowance import tolerance_of
from porenet.objective.data_checks import refuse_unsound_numbers
from porenet.objective.targets_of_terms import targets_for
from porenet.objective.testimony import Testimony, blindness_in_words, testimony_of
from porenet.registry.field_guard import layered_field
from porenet.relaxation import relaxed

if TYPE_CHECKING:
    from porenet.objective.objective import Objective


@dataclass(frozen=True, slots=True)
class Gap:
    """Batch means of one term, before its weight, in the unit of the loss, and what its witness says.

    Attributes:
        read: mean on the field that the term reads.
        soft: mean on the probabilities themselves.
        hard: mean on their argmax, the structure that will be decoded.
        fooled: whether the term is met on the field that it reads and not on the argmax, see `is_fooled`; always false
            for a term that declares no tolerance.
        witness: the argmax's witness over that of the structures behind the targets, of the phase where it is farthest
            from 1, dimensionless; None for a term without a witness, and for targets without one.
        blind: whether the term is met on the argmax, and its witness says that this is another structure.
        tolerance: value at or below which it counts as met: what its loss declares, or more where the target is not
            known as closely; None if it declares none.
    """

    read: float
    soft: float
    hard: float
    fooled: bool
    witness: float | None = None
    blind: bool = False
    tolerance: float | None = None

    @property
    def gap(self) -> float:
        """``hard - soft``."""
        return self.hard - self.soft


def gap_of(
    tolerance: float | None, *, read: float, soft: float, hard: float, testimony: Testimony | None = None
) -> Gap:
    """The three means of a term, compared with its tolerance, and what its witness says of the argmax."""
    fooled = tolerance is not None and is_fooled(tolerance, read, hard)
    blind = tolerance is not None and testimony is not None and hard <= tolerance and not testimony.believed
    return Gap(read, soft, hard, fooled, None if testimony is None else testimony.ratio, blind, tolerance)


def is_fooled(tolerance: float, read: float | None, hard: float | None) -> bool:
    """Whether a term is met on the field that it reads (at or below its tolerance), and far from met on the argmax."""
    return read is not None and hard is not None and read <= tolerance < hard and hard >= 10 * read


def gaps_of(
    objective: Objective, probabilities: Tensor, targets: Mapping[str, Tensor], warner: GapWarner
) -> dict[str, Gap]:
    """See `porenet.objective.Objective.gaps`."""
    terms = objective.terms
    names = ("soft", "straight_through", *(term.reads for term in terms))
    values = {name: objective.values(probabilities, targets, as_read=name) for name in dict.fromkeys(names)}
    rows = [
        values[name or term.reads][term.label].mean().float()
        for term in terms
        for name in (None, "soft", "straight_through")
    ]
    labels = [term.label for term in terms for _ in range(3)]
    refuse_unsound_numbers(list(zip(labels, rows, strict=True)), probabilities)
    readings = torch.stack(rows).view(-1, 3).tolist()
    decoded = relaxed("straight_through", layered_field(probabilities))
    heard = [
        testimony_of(term, loss, decoded, targets, objective.grid)
        for term, loss in zip(terms, objective.losses, strict=True)
    ]
    gaps = {
        term.label: gap_of(
            tolerance_of(term, loss, targets_for(term, terms, targets)),
            read=read,
            soft=soft,
            hard=hard,
            testimony=testimony,
        )
        for term, loss, (read, soft, hard), testimony in zip(terms, objective.losses, readings, heard, strict=True)
    }
    warner.warn_of(terms, gaps, heard)
    return gaps


class GapWarner:
    """Warns of gaps: whenever a term begins to be fooled, and once of a term that is blind."""

    def __init__(self) -> None:
        self.fooled: frozenset[str] = frozenset()
        self.blind: frozenset[str] = frozenset()

    def warn_of(self, terms: Sequence[Term], gaps: Mapping[str, Gap], heard: Sequence[Testimony | None]) -> None:
        """Warn of the gaps of all terms; called by `porenet.objective.Objective.gaps`.

        Args:
            terms: terms of the objective.
            gaps: by label.
            heard: what the witness of each term says, in the order of the terms.
        """
        for term, testimony in zip(terms, heard, strict=True):
            gap = gaps[term.label]
            if gap.fooled and term.label not in self.fooled:
                warnings.warn(in_words(term, gap), FooledTerm, stacklevel=5)
            if gap.blind and testimony is not None and term.label not in self.blind:
                warnings.warn(blindness_in_words(term, gap.hard, testimony), BlindTerm, stacklevel=5)
        self.fooled = frozenset(label for label, gap in gaps.items() if gap.fooled)
        self.blind |= {label for label, gap in gaps.items() if gap.blind}


def in_words(term: Term, gap: Gap) -> str:
    """Warning about a fooled term, with advice."""
    advice = (
        'Show it the structure: relax = "straight_through".'
        if term.component.spec.reads == "run"
        else f"{term.component.spec.name} always reads the {term.reads} field; add a term that reads the structure."
    )
    return (
        f"{term.label} is met on the field that it reads ({term.reads}: {round(gap.read, 9):.3g}, counts as met at "
        f"{gap.tolerance:.3g}) and not on the structure that is decoded from it ({gap.hard:.3g}). "
        f"{advice}"
    )
