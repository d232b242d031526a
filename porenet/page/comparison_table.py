"""The page's tables of a comparison, decisions and scores, read from the JSON that an earlier command wrote."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from porenet import formats
from porenet.errors import InputError
from porenet.page.unit_text import readable_unit

LABELS = {"Fail": "differs", "undecided": "undecided", "withheld": "withheld", "OK": "match"}
"""Labels of decisions, the worst first, and the words that the page shows."""
VERDICTS = ("OK", "Marginal", "Fail")
FIX = "Write the comparison with porenet compare -o comparison.json, or with porenet evaluate -o FOLDER."

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
    """The tables of a comparison.

    Args:
        path: JSON of ``porenet compare`` (``-o``, or ``--json``), or the ``evaluation.json`` of ``porenet evaluate``.

    Returns:
        JSON-ready: the reference; one column per run; ``summaries``, the sentences on each run; ``decisions``, one row
        per quantity, those that differ first; ``rows``, one row per quantity and score. Of these, rows with
        ``published`` true come first: s_value of the percolating share of each phase and of the active and total
        triple-phase boundary.

    Raises:
        InputError: the file cannot be read or holds no comparison.
    """
    data = formats.read_json(path, fix=FIX)
    rows = data.get("comparisons") if isinstance(data, dict) else None
    decided = decisions_of(data.get("decisions")) if isinstance(data, dict) else {}
    if not isinstance(rows, list) or not all(map(_is_row, rows)) or not (rows or decided):
        raise InputError("holds no comparisons of porenet", where=str(path), fix=FIX)
    runs = list(dict.fromkeys([*decided, *(row["run"] for row in rows)]))
    by_score: dict[tuple[str, str, str, str], dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        key = (row["metric"], row["key"], json.dumps(row.get("params"), sort_keys=True), row["score"])
        by_score.setdefault(key, {})[row["run"]] = row
    return {
        "reference": _reference(data),
        "columns": runs,
        "summaries": [_summary(decided.get(run)) for run in runs],
        "decisions": _decision_rows(decided, runs),
        "rows": [
            {
                "quantity": _quantity(metric, key, params, rows),
                "published": _place(metric, key, score) < len(PUBLISHED),
                "unit": readable_unit(str(next(iter(by_run.values())).get("unit", ""))),
                "score": score,
                "ceiling": _ceiling(by_run),
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


def _ceiling(by_run: Mapping[str, Mapping[str, Any]]) -> str:
    """The ceiling that all runs share; else that of each run, or why there is none."""
    texts = {run: _ceiling_text(row) for run, row in by_run.items()}
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    return "; ".join(f"{text} ({run})" for run, text in texts.items())


def _ceiling_text(row: Mapping[str, Any]) -> str:
    value = _number(row.get("ceiling"))
    return f"{value:.2f}" if value is not None else str(row.get("ceiling_undefined") or "not known")


def _cell(row: Mapping[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return dict.fromkeys(("value", "low", "high", "verdict", "no_interval")) | {"reason": "not measured"}
    verdict, span = row.get("verdict"), {name: _number(row.get(name)) for name in ("low", "high")}
    missing = None in span.values()
    return {
        "value": _number(row.get("value")),
        **span,
        "verdict": verdict if verdict in VERDICTS else None,
        "reason": str(row.get("reason") or row.get("undefined") or "") or None,
        "no_interval": str(row.get("interval_undefined") or "not known") if missing else None,
    }


def decisions_of(data: Any) -> dict[str, Mapping[str, Any]]:
    """The decisions of each run in a comparison's JSON; of files of other versions, those that can be read."""
    return {
        run: decision
        for run, decision in (data.items() if isinstance(data, dict) else ())
        if isinstance(decision, dict)
        and isinstance(decision.get("decisions"), list)
        and all(map(_is_decision, decision["decisions"]))
    }


def _is_decision(row: Any) -> bool:
    texts = ("metric", "key", "label")
    return isinstance(row, dict) and all(isinstance(row.get(key), str) for key in texts) and row["label"] in LABELS


def _summary(decision: Mapping[str, Any] | None) -> list[str]:
    sentences = (decision or {}).get("summary")
    return [str(sentence) for sentence in sentences] if isinstance(sentences, list) else []


def _decision_rows(decided: Mapping[str, Mapping[str, Any]], runs: Sequence[str]) -> list[dict[str, Any]]:
    """One row per quantity, those that differ in any run first; ``folded`` where all runs match."""
    every = [row for decision in decided.values() for row in decision["decisions"]]
    by_quantity: dict[tuple[str, str, str], dict[str, Mapping[str, Any]]] = {}
    for run, decision in decided.items():
        for row in decision["decisions"]:
            key = (row["metric"], row["key"], json.dumps(row.get("params"), sort_keys=True))
            by_quantity.setdefault(key, {})[run] = row
    order = list(LABELS)
    ranks = {key: min(order.index(row["label"]) for row in rows.values()) for key, rows in by_quantity.items()}
    return [
        {
            "quantity": _quantity(*key, every),
            "unit": readable_unit(str(next(iter(rows.values())).get("unit", ""))),
            "folded": order[ranks[key]] == "OK",
            "cells": [_decision_cell(rows.get(run)) for run in runs],
        }
        for key, rows in sorted(by_quantity.items(), key=lambda entry: ranks[entry[0]])
    ]


def _decision_cell(row: Mapping[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {"label": None, "word": "not measured"}
    numbers = {name: _number(row.get(name)) for name in ("distance", "lower", "upper")}
    texts = {name: str(row.get(name) or "") for name in ("why", "reason", "needed")}
    return {"label": row["label"], "word": LABELS[row["label"]], **numbers, **texts}


def _reference(data: Mapping[str, Any]) -> str:
    reference = data.get("reference")
    if isinstance(reference, dict) and isinstance(reference.get("data"), str):
        return str(reference["data"])
    return "the reference structures"


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
