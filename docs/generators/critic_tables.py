"""Tables of what the critic of run E learns, for results/real-electrodes.md; values: `benchmarks.critic_separation`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "results" / "critic_separation.json"
CASES = {
    "real, seed 0": "real cubes, seed 0",
    "real, seed 1": "real cubes, seed 1",
    "fields, seed 0": "**cubes of the fields themselves**",
}
"""Case -> what the critic is shown as real."""


def separation() -> str:
    """Scores of the critic after so many steps, training and held-out cubes beside fresh fields."""
    columns = [
        "shown as real", "critic steps", "training less fields", "its sd", "above", "held-out less fields", "its sd",
        "above",
    ]  # fmt: skip
    keys = {
        "training less fields": "+.2f", "training less fields, sd": ".2f", "training, share above fields": ".2f",
        "held-out less fields": "+.2f", "held-out less fields, sd": ".2f", "held-out, share above fields": ".2f",
    }  # fmt: skip
    rows = [
        [words, f"{row['steps']:.0f}", *(f"{row[key]:{form}}" for key, form in keys.items())]
        for case, words in CASES.items()
        for row in _values()[case]
    ]
    return _table(columns, rows)


SEEN = {
    "connectivity Ni": "connectivity of Ni", "connectivity YSZ": "of YSZ", "connectivity pore": "of pore",
    "tpb active": "active TPB", "tpb total": "total TPB", "ssa Ni": "surface of Ni", "ssa YSZ": "of YSZ",
    "ssa pore": "of pore",
}  # fmt: skip
"""Quantity -> heading: the five of S, and surface areas."""


def quantities() -> str:
    """Share of all pairs in which a training cube is above fields, per quantity."""
    shares = _values()["quantities"]
    return _table(list(SEEN.values()), [[f"{shares[name]:.2f}" for name in SEEN]])


def agreement() -> str:
    """Cosines of gradients at the parameters of the generator, each a mean over 8 batches."""
    cases: Mapping[str, Mapping[str, float]] = _values()["agreement"]
    names = list(next(iter(cases.values())))
    rows = [[name, *(f"{case[name]:+.2f}" for case in cases.values())] for name in names]
    return _table(["cosine of gradients", *(f"critics {case}" for case in cases)], rows)


def followed() -> str:
    """A generator behind a critic that stands still."""
    columns = {
        "by the critic that is followed": "+.2f", "by another critic": "+.2f", "mean of five S": ".3f",
        "total TPB over the real": ".2f",
    }  # fmt: skip
    rows = [
        [case, str(row["steps"]), *(f"{row[key]:{form}}" for key, form in columns.items())]
        for case, looks in _values()["followed"].items()
        for row in looks
    ]
    return _table(["critic", "steps", *columns], rows)


def _values() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return values


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
