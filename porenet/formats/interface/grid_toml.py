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
from porenet.formats.interface.records import Record
from porenet.formats.text_files import read_text
from porenet.interface import Grid
from porenet.interface.phase_values import PhaseValues, plain_values, values_of_phases

GRID_FILE = "grid.toml"
_OWN = "porenet"
_LARGEST = 1 << 20
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
        f"voxel_um = {list(grid.edges_um)} # edges ({', '.join(grid.axes)}), um\n"
        f"periodic = {json.dumps(list(grid.wraps))} # per axis ({', '.join(grid.axes)})\n"
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
    place = folder / GRID_FILE
    if not place.is_file():
        return None
    if place.stat().st_size > _LARGEST:
        raise InputError("is too large for a grid file", where=str(place), fix=_FIX)
    return read_grid(place)


def read_grid(place: Path) -> Record:
    """What a grid file says; without values, these are the labels.

    Raises:
        InputError: it cannot be read, or states no grid.
    """
    text = read_text(place)
    try:
        return _record(tomllib.loads(text))
    except InputError as error:
        raise InputError(error.what, where=str(place), fix=_FIX) from error
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, thousands of brackets
        raise InputError(f"is not TOML: {str(error)[:200]}", where=str(place), fix=_FIX) from error


def _record(tables: Mapping[str, Any]) -> Record:
    table = _table(tables, "grid")
    missing = [key for key in ("phases", "voxel_um") if key not in table]
    if missing:
        raise InputError(f"its table [grid] lacks {' and '.join(missing)}")
    grid = Grid(table["phases"], table["voxel_um"], table.get("periodic", (False, False, False)), table.get("dims", 0))
    stated = _table({"grid.values": table.get("values", {})}, "grid.values")
    if stated and stated.keys() != set(grid.phases):
        raise InputError(f"[grid.values] has {', '.join(stated)}, but the phases are {', '.join(grid.phases)}")
    values = values_of_phases({phase: stated[phase] for phase in grid.phases} if stated else grid.phases)
    return Record(values, grid.voxel_um, grid.periodic, _shape(tables), grid.dims)


def _table(tables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = tables.get(name)
    if not isinstance(table, Mapping):
        raise InputError(f"it has no table [{name}]")
    return table


def _shape(tables: Mapping[str, Any]) -> tuple[int, ...] | None:
    if _OWN not in tables:
        return None
    lengths = _table(tables, _OWN).get("shape")
    if not isinstance(lengths, list) or len(lengths) != 3 or not all(isinstance(length, int) for length in lengths):
        raise InputError(f"its table [{_OWN}] has no shape of three whole numbers")
    return tuple(lengths)


def _quoted(text: str) -> str:
    # TOML has the escapes of JSON, but for surrogates; a DEL must be one
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
