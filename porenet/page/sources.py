"""Sources of the page: a run's folder, a folder of volumes, or one volume."""

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
"""A folder that holds one of these files is the folder of a run."""
SAMPLES = "samples"


@dataclass(frozen=True, slots=True)
class Source:
    """The run or volumes that one argument of the page names.

    Attributes:
        path: path of the argument, as the user wrote it.
        is_run: whether it is the folder of a run.
        volumes: name of each structure -> its file, in natural order.
    """

    path: Path
    is_run: bool
    volumes: Mapping[str, Path]

    @property
    def display_path(self) -> str:
        """The path as the page prints it: an absolute path is cut to its last part."""
        return self.last_part if self.path.is_absolute() else formats.writable(self.path.as_posix())

    @property
    def last_part(self) -> str:
        """The last part of the path."""
        return formats.writable(self.path.resolve().name if self.path.name in ("", "..") else self.path.name)


def source_of(path: Path) -> Source:
    """The source that a path names, with its structures in natural order.

    Args:
        path: folder of a run, folder of volumes, or one volume.

    Raises:
        InputError: the path does not exist or holds no structure.
    """
    if not path.exists():
        raise InputError("there is no such file or folder", where=str(path))
    is_run = path.is_dir() and any((path / mark).exists() for mark in MARKS)
    folder = path / SAMPLES if is_run else path
    paths = formats.find(folder).volumes if folder.exists() else ()
    if not paths and is_run:
        raise InputError(
            f"the run has no structures: no volume in {SAMPLES}/",
            where=str(path),
            fix="Finish the run (resume it) with train.samples above 0, or name a folder of generated structures.",
        )
    if not paths:
        raise InputError("no volume is there", where=str(path))
    names = [file.relative_to(folder) if file != folder else Path(file.resolve().name) for file in paths]
    stems = [name.with_suffix("") if file.is_file() else name for name, file in zip(names, paths, strict=True)]
    unique = [formats.writable(name.as_posix()) for name in (stems if len(set(stems)) == len(stems) else names)]
    return Source(path, is_run, dict(zip(unique, paths, strict=True)))


def grid_of_run(source: Source, override: GridFile | None) -> GridFile:
    """The grid of a run's structures; their file values are its labels, whatever the training data held.

    Args:
        source: folder of a run.
        override: grid to use instead of the run's, or None.

    Raises:
        InputError, ConfigError: the run's grid cannot be read.
    """
    if override is not None:
        grid = override
    elif (source.path / RUN_FILE).exists():
        grid = load_grid(source.path / RUN_FILE)
    else:
        grid = GridFile(formats.grid_of_volume(next(iter(source.volumes.values()))), {}, {})
    return GridFile(grid.grid, {}, grid.reservoirs)


def names_of(sources: Iterable[Source]) -> list[str]:
    """One name per source: the last part of its path, or the whole path if two share that part."""
    sources = list(sources)
    stems = [Path(source.last_part).stem if source.path.is_file() else source.last_part for source in sources]
    pairs = zip(sources, stems, strict=True)
    names = [source.display_path if stems.count(stem) > 1 else stem for source, stem in pairs]
    return [f"{name} ({number + 1})" if names.count(name) > 1 else name for number, name in enumerate(names)]
