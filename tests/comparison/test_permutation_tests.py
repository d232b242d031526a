"""Permutation p values are exact: against every deal, scipy, and hand-made cases."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import energy_distance, permutation_test, wasserstein_distance

from porenet.comparison.evidence.joint import (
    correlation_changes,
    energies,
    joint_test,
    normal_scores,
    whitened,
)
from porenet.comparison.evidence.permutations import combined, holm, number_of_permutations, upper_ranks
from porenet.comparison.evidence.quantity_test import quantity_test
from porenet.comparison.evidence.ruler import ruler
from porenet.comparison.evidence.steps import Steps
from porenet.comparison.evidence.structures import DRAWS, Blocks
from porenet.comparison.evidence.vectors import Vectors, vectors

RNG = np.random.default_rng(3)


def deals(n, m):
    """``(n + m, D)``: the labels as observed, then all of them."""
    places = list(itertools.combinations(range(n + m), n))
    return np.array([[index in deal for deal in places] for index in range(n + m)])


@settings(max_examples=12)
@given(st.integers(0, 2**32 - 1))
def test_the_p_value_of_the_distance_is_that_of_scipy(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 6, 4) / 2, rng.integers(1, 8, 3) / 2
    pooled = np.concatenate([x, y])
    scale = ruler(pooled, pooled)
    mine = upper_ranks(Steps(pooled, pooled[:0], scale).permuted(deals(4, 3)).distance)[0]
    oracle = permutation_test(
        (x, y), lambda a, b: round(wasserstein_distance(a, b), 9), alternative="greater", n_resamples=np.inf
    )
    assert mine == pytest.approx(oracle.pvalue)


@given(st.lists(st.integers(0, 5), min_size=6, max_size=6), st.integers(0, 2**32 - 1))
def test_no_level_is_passed_more_often_than_its_share(values, seed):
    """Each deal taken for the observed: at most a share q of them has a p value up to q."""
    statistics = np.random.default_rng(seed).normal(size=(2, 20)).round(1)
    pooled = np.array(values) * 1.0
    contrast = Steps(pooled, pooled[:0], ruler(pooled, pooled)).permuted(deals(3, 3))
    for p in (
        combined([upper_ranks(row) for row in statistics]),
        combined([upper_ranks(contrast.distance), upper_ranks(np.abs(contrast.log_spread))]),
    ):
        for level in p:
            assert np.mean(p <= level) <= level + 1e-12


def test_ties_are_ties_whatever_the_last_digits():
    assert upper_ranks(np.array([1.0, 1 + 1e-13, 1 - 1e-13, 0.5])).tolist() == [0.75, 0.75, 0.75, 1.0]
    assert upper_ranks(np.zeros(4)).tolist() == [1.0] * 4
    # 49 ones and a zero against 50 ones: all deals are equal, through every statistic.
    column = np.r_[np.ones(49), 0.0, np.ones(50)]
    blocks = Blocks.of(range(50), range(50), 0)
    labels = blocks.permutations(99)
    assert quantity_test(column, np.ones(100, bool), blocks, labels) == 1
    test = joint_test(vectors([column]), blocks.ids, 50, labels, blocks.members())
    assert (test.p, test.energy, test.whitened, test.correlation, test.one_correlation) == (1, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([], []),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.5, 0.6], [1.0, 1.0]),
        ([0.01, 0.01, 0.9], [0.03, 0.03, 0.9]),
    ],
)
def test_holm(p_values, adjusted):
    assert holm(p_values) == pytest.approx(adjusted)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_lowers_and_keeps_the_order(p_values):
    adjusted = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    assert [q for _, q in sorted(zip(p_values, adjusted, strict=True))] == sorted(adjusted)


def test_more_quantities_ask_for_more_permutations():
    assert number_of_permutations(4999, 28) == 4999
    for quantities in (30, 100, 300):  # two ranks share the smallest p, and Holm multiplies it
        assert 2 * quantities / (number_of_permutations(99, quantities) + 1) <= 0.025


# The joint test.


def test_the_energy_is_that_of_scipy_squared():
    rows = RNG.normal(size=(9, 1))
    labels = deals(5, 4).astype(float)
    for at, own in enumerate(labels.T.astype(bool)):
        oracle = energy_distance(rows[own, 0], rows[~own, 0]) ** 2
        assert energies(rows, labels)[at] == pytest.approx(oracle, abs=1e-12)


def test_correlations_are_those_of_numpy():
    rows, labels = RNG.normal(size=(8, 4)), deals(4, 4).astype(float)
    upper = np.triu_indices(4, 1)
    changes = []
    for own in labels.T.astype(bool):
        first, second = (np.corrcoef(rows[part].T)[upper] for part in (own, ~own))
        changes.append((np.arctanh(first) - np.arctanh(second)) ** 2)
    together, largest = correlation_changes(rows, labels)
    assert together == pytest.approx(np.sqrt(np.sum(changes, axis=1)), abs=1e-9)
    standard = (changes - np.mean(changes, axis=0)) / np.std(changes, axis=0)
    assert largest == pytest.approx(np.maximum(0, standard.max(axis=1)), abs=1e-6)


def test_whitened_components_are_uncorrelated_and_leave_out_what_hardly_varies():
    rows = RNG.normal(size=(200, 3)) @ np.diag([3.0, 1.0, 1e-3])
    components = whitened(rows)
    assert components.shape == (200, 2)
    assert np.abs(np.corrcoef(components.T) - np.eye(2)).max() < 1e-9


def test_normal_scores_know_only_ranks():
    column = RNG.normal(size=(30, 1))
    assert np.array_equal(normal_scores(column), normal_scores(np.exp(column)))
    tied = normal_scores(np.array([[1.0], [1.0], [2.0]]))[:, 0]
    assert tied[0] == tied[1] == pytest.approx(-0.4307, abs=1e-4)


def test_a_constant_pair_of_columns_hides_no_other():
    """One failed structure in two columns changes their correlation from 0 to 1 under all labels."""
    failed = np.r_[np.zeros(39), 1.0]
    x = RNG.normal(size=(40, 2))
    x[:20, 1], x[20:, 1] = 0.9 * x[:20, 0] + 0.3 * x[:20, 1], -0.9 * x[20:, 0] + 0.3 * x[20:, 1]
    blocks = Blocks.of(range(20), range(20), 0)
    columns = [failed, failed * 2, x[:, 0], x[:, 1]]
    test = joint_test(vectors(columns), blocks.ids, 20, blocks.permutations(99), blocks.members())
    assert test.one_correlation == 0.01


def test_undefined_values_are_a_column_of_their_own():
    matrix = vectors([np.array([1.0, np.nan, 3.0, 2.0]), np.full(4, 7.0), np.full(4, np.nan)])
    assert matrix.columns.tolist() == [0, 0]
    assert matrix.values[1, 0] == 0
    assert np.flatnonzero(matrix.values[:, 1] == matrix.values[:, 1].max()).tolist() == [1]
    assert Vectors(np.zeros((0, 0)), np.zeros(0, int)).columns.size == vectors([]).columns.size


# Blocks.


def test_blocks_are_drawn_and_dealt_whole():
    blocks = Blocks.of(["a", "a", "b", "c", "c", "c"], ["a", "d", "d"], 5)
    assert blocks.ids.tolist() == [0, 0, 1, 2, 2, 2, 3, 4, 4]  # a block of either sample is its own
    assert blocks.counts == (3, 2)
    assert blocks.counts_of(np.array([True, False, True] + [False] * 5 + [True])) == (2, 1)
    reference, generated = blocks.bootstrap(50)
    assert (reference[0] == reference[1]).all()
    assert (reference[[0, 2, 3]].sum(axis=0) == 3).all()
    assert (generated[[0, 1]].sum(axis=0) == 2).all()
    labels = blocks.permutations(30)
    assert labels.shape == (5, 31)
    assert labels[:, 0].tolist() == [True] * 3 + [False] * 2
    assert (labels.sum(axis=0) == 3).all()


def test_one_structure_per_block_is_drawn():
    blocks = Blocks.of([0, 0, 1], [0, 1, 1], 5)
    draws = list(blocks.members())
    assert len(draws) == DRAWS
    assert all(blocks.ids[members].tolist() == [0, 1, 2, 3] for members in draws)
    assert len({tuple(members) for members in draws}) == 4
    (alone,) = Blocks.of(range(2), range(2), 5).members()
    assert alone.tolist() == [0, 1, 2, 3]
    present = np.array([True, False, True, True, True, False])
    (measured,) = blocks.members(present)
    assert measured.tolist() == [0, 2, 3, 4]


def test_copies_of_one_structure_are_no_evidence():
    """Each value three times: with blocks the p value is that of the values once."""
    x, y = RNG.normal(size=8), RNG.normal(1, 1, size=8)
    once, thrice = np.concatenate([x, y]), np.repeat(np.concatenate([x, y]), 3)
    alone, blocks = Blocks.of(range(8), range(8), 0), Blocks.of(np.repeat(range(8), 3), np.repeat(range(8), 3), 0)
    labels = alone.permutations(199)
    p = quantity_test(once, np.ones(16, bool), alone, labels)
    assert quantity_test(thrice, np.ones(48, bool), blocks, labels) == pytest.approx(p, abs=0.02)
