"""Measure volumes that are derived from one volume, such as its sub-boxes.

The first derived volume is the one that the others are compared with: it says which metrics fit, and their keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from porenet import registry
from porenet.errors import InputError, command_wording
from porenet.interface import Volume
from porenet.measurement.one_volume import measure
from porenet.measurement.requests import Request
from porenet.measurement.row import Row, Source

Progress = Callable[[str], object]


@dataclass(frozen=True)
class Derived:
    """A volume derived from another one.

    Attributes:
        name: its name in the table.
        make: computes it.
        origin: ``{"source": ..., "corner": [z, y, x]}`` (voxels) where it was cut from; None if it was not cut.
    """

    name: str
    make: Callable[[], Volume]
    origin: dict[str, Any] | None = None


def measure_derived(
    derived: Sequence[Derived],
    requests: Iterable[Request | str] | str,
    *,
    sha256: str | None = None,
    measured: Mapping[str, list[Row]] | None = None,
    keep: Callable[[str, list[Row]], object] = lambda _name, _rows: None,
    progress: Progress | None = None,
) -> tuple[dict[str, list[Row]], list[str]]:
    """Measure derived volumes, one at a time.

    Args:
        derived: the first is the reference.
        requests: metrics, by name or with parameters.
        sha256: hash of the file of the volume that they derive from.
        measured: name -> rows of an earlier process, whose volumes are not measured again.
        keep: called with the name and the rows of each volume that has been measured.
        progress: called with the name of each finished volume, those of an earlier process included.

    Returns:
        Name -> rows. Of a metric that refuses one of the later volumes every row of the reference is there, undefined
        for that reason. And notes on the metrics that refuse the reference, which are left out.

    Raises:
        InputError: a metric that was asked for by name refuses the reference, or one is asked for twice.
        UnknownComponent, ConfigError, PluginError: as `measure`.
    """
    names = [requests] if isinstance(requests, str) else list(requests)
    asked = [Request(request) if isinstance(request, str) else request for request in names]
    _check_distinct(asked)
    earlier = measured or {}
    rows: dict[str, list[Row]] = {}
    notes: list[str] = []
    reference: list[Row] | None = None
    for item in derived:
        if item.name in earlier:
            rows[item.name] = earlier[item.name]
        else:
            source = Source(item.name, sha256, item.origin)
            rows[item.name] = _rows_of(item.make(), asked, source, reference, notes)
            keep(item.name, rows[item.name])
        if reference is None:
            reference = rows[item.name]
            asked = [request for request in asked if _rows_for(request, reference)]
        if progress:
            progress(item.name)
    return rows, notes


def _check_distinct(requests: Sequence[Request]) -> None:
    names = [registry.installed().find("metric", request.name).full_name for request in requests]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"{name} is asked for twice, and the rows of both would have the same names",
                fix="Measure one set of parameters at a time.",
            )


def _rows_of(
    volume: Volume, requests: Sequence[Request], source: Source, reference: list[Row] | None, notes: list[str]
) -> list[Row]:
    rows: list[Row] = []
    for request in requests:
        try:
            rows += measure(volume, [request], source=source)
        except InputError as error:
            reason = command_wording(error.what)
            if reference is not None:
                rows += [
                    {**row, **_place(volume, source), "value": None, "undefined": reason}
                    for row in _rows_for(request, reference)
                ]
            elif request.explicit:
                where = f"{request.name}: {error.where}" if error.where else request.name
                raise InputError(error.what, where=where, fix=error.fix) from error
            else:
                notes.append(f"{request.name} is left out: {reason}")
    return rows


def _place(volume: Volume, source: Source) -> Row:
    return {
        "volume": source.volume,
        "origin": source.origin,
        "shape": list(volume.labels.shape),
        "voxel_um": list(volume.grid.voxel_um),
        "periodic": list(volume.grid.periodic),
    }


def _rows_for(request: Request, rows: list[Row]) -> list[Row]:
    component = registry.installed().find("metric", request.name)
    name = (component.spec.name, component.provider.name)
    return [row for row in rows if (row["metric"], row["provider"]) == name]
