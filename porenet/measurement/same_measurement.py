"""Measure volumes as an existing table was measured, and recognise a table that already holds a measurement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from porenet import formats
from porenet.config import GridFile
from porenet.errors import InputError, UnknownComponent
from porenet.measurement.many_volumes import Job
from porenet.measurement.requests import Request, requests_for
from porenet.measurement.row import Row, absent_metrics, full_name, is_of
from porenet.measurement.table import table_rows


def requests_like(table: Path, metrics: Sequence[str], grid: GridFile) -> tuple[tuple[Request, ...], tuple[str, ...]]:
    """The metrics of a table, with the parameters that it states.

    Args:
        table: written by ``porenet measure -o``.
        metrics: names of the metrics to take; empty: all that are installed.
        grid: phases of the volumes to be measured.

    Returns:
        The requests; and messages about metrics of the table that are not installed.

    Raises:
        InputError: the table cannot be read or lacks one of ``metrics``, or none of its metrics is installed.
        ConfigError: a parameter does not fit the grid.
    """
    measured: dict[tuple[str, str], Row] = {}
    for row in table_rows(table):
        if not metrics or is_of(row, metrics):
            measured[full_name(row), _params(row)] = row
    absent = absent_metrics(measured.values(), metrics)
    if absent or not measured:
        raise InputError(f"holds no values of {', '.join(absent) or 'any metric'}", where=str(table))
    requests: list[Request] = []
    messages: dict[str, None] = {}
    for name, params in measured:
        try:
            requests += requests_for((name,), {name: json.loads(params)}, grid)
        except UnknownComponent as error:
            messages[f"{name} of {table} cannot be measured: {error.what}"] = None
    if not requests:
        raise InputError("; ".join(messages), where=str(table))
    return tuple(requests), tuple(messages)


def is_measured(table: Path, job: Job) -> bool:
    """Whether a table holds the measurement of a job already, of files that are the same byte for byte.

    Args:
        table: to be written; it may exist.
        job: volumes and metrics.

    Raises:
        InputError: the file there is not a porenet table, or one of another grid, of other metrics or volumes, which
            is not replaced.
    """
    if not table.exists():
        return False
    rows: dict[str, list[Row]] = {}
    for row in table_rows(table):
        rows.setdefault(row["volume"], []).append(row)
    wanted = {(request.name, _as_json(request.params)) for request in job.requests}
    required = {(request.name, _as_json(request.params)) for request in job.requests if request.explicit}
    measured = {name: {(full_name(row), _params(row)) for row in of_volume} for name, of_volume in rows.items()}
    alike = all(required <= requests <= wanted for requests in measured.values())
    grids = {_grid(row) for of_volume in rows.values() for row in of_volume}
    grid = job.grid.grid
    same_grid = grids == {_as_json([grid.phases, grid.edges_um, grid.wraps])}
    if not (alike and same_grid and set(rows) & set(job.volumes)):
        raise InputError(
            "holds another measurement: other metrics, parameters, volumes or another grid",
            where=str(table),
            fix="Name another folder for the tables, or compare with this table instead.",
        )
    hashes = {name: of_volume[0].get("sha256") for name, of_volume in rows.items()}
    return set(hashes) == set(job.volumes) and all(_hash(path) == hashes[name] for name, path in job.volumes.items())


def _params(row: Row) -> str:
    return _as_json(row.get("params") or {})


def _grid(row: Row) -> str:
    return _as_json([row.get(name) for name in ("phases", "voxel_um", "periodic")])


def _as_json(value: Mapping[str, Any] | Sequence[Any]) -> str:
    return json.dumps(value, sort_keys=True)


def _hash(path: Path) -> str:
    try:
        return formats.fingerprint(path)
    except InputError:  # measuring it says why
        return ""
