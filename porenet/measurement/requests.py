"""Which metrics to measure, with which parameters: checked before the first volume is read."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from porenet import registry
from porenet.config import GridFile
from porenet.errors import ConfigError, InputError, Wording
from porenet.registry import OWN, schema

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


def requests_for(names: Sequence[str], params: Mapping[str, Mapping[str, Any]], grid: GridFile) -> tuple[Request, ...]:
    """Check metrics and parameters, before the first volume is read.

    Args:
        names: names of metrics; empty for every metric of porenet itself that these volumes allow without parameters.
        params: name of a metric -> its parameters.
        grid: phases and reservoirs; the parameter ``reservoirs`` of a metric defaults to those of the grid.

    Returns:
        One request per metric, every parameter filled in.

    Raises:
        UnknownComponent, ConfigError, PluginError: a name or a parameter is wrong.
        InputError: parameters for a metric that is not measured.
    """
    plugins = registry.installed()
    named = {metric.full_name: metric for metric in (plugins.find("metric", name) for name in names)}
    chosen = list(named.values()) or [
        metric for metric in plugins.components if metric.spec.kind == "metric" and metric.provider.name == OWN
    ]
    stray = sorted(set(params) - {metric.spec.name for metric in chosen} - {metric.full_name for metric in chosen})
    if stray:
        raise InputError(f"parameters for {', '.join(stray)}, which is not measured", fix=ADD)
    requests = []
    for component in chosen:
        values = dict(params.get(component.spec.name, params.get(component.full_name, {})))
        function = component.load()
        if grid.reservoirs and "reservoirs" in inspect.signature(function).parameters:
            values.setdefault("reservoirs", dict(grid.reservoirs))
        try:
            filled = schema.validated(function, "metric", values, grid=grid.grid, path=component.spec.name)
        except ConfigError as error:
            required = not names and all(problem.message == "is required" for problem in error.problems)
            if required:
                continue
            raise
        requests.append(Request(component.full_name, filled, explicit=bool(names), validated=True))
    return tuple(requests)
