"""A second process that compiles while this one does: the first measurement on a machine waits for half as long.

numba compiles one kernel at a time in a process, and keeps it for all processes. Here the metrics of a volume are
measured from the first on, and in the second process from the last on: where the two meet, the rest is there. A third
process would compile what the two do.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from porenet.measurement.many_volumes import Job

if TYPE_CHECKING:
    from porenet.measurement.worker_pool import Worker

COMPILER = "porenet.kernels"
"""Name of the logger that says, before the first kernel of a process, that kernels are compiled."""
LARGEST = 2**24
"""Bytes of a volume; to measure a larger one twice takes more than the help saves."""


@contextmanager
def compiling_ahead(job: Job) -> Iterator[None]:
    """Context manager for the measurement of one small volume: once kernels must be compiled, a second process helps.

    Nothing happens where all kernels are there already, on one core, for one metric, or if there are several volumes,
    whose processes all compile. The values that the second process measures are not used.

    Args:
        job: what is measured in this process. The logger `COMPILER` must let messages of level INFO pass.
    """
    if os.cpu_count() == 1 or len(job.requests) < 2 or not _is_small(list(job.volumes.values())):
        yield
        return
    log, helper = logging.getLogger(COMPILER), _Helper(job)
    log.addHandler(helper)
    try:
        yield
    finally:
        log.removeHandler(helper)
        helper.end()


def _is_small(volumes: Sequence[Path]) -> bool:
    """Whether it is one volume that is soon measured."""
    return len(volumes) == 1 and volumes[0].is_file() and volumes[0].stat().st_size <= LARGEST


class _Helper(logging.Handler):
    """Starts the second process as soon as it is logged that kernels are compiled."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = replace(job, requests=job.requests[::-1])
        self._worker: Worker | None = None

    def emit(self, _record: logging.LogRecord) -> None:
        """Start the process; where the system refuses one, this process goes on alone."""
        from porenet.measurement.worker_pool import Worker  # with multiprocessing, a part of the time of a start

        if self._worker is None:
            (name,) = self._job.volumes
            with suppress(OSError):
                self._worker = Worker(None)
                self._worker.take(name, {name: self._job.task(name, None)})

    def end(self) -> None:
        """Kill the process: what it has compiled is on the disk."""
        if self._worker is not None:
            self._worker.end()
