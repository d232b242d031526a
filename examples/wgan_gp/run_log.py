"""The log of a run: one JSON line a step, what the terminal shows of it, and its curves."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from torch import Tensor

from porenet import formats
from porenet.errors import NonFiniteTerm

from . import checkpoint

KEPT_ON_GPU = 20
"""Steps whose values stay on a GPU until they are written: reading one makes the host wait for the device."""


class RunLog:
    """``log.jsonl``: appended to, a line at a time, whole lines only.

    Args:
        folder: of the run.
        first: the step that comes next; what a killed run logged from there on is cut off.
    """

    def __init__(self, folder: Path, first: int) -> None:
        path = folder / checkpoint.LOG
        kept = [one for one in read(folder) if one["step"] < first] if first else []
        formats.write_whole(path, "".join(json.dumps(one) + "\n" for one in kept).encode())
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


def read(folder: Path) -> list[dict[str, Any]]:
    """The whole lines of a log; one that was torn off by a kill ends it."""
    path = folder / checkpoint.LOG
    records: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            records.append(json.loads(line))
        except ValueError:
            break
    return records


class Display:
    """A progress bar over a table of the terms: the value on the field that each reads, and on the decoded structure.

    Where stderr is no terminal, about ten lines a run.

    Args:
        steps: of the run.
        first: those done already.
        shown: whether this process shows anything.
    """

    def __init__(self, steps: int, first: int, *, shown: bool) -> None:
        self.console = Console(stderr=True, quiet=not shown)
        self.steps, self.due = steps, 0
        columns = (
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
        )
        self.bar = Progress(*columns, console=self.console)
        self.task = self.bar.add_task("", total=steps, completed=first)
        self.live = Live(self.bar, console=self.console, refresh_per_second=4) if self.console.is_terminal else None
        self.gaps: Mapping[str, Any] = {}

    def __enter__(self) -> Display:
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.live:
            self.live.stop()

    def say(self, text: str) -> None:
        """A line that stays."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def advance(self, step: int, gaps: Mapping[str, Any] | None, seconds: float) -> None:
        """A step is done."""
        self.gaps = gaps or self.gaps
        self.bar.update(self.task, completed=step + 1, description=f"{seconds:.2f} s a step")
        if self.live:
            self.live.update(Group(self.bar, gap_table(self.gaps)) if self.gaps else self.bar)
        elif gaps and step + 1 >= self.due:
            self.due = min(step + 1 + self.steps // 10, self.steps)
            terms = "  ".join(map(_short, self.gaps, self.gaps.values()))
            self.say(f"step {step + 1}/{self.steps}  {seconds:.2f} s a step  {terms}")


def _short(label: str, gap: Mapping[str, Any]) -> str:
    """A term in a line of the log: on the field that it reads, on the argmax, and its witness over the targets'."""
    witness = "" if gap["witness"] is None else f", witness x {gap['witness']:.3g}"
    return f"{label} {gap['read']:.3g} (hard {gap['hard']:.3g}{witness})"


def gap_table(gaps: Mapping[str, Any]) -> Table:
    """Each term on the field that it reads, on the probabilities and on their argmax, and what its witness says."""
    table = Table("term", "read", "soft", "hard", "hard - soft", "witness", box=None, pad_edge=False)
    for label, gap in gaps.items():
        numbers = (gap["read"], gap["soft"], gap["hard"], gap["hard"] - gap["soft"])
        verdict = " (fooled)" if gap["fooled"] else " (blind)" if gap["blind"] else ""
        witness = "" if gap["witness"] is None else f"x {gap['witness']:.3g}"
        cells = [*(f"{number:.4g}" for number in numbers), witness]
        table.add_row(label + verdict, *cells, style="bold red" if verdict else "")
    return table


def draw_curves(folder: Path) -> str:
    """Draw the log as ``curves.png``; returns what to tell, empty if all went well."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return "no curves.png: matplotlib is not installed (pip install 'porenet[plot]')"
    records = read(folder)
    looks = [one for one in records if "gaps" in one]
    if not looks:
        return ""
    labels, phases = list(looks[-1]["gaps"]), list(looks[-1]["soft"])
    # No pyplot: it keeps global state, and wants a display on some machines.
    figure = Figure(figsize=(12, 3.2 * (1 + (len(labels) + 1) // 2)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1 + (len(labels) + 1) // 2, 2, squeeze=False)
    steps = [one["step"] for one in records]
    for name in ("critic", "gradient_penalty", "distance", "adversarial"):
        axes[0, 0].plot(steps, [one[name] for one in records], label=name, linewidth=0.8)
    axes[0, 0].set(title="networks", xlabel="step")
    at = [one["step"] for one in looks]
    for number, phase in enumerate(phases):
        for kind, style in (("soft", "--"), ("hard", "-")):
            values = [one[kind][phase] for one in looks]
            axes[0, 1].plot(at, values, style, color=f"C{number}", label=f"{phase} {kind}", linewidth=1)
    axes[0, 1].set(title="volume fraction: probabilities (soft), argmax (hard)", xlabel="step")
    for place, label in zip(axes[1:].flat, labels, strict=False):
        for kind, style in (("read", ":"), ("soft", "--"), ("hard", "-")):
            place.plot(at, [one["gaps"][label][kind] for one in looks], style, label=kind, linewidth=1)
        witness = [one["gaps"][label].get("witness") for one in looks]
        if any(ratio is not None for ratio in witness):
            beside = place.twinx()
            beside.plot(at, [math.nan if ratio is None else ratio for ratio in witness], color="C3", linewidth=0.8)
            beside.set_ylabel("witness over that of the targets", color="C3", fontsize="small")
            beside.set_yscale("log")
        place.set(title=label, xlabel="step")
        place.set_yscale("symlog", linthresh=1e-4)
    for place in axes.flat:
        place.legend(fontsize="small") if place.lines else place.set_axis_off()
    figure.savefig(folder / "curves.png", dpi=110)
    return ""
