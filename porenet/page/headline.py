"""What a structure can and cannot do, in one sentence: the library's counters, put into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from porenet.page.supply import Supply

MOST_NAMES = 4
"""Phases that a sentence names; of more it tells how many."""
ORDER = ("gas", "electrons", "ions")
ACROSS = "from z = 0 to z = max"

Found = Mapping[str, Mapping[str, Any]]


def headline_of(counters: Iterable[Mapping[str, Any]], supply: Supply, phases: Sequence[str]) -> dict[str, str]:
    """The sentence above a structure.

    Args:
        counters: of the structure, from `porenet.page.counters`.
        supply: what feeds it.
        phases: of its grid, in order.

    Returns:
        ``text``, and ``tone``: ``bad`` where the gas, or without a gas any phase, does not pass, or where nothing can
        react; else ``good``.
    """
    of: Found = {one["id"]: one for one in counters}
    among = [phase for phase in phases if phase in (supply.triple or phases)]
    known = [phase for phase in among if phase in supply.roles]
    crossing = [phase for phase in known or among if of[f"percolates.{phase}.z"]["value"]]
    stopped = [phase for phase in known or among if phase not in crossing]
    gas = [phase for phase in known if supply.roles[phase] == "gas"]
    bad = bool(set(gas or known or among) & set(stopped))
    roles = sorted((supply.roles[phase] for phase in known), key=ORDER.index)
    if known and len(set(roles)) == len(roles):
        moving = {supply.roles[phase] for phase in crossing}
        said = _carried([one for one in roles if one in moving], [one for one in roles if one not in moving])
    else:
        said = _joined(crossing, stopped)
    if "tpb.total" in of:
        said += f"; {_boundary(of, gas)}"
        bad = bad or not of["tpb.active"]["value"]
    return {"text": f"{said}.", "tone": "bad" if bad else "good"}


def _carried(crossing: Sequence[str], stopped: Sequence[str]) -> str:
    """What passes and what does not, where it is known what the phases carry."""
    if not stopped:
        return f"{_listed(crossing, 'and').capitalize()} {'passes' if crossing == ['gas'] else 'pass'} {ACROSS}"
    others = f" ({_listed(crossing, 'and')} {'does' if crossing == ['gas'] else 'do'})" if crossing else ""
    return f"No {_listed(stopped, 'or')} can pass {ACROSS}{others}"


def _joined(crossing: Sequence[str], stopped: Sequence[str]) -> str:
    """The same of phases of which only the names are known."""
    count = len(crossing) + len(stopped)
    if count > MOST_NAMES:
        return f"In {len(crossing)} of {count} phases a network leads {ACROSS}"
    if not stopped:
        return f"A network leads {ACROSS} in {_listed(crossing, 'and')}"
    others = f" (in {_listed(crossing, 'and')} one does)" if crossing else ""
    return f"No network leads {ACROSS} in {_listed(stopped, 'or')}{others}"


def _boundary(of: Found, gas: Iterable[str]) -> str:
    if not of["tpb.total"]["value"]:
        return "there is no triple-phase boundary, so nothing can react"
    if not of["tpb.active"]["value"]:
        maybe = ", though some of it may be fed from outside the box" if of["tpb.unknown"]["value"] else ""
        return f"none of the triple-phase boundary is active{maybe}"
    said = f"{of['tpb.active_share']['text']} of the triple-phase boundary is active"
    for phase in gas:
        blocked = of[f"tpb.blocked_inlet.{phase}"]
        if blocked["value"]:
            said += f", and {blocked['text']} of the gas inlet leads to none of it"
    return said


def _listed(words: Sequence[str], last: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
