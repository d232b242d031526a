"""One sentence on what passes through a structure and reacts in it, made from the counters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from porenet.page.supply import Supply

MOST_NAMES = 4
"""Largest number of phases that a sentence names; of more it gives the count."""
ORDER = ("gas", "electrons", "ions")
ACROSS = "from z = 0 to z = max"

CountersById = Mapping[str, Mapping[str, Any]]


def headline_of(counters: Iterable[Mapping[str, Any]], supply: Supply, phases: Sequence[str]) -> dict[str, str]:
    """The sentence above a structure.

    Args:
        counters: counters of the structure, from `porenet.page.counters`.
        supply: reservoirs and roles of its phases.
        phases: phases of its grid, in order.

    Returns:
        ``text``, and ``tone``: ``bad`` if any known carrier (any phase, if none is known) does not pass or nothing can
        react, else ``good``; in a structure of one layer by what can react alone.
    """
    by_id: CountersById = {counter["id"]: counter for counter in counters}
    among = [phase for phase in phases if phase in (supply.triple or phases)]
    known = [phase for phase in among if phase in supply.roles]
    networks = {phase: by_id[f"percolates.{phase}.z"]["value"] for phase in known or among}
    crossing = [phase for phase, crosses in networks.items() if crosses]
    stopped = [phase for phase in known or among if phase not in crossing]
    gas = [phase for phase in known if supply.roles[phase] == "gas"]
    moving = {supply.roles[phase] for phase in crossing if phase in supply.roles}
    bad = bool({supply.roles[phase] for phase in known} - moving if known else stopped)
    roles = sorted((supply.roles[phase] for phase in known), key=ORDER.index)
    if None in networks.values():
        text, bad = "The structure is one voxel thick along z, so that there is nothing to cross", False
    elif known and len(set(roles)) == len(roles):
        text = _role_text([role for role in roles if role in moving], [role for role in roles if role not in moving])
    else:
        text = _phase_text(crossing, stopped)
    if "tpb.total" in by_id:
        text += f"; {_boundary_text(by_id, gas)}"
        bad = bad or by_id["tpb.active"]["value"] == 0
    return {"text": f"{text}.", "tone": "bad" if bad else "good"}


def _role_text(crossing: Sequence[str], stopped: Sequence[str]) -> str:
    """Which roles pass and which do not, if the roles of the phases are known."""
    if not stopped:
        return f"{_enumeration(crossing, 'and').capitalize()} {'passes' if crossing == ['gas'] else 'pass'} {ACROSS}"
    others = f" ({_enumeration(crossing, 'and')} {'does' if crossing == ['gas'] else 'do'})" if crossing else ""
    return f"No {_enumeration(stopped, 'or')} can pass {ACROSS}{others}"


def _phase_text(crossing: Sequence[str], stopped: Sequence[str]) -> str:
    """Which phases cross and which do not, if their roles are unknown."""
    count = len(crossing) + len(stopped)
    if count > MOST_NAMES:
        return f"In {len(crossing)} of {count} phases a network leads {ACROSS}"
    if not stopped:
        return f"A network leads {ACROSS} in {_enumeration(crossing, 'and')}"
    others = f" (in {_enumeration(crossing, 'and')} one does)" if crossing else ""
    return f"No network leads {ACROSS} in {_enumeration(stopped, 'or')}{others}"


def _boundary_text(by_id: CountersById, gas: Iterable[str]) -> str:
    if not by_id["tpb.total"]["value"]:
        return "there is no triple-phase boundary, so nothing can react"
    if by_id["tpb.active"]["value"] is None:
        return "how much of the triple-phase boundary is active is undefined"
    if not by_id["tpb.active"]["value"]:
        maybe = ", though some of it may be fed from outside the box" if by_id["tpb.unknown"]["value"] else ""
        return f"none of the triple-phase boundary is active{maybe}"
    text = f"{by_id['tpb.active_share']['text']} of the triple-phase boundary is active"
    for phase in gas:
        blocked = by_id[f"tpb.blocked_inlet.{phase}"]
        if blocked["value"]:
            text += f", and {blocked['text']} of the gas inlet leads to none of it"
    return text


def _enumeration(words: Sequence[str], last: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
