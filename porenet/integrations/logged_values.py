"""Numbers for a training's logger, from the table of its structures and their comparison with real ones."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from porenet.integrations.measuring_plan import MeasuringPlan
from porenet.measurement import Row

VERDICTS = {
    "OK": ("match", 1.0),
    "Fail": ("differs", -1.0),
    "undecided": ("undecided", 0.0),
    "withheld": ("withheld", None),
}
"""Label of a decision -> its word, and its number in a curve."""


def logged_values(rows: Iterable[Row], report: Mapping[str, Any], plan: MeasuringPlan, run: str) -> dict[str, float]:
    """Names and numbers for a logger.

    Args:
        rows: table of the structures.
        report: ``porenet compare -o report.json``; empty: none.
        plan: what was measured; other rows are left out.
        run: name of the structures in the report.

    Returns:
        ``structure/METRIC/KEY``, the mean of the defined values in the unit of the metric, ``.../std`` (n - 1; from two
        values on) and, where there are any, ``.../n_undefined``. With a report also ``.../distance`` (in standard
        deviations of the real structures), ``.../spread`` (ratio), ``.../verdict`` (1 matches, -1 differs, 0 undecided;
        none where it is withheld), ``.../SCORE``, and ``structure/verdicts/WORD``, the number of quantities.
    """
    return {f"structure/{name}": value for name, value in (*_measured(rows, plan), *_compared(report, plan, run))}


def _measured(rows: Iterable[Row], plan: MeasuringPlan) -> Iterator[tuple[str, float]]:
    values: dict[str, list[float | None]] = {}
    for row in rows:
        if plan.is_planned(row):
            values.setdefault(f"{row['metric']}/{row['key']}", []).append(row["value"])
    for name, sample in values.items():
        defined = [value for value in sample if value is not None]
        if defined:
            yield name, statistics.fmean(defined)
        if len(defined) > 1:
            yield f"{name}/std", statistics.stdev(defined)
        if len(defined) < len(sample):
            yield f"{name}/n_undefined", float(len(sample) - len(defined))


def _compared(report: Mapping[str, Any], plan: MeasuringPlan, run: str) -> Iterator[tuple[str, float]]:
    decisions = report.get("decisions", {}).get(run, {}).get("decisions", [])
    counts = dict.fromkeys((word for word, _ in VERDICTS.values()), 0)
    for row in filter(plan.is_planned, decisions):
        name, (word, number) = f"{row['metric']}/{row['key']}", VERDICTS[row["label"]]
        counts[word] += 1
        yield f"{name}/distance", row["distance"]
        if row["spread"] is not None:
            yield f"{name}/spread", row["spread"]
        if number is not None:
            yield f"{name}/verdict", number
    if decisions:
        yield from ((f"verdicts/{word}", float(count)) for word, count in counts.items())
    for row in filter(plan.is_planned, report.get("comparisons", [])):
        if row["run"] == run and row["value"] is not None:
            yield f"{row['metric']}/{row['key']}/{row['score']}", row["value"]
