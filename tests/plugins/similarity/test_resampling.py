"""Intervals that cover, ceilings that are what a perfect generator scores, blocks that stay together."""

import functools
import math
import re
from statistics import NormalDist

import numpy as np
import pytest
from porenet_similarity.scores.s_value import s_value
from porenet_similarity.scores.s_value_scaled import s_value_scaled

from porenet.comparison import Ceiling, Interval, ceiling, draws, interval, resampling
from porenet.errors import InputError
from porenet.interface import Similarity, Undefined
from porenet.measurement import origin_blocks

SCORES = (s_value, s_value_scaled)


def mean_gap(reference, generated, *, times: float = 1.0):
    """1 less the distance of the means, which is easily worked out by hand."""
    value = 1 - times * abs(np.mean(reference) - np.mean(generated))
    total = len(reference) + len(generated)
    return Similarity(float(value), {}, total, total, (-9.0, 1.0))


def seen(score, *, reference_blocks, **options):
    """The resamples of the reference that a score is shown."""
    shown = []

    def watching(reference, generated):
        shown.append(sorted(reference))
        return score(reference, generated)

    interval(watching, options.pop("reference"), [0.5, 0.6], reference_blocks=reference_blocks, **options)
    return shown[1:]  # the first is the sample itself


# The interval.


def test_worked_by_hand():
    # Two values 0 and 1 against a constant 0: the resampled means are 0, 1/2, 1 with shares 1/4, 1/2, 1/4. The scores
    # 1, 1/2, 0 average 1/2, which is the score: no bias, and the quantiles of a level of 0.9 are the extremes.
    found = interval(mean_gap, [0.0, 1.0], [0.0, 0.0], level=0.9, n_boot=4000)
    assert (found.low, found.high, found.resamples) == pytest.approx((0, 1, 4000), abs=0.02)
    assert found.bias == pytest.approx(0, abs=0.02)


def test_the_bias_is_taken_out():
    # Against itself a sample scores 1 and resamples of it score less: the naive interval lies below the score.
    rng = np.random.default_rng(3)
    reference, generated = rng.normal(size=(2, 50)).tolist()
    for score in SCORES:
        found = interval(score, reference, generated)
        assert -0.08 < found.bias < -0.01
        assert found.low < score(reference, generated).value < found.high <= 1


@pytest.mark.parametrize("score", SCORES)
def test_the_fast_path_gives_what_the_slow_one_gives(score):
    rng = np.random.default_rng(4)
    reference = [*rng.normal(size=11).tolist(), Undefined("no"), math.nan]
    generated = rng.normal(0.5, size=9).tolist()
    options = {"n_boot": 60, "seed": 8, "reference_blocks": [i // 2 for i in range(13)]}
    fast = interval(score, reference, generated, **options)
    slow = interval(lambda a, b: score(a, b), reference, generated, **options)
    assert (fast.low, fast.high, fast.bias) == pytest.approx((slow.low, slow.high, slow.bias), abs=1e-12)
    fast = ceiling(score, reference, 20, n_boot=60, blocks=options["reference_blocks"])
    slow = ceiling(lambda a, b: score(a, b), reference, 20, n_boot=60, blocks=options["reference_blocks"])
    assert (fast.value, fast.low, fast.high) == pytest.approx((slow.value, slow.low, slow.high), abs=1e-12)


def test_bound_parameters_reach_both_paths():
    def score(reference, generated, *, times: float = 1.0):
        return mean_gap(reference, generated, times=times)

    def resampled(reference, generated, reference_counts, generated_counts, *, times: float = 1.0):
        means = [
            counts @ values / counts.sum(axis=1)
            for values, counts in ((reference, reference_counts), (generated, generated_counts))
        ]
        return 1 - times * np.abs(means[0] - means[1])

    reference, generated = [0.0, 0.2, 0.9], [0.4, 0.5]
    slow = interval(functools.partial(mean_gap, times=3.0), reference, generated, n_boot=50)
    score.resampled = resampled
    bound = functools.partial(functools.partial(score, times=7.0), times=3.0)
    fast = interval(bound, reference, generated, n_boot=50)
    assert (fast.low, fast.high) == pytest.approx((slow.low, slow.high), abs=1e-12)
    assert fast.low != interval(score, reference, generated, n_boot=50).low


def test_a_seed_settles_the_result():
    reference, generated = [0.1, 0.5, 0.7, 0.2], [0.3, 0.4, 0.9]
    first, again, other = (interval(s_value, reference, generated, n_boot=50, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_large_samples_are_resampled_in_batches(monkeypatch):
    monkeypatch.setattr(draws, "ELEMENTS", 70)
    found = interval(s_value, [0.1, 0.5, 0.7, 0.2], [0.3, 0.4, 0.9], n_boot=95)
    assert found.resamples == 95
    assert ceiling(s_value, [0.1, 0.5, 0.7, 0.2], n_boot=95).resamples == 95


def test_a_score_cannot_change_the_draws_of_the_next_one():
    def greedy(reference, generated, reference_counts, generated_counts):
        reference_counts += 1
        return np.zeros(len(reference_counts))

    def score(reference, generated):
        return s_value(reference, generated)

    samples = [0.1, 0.5, 0.7, 0.2], [0.3, 0.4, 0.9]
    before = interval(s_value, *samples, n_boot=95)
    score.resampled = greedy
    with pytest.raises(ValueError, match="read-only"):
        interval(score, *samples, n_boot=95)
    assert interval(s_value, *samples, n_boot=95) == before


@pytest.mark.parametrize(
    ("reference", "generated", "reason"),
    [
        ([], [1.0], "the reference sample is empty"),
        ([1.0, 2.0], [math.nan], "none of the 1 generated values is defined"),
        ([1.0], [1.0, 2.0], "the reference sample is a single independent block: nothing to resample"),
        ([1.0, 2.0], [1.0], "the generated sample is a single independent block: nothing to resample"),
    ],
)
def test_where_nothing_can_be_resampled_there_is_no_interval(reference, generated, reason):
    assert interval(s_value, reference, generated) == Undefined(reason)


def test_where_a_tenth_of_the_resamples_has_no_score_there_is_no_interval():
    found = interval(s_value, [1.0, 2.0], [1.0, *[math.nan] * 3])
    missed = re.fullmatch(r"the score is undefined for (\d+) of 2000 resamples", found.reason)
    # One value of four is missed by (3/4)^4 = 32 % of the resamples, 633 with a standard error of 21.
    assert int(missed[1]) == pytest.approx(633, abs=85)
    # Three of seven are missed by (4/7)^7 = 2 %.
    found = interval(s_value, [1.0, 2.0], [1.0, 2.0, 3.0, *[math.nan] * 4])
    assert found.resamples == pytest.approx(1960, abs=25)


def test_constant_samples_have_an_interval_of_no_width():
    assert interval(s_value, [0.1] * 5, [0.1] * 7) == Interval(1.0, 1.0, 0.0, 2000)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 1.0}, "level: a number above 0 and below 1 was expected, not 1.0"),
        ({"level": 0}, "level: a number above 0 and below 1 was expected, not 0"),
        ({"n_boot": 0}, "n_boot: at least 1 was expected, not 0"),
        ({"reference_blocks": ["a"]}, "reference_blocks: 2 blocks were expected, one per value, not 1"),
        ({"generated_blocks": "abc"}, "generated_blocks: 2 blocks were expected, one per value, not 3"),
    ],
)
def test_wrong_arguments_of_an_interval(options, message):
    with pytest.raises(InputError) as error:
        interval(s_value, [1.0, 2.0], [1.0, 2.0], **options)
    assert str(error.value) == message


# Blocks.


def test_structures_of_one_block_are_drawn_together():
    values = [0.0, 1.0, 2.0, 3.0, 4.0]
    shown = seen(mean_gap, reference=values, reference_blocks=["a", "b", "a", "b", "b"], n_boot=40)
    # Two blocks are drawn: a twice, b twice or each once.
    allowed = [[0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 3.0, 4.0, 4.0], values]
    assert len(shown) == 40
    assert all(one in allowed for one in shown)
    assert all(one in shown for one in allowed)


def test_copies_of_a_structure_do_not_narrow_the_interval():
    rng = np.random.default_rng(5)
    once, generated = rng.normal(size=12).tolist(), [5.0, 5.0]  # far off, so that the gap is linear in the mean
    tenfold = once * 10
    widths = [
        one.high - one.low
        for one in (
            interval(mean_gap, once, generated, n_boot=400),
            interval(mean_gap, tenfold, generated, n_boot=400, reference_blocks=list(range(12)) * 10),
            interval(mean_gap, tenfold, generated, n_boot=400),
        )
    ]
    assert widths[1] == pytest.approx(widths[0], rel=0.15)
    assert widths[2] == pytest.approx(widths[0] / math.sqrt(10), rel=0.15)


def test_blocks_tile_each_source():
    corners = [("a", (0, 0, 0)), ("a", (7, 7, 7)), ("a", (8, 0, 0)), ("b", (0, 0, 0)), ("a", (0, 15, 3))]
    origins = [{"source": source, "corner": list(corner)} for source, corner in corners]
    blocks = origin_blocks([*origins, None, None], (8, 8, 8))
    assert blocks[0] == blocks[1]
    assert len(set(blocks)) == 6


# The ceiling.


def test_a_ceiling_worked_by_hand():
    # Halves of {0, 1} are 0 and 1: the gap of their means is always 1. Two single draws differ in half of all cases:
    # 1/2. Two resamples of two have the gap 0, 1/2, 1 in 6, 8, 2 of 16 cases: 3/8 on average. So 1 - 3/8 * 1/(1/2).
    found = ceiling(mean_gap, [0.0, 1.0], n_boot=8000)
    assert found.value == pytest.approx(1 / 4, abs=0.03)


@pytest.mark.parametrize(("score", "error"), [(s_value, 0.006), (s_value_scaled, 0.012)])
def test_the_ceiling_is_what_two_independent_samples_score(score, error):
    rng = np.random.default_rng(6)
    for draw in (lambda n: rng.normal(0, 0.3, size=n), lambda n: rng.exponential(0.3, size=n)):
        truth = np.mean([score(draw(50), draw(50)).value for _ in range(800)])
        found = [ceiling(score, draw(50), n_boot=300, seed=seed).value for seed in range(60)]
        assert np.mean(found) == pytest.approx(truth, abs=error)


def test_halves_read_low_and_the_ceiling_does_not():
    rng = np.random.default_rng(7)
    reference = rng.normal(0, 0.01, size=50)
    halves = []
    for _ in range(200):
        shuffled = rng.permutation(reference)
        halves.append(s_value(shuffled[:25], shuffled[25:]).value)
    assert ceiling(s_value, reference).value - np.mean(halves) == pytest.approx(0.02, abs=0.006)


def test_a_larger_generated_sample_has_a_higher_ceiling():
    reference = np.random.default_rng(8).normal(size=50)
    few, same, many = (ceiling(s_value_scaled, reference, n).value for n in (20, None, 500))
    assert few < same < many < 1


def test_ceiling_of_a_constant_sample():
    assert ceiling(s_value, [0.3] * 10) == Ceiling(1.0, 1.0, 1.0, 2000)


@pytest.mark.parametrize(
    ("reference", "options", "reason"),
    [
        ([], {}, "the reference sample is empty"),
        ([math.nan], {}, "none of the 1 reference values is defined"),
        ([1.0], {}, "the reference sample is a single independent block: nothing to resample"),
        ([1.0, 2.0], {"blocks": ["a", "a"]}, "the reference sample is a single independent block: nothing to resample"),
        ([1.0, *[math.nan] * 5], {}, "the score is undefined for"),
    ],
)
def test_where_there_is_nothing_to_resample_there_is_no_ceiling(reference, options, reason):
    found = ceiling(s_value, reference, **options)
    assert isinstance(found, Undefined)
    assert found.reason.startswith(reason)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_generated": 0}, "n_generated: at least 1 was expected, not 0"),
        ({"blocks": [1]}, "blocks: 3 blocks were expected, one per value, not 1"),
        ({"level": 2}, "level: a number above 0 and below 1 was expected, not 2"),
    ],
)
def test_wrong_arguments_of_a_ceiling(options, message):
    with pytest.raises(InputError) as error:
        ceiling(s_value, [1.0, 2.0, 4.0], **options)
    assert str(error.value) == message


# What the docstrings and docs/s-values.md state.

DRAWS = {
    "the same": lambda rng, n: (rng.normal(0, 0.3, n), rng.normal(0, 0.3, n)),
    "shifted": lambda rng, n: (rng.normal(0, 0.3, n), rng.normal(0.15, 0.3, n)),
    "far": lambda rng, n: (rng.normal(0, 0.3, n), rng.normal(0.6, 0.3, n)),
    "narrow": lambda rng, n: (rng.normal(0, 0.3, n), rng.normal(0, 0.15, n)),
    "skewed": lambda rng, n: (rng.exponential(0.3, n), rng.normal(0.3, 0.3, n)),
    "undefined": lambda rng, n: (rng.normal(0, 0.3, n), np.where(rng.random(n) < 0.3, np.nan, rng.normal(0, 0.3, n))),
}


def bc_interval(values, score):
    """Efron's bias-corrected percentile interval, level 0.95, which is not shipped."""
    normal = NormalDist()
    below = np.clip(np.mean(values < score), 1 / values.size, 1 - 1 / values.size)
    return np.quantile(values, [normal.cdf(2 * normal.inv_cdf(below) + z) for z in (-1.96, 1.96)])


@pytest.mark.slow
@pytest.mark.parametrize("n", [20, 50])
@pytest.mark.parametrize("score", SCORES)
def test_coverage(score, n, monkeypatch):
    """The shipped interval covers the expected score; Efron's, from the very same resamples, does not near the top."""
    resamples = []
    collected = resampling._scores
    monkeypatch.setattr(resampling, "_scores", lambda *given: resamples.append(collected(*given)) or resamples[-1])
    rng = np.random.default_rng(n)
    for name, draw in DRAWS.items():
        expected = np.nanmean([score(*draw(rng, n)).value for _ in range(1500)])
        covered, covered_bc = [], []
        for _ in range(300):
            reference, generated = draw(rng, n)
            found = interval(score, reference, generated, n_boot=600, seed=int(rng.integers(2**31)))
            covered.append(found.low <= expected <= found.high)
            low, high = bc_interval(resamples.pop(), score(reference, generated).value)
            covered_bc.append(low <= expected <= high)
        # The standard error of a coverage of 0.93 from 300 intervals is 0.015.
        assert 0.87 <= np.mean(covered) <= 1, name
        if name == "the same":
            assert np.mean(covered_bc) < 0.82


@pytest.mark.slow
@pytest.mark.parametrize(("n", "m"), [(50, 50), (20, 20), (50, 200), (50, 20)])
@pytest.mark.parametrize("score", SCORES)
def test_ceilings_and_their_ranges(score, n, m):
    rng = np.random.default_rng(n + m)
    draws = {
        "normal": lambda n: rng.normal(0, 0.3, size=n),
        "exponential": lambda n: rng.exponential(0.3, size=n),
        "uniform": lambda n: rng.random(n),
        "two humps": lambda n: rng.normal(0, 0.1, size=n) + (rng.random(n) < 0.3),
        "undefined": lambda n: np.where(rng.random(n) < 0.2, np.nan, rng.normal(0, 0.3, size=n)),
    }
    for name, draw in draws.items():
        scores = np.array([score(draw(n), draw(m)).value for _ in range(2000)])
        found = [ceiling(score, draw(n), m, n_boot=400, seed=seed) for seed in range(60)]
        assert np.mean([one.value for one in found]) == pytest.approx(scores.mean(), abs=0.012), name
        inside = np.mean([np.mean((one.low <= scores) & (scores <= one.high)) for one in found])
        assert inside == pytest.approx(0.95, abs=0.03), name
