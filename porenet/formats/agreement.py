"""What the caller says of a file and what the file says itself: one grid, or an error that says how they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, cast

from porenet.errors import InputError, Wording
from porenet.formats import phases as mapping
from porenet.formats.interface import StoredArray
from porenet.formats.interface.records import SAME_EDGE
from porenet.formats.picture_shape import note_picture, picture_advice
from porenet.interface import AXES, Grid
from porenet.interface.phase_values import PhaseValues, option_text, values_of_phases

_EDGES = "Give the edges in um: {}."
_Edges = tuple[float, ...]
_Wraps = tuple[bool, ...]
_Values = dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Statement:
    """What the caller says of a file.

    Attributes:
        values: values of each phase, in label order; None to take those of the file.
        names_only: whether the caller says names of phases alone, which the values of the file are taken for.
        voxel_um: voxel edges (z, y, x), um, of a section (y, x), or one for all; None to take those of the file.
        periodic: whether the volume wraps along (z, y, x), of a section (y, x); None to take what the file says.
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
        voxel_um: float | Sequence[float] | None,
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
            None if voxel_um is None else _stated_edges(voxel_um),
            None if periodic is None else _wraps(periodic),
            override,
        )

    def agreed(self, stored: StoredArray) -> tuple[_Values, Grid]:
        """Values of the phases, and the grid.

        Args:
            stored: what the file says.

        Raises:
            InputError: caller and file say different things, or neither says something.
        """
        self._refuse_other_dims(stored)
        note_picture(stored)
        values = _values(stored, self.values, self.override, names_only=self.names_only)
        stated = self.voxel_um
        if stated is not None and len(stated) == 1:
            stated *= len(stored.shape)
        edges = _edges(stored, stated, self.override)
        wraps = _boundaries(stored, self.periodic, self.override)
        return values, Grid(tuple(values), cast("Any", edges), cast("Any", wraps), len(stored.shape))

    def _refuse_other_dims(self, stored: StoredArray) -> None:
        dims = len(stored.shape)
        stated = [len(entries) for entries in (self.voxel_um, self.periodic) if entries is not None]
        if all(length in (1, dims) for length in stated):
            return
        if dims == 2:
            what = (
                "is an image or an array of two axes, a section, and three voxel edges or boundaries, those of a "
                "volume, were asked for"
            )
            fix = Wording(
                "Pass voxel_um=(y, x); a volume one voxel thick has the shape (1, Y, X).",
                "Give the edges as Y,X: --voxel-um 0.1,0.1; a single one stands for three. A volume one voxel thick "
                "has the shape (1, Y, X).",
            )
        else:
            what = "is a volume, and two voxel edges or boundaries, those of a section, were asked for"
            advice = picture_advice(stored)
            fix = Wording(
                f"{advice}Pass voxel_um=(z, y, x); a folder of sections is read one by one.",
                f"{advice}Give the edges as Z,Y,X; sections in a folder are named one by one (folder/*.png), or its "
                "grid.toml has two edges.",
            )
        raise InputError(what, fix=fix)


def _stated_edges(voxel_um: float | Sequence[float]) -> _Edges:
    """Voxel edges of two axes or three, or one number, checked."""
    edges = Grid(("a", "b"), cast("Any", voxel_um)).edges_um
    return edges[:1] if isinstance(voxel_um, Real) else edges


def _wraps(periodic: Sequence[bool]) -> _Wraps:
    """Boundaries of two axes or three, checked."""
    dims = 2 if isinstance(periodic, Sequence) and len(periodic) == 2 else 3
    return Grid(("a", "b"), cast("Any", 1.0), cast("Any", periodic), dims).wraps


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
    dims = len(stored.shape)
    axes, stated = AXES[-dims:], stored.voxel_um[-dims:]
    names = ", ".join(axes)
    if voxel_um is None:
        missing = [axis for axis, edge in zip(axes, stated, strict=True) if edge is None]
        if missing:
            known = [f"{axis} = {edge:g} um" for axis, edge in zip(axes, stated, strict=True) if edge is not None]
            holds = f"it states only {', '.join(known)}" if known else "it states no voxel size"
            holds += f": {stored.voxel_note}" if stored.voxel_note else ""
            raise InputError(holds, fix=_give(f"voxel_um=({names})", f"--voxel-um {names.upper().replace(' ', '')}"))
        for axis, edge in zip(axes, stated, strict=True):
            if edge is None or not math.isfinite(edge) or edge <= 0:
                raise InputError(
                    f"it states an edge of {edge} um along {axis}",
                    fix=_give(
                        f"voxel_um=({names}) and override=True",
                        f"--voxel-um {names.upper().replace(' ', '')} and --override",
                    ),
                )
        return cast("_Edges", stated)
    if not override:
        for axis, edge, length in zip(axes, stated, voxel_um, strict=True):
            if edge is not None and not math.isclose(edge, length, rel_tol=SAME_EDGE):
                raise InputError(
                    f"it states an edge of {edge:g} um along {axis}, but {length:g} was asked for",
                    fix=_against("voxel_um"),
                )
    return voxel_um


def _boundaries(stored: StoredArray, wraps: _Wraps | None, override: bool) -> _Wraps:
    dims = len(stored.shape)
    own = None if stored.periodic is None else stored.periodic[-dims:]
    if wraps is None:
        return own or (False,) * dims
    if own is not None and own != wraps and not override:
        raise InputError(
            f"the file is {_in_words(own)}, but {_in_words(wraps)} was asked for", fix=_against("periodic")
        )
    return wraps


def _in_words(wraps: _Wraps) -> str:
    axes = [axis for axis, wrapping in zip(AXES[-len(wraps) :], wraps, strict=True) if wrapping]
    return f"periodic along {', '.join(axes)}" if axes else "open along all axes"


def _give(python: str, command: str) -> Wording:
    return Wording(_EDGES.format(python), _EDGES.format(command))


def _against(argument: str) -> Wording:
    """What to do where an argument contradicts the file."""
    return Wording(
        f"Leave {argument} out, or pass override=True if the file is wrong.",
        "State the grid of the file (--grid, or --phases and --voxel-um), or add --override if the file is wrong.",
    )
