"""The tables of what-does-my-other-tool-count.md, from docs/results/other_tools.json (``make evidence``)."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NUMBERS = Path(__file__).parents[1] / "results" / "other_tools.json"
TOOLS = ("porespy", "taufactor", "scikit-image")


def table(quantity: str, volume: str = "electrode", *, ball: bool = False) -> str:
    """A line per way to a quantity.

    Args:
        quantity: key of the result, such as ``ssa``.
        volume: ``electrode`` or ``coarser``.
        ball: whether the ball's answer, over the exact one, has a column.
    """
    rows = _numbers()["volumes"][volume]["quantities"][quantity]
    names = list(rows[0]["values"])
    heading = ["tool", "call", *(name if name != "all" else "value" for name in names), "unit"]
    lines = [[*heading, *(["ball"] if ball else []), "what it counts"]]
    for row in rows:
        of_ball = [_short(_numbers()["ball"][f"{row['tool']}: {row['call']}"])] if ball else []
        values = [_short(row["values"][name]) for name in names]
        lines.append([row["tool"], f"`{row['call']}`", *values, row["unit"], *of_ball, row["counts"]])
    return "\n".join(f"| {' | '.join(line)} |" for line in (lines[0], ["---"] * len(lines[0]), *lines[1:]))


def versions() -> str:
    """Versions of the tools, in a sentence."""
    installed = _numbers()["versions"]
    return ", ".join(f"{name} {installed[name]}" for name in TOOLS)


@functools.cache
def _numbers() -> Mapping[str, Any]:
    numbers: Mapping[str, Any] = json.loads(NUMBERS.read_text(encoding="utf-8"))
    return numbers


def _short(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4g}"
