"""The scaled S-value: knows no unit, and passes neither a collapsed nor a disjoint nor an undefined sample."""

import math
import warnings
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from porenet_similarity.scores.s_value_scaled import s_value_scaled
from scipy.stats import ks_2samp

from porenet.interface import InputError, Undefined

NOT_PERCOLATING = Undefined("does not percolate")
exact = st.integers(-4000, 4000).map(lambda k: k / 64)
samples = st.lists(exact, min_size=1, max_size=40)


def by_the_formula(reference, generated, undefined_reference=0, undefined_generated=0) -> float:
    """The formula of the docstring, from scipy and numpy; samples of defined values, and how many more are not."""
    a, b = np.asarray(reference), np.asarray(generated)
    u = undefined_reference / (undefined_reference + a.size), undefined_generated / (undefined_generated + b.size)
    gap, spread = abs(a.mean() - b.mean()), math.sqrt((a.var() + b.var()) / 2)
    f_mu = gap / (gap + spread) if gap else 0.0
    widest = max(a.std(), b.std())
    f_sigma = abs(a.std() - b.std()) / widest if widest else 0.0
    with warnings.catch_warnings(action="ignore"):  # about the p-value, which is not used
        ks = ks_2samp(a, b).statistic
    return (1 - abs(u[0] - u[1])) * min(1 - (f_mu + f_sigma + ks / (1 + ks)) / 3, 1 - ks / 2)


def normal_sample(n: int, mean: float = 0.0, std: float = 1.0) -> np.ndarray:
    """The n quantiles in the middle of n equal shares: a normal sample without luck."""
    return np.array([NormalDist(mean, std).inv_cdf((i + 0.5) / n) for i in range(n)])


def test_worked_by_hand():
    # Means 0 and 2, both spreads 1: 2/3; equal spreads: 0; the functions part by 1/2 at 0: (1/2)/(3/2) = 1/3.
    found = s_value_scaled([-1.0, 1.0], [1.0, 3.0])
    assert found.components == pytest.approx({"f_mu": 2 / 3, "f_sigma": 0, "f_KS": 1 / 3, "f_undefined": 0}, abs=1e-15)
    assert found.value == pytest.approx(2 / 3, abs=1e-15)
    # A quarter undefined against none: three quarters of it.
    found = s_value_scaled([-1.0, 1.0], [1.0, 3.0] * 3 + [NOT_PERCOLATING, float("nan")])
    assert found.value == pytest.approx(2 / 3 * 3 / 4, abs=1e-15)
    assert found.components["f_undefined"] == 0.25
    assert (found.n_valid, found.n_total) == (8, 10)


@given(samples, samples, st.integers(0, 9), st.integers(0, 9))
def test_equals_its_formula(reference, generated, missing, more_missing):
    found = s_value_scaled([*reference, *[NOT_PERCOLATING] * missing], [*[float("nan")] * more_missing, *generated])
    assert found.value == pytest.approx(by_the_formula(reference, generated, missing, more_missing), abs=1e-12)


@given(samples, samples, st.sampled_from([1e-9, 0.1, 7.0, 1e6, -1.0]), st.sampled_from([0.0, 3.0, -250.0]))
def test_knows_no_unit_and_no_origin(reference, generated, factor, origin):
    here = s_value_scaled(reference, generated)
    there = s_value_scaled([factor * (x + origin) for x in reference], [factor * (x + origin) for x in generated])
    assert there.value == pytest.approx(here.value, abs=1e-9)


@given(samples, samples)
def test_is_symmetric(reference, generated):
    assert s_value_scaled(reference, generated).value == s_value_scaled(generated, reference).value


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8), samples)
def test_every_finite_sample_has_a_score_in_the_attainable_range(reference, generated):
    found = s_value_scaled(reference, generated)
    assert 0 <= found.value <= 1
    assert all(0 <= part <= 1 for part in found.components.values())


# What the published form passes.


@given(samples, exact)
def test_a_collapsed_sample_fails_wherever_it_collapsed(reference, value):
    assume(len(set(reference)) > 1)
    # The spread of one is 0: f_sigma = 1. Were the rest 0, the score were 2/3, below Marginal.
    assert s_value_scaled(reference, [value] * 50).value <= 2 / 3 + 1e-12


def test_a_sample_collapsed_to_the_middle_reads_five_ninths():
    assert s_value_scaled(normal_sample(50), [0.0] * 50).value == pytest.approx(5 / 9, abs=1e-12)


@given(samples, samples)
@example([0.0] * 49 + [-1.0], [0.0] * 49 + [1.0])
def test_disjoint_samples_fail_whatever_their_shape(reference, generated):
    above = [x + max(reference) - min(generated) + 1 / 64 for x in generated]
    assert s_value_scaled(reference, above).value <= 0.5 + 1e-12


def test_the_three_parts_alone_would_pass_disjoint_samples_with_outliers():
    found = s_value_scaled([0.0] * 49 + [-1.0], [1e-9] * 49 + [1.0])
    parts = found.components
    assert 1 - (parts["f_mu"] + parts["f_sigma"] + parts["f_KS"]) / 3 == pytest.approx(0.76, abs=0.005)
    assert found.value == 0.5


def test_undefined_values_count_against_a_sample():
    reference = normal_sample(50, 0.5, 0.1)
    values = [
        s_value_scaled(reference, [*reference[missing:], *[NOT_PERCOLATING] * missing]).value
        for missing in (0, 10, 25, 40, 47)
    ]
    assert values[0] == 1.0
    assert values == sorted(values, reverse=True)
    assert values[-1] <= 3 / 50


@given(samples, samples, st.integers(1, 5))
def test_undefined_values_in_both_samples_cancel(reference, generated, times):
    doubled = [*reference, *[NOT_PERCOLATING] * len(reference) * times]
    both = [*generated, *[NOT_PERCOLATING] * len(generated) * times]
    assert s_value_scaled(doubled, both).value == pytest.approx(s_value_scaled(reference, generated).value, abs=1e-12)


@pytest.mark.parametrize(("n", "mean"), [(20, 0.81), (50, 0.875), (100, 0.907)])
def test_two_samples_of_one_distribution(n, mean):
    rng = np.random.default_rng(n)
    values = [s_value_scaled(*rng.normal(size=(2, n))).value for _ in range(500)]
    # One score spreads by 0.064 at n = 20 and 0.046 at n = 50: the mean of 500 is good to 0.003.
    assert np.mean(values) == pytest.approx(mean, abs=0.01)


@pytest.mark.parametrize(
    ("reference", "generated", "value"),
    [
        ([0.1] * 7, [0.1] * 31, 1.0),
        ([2.0], [2.0], 1.0),
        ([2.0], [3.0], 0.5),
        ([0.0] * 50, [1e-12] * 50, 0.5),
        ([1.0, 2.0], [NOT_PERCOLATING] * 3, 0.0),
        ([NOT_PERCOLATING] * 3, [1.0, 2.0], 0.0),
        ([1.0, NOT_PERCOLATING], [float("nan")], 0.0),
        ([], [1.0], Undefined("the reference sample is empty")),
        ([1.0], [], Undefined("the generated sample is empty")),
        ([NOT_PERCOLATING], [float("nan")], Undefined("no value of either sample is defined")),
    ],
)
def test_constant_undefined_and_empty_samples(reference, generated, value):
    found = s_value_scaled(reference, generated)
    assert found.value == value
    assert found.n_total == len(reference) + len(generated)


def test_of_a_sample_without_defined_values_only_the_undefined_share_is_told():
    assert s_value_scaled([1.0, NOT_PERCOLATING], [NOT_PERCOLATING]).components == {"f_undefined": 0.5}


def test_infinities_are_refused():
    with pytest.raises(InputError, match=r"^generated: value 1 is infinite\. Give what has no finite value as Undef"):
        s_value_scaled([1.0], [1.0, math.inf])
