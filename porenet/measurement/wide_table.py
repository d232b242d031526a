"""A table of measurements turned wide: one row per volume, one column per quantity."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from porenet.errors import InputError, Wording
from porenet.measurement.row import Row

_ONCE = Wording(
    "Measure every volume once, and name it: measure(volume, names, source=Source(name)).",
    "Measure every volume once.",
)

Request = tuple[str, str, str]
"""Metric, provider and parameters (JSON): one way to measure."""


def wide_rows(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """One row per volume: ``volume``, where the rows name it, and a column ``METRIC.KEY`` per quantity.

    Where a metric was measured in several ways, its columns end in what differs: ``ssa.Ni [estimator=faces]``.

    Args:
        rows: as `porenet.measurement.rows_of` returns them, of any number of volumes.

    Returns:
        Rows that all have the same columns, in the order in which volumes and quantities first occur. A value is None
        where it is undefined or was not measured.

    Raises:
        InputError: a quantity has two values for a volume, or the rows are wide already.
    """
    known = list(rows)
    refuse_wide(known)
    names = _column_names(known)
    volumes: dict[Any, Row] = {}
    for row in known:
        volume = row.get("volume")
        before, after = names[_request(row)]
        column = f"{before}{row['key']}{after}"
        cells = volumes.setdefault(volume, {} if volume is None else {"volume": volume})
        if column in cells:
            raise InputError(
                f"{column} has two values for {'one volume' if volume is None else volume}",
                where="wide",
                fix=_ONCE,
            )
        cells[column] = row["value"]
    columns = dict.fromkeys(column for cells in volumes.values() for column in cells)
    return [{column: cells.get(column) for column in columns} for cells in volumes.values()]


def refuse_wide(rows: Iterable[Mapping[str, Any]]) -> None:
    """Check that each row has one value.

    Raises:
        InputError: the rows have a column per quantity.
    """
    if not all("metric" in row and "key" in row for row in rows):
        raise InputError("the rows are wide, one per volume, and rows of one value each were expected", where="Rows")


def _request(row: Mapping[str, Any]) -> Request:
    return row["metric"], row.get("provider") or "", json.dumps(row.get("params") or {}, sort_keys=True)


def _column_names(rows: Iterable[Mapping[str, Any]]) -> dict[Request, tuple[str, str]]:
    """What stands before and after the result key in the names of the columns, per way of measuring."""
    by_metric: dict[str, dict[Request, Mapping[str, Any]]] = {}
    for row in rows:
        by_metric.setdefault(row["metric"], {})[_request(row)] = row.get("params") or {}
    names = {}
    for metric, requests in by_metric.items():
        different = [name for name in _names_of(requests.values()) if _differs(name, requests.values())]
        several_providers = len({provider for _, provider, _ in requests}) > 1
        for request, params in requests.items():
            written = ", ".join(f"{name}={_text(params.get(name))}" for name in different)
            provider = f"{request[1]}:" if several_providers else ""
            names[request] = f"{provider}{metric}.", f" [{written}]" if written else ""
    return names


def _names_of(params: Iterable[Mapping[str, Any]]) -> dict[str, None]:
    return dict.fromkeys(name for mapping in params for name in mapping)


def _differs(name: str, params: Iterable[Mapping[str, Any]]) -> bool:
    return len({_text(mapping.get(name)) for mapping in params}) > 1


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
