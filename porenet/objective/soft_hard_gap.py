"""How far what a term is told lies from what the decoded structure would tell it."""

from __future__ import annotations

from dataclasses import dataclass

from porenet.config import Term


@dataclass(frozen=True, slots=True)
class Gap:
    """Batch means of one term, before its weight, in the unit of the loss.

    Attributes:
        read: on the field that the term is shown.
        soft: on the probabilities themselves.
        hard: on their argmax, the structure that will be decoded.
        fooled: whether the term is met as it is shown the field, see `is_fooled`; never for a term that declares no
            tolerance.
    """

    read: float
    soft: float
    hard: float
    fooled: bool

    @property
    def gap(self) -> float:
        """``hard - soft``."""
        return self.hard - self.soft


def gap_of(term: Term, *, read: float, soft: float, hard: float) -> Gap:
    """The three readings of a term, judged by its tolerance."""
    tolerance = term.component.spec.tolerance
    return Gap(read, soft, hard, tolerance is not None and is_fooled(tolerance, read, hard))


def is_fooled(tolerance: float, read: float | None, hard: float | None) -> bool:
    """Whether a term is met on the field that it reads (at or below its tolerance), and far from it on the argmax."""
    return read is not None and hard is not None and read <= tolerance < hard and hard >= 10 * read


def in_words(term: Term, gap: Gap) -> str:
    """What to know and what to do about a fooled term."""
    advice = (
        'Show it the structure: relax = "straight_through".'
        if term.component.spec.reads == "run"
        else f"{term.component.spec.name} always reads the {term.reads} field; add a term that reads the structure."
    )
    return (
        f"{term.label} is met on the field that it reads ({term.reads}: {round(gap.read, 9):.3g}, counts as met at "
        f"{term.component.spec.tolerance:.3g}) and not on the structure that is decoded from it ({gap.hard:.3g}). "
        f"{advice}"
    )
