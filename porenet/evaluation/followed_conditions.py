"""How closely structures follow what they were asked for."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from porenet.evaluation.conditions import Condition

ROUNDING = 1e-9
"""Spread, beside the largest value, that is none."""


def followed(measured: Sequence[Condition], asked: Sequence[Condition]) -> dict[str, dict[str, Any]]:
    """Values of structures beside those of the conditions that they were made for.

    Args:
        measured: what was measured on each structure, by the metrics of its condition.
        asked: the condition of each.

    Returns:
        Name of a quantity, such as ``vf pore`` -> ``unit``; ``asked`` and ``made``, the means; ``ratio``, mean over
        mean; ``scatter``, standard deviation over that of what was asked for; ``correlation``, Pearson's r; ``miss``,
        the root mean square of the differences, in the unit; ``n`` structures. A number is None where it is undefined.
    """
    pairs: dict[str, list[tuple[float, float]]] = {}
    units: dict[str, str] = {}
    for structure, condition in zip(measured, asked, strict=True):
        values = {(row["metric"], row["key"]): row["value"] for row in structure.rows}
        for row in condition.rows:
            got, wanted = values.get((row["metric"], row["key"])), row["value"]
            if got is not None and wanted is not None:
                name = f"{row['metric']} {row['key']}"
                units[name] = row["unit"]
                pairs.setdefault(name, []).append((float(got), float(wanted)))
    return {name: {"unit": units[name]} | _statistics(values) for name, values in pairs.items()}


def _statistics(pairs: Sequence[tuple[float, float]]) -> dict[str, float | int | None]:
    got, wanted = zip(*pairs, strict=True)
    means = statistics.fmean(got), statistics.fmean(wanted)
    spreads = _spread(got), _spread(wanted)
    return {
        "asked": means[1],
        "made": means[0],
        "ratio": means[0] / means[1] if means[1] else None,
        "scatter": spreads[0] / spreads[1] if spreads[1] else None,
        "correlation": statistics.correlation(got, wanted) if all(spreads) else None,
        "miss": math.sqrt(statistics.fmean((a - b) ** 2 for a, b in pairs)),
        "n": len(pairs),
    }


def _spread(values: Sequence[float]) -> float:
    """Standard deviation (n - 1); 0 where all that differs is rounding."""
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return spread if spread > ROUNDING * max(map(abs, values)) else 0.0
