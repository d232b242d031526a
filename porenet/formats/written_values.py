"""The value in a file of each label of a volume: as stated, or as a grid file says."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from porenet.errors import InputError, argument
from porenet.formats.interface.grid_toml import read_grid
from porenet.formats.interface.records import SAME_EDGE
from porenet.interface import Grid
from porenet.interface.phase_values import PhaseValues, option_text, values_of_phases

if TYPE_CHECKING:
    from numpy.typing import NDArray


class StatesValues(Protocol):
    """What states the values of phases in files: a grid file or a run, as `porenet.config` reads them."""

    @property
    def grid(self) -> Grid:
        """Phases, voxel edges, boundaries."""
        ...

    @property
    def values(self) -> PhaseValues:
        """Value, or values, of each phase; empty where the labels are meant."""
        ...


def written_values(
    own: Grid, values: PhaseValues | None, grid: StatesValues | str | os.PathLike[str] | None
) -> NDArray[np.uint8]:
    """The value in the file of each label, ``(256,)`` uint8; of several values of a phase, the first.

    Args:
        own: grid of the volume to write.
        values: value, or values, of each phase; None for its labels.
        grid: instead of ``values``, a grid file or its path.

    Raises:
        InputError: both are stated, a phase has no value or one that is not in 0 to 255, or the grid is not that of the
            volume.
    """
    where: str = argument("values")
    if grid is not None:
        if values is not None:
            raise InputError("values are stated twice", where="grid", fix="Leave values out.")
        where, values = argument("grid"), _values_of_grid(own, grid)
    table = np.arange(256, dtype=np.uint8)
    if values is None:
        return table
    mapping, phases = values_of_phases(values, where=where), own.phases
    if set(mapping) != set(phases):
        raise InputError(
            f"values for {', '.join(mapping)}, but the phases are {', '.join(phases)}",
            where=where,
            fix="Give each phase one value.",
        )
    for label, phase in enumerate(phases):
        value = mapping[phase][0]
        if not 0 <= value <= 255:
            raise InputError(
                f"{option_text({phase: value})} cannot be written, which takes 0 to 255",
                where=where,
                fix="The first value of each phase is the one that is written: choose others.",
            )
        table[label] = value
    return table


def _values_of_grid(grid: Grid, stated: StatesValues | str | os.PathLike[str]) -> PhaseValues:
    """The values that a grid file states for the phases of a volume."""
    if isinstance(stated, str | os.PathLike):
        record = read_grid(Path(stated))
        values = values_of_phases(record.values)
        other = Grid(tuple(values), record.voxel_um or grid.voxel_um, record.periodic, record.dims)
    elif isinstance(getattr(stated, "grid", None), Grid):
        other, values = stated.grid, values_of_phases(stated.values or stated.grid.phases, where="grid")
    else:
        raise InputError(
            f"a grid file (porenet.config.load_grid) or its path was expected, not {type(stated).__name__}",
            where="grid",
            fix="A mapping from phase to value is not the grid, but the values.",
        )
    same_edges = all(
        math.isclose(*edges, rel_tol=SAME_EDGE) for edges in zip(other.voxel_um, grid.voxel_um, strict=True)
    )
    if not same_edges or other.periodic != grid.periodic or other.dims != grid.dims:
        raise InputError(
            f"the grid file states voxel edges {list(other.edges_um)} um, periodic {list(other.wraps)}, but the "
            f"volume has {list(grid.edges_um)} um, {list(grid.wraps)}",
            where="grid",
            fix="Give the grid file of the volume, or only the values.",
        )
    return values
