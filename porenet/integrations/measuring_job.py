"""One measurement of generated structures, in a process of its own.

A subprocess of the command line and not ``multiprocessing``, whose spawned workers run the user's script once more
where it has no main guard.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet import formats
from porenet.errors import InputError
from porenet.integrations.logged_values import logged_values
from porenet.integrations.measuring_plan import MeasuringPlan
from porenet.interface import Volume
from porenet.measurement import read_table

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
LAST_LINES = 12
"""Lines of a failed process that its message shows."""


class MeasuringJob:
    """Structures of one step, written to a folder and measured by ``python -m porenet``.

    Args:
        plan: what is measured.
        labels: ``(N, Z, Y, X)`` uint8.
        step: step of the training at which they were drawn.
        folder: gets ``step_00001200/`` with the structures, and beside it the table, the comparison and the log.

    Attributes:
        step: as above.
        table: of the values.
        report: of the comparison with the reference.
        log: what the process prints.

    Raises:
        InputError: a file cannot be written.
        OSError: a folder cannot be made, or the process cannot be started.
    """

    def __init__(self, plan: MeasuringPlan, labels: NDArray[np.uint8], step: int, folder: Path) -> None:
        self.step, self._plan = step, plan
        volumes = _new_folder(folder, f"step_{step:08d}")
        self.table = volumes.with_name(f"{volumes.name}.json")
        self.report = volumes.with_name(f"{volumes.name}.comparison.json")
        self.log = volumes.with_name(f"{volumes.name}.log")
        digits = len(str(len(labels) - 1))
        for number, structure in enumerate(labels):
            formats.write(Volume(structure, plan.grid), volumes / f"{number:0{digits}}.npz")
        # The processors and the memory of the accelerator are the training's; each process here takes one thread.
        environ = os.environ | dict.fromkeys(THREADS, "1") | {"CUDA_VISIBLE_DEVICES": "", "PYTHONUNBUFFERED": "1"}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                plan.command(volumes, self.table, self.report),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environ,
            )

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is still at work."""
        return self._process.poll() is None

    def wait(self, limit_s: float) -> bool:
        """Wait for the process; returns whether it has ended.

        Args:
            limit_s: longest time to wait.
        """
        try:
            self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def values(self) -> dict[str, float]:
        """What a logger takes, of a process that has ended; what it could not do is not there, and `failure` tells.

        Raises:
            InputError: the table or the report cannot be read.
        """
        rows = list(read_table(self.table)) if self.table.exists() else []
        report: Mapping[str, Any] = {}
        if self.report.exists():
            try:
                report = json.loads(self.report.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise InputError(f"cannot be read: {error}", where=str(self.report)) from error
        return logged_values(rows, report, self._plan, self.table.stem)

    def failure(self) -> str:
        """Why the process did not do all that it should; empty if it did."""
        code = self._process.returncode
        if not code:
            return ""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
        last = "\n".join(text.strip().splitlines()[-LAST_LINES:])
        return (
            f"measuring the structures of step {self.step} failed ({_end(code)}), and the training goes on:\n"
            f"{last or 'it printed nothing'}\nThe whole output is in {self.log}."
        )


def _end(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"


def _new_folder(parent: Path, name: str) -> Path:
    """A folder that was not there, numbered if an earlier training left one of the name."""
    number = 1
    while True:
        place = parent / (f"{name}_{number}" if number > 1 else name)
        try:
            place.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return place
