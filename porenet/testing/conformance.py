"""Run the laws: hypothesis draws the fields, and shrinks whatever breaks one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from porenet.interface import InputError, Kind
from porenet.testing import loss_laws, metric_laws, score_laws
from porenet.testing.case import Case, LawBroken
from porenet.testing.strategies import grids, probability_fields, score_samples, volumes

EXAMPLES = 15


def laws_for(case: Case) -> dict[str, Callable[[], None]]:
    """Each law that applies to a case, by name, ready to be called.

    Raises:
        InputError: an expected failure names no law.
    """
    of_kind: dict[Kind, tuple[Any, ...]] = {
        "loss": loss_laws.LAWS,
        "metric": metric_laws.LAWS,
        "score": score_laws.LAWS,
    }
    laws = {law.__name__: law for law in of_kind[case.spec.kind]}
    for name in case.expected_failures:
        if name not in laws:
            raise InputError(f"no law is called {name!r}", where=str(case), fix=f"The laws are {', '.join(laws)}.")
    return {name: functools.partial(_check, case, name, law) for name, law in laws.items()}


def conformance(*cases: Case) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Parametrise a test with every law of every case; the test takes ``check`` and calls it."""
    parameters = [pytest.param(check, id=f"{case}-{name}") for case in cases for name, check in laws_for(case).items()]
    mark: Callable[[Callable[..., None]], Callable[..., None]] = pytest.mark.parametrize("check", parameters)
    return mark


def _check(case: Case, name: str, law: Callable[[Case, Any], None]) -> None:
    phases = len(case.phases)
    if case.spec.kind == "metric":
        drawn: Any = grids(case.phases).flatmap(volumes)
    elif case.spec.kind == "score":
        drawn = score_samples()
    elif law in loss_laws.GENERIC:
        drawn = probability_fields(phases, kinds=("generic",), max_side=4)
    else:
        drawn = probability_fields(phases)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,  # a group of two failures would hide both from `expected_failures`
    )
    @given(drawn)
    def run(example: Any) -> None:
        law(case, example)

    reason = case.expected_failures.get(name)
    if reason is None:
        run()
        return
    try:
        run()
    except LawBroken:
        return
    raise LawBroken(f"{case}: obeys {name} after all; remove the expected failure ({reason})")
