"""Run the laws: hypothesis draws the inputs, and shrinks an input that breaks a law."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from porenet.interface import Grid, InputError, Kind, Undefined, Volume
from porenet.testing.case import Case, LawBroken
from porenet.testing.fields import KINDS, FieldKind, every_kind, probability_fields
from porenet.testing.laws import format as format_laws
from porenet.testing.laws import gradient, loss, metric, score, topology, witness
from porenet.testing.strategies import grids, score_samples, volumes

EXAMPLES = 15
SEARCH = 400
"""Most examples tried for a declared breach of a law, which may be rare; the first example that breaks it ends the
search."""

_LAWS: Mapping[Kind, ModuleType] = {"loss": loss, "metric": metric, "score": score, "format": format_laws}

_SIDES = 5
"""Longest side of a field, voxels."""
_FEW_KINDS: Mapping[Callable[..., str | None], tuple[tuple[FieldKind, ...], int]] = {
    # gradcheck shifts the probabilities, so none may be 0, and each field costs a few evaluations.
    gradient.gradient_matches_finite_differences: (("generic",), 4),
    gradient.second_derivative_is_right_or_refused: (("generic",), 4),
}
"""Laws that apply to some kinds of fields only: those kinds, and the longest side, voxels."""


@dataclass(frozen=True)
class Check:
    """One law to be tried on one case, by calling it.

    Attributes:
        case: the component.
        law: the law.
        shrink: whether hypothesis looks for the smallest example of what breaks it, which takes seconds.
    """

    case: Case
    law: Callable[..., str | None]
    shrink: bool = True

    @property
    def name(self) -> str:
        """Name of the law."""
        return self.law.__name__

    @property
    def statement(self) -> str:
        """The law in one line, without markup."""
        return (inspect.getdoc(self.law) or "").partition("\n")[0].replace("`", "")

    @property
    def reason(self) -> str:
        """Why the case is expected to break the law; empty if it is not."""
        declared = self.case.deviations.get(self.name, "")
        if self.law is witness.met_means_met and not declared:
            blind = self.case.spec.blind_with(self.case.params)
            return f"it does not see {blind}" if blind else ""
        return declared

    def __call__(self) -> str:
        """Try the law.

        Returns:
            What the law has to say of a case that holds; empty for most.

        Raises:
            LawBroken: the case breaks the law, or obeys it though a deviation is declared.
        """
        if not self.reason:
            return self._run()
        try:
            self._run()
        except LawBroken:
            return ""
        raise LawBroken(f"{self.case}: obeys {self.name} after all; remove the expected failure ({self.reason})")

    def _run(self) -> str:
        # On fields of a few voxels a second thread has nothing to do but wait: on two busy cores the laws of porenet's
        # own components took 190 s of processor time with torch's default and 37 s with one thread.
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return self._try_examples()
        finally:
            torch.set_num_threads(threads)

    def _try_examples(self) -> str:
        if len(inspect.signature(self.law).parameters) == 1:
            return self.law(self.case) or ""

        @settings(
            max_examples=SEARCH if self.reason else EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
            report_multiple_bugs=False,  # a group of two failures would hide both from `expected_failures`
            phases=(Phase.generate, Phase.shrink) if self.shrink and not self.reason else (Phase.generate,),
        )
        @given(_drawn(self.case, self.law))
        def run(example: tuple[Any, ...]) -> None:
            self.law(self.case, *example)

        fixed = _fixed(self.case, self.law)
        if self.reason:  # of two searches for a breach, the shorter first
            self.law(self.case, *fixed)
        run()
        self.law(self.case, *fixed)
        return ""


def laws_for(case: Case, *, shrink: bool = True) -> dict[str, Check]:
    """Each law that applies to a case, by name, ready to be called.

    Args:
        case: the component with its parameters.
        shrink: whether to look for the smallest example of what breaks a law, which takes seconds.

    Raises:
        InputError: an expected failure names a law that does not exist or does not apply.
    """
    of_kind = _LAWS[case.spec.kind]
    laws = {law.__name__: Check(case, law, shrink) for law in of_kind.LAWS if of_kind.applies(law, case)}
    for name in case.deviations:
        if name not in laws:
            raise InputError(f"no law is called {name!r}", where=str(case), fix=f"The laws are {', '.join(laws)}.")
    return laws


def law_names() -> tuple[str, ...]:
    """Name of every law, of whatever kind of component."""
    return tuple(dict.fromkeys(law.__name__ for of_kind in _LAWS.values() for law in of_kind.LAWS))


def _drawn(case: Case, law: Callable[..., str | None]) -> st.SearchStrategy[tuple[Any, ...]]:
    """The arguments of a law after the case."""
    if case.spec.kind == "metric":
        return st.tuples(grids(case.phases).flatmap(volumes))
    if case.spec.kind == "score":
        return st.tuples(score_samples())
    if law is topology.met_only_if_the_argmax_percolates and case.percolates is not None:
        phase, inlet, outlet = case.percolates
        joined = topology.nearly_joined(len(case.phases), case.grid().index(phase), inlet, outlet)
        return st.tuples(grids(case.phases), joined)
    kinds, longest, shortest = _kinds_and_sides(case, law)
    fields = probability_fields(len(case.phases), kinds, min_side=shortest, max_side=max(longest, shortest))
    return st.tuples(grids(case.phases), fields)


def _fixed(case: Case, law: Callable[..., str | None]) -> tuple[Any, ...]:
    """Arguments of a law after the case that do not depend on what the installed version of hypothesis draws."""
    grid = Grid(case.phases, (0.5, 0.25, 1.0), (False, True, False))
    if case.spec.kind == "metric":
        labels = np.random.default_rng(0).integers(len(case.phases), size=(3, 4, 5), dtype=np.uint8)
        return (Volume(labels, grid),)
    if case.spec.kind == "score":
        return (([0.1, 0.4, 0.2, Undefined("not percolating")], [0.3, 0.1, 0.7]),)
    kinds, longest, shortest = _kinds_and_sides(case, law)
    size = [max(shortest, min(longest, side)) for side in (3, 4, 5)]
    return grid, every_kind(len(case.phases), kinds, size)


def _kinds_and_sides(case: Case, law: Callable[..., str | None]) -> tuple[tuple[FieldKind, ...], int, int]:
    """Kinds of fields that a law is tried on, and their longest and shortest side, voxels."""
    kinds, longest = _FEW_KINDS.get(law, (KINDS, _SIDES))
    shortest = 2 if getattr(case.loss(), "crossed_axes", ()) else 1
    return kinds, longest, max(shortest, case.min_side if law is gradient.gradient_reaches_logits else 1)
