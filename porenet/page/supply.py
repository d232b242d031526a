"""What feeds a structure: what each phase carries, from which face, and which three phases meet."""

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
"""What phases of these names carry."""

_PLACES = {f"{axis}_{end}": f"{axis} = {'0' if end == 'min' else 'max'}" for axis in "zyx" for end in ("min", "max")}
_FEEDS: Mapping[Role, str] = {"gas": "gas", "electrons": "electrons", "ions": "electrolyte"}


@dataclass(frozen=True, slots=True)
class Supply:
    """What feeds the structures of one grid.

    Attributes:
        reservoirs: the face that feeds each phase; only phases of the grid.
        roles: what each phase carries; only phases of the grid, and those of which it is known.
        triple: the three phases that meet at a triple-phase boundary; None if there is no such boundary.
        active: what the metric ``tpb`` is asked for: ``reachable`` where the face of all three is known.
        notes: what the reader of the page must know.
    """

    reservoirs: Mapping[str, Face]
    roles: Mapping[str, Role]
    triple: tuple[str, str, str] | None
    active: Literal["reachable", "spanning"]
    notes: tuple[str, ...]


def supply_of(grid: GridFile, triple: tuple[str, str, str] | None, roles: Mapping[str, Role]) -> Supply:
    """What feeds the structures of a grid.

    Args:
        grid: phases, and the reservoirs where it names them.
        triple: the three phases that meet, or None where there is no choice.
        roles: what phases carry, beside what their names say; other phases may be named.

    Raises:
        InputError: the three phases are not three of the grid.
    """
    phases, notes = grid.grid.phases, []
    reservoirs = dict(grid.reservoirs)
    if not reservoirs:
        reservoirs = {phase: face for phase, face in USUAL_RESERVOIRS.items() if phase in phases}
        taken = ", ".join(f"{phase} from {face}" for phase, face in reservoirs.items())
        if taken:
            notes.append(f"no reservoirs are named in the grid; taken, as the metric tpb does: {taken}")
        else:
            notes.append("no reservoirs are known ([grid.reservoirs] of a grid file): nothing can be fed")
    chosen = _triple(grid.grid, triple)
    if chosen is None:
        count = len(phases)
        notes.append(
            "no triple-phase boundary: the grid has two phases"
            if count == 2
            else f"no triple-phase boundary: three of the {count} phases must be chosen (--tpb A,B,C)"
        )
    unfed = [phase for phase in chosen or () if phase not in reservoirs]
    if unfed and reservoirs:
        notes.append(f"no reservoir is known of {', '.join(unfed)}")
    if unfed:
        notes.append("active triple-phase boundary: that whose three phases each join z = 0 and z = max (spanning)")
    known = {phase: role for phase, role in {**KNOWN, **roles}.items() if phase in phases}
    return Supply(reservoirs, known, chosen, "spanning" if unfed or not chosen else "reachable", tuple(notes))


def described_faces(supply: Supply) -> list[dict[str, Any]]:
    """The faces to label: those of z, and others that feed a phase; with what comes and goes there."""
    shown = []
    for face in FACES:
        fed = [phase for phase, one in supply.reservoirs.items() if one == face]
        if not fed and face not in ("z_min", "z_max"):
            continue
        carried = {supply.roles[phase] for phase in fed if phase in supply.roles}
        words = [_FEEDS[role] for role in ("gas", "electrons", "ions") if role in carried]
        words += [phase for phase in fed if phase not in supply.roles]
        place = _PLACES[face]
        shown.append({"face": face, "text": f"{' and '.join(words)} ({place})" if words else place})
    return shown


def checked_roles(roles: Mapping[str, str], phases: Iterable[str]) -> dict[str, Role]:
    """What phases carry, as the user says it.

    Raises:
        InputError: no such phase on any grid, or no such role.
    """
    names = list(phases)
    found: dict[str, Role] = {}
    for phase, role in roles.items():
        if phase not in names:
            raise InputError(f"no phase {phase!r} anywhere{did_you_mean(phase, names)}", where="--roles")
        if role not in ROLES:
            raise InputError(f"a phase carries {', '.join(ROLES)}, not {role!r}", where=f"--roles {phase}")
        found[phase] = role
    return found


def _triple(grid: Grid, wanted: tuple[str, str, str] | None) -> tuple[str, str, str] | None:
    if wanted is None:
        if len(grid.phases) != 3:
            return None
        first, second, third = grid.phases
        return first, second, third
    for phase in wanted:
        try:
            grid.index(phase)
        except InputError as error:
            raise InputError(error.what, where="--tpb", fix=error.fix) from None
    if len(set(wanted)) != 3:
        raise InputError(f"three different phases were expected, not {', '.join(wanted)}", where="--tpb")
    return wanted
