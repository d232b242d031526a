"""What a terminal shows of a training: a progress bar over a table of the terms of its objective."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table


class TrainingDisplay:
    """A progress bar over a table of the terms: the value on the field that each reads, and on the decoded structure.

    Where stderr is not a terminal, about ten lines per run.

    Args:
        steps: of the run.
        first: those done already.
        visible: whether this process shows anything.
    """

    def __init__(self, steps: int, first: int, *, visible: bool) -> None:
        self.console = Console(stderr=True, quiet=not visible)
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

    def __enter__(self) -> TrainingDisplay:
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
        """A step is done.

        Args:
            step: its number.
            gaps: of the terms, see `gap_record`; None: none were looked at.
            seconds: that it took.
        """
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
