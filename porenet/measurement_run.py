"""Measure many volumes: on all cores or on a Dask cluster, with a journal that survives a kill."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porenet.errors import InputError
from porenet.grid_file import GridFile
from porenet.journal import Journal
from porenet.measurement import Request, Row, measure_source

Outcome = tuple[str, list[Row], list[str]]
"""Name of a volume, its rows, what went wrong."""

ORIGINS = "origins.json"


@dataclass(frozen=True)
class Job:
    """What to measure.

    Attributes:
        volumes: name of each volume in the table -> where it is.
        grid: phases, file values, voxel edges (um), boundaries, reservoirs.
        requests: metrics with their parameters.
        options: further keywords of `porenet.formats.read`.
        origins: name of a volume -> ``{"source": ..., "corner": [z, y, x]}`` (voxels), where it was cut from.
    """

    volumes: Mapping[str, Path]
    grid: GridFile
    requests: Sequence[Request]
    options: Mapping[str, Any]
    origins: Mapping[str, Any]


def measure_all(
    job: Job, table: Path, *, workers: int | None = None, dask: str | None = None,
    progress: Callable[[str, list[str]], object] | None = None,
) -> tuple[int, dict[str, list[str]]]:  # fmt: skip
    """Measure every volume of a job into a table; go on where a killed run stopped.

    Args:
        job: what to measure.
        table: ``.json`` or ``.csv``; written whole at the end.
        workers: processes; by default one a core, at most one a volume.
        dask: address of a Dask scheduler to send the work to instead.
        progress: called with each volume's name and errors, those of an earlier run included.

    Returns:
        Number of rows in the table, and the errors by volume.

    Raises:
        InputError: the table cannot be written, or was begun for another job.
    """
    errors: dict[str, list[str]] = {}
    with Journal(table, _identity(job)) as journal:
        tell = progress or (lambda *_: None)
        for name in sorted(journal.done & set(job.volumes)):
            tell(name, [])
        todo = [name for name in job.volumes if name not in journal.done]
        run = _on_dask(job, todo, dask) if dask else _on_cores(job, todo, workers)
        for name, rows, wrong in run:
            origin = {"origin": job.origins.get(name)}
            journal.add(name, (row | origin for row in rows), wrong)
            if wrong:
                errors[name] = wrong
            tell(name, wrong)
        return journal.finish(), errors


def load_origins(folders: Iterable[Path]) -> dict[str, Any]:
    """Where the volumes of some folders were cut from: the file ``origins.json`` in each, if it is there.

    Raises:
        InputError: the file is not a mapping from names to ``{"source": ..., "corner": [z, y, x]}``.
    """
    found: dict[str, Any] = {}
    for folder in folders:
        path = folder / ORIGINS
        if not path.is_file():
            continue
        try:
            origins = json.loads(path.read_text(encoding="utf-8"))
            for name, origin in origins.items():
                z, y, x = map(int, origin["corner"])
                found[name] = {"source": str(origin["source"]), "corner": [z, y, x]}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(
                f"is not a mapping from volumes to their source and corner ({type(error).__name__}: {error})",
                where=str(path),
                fix='Write {"cube_000.npz": {"source": "electrode", "corner": [0, 0, 0]}, ...}, in voxels (z, y, x).',
            ) from error
    return found


def _identity(job: Job) -> dict[str, Any]:
    return {
        "metrics": [{"name": one.name, "params": dict(one.params)} for one in job.requests],
        "phases": list(job.grid.grid.phases),
        "voxel_um": list(job.grid.grid.voxel_um),
        "periodic": list(job.grid.grid.periodic),
        "values": dict(job.grid.values),
        "options": {key: str(value) for key, value in job.options.items()},
    }


def _on_cores(job: Job, todo: Sequence[str], workers: int | None) -> Iterator[Outcome]:
    count = min(workers or os.cpu_count() or 1, len(todo))
    if count <= 1:
        for name in todo:
            yield name, *measure_source(job.volumes[name], job.grid, job.requests, job.options)
        return
    # spawn: a forked copy of a process with numba or torch threads may hang
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_one_thread) as pool:
        yield from _windowed(job, todo, pool.submit, 2 * count)


def _windowed(job: Job, todo: Sequence[str], submit: Callable[..., Future[Any]], window: int) -> Iterator[Outcome]:
    """Keep a few volumes in flight, so that neither queue nor results pile up."""
    waiting = list(reversed(todo))
    flying: dict[Future[Any], str] = {}
    while waiting or flying:
        while waiting and len(flying) < window:
            name = waiting.pop()
            flying[submit(measure_source, job.volumes[name], job.grid, job.requests, job.options)] = name
        for future in wait(flying, return_when=FIRST_COMPLETED).done:
            name = flying.pop(future)
            try:
                yield name, *future.result()
            except BrokenProcessPool as error:
                raise InputError(
                    f"a worker process died while measuring {name} or a volume beside it",
                    fix="Most likely memory ran out: use fewer --workers. What was measured is kept; run it again.",
                ) from error


def _on_dask(job: Job, todo: Sequence[str], address: str) -> Iterator[Outcome]:
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise InputError("Dask is not installed", fix="Install the extra: porenet[dask].") from error
    try:
        client = distributed.Client(address, timeout="30s")
    except (OSError, ValueError) as error:
        raise InputError(f"no Dask scheduler answers: {error}", where=address) from error
    with client:
        waiting = list(reversed(todo))
        names: dict[str, str] = {}

        def send() -> Any:
            name = waiting.pop()
            # pure=False: the same volume, changed on disk, must be read again
            sent = client.submit(measure_source, job.volumes[name], job.grid, job.requests, job.options, pure=False)
            names[sent.key] = name
            return sent

        window = 2 * max(1, sum(client.nthreads().values()))
        flying = distributed.as_completed([send() for _ in range(min(window, len(waiting)))])
        for future in flying:
            yield names.pop(future.key), *future.result()
            if waiting:
                flying.add(send())


def _one_thread() -> None:
    # One process a core already; threads of the libraries would only queue for the same cores.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[variable] = "1"
