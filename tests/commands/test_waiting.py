"""What keeps the start of a command waiting is said where somebody watches, and nothing is left changed."""

import gc
import logging
import multiprocessing
import sys
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.commands import waiting
from porenet.commands.console import echo_table, progress_bar, table_of
from porenet.commands.waiting import OBJECTS, compiling_named, short_start
from porenet.measurement.worker_pool import COMPILER, Worker, _log_once, _Note, _Passing


@pytest.mark.parametrize("watched", [True, False])
def test_compiling_is_named_on_a_terminal_alone(monkeypatch, capsys, watched):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: watched)
    log = logging.getLogger(COMPILER)
    before = log.level, list(log.handlers)
    with compiling_named():
        log.info("compiling")
    assert (log.level, list(log.handlers)) == before
    captured = capsys.readouterr()
    assert captured.out == ""
    assert ("compiling ..." in captured.err) == watched


@pytest.mark.parametrize("watched", [True, False])
def test_a_bar_is_shown_on_a_terminal_alone_whatever_a_notebook_sets(monkeypatch, capsys, watched):
    monkeypatch.setenv("FORCE_COLOR", "1")  # Jupyter's kernels do, and rich takes any stream for a terminal then
    monkeypatch.setattr(sys.stderr, "isatty", lambda: watched)
    with progress_bar("measuring", 2) as advance:
        advance("a.npy")
    assert ("measuring" in capsys.readouterr().err) == watched


def test_a_table_in_a_pipe_is_not_folded_whatever_a_notebook_sets(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    echo_table(table_of(["long"], [["x" * 150]]))
    assert "x" * 150 in capsys.readouterr().out


def test_a_table_is_folded_in_a_pipe_that_says_it_is_as_good_as_a_terminal(monkeypatch, capsys):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")  # the documentation shows tables so
    monkeypatch.setenv("COLUMNS", "100")
    echo_table(table_of(["long"], [["x" * 150]]))
    assert {len(line) for line in capsys.readouterr().out.splitlines() if "x" in line} == {100, 50}


def test_garbage_is_looked_for_less_often_and_then_as_before():
    before = gc.get_threshold()
    with short_start():
        assert gc.get_threshold()[0] == OBJECTS
    assert gc.get_threshold() == before


def test_a_process_that_ran_commands_ends_without_a_search_for_garbage(monkeypatch):
    at_exit = []
    monkeypatch.setattr(
        waiting, "atexit", SimpleNamespace(register=at_exit.append, unregister=lambda _: at_exit.clear())
    )
    for command in ("show", "validate"):
        assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0
    assert at_exit == [gc.freeze]


def test_what_a_worker_compiles_is_said_by_its_parent(caplog):
    near, far = multiprocessing.Pipe()
    _Passing(far).emit(logging.LogRecord(COMPILER, logging.INFO, "", 0, "compiling", (), None))
    worker = object.__new__(Worker)
    worker.line, worker.stage = near, "tpb"
    caplog.set_level(logging.INFO, COMPILER)
    _log_once.cache_clear()
    assert worker.receive() is None
    _Passing(far).emit(logging.LogRecord(COMPILER, logging.INFO, "", 0, "compiling", (), None))
    assert worker.receive() is None  # of another worker: said once
    assert (caplog.messages, worker.stage) == (["compiling"], "tpb")
    far.send(_Note("more"))
    assert type(near.recv()) is _Note
