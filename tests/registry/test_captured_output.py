# ruff: noqa: T201 -- what is printed is the subject
"""What a plugin prints is caught, thread by thread, and stdout is left as it was."""

import io
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import porenet
from porenet import Grid, Volume
from porenet.registry import Misbehaviour, quarantine
from porenet.registry.captured_output import captured_output

GRID = Grid(("Ni", "pore"), (0.1, 0.1, 0.1))


def test_each_thread_gets_its_own_text_and_stdout_stays(capsys):
    before, barrier = sys.stdout, threading.Barrier(8)

    def work(number):
        texts = []
        for _ in range(20):
            barrier.wait()
            with quarantine(texts.append):
                print(f"text {number}")
        return texts

    with ThreadPoolExecutor(8) as pool:
        for number, texts in enumerate(pool.map(work, range(8))):
            assert texts == [f"text {number}"] * 20
    assert sys.stdout is before
    print("after")
    assert capsys.readouterr().out == "after\n"


def test_other_threads_print_to_stdout_meanwhile(capsys):
    with captured_output() as buffer:
        thread = threading.Thread(target=print, args=("from beside",))
        thread.start()
        thread.join()
        print("from inside")
    assert buffer.getvalue() == "from inside\n"
    assert capsys.readouterr().out == "from beside\n"


def test_captures_nest_and_survive_an_exchange_of_stdout(monkeypatch):
    with captured_output() as outer:
        print("outer")
        with captured_output() as inner:
            print("inner")
        print("outer again")
        mine = io.StringIO()
        monkeypatch.setattr(sys, "stdout", mine)
    assert (outer.getvalue(), inner.getvalue()) == ("outer\nouter again\n", "inner\n")
    assert sys.stdout is mine


def test_without_a_stdout_nothing_fails(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)  # as under pythonw
    texts = []
    with quarantine(texts.append):
        print("heard")
    with pytest.raises(Misbehaviour, match=r"calls sys\.exit"), quarantine(texts.append):
        sys.exit(3)
    assert texts == ["heard"]
    assert sys.stdout is None


def test_measuring_from_threads_leaves_stdout_alone():
    pytest.importorskip("porenet_statistics")  # absent where the core is tested alone
    volumes = [Volume(np.random.default_rng(seed).integers(0, 2, (8, 8, 8), np.uint8), GRID) for seed in range(16)]
    before = sys.stdout
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda volume: porenet.measure(volume, ["vf", "ssa"]), volumes * 4))
    assert sys.stdout is before
    assert rows[:16] == [porenet.measure(volume, ["vf", "ssa"]) for volume in volumes]
