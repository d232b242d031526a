"""A small part of benchmarks/verdict_simulation.py: rates of right and wrong verdicts over 60 pairs."""

import json

import numpy as np
import pytest

from benchmarks import verdict_simulation
from benchmarks.verdict_cases import NORMAL, TABLE, Case, bernoulli, truth
from benchmarks.verdict_pairs import row
from benchmarks.verdict_simulation import Batch, grouped, simulated
from benchmarks.verdict_summary import summary

CASES = {case.name: case for case in TABLE}
PAIRS = 60


def rates(case, n, m, pairs=PAIRS):
    rows = [row(case, n, m, np.random.default_rng([n, m, pair])) for pair in range(pairs)]
    (entry,) = summary({("row:table", case.name, n, m): rows})
    return entry


@pytest.mark.parametrize(
    ("generated", "distance", "ratio"),
    [(NORMAL.moved(0.7), 0.7, 1.0), (NORMAL.moved(factor=0.5), 0.5 * np.sqrt(2 / np.pi), 0.5)],
)
def test_the_truth_is_that_of_normals(generated, distance, ratio):
    assert truth(NORMAL, generated) == pytest.approx((distance, ratio), abs=2e-3)


def test_the_truth_is_that_of_shares():
    assert truth(bernoulli(1.0), bernoulli(0.9))[0] == pytest.approx(0.5, abs=1e-3)
    assert truth(NORMAL, Case("", NORMAL, NORMAL).generated)[0] == 0


@pytest.mark.slow
def test_right_generators_are_not_failed_and_wrong_ones_not_passed():
    """Limits: the published rates, less or more three standard errors of 60 pairs."""
    equal = [rates(CASES[name], 50, 50) for name in ("equal normal", "equal lognormal", "equal Bernoulli 0.9")]
    assert max(entry["fail"] for entry in equal) <= 0.05
    assert min(entry["covered"] for entry in equal) >= 0.85
    assert max(entry["p_5"] for entry in equal) <= 0.14
    assert equal[0]["ok"] >= 0.2
    for name, least in (("shift 1 sd", 0.25), ("shift 2 sd", 0.95), ("collapse to one value", 0.9)):
        entry = rates(CASES[name], 50, 50)
        assert (entry["ok"], entry["fail"] >= least) == (0, True), entry
    assert rates(CASES["percolates 0.98 against 1"], 50, 50)["fail"] == 0


@pytest.mark.slow
def test_more_data_is_never_kinder_to_a_wrong_generator():
    for name in ("shift 1 sd", "sd halved", "percolates 0.7 against 1"):
        entries = [rates(CASES[name], n, m, pairs=30) for n, m in ((20, 20), (50, 50), (200, 200))]
        fails = [entry["fail"] for entry in entries]
        assert fails == sorted(fails)
        assert max(entry["ok"] for entry in entries) == 0


def test_a_simulation_that_was_stopped_goes_on(tmp_path, monkeypatch):
    batches = [Batch("row:table", "equal normal", 6, 6, first, 1) for first in (0, 1)]
    journal = tmp_path / "journal.jsonl"
    _in_this_process(monkeypatch)
    whole = simulated(batches, journal, 1)
    lines = journal.read_text().splitlines()
    journal.write_text(lines[0] + "\n" + lines[1][:40])  # killed while it wrote
    simulations = []
    monkeypatch.setattr(Batch, "simulate", lambda batch: simulations.append(batch.key) or whole[batch.key])
    assert simulated(batches, journal, 1) == whole
    assert simulations == [json.loads(lines[1])["batch"]]
    monkeypatch.setattr(verdict_simulation, "_version", lambda: "another")
    simulated(batches, journal, 1)
    assert len(simulations) == 3
    assert [len(rows) for rows in grouped(batches, whole).values()] == [2]


def _in_this_process(monkeypatch):
    import concurrent.futures

    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", concurrent.futures.ThreadPoolExecutor)
