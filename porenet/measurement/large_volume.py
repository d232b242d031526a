"""Measure one volume of a path that is larger than memory: rows, notes and errors as of any other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porenet.config import GridFile
from porenet.errors import InputError, PorenetError, Wording, command_wording
from porenet.interface import Undefined
from porenet.measurement.kept_states import KeptStates, StatePlace
from porenet.measurement.outcome import Outcome
from porenet.measurement.requests import Request, prepared, refusal
from porenet.measurement.row import Row, Source, rows_of

if TYPE_CHECKING:
    from porenet.formats import LabelSlabs
    from porenet.measurement.by_slabs import Measured
    from porenet.slabs import About


def rows_by_slabs(
    layers: LabelSlabs, requests: Sequence[Request], memory: int | None, source: Source | None
) -> list[Row]:
    """Rows of a volume that is read slab by slab.

    Args:
        layers: the volume.
        requests: the metrics.
        memory: bytes that the process may take; None for no limit.
        source: name, hash and origin of the volume.

    Raises:
        InputError: a metric needs the whole volume and its request names no keys, or the memory is too little.
        PluginError: a metric broke its contract.
    """
    from porenet.measurement.by_slabs import measured_by_slabs
    from porenet.slabs import About

    about = About(layers.grid, layers.shape)
    measured = measured_by_slabs(layers, requests, memory)
    rows = {id(request): rows_of(*values, about, source) for request, values in measured.values}
    for request, error in measured.refused:
        if not isinstance(error, InputError):
            raise error
        if not request.keys:
            raise InputError(error.what, where=f"{layers.path}: {request.name}", fix=error.fix)
        rows[id(request)] = _undefined_rows(request, str(refusal(error, request)), about, source)
    return [row for request in requests for row in rows[id(request)]]


def _undefined_rows(request: Request, reason: str, about: About, source: Source | None) -> list[Row]:
    """The rows of a metric of a preset that refuses the volume."""
    component, params = prepared(request, about.grid)
    return rows_of(component, params, dict.fromkeys(request.keys, Undefined(reason)), about, source)


def measured_large(
    source: Source,
    path: Path,
    grid: GridFile,
    requests: Sequence[Request],
    options: Mapping[str, Any],
    memory: int | None,
    begin: Callable[[str], object],
    place: StatePlace | None = None,
) -> Outcome:
    """Measure a volume larger than memory.

    Args:
        source: its name in the table, and the place it was cut from.
        path: a file, or a folder that holds one volume.
        grid: phases, their file values, voxel edges (um), boundaries.
        requests: metrics, checked.
        options: further keywords of `porenet.formats.open_slabs`.
        memory: bytes that the process may take; None for no limit.
        begin: called with the stage, in words.
        place: where states are kept for a process that goes on if this one is killed; None: nowhere.
    """
    from porenet import formats
    from porenet.measurement.by_slabs import measured_by_slabs

    states = KeptStates(place, "state")

    def step() -> tuple[LabelSlabs, Measured]:
        layers = formats.open_slabs(path, **grid.reading, **options)
        measured = measured_by_slabs(layers, requests, memory, kept_states=states, progress=begin)
        begin("its hash")
        return layers, measured

    try:
        (layers, measured), sha256 = formats.read_with_fingerprint(path, step, file_format=options.get("file_format"))
    except PorenetError as error:
        return failed(path, error, states.notes)
    outcome = outcome_of(measured, dataclasses.replace(source, sha256=sha256), path, layers)
    outcome.notes.extend(states.notes)
    return outcome


def failed(path: Path, error: PorenetError, notes: Sequence[str] = ()) -> Outcome:
    """Outcome of a volume that could not be measured.

    Args:
        path: its place, for an error that does not name it.
        error: what kept it from it.
        notes: what else the user should know.
    """
    wording = error.wording
    return Outcome([], [wording if str(path) in wording else wording.after(f"{path}: ")], list(notes))


def outcome_of(measured: Measured, source: Source, path: Path, layers: LabelSlabs) -> Outcome:
    """Rows, notes and errors of what was measured.

    Args:
        measured: the values.
        source: name, hash and origin of the volume.
        path: its place, for messages.
        layers: the volume.
    """
    from porenet.slabs import About

    outcome, about = Outcome([], [], [], source.sha256), About(layers.grid, layers.shape)
    for _, values in measured.values:
        try:
            outcome.rows.extend(rows_of(*values, about, source))
        except PorenetError as error:
            outcome.errors.append(error.wording.after(f"{path}: "))
    left_out: dict[str, list[str]] = {}
    for request, reason in measured.refused:
        if not isinstance(reason, InputError):
            outcome.errors.append(reason.wording.after(f"{path}: "))
        elif request.keys:
            text = refusal(reason, request).command
            outcome.rows.extend(_undefined_rows(request, text, about, source))
        elif request.explicit:
            outcome.errors.append(refusal(reason, request).after(f"{path}: {request.name}: "))
        else:
            left_out.setdefault(refusal(reason, request), []).append(request.name.rpartition(":")[2])
    for text, names in left_out.items():
        outcome.notes.append(Wording(text, command_wording(text)).after(f"left out: {', '.join(names)}: "))
    if measured.reading:
        outcome.notes.append(f"{path}: {measured.reading}")
    return outcome
