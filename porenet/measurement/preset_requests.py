"""What to measure for a preset, on the phases of a grid, with parameters that the user sets."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from porenet.config import GridFile, Preset, Quantity
from porenet.errors import ConfigError, InputError, Problem, UnknownComponent
from porenet.measurement.requests import ADD, Request, requests_for


def requests_of_preset(
    preset: Preset, names: Sequence[str], params: Mapping[str, Mapping[str, Any]], grid: GridFile
) -> tuple[Request, ...]:
    """Check a preset, further metrics, and parameters, before the first volume is read.

    Args:
        preset: the quantities.
        names: metrics to measure besides.
        params: name of a metric -> parameters, which take the place of the preset's.
        grid: phases and reservoirs.

    Returns:
        One request per metric and set of parameters. Where a metric of the preset refuses a volume, its values are
        undefined with the reason.

    Raises:
        UnknownComponent, ConfigError, PluginError: a name or a parameter is wrong.
        InputError: parameters for a metric that is not measured, or one that the preset itself varies.
    """
    known_names = {quantity.metric for quantity in preset.quantities} | set(names)
    stray = sorted(set(params) - known_names - set(map(_bare, known_names)))
    if stray:
        raise InputError(f"parameters for {', '.join(stray)}, which is not measured", fix=ADD)
    _check_varied(preset, params)
    requests: dict[tuple[str, str], Request] = {}
    for quantity in preset.quantities:
        request = _request_of(quantity, preset.name, params, grid)
        key = request.name, _as_json(request.params)
        known = requests.get(key, dataclasses.replace(request, explicit=False))
        keys = dict.fromkeys((*known.keys, *quantity.keys(grid.grid.phases).values()))
        requests[key] = dataclasses.replace(known, keys=tuple(keys))
    for name in names:
        for request in requests_for((name,), {name: params.get(_bare(name), params.get(name, {}))}, grid):
            requests.setdefault((request.name, _as_json(request.params)), request)
    return tuple(requests.values())


def _request_of(quantity: Quantity, preset: str, params: Mapping[str, Mapping[str, Any]], grid: GridFile) -> Request:
    """The request of a quantity; what is wrong in the preset itself names the preset."""
    further = params.get(_bare(quantity.metric), params.get(quantity.metric, {}))
    where = f"{preset}, {quantity.name!r}"
    try:
        (request,) = requests_for((quantity.metric,), {quantity.metric: {**quantity.params, **further}}, grid)
    except UnknownComponent as error:
        raise UnknownComponent(error.what, where=where, fix=error.fix) from error
    except ConfigError as error:
        if further:
            raise
        problems = map(_advised, error.problems)
        raise ConfigError(list(problems), source=where, broken_plugin=error.broken_plugin) from error
    return request


def _advised(problem: Problem) -> Problem:
    """A problem, of a section with what to do about it: a preset names axes that volumes have."""
    if not problem.message.startswith("a 2-D grid"):
        return problem
    advice = "the preset is one of volumes: name metrics in its place, or write a preset of sections"
    return dataclasses.replace(problem, message=f"{problem.message}; {advice}")


def _check_varied(preset: Preset, params: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse a parameter for which the preset itself takes several values."""
    for metric, values in params.items():
        for name in values:
            taken = [
                quantity.params.get(name)
                for quantity in preset.quantities
                if metric in (quantity.metric, _bare(quantity.metric))
            ]
            distinct = list(dict.fromkeys(map(str, taken)))
            if len(distinct) > 1:
                raise InputError(
                    f"the preset {preset.name} measures {metric} with {name} = {', '.join(distinct)}, each in a line "
                    "of its own",
                    where=f"{metric}.{name}",
                    fix="Leave it out, or measure that metric without the preset.",
                )


def _bare(name: str) -> str:
    """Name of a metric without its provider."""
    return name.rpartition(":")[2]


def _as_json(params: Mapping[str, Any]) -> str:
    return json.dumps(params, sort_keys=True)
