"""Which metrics to measure, with which parameters: checked before the first volume is read."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from porenet import registry
from porenet.config import GridFile
from porenet.errors import ConfigError, InputError, Wording, argument
from porenet.interface import Grid
from porenet.registry import OWN, Component, schema
from porenet.registry.dimensions import refuse_dims

if TYPE_CHECKING:
    from porenet.interface import AxisChoice

_NO_AXIS = Wording("Leave axis out, or add a metric that has one.", "Leave out --axis, or add a metric that has one.")
ADD = Wording("Add it to the names of the metrics.", "Add it with -m.")


@dataclass(frozen=True)
class Request:
    """One metric to measure.

    Attributes:
        name: name in ``porenet list-plugins``, or ``provider:name``.
        params: its parameters; a missing parameter has the default of the metric.
        explicit: whether the user named the metric; any other metric is left out of volumes that it does not fit.
        validated: whether `requests_for` has checked and filled in the parameters for the grid of the volumes.
        keys: of a metric of a preset: its values that are undefined, with the reason, where it refuses a volume.
    """

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    explicit: bool = True
    validated: bool = False
    keys: tuple[str, ...] = ()


def requests_for(
    names: Sequence[str], params: Mapping[str, Mapping[str, Any]], grid: GridFile, *, axis: AxisChoice | None = None
) -> tuple[Request, ...]:
    """Check metrics and parameters, before the first volume is read.

    Args:
        names: names of metrics; empty for the usual ones: those of porenet itself that are not for requests only
            (`Spec.on_request`), and that these volumes allow without parameters.
        params: name of a metric -> its parameters.
        grid: phases and reservoirs; the parameter ``reservoirs`` of a metric defaults to those of the grid.
        axis: default of the parameter ``axis`` of every metric that has one; None: that of the metric.

    Returns:
        One request per metric, every parameter filled in.

    Raises:
        UnknownComponent, ConfigError, PluginError: a name or a parameter is wrong.
        InputError: a named metric that is not defined in the dimensions of the grid, parameters for one that is not
            measured, or an axis and no metric that has one.
    """
    plugins = registry.installed()
    named = {metric.full_name: metric for metric in (plugins.find("metric", name) for name in names)}
    chosen = list(named.values()) or [
        metric
        for metric in plugins.components
        if metric.spec.kind == "metric"
        and metric.provider.name == OWN
        and not metric.spec.on_request
        and grid.grid.dims in metric.spec.dims
    ]
    for metric in named.values():
        refuse_dims(metric, grid.grid)
    stray = sorted(set(params) - {metric.spec.name for metric in chosen} - {metric.full_name for metric in chosen})
    if stray:
        raise InputError(f"parameters for {', '.join(stray)}, which is not measured", fix=ADD)
    of_all: dict[str, Any] = {"reservoirs": dict(grid.reservoirs)} if grid.reservoirs else {}
    of_all |= {"axis": axis} if axis else {}
    requests = []
    for component in chosen:
        function = component.load()
        shared = {name: of_all[name] for name in inspect.signature(function).parameters if name in of_all}
        own = dict(params.get(component.spec.name, params.get(component.full_name, {})))
        if axis == "all" and "axis" in shared and "axis" not in own and not _takes_all(function):
            if not names:
                continue
            raise InputError(
                f"{component.spec.name} is along one axis",
                where=argument("axis"),
                fix=_along_one(component.spec.name),
            )
        values = shared | own
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


def _takes_all(metric: Callable[..., Any]) -> bool:
    """Whether the parameter ``axis`` of a metric may be ``all``."""
    choices = typing.get_type_hints(metric)["axis"]
    return "all" in typing.get_args(choices) or any("all" in typing.get_args(kind) for kind in typing.get_args(choices))


def _along_one(metric: str) -> Wording:
    return Wording(
        f"Set its own in params: {{{metric!r}: {{'axis': 'z'}}}}.", f"Set its own with -p {metric}.axis=z, y or x."
    )


def prepared(request: Request, grid: Grid) -> tuple[Component, Mapping[str, Any]]:
    """The metric of a request, and all its parameters."""
    component = registry.installed().find("metric", request.name)
    if request.validated:
        return component, request.params
    return component, schema.validated(component.load(), "metric", request.params, grid=grid, path=request.name)


def refusal(error: InputError, request: Request) -> Wording:
    """The message of a metric that refuses a volume; a parameter of the metric is named as -p takes it."""
    metric = request.name.rpartition(":")[2]
    parameter = error.where.removeprefix(f"{metric}.")
    if parameter in request.params:
        error.where = Wording(error.where, f"-p {metric}.{parameter}")
    return error.wording
