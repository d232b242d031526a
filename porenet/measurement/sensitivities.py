"""What a shift of the interfaces does to metrics: `sensitivity`."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from porenet.errors import InputError
from porenet.interface import Volume
from porenet.measurement.boundary_shift import doubled, shifted
from porenet.measurement.derived_volumes import Derived, Progress, measure_derived
from porenet.measurement.requests import Request
from porenet.measurement.row import Row

SHIFTS = (-1.0, -0.5, 0.5, 1.0)
"""Voxels by which each phase grows."""

Cell = tuple[float | None, str]
"""A value, or None and why it is undefined."""

HALF = 0.5


@dataclass(frozen=True)
class SensitivityRow:
    """A quantity, and what it becomes when the interfaces of one phase move.

    Attributes:
        measured: its row in the volume as it is.
        phase: the phase that is moved at the expense of its neighbours.
        doubled: the quantity on the doubled grid, before anything is moved.
        shifts: voxels by which the phase grows (below 0: shrinks) -> the quantity on the doubled grid.
    """

    measured: Row
    phase: str
    doubled: Cell
    shifts: dict[float, Cell]

    @property
    def per_voxel(self) -> Cell:
        """Change per voxel by which the phase grows: the difference between half a voxel out and half a voxel in.

        Where one of these is undefined: twice the difference between the other and what nothing has moved in.
        """
        (lower, why_not_in), (upper, why_not_out) = self.shifts[-HALF], self.shifts[HALF]
        still, why_not = self.doubled
        ends = [(value, place) for value, place in ((lower, -HALF), (still, 0.0), (upper, HALF)) if value is not None]
        if len(ends) < 2:
            return None, "; ".join(dict.fromkeys(filter(None, (why_not_in, why_not, why_not_out))))
        (first, start), (last, end) = ends[0], ends[-1]
        return (last - first) / (end - start), ""

    @property
    def relative(self) -> float | None:
        """Change per voxel relative to the value on the doubled grid; None where that is 0 or undefined."""
        change, _ = self.per_voxel
        return change / abs(self.doubled[0]) if change is not None and self.doubled[0] else None

    def as_data(self) -> dict[str, Any]:
        """JSON-ready."""
        names = ("metric", "provider", "key", "unit", "params", "value", "undefined")
        change, reason = self.per_voxel
        return {
            **{name: self.measured.get(name) for name in names},
            "phase": self.phase,
            "doubled": _cell_data(self.doubled),
            "shifts": {f"{shift:+g}": _cell_data(cell) for shift, cell in self.shifts.items()},
            "per_voxel": {"value": change, "undefined": reason or None},
            "relative_per_voxel": self.relative,
        }


def sensitivity(
    volume: Volume, requests: Iterable[Request | str] | str, *, progress: Progress | None = None
) -> tuple[list[SensitivityRow], list[str]]:
    """Measure metrics after the interfaces of each phase have moved by half a voxel and by one, either way.

    The volume is doubled (each voxel in two along each axis, `porenet.measurement.doubled`), and each phase in turn
    grows or shrinks by one or two of these smaller voxels at the expense of its neighbours
    (`porenet.measurement.shifted`). Along an axis a voxel is that axis' edge. So a flat interface along the axes moves
    by exactly half a voxel and one; an oblique one by 0.50 to 0.57 and 0.87 to 1.01 voxels, on average over all
    directions by 0.56 and 0.98. A metric that counts voxels reads another value on the doubled grid; so changes are
    taken between values on that grid. Of two phases only the first is moved: the other does the opposite.

    Args:
        volume: any labelled structure; eight times its memory is needed, and with P phases 32 P times its work (of a
            section four times and 16 P).
        requests: metrics, by name or with parameters (`Request`).
        progress: called with the name of each shifted volume that has been measured.

    Returns:
        One row per quantity and moved phase; and notes.

    Raises:
        InputError: that is not a volume, it has no interface, or a metric refuses it.
        UnknownComponent, ConfigError: a request is wrong.
        PluginError: a metric broke its contract.

    Example:
        >>> import numpy, porenet
        >>> from porenet.measurement import sensitivity
        >>> slab = numpy.zeros((16, 4, 4), int)
        >>> slab[6:10] = 1
        >>> volume = porenet.Volume.from_array(slab, phases=("pore", "solid"), voxel_um=0.1)
        >>> rows, _ = sensitivity(volume, "vf")
        >>> rows[0].phase, rows[0].shifts[0.5][0], rows[0].shifts[-1.0][0]  # two faces, 4 of 16 layers
        ('pore', 0.8125, 0.625)
    """
    if not isinstance(volume, Volume):
        raise InputError(f"a porenet.Volume was expected, not {type(volume).__name__}", where="sensitivity.volume")
    phases, absent = moved_phases(volume)
    rows, notes = measure_derived(shifted_volumes(volume, phases), requests, progress=progress)
    return sensitivity_of(rows, phases), [*absent, *notes]


def moved_phases(volume: Volume) -> tuple[list[str], list[str]]:
    """The phases whose interfaces are moved, and notes on those that are not.

    Raises:
        InputError: the volume has one phase only, and no interface.
    """
    names = volume.grid.phases
    there = [name for label, name in enumerate(names) if (volume.labels == label).any()]
    if len(there) < 2:
        raise InputError(f"the volume is all {there[0]}: there is no interface to move")
    notes = [f"{name} is absent, and is not moved" for name in names if name not in there]
    if len(there) == 2:
        return there[:1], [*notes, f"{there[0]} is moved; where it grows, {there[1]} shrinks"]
    return there, notes


def shifted_volumes(volume: Volume, phases: Sequence[str], name: str = "volume") -> list[Derived]:
    """The volume as it is, doubled, and with each phase moved by each of `SHIFTS`."""
    shifts = [
        Derived(shift_name(name, phase, shift), functools.partial(_moved, volume, phase, round(2 * shift)))
        for phase in phases
        for shift in SHIFTS
    ]
    return [Derived(name, lambda: volume), Derived(doubled_name(name), functools.partial(doubled, volume)), *shifts]


def doubled_name(name: str) -> str:
    """Name of the doubled volume in a table."""
    return f"{name}: doubled"


def shift_name(name: str, phase: str, shift: float) -> str:
    """Name of a shifted volume in a table, such as ``cube.tif: Ni +0.5``."""
    return f"{name}: {phase} {shift:+g}"


def sensitivity_of(
    rows: Mapping[str, Sequence[Row]], phases: Sequence[str], name: str = "volume"
) -> list[SensitivityRow]:
    """The sensitivities from the rows of shifted volumes.

    Args:
        rows: name of each volume (`shifted_volumes`) -> its rows.
        phases: that were moved.
        name: name of the volume, with which those of the shifted ones begin.
    """
    cells: dict[str, dict[tuple[str, str, str], Cell]] = {
        derived: {_identity(row): (row["value"], row["undefined"] or "") for row in its_rows}
        for derived, its_rows in rows.items()
    }
    missing = (None, "no such value in the shifted volume")
    return [
        SensitivityRow(
            measured=row,
            phase=phase,
            doubled=cells[doubled_name(name)].get(_identity(row), missing),
            shifts={shift: cells[shift_name(name, phase, shift)].get(_identity(row), missing) for shift in SHIFTS},
        )
        for row in rows[name]
        for phase in phases
    ]


def _moved(volume: Volume, phase: str, steps: int) -> Volume:
    return shifted(doubled(volume), phase, steps)


def _identity(row: Row) -> tuple[str, str, str]:
    return str(row["provider"]), str(row["metric"]), str(row["key"])


def _cell_data(cell: Cell) -> dict[str, Any]:
    value, reason = cell
    return {"value": value, "undefined": reason or None}
