"""What the laws say of components, and which of several failures is the first cause of the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from porenet.registry import Component
    from porenet.testing import Case

Result = Literal["holds", "deviates", "broken", "crashes"]
FINE: tuple[Result, ...] = ("holds", "deviates")

GROUNDS = (
    "one_value_per_sample",
    "values_are_finite_or_undefined",
    "similarity_is_valid",
    "values_come_back",
    "inputs_are_untouched",
    "random_state_is_untouched",
    "same_input_gives_same_result",
)
"""Laws on which the others build, the first cause first: a loss that changes its field in place, for one, gives another
value in every law that calls it twice."""
_NUMBER = re.compile(r"-?\b\d+(\.\d+)?(e[+-]?\d+)?|\bnan\b|\binf\b")


@dataclass(frozen=True)
class Finding:
    """Result of one law on one case."""

    component: Component
    case: Case
    law: str
    statement: str
    result: Result
    words: str

    @property
    def fine(self) -> bool:
        """Whether the component obeys the law, or declares that it does not."""
        return self.result in FINE

    @property
    def in_words(self) -> str:
        """The result, and what the law says."""
        result = self.result if self.fine else self.result.upper()
        return f"{result}: {self.words}" if self.words else result

    @property
    def pattern(self) -> tuple[str, str]:
        """The result and the words without their numbers: what is the same in failures of one cause."""
        return self.result, _NUMBER.sub("#", self.words)


@dataclass(frozen=True)
class Failure:
    """A law that a component breaks, and the laws that it breaks perhaps for the same reason.

    Attributes:
        finding: the law, on the first case that breaks it.
        follows: names of the other laws.
        cases: further cases of the component in which the same laws are broken in the same words.
    """

    finding: Finding
    follows: tuple[str, ...]
    cases: tuple[Case, ...] = ()


def by_case(findings: Sequence[Finding]) -> list[tuple[Case, list[Finding]]]:
    """The findings of each case, in their order."""
    groups: dict[int, tuple[Case, list[Finding]]] = {}
    for finding in findings:
        groups.setdefault(id(finding.case), (finding.case, []))[1].append(finding)
    return list(groups.values())


def failures(findings: Sequence[Finding]) -> list[Failure]:
    """What is broken, folded: per component the first cause first, and each cause once."""
    folded: dict[tuple[object, ...], Failure] = {}
    for case, of_case in by_case(findings):
        for failure in _failures_of_case([finding for finding in of_case if not finding.fine]):
            finding = failure.finding
            key = (id(finding.component), finding.law, finding.pattern, failure.follows)
            known = folded.get(key)
            folded[key] = Failure(known.finding, known.follows, (*known.cases, case)) if known else failure
    return list(folded.values())


def _failures_of_case(broken: Sequence[Finding]) -> Iterator[Failure]:
    ground = min(
        (finding for finding in broken if finding.law in GROUNDS), key=lambda f: GROUNDS.index(f.law), default=None
    )
    if ground is not None:
        yield Failure(ground, tuple(finding.law for finding in broken if finding is not ground))
        return
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in broken:
        groups.setdefault(finding.pattern, []).append(finding)
    for first, *others in groups.values():
        yield Failure(first, tuple(finding.law for finding in others))
