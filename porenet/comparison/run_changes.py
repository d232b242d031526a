"""From the first run to the last: which quantities came closer to the reference, and which went farther from it."""

from __future__ import annotations

from porenet.comparison.comparison import Result
from porenet.comparison.decision import Decision
from porenet.comparison.decision_table import distance_text, folded
from porenet.comparison.quantity_labels import label, run_names
from porenet.errors import counted

CLOSER, FARTHER = "▼ closer", "▲ farther"


def change_columns(result: Result, *, width: int | None = None) -> list[str]:
    """Headings of the table of `change_lines`.

    Args:
        result: of `compare`.
        width: most characters of a run's name per line; None: in one line.
    """
    return ["quantity", *(f"distance of\n{folded(run, width)}" for run in _ends(result)), "change"]


def change_lines(result: Result) -> list[list[str]]:
    """The quantities whose intervals of the distance do not overlap between the first and the last run."""
    if len(run_names(result)) < 2:
        return []
    first, last = _ends(result)
    lines = []
    for quantity, before in result.decisions[first].decisions.items():
        after = result.decisions[last].decisions.get(quantity)
        word = _change(before, after) if after else ""
        if after and word:
            lines.append([label(quantity, result), distance_text(before), distance_text(after), word])
    return lines


def change_sentence(result: Result) -> str:
    """How many quantities came closer or went farther from the first run to the last; empty for one run."""
    if len(run_names(result)) < 2:
        return ""
    first, last = _ends(result)
    words = [line[-1] for line in change_lines(result)]
    total = len(set(result.decisions[first].decisions) & set(result.decisions[last].decisions))
    closer, farther = words.count(CLOSER), words.count(FARTHER)
    of_all = f"of {counted(total, 'quantity', 'quantities')}"
    return f"{first} → {last}: {closer} {of_all} closer to the real structures, {farther} farther"


def _ends(result: Result) -> tuple[str, str]:
    runs = run_names(result)
    return runs[0], runs[-1]


def _change(before: Decision, after: Decision) -> str:
    """▼ or ▲ with its word if the intervals do not overlap."""
    return CLOSER if after.upper < before.lower else FARTHER if after.lower > before.upper else ""
