"""A grid file: phases, file values and voxel edges of a set of volumes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from porenet.config.tables import Findings, Table
from porenet.config.whole_documents import read_document
from porenet.errors import InputError, did_you_mean
from porenet.interface import Face, Grid
from porenet.interface.phase_values import PhaseValues, plain_values, shared_value, values_of_phase


@dataclass(frozen=True, slots=True)
class GridFile:
    """Contents of a grid file.

    Attributes:
        grid: phases, voxel edges (um), boundaries.
        values: phase -> its value in the volume files, or several values; empty where the file does not state it.
        reservoirs: phase -> the face that feeds it; empty where the file does not state it.
    """

    grid: Grid
    values: PhaseValues
    reservoirs: Mapping[str, Face]

    @property
    def reading(self) -> dict[str, Any]:
        """What it says of a volume, as keywords of `porenet.formats.read`.

        Without file values they are those that the volume states, else the labels.
        """
        return {
            "phases": self.values or self.grid.phases,
            "voxel_um": self.grid.edges_um,
            "periodic": self.grid.wraps,
        }


class GridTable(Table):
    """The table ``[grid]``, with ``[grid.values]`` and ``[grid.reservoirs]``."""

    phases: list[str]
    voxel_um: list[float]
    periodic: list[bool] = Field(default_factory=lambda: [False, False, False])
    dims: Literal[2, 3] | None = None
    values: dict[str, Any] = Field(default_factory=dict)  # each a number or a list, checked by itself
    reservoirs: dict[str, Face] = Field(default_factory=dict)


def load_grid(path: str | Path) -> GridFile:
    """Read the table ``[grid]`` of a grid file or of a run; other tables are not read.

    Raises:
        InputError: the file cannot be read.
        ConfigError: the file is not TOML (by its suffix: YAML, JSON), or the table is wrong; holds every problem.
    """
    document = read_document(path)
    findings = Findings()
    table = findings.required(GridTable, "grid", document.tables)
    grid_file = grid_of(table, findings) if table else None
    if findings.problems or grid_file is None:
        raise findings.refusal(document)
    return grid_file


def grid_of(table: GridTable, findings: Findings) -> GridFile | None:
    """The grid of a validated table; None, with the problems added to ``findings``, if it is not a valid grid."""
    dims = table.dims or (2 if len(table.voxel_um) == 2 else 3)
    grid = Grid(("one", "other"), 1.0, dims=dims)  # type: ignore[arg-type]
    # Fields are set one by one, so that every fault is found.
    for name in ("voxel_um", "periodic", "phases"):
        try:
            grid = dataclasses.replace(grid, **{name: tuple(getattr(table, name))})  # type: ignore[arg-type]
        except InputError as error:
            findings.add(f"grid.{name}", error.what)
            if name == "phases":
                return None
    for name, mapping in (("values", table.values), ("reservoirs", table.reservoirs)):
        for phase in mapping:
            if phase not in grid.phases:
                findings.add(f"grid.{name}.{phase}", f"no phase of that name{did_you_mean(phase, grid.phases)}")
    values = _values(table.values, findings)
    missing = [phase for phase in grid.phases if phase not in table.values]
    values_are_sound = not any(problem.path.startswith("grid.values") for problem in findings.problems)
    if table.values and missing and values_are_sound:
        findings.add("grid.values", f"no file value for {', '.join(missing)}")
    return GridFile(grid, plain_values(values), table.reservoirs)


def _values(stated: Mapping[str, Any], findings: Findings) -> dict[str, tuple[int, ...]]:
    """The sound values of each phase; the problems of the others are added to ``findings``."""
    values: dict[str, tuple[int, ...]] = {}
    for phase, value in stated.items():
        try:
            values[phase] = values_of_phase(phase, value)
        except InputError as error:
            findings.add(f"grid.values.{phase}", error.what)
    sharing = shared_value(values)
    if sharing:
        findings.add("grid.values", sharing)
    return values
