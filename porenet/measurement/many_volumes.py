"""Measure many volumes, on all cores or on a Dask cluster; a journal keeps the rows if the process is killed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porenet import registry
from porenet.config import GridFile
from porenet.errors import InputError
from porenet.interface.phase_values import values_of_phase
from porenet.measurement.journal import Evidence, Journal
from porenet.measurement.kept_states import StatePlace, remove_states
from porenet.measurement.measured_files import outdated, state_of
from porenet.measurement.one_volume import measure_source
from porenet.measurement.outcome import Outcome
from porenet.measurement.requests import Request
from porenet.measurement.row import COLUMNS, Source, versions_of
from porenet.measurement.slab_plan import BASE_BYTES

if TYPE_CHECKING:
    from porenet.measurement.worker_pool import Task, Watch

LEAST_SHARE = 2 * BASE_BYTES
"""Bytes of a stated memory that each of several processes has at least; else there are fewer of them."""
NamedOutcome = tuple[str, Outcome]
"""Name of a volume, and its outcome."""


@dataclass(frozen=True)
class Job:
    """Volumes, and the metrics to measure on each.

    Attributes:
        volumes: name of each volume in the table -> its path.
        grid: phases, file values, voxel edges (um), boundaries, reservoirs.
        requests: metrics with their parameters.
        options: further keywords of `porenet.formats.read`.
        origins: name of a volume -> ``{"source": ..., "corner": [z, y, x]}`` (voxels), the place it was cut from.
        memory: bytes that all processes of this machine may take together, or each worker of Dask; None: half of what
            is free. Larger volumes are read slab by slab.
    """

    volumes: Mapping[str, Path]
    grid: GridFile
    requests: Sequence[Request]
    options: Mapping[str, Any]
    origins: Mapping[str, Any]
    memory: int | None = None

    def task(self, name: str, place: StatePlace | None, workers: int = 1) -> Task:
        """The arguments of `measure_source` for one volume.

        Args:
            name: of the volume.
            place: where the states of a large volume are kept.
            workers: number of processes that share the memory.
        """
        source = Source(name, origin=self.origins.get(name))
        memory = None if self.memory is None else self.memory // workers
        return source, self.volumes[name], self.grid, self.requests, self.options, memory, place


@dataclass(frozen=True)
class Report:
    """Summary of a measurement.

    Attributes:
        count: number of rows in the table.
        errors: name of a volume -> its error messages.
        notes: metrics that were left out, with the reason, and records of the journal that were not used.
    """

    count: int
    errors: Mapping[str, Sequence[str]]
    notes: Sequence[str]


def measure_all(
    job: Job,
    table: Path,
    *,
    workers: int | None = None,
    dask: str | None = None,
    limit_s: float | None = None,
    progress: Callable[[str], object] | None = None,
    watch: Watch = lambda *_: None,
    rehash: bool = False,
    keep_states: bool = True,
) -> Report:
    """Measure every volume of a job into a table; continue where a killed process stopped.

    Args:
        job: volumes and metrics.
        table: path of the table, ``.json`` or ``.csv``; written whole at the end.
        workers: number of processes; default: one per core, at most one per volume.
        dask: address of a Dask scheduler, which then does the work instead of local processes.
        limit_s: seconds per volume, after which it is reported as an error and its worker process is killed and
            replaced; each volume is then measured in a worker process, even if there is one. None: no limit.
        progress: called with the name of each finished volume, those of an earlier process included.
        watch: called with the name of a volume and its stage, such as ``reading: 512 of 2048 layers, 1.2 GB/s, 3 min
            left``.
        rehash: whether to compute the hash of every file again before the rows of an earlier process are kept, and not
            only of files whose inode or its time differ: finds what changed in a file of the same size and times.
        keep_states: whether states of volumes larger than memory are kept beside the table while it is not complete,
            so that a process that is killed loses little of them; on a Dask cluster they always are.

    Raises:
        InputError: the table cannot be written, is being written, or was started for another job; or ``limit_s`` is
            not positive or stands beside ``dask``.
    """
    _check_limit(limit_s, dask)
    errors: dict[str, Sequence[str]] = {}
    notes: dict[str, None] = {}
    advance = progress or (lambda _: None)
    file_format = job.options.get("file_format")
    states = {
        name: state_of(path, job.origins.get(name), file_format=file_format) for name, path in job.volumes.items()
    }
    stamps = {name: state.stamp for name, state in states.items()}
    identity = identity_of(job)
    with Journal(table, identity, stamps) as journal:
        for name in outdated(journal.evidence, job.volumes, states, rehash=rehash, file_format=file_format):
            journal.forget(name)
        for name in sorted(journal.done):
            advance(name)
        todo = [name for name in job.volumes if name not in journal.done]
        places: dict[str, StatePlace] = {}
        if dask is not None or keep_states:
            shared = identity | {"versions": _versions(job)}
            places = {name: StatePlace.beside(table, name, [shared, *states[name]]) for name in todo}
        if dask is not None:
            from porenet.measurement.on_dask import measured_on_dask

            tasks = {name: job.task(name, places[name]) for name in todo}
            outcomes = measured_on_dask(tasks, dask, watch)
        else:
            outcomes = _on_cores(job, todo, places, workers, limit_s, watch)
        with closing(outcomes):
            for name, outcome in outcomes:
                evidence = Evidence(states[name].inode, outcome.sha256)
                journal.add(name, outcome.rows, outcome.errors, evidence)
                if outcome.errors:
                    errors[name] = outcome.errors
                elif name in places:
                    places[name].remove()
                notes |= dict.fromkeys(outcome.notes)
                advance(name)
        count = journal.finish()
        if not errors:
            remove_states(table)
        return Report(count, errors, [*journal.notes, *notes])


def _check_limit(limit_s: float | None, dask: str | None) -> None:
    if limit_s is None:
        return
    if dask is not None:
        raise InputError(
            "a limit per volume holds for processes of this machine, not for the workers of a Dask scheduler",
            fix="Leave out one of the two; Dask itself drops a worker that does not answer (its worker-ttl).",
        )
    if not 0 < limit_s <= threading.TIMEOUT_MAX:
        raise InputError(f"a limit per volume is a number of seconds above 0, not {limit_s!r}")


def identity_of(job: Job) -> dict[str, Any]:
    """What a journal of the job states, so that the journal of another one is refused."""
    return {
        "metrics": [{"name": request.name, "params": dict(request.params)} for request in job.requests],
        "phases": list(job.grid.grid.phases),
        "voxel_um": list(job.grid.grid.edges_um),
        "periodic": list(job.grid.grid.wraps),
        "values": {phase: sorted(values_of_phase(phase, value)) for phase, value in job.grid.values.items()},
        "columns": list(COLUMNS),  # rows that another version wrote might lack some
        "options": {key: str(value) for key, value in job.options.items()},
    }


def _versions(job: Job) -> dict[str, str]:
    """Versions of all that measures: another one may keep other states."""
    plugins, versions = registry.installed(), dict[str, str]()
    for request in job.requests:
        versions |= versions_of(plugins.find("metric", request.name))
    return versions


def _on_cores(
    job: Job,
    todo: Sequence[str],
    places: Mapping[str, StatePlace],
    workers: int | None,
    limit_s: float | None,
    watch: Watch,
) -> Generator[NamedOutcome]:
    count = min(workers or os.cpu_count() or 1, len(todo))
    if job.memory is not None:
        count = min(count, max(job.memory // LEAST_SHARE, 1))
    tasks = {name: job.task(name, places.get(name), max(count, 1)) for name in todo}
    if count <= 1 and limit_s is None:
        for name, task in tasks.items():
            yield name, measure_source(*task, begin=partial(watch, name))
        return
    from porenet.measurement.worker_pool import measured_in_processes

    yield from measured_in_processes(tasks, count, limit_s, watch)
