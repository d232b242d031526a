"""The tables of what-a-tortuosity-sees.md, from docs/results/necks.json (``python -m benchmarks.necks``)."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

NUMBERS = Path(__file__).parents[1] / "results" / "necks.json"
Row = Mapping[str, Mapping[str, float]]
"""Phase -> title -> number, of one seed."""
TITLES = {
    "surface, um^-1": 2,
    "autocovariance, 4 voxels": 2,
    "autocovariance, 8 voxels": 2,
    "chord, um": 2,
    "joined": 2,
    "tortuosity factor": 1,
    "breakthrough diameter, um": 3,
    "Euler number, um^-3": 2,
}
"""Title -> digits behind the point."""
FIELDS = ("c = 0", "c = 1", "c = 4")


def skews(phase: str = "Ni") -> str:
    """Fields of several skews, and the real cubes."""
    return _table(("real", *FIELDS), phase)


def surfaces(phase: str = "Ni") -> str:
    """What smoothing and roughening change."""
    endings = ("", ", smoothed", ", roughened")
    return _table([name + ending for name in ("real", "c = 0", "c = 1") for ending in endings], phase)


def resolutions() -> str:
    """Tortuosity factors at half the voxel edge, and coarsened from it."""
    rows = _rows()
    lines = ["| structures | Ni | YSZ | pore |", "| --- | --- | --- | --- |"]
    for name in ("real, 36.8 nm", "real, coarsened", "c = 1, 36.8 nm", "c = 1, coarsened"):
        factors = (f"{rows[name][0][phase]['tortuosity factor']:.2f}" for phase in ("Ni", "YSZ", "pore"))
        lines.append(f"| {name} | {' | '.join(factors)} |")
    return "\n".join(lines)


def autocovariances() -> str:
    """That of each phase at 4 and 8 voxels: of fields of one length and no skew, and of the real cubes."""
    rows = _rows()
    lines = ["| structures | lag, voxels | Ni | YSZ | pore |", "| --- | --- | --- | --- | --- |"]
    for name in ("l = 5, c = 0", "real"):
        for lag in (4, 8):
            title = f"autocovariance, {lag} voxels"
            cells = (_spread([row[phase][title] for row in rows[name]], 3) for phase in ("Ni", "YSZ", "pore"))
            lines.append(f"| {name} | {lag} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _table(names: Sequence[str], phase: str) -> str:
    rows = _rows()
    lines = [f"| structures | {' | '.join(TITLES)} |", "| --- " * (len(TITLES) + 1) + "|"]
    for name in names:
        cells = (_spread([row[phase][title] for row in rows[name]], digits) for title, digits in TITLES.items())
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _rows() -> dict[str, list[Row]]:
    values: Mapping[str, Row] = json.loads(NUMBERS.read_text(encoding="utf-8"))
    rows: dict[str, list[Row]] = {}
    for key, row in values.items():
        rows.setdefault(key.rpartition("-")[0], []).append(row)
    return rows


def _spread(values: Sequence[float], digits: int) -> str:
    middle, low, high = (
        round(number, digits) + 0.0 for number in (statistics.median(values), min(values), max(values))
    )
    return f"{middle:.{digits}f}" if low == high else f"{middle:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
