"""The gap between a term's value on the field that it reads and on the decoded structure."""

from __future__ import annotations

from dataclasses import dataclass

from porenet.config import Term


@dataclass(frozen=True, slots=True)
class Gap:
    """Batch means of one term, before its weight, in the unit of the loss.

    Attributes:
        read: mean on the field that the term reads.
        soft: mean on the probabilities themselves.
        hard: mean on their argmax, the structure that will be decoded.
        fooled: whether the term is met on the field that it reads and not on the argmax, see `is_fooled`; always false
            for a term that declares no tolerance.
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
    """The three means of a term, compared with its tolerance."""
    tolerance = term.component.spec.tolerance
    return Gap(read, soft, hard, tolerance is not None and is_fooled(tolerance, read, hard))


def is_fooled(tolerance: float, read: float | None, hard: float | None) -> bool:
    """Whether a term is met on the field that it reads (at or below its tolerance), and far from met on the argmax."""
    return read is not None and hard is not None and read <= tolerance < hard and hard >= 10 * read


def in_words(term: Term, gap: Gap) -> str:
    """Warning about a fooled term, with advice."""
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
