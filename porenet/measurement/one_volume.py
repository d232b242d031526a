"""Measure one volume, one row per value.

`measure_source` reads and measures a volume as a function of plain values, so that a process pool or a Dask cluster
can run it as it is. Rows are JSON-ready mappings; see the docs of ``porenet measure`` for their keys.
"""

from __future__ import annotations

import dataclasses
import inspect
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porenet import registry
from porenet.config import GridFile
from porenet.errors import ConfigError, InputError, PluginError, PorenetError, Wording
from porenet.interface import Value, Volume
from porenet.measurement.array_volume import volume_of
from porenet.measurement.row import Row, Source, rows_of
from porenet.measurement.rows import Rows
from porenet.registry import OWN, Component, Misbehaviour, quarantine, schema

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from porenet.interface import AxisChoice
    from porenet.interface.phase_values import PhaseValues

_ADD = Wording("Add it to the names of the metrics.", "Add it with -m.")
_NO_AXIS = Wording("Leave axis out, or add a metric that has one.", "Leave out --axis, or add a metric that has one.")

log = logging.getLogger("porenet")


@dataclass(frozen=True)
class Request:
    """One metric to measure.

    Attributes:
        name: name in ``porenet list-plugins``, or ``provider:name``.
        params: its parameters; a missing parameter has the default of the metric.
        explicit: whether the user named the metric; any other metric is left out of volumes that it does not fit.
        validated: whether `requests_for` has checked and filled in the parameters for the grid of the volumes.
    """

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    explicit: bool = True
    validated: bool = False


@dataclass(frozen=True)
class Outcome:
    """Outcome of measuring one volume.

    Attributes:
        rows: one row per value.
        errors: error messages; an error of one metric leaves the rows of the others. Each may be a `Wording`.
        notes: metrics that were left out, with the reason; each may be a `Wording`.
        sha256: hash of the bytes that were measured; None if the volume could not be read.
    """

    rows: list[Row]
    errors: list[str]
    notes: list[str]
    sha256: str | None = None


def requests_for(
    names: Sequence[str], params: Mapping[str, Mapping[str, Any]], grid: GridFile, *, axis: AxisChoice | None = None
) -> tuple[Request, ...]:
    """Check metrics and parameters, before the first volume is read.

    Args:
        names: names of metrics; empty for every metric of porenet itself that these volumes allow without parameters.
        params: name of a metric -> its parameters.
        grid: phases and reservoirs; the parameter ``reservoirs`` of a metric defaults to those of the grid.
        axis: default of the parameter ``axis`` of every metric that has one; None: that of the metric.

    Returns:
        One request per metric, every parameter filled in.

    Raises:
        UnknownComponent, ConfigError, PluginError: a name or a parameter is wrong.
        InputError: parameters for a metric that is not measured, or an axis and no metric that has one.
    """
    plugins = registry.installed()
    named = {metric.full_name: metric for metric in (plugins.find("metric", name) for name in names)}
    chosen = list(named.values()) or [
        metric for metric in plugins.components if metric.spec.kind == "metric" and metric.provider.name == OWN
    ]
    stray = sorted(set(params) - {metric.spec.name for metric in chosen} - {metric.full_name for metric in chosen})
    if stray:
        raise InputError(f"parameters for {', '.join(stray)}, which is not measured", fix=_ADD)
    of_all: dict[str, Any] = {"reservoirs": dict(grid.reservoirs)} if grid.reservoirs else {}
    of_all |= {"axis": axis} if axis else {}
    requests = []
    for component in chosen:
        function = component.load()
        shared = {name: of_all[name] for name in inspect.signature(function).parameters if name in of_all}
        values = shared | dict(params.get(component.spec.name, params.get(component.full_name, {})))
        try:
            filled = schema.validated(function, "metric", values, grid=grid.grid, path=component.spec.name)
        except ConfigError as error:
            required = not names and all(problem.message == "is required" for problem in error.problems)
            if required:
                continue
            raise
        requests.append(Request(component.full_name, filled, explicit=bool(names), validated=True))
    if axis and not any("axis" in request.params for request in requests):
        measured = ", ".join(request.name.rpartition(":")[2] for request in requests)
        raise InputError(f"no metric that is measured has an axis: {measured}", fix=_NO_AXIS)
    return tuple(requests)


def measure(
    volume: Volume | ArrayLike | object,
    requests: Iterable[Request | str] | str,
    *,
    phases: Sequence[str] | PhaseValues | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    source: Source | None = None,
) -> Rows:
    """Measure one volume.

    Args:
        volume: any labelled structure, whose components are computed once and shared; or an array, see
            `porenet.Volume.from_array`.
        requests: metrics, by name or with parameters.
        phases: for an array: names of its phases, or name -> value, or values.
        voxel_um: for an array: voxel edges (z, y, x), um, or one number.
        periodic: for an array: per axis (z, y, x), whether it wraps; default: open.
        source: name, hash and origin of the volume, for a table of many; without it the rows lack these.

    Returns:
        One row per value: metric, provider, key, value or the reason why it is undefined, unit, parameters, phases,
        voxel edges (um), shape, versions. The list of them has ``value``, ``wide`` and ``to_dataframe``.

    Raises:
        InputError: that is not a volume, or an array without phases and voxel edges, or these with a volume.
        UnknownComponent, ConfigError: a request is wrong.
        PluginError: a metric broke its contract.
    """
    measured = volume_of(volume, phases, voxel_um, periodic)
    rows = Rows()
    for request in [requests] if isinstance(requests, str) else requests:
        rows += rows_of(
            *_measure(measured, Request(request) if isinstance(request, str) else request), measured, source
        )
    return rows


def values_of_metric(component: Component, volume: Volume, params: Mapping[str, Any]) -> dict[str, Value]:
    """The values of one metric on one volume.

    Args:
        component: the metric.
        volume: any labelled structure.
        params: parameters of the metric, not yet validated.

    Raises:
        ConfigError: a parameter is wrong.
        PluginError: the metric broke its contract.
    """
    function = component.load()
    filled = schema.validated(function, "metric", params, grid=volume.grid, path=component.spec.name)
    rows = Rows(rows_of(component, filled, _result(component, function, volume, filled), volume))
    return {row["key"]: rows.value(row["metric"], row["key"]) for row in rows}


def measure_source(
    source: Source,
    path: Path,
    grid: GridFile,
    requests: Sequence[Request],
    options: Mapping[str, Any],
    *,
    begin: Callable[[str], object] = lambda _: None,
) -> Outcome:
    """Read one volume and measure it; the task of a worker.

    Args:
        source: its name in the table, and the place it was cut from.
        path: a file, or a folder that holds one volume.
        grid: phases, their file values, voxel edges (um), boundaries.
        requests: from `requests_for`.
        options: further keywords of `porenet.formats.read`.
        begin: called before each stage: ``"reading"``, then the name of each metric.

    Returns:
        The rows, with the hash of the files, and the errors.
    """
    from porenet import formats

    begin("reading")
    try:
        volume, sha256 = formats.read_with_fingerprint(
            path, lambda: read_volume(path, grid, options), file_format=options.get("file_format")
        )
    except PorenetError as error:
        return Outcome([], [error.wording], [])
    outcome = Outcome([], [], [], sha256)
    source = dataclasses.replace(source, sha256=sha256)
    for request in requests:
        begin(request.name)
        try:
            outcome.rows.extend(rows_of(*_measure(volume, request), volume, source))
        except InputError as error:
            if request.explicit:
                outcome.errors.append(_refusal(error, request).after(f"{path}: {request.name}: "))
            else:
                outcome.notes.append(_refusal(error, request).after(f"{request.name} is left out: "))
        except PorenetError as error:
            outcome.errors.append(error.wording.after(f"{path}: "))
    return outcome


def _refusal(error: InputError, request: Request) -> Wording:
    """The message of a metric that refuses a volume; a parameter of the metric is named as -p takes it."""
    metric = request.name.rpartition(":")[2]
    parameter = error.where.removeprefix(f"{metric}.")
    if parameter in request.params:
        error.where = Wording(error.where, f"-p {metric}.{parameter}")
    return error.wording


def read_volume(source: Path, grid: GridFile, options: Mapping[str, Any]) -> Volume:
    """Read one volume with the grid of a grid file.

    If that states no file values, they are those that the volume states, else the labels.

    Args:
        source: a file, or a folder that holds one volume.
        grid: phases, their file values, voxel edges (um), boundaries.
        options: further keywords of `porenet.formats.read`.

    Raises:
        InputError: the volume cannot be read, or contradicts the grid.
    """
    from porenet import formats

    return formats.read(
        source,
        phases=grid.values or grid.grid.phases,
        voxel_um=grid.grid.voxel_um,
        periodic=grid.grid.periodic,
        **options,
    )


def _measure(volume: Volume, request: Request) -> tuple[Component, Mapping[str, Any], Mapping[str, Any]]:
    """The metric of a request, all its parameters, and its values on a volume."""
    component = registry.installed().find("metric", request.name)
    function, params = component.load(), request.params
    if not request.validated:
        params = schema.validated(function, "metric", params, grid=volume.grid, path=request.name)
    return component, params, _result(component, function, volume, params)


def _result(
    component: Component, function: Callable[..., Any], volume: Volume, params: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Values of a metric; anything else that it does becomes an error that names the metric."""
    where = f"metric {component.full_name}"
    try:
        with quarantine(lambda text: log.warning("%s prints: %.80r", where, text)):
            result = function(volume, **params)
    except Misbehaviour as error:
        if isinstance(error.__cause__, PorenetError):
            raise error.__cause__ from None
        raise PluginError(f"failed: {error}", where=where) from error
    if not isinstance(result, Mapping) or not result:
        raise PluginError(f"returned {result!r:.60}, not a mapping with values", where=where)
    return result
