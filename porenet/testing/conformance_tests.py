"""The laws as pytest tests for a plugin's suite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from porenet.testing.case import Case, LawBroken
from porenet.testing.checks import laws_for


def conformance(*cases: Case | str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Parametrise a test with every law of every case; the test takes ``check`` and calls it.

    Args:
        *cases: cases, or names of installed distributions, whose components are tried with the cases of their hook
            ``porenet_cases``. A component without a case is tried with its defaults, and the last phase if it requires
            a ``phase``; if it requires more, one test fails and says so.
    """
    import pytest

    parameters = []
    for case in cases:
        if isinstance(case, str):
            own, faults = _of_distribution(case)
            parameters += [pytest.param(_failing(fault), id=f"{case}-fault-{i}") for i, fault in enumerate(faults)]
        else:
            own = [case]
        for tried in own:
            parameters += [pytest.param(check, id=f"{tried}-{name}") for name, check in laws_for(tried).items()]
    mark: Callable[[Callable[..., None]], Callable[..., None]] = pytest.mark.parametrize("check", parameters)
    return mark


def _of_distribution(name: str) -> tuple[list[Case], list[str]]:
    """The cases of a distribution, and its faults."""
    from porenet.testing.casebook import casebook  # looks up what is installed, which no law needs

    book: Any = casebook(name)
    return [case for _, case in book.cases], [str(fault) for fault in book.faults]


def _failing(fault: str) -> Callable[[], None]:
    def check() -> None:
        raise LawBroken(fault)

    return check
