"""Measurement of the real structures and of each run, into tables that are taken again where they hold it already."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from porenet import formats, registry
from porenet.errors import InputError, Wording, command_wording
from porenet.evaluation.real_structures import RealStructures
from porenet.evaluation.statistics_of_runs import SHARE
from porenet.measurement import Job, Request, is_measured, measure_all, requests_for
from porenet.measurement.origins import FILE as ORIGINS

METRICS = ("vf", "ssa", "connectivity", "tpb", "tortuosity", "breakthrough_diameter", "euler_number")
"""What is compared; the triple-phase boundary where there are three phases."""
Progress = Callable[[str, int | None], AbstractContextManager[Callable[[str], object]]]
"""Called with what is being done and the number of steps; gives what is called once per step."""


def requests_for_runs(real: RealStructures, further: Sequence[str]) -> tuple[Request, ...]:
    """What is measured on every structure.

    Args:
        real: structures, for their grid and reservoirs.
        further: names of metrics beside the usual ones, which must be defined for such structures.
    """
    grid = real.grid
    find = registry.installed().find
    usual = [name for name in (*METRICS, SHARE) if name != "tpb" or len(grid.phases) == 3]
    fitting = [name for name in usual if grid.dims in find("metric", name).spec.dims]
    requests = [dataclasses.replace(request, explicit=False) for request in requests_for(fitting, {}, real.grid_file)]
    added = [name for name in further if find("metric", name).full_name not in {request.name for request in requests}]
    return (*requests, *(requests_for(added, {}, real.grid_file) if added else ()))


def compared_metrics(requests: Sequence[Request]) -> list[str]:
    """Names of the metrics whose values are compared; the share without a network is reported as a share."""
    return [request.name for request in requests if request.name.rpartition(":")[2] != SHARE]


def measured(
    name: str,
    job: Job,
    table: Path,
    workers: int | None,
    progress: Progress,
    notes: list[str],
    errors: dict[str, Sequence[str]],
) -> None:
    """Measure one set of structures into its table, unless this holds them already, byte for byte.

    Args:
        name: of the run, or ``real``.
        job: structures and metrics.
        table: to write.
        workers: number of processes; None: one per core.
        progress: see `Progress`.
        notes: gets remarks on the measurement.
        errors: gets messages by volume.

    Raises:
        InputError: no structure could be measured, or another measurement lies there.
    """
    if is_measured(table, job):
        return
    with progress(f"measuring {name}", len(job.volumes)) as advance:
        report = measure_all(job, table, workers=workers, progress=advance)
    notes += [note for note in report.notes if note not in notes]
    errors |= {f"{name}/{volume}": list(messages) for volume, messages in report.errors.items()}
    if not report.count:
        first = next(iter(report.errors.values()), ["no metric applies"])[0]
        what = f"none of its structures could be measured: {first}"
        raise InputError(
            Wording(what, f"none of its structures could be measured: {command_wording(first)}"), where=name
        )


def structure_files(real: RealStructures, folder: Path) -> RealStructures:
    """Real structures in files of their own, with their origins beside them; what stands there already is kept.

    Args:
        real: structures in memory.
        folder: made if it is not there.

    Raises:
        InputError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise formats.write_error(folder, error) from error
    paths = {f"{name}.npz": folder / f"{name}.npz" for name in real.names}
    for volume, path in zip(real.volumes, paths.values(), strict=True):
        if not _holds(path, volume.labels.tobytes()):
            formats.write(volume, path)
    for stray in set(folder.glob("*.npz")) - set(paths.values()):
        stray.unlink()
    origins = {name: place for name, place in zip(paths, real.origins, strict=True) if place}
    if origins:
        formats.write_whole(folder / ORIGINS, json.dumps(origins).encode())
    return dataclasses.replace(real, names=tuple(paths), files=paths)


def _holds(path: Path, labels: bytes) -> bool:
    try:
        return path.is_file() and formats.read(path).labels.tobytes() == labels
    except InputError:
        return False
