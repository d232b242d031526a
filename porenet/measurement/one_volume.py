"""Measure one volume, one row per value.

`measure_source` reads and measures a volume as a function of plain values, so that a process pool or a Dask cluster
can run it as it is. Rows are JSON-ready mappings; see the docs of ``porenet measure`` for their keys.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porenet import registry
from porenet.config import GridFile, load_preset
from porenet.errors import InputError, PluginError, PorenetError
from porenet.formats.label_slabs import LabelSlabs
from porenet.interface import Grid, Undefined, Value, Volume
from porenet.measurement.array_volume import volume_of
from porenet.measurement.kept_states import StatePlace
from porenet.measurement.large_volume import measured_large, rows_by_slabs
from porenet.measurement.outcome import Outcome
from porenet.measurement.preset_requests import requests_of_preset
from porenet.measurement.reading_notes import reading_notes
from porenet.measurement.requests import Request, prepared, refusal
from porenet.measurement.row import Row, Source, full_name, rows_of
from porenet.measurement.rows import Rows
from porenet.measurement.shared_counts import expect_counts
from porenet.measurement.slab_plan import is_read_whole, usual_budget, whole_budget
from porenet.measurement.whole_volume import notes_of_large_section, refuse_larger
from porenet.registry import Component, Misbehaviour, quarantine, schema
from porenet.registry.dimensions import refuse_dims

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from porenet.interface.phase_values import PhaseValues

log = logging.getLogger("porenet")


def measure(
    volume: Volume | LabelSlabs | ArrayLike | object,
    requests: Iterable[Request | str] | str = (),
    *,
    preset: str | None = None,
    phases: Sequence[str] | PhaseValues | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
    source: Source | None = None,
    memory: int | None = None,
) -> Rows:
    """Measure one volume.

    Args:
        volume: any labelled structure, whose components are computed once and shared; or an array, see
            `porenet.Volume.from_array`; or what `porenet.formats.open_slabs` returns, which is read slab by slab and
            need not fit into memory.
        requests: metrics, by name or with parameters.
        preset: instead, or besides: ``soc``, ``battery``, or the path of a preset file; see `values_of_preset`.
        phases: for an array: names of its phases, or name -> value, or values.
        voxel_um: for an array: voxel edges (z, y, x), um, or one number.
        periodic: for an array: per axis (z, y, x), whether it wraps; default: open.
        dims: for an array: 2 for a section, 3 for a volume; default: its number of axes.
        source: name, hash and origin of the volume, for a table of many; without it the rows lack these.
        memory: of slabs: bytes that the process may take; default: half of what is free.

    Returns:
        One row per value: metric, provider, key, value or the reason why it is undefined, unit, parameters, phases,
        voxel edges (um), shape, versions. The list of them has ``value``, ``wide`` and ``to_dataframe``.

    Raises:
        InputError: that is not a volume, or an array without phases and voxel edges, or these with a volume; or of
            slabs, a metric that needs the whole volume, or too little memory.
        UnknownComponent, ConfigError: a request is wrong.
        PluginError: a metric broke its contract.
    """
    if isinstance(volume, LabelSlabs):
        if not (phases is None and voxel_um is None and periodic is None and dims is None):
            raise InputError("slabs have their phases and their voxel edges", where="measure", fix="Leave them out.")
        budget = usual_budget() if memory is None else memory
        return Rows(rows_by_slabs(volume, list(_requests(requests, preset, volume.grid)), budget, source))
    measured = volume_of(volume, phases, voxel_um, periodic, dims)
    tasks = [(request, *prepared(request, measured.grid)) for request in _requests(requests, preset, measured.grid)]
    expect_counts(measured, ((component, params) for _, component, params in tasks))
    rows = Rows()
    for task in tasks:
        rows += _rows(measured, *task, source)
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


def _requests(requests: Iterable[Request | str] | str, preset: str | None, grid: Grid) -> Iterator[Request]:
    """The requests of a preset, then the others."""
    if preset is not None:
        yield from requests_of_preset(load_preset(preset), (), {}, GridFile(grid, {}, {}))
    for request in [requests] if isinstance(requests, str) else requests:
        yield Request(request) if isinstance(request, str) else request


def _rows(
    volume: Volume,
    request: Request,
    component: Component,
    params: Mapping[str, Any],
    source: Source | None,
    *,
    command: bool = False,
    memory: int | None = None,
) -> list[Row]:
    """The rows of a metric; where it refuses the volume, those of a preset are undefined with the reason.

    Raises:
        InputError: the metric refuses the volume, and the request names no keys.
    """
    try:
        refuse_larger(request, volume, memory)
        return rows_of(component, params, _result(component, component.load(), volume, params), volume, source)
    except InputError as error:
        if not request.keys:
            raise
        reason = refusal(error, request)
    undefined = dict.fromkeys(request.keys, Undefined(reason.command if command else str(reason)))
    return rows_of(component, request.params, undefined, volume, source)


def measure_source(
    source: Source,
    path: Path,
    grid: GridFile,
    requests: Sequence[Request],
    options: Mapping[str, Any],
    memory: int | None = None,
    place: StatePlace | None = None,
    *,
    begin: Callable[[str], object] = lambda _: None,
    whole_memory: int | None = None,
) -> Outcome:
    """Read one volume and measure it; the task of a worker.

    A volume that takes more than the memory is read slab by slab, and metrics that need it whole are left out.

    Args:
        source: its name in the table, and the place it was cut from.
        path: a file, or a folder that holds one volume.
        grid: phases, their file values, voxel edges (um), boundaries.
        requests: from `requests_for`.
        options: further keywords of `porenet.formats.read`.
        memory: bytes that the process may take; None: half of what is free.
        place: where states of a volume larger than that are kept, to go on if this process is killed; None: nowhere.
        begin: called before each stage: ``"reading"``, then the name of each metric; and after each slab.
        whole_memory: bytes that a metric may take which needs the whole volume; None: ``memory``, or what is free.

    Returns:
        The rows, with the hash of the files, and the errors.
    """
    with reading_notes() as warned:
        outcome = _outcome(source, path, grid, requests, options, memory, place, begin, whole_memory)
    outcome.notes[:0] = warned
    return outcome


def _outcome(
    source: Source,
    path: Path,
    grid: GridFile,
    requests: Sequence[Request],
    options: Mapping[str, Any],
    memory: int | None,
    place: StatePlace | None,
    begin: Callable[[str], object],
    whole_memory: int | None,
) -> Outcome:
    from porenet import formats

    begin("reading")
    budget = usual_budget() if memory is None else memory
    if not is_read_whole(path, options, budget):
        return measured_large(source, path, grid, requests, options, budget, begin, place)
    try:
        volume, sha256 = formats.read_with_fingerprint(
            path, lambda: read_volume(path, grid, options), file_format=options.get("file_format")
        )
    except PorenetError as error:
        return Outcome([], [error.wording], [])
    outcome = Outcome([], [], notes_of_large_section(volume, str(path), memory), sha256)
    source = dataclasses.replace(source, sha256=sha256)
    expect_counts(volume, (prepared(request, volume.grid) for request in requests))
    most = whole_budget(memory) if whole_memory is None else whole_memory
    for request in requests:
        begin(request.name)
        try:
            outcome.rows.extend(
                _rows(volume, request, *prepared(request, volume.grid), source, command=True, memory=most)
            )
        except InputError as error:
            if request.explicit:
                outcome.errors.append(refusal(error, request).after(f"{path}: {request.name}: "))
            else:
                outcome.notes.append(refusal(error, request).after(f"{request.name} is left out: "))
        except PorenetError as error:
            outcome.errors.append(error.wording.after(f"{path}: "))
    outcome.notes.extend(_notes_of_section(outcome.rows))
    return outcome


def _notes_of_section(rows: Iterable[Row]) -> list[str]:
    """What values measured on a section do not say (``Spec.note_2d``), once for all metrics of which it is said."""
    metrics: dict[str, dict[str, None]] = {}
    for name in dict.fromkeys(full_name(row) for row in rows if row["dims"] == 2):
        spec = registry.installed().find("metric", name).spec
        metrics.setdefault(spec.note_2d, {})[spec.name] = None
    return [f"{', '.join(names)}: {note}" for note, names in metrics.items() if note]


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

    return formats.read(source, **grid.reading, **options)


def _result(
    component: Component, function: Callable[..., Any], volume: Volume, params: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Values of a metric; anything else that it does becomes an error that names the metric.

    Raises:
        InputError: it is not defined in the dimensions of the volume.
    """
    where = f"metric {component.full_name}"
    refuse_dims(component, volume.grid)
    try:
        with quarantine(lambda text: log.warning("%s prints: %.80r", where, text)):
            result = function(volume, **params)
    except Misbehaviour as error:
        if isinstance(error.__cause__, PorenetError):
            raise error.original() from None
        raise PluginError(f"failed: {error}", where=where) from error
    if not isinstance(result, dict | Mapping) or not result:
        raise PluginError(f"returned {result!r:.60}, not a mapping with values", where=where)
    return result
