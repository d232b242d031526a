"""OK, Marginal, Fail, or withheld with the reason."""

import pytest

from porenet.comparison import Verdict, verdict
from porenet.interface import Undefined


@pytest.mark.parametrize(
    ("value", "label"),
    [(1.0, "OK"), (0.85, "OK"), (0.8499, "Marginal"), (0.70, "Marginal"), (0.6999, "Fail"), (0.0, "Fail")],
)
def test_limits(value, label):
    assert verdict(value, 20) == Verdict(label)
    assert verdict(value, 20, n_valid=20, ceiling=0.95) == Verdict(label)


@pytest.mark.parametrize(
    ("value", "options", "reason"),
    [
        (0.99, {"n": 19}, "19 independent structures; a verdict needs 20"),
        (0.1, {"n": 19}, "19 independent structures; a verdict needs 20"),
        (Undefined("the generated sample is empty"), {"n": 0}, "the generated sample is empty"),
        (0.88, {"n": 50, "n_valid": 3}, "3 of 50 values are defined; a verdict needs 20"),
        (0.75, {"n": 50, "n_valid": 3}, "3 of 50 values are defined; a verdict needs 20"),
        (
            0.80,
            {"n": 20, "ceiling": 0.8149},
            "training structures among themselves score 0.81 at this size, below 0.85",
        ),
        (
            0.60,
            {"n": 20, "ceiling": 0.65},
            "training structures among themselves score 0.65 at this size, below 0.70",
        ),
    ],
)
def test_withheld_with_the_reason(value, options, reason):
    assert verdict(value, **options) == Verdict("withheld", reason)


def test_few_defined_values_can_earn_a_fail():
    assert verdict(0.04, 50, n_valid=3) == Verdict("Fail")


def test_a_low_ceiling_excuses_neither_a_fail_nor_withholds_an_ok():
    assert verdict(0.40, 20, ceiling=0.81) == Verdict("Fail")
    assert verdict(0.90, 20, ceiling=0.81) == Verdict("OK")
