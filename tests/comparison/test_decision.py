"""Decisions about runs: labels with their grounds, laws, blocks, and what is refused."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porenet.comparison import Needed, Quantity, Sample, compare, decide
from porenet.errors import InputError
from porenet.interface import Undefined
from porenet.measurement import write_table

QUICK = {"n_boot": 100, "n_permutations": 99}


def quantity(name):
    return Quantity("made", name, "{}", "porenet", "um^-1", "[0.1, 0.1, 0.1]", "null")


def samples(prefix="v", blocks=None, **columns):
    """Samples by quantity; NaN for an undefined value."""
    result = {}
    for name, values in columns.items():
        volumes = [f"{prefix}{index:03d}" for index in range(len(values))]
        origins = [None] * len(volumes)
        if blocks is not None:
            origins = [{"source": f"{prefix}{block}", "corner": [0, 0, 0]} for block in blocks]
        cells = [Undefined("no path") if np.isnan(value) else float(value) for value in values]
        result[quantity(name)] = Sample(volumes, cells, origins, [(8, 8, 8)] * len(volumes))
    return result


def normal(seed, size=50, **change):
    return np.random.default_rng(seed).normal(change.get("shift", 0), change.get("sd", 1), size)


def decision(x, y, **options):
    (entry,) = decide(samples(a=x), samples(a=y), **(QUICK | options)).decisions.values()
    return entry


QUANTILES = normal(0, 4000)
QUANTILES = np.quantile((QUANTILES - QUANTILES.mean()) / QUANTILES.std(), (np.arange(50) + 0.5) / 50)


@pytest.mark.parametrize(
    ("x", "y", "label", "reason", "why"),
    [
        (QUANTILES, QUANTILES + 0.01, "OK", "no difference found (p = 1.00)", "location +0.0 sd"),
        (QUANTILES, QUANTILES + 2, "Fail", "off by at least 1.", "location +2."),
        (QUANTILES, QUANTILES * 0.3, "Fail", "varies at most 0.", "varies 0.3 times as much"),
        (QUANTILES, np.zeros(50), "Fail", "varies at most 0.0", "varies 0.0"),
        (QUANTILES, QUANTILES + 0.5, "undecided", "differs (Holm p = 0.0", "location +0."),
        (np.ones(50), np.r_[0.0, np.ones(49)], "OK", "no difference found (p = 1.00)", "0.98 at 1 (real 1.00)"),
        (np.ones(50), np.r_[np.zeros(25), np.ones(25)], "Fail", "off by at least 1.", "0.50 at 1 (real 1.00)"),
        (np.full(50, math.nan), np.full(50, math.nan), "OK", "undefined in both", "undefined in both"),
        (np.ones(50), np.ones(50), "OK", "all values are equal", ""),
        (QUANTILES, np.r_[QUANTILES[::2], np.full(25, math.nan)], "Fail", "off by at least 1.", "defined in 0.50"),
        (QUANTILES[:24], QUANTILES[:24], "undecided", "a match needs 29 independent structures", ""),
        (QUANTILES[:19], QUANTILES + 9, "withheld", "19 independent structures; a verdict needs 20", "location"),
        (np.r_[np.full(141, math.nan), np.ones(19)], np.r_[np.full(141, math.nan), np.ones(19)], "withheld",
         "19 of 160 values are defined; a match needs 20", ""),
        (np.r_[np.full(45, math.nan), np.zeros(5)], np.zeros(50), "Fail", "off by at least", "defined in 1.00"),
    ],
)  # fmt: skip
def test_labels_and_their_grounds(x, y, label, reason, why):
    entry = decision(x, y)
    assert (entry.label, entry.why.startswith(why)) == (label, True), entry
    assert reason in entry.reason
    assert entry.lower <= entry.distance <= entry.upper
    assert (entry.needed is not None) == (label == "undecided")


@pytest.mark.slow
def test_a_small_difference_that_is_proven_is_still_a_match():
    x = np.quantile(QUANTILES, (np.arange(400) + 0.5) / 400)
    entry = decision(x, x + 0.25)
    assert (entry.label, entry.word) == ("OK", "match")
    assert entry.reason.startswith("small difference proven: differs (Holm p = 0.0")


def test_without_a_proof_for_the_run_nothing_fails(monkeypatch):
    monkeypatch.setattr("porenet.comparison.judgement.judge.DOOR", 0.0)
    entry = decision(QUANTILES, QUANTILES + 2)
    assert (entry.label, entry.needed) == ("undecided", None)
    assert "but no difference is proven for the run as a whole" in entry.reason


def test_everything_is_withheld_on_request():
    entry = decision(QUANTILES, QUANTILES + 2, withhold="24 of 48 volumes are training volumes")
    assert (entry.label, entry.reason) == ("withheld", "24 of 48 volumes are training volumes")
    assert entry.lower > 1


def test_the_tolerances_are_the_users():
    assert decision(QUANTILES, QUANTILES + 1, tolerance=2).label == "OK"
    assert decision(QUANTILES, QUANTILES * 0.5).label == "Fail"
    assert decision(QUANTILES, QUANTILES * 0.5, spread=4, tolerance=1).label == "OK"


def test_logarithms_are_compared_where_a_metric_asks_and_all_values_allow_it():
    x, y = np.exp(3 * QUANTILES), np.exp(3 * QUANTILES + 0.3)
    logarithmic = decision(x, y, transform={quantity("a"): "log"})
    assert (logarithmic.transform, logarithmic.label) == ("log", "OK")
    assert logarithmic.distance == pytest.approx(decision(3 * QUANTILES, 3 * QUANTILES + 0.3).distance)
    plain = decision(x, np.r_[0.0, y[1:]], transform={quantity("a"): "log"}, resolution={quantity("a"): 1e6})
    assert (plain.transform, plain.scale) == ("", 1e6)


# Laws.


def mixed(seed, size):
    rng = np.random.default_rng(seed)
    undefined = np.where(rng.random(size) < 0.2, math.nan, rng.normal(size=size))
    return {"a": rng.normal(size=size), "b": (rng.random(size) < 0.9) * 1.0, "c": undefined}


@settings(max_examples=2)
@given(st.randoms(use_true_random=False), st.integers(0, 99))
def test_the_order_of_volumes_changes_nothing(random, seed):
    x, y = samples(**mixed(seed, 30)), samples(**mixed(seed + 100, 25))
    shuffled = []
    for side in (x, y):
        order = random.sample(range(len(side[quantity("a")].values)), len(side[quantity("a")].values))
        fields = "volumes", "values", "origins", "shapes"
        shuffled.append({
            key: Sample(**{name: [getattr(sample, name)[at] for at in order] for name in fields})
            for key, sample in random.sample(list(side.items()), len(side))
        })  # fmt: skip
    assert decide(*shuffled, **QUICK) == decide(x, y, **QUICK)


def test_a_further_quantity_changes_no_interval_and_the_seed_does():
    x, y = mixed(1, 30), mixed(2, 40)
    whole = decide(samples(**x), samples(**y), **QUICK)
    alone = decide(samples(a=x["a"]), samples(a=y["a"]), **QUICK)
    first, second = (verdict.decisions[quantity("a")] for verdict in (whole, alone))
    assert (first.distance, first.lower, first.upper, first.spread) == (
        second.distance, second.lower, second.upper, second.spread
    )  # fmt: skip
    other = decide(samples(a=x["a"]), samples(a=y["a"]), **QUICK, seed=1).decisions[quantity("a")]
    assert (other.upper, other.spread) != (second.upper, second.spread)


@settings(max_examples=3)
@given(st.integers(0, 999), st.floats(1e-3, 1e3) | st.sampled_from([1e-250, 1e250]), st.floats(-2, 2))
def test_units_change_no_decision(seed, factor, offset):
    x, y = normal(seed, 30), normal(seed + 1000, 30, shift=1)
    plain, scaled = decision(x, y), decision(factor * (x + offset), factor * (y + offset))
    assert (scaled.label, scaled.p, scaled.why) == (plain.label, plain.p, plain.why)
    assert scaled.upper == pytest.approx(plain.upper, rel=1e-9)
    assert scaled.scale == pytest.approx(factor * plain.scale)


def test_the_joint_test_names_the_pair_that_was_turned_round():
    rng = np.random.default_rng(3)
    x, y = (rng.normal(size=(4, 50)) for _ in range(2))
    x[1], y[1] = 0.9 * x[0] + 0.4 * x[1], -0.9 * y[0] + 0.4 * y[1]
    verdict = decide(
        samples(**dict(zip("abcd", x, strict=True))), samples(**dict(zip("abcd", y, strict=True))), **QUICK
    )
    pair = verdict.joint.pair
    assert (pair.first, pair.second) == (quantity("a"), quantity("b"))
    assert pair.reference > 0.8 > -0.8 > pair.generated
    assert (verdict.joint.p, verdict.joint.p_pair, verdict.door_open) == (0.02, 0.01, True)
    assert not verdict.labelled("Fail")  # each quantity alone is right
    assert verdict.joint.quantities == tuple(map(quantity, "abcd"))


def test_quantities_of_some_structures_only_stay_out_of_the_joint_test():
    x, y = mixed(4, 30), mixed(5, 30)
    x["b"] = x["b"][:25]
    verdict = decide(samples(**x), samples(**y), **QUICK)
    assert verdict.joint.quantities == (quantity("a"), quantity("c"))
    assert (verdict.decisions[quantity("b")].reference.values, verdict.reference.values) == (25, 30)
    del x["a"], x["c"]
    assert decide(samples(**x), samples(**y), **QUICK).joint.quantities == (quantity("b"),)
    empty = decide(samples(a=np.ones(9)), samples(a=np.ones(9)), **QUICK)
    assert (empty.joint.p, empty.joint.reason) == (None, "no quantity that varies was measured on every structure")
    assert empty.neighbourhood.reason == empty.joint.reason


# Blocks.


def test_blocks_count_as_one_structure_and_widen_the_interval():
    values = np.repeat(normal(6, 16), 3) + 0.1 * normal(7, 48)
    y = normal(8, 48)
    naive = decide(samples(a=values), samples(a=y), **QUICK)
    blocked = decide(samples(blocks=np.repeat(range(16), 3), a=values), samples(a=y), **QUICK)
    first, second = (verdict.decisions[quantity("a")] for verdict in (naive, blocked))
    assert (second.reference.values, second.reference.blocks) == (48, 16)
    assert (second.label, second.reason) == ("withheld", "16 independent structures; a verdict needs 20")
    assert second.upper > first.upper
    assert second.p > first.p


def test_volumes_that_share_a_block_for_one_quantity_share_it_for_all():
    x = samples(a=normal(1, 6), b=normal(2, 6))
    x[quantity("b")].origins = [{"source": "s", "corner": [0, 0, 0]}] * 2 + [None] * 4
    x[quantity("a")].volumes, x[quantity("a")].values = ["v000", "v001", "x"], [0.0, 1.0, 2.0]
    x[quantity("a")].origins, x[quantity("a")].shapes = [None] * 3, [(8, 8, 8)] * 3
    verdict = decide(x, samples(a=normal(3, 6), b=normal(4, 6)), **QUICK)
    assert [entry.reference.blocks for entry in verdict.decisions.values()] == [2, 5]


# What is printed, what is refused.


def test_a_decision_is_json():
    x, y = mixed(1, 30), mixed(2, 30)
    verdict = decide(samples(**x), samples(**y), **QUICK)
    row = json.loads(json.dumps(verdict.as_row(), allow_nan=False))
    assert sum(row["labels"].values()) == len(row["decisions"]) == 3
    assert row["decisions"][0]["params"] == {}
    assert row["joint"]["quantities"] == ["made a", "made b", "made c"]
    assert 0 <= row["neighbourhood"]["coverage"] <= 1


def test_progress_is_told_per_quantity():
    steps = []
    decide(samples(**mixed(1, 9)), samples(**mixed(2, 9)), **QUICK, progress=lambda *step: steps.append(step))
    assert steps == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tolerance": 0}, "tolerance: a number above 0 and below 5 was expected, not 0"),
        ({"tolerance": math.nan}, "tolerance: a number above 0 and below 5 was expected, not nan"),
        ({"spread": 1.0}, "spread: a number above 1 was expected, not 1.0"),
        ({"spread": math.inf}, "spread: a number above 1 was expected, not inf"),
        ({"n_boot": 99}, "n_boot: 100 or more was expected, not 99"),
        ({"n_permutations": 0}, "n_permutations: 99 or more was expected, not 0"),
        ({"seed": -1}, "seed: 0 or more was expected, not -1"),
    ],
)
def test_numbers_out_of_range_are_refused(options, message):
    with pytest.raises(InputError) as error:
        decision(QUANTILES, QUANTILES, **options)
    assert str(error.value) == message


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_values_that_are_not_finite_are_refused(value):
    run = samples(a=QUANTILES)
    run[quantity("a")].values[3] = value
    with pytest.raises(InputError, match=f"volume v003: a finite value or Undefined was expected, not {value!r}"):
        decide(samples(a=QUANTILES), run, **QUICK)


def test_without_a_common_quantity_there_is_nothing_to_decide():
    with pytest.raises(InputError, match="no quantity in common"):
        decide(samples(a=QUANTILES), samples(b=QUANTILES))


@pytest.mark.parametrize("sizes", [(1, 1), (2, 1), (1, 30), (6, 7)])
def test_tiny_samples_are_withheld_and_nothing_breaks(sizes):
    entry = decision(normal(1, sizes[0]), normal(2, sizes[1]))
    assert entry.label == "withheld"
    assert math.isfinite(entry.upper)
    assert isinstance(entry.needed, Needed | None)


# From tables.


def table(path, columns):
    rows = [
        {"volume": f"{path.stem}_{index:02d}", "metric": "made", "provider": "porenet", "key": name, "unit": "1",
         "value": None if np.isnan(value) else float(value), "undefined": "no path" if np.isnan(value) else None,
         "params": {}, "voxel_um": [0.1] * 3, "shape": [8, 8, 8]}
        for name, values in columns.items() for index, value in enumerate(values)
    ]  # fmt: skip
    write_table(path, rows)
    return path


def test_compare_decides_about_each_run_whatever_the_others(tmp_path):
    real, first, second = (table(tmp_path / f"{name}.json", mixed(seed, 30)) for seed, name in enumerate("rst"))
    options = {"scores": (), "n_boot": 100, "n_permutations": 99}
    steps = []
    both = compare(real, {"b": second, "a": first}, **options, progress=lambda *step: steps.append(step))
    alone = compare(real, {"a": first}, **options)
    assert steps[-1][0] == steps[-1][1] >= 2
    assert list(both.decisions) == ["b", "a"]
    assert both.decisions["a"] == alone.decisions["a"]
    assert (alone.decisions["a"].tolerance, alone.decisions["a"].spread) == (0.5, 1.5)
    wide = compare(real, {"a": first}, **options, tolerance=4.0, spread=100.0).decisions["a"]
    assert [entry.label for entry in wide.decisions.values()] == ["OK"] * 3
