"""One colour per phase, in notebooks, pictures and the 3-D report alike."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

COLOURS = Path(__file__).parents[1] / "page" / "colours.json"
"""What the 3-D report is built with: colours of roles, the names that have each role, and colours of other phases."""


def colours_of(phases: Sequence[str]) -> list[str]:
    """A colour ``#rrggbb`` per phase.

    A phase whose name begins with a word of `COLOURS`, in any case, has the colour of its role, as the 3-D report shows
    it; of two phases of one role the second has, like all others, the next of the other colours, again from the first.
    """
    table, colours, others = _table(), [], 0
    for phase in phases:
        colour = _colour_of_the_role(phase)
        if colour is None or colour in colours:
            colour = table["others"][others % len(table["others"])]
            others += 1
        colours.append(colour)
    return colours


def _colour_of_the_role(phase: str) -> str | None:
    for role, words in _table()["names"].items():
        if re.match(rf"({'|'.join(words)})\b", phase, re.IGNORECASE | re.ASCII):
            return str(_table()["roles"][role])
    return None


@functools.cache
def _table() -> dict[str, Any]:
    return dict(json.loads(COLOURS.read_text(encoding="utf-8")))
