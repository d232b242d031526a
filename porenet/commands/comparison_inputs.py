"""Tables of a comparison: of its arguments, each folder of volumes and each volume is measured first."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from porenet.commands.console import echo, progress_bar
from porenet.commands.measurement import named_volumes
from porenet.commands.volume_options import grid_of
from porenet.errors import InputError, PorenetError, command_wording

TABLES = (".json", ".csv")


@dataclass
class Tables:
    """Tables to compare.

    Attributes:
        reference: of the training structures.
        runs: name of each run -> its table.
        sources: table -> argument that it was measured from; tables that are arguments themselves are not among them.
        errors: volume -> messages on why it could not be measured.
        notes: remarks on the measurement.
        saved: whether the tables are there after the command.
    """

    reference: Path
    runs: dict[str, Path]
    sources: dict[Path, Path] = field(default_factory=dict)
    errors: dict[str, Sequence[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    saved: bool = True

    def in_words(self, text: str) -> str:
        """A message, with the arguments of the command in place of tables that are gone when it is read."""
        for table, argument in self.sources.items() if not self.saved else ():
            if str(table) in text:
                text = text.replace(str(table), str(argument))
        return text

    @contextmanager
    def named_in_errors(self) -> Iterator[None]:
        """Let errors name the arguments of the command."""
        try:
            yield
        except PorenetError as error:
            error.what, error.where, error.fix = map(self.in_words, (error.what, error.where, error.fix))
            raise


@dataclass(frozen=True)
class MeasuringOptions:
    """How volumes among the arguments are measured.

    Attributes:
        metrics: names of the metrics; empty: those of a table among the arguments, else the usual ones.
        params: name of a metric -> its parameters.
        volumes: options of `porenet.commands.volume_options`.
        save: folder that keeps the tables; None: they are not kept.
        workers: number of worker processes; None: one per core.
        memory: bytes that all processes may take together; None: half of what is free.
    """

    metrics: Sequence[str]
    params: Mapping[str, Mapping[str, Any]]
    volumes: Mapping[str, Any]
    save: Path | None
    workers: int | None
    memory: int | None = None


def is_table(path: Path) -> bool:
    """Whether an argument names a table, not volumes."""
    return path.suffix in TABLES and not path.is_dir()


@contextmanager
def tables_of(reference: Path, runs: Mapping[str, Path], options: MeasuringOptions) -> Iterator[Tables]:
    """The tables of all arguments; those that are not kept are gone after the block.

    Args:
        reference: table, folder of volumes, or volume of the training structures.
        runs: name of each run -> the same of the run.
        options: how volumes are measured.

    Raises:
        InputError, UsageError: there is nothing to measure, or it cannot be measured in this way.
    """
    arguments = {"reference": reference, **runs}
    known = [path for path in arguments.values() if is_table(path)]
    if len(known) == len(arguments):
        if options.save or options.params or options.workers or options.memory:
            names = {"--save-tables": options.save, "-p": options.params, "--workers": options.workers}
            option = next((name for name, value in names.items() if value), "--memory")
            raise click.UsageError(f"{option} concerns folders of volumes, and only tables are named.")
        yield Tables(reference, dict(runs))
        return
    if known and options.params:
        raise click.UsageError(f"-p does not apply beside the table {known[0]}, whose parameters are taken.")
    if options.save:
        places = _places(options.save, arguments)
        try:
            tables = _measured(arguments, places, known, options)
        except KeyboardInterrupt:
            echo(f"\nStopped. The values so far are in {options.save}; the same command continues.", err=True)
            raise
        yield tables
        return
    try:
        scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    except OSError as error:
        raise InputError(
            f"no temporary file can be written: {error.strerror}", fix="Name a folder for the tables: --save-tables."
        ) from error
    with scratch as folder:
        places = {name: Path(folder) / f"{number}.json" for number, name in enumerate(arguments)}
        yield _measured(arguments, places, known, options)


def _places(folder: Path, arguments: Mapping[str, Path]) -> dict[str, Path]:
    """The table of each argument in the folder that keeps them; of the reference, ``reference.json``."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be made: {error.strerror}", where=str(folder)) from error
    places: dict[str, Path] = {}
    for name in arguments:
        stem = re.sub(r"[^\w.+-]+", "_", name).strip("_.") or "run"
        number = 1
        while (place := folder / f"{stem}{f'_{number}' * (number > 1)}.json") in places.values():
            number += 1
        places[name] = place
    tables = {path.resolve() for path in arguments.values() if is_table(path)}
    for name, place in places.items():
        if not is_table(arguments[name]) and place.resolve() in tables:
            raise InputError("is one of the tables to compare", where=str(place), fix="Choose another --save-tables.")
    return places


def _measured(
    arguments: Mapping[str, Path], places: Mapping[str, Path], known: Sequence[Path], options: MeasuringOptions
) -> Tables:
    paths = {name: path if is_table(path) else places[name] for name, path in arguments.items()}
    runs = {name: path for name, path in paths.items() if name != "reference"}
    tables = Tables(paths["reference"], runs, saved=options.save is not None)
    for name, path in arguments.items():
        if not is_table(path):
            tables.sources[places[name]] = path
            with tables.named_in_errors():
                _measure(name, path, places[name], known[0] if known else None, options, tables)
    return tables


def _measure(name: str, path: Path, place: Path, like: Path | None, options: MeasuringOptions, tables: Tables) -> None:
    """Measure one argument into its table, as the table ``like`` was measured if there is one."""
    from porenet.measurement import Job, is_measured, measure_all, origins_of, requests_for, requests_like

    volumes, unknown, messages = named_volumes((path,))
    grid, reading = grid_of(dict(options.volumes), list(volumes.values()))
    if like:
        requests, absent = requests_like(like, options.metrics, grid)
        messages += absent
    else:
        requests = requests_for(options.metrics, options.params, grid)
    job = Job(volumes, grid, requests, reading, origins_of(volumes, (path,)), options.memory)
    messages += [f"not a volume, left out: {file}" for file in unknown]
    if not is_measured(place, job):
        with progress_bar(f"measuring {name}", len(volumes)) as advance:
            report = measure_all(job, place, workers=options.workers, progress=advance)
        tables.errors |= {f"{path}/{volume}": texts for volume, texts in report.errors.items()}
        messages += report.notes
        if not report.count:
            first = next(iter(report.errors.values()), ["no metric applies"])[0]
            raise InputError(f"none of its volumes could be measured: {command_wording(first)}", where=str(path))
    tables.notes += [note for note in messages if note not in tables.notes]
