"""What the caller says of a file and what the file says itself: one grid, or an error that says how they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from porenet.errors import InputError, Wording
from porenet.formats import phases as mapping
from porenet.formats.interface import StoredArray
from porenet.formats.interface.records import SAME_EDGE
from porenet.interface import AXES, Grid
from porenet.interface.phase_values import PhaseValues, option_text, values_of_phases

_EDGES = "Give the edges in um: {}."
_Edges = tuple[float, float, float]
_Wraps = tuple[bool, bool, bool]
_Values = dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Statement:
    """What the caller says of a file.

    Attributes:
        values: values of each phase, in label order; None to take those of the file.
        names_only: whether the caller says names of phases alone, which the values of the file are taken for.
        voxel_um: voxel edges (z, y, x), um; None to take those of the file.
        periodic: whether the volume wraps along (z, y, x); None to take what the file says.
        override: whether the caller is right where the file says otherwise.
    """

    values: _Values | None
    names_only: bool
    voxel_um: _Edges | None
    periodic: _Wraps | None
    override: bool

    @classmethod
    def checked(
        cls,
        phases: PhaseValues | Sequence[str] | None,
        voxel_um: Sequence[float] | None,
        periodic: Sequence[bool] | None,
        override: bool,
    ) -> Statement:
        """A statement of values that may be of any type.

        Raises:
            InputError: one of them is wrong.
        """
        return cls(
            None if phases is None else values_of_phases(phases),
            not isinstance(phases, Mapping),
            None if voxel_um is None else Grid(("a", "b"), cast("_Edges", voxel_um)).voxel_um,
            None if periodic is None else Grid(("a", "b"), (1.0, 1.0, 1.0), cast("_Wraps", periodic)).periodic,
            override,
        )

    def agreed(self, stored: StoredArray) -> tuple[_Values, Grid]:
        """Values of the phases, and the grid.

        Args:
            stored: what the file says.

        Raises:
            InputError: caller and file say different things, or neither says something.
        """
        values = _values(stored, self.values, self.override, names_only=self.names_only)
        edges = _edges(stored, self.voxel_um, self.override)
        return values, Grid(tuple(values), edges, _boundaries(stored, self.periodic, self.override))


def _values(stored: StoredArray, stated: _Values | None, override: bool, *, names_only: bool) -> _Values:
    """The values of each phase, in label order: those asked for, which must agree with those of the file."""
    own = None if override and stated is not None and not names_only else own_values(stored)
    if stated is None:
        if own is None:
            raise mapping.without_phase(stored, None)
        return own
    if own is not None and own.keys() == stated.keys() and names_only:
        return {name: own[name] for name in stated}
    if own is None or override:
        return stated
    # the file may state fewer values than asked for: of several values of a phase, only the first is written
    if own.keys() != stated.keys() or any(set(own[name]) - set(stated[name]) for name in own):
        wanted = ",".join(stated) if names_only else option_text(stated)
        raise InputError(f"the file says {option_text(own)}, but {wanted} was asked for", fix=_against("phases"))
    return stated


def own_values(stored: StoredArray) -> _Values | None:
    """The values that a file states for its phases, in label order; None if it states none.

    Raises:
        InputError: it states something else.
    """
    try:
        return None if stored.phases is None else values_of_phases(stored.phases)
    except InputError as error:
        raise InputError(
            f"the phases that it states are wrong: {error.what}",
            fix=Wording("Pass phases=... and override=True.", "State --phases and add --override."),
        ) from error


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
            if edge is not None and not math.isclose(edge, length, rel_tol=SAME_EDGE):
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
