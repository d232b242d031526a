"""The tables of one-micrograph.md, from docs/results/one_micrograph.json (``python -m benchmarks.one_micrograph``)."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

NUMBERS = Path(__file__).parents[1] / "results" / "one_micrograph.json"
Row = dict[str, Any]


def against_micrograph() -> str:
    """Mean of the generated volumes over the micrograph's value, and how many lie in its interval."""
    lines = _head("", "losses by name", "in the interval", "SliceGAN's recipe", "in the interval")
    for name in _shown():
        line = [name]
        for runs in (_runs(losses=True), _runs(losses=False)):
            rows = [run["quantities"][name] for run in runs]
            line.append(_range([_mean(row) / row["micrograph"] for row in rows]))
            line.append(f"{sum(row['low'] <= _mean(row) <= row['high'] for row in rows)} of {len(rows)}")
        lines.append(line)
    return _table(lines)


def against_volume() -> str:
    """Micrograph and generated volumes over the value of the volume that no run saw."""
    lines = _head("", "micrograph", "its interval holds it", "losses by name", "SliceGAN's recipe")
    for name in _shown():
        rows, others = ([run["quantities"][name] for run in _runs(losses=losses)] for losses in (True, False))
        holds = sum(row["low"] <= row["volume"] <= row["high"] for row in rows)
        line = [name, _range([row["micrograph"] / row["volume"] for row in rows]), f"{holds} of {len(rows)}"]
        lines.append([*line, *(_range([_mean(row) / row["volume"] for row in each]) for each in (rows, others))])
    return _table(lines)


def joined() -> str:
    """What a section does not show: shares of the phases that span from side to side."""
    lines = _head("", "volume", "losses by name", "SliceGAN's recipe")
    for name in (name for name in _names() if name.startswith("joined")):
        rows, others = ([run["quantities"][name] for run in _runs(losses=losses)] for losses in (True, False))
        lines.append(
            [name, f"{rows[0]['volume']:.2f}", *(_range([_mean(row) for row in each]) for each in (rows, others))]
        )
    return _table(lines)


def cost() -> str:
    """Seconds of a run, and the processor."""
    parts = [
        f"{_range([run['seconds'] for run in _runs(losses=losses)], '.0f')} s {name}"
        for losses, name in ((True, "with the losses"), (False, "without"))
    ]
    steps = ", ".join(str(number) for number in sorted({run["steps"] for run in _numbers()["runs"]}))
    return f"{steps} steps of the generator; one thread of {_numbers()['processor']}: {', '.join(parts)}."


def _mean(row: Row) -> float:
    return statistics.fmean(row["generated"])


def _range(values: Sequence[float], form: str = ".2f") -> str:
    middle, low, high = (format(pick(values), form) for pick in _PICKS)
    return f"{middle} [{low}, {high}]"


_PICKS: tuple[Callable[[Sequence[float]], float], ...] = (statistics.median, min, max)


def _head(*titles: str) -> list[list[str]]:
    return [list(titles), ["---"] * len(titles)]


def _table(lines: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _names() -> list[str]:
    return list(_numbers()["runs"][0]["quantities"])


def _shown() -> list[str]:
    """Quantities that a section shows."""
    first = _numbers()["runs"][0]["quantities"]
    return [name for name, row in first.items() if row["micrograph"] is not None]


def _runs(*, losses: bool) -> list[Row]:
    return [run for run in _numbers()["runs"] if run["losses"] is losses]


def _numbers() -> Any:
    return json.loads(NUMBERS.read_text(encoding="utf-8"))
