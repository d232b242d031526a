"""The table of scores: S-values with their intervals, ceilings and verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from porenet.comparison.comparison import Result
from porenet.comparison.quantity_labels import label, run_names
from porenet.comparison.resampling import Ceiling, Interval
from porenet.comparison.run_scores import Comparison, ScoreFailure
from porenet.comparison.samples import Quantity
from porenet.comparison.verdicts import LIMITS, NO_LIMITS
from porenet.interface import Undefined

PUBLISHED = "s_value"
"""The score as published, which a report counts whatever scores it shows."""


def score_columns(result: Result) -> list[str]:
    """Headings of the table: one per run; for several runs also the change from the first to the last."""
    runs = run_names(result)
    change = [f"{runs[0]} → {runs[-1]}"] if len(runs) > 1 else []
    return ["quantity", "unit", "score", *runs, *change, "ceiling", "defined"]


def score_lines(result: Result, scores: Sequence[str] = ()) -> list[list[str]]:
    """The table: one line per quantity and score.

    Args:
        result: of `compare`.
        scores: names of the scores to show; empty: all.
    """
    runs = run_names(result)
    entries: dict[tuple[Quantity, str], dict[str, Comparison | ScoreFailure]] = {}
    every: list[Comparison | ScoreFailure] = [*result.comparisons, *result.failures]
    for entry in every:
        if not scores or entry.score in scores:
            entries.setdefault((entry.quantity, entry.score), {})[entry.run] = entry
    order = list(dict.fromkeys(score for _, score in entries))
    table = []
    for quantity, score in sorted(entries, key=lambda line: (line[0], order.index(line[1]))):
        by_entry = entries[quantity, score]
        by_run = {run: entry for run, entry in by_entry.items() if isinstance(entry, Comparison)}
        cells = [_cell(by_entry[run]) if run in by_entry else "not measured" for run in runs]
        change = []
        if len(runs) > 1:
            first, last = by_run.get(runs[0]), by_run.get(runs[-1])
            change = [f"{_value(first)} → {_value(last)} {_arrow(first, last)}".rstrip()]
        ceilings = [row.ceiling for row in by_run.values() if isinstance(row.ceiling, Ceiling)]
        top = ", ".join(dict.fromkeys(f"{ceiling.value:.3f}" for ceiling in ceilings)) or "none"
        similarities = [row.similarity for row in by_run.values()]
        valid = ", ".join(dict.fromkeys(f"{value.n_valid}/{value.n_total}" for value in similarities))
        table.append([label(quantity, result), quantity.unit, score, *cells, *change, top, valid])
    return table


def score_footnotes(result: Result, scores: Sequence[str] = ()) -> list[str]:
    """Withheld verdicts with their reasons; of the scores named, or of all."""
    withheld: dict[str, list[str]] = {}
    for row in result.comparisons:
        listed = not scores or row.score in scores
        if listed and row.verdict.label == "withheld" and row.verdict.reason != NO_LIMITS:
            withheld.setdefault(row.verdict.reason, []).append(f"{row.quantity.name} ({row.score}, {row.run})")
    return [
        f"verdict withheld ({reason}): {', '.join(names[:4])}{f' and {len(names) - 4} more' if len(names) > 4 else ''}"
        for reason, names in withheld.items()
    ]


def published_line(result: Result) -> str:
    """How many published S-values are at or above the published limit; empty if there are none."""
    counts = []
    for run in run_names(result):
        values = [row.similarity.value for row in result.comparisons if (row.run, row.score) == (run, PUBLISHED)]
        if values:
            high = sum(not isinstance(value, Undefined) and value >= LIMITS[0] for value in values)
            counts.append((run, f"{high} of {len(values)}"))
    if not counts:
        return ""
    several = len(counts) > 1
    text = ", ".join(f"{run} {count}" if several else count for run, count in counts)
    return f"Published S-values: {text} at or above {LIMITS[0]:.2f} (--score {PUBLISHED} shows them)"


def _cell(row: Comparison | ScoreFailure) -> str:
    if isinstance(row, ScoreFailure):
        return row.message
    span = f" [{row.interval.low:.3f}, {row.interval.high:.3f}]" if isinstance(row.interval, Interval) else ""
    return f"{_value(row)}{span} {'' if row.verdict.reason == NO_LIMITS else row.verdict.label}".rstrip()


def _value(row: Comparison | None) -> str:
    if row is None or isinstance(row.similarity.value, Undefined):
        return "undefined"
    return f"{row.similarity.value:.3f}"


def _arrow(first: Comparison | None, last: Comparison | None) -> str:
    """▲ or ▼ if the intervals do not overlap, ≈ if they do, empty if one is missing."""
    if first is None or last is None:
        return ""
    before, after = first.interval, last.interval
    if not isinstance(before, Interval) or not isinstance(after, Interval):
        return ""
    return "▲" if after.low > before.high else "▼" if after.high < before.low else "≈"
