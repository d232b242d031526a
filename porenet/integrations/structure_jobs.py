"""Measurements beside a training: structures go in, numbers for its logger come out once they are measured."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from porenet.errors import InputError, MeasuringFailed
from porenet.integrations.decoded import decoded_labels
from porenet.integrations.measuring_job import MeasuringJob
from porenet.integrations.measuring_plan import Metrics, plan_of
from porenet.integrations.sampling import sampled_labels
from porenet.interface import Grid


class StructureJobs:
    """Measures structures of a training in one process beside it, never in two.

    Args:
        grid: phases, voxel edges (um) and boundaries of the structures.
        metrics: names of metrics, or name -> parameters.
        folder: gets structures, tables and logs of every measurement; made if it is not there.
        reference: table of the real structures, from ``porenet measure -o``, measured in the same way: adds distances,
            scores and verdicts.
        workers: number of worker processes of a measurement.

    Attributes:
        skipped: number of times that structures were not taken because others were still being measured.

    Raises:
        UnknownComponent, ConfigError, PluginError, InputError: as for `porenet.integrations.measuring_plan.plan_of`.

    Example:
        >>> import porenet, tempfile, torch
        >>> from porenet.integrations.structure_jobs import StructureJobs
        >>> grid = porenet.Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
        >>> jobs = StructureJobs(grid, ["vf"], tempfile.mkdtemp())
        >>> jobs.start(torch.rand(2, 3, 8, 8, 8), step=1200)
        True
        >>> jobs.wait(60)["structure/step_of_sample"]
        1200.0
    """

    def __init__(
        self,
        grid: Grid,
        metrics: Metrics,
        folder: Path | str,
        *,
        reference: Path | str | None = None,
        workers: int = 1,
    ) -> None:
        self.skipped = 0
        self._plan = plan_of(metrics, grid, reference=reference, workers=workers)
        self._folder = Path(folder).absolute()  # a training may change its working folder
        self._job: MeasuringJob | None = None
        self._drawn = False

    @property
    def busy(self) -> bool:
        """Whether structures are being measured, or are measured and `values` has not been called since."""
        return self._job is not None

    def start(self, structures: Any, step: int) -> bool:
        """Write structures and begin to measure them, unless others are still being measured.

        Args:
            structures: probabilities or logits ``(N, P, Z, Y, X)``, whose argmax is measured, or labels
                ``(N, Z, Y, X)``.
            step: step of the training at which they were drawn.

        Returns:
            Whether they are being measured. What the system refuses, such as a full disk, is a warning
            (`porenet.errors.MeasuringFailed`).

        Raises:
            InputError: other structures, at the first time; later ones, of a model that gives NaN, are a warning.
        """
        return self._begin(lambda: decoded_labels(structures, self._plan.grid), step)

    def draw(self, module: nn.Module, sample: Callable[[Any, int], Any], n: int, step: int) -> bool:
        """Draw structures from a model in training and begin to measure them, unless others are still being measured.

        Args:
            module: the model.
            sample: called as ``sample(module, n)``, in evaluation mode, without gradients and with random generators
                that are set back; returns what `start` takes, logits too.
            n: number of structures to ask for.
            step: as for `start`.

        Returns:
            As for `start`.

        Raises:
            InputError: as for `start`.
        """
        return self._begin(lambda: sampled_labels(module, sample, n, self._plan.grid), step)

    def _begin(self, labels: Callable[[], NDArray[np.uint8]], step: int) -> bool:
        if self.busy:
            self.skipped += 1
            return False
        try:
            structures = labels()
            self._drawn = True
            self._job = MeasuringJob(self._plan, structures, step, self._folder)
        except (OSError, InputError) as error:
            if not self._drawn:
                raise
            _warn(f"the structures of step {step} cannot be measured, and the training goes on: {error}")
            return False
        return True

    def values(self) -> dict[str, float]:
        """Numbers for a logger, once, of the structures whose measurement has ended since; else empty.

        Never raises: a measurement that failed is a warning (`porenet.errors.MeasuringFailed`) with what it printed.

        Returns:
            See `porenet.integrations.logged_values`; with ``structure/step_of_sample``, and ``structure/skipped``.
        """
        job = self._job
        if job is None or job.running:
            return {}
        self._job = None
        if failure := job.failure():
            _warn(failure)
        try:
            values = job.values()
        except (InputError, OSError) as error:
            _warn(f"the structures of step {job.step} were measured, and their table cannot be read: {error}")
            return {}
        if values:
            values |= {"structure/step_of_sample": float(job.step), "structure/skipped": float(self.skipped)}
        return values

    def wait(self, limit_s: float = 600.0) -> dict[str, float]:
        """Wait for the measurement at work and return its `values`.

        One that takes longer goes on by itself, and a warning says where its table will be.

        Args:
            limit_s: longest time to wait.
        """
        if self._job is not None and not self._job.wait(limit_s):
            job, self._job = self._job, None
            _warn(
                f"the structures of step {job.step} are still being measured after {limit_s:g} s, by process "
                f"{job.pid}; it goes on, and writes {job.table}"
            )
        return self.values()


def _warn(text: str) -> None:
    warnings.warn(text, MeasuringFailed, stacklevel=3)
