"""The published S-value: to 1e-12 of its formula, with its defects, and with an answer for every sample."""

import warnings
from fractions import Fraction
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from porenet_similarity.scores.s_value import ATTAINABLE, s_value
from scipy.stats import ks_2samp

from porenet.interface import InputError, Undefined

NOT_PERCOLATING = Undefined("does not percolate")
# Sums of these are exact in floating point, so that two ways to a mean agree to the last bit.
exact = st.integers(-4000, 4000).map(lambda k: k / 64)
samples = st.lists(exact, min_size=1, max_size=40)


def published(reference, generated) -> float:
    """The formula of the docstring, from scipy and numpy."""
    a, b = np.asarray(reference), np.asarray(generated)
    pooled = np.concatenate([a, b])
    extent = pooled.max() - pooled.min()
    f_mu = abs(a.mean() - b.mean()) / extent if extent else 0.0
    d = abs(a.std(ddof=0) - b.std(ddof=0))
    with warnings.catch_warnings(action="ignore"):  # about the p-value, which is not used
        ks = ks_2samp(a, b).statistic
    return 1 - (f_mu + d / (1 + d) + ks / (1 + ks)) / 3


def normal_sample(n: int, mean: float = 0.0, std: float = 1.0) -> np.ndarray:
    """The n quantiles in the middle of n equal shares: a normal sample without luck."""
    return np.array([NormalDist(mean, std).inv_cdf((i + 0.5) / n) for i in range(n)])


def test_worked_by_hand():
    # Means 2 and 3, range 3: 1/3. Equal spreads: 0. The functions part by 1/3: (1/3)/(4/3) = 1/4.
    found = s_value([1.0, 2.0, 3.0], [2.0, 3.0, 4.0])
    assert found.value == pytest.approx(29 / 36, abs=1e-15)
    assert found.components == pytest.approx({"f_mu": 1 / 3, "f_sigma": 0, "f_KS": 1 / 4}, abs=1e-15)
    assert (found.n_valid, found.n_total) == (6, 6)


def test_worked_by_hand_with_unequal_spreads():
    # Means 1 and 2, range 4: 1/4. Spreads 1 and 2: 1/2. At 2 the functions are 1 and 1/2: (1/2)/(3/2) = 1/3.
    found = s_value([0.0, 2.0], [0.0, 0.0, 4.0, 4.0])
    assert found.value == pytest.approx(23 / 36, abs=1e-15)
    assert found.components == pytest.approx({"f_mu": 1 / 4, "f_sigma": 1 / 2, "f_KS": 1 / 3}, abs=1e-15)


@given(samples, samples)
def test_equals_the_published_formula(reference, generated):
    assert s_value(reference, generated).value == pytest.approx(published(reference, generated), abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_equals_the_published_formula_on_measured_like_values(seed):
    rng = np.random.default_rng(seed)
    reference, generated = rng.gamma(9, 0.3, size=50), rng.gamma(7, 0.35, size=47)
    assert s_value(reference, generated).value == pytest.approx(published(reference, generated), abs=1e-12)


@given(samples, st.integers(0, 5), st.integers(0, 5))
def test_undefined_values_are_dropped_and_counted(values, undefined, nan):
    generated = [*values, *[NOT_PERCOLATING] * undefined, *[float("nan")] * nan]
    found, without = s_value([0.0, 1.0], generated), s_value([0.0, 1.0], values)
    assert (found.value, found.components) == (without.value, without.components)
    assert (found.n_valid, found.n_total) == (2 + len(values), 2 + len(generated))


@given(*[st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8)] * 2)
def test_every_finite_sample_has_a_score_in_the_attainable_range(reference, generated):
    found = s_value(reference, generated)
    assert ATTAINABLE[0] <= found.value <= ATTAINABLE[1]
    assert all(0 <= part <= 1 for part in found.components.values())


def test_the_attainable_range_is_reached():
    # The means lie a 999/1000 of the range apart, the spreads 3e10 and the samples do not overlap.
    far = s_value([0.0], [1e-6, *[1e12] * 999])
    assert far.value == pytest.approx(1 / 6, abs=1e-3)
    assert s_value([0.3, 0.5], [0.5, 0.3]).value == 1.0


@pytest.mark.parametrize(
    ("reference", "generated", "reason"),
    [
        ([], [1.0], "the reference sample is empty"),
        ([1.0], [], "the generated sample is empty"),
        ([1.0], [NOT_PERCOLATING, float("nan")], "none of the 2 generated values is defined"),
        ([NOT_PERCOLATING], [NOT_PERCOLATING], "none of the 1 reference values is defined"),
    ],
)
def test_without_a_defined_value_there_is_no_score(reference, generated, reason):
    found = s_value(reference, generated)
    assert (found.value, found.components) == (Undefined(reason), {})
    assert found.n_total == len(reference) + len(generated)


@pytest.mark.parametrize(
    ("reference", "generated", "value"),
    [
        ([0.1] * 7, [0.1] * 31, 1.0),  # 7 and 31 times 0.1 round differently; the spreads are exactly 0 nevertheless
        ([2.0], [2.0], 1.0),
        ([2.0], [3.0], 0.5),  # f_mu 1, f_sigma 0, f_KS 1/2
        ([0, 2], [Fraction(0), np.float32(2)], 1.0),
    ],
)
def test_constant_samples_and_samples_of_one(reference, generated, value):
    assert s_value(reference, generated).value == value


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (
            [1.0, float("inf")],
            "generated: value 1 is infinite. Give what has no finite value as Undefined, with the reason.",
        ),
        ([-np.inf], "generated: value 0 is infinite. Give what has no finite value as Undefined, with the reason."),
        ([10**400], "generated: value 0 is infinite. Give what has no finite value as Undefined, with the reason."),
        ([1.0, "2.0"], "generated: value 1 is '2.0'; a number or Undefined was expected"),
        ([True], "generated: value 0 is True; a number or Undefined was expected"),
        ([None], "generated: value 0 is None; a number or Undefined was expected"),
        ([1j], "generated: value 0 is 1j; a number or Undefined was expected"),
    ],
)
def test_what_is_no_finite_number_is_refused(sample, message):
    with pytest.raises(InputError) as error:
        s_value([1.0], sample)
    assert str(error.value) == message
    with pytest.raises(InputError, match=r"^reference: "):
        s_value(sample, [1.0])


# What the published form cannot see. These tests document it; `s_value_scaled` answers each.


def test_the_unit_decides():
    reference, generated = normal_sample(50, 2.0, 0.4), normal_sample(50, 2.2, 0.2)  # um^-2
    small, own, large = (s_value(reference * unit, generated * unit).value for unit in (0.1, 1.0, 10.0))
    assert small > 0.85 > own > 0.70 > large  # OK, Marginal and Fail of one pair of samples
    assert (small, own, large) == pytest.approx((0.87, 0.82, 0.65), abs=0.01)


def test_a_sample_collapsed_to_one_value_is_ok():
    reference = normal_sample(50, 0.5, 0.1)
    collapsed = s_value(reference, [0.5] * 50)
    assert collapsed.components["f_KS"] == pytest.approx(1 / 3)
    assert 0.84 <= collapsed.value <= 0.87


def test_a_sample_of_which_47_in_50_are_undefined_is_ok():
    reference, rng = normal_sample(50, 0.5, 0.1), np.random.default_rng(47)
    found = [s_value(reference, [*rng.normal(0.5, 0.1, size=3), *[NOT_PERCOLATING] * 47]) for _ in range(200)]
    assert {(one.n_valid, one.n_total) for one in found} == {(53, 100)}
    assert np.mean([one.value for one in found]) == pytest.approx(0.86, abs=0.01)


def test_disjoint_constants_score_one_half():
    assert s_value([0.0] * 50, [1e9] * 50).value == 0.5


@pytest.mark.parametrize(("n", "mean"), [(6, 0.855), (50, 0.944)])
def test_two_samples_of_one_distribution_score_less_the_smaller_they_are(n, mean):
    rng = np.random.default_rng(n)
    values = [s_value(*rng.normal(0.3, 0.01, size=(2, n))).value for _ in range(400)]
    # The spread of one score is 0.055 at n = 6 and 0.02 at n = 50: the mean of 400 is good to 0.003 and 0.001.
    assert np.mean(values) == pytest.approx(mean, abs=0.009)
