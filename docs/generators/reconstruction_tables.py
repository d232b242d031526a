"""The tables of reconstruct.md, from docs/results/reconstruction.json (``python -m benchmarks.reconstruction``)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

NUMBERS = Path(__file__).parents[1] / "results" / "reconstruction.json"
Row = Mapping[str, Any]


def quality() -> str:
    """What the default terms reach, a line per original."""
    lines = [(name, part["structures"]) for name, part in _numbers("quality").items()]
    return _table([*lines, *_numbers("phases").items()])


def annealing() -> str:
    """Annealing beside a reconstruction of the same structure."""
    rows = _numbers("annealing")
    original = "Ni-YSZ, 32"
    return _table(
        [
            ("porenet, default terms", _numbers("quality")[original]["structures"]),
            *((_wanted(wanted), [row for row in rows if row["wanted"] == wanted]) for wanted in (0.004, 0.0)),
        ]
    )


def large() -> str:
    """128^3 at once, and from a coarse reconstruction."""
    return _table(_numbers("large").items())


def connectivity() -> str:
    """Paths along z with and without terms for them, one structure a line."""
    lines = ["| original | terms | seed | tortuosity factors (original) | paths lost | S2 rms, axes | seconds |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    for name, part in _numbers("connectivity").items():
        there = _factors(part["tortuosity"])
        for terms in ("default", "conductance"):
            lines += [
                f"| {name} | {terms} | {row['seed']} | {_factors(row['tortuosity'])} ({there}) | "
                f"{', '.join(row['lost']) or 'none'} | {row['s2_axes']:.4f} | {row['seconds']:.0f} |"
                for row in part[terms]
            ]
    return "\n".join(lines)


def _table(lines: Iterable[tuple[str, Sequence[Row]]]) -> str:
    head = (
        "| structure | S2 rms, axes | S2 rms, diagonals | surface (Crofton) | surface (marching cubes) | TPB edges | "
        "overlap | seconds |"
    )
    return "\n".join([head, "| --- " * 8 + "|", *(_line(name, rows) for name, rows in lines)])


def _line(name: str, rows: Sequence[Row]) -> str:
    cells = [
        _range(rows, lambda row: [row["s2_axes"]], ".4f"),
        _range(rows, lambda row: [row["s2_diagonals"]], ".4f"),
        _range(rows, lambda row: row["crofton"], ".2f"),
        _range(rows, lambda row: row["marching_cubes"], ".2f"),
        _range(rows, lambda row: [row["edges"]], ".2f"),
        _range(rows, lambda row: [row.get("overlap")], ".2f"),
        _range(rows, lambda row: [row["seconds"]], ".0f" if rows[0]["seconds"] > 3 else ".1f"),
    ]
    return f"| {name} | {' | '.join(cells)} |"


def _range(rows: Sequence[Row], values: Callable[[Row], Sequence[float | None]], form: str) -> str:
    numbers = [value for row in rows for value in values(row) if value is not None]
    if not numbers:
        return ""
    low, high = format(min(numbers), form), format(max(numbers), form)
    return low if low == high else f"{low} to {high}"


def _factors(values: Sequence[float | None]) -> str:
    return ", ".join("no path" if value is None else f"{value:.3g}" for value in values)


def _wanted(rms: float) -> str:
    return f"annealing until {rms:g} along the axes" if rms else "annealing, 100 sweeps"


def _numbers(part: str) -> Any:
    return json.loads(NUMBERS.read_text(encoding="utf-8"))[part]
