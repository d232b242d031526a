"""Volumes -> a table of metrics, one row a value.

The whole way of one volume is a function of plain values (`measure_source`), so that a process pool or a Dask cluster
can run it as it is. Rows are JSON-ready mappings; see the docs of ``porenet measure`` for their keys.
"""

from __future__ import annotations

import dataclasses
import inspect
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from porenet import registry
from porenet.config import GridFile
from porenet.errors import ConfigError, InputError, PluginError, PorenetError
from porenet.interface import Volume
from porenet.measurement.row import Row, Source, rows_of
from porenet.registry import OWN, Component, Misbehaviour, quarantine, schema

log = logging.getLogger("porenet")


@dataclass(frozen=True)
class Request:
    """One metric to measure.

    Attributes:
        name: as ``porenet list-plugins`` shows it, or ``provider:name``.
        params: its parameters; what is left out has the metric's default.
        asked_for: whether the user named it; a metric that was chosen for him is left out of volumes it does not fit.
        validated: whether `requests_for` has checked and filled in the parameters for the grid of the volumes.
    """

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    asked_for: bool = True
    validated: bool = False


@dataclass(frozen=True)
class Measured:
    """What came of one volume.

    Attributes:
        rows: one a value.
        errors: what went wrong, in words; for one bad metric nothing is lost of the others.
        notes: metrics that were left out, and why.
    """

    rows: list[Row]
    errors: list[str]
    notes: list[str]


def requests_for(names: Sequence[str], params: Mapping[str, Mapping[str, Any]], grid: GridFile) -> tuple[Request, ...]:
    """Check which metrics are wanted, before the first volume is read.

    Args:
        names: metrics by name; empty for every metric of porenet's own that these volumes allow without parameters.
        params: parameters by the name of the metric.
        grid: phases and reservoirs; a metric with a parameter ``reservoirs`` gets the grid's unless it was given.

    Returns:
        One request a metric, every parameter filled in.

    Raises:
        UnknownComponent, ConfigError, PluginError: a name or a parameter is wrong.
    """
    plugins = registry.installed()
    named = {one.full_name: one for one in (plugins.find("metric", name) for name in names)}
    chosen = list(named.values()) or [
        one for one in plugins.components if one.spec.kind == "metric" and one.provider.name == OWN
    ]
    stray = sorted(set(params) - {one.spec.name for one in chosen} - {one.full_name for one in chosen})
    if stray:
        raise InputError(f"parameters for {', '.join(stray)}, which is not measured", fix="Add it with -m.")
    found = []
    for component in chosen:
        given = dict(params.get(component.spec.name, params.get(component.full_name, {})))
        function = component.load()
        if grid.reservoirs and "reservoirs" in inspect.signature(function).parameters:
            given.setdefault("reservoirs", dict(grid.reservoirs))
        try:
            filled = schema.validated(function, "metric", given, grid=grid.grid, path=component.spec.name)
        except ConfigError as error:
            required = not names and all(problem.message == "is required" for problem in error.problems)
            if required:
                continue
            raise
        found.append(Request(component.full_name, filled, asked_for=bool(names), validated=True))
    return tuple(found)


def measure(volume: Volume, requests: Iterable[Request | str] | str) -> list[Row]:
    """Measure one volume.

    Args:
        volume: any labelled structure; its components are computed once and shared.
        requests: metrics, by name or with parameters.

    Returns:
        One row a value: metric, provider, key, value or the reason why there is none, unit, parameters, phases, voxel
        edges (um), shape, versions.

    Raises:
        UnknownComponent, ConfigError: a request is wrong.
        PluginError: a metric broke its contract.
    """
    rows: list[Row] = []
    for request in [requests] if isinstance(requests, str) else requests:
        rows += rows_of(*_measured(volume, Request(request) if isinstance(request, str) else request), volume)
    return rows


def measure_source(
    source: Source, path: Path, grid: GridFile, requests: Sequence[Request], options: Mapping[str, Any]
) -> Measured:
    """Read one volume and measure it; what a worker does.

    Args:
        source: its name in the table, and where it was cut from.
        path: a file, or a folder that holds one volume.
        grid: phases, their file values, voxel edges (um), boundaries.
        requests: from `requests_for`.
        options: further keywords of `porenet.formats.read`.

    Returns:
        The rows, with the hash of what was read, and what went wrong.
    """
    from porenet import formats

    measured = Measured([], [], [])
    try:
        volume = read_volume(path, grid, options)
        source = dataclasses.replace(source, sha256=formats.fingerprint(path))
    except PorenetError as error:
        return Measured([], [str(error)], [])
    for request in requests:
        try:
            measured.rows.extend(rows_of(*_measured(volume, request), volume, source))
        except InputError as error:
            if request.asked_for:
                measured.errors.append(f"{path}: {request.name}: {error}")
            else:
                measured.notes.append(f"{request.name} is left out: {error}")
        except PorenetError as error:
            measured.errors.append(f"{path}: {error}")
    return measured


def read_volume(source: Path, grid: GridFile, options: Mapping[str, Any]) -> Volume:
    """Read one volume as a grid file says; where it has no values, file values are labels.

    Args:
        source: a file, or a folder that holds one volume.
        grid: phases, their file values, voxel edges (um), boundaries.
        options: further keywords of `porenet.formats.read`.

    Raises:
        InputError: the volume cannot be read as asked.
    """
    from porenet import formats

    return formats.read(
        source,
        phases=dict(grid.values) or {phase: label for label, phase in enumerate(grid.grid.phases)},
        voxel_um=grid.grid.voxel_um,
        periodic=grid.grid.periodic,
        **options,
    )


def _measured(volume: Volume, request: Request) -> tuple[Component, Mapping[str, Any], Mapping[str, Any]]:
    """The metric of a request, every parameter of it, and what it says of a volume."""
    component = registry.installed().find("metric", request.name)
    function, params = component.load(), request.params
    if not request.validated:
        params = schema.validated(function, "metric", params, grid=volume.grid, path=request.name)
    return component, params, _result(component, function, volume, params)


def _result(
    component: Component, function: Callable[..., Any], volume: Volume, params: Mapping[str, Any]
) -> Mapping[str, Any]:
    """What a metric gives; whatever it does instead stays its own fault."""
    where = f"metric {component.full_name}"
    try:
        with quarantine(lambda text: log.warning("%s prints: %.80s", where, text)):
            result = function(volume, **params)
    except Misbehaviour as error:
        if isinstance(error.__cause__, PorenetError):
            raise error.__cause__ from None
        raise PluginError(f"failed: {error}", where=where) from error
    if not isinstance(result, Mapping) or not result:
        raise PluginError(f"gave {result!r:.60}, not a mapping with values", where=where)
    return result
