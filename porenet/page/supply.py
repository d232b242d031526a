"""Supply of a structure: the role and reservoir of each phase, and the three phases of the boundary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from porenet.config import GridFile
from porenet.errors import InputError, did_you_mean
from porenet.interface import FACES, USUAL_RESERVOIRS, Face, Grid

Role = Literal["electrons", "ions", "gas"]
ROLES: tuple[Role, ...] = get_args(Role)

KNOWN: Mapping[str, Role] = {"Ni": "electrons", "YSZ": "ions", "pore": "gas"}
"""Roles of phases known by name."""

_PLACES = {f"{axis}_{end}": f"{axis} = {'0' if end == 'min' else 'max'}" for axis in "zyx" for end in ("min", "max")}
_FEEDS: Mapping[Role, str] = {"gas": "gas", "electrons": "electrons", "ions": "electrolyte"}


@dataclass(frozen=True, slots=True)
class Supply:
    """Supply of the structures of one grid.

    Attributes:
        reservoirs: phase of the grid -> the face that feeds it.
        roles: phase of the grid -> what it carries, if known.
        triple: the three phases that meet at a triple-phase boundary; None if there is no such boundary.
        active: parameter ``active`` of the metric ``tpb``: ``reachable`` if all three phases have a reservoir.
        notes: remarks for the reader of the page.
    """

    reservoirs: Mapping[str, Face]
    roles: Mapping[str, Role]
    triple: tuple[str, str, str] | None
    active: Literal["reachable", "spanning"]
    notes: tuple[str, ...]


def supply_of(grid: GridFile, triple: tuple[str, str, str] | None, roles: Mapping[str, Role]) -> Supply:
    """Supply of the structures of a grid.

    Args:
        grid: phases, and their reservoirs if it names any.
        triple: the three phases that meet; None: those of a grid of three phases.
        roles: role of each phase, in addition to those known by name; phases not on the grid are ignored.

    Raises:
        InputError: ``triple`` is not three different phases of the grid.
    """
    phases, notes = grid.grid.phases, []
    reservoirs = dict(grid.reservoirs)
    if not reservoirs:
        reservoirs = {phase: face for phase, face in USUAL_RESERVOIRS.items() if phase in phases}
        assumed = ", ".join(f"{phase} from {face}" for phase, face in reservoirs.items())
        if assumed:
            notes.append(f"the grid names no reservoirs; assumed, as in the metric tpb: {assumed}")
        else:
            notes.append("no reservoirs are known ([grid.reservoirs] of a grid file): no phase is supplied")
    chosen = _triple(grid.grid, triple)
    if chosen is None:
        notes.append(_missing_triple("no triple-phase boundary", len(phases)))
    unfed = [phase for phase in chosen or () if phase not in reservoirs]
    if unfed and reservoirs:
        notes.append(f"no reservoir is known for {', '.join(unfed)}")
    if unfed:
        notes.append("triple-phase boundary is active where its three phases each join z = 0 and z = max (spanning)")
    return Supply(
        reservoirs, _known(grid.grid, roles), chosen, "spanning" if unfed or not chosen else "reachable", tuple(notes)
    )


def supply_of_section(grid: GridFile, triple: tuple[str, str, str] | None, roles: Mapping[str, Role]) -> Supply:
    """As `supply_of`, of sections: they have triple points, and no reservoirs, since none shows what is supplied."""
    chosen, notes = _triple(grid.grid, triple), []
    if chosen is None:
        notes.append(_missing_triple("no triple points", len(grid.grid.phases)))
    if grid.reservoirs:
        notes.append("the reservoirs of the grid are left out: a section does not show what they supply")
    return Supply({}, _known(grid.grid, roles), chosen, "spanning", tuple(notes))


def face_labels(supply: Supply) -> list[dict[str, Any]]:
    """Labels of the faces of z and of each face that feeds a phase: what enters or leaves there."""
    labels = []
    for face in FACES:
        fed = [phase for phase, reservoir in supply.reservoirs.items() if reservoir == face]
        if not fed and face not in ("z_min", "z_max"):
            continue
        carried = {supply.roles[phase] for phase in fed if phase in supply.roles}
        words = [_FEEDS[role] for role in ("gas", "electrons", "ions") if role in carried]
        words += [phase for phase in fed if phase not in supply.roles]
        place = _PLACES[face]
        labels.append({"face": face, "text": f"{' and '.join(words)} ({place})" if words else place})
    return labels


def parse_roles(roles: Mapping[str, str], phases: Iterable[str]) -> dict[str, Role]:
    """The roles that the user gives to phases, checked.

    Args:
        roles: phase -> role.
        phases: phases of all grids.

    Raises:
        InputError: a phase is on no grid, or a role is unknown.
    """
    names = list(phases)
    parsed: dict[str, Role] = {}
    for phase, role in roles.items():
        if phase not in names:
            raise InputError(f"no volume has a phase {phase!r}{did_you_mean(phase, names)}", where="--roles")
        if role not in ROLES:
            raise InputError(f"one of {', '.join(ROLES)} was expected, not {role!r}", where=f"--roles {phase}")
        parsed[phase] = role
    return parsed


def _known(grid: Grid, roles: Mapping[str, Role]) -> dict[str, Role]:
    return {phase: role for phase, role in {**KNOWN, **roles}.items() if phase in grid.phases}


def _missing_triple(what: str, count: int) -> str:
    if count == 2:
        return f"{what}: the grid has two phases"
    return f"{what}: three of the {count} phases must be chosen (--tpb A,B,C)"


def _triple(grid: Grid, triple: tuple[str, str, str] | None) -> tuple[str, str, str] | None:
    if triple is None:
        if len(grid.phases) != 3:
            return None
        first, second, third = grid.phases
        return first, second, third
    for phase in triple:
        try:
            grid.index(phase)
        except InputError as error:
            raise InputError(error.what, where="--tpb", fix=error.fix) from None
    if len(set(triple)) != 3:
        raise InputError(f"three different phases were expected, not {', '.join(triple)}", where="--tpb")
    return triple
