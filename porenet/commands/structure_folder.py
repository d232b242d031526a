"""Folder of `synthesize`: names of its files, and nothing in it is replaced that another program has written."""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import Path

from porenet.commands.scaffold import write_grid
from porenet.errors import InputError
from porenet.interface import Grid

GRID = "grid.toml"
_FIX = "Choose another folder."


def structure_names(count: int, suffix: str) -> list[str]:
    """Names of the files of so many structures; of suffix ``bmp`` those of folders of slices."""
    ending = "" if suffix == "bmp" else f".{suffix}"
    return [f"structure_{number:04d}{ending}" for number in range(1, count + 1)]


def write_grid_once(folder: Path, grid: Grid) -> None:
    """Write the grid file of the structures, unless it stands there.

    Raises:
        InputError: it cannot be written.
    """
    if not (folder / GRID).exists():
        write_grid(folder / GRID, grid)


def refuse_strange_files(folder: Path, names: Iterable[str], known: Container[str]) -> None:
    """Refuse to replace structures that no earlier run has written: one may be the volume that is fitted.

    Args:
        folder: that structures are written into.
        names: of their files.
        known: names that the record of the folder holds; it is written before each structure.

    Raises:
        InputError: the folder is a file, or a structure stands there that the record does not hold.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError("is a file", where=str(folder), fix=_FIX)
    for name in names:
        if name not in known and (folder / name).exists():
            raise InputError(
                "is there already, and porenet synthesize has not written it", where=str(folder / name), fix=_FIX
            )


def refuse_strange_grid(folder: Path, grid: Grid) -> None:
    """Refuse a grid file of something else: structures that state no phases would be measured with its values.

    Args:
        folder: that structures are written into for the first time.
        grid: of the structures, whose values are labels.

    Raises:
        InputError: a grid file stands there that says something else, or cannot be read.
    """
    from porenet.config import load_grid

    path = folder / GRID
    if not path.exists():
        return
    written = load_grid(path)
    if written.grid != grid or dict(written.values) != {phase: label for label, phase in enumerate(grid.phases)}:
        raise InputError("is there already, and is not that of the structures", where=str(path), fix=_FIX)
