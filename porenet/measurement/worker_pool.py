"""Processes that measure volumes: a volume that ends its worker, or takes too long, is named and the others go on."""

from __future__ import annotations

import functools
import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from porenet.config import GridFile
from porenet.errors import InputError, Wording
from porenet.measurement.kept_states import StatePlace
from porenet.measurement.one_volume import measure_source
from porenet.measurement.outcome import Outcome
from porenet.measurement.requests import Request
from porenet.measurement.row import Source

log = logging.getLogger("porenet")

Task = tuple[Source, Path, GridFile, Sequence[Request], Mapping[str, Any], int | None, StatePlace | None]
"""The arguments of `measure_source`."""

Watch = Callable[[str, str], object]
"""Takes the name of a volume, and what is done with it."""

PATIENCE_S = 600.0
"""Seconds without a finished volume after which those in work are named in the log."""
START = "its start"
COMPILER = "porenet.kernels"
"""Name of the logger that says what is compiled; its module would bring numba, which this process may not need."""


def measured_in_processes(
    tasks: Mapping[str, Task], count: int, limit_s: float | None = None, watch: Watch = lambda *_: None
) -> Generator[tuple[str, Outcome]]:
    """Measure volumes in processes of their own.

    A volume whose worker dies is measured once more after the others, alone, because the memory may have been short
    for several at once. A volume that exceeds the limit is not measured again.

    Args:
        tasks: name of each volume -> what to measure.
        count: number of processes.
        limit_s: seconds per volume, after which its worker is killed and replaced; None for no limit.
        watch: called with the name of a volume and its stage, whenever one begins.

    Yields:
        Name and outcome of each volume, in the order in which they are finished.
    """
    lost: list[str] = []
    yield from _measured(tasks, list(tasks), count, limit_s, lost, watch)
    for name in lost:
        yield from _measured(tasks, [name], 1, limit_s, None, watch)


def _measured(
    tasks: Mapping[str, Task],
    names: Sequence[str],
    count: int,
    limit_s: float | None,
    lost: list[str] | None,
    watch: Watch,
) -> Iterator[tuple[str, Outcome]]:
    """Measure volumes; those whose worker died are added to ``lost``, or reported if it is None."""
    waiting = list(reversed(names))
    workers: list[Worker] = []
    try:
        while waiting or workers:
            while waiting and len(workers) < count:
                workers.append(Worker(limit_s))
                workers[-1].take(waiting.pop(), tasks)
            for worker in _ready(workers):
                answer, name = worker.receive(), worker.name
                if answer is None:
                    watch(name, worker.stage)
                    continue
                if isinstance(answer, Exception):
                    raise answer
                if waiting and not worker.dead:
                    worker.take(waiting.pop(), tasks)
                else:
                    worker.end()
                    workers.remove(worker)
                if worker.dead and not worker.late and lost is not None:
                    lost.append(name)
                else:
                    yield name, answer
    finally:
        for worker in workers:
            worker.end()


def _ready(workers: Sequence[Worker]) -> list[Worker]:
    """The workers that have something to say, or are dead; waits for one."""
    lines = [worker.line for worker in workers]
    while not (ready := multiprocessing.connection.wait(lines, PATIENCE_S)):
        log.warning(
            "no volume was finished for %g s; in work: %s. A limit per volume ends what hangs.",
            PATIENCE_S,
            ", ".join(f"{worker.name} ({worker.stage})" for worker in workers),
        )
    return [worker for worker in workers if worker.line in ready]


class Worker:
    """A process that measures one volume after the other; the clock of a volume starts once the process has begun it.

    A clock that runs out kills the process: whatever waits for it then reads the end of its line, even if it was
    stopped in the middle of an answer.
    """

    def __init__(self, limit_s: float | None) -> None:
        # spawn: a forked copy of a process with numba or torch threads may hang
        context = multiprocessing.get_context("spawn")
        self.line, far_end = context.Pipe()
        self.process = context.Process(target=_serve, args=(far_end,))
        self.process.start()
        far_end.close()
        self.limit_s = limit_s
        self.dead = self.late = False
        self.name, self.stage, self._path = "", "", Path()
        self._clock: threading.Timer | None = None

    def take(self, name: str, tasks: Mapping[str, Task]) -> None:
        """Give the worker a volume."""
        self.name, self.stage, self._path, self.late = name, START, tasks[name][1], False
        self._start_clock()
        with suppress(OSError):  # dead: the end of its line says so
            self.line.send(tasks[name])

    def receive(self) -> Outcome | Exception | None:
        """The answer of the worker: an outcome, what failed in it, or None while it goes on; sets ``dead``."""
        try:
            answer: Outcome | Exception | str = self.line.recv()
        except (EOFError, OSError):
            self.dead = True
            self.process.join(1)  # its own exit code, before it is killed
            self.end()
            return Outcome([], [self._complaint().wording], [])
        if not isinstance(answer, str):
            self._stop_clock()
            return answer
        if isinstance(answer, _Note):
            _log_once(answer)
            return None
        if self.stage == START:
            self._start_clock()
        self.stage = answer
        return None

    def end(self) -> None:
        """Kill the process: it holds nothing that was not sent, and a stopped process obeys nothing else."""
        self._stop_clock()
        self.process.kill()
        self.process.join()
        self.line.close()

    def _complaint(self) -> InputError:
        if self.late:
            return InputError(
                f"was not measured within {self.limit_s:g} s: its worker process was ended during {self.stage}",
                where=str(self._path),
                fix=Wording(
                    "Raise limit_s, or measure it without that metric.",
                    "Raise --limit-per-volume, or measure it without that metric.",
                ),
            )
        code = self.process.exitcode or 0
        cause = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        memory = ", as the kernel does when memory is short" if cause.endswith("SIGKILL") else ""
        return InputError(
            f"its worker process died during {self.stage} ({cause}{memory})",
            where=str(self._path),
            fix="Measure it without that metric, or with more memory.",
        )

    def _start_clock(self) -> None:
        self._stop_clock()
        if self.limit_s is not None:
            self._clock = threading.Timer(self.limit_s, self._run_out)
            self._clock.daemon = True
            self._clock.start()

    def _stop_clock(self) -> None:
        if self._clock:
            self._clock.cancel()
            self._clock = None

    def _run_out(self) -> None:
        self.late = True
        self.process.kill()


def _serve(line: multiprocessing.connection.Connection) -> None:
    """Measure what comes along the line, until its other end is closed; each stage is named on it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent, which the same key reaches, ends its workers
    # One process per core already; threads of the libraries would only queue for the same cores.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[variable] = "1"
    threading.Thread(target=_end_with_parent, daemon=True).start()
    compiler = logging.getLogger(COMPILER)
    compiler.addHandler(_Passing(line))
    compiler.setLevel(logging.INFO)
    compiler.propagate = False
    answer: Outcome | Exception
    while True:
        task: Task = line.recv()
        try:
            answer = measure_source(*task, begin=line.send)
        except Exception as error:
            answer = error
        line.send(answer)


@functools.cache
def _log_once(note: str) -> None:
    """Log what workers say, whichever says it first."""
    logging.getLogger(COMPILER).info(note)


class _Note(str):
    """What a worker logs."""


class _Passing(logging.Handler):
    """Passes what is logged on along the line."""

    def __init__(self, line: multiprocessing.connection.Connection) -> None:
        super().__init__()
        self._line = line

    def emit(self, record: logging.LogRecord) -> None:
        """Send the text."""
        self._line.send(_Note(record.getMessage()))


def _end_with_parent() -> None:
    # Without this, a worker whose parent was killed would wait for work for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
