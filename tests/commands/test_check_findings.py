"""Failures folded: which law stands first, and what is said once."""

from dataclasses import dataclass

import pytest

from porenet.commands.check_findings import GROUNDS, Finding, failures


@dataclass(frozen=True)
class Setting:
    name: str


COMPONENT, OTHER = Setting("component"), Setting("other")
CASE = Setting("case")


def finding(law, words="", result="broken", component=COMPONENT, case=CASE):
    return Finding(component, case, law, f"statement of {law}", result, words)


def folded(*findings):
    return [(failure.finding.law, failure.follows, failure.cases) for failure in failures(findings)]


def test_what_holds_or_deviates_is_no_failure():
    assert folded(finding("a", result="holds"), finding("b", "on purpose", result="deviates")) == []


def test_a_law_on_which_others_build_takes_them_all():
    broken = [finding("gradient", "x"), finding("inputs_are_untouched", "y"), finding("units", "z", result="crashes")]
    assert folded(*broken) == [("inputs_are_untouched", ("gradient", "units"), ())]


@pytest.mark.parametrize("number", range(len(GROUNDS) - 1))
def test_of_several_grounds_the_first_cause_stands_first(number):
    first, second = GROUNDS[number : number + 2]
    assert folded(finding(second), finding(first)) == [(first, (second,), ())]


def test_the_same_words_with_other_numbers_are_one_failure():
    broken = [
        finding("a", "gives [0.5, -1e-3], and nan"), finding("b", "is zero"), finding("c", "gives [2.25, 3e4], and 7"),
    ]  # fmt: skip
    assert folded(*broken) == [("a", ("c",), ()), ("b", (), ())]


def test_a_crash_in_the_words_of_a_broken_law_is_another_failure():
    assert folded(finding("a", "x"), finding("b", "x", result="crashes")) == [("a", (), ()), ("b", (), ())]


def test_the_same_failure_of_several_cases_is_said_once():
    more, differing = Setting("more"), Setting("differing")
    broken = [
        finding("a", "gives 1"), finding("a", "gives 2", case=more), finding("b", "gives 2", case=differing),
        finding("a", "gives 1", component=OTHER, case=Setting("of other")),
    ]  # fmt: skip
    assert folded(*broken) == [("a", (), (more,)), ("b", (), ()), ("a", (), ())]
