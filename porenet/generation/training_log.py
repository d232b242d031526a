"""The log of a training: one JSON line per step."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from porenet import formats
from porenet.errors import NonFiniteTerm
from porenet.generation.run_folder import LOG

KEPT_ON_GPU = 20
"""Steps whose values stay on a GPU until they are written: reading one makes the host wait for the device."""


class TrainingLog:
    """``log.jsonl``: appended to, a line at a time, whole lines only.

    Args:
        folder: of the run.
        first: the step that comes next; what a killed run logged from there on is cut off.
    """

    def __init__(self, folder: Path, first: int) -> None:
        path = folder / LOG
        earlier = [record for record in read_log(folder) if record["step"] < first] if first else []
        formats.write_whole(path, "".join(json.dumps(record) + "\n" for record in earlier).encode())
        self.file = path.open("a", encoding="utf-8")
        self.waiting: list[tuple[int, Sequence[str], Tensor, dict[str, Any]]] = []

    def add(self, step: int, names: Sequence[str], values: Tensor, others: dict[str, Any]) -> None:
        """Note a step.

        Args:
            step: number of the generator step.
            names: of the values; ``terms.`` before those of the objective.
            values: ``(names,)``, on any device.
            others: what is known on the host.

        Raises:
            NonFiniteTerm: a value is NaN or infinite.
        """
        self.waiting.append((step, names, values, others))
        if values.device.type == "cpu" or len(self.waiting) >= KEPT_ON_GPU or "gaps" in others:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting."""
        while self.waiting:
            step, names, values, others = self.waiting.pop(0)
            record: dict[str, Any] = {"step": step, "terms": {}}
            for name, value in zip(names, values.tolist(), strict=True):
                if not math.isfinite(value):
                    raise NonFiniteTerm(
                        f"not finite at step {step}: {name} = {value}",
                        where="train",
                        fix="Lower train.learning_rate, or raise train.gradient_penalty.",
                    )
                term = name.removeprefix("terms.")
                (record if term == name else record["terms"])[term] = value
            self.file.write(json.dumps(record | others) + "\n")
        self.file.flush()

    def close(self) -> None:
        """Write what is waiting, and close the file."""
        self.flush()
        self.file.close()


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The whole lines of a log; one that was torn off by a kill ends it.

    Args:
        folder: of the run.
    """
    path = folder / LOG
    records: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            records.append(json.loads(line))
        except ValueError:
            break
    return records
