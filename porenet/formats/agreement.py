"""What the caller says of a file and what the file says itself: one grid, or an error that says how they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from porenet.errors import InputError, Wording
from porenet.formats import phases as mapping
from porenet.formats.interface import StoredArray, check_mapping
from porenet.interface import AXES, Grid

_SAME = 1e-3
"""Relative difference up to which two edges count as the same edge, written with fewer digits."""

_EDGES = "Give the edges in um: {}."
_Edges = tuple[float, float, float]
_Wraps = tuple[bool, bool, bool]


@dataclass(frozen=True, slots=True)
class Statement:
    """What the caller says of a file.

    Attributes:
        phases: value of each phase, in label order; None to take those of the file.
        voxel_um: voxel edges (z, y, x), um; None to take those of the file.
        periodic: whether the volume wraps along (z, y, x); None to take what the file says.
        override: whether the caller is right where the file says otherwise.
    """

    phases: dict[str, int] | None
    voxel_um: _Edges | None
    periodic: _Wraps | None
    override: bool

    @classmethod
    def checked(
        cls,
        phases: Mapping[str, int] | None,
        voxel_um: Sequence[float] | None,
        periodic: Sequence[bool] | None,
        override: bool,
    ) -> Statement:
        """A statement of values that may be of any type.

        Raises:
            InputError: one of them is wrong.
        """
        return cls(
            None if phases is None else check_mapping(phases),
            None if voxel_um is None else Grid(("a", "b"), cast("_Edges", voxel_um)).voxel_um,
            None if periodic is None else Grid(("a", "b"), (1.0, 1.0, 1.0), cast("_Wraps", periodic)).periodic,
            override,
        )

    def agreed(self, stored: StoredArray) -> tuple[dict[str, int], Grid]:
        """Values of the phases, and the grid.

        Args:
            stored: what the file says.

        Raises:
            InputError: caller and file say different things, or neither says something.
        """
        values = _names(stored, self.phases, self.override)
        edges = _edges(stored, self.voxel_um, self.override)
        return values, Grid(tuple(values), edges, _boundaries(stored, self.periodic, self.override))


def _names(stored: StoredArray, values: dict[str, int] | None, override: bool) -> dict[str, int]:
    own = stored.phases
    if values is None:
        if own is None:
            raise mapping.without_phase(stored, None)
        return own
    if own is not None and own != values and not override:
        raise InputError(f"the file says {_flags(own)}, but {_flags(values)} was asked for", fix=_against("phases"))
    return values


def _flags(phases: Mapping[str, int]) -> str:
    return ",".join(f"{name}={value}" for name, value in phases.items())


def _edges(stored: StoredArray, voxel_um: _Edges | None, override: bool) -> _Edges:
    stated = stored.voxel_um
    if voxel_um is None:
        missing = [axis for axis, edge in zip(AXES, stated, strict=True) if edge is None]
        if missing:
            known = [f"{axis} = {edge:g} um" for axis, edge in zip(AXES, stated, strict=True) if edge is not None]
            holds = f"it states only {', '.join(known)}" if known else "it states no voxel size"
            holds += f": {stored.voxel_note}" if stored.voxel_note else ""
            raise InputError(holds, fix=Wording(_EDGES.format("voxel_um=(z, y, x)"), _EDGES.format("--voxel-um Z,Y,X")))
        for axis, edge in zip(AXES, stated, strict=True):
            if edge is None or not math.isfinite(edge) or edge <= 0:
                raise InputError(
                    f"it states an edge of {edge} um along {axis}",
                    fix=Wording(
                        _EDGES.format("voxel_um=(z, y, x) and override=True"),
                        _EDGES.format("--voxel-um Z,Y,X and --override"),
                    ),
                )
        return cast("_Edges", stated)
    if not override:
        for axis, edge, length in zip(AXES, stated, voxel_um, strict=True):
            if edge is not None and not math.isclose(edge, length, rel_tol=_SAME):
                raise InputError(
                    f"it states an edge of {edge:g} um along {axis}, but {length:g} was asked for",
                    fix=_against("voxel_um"),
                )
    return voxel_um


def _boundaries(stored: StoredArray, wraps: _Wraps | None, override: bool) -> _Wraps:
    if wraps is None:
        return stored.periodic or (False, False, False)
    if stored.periodic is not None and stored.periodic != wraps and not override:
        raise InputError(
            f"the file is {_in_words(stored.periodic)}, but {_in_words(wraps)} was asked for", fix=_against("periodic")
        )
    return wraps


def _in_words(wraps: _Wraps) -> str:
    axes = [axis for axis, wrapping in zip(AXES, wraps, strict=True) if wrapping]
    return f"periodic along {', '.join(axes)}" if axes else "open along all axes"


def _against(argument: str) -> Wording:
    """What to do where an argument contradicts the file."""
    return Wording(
        f"Leave {argument} out, or pass override=True if the file is wrong.",
        "State the grid of the file (--grid, or --phases and --voxel-um), or add --override if the file is wrong.",
    )
