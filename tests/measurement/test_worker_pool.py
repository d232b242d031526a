"""Processes that measure volumes: as in this process, and what becomes of one that fails or says nothing."""

import logging
from types import SimpleNamespace

import numpy as np
import pytest

from porenet.config import GridFile
from porenet.errors import InputError
from porenet.interface import Grid
from porenet.measurement import Job, Request, Source, measure_all, measure_source, worker_pool
from porenet.measurement.flights import Flights, WorkerFailed
from porenet.measurement.worker_pool import measured_in_processes

VF = (Request("vf"),)
GRID = GridFile(Grid(("a", "b"), (1, 1, 1)), {}, {})


def task(folder, requests=VF):
    np.save(folder / "v.npy", np.arange(8, dtype=np.uint8).reshape(2, 2, 2) % 2)
    return Source("v"), folder / "v.npy", GRID, requests, {}


def test_a_worker_measures_what_this_process_does_and_a_long_wait_is_logged(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(worker_pool, "PATIENCE_S", 0.02)
    stages = []
    with caplog.at_level(logging.WARNING, "porenet"):
        (answer,) = measured_in_processes({"v": task(tmp_path)}, 1, 60, lambda *stage: stages.append(stage))
    assert stages == [("v", "reading"), ("v", "vf")]
    assert answer == ("v", measure_source(*task(tmp_path)))
    assert "no volume was finished for 0.02 s; in work: v (" in caplog.messages[0]


@pytest.mark.parametrize("limit_s", [0, -1.0, float("nan"), float("inf")])
def test_a_limit_is_a_number_of_seconds(tmp_path, limit_s):
    job = Job({"v": task(tmp_path)[1]}, GRID, VF, {}, {})
    with pytest.raises(InputError, match="a limit per volume is a number of seconds above 0, not "):
        measure_all(job, tmp_path / "rows.json", limit_s=limit_s)


@pytest.mark.slow
def test_a_fault_in_a_worker_is_raised_here(tmp_path):
    with pytest.raises(AttributeError, match="name"):
        list(measured_in_processes({"v": task(tmp_path, requests=(None,))}, 1))


@pytest.mark.slow
def test_what_ends_a_worker_is_measured_once_more_alone(tmp_path, monkeypatch):
    """A worker that is killed while it has a volume: the memory may have been short for two at once."""
    taken = []
    take = worker_pool.Worker.take

    def kill_first(worker, name, tasks):
        taken.append(name)
        take(worker, name, tasks)
        if len(taken) == 1:
            worker.process.kill()

    monkeypatch.setattr(worker_pool.Worker, "take", kill_first)
    outcomes = dict(measured_in_processes({"u": task(tmp_path), "v": task(tmp_path)}, 1))
    assert taken == ["u", "v", "u"]
    assert [outcome.errors for outcome in outcomes.values()] == [[], []]


def test_what_fails_on_a_dask_worker_is_one_line():
    client = SimpleNamespace(status="running")

    def killed(timeout):
        raise RuntimeError("4 workers died\nwhile trying to run it")

    with pytest.raises(WorkerFailed) as caught:
        Flights(client).result(SimpleNamespace(result=killed))
    assert str(caught.value) == "its Dask worker failed: RuntimeError: 4 workers died while trying to run it"
    assert Flights(client).result(SimpleNamespace(result=lambda timeout: 7)) == 7
