"""Scores and tables of docs/results/real-electrodes.md and of what-a-tortuosity-sees.md, on structures made by hand."""

import json
import sys

import numpy as np
import pytest
import torch
from checkout import ROOT

from benchmarks import necks, run_e_verdict
from benchmarks.critic_remedies import SpreadCritic
from benchmarks.structure_scores import described, measured
from porenet.config import GridFile
from porenet.generation import StridedCritic
from porenet.interface import Grid, Volume

PHASES = ("Ni", "YSZ", "pore")
GRID = Grid(PHASES, 0.1)


@pytest.fixture
def tables(monkeypatch, tmp_path):
    """The generator of the page's tables, reading an empty folder."""
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "generators"))
    import electrode_tables

    monkeypatch.setattr(electrode_tables, "RESULTS", tmp_path)
    yield electrode_tables
    sys.modules.pop("electrode_tables")


def columns(heights):
    """Columns of Ni and pore, side by side in YSZ, along z; that of Ni ends at a height and is joined or not."""
    volumes = []
    for number, height in enumerate(heights):
        labels = np.ones((8, 9, 9), np.uint8)
        labels[:height, 2 : 4 + number % 2, 2:4] = 0
        labels[:, 2:4, 4 : 6 + number % 3] = 2
        volumes.append(Volume(labels, GRID))
    return volumes


def test_numbers_of_sets_whose_values_are_known():
    grid_file = GridFile(GRID, {}, {})
    reference = measured(columns([8, 8, 8, 8, 8, 4]), grid_file)
    alike = described(reference, reference, PHASES)
    for title in ("mean of the five S", "S, pore connectivity", "S, total TPB", "total TPB over the real"):
        assert alike[title] == 1
    assert alike["Ni surface, scatter over the real"] == 1
    assert alike["without a Ni network"] == pytest.approx(1 / 6, abs=1e-4)
    assert alike["Ni tortuosity factor, median"] == pytest.approx(1, abs=1e-3)  # straight columns
    assert alike["YSZ connectivity, mean"] == 1
    cut = described(reference, measured(columns([4, 4, 4, 4, 4, 4]), grid_file), PHASES)
    assert cut["without a Ni network"] == 1
    assert cut["Ni connectivity, mean"] == cut["Ni tortuosity factor, median"] == cut["S, Ni tortuosity"] == 0
    assert cut["Ni breakthrough diameter, um, median"] == 0
    assert cut["mean of the five S"] < 1


def test_a_second_file_of_the_same_form_adds_its_lines(tables, tmp_path):
    row = dict.fromkeys((*tables.SCORES.values(), *tables.STRUCTURES.values()), 0.5)
    (tmp_path / "wgan_gp_real.json").write_text(
        json.dumps({f"{name}-{seed}-{steps}": row for name, steps in tables.PUBLISHED for seed in range(2)})
    )
    own = {f"{name}-{seed}-0": row for name in tables.UNTRAINED for seed in range(2)}
    (tmp_path / "real_electrodes.json").write_text(json.dumps(own))
    before = tables.scores()
    trained = {f"gan-{seed}-300": {"mean of the five S": 0.8 + seed / 10} for seed in range(3)}
    (tmp_path / "real_electrodes_trained.json").write_text(json.dumps(trained))
    added = set(tables.scores().splitlines()) - set(before.splitlines())
    assert len(added) == 1
    assert added.pop().startswith("| gan, 300 steps | 3 | 0.90 [0.80, 1.00] |  |")
    assert "gan" not in tables.structures()  # it has none of these numbers
    assert (
        "| scaled >= 0.79; without candidates 0.76 | 0.500, **not met** | 0.500, **not met** |" in tables.acceptance()
    )


def test_repeats_that_are_decided_differently_are_tabled_as_such(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "generators"))
    import run_e_verdict_tables as tables

    def decision(distance, label):
        ends = {"distance": distance, "lower": distance / 2, "upper": distance * 2, "label": label}
        keys = (quantity.split(" ") for quantity in tables.ROWS.values())
        return {
            "summary": [],
            "joint": {"p": distance / 100},
            "decisions": [{"metric": metric, "key": key} | ends for metric, key in keys],
        }

    decided = {"e-1": decision(0.1, "OK"), "e-2": decision(0.3, "OK"), "e-3": decision(1.0, "Fail")}
    mean = {"value": 0.8771, "ceiling": 0.9}
    report = {
        "reference": {"independent": 50},
        "decisions": decided,
        "runs": {name: {"generator": "e", "repeat": int(name[-1]), "n": 300} for name in decided},
        "mean_scores": {name: {"s_value": mean, "s_value_scaled": mean} for name in decided},
    }
    values = {"synthetic": run_e_verdict.condensed(report)}
    monkeypatch.setattr(tables, "RESULTS", tmp_path / "verdict.json")
    tables.RESULTS.write_text(json.dumps(values), encoding="utf-8")
    assert "| connectivity of YSZ | 0.30 [0.15, 0.60], match 2, **differs** 1 |" in tables.distances("synthetic")
    count = len(tables.ROWS)
    row = f"| run E | {count} [0, {count}] | 0 [0, {count}] | 0 | 0.003 [0.001, 0.01] | 0.877 | 0.877 |"
    assert row in tables.verdicts("synthetic")


def test_smoothing_and_roughening_hold_the_volume_fractions():
    labels = np.random.default_rng(0).integers(0, 3, (12, 12, 12), dtype=np.uint8)
    labels[:6] = 1
    counts = np.bincount(labels.ravel())
    for roughness in (0.0, 0.25):
        changed = necks.smoothed(labels, np.random.default_rng(1), roughness)
        assert np.abs(np.bincount(changed.ravel()) - counts).max() <= 1
        assert (changed != labels).any()


@pytest.mark.slow
def test_with_the_skew_the_network_parts_and_the_tortuosity_rises():
    fractions = [(0.27, 0.43, 0.30)] * 24
    rows = [necks.row_of(necks.of_fields(name, fractions, 1))["Ni"] for name in ("c = 0", "c = 1", "c = 4")]
    joined, factors = ([row[title] for row in rows] for title in ("joined", "tortuosity factor"))
    assert joined[0] > joined[1] + 0.05 > joined[2] + 0.1
    assert factors[0] < factors[1] < factors[2]
    surfaces = [row["surface, um^-1"] for row in rows]
    assert max(surfaces) < 1.15 * min(surfaces)


def test_a_critic_of_spreads_sees_the_batch_and_not_the_other_batch():
    torch.manual_seed(0)
    spread = SpreadCritic(StridedCritic(2, 1, channels=[4], size=(8, 8, 8)), batch=2)
    field, condition = torch.rand(1, 2, 8, 8, 8).expand(4, -1, -1, -1, -1).clone(), torch.rand(1, 1).expand(4, 1)
    alike = spread(field, condition)
    field[3] = 1 - field[3]
    scores = spread(field, condition)
    assert torch.allclose(scores[:2], alike[:2])  # real and generated ones stand behind each other
    assert not torch.allclose(scores[2], alike[2])


def test_remedies_are_tabled_beside_run_e_and_beside_their_start(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "generators"))
    import real_run_tables as tables

    scores = {"run_e_real": {"40": 0.9, "80": 0.8, "120": 0.7, "160": 0.7}, "r1": {"40": 0.91, "80": 0.75, "300": 0.7}}
    trials = {name: {"2": {"scores of the choice": steps}} for name, steps in scores.items()}
    (tmp_path / "run_e_trials.json").write_text(json.dumps(trials))
    monkeypatch.setattr(tables, "RESULTS", tmp_path / "runs.json")
    (row,) = tables.remedies().splitlines()[2:]
    assert row == "| logistic losses and R1 | 2 | 0.910 | 0.750 |  |  |  | 0.700 | +0.010 | -0.050 |  |  |"

    trials = {"run_e": {"3": {"scores of the choice": {"0": 0.9, "200": 0.91, "240": 0.7}}}}
    (tmp_path / "run_e_trials.json").write_text(json.dumps(trials))
    assert tables.longer().splitlines()[2] == "| 3 | 0.900 |  | 0.910 | 0.700 |  |  |  |  |  |  |"
    means = {"start": {"a": 0.90, "b": 0.92}, "kept": {"a": 0.91, "b": 0.90}, "last": {"a": 0.89, "b": 0.92}}
    noises = {name: {"step": 40, "mean of five S": row} for name, row in means.items()}
    (tmp_path / "run_e_other_noise.json").write_text(json.dumps({"objective_alone": {"0": noises}}))
    kept, last = tables.without_critic().splitlines()[2:]
    assert kept == "| 0 | kept, step 40 | 0.910 | +0.010 | -0.020 | -0.005 |"
    assert last == "| 0 | last, step 40 | 0.910 | -0.010 | +0.000 | -0.005 |"
