"""The volume that is measured: one that is given, or that of an array with the meaning of its values."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from porenet.errors import InputError
from porenet.interface import Volume

if TYPE_CHECKING:
    from porenet.interface.phase_values import PhaseValues


def volume_of(
    measured: Any,
    phases: Sequence[str] | PhaseValues | None,
    voxel_um: float | Sequence[float] | None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
    *,
    where: str = "measure",
) -> Volume:
    """A volume, or the volume of an array.

    Args:
        measured: a `Volume`, or an array.
        phases: names of its phases, or name -> value, or values; see `porenet.Volume.from_array`.
        voxel_um: voxel edges (z, y, x), um, or one number.
        periodic: per axis (z, y, x), whether it wraps; default: open.
        dims: 2 for a section, 3 for a volume; default: the number of axes of the array.
        where: name of the caller, for messages.

    Raises:
        InputError: an array without phases and voxel edges, these with a volume, several volumes, or a path.
    """
    if isinstance(measured, Volume):
        if phases is None and voxel_um is None and periodic is None and dims in (None, measured.grid.dims):
            return measured
        raise InputError(
            "a Volume has its phases, voxel edges, boundaries and dimensions", where=where, fix="Leave them out."
        )
    _refuse_other_kinds(measured, where)
    if phases is None or voxel_um is None:
        facts = {"which value is which phase": phases, "how large a voxel is": voxel_um}
        unknown = ", nor ".join(fact for fact, value in facts.items() if value is None)
        raise InputError(
            f"{type(measured).__name__} does not say {unknown}",
            where=where,
            fix='Pass phases={"Ni": 255, ...} and voxel_um=(z, y, x), of a section (y, x), or a porenet.Volume.',
        )
    return Volume.from_array(
        measured, phases=phases, voxel_um=voxel_um, periodic=periodic or (False, False, False), dims=dims
    )


def _refuse_other_kinds(measured: Any, where: str) -> None:
    """Check that what is measured is neither several volumes nor the path of one."""
    if isinstance(measured, list | tuple) and any(isinstance(each, Volume) for each in measured):
        raise InputError(
            f"one Volume was expected, not a {type(measured).__name__} of {len(measured)}",
            where=where,
            fix="Measure them one by one.",
        )
    if isinstance(measured, str | os.PathLike):
        raise InputError(
            f"a Volume or an array was expected, not the path {os.fspath(measured)!r}",
            where=where,
            fix="Read it first, with porenet.formats.read.",
        )
