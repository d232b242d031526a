"""The page's table of scores, read from the JSON of an earlier comparison."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from porenet import formats
from porenet.errors import InputError
from porenet.page.unit_text import readable_unit

VERDICTS = ("OK", "Marginal", "Fail")
FIX = "Write the comparison with porenet compare -o comparison.json, or with the example's evaluate.py."

PUBLISHED = (
    ("connectivity", "pore"),
    ("connectivity", "Ni"),
    ("connectivity", "YSZ"),
    ("tpb", "active"),
    ("tpb", "total"),
)
"""The quantities of the published comparison, listed first."""

Rows = Sequence[Mapping[str, Any]]


def comparison_table(path: Path) -> dict[str, Any]:
    """The table of scores of a comparison.

    Args:
        path: JSON written by ``porenet compare`` (``-o``, or ``--json``), or the ``evaluation.json`` of the example.

    Returns:
        JSON-ready: the reference, one column per run, one row per quantity and score. Rows with ``published`` true come
        first: s_value of the percolating share of each phase and of the active and total triple-phase boundary.

    Raises:
        InputError: the file cannot be read or holds no comparison.
    """
    data = formats.read_json(path, fix=FIX)
    rows = data.get("comparisons") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not rows or not all(map(_is_row, rows)):
        raise InputError("holds no comparisons of porenet", where=str(path), fix=FIX)
    runs = list(dict.fromkeys(row["run"] for row in rows))
    by_score: dict[tuple[str, str, str, str], dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        key = (row["metric"], row["key"], json.dumps(row.get("params"), sort_keys=True), row["score"])
        by_score.setdefault(key, {})[row["run"]] = row
    return {
        "reference": _reference(data),
        "columns": runs,
        "rows": [
            {
                "quantity": _quantity(metric, key, params, rows),
                "published": _place(metric, key, score) < len(PUBLISHED),
                "unit": readable_unit(str(next(iter(by_run.values())).get("unit", ""))),
                "score": score,
                "ceiling": _ceiling(by_run.values()),
                "cells": [_cell(by_run.get(run)) for run in runs],
            }
            for (metric, key, params, score), by_run in sorted(
                by_score.items(), key=lambda entry: _place(entry[0][0], entry[0][1], entry[0][3])
            )
        ],
    }


def _place(metric: str, key: str, score: str) -> int:
    """Position of a row among the published ones; after all of them if it is not published."""
    quantity = (metric, key)
    return PUBLISHED.index(quantity) if score == "s_value" and quantity in PUBLISHED else len(PUBLISHED)


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and all(isinstance(row.get(key), str) for key in ("run", "metric", "key", "score"))


def _quantity(metric: str, key: str, params: str, rows: Rows) -> str:
    """Name of a quantity, with the parameters that distinguish it from others of the same name."""
    rivals = [row.get("params") for row in rows if (row["metric"], row["key"]) == (metric, key)]
    mine = json.loads(params)
    if not isinstance(mine, dict) or not all(isinstance(rival, dict) for rival in rivals):
        return f"{metric} {key}"
    differing = [name for name, value in mine.items() if any(rival.get(name) != value for rival in rivals if rival)]
    suffix = ", ".join(f"{name}={mine[name]}" for name in differing)
    return f"{metric} {key} ({suffix})" if suffix else f"{metric} {key}"


def _ceiling(rows: Iterable[Mapping[str, Any]]) -> float | None:
    """The ceiling that all runs share; None if theirs differ (runs with different numbers of structures)."""
    ceilings = {_number(row.get("ceiling")) for row in rows}
    return ceilings.pop() if len(ceilings) == 1 else None


def _cell(row: Mapping[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {"value": None, "low": None, "high": None, "verdict": None, "reason": "not measured"}
    verdict = row.get("verdict")
    return {
        **{name: _number(row.get(name)) for name in ("value", "low", "high")},
        "verdict": verdict if verdict in VERDICTS else None,
        "reason": str(row.get("reason") or row.get("undefined") or "") or None,
    }


def _reference(data: Mapping[str, Any]) -> str:
    reference = data.get("reference")
    if isinstance(reference, dict) and isinstance(reference.get("data"), str):
        return f"{str(reference.get('set', 'reference')).replace('_', '-')} structures of {reference['data']}"
    return "the reference structures"


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
