"""What is measured on generated structures, and with which table it is compared; checked before a training begins."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porenet import registry
from porenet.comparison import Quantity, load_samples
from porenet.config import GridFile
from porenet.errors import InputError
from porenet.interface import Grid
from porenet.measurement import Request, requests_for

Metrics = Sequence[str] | Mapping[str, Mapping[str, Any]]
"""Names of metrics; or name -> parameters."""


@dataclass(frozen=True)
class MeasuringPlan:
    """Metrics with every parameter, and the table of the real structures.

    Attributes:
        grid: phases, voxel edges (um) and boundaries of the structures.
        requests: metrics to measure.
        reference: table of the real structures, from ``porenet measure -o``, or None.
        workers: number of processes of the measurement.
    """

    grid: Grid
    requests: tuple[Request, ...]
    reference: Path | None
    workers: int

    def command(self, folder: Path, table: Path, report: Path) -> list[str]:
        """The command that measures a folder of structures, and compares them if there is a reference.

        Args:
            folder: volumes.
            table: of the values, to be written: ``NAME.json`` beside the folder ``NAME``.
            report: of the comparison, to be written.
        """
        start = [sys.executable, "-m", "porenet"]
        workers = ["--workers", str(self.workers)]
        if self.reference is None:
            names = [part for request in self.requests for part in ("-m", request.name)]
            return [*start, "measure", str(folder), "-o", str(table), *workers, *names, *self._params()]
        # Measures as the reference was measured, whose parameters `plan_of` has checked to be the same.
        names = [part for request in self.requests for part in ("-m", _short(request))]
        places = ["--save-tables", str(table.parent), "-o", str(report)]
        return [*start, "compare", str(self.reference), str(folder), *places, *workers, *names]

    def is_planned(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of a table or of a report belongs to one of the metrics, with its parameters.

        Args:
            row: with ``metric`` and ``params``.
        """
        return (row["metric"], _as_json(row.get("params"))) in {
            (_short(request), _as_json(request.params)) for request in self.requests
        }

    def _params(self) -> Iterator[str]:
        for request in self.requests:
            for name, value in request.params.items():
                if value is not None:  # TOML has no word for it; it is the default of what may be None
                    yield from ("-p", f"{request.name}.{name}={_toml(value)}")


def plan_of(metrics: Metrics, grid: Grid, *, reference: Path | str | None = None, workers: int = 1) -> MeasuringPlan:
    """Check what is to be measured, while the user is still there to read the message.

    Args:
        metrics: names, or name -> parameters.
        grid: phases, voxel edges (um) and boundaries of the structures.
        reference: table of the real structures.
        workers: number of processes of the measurement.

    Raises:
        UnknownComponent, ConfigError, PluginError: a name or a parameter is wrong.
        InputError: no metric, one twice, one that another process does not know; or a reference that is not a table,
            or was measured in another way.
    """
    if not isinstance(grid, Grid):
        raise InputError(f"a porenet.Grid was expected, not {type(grid).__name__}", where="grid")
    if type(workers) is not int or workers < 1:
        raise InputError(f"a number of processes, 1 or more, was expected, not {workers!r}", where="workers")
    wanted = _params_by_name(metrics)
    requests = requests_for(list(wanted), wanted, GridFile(grid, {}, {}))
    names = [_short(request) for request in requests]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(f"{', '.join(repeated)} is named twice", where="metrics")
    for request in requests:
        if not registry.installed().find("metric", request.name).is_installed:
            raise InputError(
                f"{_short(request)} was registered in this process, and another one measures, which does not know it",
                where="metrics",
                fix="Make it a plugin: porenet new-plugin.",
            )
    plan = MeasuringPlan(grid, requests, None if reference is None else Path(reference).absolute(), workers)
    if plan.reference is not None:
        _check_reference(plan, plan.reference)
    return plan


def _params_by_name(metrics: Metrics) -> dict[str, Mapping[str, Any]]:
    """Name of each metric -> its parameters.

    Raises:
        InputError: neither names nor a mapping from names to parameters.
    """
    if isinstance(metrics, Mapping):
        wanted = {name: params if params is not None else {} for name, params in metrics.items()}
    else:
        wanted = {name: {} for name in ([metrics] if isinstance(metrics, str) else metrics)}
    for name, params in wanted.items():
        if not (isinstance(name, str) and isinstance(params, Mapping)):
            raise InputError(
                f"names of metrics, or name -> parameters, were expected, not {name!r}: {params!r}",
                where="metrics",
                fix="Such as {'ssa': {'estimator': 'faces'}}.",
            )
    if not wanted:
        raise InputError("no metric is named", where="metrics", fix="Such as ['vf', 'tpb'].")
    return wanted


def _check_reference(plan: MeasuringPlan, table: Path) -> None:
    """Refuse a reference that the structures could not be compared with.

    Raises:
        InputError: not a table, or other metrics, parameters, voxel edges or boundaries.
    """
    if table.is_dir():
        raise InputError(
            "is a folder, and a table of its structures was expected",
            where=str(table),
            fix=f"Write one first: porenet measure {table} -o real.json",
        )
    quantities = list(load_samples(table, [_short(request) for request in plan.requests]))
    edges, wraps = json.dumps(list(plan.grid.voxel_um)), json.dumps(list(plan.grid.periodic))
    for request in plan.requests:
        rivals = [quantity for quantity in quantities if quantity.metric == _short(request)]
        alike = [quantity for quantity in rivals if quantity.params == _as_json(request.params)]
        for what, mine, theirs in (
            ("with the parameters", _as_json(request.params), [] if alike else _texts(rivals, "params")),
            ("at voxel edges (um)", edges, _texts(alike, "voxel_um")),
            ("with the periodic axes", wraps, _texts(alike, "periodic")),
        ):
            if set(theirs) - {mine}:
                raise InputError(
                    f"{request.name} was measured {what} {' and '.join(theirs)}, and here it is {mine}",
                    where=str(table),
                    fix="Measure both in the same way.",
                )


def _texts(quantities: Sequence[Quantity], attribute: str) -> list[str]:
    return list(dict.fromkeys(getattr(quantity, attribute) for quantity in quantities))


def _short(request: Request) -> str:
    """Name of a metric as rows hold it, without its provider."""
    return request.name.rpartition(":")[2]


def _as_json(params: Mapping[str, Any] | None) -> str:
    return json.dumps(params or {}, sort_keys=True)


def _toml(value: object) -> str:
    """A parameter as TOML writes it: as JSON does, but for tables."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)
