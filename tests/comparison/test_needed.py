"""How many structures would decide."""

import math

import pytest

from porenet.comparison.decision import Needed
from porenet.comparison.evidence.interval import DistanceInterval, SpreadInterval
from porenet.comparison.judgement.needed import LIMIT, factor_needed, needed


def distance(d, low, high):
    return DistanceInterval(d, low, low, high, 0.1)


def spread(log_ratio, half):
    return SpreadInterval(log_ratio, log_ratio - half, log_ratio + half, log_ratio - half, log_ratio + half)


@pytest.mark.parametrize(
    ("size", "ratio", "factor"),
    [
        (distance(0.1, 0.0, 0.9), None, 4),  # half the width is room enough: four times as many
        (distance(0.1, 0.0, 0.4), spread(0.0, 2 * math.log(1.5)), 4),
        (distance(0.1, 0.0, 0.9), spread(0.0, 3 * math.log(1.5)), 9),  # both must pass
        (distance(0.9, 0.1, 1.4), None, 4),
        (distance(0.9, 0.1, 1.4), spread(0.1, 0.5), 4),  # d alone can fail
        (distance(0.1, 0.0, 0.4), spread(-2 * math.log(1.5), 2 * math.log(1.5)), 4),
        (distance(0.9, 0.1, 1.4), spread(2 * math.log(1.5), 1.5 * math.log(1.5)), 2.25),  # either suffices
        (distance(0.5, 0.1, 1.4), None, math.inf),
        (distance(0.1, 0.0, 0.4), spread(math.log(1.5), 0.1), math.inf),
    ],
)
def test_the_factor(size, ratio, factor):
    assert factor_needed(size, ratio, 0.5, 1.5) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("factor", "sizes", "words"),
    [
        (1.5, (50, 50), Needed(150, 75, "about 150 generated")),
        (2.0, (50, 50), Needed(None, 100, "about 100 real ones too")),  # all generated ones in the world do not do
        (10.0, (50, 300), Needed(None, 860, "about 860 real ones too")),
        (30.0, (50, 50), LIMIT),
        (math.inf, (50, 50), LIMIT),
        (1.0, (50, 50), Needed(51, 50, "about 51 generated")),
        (1.2, (24, 22), Needed(None, 29, "about 29 real ones too")),  # below 29 nothing can match
        (1.99, (50, 50), Needed(None, 100, "about 100 real ones too")),  # 9950 generated ones
    ],
)
def test_the_number(factor, sizes, words):
    assert needed(factor, *sizes) == words
