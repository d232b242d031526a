"""The grid file ``grid.toml`` of a folder of slices: written with the slices, and read with them.

It is a grid file like any other, which `porenet.config.load_grid` reads too. The table ``[porenet]`` in it holds the
shape (Z, Y, X) of the slices that it was written with; a grid file that somebody wrote by hand has none.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from porenet.errors import InputError
from porenet.formats.records import Record
from porenet.formats.text_files import read_text
from porenet.interface import Grid
from porenet.interface.phase_values import PhaseValues, plain_values, values_of_phases

FILE = "grid.toml"
_OWN = "porenet"
_FIX = "Correct it, or move it elsewhere and give phases and voxel edges."


def grid_text(grid: Grid, values: PhaseValues, comment: str = "") -> str:
    """The text of a grid file.

    Args:
        grid: phases, voxel edges, boundaries.
        values: value of each phase in the files.
        comment: first line.
    """
    lines = "".join(f"{_quoted(phase)} = {number}\n" for phase, number in plain_values(values).items())
    return (
        f"# {comment}\n\n[grid]\n"
        f"phases = [{', '.join(map(_quoted, grid.phases))}] # in label order\n"
        f"voxel_um = {list(grid.voxel_um)} # edges (z, y, x), um\n"
        f"periodic = {json.dumps(list(grid.periodic))} # per axis (z, y, x)\n"
        f"\n[grid.values] # value of each phase in the files\n{lines}"
    )


def shape_text(shape: tuple[int, ...]) -> str:
    """The table that binds a grid file to the slices beside it."""
    return f"\n[{_OWN}] # what the grid was written with\nshape = {list(shape)} # (Z, Y, X), voxels\n"


def grid_of_folder(folder: Path) -> Record | None:
    """What the grid file in a folder of slices says; None if there is none.

    Raises:
        InputError: it cannot be read, or states no grid.
    """
    place = folder / FILE
    return read_grid(place) if place.is_file() else None


def read_grid(place: Path) -> Record:
    """What a grid file says; without values, these are the labels.

    Raises:
        InputError: it cannot be read, or states no grid.
    """
    text = read_text(place)
    try:
        tables: dict[str, Any] = tomllib.loads(text)
        table = tables["grid"]
        grid = Grid(table["phases"], table["voxel_um"], table.get("periodic", (False, False, False)))
        return Record(_values(grid, table.get("values", {})), grid.voxel_um, grid.periodic, _shape(tables))
    except InputError as error:
        raise InputError(error.what, where=str(place), fix=_FIX) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)[:200]
        raise InputError(f"is no grid file: {reason}", where=str(place), fix=_FIX) from error


def _values(grid: Grid, stated: Mapping[str, Any]) -> PhaseValues:
    if not stated:
        return values_of_phases(grid.phases)
    if stated.keys() != set(grid.phases):
        raise InputError(f"grid.values are for {', '.join(stated)}, but the phases are {', '.join(grid.phases)}")
    return values_of_phases({phase: stated[phase] for phase in grid.phases})


def _shape(tables: Mapping[str, Any]) -> tuple[int, ...] | None:
    stated = tables.get(_OWN)
    return None if stated is None else tuple(int(length) for length in stated["shape"])


def _quoted(text: str) -> str:
    # TOML has the escapes of JSON, but for surrogates; a DEL must be one
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
