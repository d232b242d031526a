"""Means of S-values, voxel agreement, conditions that are followed, medians: against loops and closed forms."""

import itertools
import statistics

import numpy as np
import pytest
from scipy.stats import binomtest, pearsonr
from small_generators import electrode, fields

import porenet
from porenet import Grid, Volume
from porenet.errors import InputError
from porenet.evaluation import (
    RealStructures,
    Scorer,
    Spread,
    conditions_of,
    cut_boxes,
    draw,
    largest_agreements,
    medians,
    paired_differences,
)
from porenet.evaluation.followed_conditions import followed
from porenet.evaluation.statistics_of_runs import wilson
from porenet.evaluation.voxel_agreement import usual_agreements

FIVE = ["connectivity Ni", "connectivity YSZ", "connectivity pore", "tpb active", "tpb total"]


def values(volumes, metric, key):
    rows = [row for volume in volumes for row in porenet.measure(volume, metric)]
    return [row["value"] for row in rows if row["key"] == key]


def test_mean_scores_are_porenets_own_of_the_five_quantities(real):
    scorer = Scorer(real)
    scores = scorer.scores_of(fields, n=4, seed=1)
    made = [each.volume for each in draw(fields, conditions_of(real.volumes, real.names), n=4, seed=1)]
    assert list(scores.by_quantity) == FIVE
    for score in ("s_value", "s_value_scaled"):
        expected = [
            porenet.create_score(score)(values(real.volumes, *name.split()), values(made, *name.split())).value
            for name in FIVE
        ]
        assert [row[score] for row in scores.by_quantity.values()] == pytest.approx(expected, rel=1e-12)
        assert getattr(scores, score) == pytest.approx(statistics.fmean(expected), rel=1e-12)
    assert scorer.scores_of_volumes(real.volumes).s_value == pytest.approx(1)
    assert scorer.scores_of(fields, n=4, seed=2) != scores
    with pytest.raises(InputError, match="1 or more"):
        scorer.scores_of(fields, n=0)


def test_two_phases_have_a_mean_of_two():
    grid = Grid(("solid", "pore"), (0.1, 0.1, 0.1))
    labels = np.random.default_rng(0).integers(0, 2, (6, 8, 8, 8))
    scorer = Scorer(RealStructures.of([Volume(each, grid) for each in labels]))
    assert list(scorer.scores_of_volumes([Volume(labels[0], grid)]).by_quantity) == [
        "connectivity solid", "connectivity pore"
    ]  # fmt: skip


TURNS = [(flip_y, flip_x, swap) for flip_y, flip_x, swap in itertools.product((False, True), repeat=3)]


def turned(labels, flip_y, flip_x, swap):
    labels = labels[:, ::-1] if flip_y else labels
    labels = labels[:, :, ::-1] if flip_x else labels
    return labels.swapaxes(1, 2) if swap else labels


def test_the_largest_agreement_is_that_of_a_loop(real):
    made = [electrode(seed) for seed in (20, 21, 22)]
    for volume, agreement in zip(made, largest_agreements(made, real.volumes), strict=True):
        shares = {
            number: max(np.mean(turned(other.labels, *turn) == volume.labels) for turn in TURNS)
            for number, other in enumerate(real.volumes)
        }
        assert agreement.share == pytest.approx(max(shares.values()), abs=1e-6)
        assert shares[agreement.training] == max(shares.values())


@pytest.mark.parametrize("turn", TURNS)
def test_a_copy_is_found_however_it_is_turned(real, turn):
    copy = Volume(np.ascontiguousarray(turned(real.volumes[3].labels, *turn)), real.grid)
    (agreement,) = largest_agreements([copy], real.volumes)
    assert (agreement.share, agreement.training) == (1, 3)


def test_what_is_usual_leaves_out_what_overlaps():
    labels = np.random.default_rng(1).integers(0, 3, (8, 8, 24))
    volume = Volume(labels, Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1)))
    boxes = cut_boxes(RealStructures.of([volume], names=["v"]), (8, 8, 8), (8, 8, 4))
    assert [origin["corner"][2] for origin in boxes.origins] == [0, 4, 8, 12, 16]
    assert np.array_equal(boxes.volumes[3].labels, labels[:, :, 12:20])
    shares = usual_agreements(boxes.volumes, boxes.origins)
    for number, corner in enumerate((0, 4, 8, 12, 16)):
        others = [
            np.mean(turned(labels[:, :, at : at + 8], *turn) == labels[:, :, corner : corner + 8])
            for at in (0, 4, 8, 12, 16) for turn in TURNS if abs(at - corner) >= 8
        ]  # fmt: skip
        assert shares[number] == pytest.approx(max(others), abs=1e-6)
    assert usual_agreements([volume], [None]) == []


def test_boxes_do_not_fit_or_would_not_wrap(real):
    with pytest.raises(InputError, match="no box of 13 x 12 x 12 voxels fits into real_0001 of 12 x 12 x 12"):
        cut_boxes(real, (13, 12, 12))
    wraps = Volume(real.volumes[0].labels, Grid(real.grid.phases, real.grid.voxel_um, (False, True, False)))
    with pytest.raises(InputError, match="not periodic"):
        cut_boxes(RealStructures.of([wraps]), (4, 4, 4))


def test_followed_conditions_by_hand(real):
    asked = conditions_of(real.volumes, real.names)
    made = conditions_of([electrode(seed) for seed in range(30, 35)], real.names)
    entry = followed(made, asked)["ssa Ni"]
    got, wanted = ([condition.ssa["Ni"] for condition in conditions] for conditions in (made, asked))
    assert entry["unit"] == "um^-1"
    assert entry["ratio"] == pytest.approx(np.mean(got) / np.mean(wanted))
    assert entry["scatter"] == pytest.approx(np.std(got, ddof=1) / np.std(wanted, ddof=1))
    assert entry["correlation"] == pytest.approx(pearsonr(got, wanted).statistic)
    assert entry["miss"] == pytest.approx(np.sqrt(np.mean(np.subtract(got, wanted) ** 2)))
    alike = followed(asked, asked)["vf pore"]
    assert (alike["ratio"], alike["scatter"], alike["miss"]) == (1, 1, 0)
    same = followed(made[:1] * 3, asked[:3])["vf pore"]
    assert (same["scatter"], same["correlation"]) == (0, None)
    single = followed(made[:1], asked[:1])["vf pore"]
    assert (single["scatter"], single["correlation"], single["n"]) == (None, None, 1)


@pytest.mark.parametrize(("count", "total"), [(0, 50), (15, 50), (50, 50), (1, 1)])
def test_wilson_interval(count, total):
    expected = binomtest(count, total).proportion_ci(method="wilson")
    assert wilson(count / total, total) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_medians_and_differences_that_are_paired():
    repeats = {
        "a": [{"S": 0.5, "x": None}, {"S": 0.6, "x": 1.0}, {"S": 0.9, "x": 2.0}],
        "b": [{"S": 0.7, "x": 1.0}, {"S": 0.7, "x": None}, {"S": 0.8, "x": 5.0}],
    }
    assert medians(repeats)["S"] == {"a": Spread(0.6, 0.5, 0.9, 3, 3), "b": Spread(0.7, 0.7, 0.8, 3, 3)}
    difference = paired_differences(repeats)["S"]["a", "b"]
    # 0.2, 0.1, -0.1: paired, and not the difference of the medians or of the ends
    assert difference.text("+.2f") == "+0.10 [-0.10, +0.20]"
    assert medians(repeats)["x"]["a"].text() == "1.50 [1.00, 2.00] (2 of 3)"
    assert paired_differences(repeats)["x"]["a", "b"].text("+.1f") == "+3.0 [+3.0, +3.0] (1 of 3)"
    assert Spread.over([None]).text() == "undefined"
    assert Spread.over([-0.001]).text() == "0.00"
    assert paired_differences(repeats, [("b", "a")])["S"]["b", "a"].median == pytest.approx(-0.1)
