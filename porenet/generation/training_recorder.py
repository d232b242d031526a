"""What is kept of a training while it runs: log, soft-hard gaps, checkpoints, audit, curves, and the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from porenet.errors import InputError
from porenet.generation.gap_records import gap_record
from porenet.generation.run_folder import Identity, RunFolder
from porenet.generation.training_curves import draw_curves
from porenet.generation.training_display import TrainingDisplay
from porenet.generation.training_log import TrainingLog
from porenet.gradient_audit import Audit
from porenet.objective import Objective, VoteWarner

VOICES = {"critic_norm": "critic", "objective_norm": "objective", "objective_scale": "scale"}
"""Numbers of a step that tell who is heard -> arguments of `porenet.objective.VoteWarner.text`."""


class TrainingRecorder:
    """Keeps a training in its folder, on the process that leads; on others it does nothing.

    A context manager: the log is closed and the terminal released however the training ends.

    Args:
        folder: of the run.
        identity: what its checkpoints belong to.
        steps: of this run of the trainer, ``range(first, last)``.
        leads: whether this process writes; one of those that share a training does.
        gap_every: steps between two looks at the soft-hard gaps.
        checkpoint_every: steps between two checkpoints; there is one after the last step.

    Example:
        .. code-block:: python

            with TrainingRecorder(RunFolder(path), identity, range(first, 1000)) as recorder:
                recorder.begin(run.document.toml(), {"config": identity.config}, "CPU")
                for step in recorder.steps:
                    total, terms = objective(field, targets, step)
                    ...
                    recorder.add(step, {"terms.vf": terms["vf"]}, objective, field.detach(), targets, state)
                recorder.end()
    """

    def __init__(
        self,
        folder: RunFolder,
        identity: Identity,
        steps: range,
        *,
        leads: bool = True,
        gap_every: int = 10,
        checkpoint_every: int = 100,
    ) -> None:
        self.folder, self.identity, self.steps, self.leads = folder, identity, steps, leads
        self.gap_every, self.checkpoint_every = gap_every, checkpoint_every
        self._display = TrainingDisplay(steps.stop, steps.start, visible=leads)
        self._log: TrainingLog | None = None
        self._votes = VoteWarner()
        self._began = time.perf_counter()

    def __enter__(self) -> TrainingRecorder:
        self._display.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._log:
                self._log.close()
        finally:
            self._display.__exit__()

    def say(self, text: str) -> None:
        """A line on stderr that stays."""
        self._display.say(text)

    def keep_audit(self, audit: Audit) -> None:
        """Write ``audit.json``, and say what was found."""
        self.say_findings(audit)
        if self.leads:
            self.folder.write_json("audit.json", audit.as_data())

    def say_findings(self, audit: Audit) -> None:
        """Say what an audit found."""
        for finding in audit.findings:
            self.say(f"audit, {finding.level}: {finding.text}")

    def begin(self, run: str, record: Mapping[str, Any], device: str) -> None:
        """Describe the run in its folder, and open the log: see `RunFolder.describe`."""
        if self.leads:
            self.folder.describe(run, record, first=self.steps.start, device=device)
            self._log = TrainingLog(self.folder.path, self.steps.start)
        self._began = time.perf_counter()

    def add(
        self,
        step: int,
        values: Mapping[str, Tensor],
        objective: Objective,
        field: Tensor,
        targets: Mapping[str, Tensor],
        state: Callable[[], Mapping[str, Any]],
    ) -> None:
        """Note a step that is done, look at the gaps and write a checkpoint when it is time.

        Args:
            step: its number.
            values: scalars, means over all processes; ``terms.LABEL`` for those of the objective. With ``critic_norm``,
                ``objective_norm`` and ``objective_scale`` of `porenet.Objective.balanced` among them, a warning is said
                where one outvotes the other.
            objective: of the training.
            field: probabilities ``(B, P, Z, Y, X)`` of the step, detached.
            targets: of its batch.
            state: gives the state of networks and optimisers, for a checkpoint.

        Raises:
            NonFiniteTerm: a value is NaN or infinite.
            InputError: `begin` was not called, so nothing would be kept.
        """
        if not self.leads:
            return
        if self._log is None:
            raise InputError(
                "nothing is kept yet", where="TrainingRecorder", fix="Call begin(...) before the first step."
            )
        last = step + 1 == self.steps.stop
        look = step % self.gap_every == 0 or last
        others = gap_record(objective, field, targets, lambda text: self.say(f"step {step}: {text}")) if look else {}
        if look and VOICES.keys() <= values.keys():
            warning = self._votes.text(**{VOICES[name]: float(values[name]) for name in VOICES})
            if warning:
                self.say(f"step {step}: {warning}")
        seconds = time.perf_counter() - self._began
        stacked = torch.stack(list(values.values())).float()
        self._log.add(step, list(values), stacked, {**others, "seconds": round(seconds, 4)})
        self._display.advance(step, others.get("gaps"), seconds)
        if (step + 1) % self.checkpoint_every == 0 or last:
            self._log.flush()
            self.folder.save({"step": step + 1, **state()}, self.identity)
        self._began = time.perf_counter()

    def end(self) -> None:
        """Draw the curves, and say where they are."""
        if self.leads:
            self.say(draw_curves(self.folder.path) or f"curves: {self.folder.path / 'curves.png'}")
