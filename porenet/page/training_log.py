"""The log of a training as curves: each term as it was shown, on the probabilities, and on the structure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

MOST_POINTS = 400
"""Points of a curve: more than a phone has pixels for."""


def records_of(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a log, each with a ``step``; one that was torn off by a kill ends it."""
    records: list[dict[str, Any]] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return records
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            break
        if not isinstance(record, dict) or type(record.get("step")) is not int:
            break
        records.append(record)
    return records


def first_not_finite(records: Iterable[Mapping[str, Any]]) -> int | None:
    """The first step at which a term is NaN or infinite; None if none is."""
    for one in records:
        terms = one.get("terms")
        values = terms.values() if isinstance(terms, dict) else ()
        if any(isinstance(value, float) and not math.isfinite(value) for value in values):
            return int(one["step"])
    return None


def curves_of(records: Sequence[Mapping[str, Any]], labels: Sequence[str], relax: str) -> dict[str, Any] | None:
    """The curves of a run.

    Args:
        records: the steps of a log: ``terms`` (label -> value), and in some of them ``gaps`` (label -> ``read``,
            ``soft``, ``hard``, ``fooled``) with ``soft`` and ``hard``, the volume fraction of each phase.
        labels: of the terms, in the order to show them; those of the log come after them.
        relax: how the run shows the field to its losses.

    Returns:
        JSON-ready; of the steps with gaps where there are some; None without any step.
    """
    kept = [one for one in records if isinstance(one.get("gaps"), dict)] or list(records)
    if not kept:
        return None
    stride = -(-len(kept) // MOST_POINTS)
    points = kept[::stride] if (len(kept) - 1) % stride == 0 else [*kept[::stride], kept[-1]]
    names = dict.fromkeys([*labels, *_keys(points, "gaps"), *_keys(points, "terms")])
    terms = [_term(name, points) for name in names]
    return {
        "step": [one["step"] for one in points],
        "relax": relax,
        "terms": [term for term in terms if any(value is not None for value in term["read"])],
        "phases": [
            {"name": phase, **{kind: [_number(_at(one, kind, phase)) for one in points] for kind in ("soft", "hard")}}
            for phase in dict.fromkeys([*_keys(points, "soft"), *_keys(points, "hard")])
        ],
    }


def _term(name: str, points: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {"label": name, "read": [], "soft": [], "hard": [], "fooled": []}
    for one in points:
        read = _number(_at(one, "gaps", name, "read"))
        found["read"].append(_number(_at(one, "terms", name)) if read is None else read)
        for kind in ("soft", "hard"):
            found[kind].append(_number(_at(one, "gaps", name, kind)))
        fooled = _at(one, "gaps", name, "fooled")
        found["fooled"].append(fooled if isinstance(fooled, bool) else None)
    return found


def _keys(points: Iterable[Mapping[str, Any]], table: str) -> Iterable[str]:
    for one in points:
        found = one.get(table)
        if isinstance(found, dict):
            yield from found


def _at(record: Any, *path: str) -> Any:
    for key in path:
        record = record.get(key) if isinstance(record, dict) else None
    return record


def _number(value: Any) -> float | None:
    """Six digits of a finite number; a picture shows no more."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(f"{value:.6g}")
