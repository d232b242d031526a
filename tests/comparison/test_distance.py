"""Distance and spread of two samples: definitions, invariances, and every way to deal the values out."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from porenet.comparison.evidence.interval import effect, hidden_distance
from porenet.comparison.evidence.ruler import mean_difference, ruler, undefined_cost
from porenet.comparison.evidence.steps import Steps

NAN = math.nan


def sample(size, undefined=False):
    numbers = st.floats(-100, 100).map(lambda value: round(value, 3))
    return st.lists(numbers | st.just(NAN) if undefined else numbers, min_size=size, max_size=size).map(np.array)


def by_definition(x, y, scale):
    """Distance by its formula, with scipy's W1."""
    a, b = (scale.clip(part[~np.isnan(part)]) for part in (x, y))
    shares = np.isnan(x).mean(), np.isnan(y).mean()
    w1 = wasserstein_distance(a, b) / scale.scale if a.size and b.size else 0.0
    return undefined_cost(shares[0]) * abs(shares[0] - shares[1]) + (1 - max(shares)) * w1


def gini(values):
    """Mean difference of all pairs, clumsily."""
    pairs = list(itertools.combinations(values, 2))
    return sum(abs(a - b) for a, b in pairs) / len(pairs) if pairs else 0.0


@settings(max_examples=12)
@given(sample(7, undefined=True), sample(5, undefined=True))
def test_the_distance_is_its_formula(x, y):
    scale = ruler(x, y)
    assert Steps(x, y, scale).observed().distance[0] == pytest.approx(by_definition(x, y, scale), abs=1e-9)


@given(sample(6))
def test_the_mean_difference_is_that_of_all_pairs(x):
    assert mean_difference(x) == pytest.approx(gini(x), abs=1e-9)


@settings(max_examples=12)
@given(sample(4, undefined=True), sample(3, undefined=True))
def test_every_way_to_deal_the_values_out_is_the_distance_of_that_deal(x, y):
    pooled, scale = np.concatenate([x, y]), ruler(np.concatenate([x, y]), y)
    deals = list(itertools.combinations(range(7), 4))
    labels = np.array([[index in deal for deal in deals] for index in range(7)])
    contrast = Steps(x, y, scale).permuted(labels)
    floor = scale.floor / scale.scale
    for at, own in enumerate(labels.T):
        parts = pooled[own], pooled[~own]
        assert contrast.distance[at] == pytest.approx(by_definition_at(*parts, scale), abs=1e-9)
        spreads = [max(floor, math.sqrt(math.pi) / 2 * gini(scale.clip(p[~np.isnan(p)])) / scale.scale) for p in parts]
        assert contrast.log_spread[at] == pytest.approx(math.log(spreads[1] / spreads[0]), abs=1e-6)


def by_definition_at(x, y, scale):
    """The cost of an undefined value is the ruler's, whatever the deal."""
    own = undefined_cost(np.isnan(x).mean())
    shares = abs(np.isnan(x).mean() - np.isnan(y).mean())
    return by_definition(x, y, scale) + (scale.cost - own) * shares


@settings(max_examples=12)
@given(sample(5, undefined=True), sample(4, undefined=True), st.data())
def test_counts_are_values_drawn_again(x, y, data):
    drawn = [data.draw(st.lists(st.integers(0, part.size - 1), min_size=4, max_size=6)) for part in (x, y)]
    counts = [np.bincount(d, minlength=part.size)[:, None] * 1.0 for d, part in zip(drawn, (x, y), strict=True)]
    scale = ruler(x, y)
    again = x[drawn[0]], y[drawn[1]]
    assert Steps(x, y, scale).resampled(*counts).distance[0] == pytest.approx(by_definition_at(*again, scale), abs=1e-9)


@given(st.integers(0, 2**32 - 1), st.floats(0.001, 1000), st.booleans(), st.floats(-1, 1))
def test_units_and_zero_points_change_nothing(seed, factor, mirrored, offset):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=20), rng.normal(0.5, 2, size=15)
    by = -factor if mirrored else factor
    plain, scaled = (
        Steps(a, b, ruler(a, b)).observed() for a, b in ((x, y), (by * x + offset * factor, by * y + offset * factor))
    )
    assert scaled.distance[0] == pytest.approx(plain.distance[0], rel=1e-12, abs=1e-12)
    assert scaled.log_spread[0] == pytest.approx(plain.log_spread[0], abs=1e-12)


def test_the_floor_keeps_a_hardly_varying_quantity_at_one_percent():
    x = np.full(50, 200.0) + np.linspace(-1e-6, 1e-6, 50)
    assert ruler(x, x).scale == pytest.approx(2.0)  # 1 % of 200, times a factor when the unit changes
    assert ruler(1e3 * x, x).scale == pytest.approx(2000.0)
    assert ruler(x, x, resolution=5.0).scale == 5.0


@pytest.mark.parametrize(
    ("x", "y", "distance"),
    [
        (np.ones(50), np.r_[np.ones(45), np.zeros(5)], 0.5),  # a zero among ones counts 5
        (np.zeros(10), np.r_[np.zeros(9), 1.0], 0.5),  # a reference of zeros: the scale is 1 % of what is not 0
        (np.zeros(10), np.zeros(10), 0.0),
        (np.full(10, NAN), np.full(10, NAN), 0.0),
        (np.full(10, NAN), np.ones(10), 5.0),
        (np.ones(10), np.r_[np.ones(9), NAN], 0.5),
        (np.r_[np.ones(8), NAN, NAN], np.r_[np.ones(9), NAN], 0.1 / (math.sqrt(math.pi) * 0.16)),
        (np.r_[np.zeros(5), np.ones(5)], np.r_[np.zeros(4), np.ones(5), 1e9], 0.1 * (5 + 2) / 1),
    ],
)
def test_known_distances(x, y, distance):
    scale = ruler(x, y)
    measured = Steps(x, y, scale).observed().distance[0]
    if y.max(initial=0) == 1e9:  # one value moved from 0 to the clip
        distance = (scale.high - 0) / scale.scale / 10
    assert measured == pytest.approx(distance, abs=1e-9)


def test_an_infinite_value_weighs_as_an_outlier():
    x, y = np.linspace(0, 1, 20), np.linspace(0, 1, 20)
    far, infinite = (Steps(x, np.r_[y[:-1], value], ruler(x, y)).observed() for value in (1e12, math.inf))
    assert far.distance[0] == infinite.distance[0]


def ones_counts(n, m):
    return np.ones((n, 3)), np.ones((m, 3))


def test_failures_that_were_not_seen_keep_the_upper_end_up():
    ones, labels = np.ones(28), np.random.default_rng(0).permuted(np.arange(56)[:, None] < 28, axis=0)
    assert effect(ones, ones, ones_counts(28, 28), labels, 28).distance.high == pytest.approx(0.507, abs=5e-4)
    # A tenth of unseen failures counts 0.5: 29 blocks would have shown one of them with 95 %.
    assert 0.9**29 < 0.05 < 0.9**28
    assert hidden_distance(29) < 0.5 < hidden_distance(28)
    assert hidden_distance(0) == 5


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (np.r_[np.ones(5), np.arange(2.0, 15)], "28% of the reference values are 1"),
        (np.r_[7.0, np.full(9, NAN)], "fewer than two defined values in the reference"),
        (np.r_[np.ones(2), np.arange(2.0, 15)], ""),
    ],
)
def test_a_share_has_no_spread_ratio_and_the_generated_sample_does_not_switch_it(reference, reason):
    n = reference.size
    labels = np.random.default_rng(0).permuted(np.arange(2 * n)[:, None] < n, axis=0)
    size = effect(reference, np.full(n, 3.0), ones_counts(n, n), labels, n)
    assert size.spread_reason == reason
    assert (size.spread is None) == bool(reason)


def test_a_generated_sample_of_one_defined_value_has_no_spread_ratio():
    labels = np.random.default_rng(0).permuted(np.arange(20)[:, None] < 10, axis=0)
    size = effect(np.arange(10.0), np.r_[3.0, np.full(9, NAN)], ones_counts(10, 10), labels, 10)
    assert (size.spread, size.spread_reason) == (None, "fewer than two defined values in the generated sample")
