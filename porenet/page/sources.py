"""What an argument of the page names: a run's folder, a folder of volumes, or one volume."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from porenet import formats
from porenet.config import GridFile, load_grid
from porenet.errors import InputError

RUN_FILE = "run.toml"
LOG_FILE = "log.jsonl"
MARKS = (RUN_FILE, "resolved.json", LOG_FILE)
"""A folder with one of these is a run's."""
SAMPLES = "samples"


@dataclass(frozen=True, slots=True)
class Source:
    """One argument.

    Attributes:
        path: as given.
        is_run: whether it is a run's folder.
        volumes: the structures to show, by name.
        count: number of structures that are there.
    """

    path: Path
    is_run: bool
    volumes: Mapping[str, Path]
    count: int

    @property
    def shown(self) -> str:
        """The path as the page tells it: what was given, but nothing of the machine."""
        return self.last if self.path.is_absolute() else self.path.as_posix()

    @property
    def last(self) -> str:
        """The last part of the path."""
        return self.path.resolve().name if self.path.name in ("", "..") else self.path.name


def source_of(path: Path, structures: int) -> Source:
    """What a path names, and its first structures in natural order.

    Raises:
        InputError: nothing is there, or no structure.
    """
    if not path.exists():
        raise InputError("there is no such file or folder", where=str(path))
    is_run = path.is_dir() and any((path / mark).exists() for mark in MARKS)
    folder = path / SAMPLES if is_run else path
    found = formats.find(folder).volumes if folder.exists() else ()
    if not found and is_run:
        raise InputError(
            f"a run without structures: no volume in {SAMPLES}/",
            where=str(path),
            fix="Let it finish (resume it) with train.samples above 0, or name a folder of structures that it made.",
        )
    if not found:
        raise InputError("no volume is there", where=str(path))
    chosen = found[:structures]
    names = [one.relative_to(folder) if one != folder else Path(one.resolve().name) for one in chosen]
    stems = [name.with_suffix("") if one.is_file() else name for name, one in zip(names, chosen, strict=True)]
    unique = [one.as_posix() for one in (stems if len(set(stems)) == len(stems) else names)]
    return Source(path, is_run, dict(zip(unique, chosen, strict=True)), len(found))


def grid_of_run(source: Source, given: GridFile | None) -> GridFile:
    """The grid of a run's structures; their values are its labels, whatever the run was trained on.

    Args:
        source: a run's folder.
        given: a grid that wins over the run's.

    Raises:
        InputError, ConfigError: the run's grid cannot be read.
    """
    if given is not None:
        grid = given
    elif (source.path / RUN_FILE).exists():
        grid = load_grid(source.path / RUN_FILE)
    else:
        grid = GridFile(formats.read(next(iter(source.volumes.values()))).grid, {}, {})
    return GridFile(grid.grid, {}, grid.reservoirs)


def names_of(sources: Iterable[Source]) -> list[str]:
    """A name for each argument: its last part, or all of it where two share that."""
    sources = list(sources)
    lasts = [Path(one.last).stem if one.path.is_file() else one.last for one in sources]
    names = [one.shown if lasts.count(last) > 1 else last for one, last in zip(sources, lasts, strict=True)]
    return [f"{name} ({number + 1})" if names.count(name) > 1 else name for number, name in enumerate(names)]
