"""Stretches of a volume, read apart and joined as a tree, have the rows of the volume read by one process."""

import itertools
import re
from collections import Counter
from concurrent.futures import CancelledError, ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from porenet.config import GridFile
from porenet.errors import InputError
from porenet.interface import Grid
from porenet.measurement import (
    Job,
    Source,
    cluster_tasks,
    kept_states,
    measure_all,
    measure_source,
    requests_for,
    slab_plan,
    stretches,
)
from porenet.measurement.cluster_tasks import SharedVolume, measured_or_planned, stretch_arrays
from porenet.measurement.flights import Flights, SchedulerGone, WorkerFailed
from porenet.measurement.kept_states import KeptStates, StatePlace
from porenet.measurement.outcome import Outcome
from porenet.measurement.slab_plan import SlabPlan
from porenet.measurement.spread_volume import measured_spread
from porenet.measurement.stretches import Spread

pytest.importorskip("porenet_statistics")

PHASES = {"Ni": 2, "YSZ": 5, "pore": 0}
METRICS = ("vf", "ssa", "tpb", "connectivity", "percolates", "chord_length", "s2")
SHAPE = (29, 9, 11)


class Client:
    """A cluster of threads, with what a client of Dask offers.

    Attributes:
        events: called with the name of each function before it is done; may raise.
        status: of the connection.
        scheduler: with its address.
    """

    scheduler = SimpleNamespace(address="tcp://s:1")
    status = "running"

    def __init__(self, threads=2):
        self.pool, self.threads, self.keys = ThreadPoolExecutor(threads), threads, itertools.count()
        self.events = lambda name: None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def nthreads(self):
        return {f"worker {number}": 1 for number in range(self.threads)}

    def submit(self, function, *args, pure, priority=0):
        assert not pure

        def task():
            self.events(function.__name__)
            return function(*(arg.result() if hasattr(arg, "key") else arg for arg in args))

        return self._named(self.pool.submit(task))

    def scatter(self, data, *, hash, timeout):  # noqa: A002
        assert isinstance(data, list)
        return [self._named(self.pool.submit(lambda one=one: one)) for one in data]

    def _named(self, future):
        future.key = str(next(self.keys))
        future.status = "pending"
        future.add_done_callback(lambda done: setattr(done, "status", "error" if done.exception() else "finished"))
        return future


@pytest.fixture
def client():
    cluster = Client()
    yield cluster
    cluster.pool.shutdown(cancel_futures=True)


@pytest.fixture
def task(tmp_path, monkeypatch):
    """A volume that counts as large; stretches have 4 layers or more, and states are kept after each."""
    monkeypatch.setattr(slab_plan, "WHOLE_BYTES", 10**9)
    monkeypatch.setattr(stretches, "SHORTEST", 4)
    monkeypatch.setattr(kept_states, "PERIOD_S", 0.0)
    monkeypatch.setattr(kept_states, "MOST_SHARE", np.inf)
    monkeypatch.setattr("os.fsync", lambda _: None)
    np.save(tmp_path / "a.npy", np.random.default_rng(0).choice([2, 5, 0], size=SHAPE).astype(np.uint8))
    grid = GridFile(Grid(tuple(PHASES), (0.1, 0.2, 0.1), (True, False, True)), values=PHASES, reservoirs={})
    place = StatePlace.beside(tmp_path / "t.json", "a", ["identity"])
    return Source("a"), tmp_path / "a.npy", grid, requests_for(METRICS, {}, grid), {}, 10**9, place


def spread_outcome(client, task, watch=lambda _: None):
    return measured_spread(Flights(client), SharedVolume.seen_here(*task[1:5]), task, SlabPlan(3, 10, 2), watch)


@pytest.mark.parametrize("keeps", [False, True], ids=["nothing kept", "all kept"])
def test_rows_and_hash_are_those_of_one_process(client, task, monkeypatch, keeps):
    monkeypatch.setattr(kept_states, "PERIOD_S", 0.0 if keeps else 1e9)
    stages = []
    outcome, alone = spread_outcome(client, task, stages.append), measure_source(*task[:-1])
    assert outcome.rows == alone.rows
    assert outcome.sha256 == alone.sha256
    assert outcome.notes[0].startswith(f"{task[1]}: read in 8 stretches by 2 workers, 3 layers at a time, at most ")
    assert any(stage.startswith("reading: 29 of 29 layers, ") for stage in stages)
    assert any(stage.startswith("reading: 9 of 9 rows, ") for stage in stages)


@pytest.fixture
def worker(monkeypatch):
    """Make this process count as a worker of a cluster."""
    distributed = pytest.importorskip("distributed")
    limits = SimpleNamespace(memory_manager=SimpleNamespace(memory_limit=10**10), state=SimpleNamespace(nthreads=1))
    monkeypatch.setattr(distributed, "get_worker", lambda: limits)


def test_a_truncated_file_is_not_taken_for_a_compressed_one(task, worker):
    source, path, grid, requests, options, memory, _ = task
    path.write_bytes(path.read_bytes()[:-5])
    outcome = measured_or_planned(SharedVolume.seen_here(path, grid, requests, options), source, memory)
    assert f"ends after {np.prod(SHAPE) - 5} of {np.prod(SHAPE)} voxels" in str(outcome.errors)


def test_an_error_of_a_stretch_can_be_sent_home(task, worker, monkeypatch):
    """What pickles exceptions with their causes and contexts must come to an end: these make no ring."""
    monkeypatch.setattr(SharedVolume, "check", lambda _: None)
    _, path, grid, requests, options, *_ = task
    values = np.load(path)
    values[-1, 0, 0] = 9
    np.save(path, values)
    with pytest.raises(InputError, match="in layer 28 the value 9 has no phase") as refusal:
        stretch_arrays(SharedVolume.seen_here(path, grid, requests, options), 20, 29, 4)
    waiting, seen = [refusal.value], set()
    while waiting:
        error = waiting.pop()
        assert id(error) not in seen
        seen.add(id(error))
        waiting += {id(other): other for other in (error.__cause__, error.__context__) if other}.values()


def test_metrics_that_read_a_volume_again_are_measured_by_one_worker(task, worker):
    source, path, grid, _, options, memory, _ = task
    for names, kind in ((("vf",), SlabPlan), (("vf", "dpb_active"), Outcome)):
        requests = requests_for(names, {}, grid)
        result = measured_or_planned(SharedVolume.seen_here(path, grid, requests, options), source, memory)
        assert isinstance(result, kind)
    assert result.rows == measure_source(source, path, grid, requests, options, memory).rows
    assert {row["metric"] for row in result.rows} == {"vf", "dpb_active"}


def test_a_volume_of_one_layer_has_one_stretch(client, task):
    np.save(task[1], np.load(task[1])[:1])
    assert spread_outcome(client, task).rows == measure_source(*task[:-1]).rows


def test_what_cannot_be_measured_so_is_said_beside_the_rest(client, task):
    requests = requests_for(("vf", "first_passage"), {}, task[2])
    source, path, grid, _, *others = task
    outcome = spread_outcome(client, (source, path, grid, requests, *others))
    assert [row["metric"] for row in outcome.rows] == ["vf"] * 3
    assert "first_passage: needs the whole volume in memory" in outcome.errors[0]
    outcome = spread_outcome(client, (source, path, grid, requests[1:], *others))
    assert not outcome.rows
    assert "first_passage: needs the whole volume in memory" in outcome.errors[0]


@pytest.mark.parametrize(("name", "number"), [("stretch_arrays", 6), ("joined_arrays", 3), ("summed_rows", 2)])
def test_what_was_kept_before_a_kill_is_not_read_again(client, task, name, number):
    counts = Counter()

    def stopped(event):
        counts[event] += 1
        if (event, counts[event]) == (name, number):
            raise ValueError("killed")

    client.events = stopped
    assert "its Dask worker failed: ValueError: killed" in spread_outcome(client, task).errors[0]
    client.pool.shutdown()
    another, again = Client(), Counter()
    another.events = lambda event: again.update([event])
    outcome = spread_outcome(another, task)
    assert outcome.rows == measure_source(*task[:-1]).rows
    assert re.search(r"; [1-9]\d* of 29 layers were read by an earlier process", outcome.notes[0])
    if name == "summed_rows":
        assert again["stretch_arrays"] == again["joined_arrays"] == 0
    else:
        assert again["stretch_arrays"] < 8


def test_data_that_went_with_a_worker_is_read_again(client, task):
    lost = iter([True, False, True])

    def event(name):
        if name == "joined_arrays" and next(lost, False):
            raise CancelledError("lost dependencies")

    client.events = event
    assert spread_outcome(client, task).rows == measure_source(*task[:-1]).rows


def test_data_that_is_lost_again_and_again_is_an_error(client, task, monkeypatch):
    monkeypatch.setattr(kept_states, "PERIOD_S", 1e9)
    tries = []

    def event(name):
        if name == "joined_arrays":
            tries.append(name)
            raise CancelledError("lost dependencies")

    client.events = event
    (error,) = spread_outcome(client, task).errors
    assert error == f"{task[1]}: its Dask worker failed: CancelledError: lost dependencies"
    assert len(tries) >= stretches.ATTEMPTS


def test_an_error_of_the_volume_is_one_line(client, task):
    values = np.load(task[1])
    values[28, 2, 3] = 77
    np.save(task[1], values)
    (error,) = spread_outcome(client, task).errors
    assert error.startswith(f"{task[1]}: in layer 28 the value 77 has no phase")


def test_a_file_that_changes_meanwhile_is_refused(client, task):
    changes = iter([False, True])

    def event(name):
        if name == "stretch_arrays" and next(changes, False):
            np.save(task[1], np.zeros((29, 9, 12), np.uint8))

    client.events = event
    (error,) = spread_outcome(client, task).errors
    assert error == f"{task[1]}: changed while it was read. Measure it again when nothing writes to it."


def test_a_worker_that_sees_no_file_or_has_another_version_is_named(task, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("distributed.get_worker", lambda: type("Worker", (), {"address": "tcp://w:1"}))
    volume = SharedVolume.seen_here(*task[1:5])
    volume.check()
    monkeypatch.setattr(cluster_tasks, "_CHECKED", set())
    np.save(task[1], np.zeros((29, 9, 12), np.uint8))
    with pytest.raises(InputError, match=r"a\.npy: worker tcp://w:1: the files have another size or time there, or ch"):
        stretch_arrays(volume, 0, 4, 2)
    task[1].rename(task[1].with_name("b.npy"))
    with pytest.raises(InputError, match=r"a\.npy: worker tcp://w:1: there is no such file .*see the same path"):
        stretch_arrays(volume, 0, 4, 2)
    monkeypatch.setattr("porenet.measurement.cluster_tasks.version", lambda _: "0.0")
    for step in (lambda: stretch_arrays(volume, 0, 4, 2), lambda: measured_or_planned(volume, task[0], 10**9)):
        with pytest.raises(InputError, match=r"a\.npy: worker tcp://w:1: it has porenet 0\.0, not "):
            step()


@pytest.mark.parametrize("threads", [1, 3, 64])
@pytest.mark.parametrize(("length", "chunk"), [(1, 1), (100, 1), (100, 64), (500, 8), (2048, 64)])
def test_stretches_cover_what_is_left_and_cut_no_chunk(threads, length, chunk):
    spread = Spread(Flights(Client(threads)), None, (length, 1, 1), chunk, SlabPlan(1, 1), lambda *_: None)
    for done in ([], [(0, min(length, chunk))], [(length // 2 // chunk * chunk, length)]):
        done = [part for part in done if part[0] < part[1]]
        parts = sorted([*spread.ranges(length, chunk, done), *done])
        assert [parts[0][0], parts[-1][1]] == [0, length]
        assert all(before[1] == after[0] for before, after in itertools.pairwise(parts))
        assert all(begin % chunk == 0 for begin, _ in parts)
        assert len(parts) <= max(4 * threads, 1) + 2
        assert not done or done[0] in parts


def test_without_a_worker_nothing_waits_for_ever(client, monkeypatch):
    monkeypatch.setattr("porenet.measurement.flights.PATIENCE_S", 0.01)
    client.threads = 0
    flights = Flights(client)
    with pytest.raises(InputError, match="tcp://s:1: the Dask scheduler has no worker"):
        flights.result(type("Future", (), {"result": lambda self, timeout: (_ for _ in ()).throw(TimeoutError)})())
    client.nthreads = lambda: (_ for _ in ()).throw(OSError("closed"))
    with pytest.raises(InputError, match="tcp://s:1: the Dask scheduler does not answer any more"):
        flights.result(type("Future", (), {"result": lambda self, timeout: (_ for _ in ()).throw(TimeoutError)})())


def test_a_scheduler_that_is_lost_ends_the_measurement_in_a_line_and_keeps_what_was_measured(
    task, worker, monkeypatch, tmp_path
):
    client, begun = Client(threads=1), []

    def events(name):
        begun.append(name)
        if len(begun) > 2 and client.status == "running":
            client.status = "connecting"
        if client.status == "connecting":
            raise CancelledError("scheduler-connection-lost")

    volumes = {name: tmp_path / f"{name}.npy" for name in "abcd"}
    for path in volumes.values():
        np.save(path, np.load(task[1]))
    monkeypatch.setattr(slab_plan, "WHOLE_BYTES", 6)
    monkeypatch.setattr("porenet.measurement.on_dask.check_address", lambda _: None)
    monkeypatch.setattr("distributed.Client", lambda *_, **__: client)
    job = Job(volumes, task[2], requests_for(["vf"], {}, task[2]), {}, {})
    with client.pool:
        client.events = events
        with pytest.raises(InputError, match=r"tcp://s:1: the Dask scheduler does not answer any more\. Start it, and"):
            measure_all(job, tmp_path / "t.json", dask="tcp://s:1")
        client.pool.submit(int).result()  # what was under way has ended
        again = []
        client.status, client.events = "running", again.append
        assert measure_all(job, tmp_path / "t.json", dask="tcp://s:1").count == 12
    assert again == ["measured_or_planned"] * 2  # the other two were kept


def test_a_large_volume_does_not_outlive_its_scheduler(task, client):
    def events(name):
        client.status = "closed"
        raise CancelledError("scheduler-connection-lost")

    client.events = events
    with pytest.raises(SchedulerGone):
        spread_outcome(client, task)


def test_worker_data_that_cannot_be_sent_is_lost(client):
    client.scatter = lambda *_, **__: (_ for _ in ()).throw(ConnectionResetError("gone"))
    with pytest.raises(WorkerFailed, match="gone"):
        Flights(client).sent_data({})


def test_of_states_that_overlap_the_joined_one_counts(tmp_path):
    kept = KeptStates(StatePlace.beside(tmp_path / "t.json", "a", []), "stretch")
    for layers in ((0, 8), (0, 4), (4, 8), (8, 12), (16, 20)):
        kept.keep(layers, {"a": np.array(layers)})
    states = stretches._disjoint(kept.read(lambda arrays: arrays["a"].tolist()))
    assert states == {(0, 8): [0, 8], (8, 12): [8, 12], (16, 20): [16, 20]}
