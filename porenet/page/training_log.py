"""Curves of a training log: each term as the loss read it, on the probabilities, and on the structure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from porenet import formats
from porenet.errors import InputError

MOST_POINTS = 400
"""Largest number of points per curve, about the width of a phone in pixels."""


def records_of(path: Path) -> list[dict[str, Any]]:
    """The complete lines of a log, each with a ``step``, up to the first line that is not one."""
    records: list[dict[str, Any]] = []
    try:
        lines = formats.read_text(path).splitlines()
    except InputError:
        return records
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            break
        if not isinstance(record, dict) or type(record.get("step")) is not int:
            break
        records.append(record)
    return records


def first_not_finite(records: Iterable[Mapping[str, Any]]) -> int | None:
    """The first step with a NaN or infinite term; None if all are finite."""
    for record in records:
        terms = record.get("terms")
        values = terms.values() if isinstance(terms, dict) else ()
        if any(isinstance(value, float) and not math.isfinite(value) for value in values):
            return int(record["step"])
    return None


def curves_of(records: Sequence[Mapping[str, Any]], labels: Sequence[str], relax: str) -> dict[str, Any] | None:
    """The curves of a run.

    Args:
        records: the steps of a log: ``terms`` (label -> value), and in some of them ``gaps`` (label -> ``read``,
            ``soft``, ``hard``, ``fooled``, ``witness``, ``blind``) with ``soft`` and ``hard``, the volume fraction of
            each phase.
        labels: labels of terms to list first; further terms of the log follow.
        relax: relaxation of the run: how its losses read the field.

    Returns:
        JSON-ready; the steps with gaps only, if there are any; None without any step.
    """
    steps = [record for record in records if isinstance(record.get("gaps"), dict)] or list(records)
    if not steps:
        return None
    stride = -(-len(steps) // MOST_POINTS)
    points = steps[::stride] if (len(steps) - 1) % stride == 0 else [*steps[::stride], steps[-1]]
    names = dict.fromkeys([*labels, *_keys(points, "gaps"), *_keys(points, "terms")])
    terms = [_term(name, points) for name in names]
    return {
        "step": [point["step"] for point in points],
        "relax": relax,
        "terms": [term for term in terms if any(value is not None for value in term["read"])],
        "phases": [
            {"name": phase}
            | {kind: [_number(_at(point, kind, phase)) for point in points] for kind in ("soft", "hard")}
            for phase in dict.fromkeys([*_keys(points, "soft"), *_keys(points, "hard")])
        ],
    }


def _term(name: str, points: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    columns = ("read", "soft", "hard", "witness", "fooled", "blind")
    term: dict[str, Any] = {"label": name} | {column: [] for column in columns}
    for point in points:
        read = _number(_at(point, "gaps", name, "read"))
        term["read"].append(_number(_at(point, "terms", name)) if read is None else read)
        for kind in ("soft", "hard", "witness"):
            term[kind].append(_number(_at(point, "gaps", name, kind)))
        for verdict in ("fooled", "blind"):
            verdict_of_step = _at(point, "gaps", name, verdict)
            term[verdict].append(verdict_of_step if isinstance(verdict_of_step, bool) else None)
    return term


def _keys(points: Iterable[Mapping[str, Any]], table: str) -> Iterable[str]:
    for point in points:
        values = point.get(table)
        if isinstance(values, dict):
            yield from values


def _at(record: Any, *path: str) -> Any:
    for key in path:
        record = record.get(key) if isinstance(record, dict) else None
    return record


def _number(value: Any) -> float | None:
    """A finite number to six digits, more than a curve resolves; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(f"{value:.6g}")
