"""The second process that compiles: when there is one, what it does, and that it is gone afterwards."""

import logging
import os
import time

import numpy as np
import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.config import GridFile
from porenet.interface import Grid
from porenet.measurement import Job, Request, compile_ahead, worker_pool
from porenet.measurement.compile_ahead import COMPILER, compiling_ahead

pytest.importorskip("porenet_statistics")  # the metrics vf, tpb and euler_number

GRID = GridFile(Grid(("a", "b"), (1, 1, 1)), {}, {})
PLAIN = ("measure", "--phases", "a=0,b=1", "--voxel-um", "1", "-m", "vf,tpb")


class Recorder:
    """Stands for a worker: what it is given to measure, and whether it was ended."""

    def __init__(self, limit_s):
        assert limit_s is None
        started.append(self)
        self.ended = False

    def take(self, name, tasks):
        self.name, self.metrics = name, [request.name for request in tasks[name][3]]

    def end(self):
        self.ended = True


started = []


@pytest.fixture(autouse=True)
def recorded(request, monkeypatch):
    started.clear()
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    if "slow" not in request.keywords:
        monkeypatch.setattr(worker_pool, "Worker", Recorder)


@pytest.fixture
def log():
    """The logger of the kernels, which lets its messages pass."""
    log = logging.getLogger(COMPILER)
    level = log.level
    log.setLevel(logging.INFO)
    yield log
    log.setLevel(level)


def job(folder, names=("v",), metrics=("vf", "tpb", "euler_number")):
    volumes = {name: folder / f"{name}.npy" for name in names}
    for path in volumes.values():
        np.save(path, np.arange(64, dtype=np.uint8).reshape(4, 4, 4) % 2)
    return Job(volumes, GRID, [Request(metric) for metric in metrics], {}, {})


def test_one_process_measures_from_the_last_metric_on_and_is_ended(tmp_path, log):
    before = list(log.handlers)
    with compiling_ahead(work := job(tmp_path)):
        assert started == []
        log.info("compiling")
        log.info("compiling")
        (helper,) = started
        assert not helper.ended
    assert helper.ended
    assert (helper.name, helper.metrics) == ("v", [request.name for request in work.requests][::-1])
    assert log.handlers == before


def test_it_is_ended_when_the_measurement_fails(tmp_path, log):
    def fail():
        with compiling_ahead(job(tmp_path)):
            log.info("compiling")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [helper.ended for helper in started] == [True]


def test_none_on_one_core_for_one_metric_for_a_large_volume_or_for_several(tmp_path, log, monkeypatch):
    with compiling_ahead(job(tmp_path, metrics=("tpb",))):
        log.info("compiling")
    with compiling_ahead(job(tmp_path, names=("u", "v"))):
        log.info("compiling")
    with monkeypatch.context() as patch:
        patch.setattr(compile_ahead, "LARGEST", 10)
        with compiling_ahead(job(tmp_path)):
            log.info("compiling")
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    with compiling_ahead(job(tmp_path)):
        log.info("compiling")
    assert started == []


def test_a_system_that_refuses_a_process_is_no_fault(tmp_path, log, monkeypatch):
    def refuse(_limit_s):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(worker_pool, "Worker", refuse)
    with compiling_ahead(job(tmp_path)):
        log.info("compiling")


@pytest.mark.parametrize(
    ("watched", "options", "helpers"),
    [(True, (), 1), (False, (), 0), (True, ("--workers", "1"), 0), (True, ("--limit-per-volume", "1h"), 0)],
)
def test_the_command_is_helped_where_somebody_waits(tmp_path, log, monkeypatch, watched, options, helpers):
    volume = next(iter(job(tmp_path).volumes.values()))

    def measured(*_, **__):
        log.info("compiling")
        raise KeyboardInterrupt

    monkeypatch.setattr("porenet.measurement.measure_all", measured)
    monkeypatch.setattr("porenet.commands.measurement.watched", lambda: watched)
    CliRunner().invoke(main, [*PLAIN, str(volume), *options])
    assert len(started) == helpers


@pytest.mark.slow
def test_the_process_leaves_kernels_where_others_find_them(tmp_path, log, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    with compiling_ahead(job(tmp_path, metrics=("vf", "euler_number"))):
        log.info("compiling")
        until = time.monotonic() + 300
        while not list(tmp_path.glob("kernels/*/euler.alternating*.nbc")) and time.monotonic() < until:
            time.sleep(0.1)
    assert list(tmp_path.glob("kernels/*/euler.alternating*.nbc"))
