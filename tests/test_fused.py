"""The switch of compiled loops, and the threads that they run in."""

import itertools
import os
import subprocess
import sys
import threading

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from porenet.fused import in_threads, loops_run_on
from porenet.passage import operators, travel


def in_another_process(code, **environment):
    environment = {name: value for name, value in os.environ.items() if name != "PORENET_FUSED"} | environment
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.mark.parametrize(
    ("environment", "expected"), [({}, "True False"), ({"PORENET_FUSED": "1"}, "True False"),
                                  ({"PORENET_FUSED": "0"}, "False False")],
)  # fmt: skip
def test_the_environment_is_the_switch(environment, expected):
    code = "from porenet.fused import loops_run_on; print(loops_run_on('cpu'), loops_run_on('cuda'))"
    assert in_another_process(code, **environment) == expected


def test_it_loads_no_library_of_numbers():
    code = "import sys, porenet.fused; print(sorted({'torch', 'numba', 'numpy'} & set(sys.modules)))"
    assert in_another_process(code) == "[]"


def test_the_switch_is_read_at_every_call(monkeypatch):
    calls = []

    def counted(run, entries, **settings):
        calls.append(entries)
        return in_threads(run, entries, **settings)

    monkeypatch.setattr(operators, "in_threads", counted)
    cost = torch.rand(2, 3, 3, 3)
    for allowed in (True, False, True):
        monkeypatch.setattr("porenet.fused.ALLOWED", allowed)
        assert loops_run_on("cpu") == allowed
        travel(cost, "z_min", periodic=(False, False, False))
    assert calls == [2, 2]


@given(st.integers(1, 40), st.integers(1, 8), st.data())
def test_parts_cover_the_entries_once_and_come_back_in_order(entries, threads, data):
    parts = data.draw(st.none() | st.integers(1, entries))
    results = in_threads(
        lambda start, stop: list(range(start, stop)), entries, voxels=10**6, grain=1, threads=threads, parts=parts
    )
    assert list(itertools.chain.from_iterable(results)) == list(range(entries))
    used = min(threads, entries)
    assert len(results) == (1 if used == 1 else parts or used)
    sizes = [len(part) for part in results]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize(
    ("entries", "voxels", "threads", "parts", "expected"),
    [
        (8, 1000, 4, None, 4),
        (8, 1000, 4, 8, 8),
        (3, 1000, 4, None, 3),
        (8, 250, 4, None, 3),  # 1 + 250 // 100
        (8, 99, 4, None, 1),
        (8, 99, 4, 8, 1),
        (8, 1000, 1, 8, 1),
        (1, 1000, 4, None, 1),
        (0, 0, 4, None, 1),
    ],
)
def test_work_below_a_grain_gets_no_thread_of_its_own(entries, voxels, threads, parts, expected):
    names = in_threads(
        lambda *_: threading.current_thread().name, entries, voxels=voxels, grain=100, threads=threads, parts=parts
    )
    assert len(names) == expected
    assert (names == [threading.current_thread().name]) == (expected == 1)


def test_parts_run_at_the_same_time_and_the_threads_are_gone_afterwards():
    together = threading.Barrier(3, timeout=30)
    before = threading.active_count()
    places = in_threads(lambda *_: together.wait(), 3, voxels=10, grain=1, threads=3)
    assert sorted(places) == [0, 1, 2]
    assert threading.active_count() == before


def test_an_error_of_a_part_reaches_the_caller():
    def run(start, stop):
        if start > 0:
            raise ValueError(f"entry {start}")
        return start

    with pytest.raises(ValueError, match="entry 1"):
        in_threads(run, 2, voxels=10, grain=1, threads=2)
