"""The laws as tests of a plugin's suite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from porenet.testing.case import Case, LawBroken
from porenet.testing.checks import laws_for


def conformance(*cases: Case | str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Parametrise a test with every law of every case; the test takes ``check`` and calls it.

    Args:
        *cases: cases, or names of installed distributions: of these, every component is tried with what their hook
            ``porenet_cases`` yields. One without a case is tried with its defaults if that is all it takes, with the
            last phase for a ``phase``; if it is not, one test fails and says so.
    """
    import pytest

    parameters = []
    for case in cases:
        if isinstance(case, str):
            given, faults = _of_distribution(case)
            parameters += [pytest.param(_failing(fault), id=f"{case}-fault-{i}") for i, fault in enumerate(faults)]
        else:
            given = [case]
        for one in given:
            parameters += [pytest.param(check, id=f"{one}-{name}") for name, check in laws_for(one).items()]
    mark: Callable[[Callable[..., None]], Callable[..., None]] = pytest.mark.parametrize("check", parameters)
    return mark


def _of_distribution(name: str) -> tuple[list[Case], list[str]]:
    """The cases of a distribution, and what is wrong with them."""
    from porenet.testing.casebook import casebook  # looks up what is installed, which no law needs

    found: Any = casebook(name)
    return [case for _, case in found.cases], [str(fault) for fault in found.faults]


def _failing(fault: str) -> Callable[[], None]:
    def check() -> None:
        raise LawBroken(fault)

    return check
