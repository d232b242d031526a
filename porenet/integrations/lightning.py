"""Measure the structures of a Lightning training: ``lightning`` and ``pytorch_lightning`` alike."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from porenet.errors import InputError, MissingExtra
from porenet.integrations.measuring_plan import Metrics, plan_of
from porenet.integrations.structure_jobs import StructureJobs
from porenet.interface import Grid

PATIENCE_S = 600.0
"""Longest time that the end of a training waits for a measurement."""
SHARDED = ("FSDPStrategy", "ModelParallelStrategy")
"""Strategies under which the first rank holds a part of the model only."""

# A Trainer of either package takes callbacks of its own alone, and the two may be installed side by side.
_CALLBACKS: list[Any] = [
    importlib.import_module(module).Callback
    for package, module in (("lightning", "lightning.pytorch"), ("pytorch_lightning", "pytorch_lightning"))
    if find_spec(package)
]
if not _CALLBACKS:
    raise MissingExtra(
        "porenet.integrations.lightning needs lightning, which is not installed", fix="pip install lightning"
    )
_Callback: Any = type("_Callback", tuple(_CALLBACKS), {})


class StructureCallback(_Callback):  # type: ignore[misc]
    """Draws structures at the end of epochs, measures them beside the training, and logs their values.

    The first rank draws them in evaluation mode, without gradients and with random generators that are set back, so
    that the training draws the same numbers with and without this callback. ``python -m porenet`` measures them in a
    process of its own. At the end of later epochs, those that are measured are logged through the loggers of the
    trainer, at the current step: ``structure/METRIC/KEY`` and more (see `porenet.integrations.logged_values`), and
    ``structure/step_of_sample``. While structures are measured no others are drawn; ``structure/skipped`` counts those
    epochs. A measurement that fails is a warning (`porenet.errors.MeasuringFailed`) and never ends the training. At the
    end of the training the last structures are waited for.

    Args:
        sample: called as ``sample(module, n)`` with the ``LightningModule``; returns probabilities or logits
            ``(n, P, Z, Y, X)``, whose argmax is measured, or labels ``(n, Z, Y, X)``.
        grid: phases, voxel edges (um) and boundaries of the structures.
        metrics: names of metrics, or name -> parameters.
        reference: table of the real structures, from ``porenet measure -o``; adds distances, scores and verdicts.
        every_n_epochs: draw at the end of every so many epochs.
        n: number of structures each time.
        folder: for structures, tables and logs; default: ``structures`` in the log folder of the trainer.
        workers: number of worker processes of a measurement, one thread each.
        patience_s: longest time, in seconds, that the end of the training waits for a measurement.

    Raises:
        UnknownComponent, ConfigError, PluginError, InputError: as for `porenet.integrations.structure_jobs`, here at
            once; from ``sample``, at the end of the first epoch, if it returns other structures.

    Example:
        .. code-block:: python

            def sample(module, n):
                return module.generator(torch.randn(n, 16, 4, 4, 4, device=module.device))

            trainer = lightning.Trainer(callbacks=[StructureCallback(sample, grid, ["vf", "tpb"])])
    """

    def __init__(
        self,
        sample: Callable[[Any, int], Any],
        grid: Grid,
        metrics: Metrics,
        reference: Path | str | None = None,
        every_n_epochs: int = 1,
        n: int = 16,
        folder: Path | str | None = None,
        *,
        workers: int = 1,
        patience_s: float = PATIENCE_S,
    ) -> None:
        super().__init__()
        for name, number in (("every_n_epochs", every_n_epochs), ("n", n)):
            if type(number) is not int or number < 1:
                raise InputError(f"a number, 1 or more, was expected, not {number!r}", where=name)
        if not callable(sample):
            raise InputError("a function of the module and a number was expected", where="sample")
        plan_of(metrics, grid, reference=reference, workers=workers)  # what is wrong is wrong before the training
        self._sample, self._grid, self._n, self._every = sample, grid, n, every_n_epochs
        self._metrics, self._folder, self._workers = metrics, folder, workers
        self._reference = None if reference is None else Path(reference).absolute()
        self._patience_s = patience_s
        self._jobs: StructureJobs | None = None  # of the first rank
        self._missed = False

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Choose the folder, and refuse a strategy that leaves the first rank without a whole model."""
        if stage != "fit":
            return
        strategy = trainer.strategy
        if type(strategy).__name__ in SHARDED or getattr(strategy, "zero_stage_3", False):
            raise InputError(
                f"{type(strategy).__name__} splits the model over ranks, and one rank alone draws the structures: "
                "it would wait for the others for ever",
                where="StructureCallback",
                fix="Measure checkpoints instead: porenet measure.",
            )
        if trainer.is_global_zero:
            folder = self._folder or _log_folder(trainer) / "structures"
            self._jobs = StructureJobs(
                self._grid, self._metrics, folder, reference=self._reference, workers=self._workers
            )

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Log what is measured, and draw again if it is time."""
        if self._jobs is None:
            return
        self._log(trainer, self._jobs.values())
        if (trainer.current_epoch + 1) % self._every == 0:
            self._missed = not self._jobs.draw(pl_module, self._sample, self._n, _step(trainer))

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Draw from the model as it is in the end, if that was passed over."""
        if self._jobs is None or not self._missed:
            return
        self._missed = False
        self._log(trainer, self._jobs.wait(self._patience_s))
        self._jobs.draw(pl_module, self._sample, self._n, _step(trainer))

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Wait for the last structures."""
        if self._jobs is not None:
            self._log(trainer, self._jobs.wait(self._patience_s))

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_jobs": None}  # a process is not copied, and setup makes another

    def _log(self, trainer: Any, values: dict[str, float]) -> None:
        if values:
            for logger in trainer.loggers:
                logger.log_metrics(values, step=_step(trainer))
                logger.save()


def _log_folder(trainer: Any) -> Path:
    """Folder of this training, as its checkpoints are laid out: of its first logger, or else the trainer's own."""
    root = Path(trainer.default_root_dir)
    if not trainer.loggers:
        return root
    logger = trainer.loggers[0]
    logs = getattr(logger, "log_dir", None)
    if isinstance(logs, str):
        return Path(logs)
    # Others share one save_dir between all trainings.
    return Path(logger.save_dir or root) / str(logger.name) / str(logger.version)


def _step(trainer: Any) -> int:
    """The step at which Lightning logs; with several optimizers ``global_step`` runs ahead of it."""
    loop = trainer.fit_loop.epoch_loop
    return int(getattr(loop, "_batches_that_stepped", trainer.global_step))
