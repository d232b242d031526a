"""Verdicts and distances of run E, for results/real-electrodes.md (``python -m benchmarks.run_e_verdict``)."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "results" / "run_e_verdict.json"
NAMES = {
    "e": "run E",
    "fields": "**fields, untrained**",
    "best_of_8": "**fields, untrained, best of 8**",
    "e_without_fields": "run E without fields",
}
"""Generators of an evaluation, in the order of the columns."""
WORDS = {"OK": "match", "Fail": "**differs**", "undecided": "undecided", "withheld": ""}
PHASES = ("Ni", "YSZ", "pore")
ROWS = {
    **{f"surface area of {phase}": f"ssa {phase}" for phase in PHASES},
    **{f"connectivity of {phase}": f"connectivity {phase}" for phase in PHASES},
    **{f"{kind} TPB": f"tpb {kind}" for kind in ("total", "active")},
    **{f"tau of {phase}": f"tortuosity {phase}.tortuosity_factor" for phase in PHASES},
    **{f"neck of {phase}": f"breakthrough_diameter {phase}.breakthrough_diameter" for phase in PHASES},
    **{f"Euler number of {phase}": f"euler_number {phase}" for phase in PHASES},
}
"""Title -> quantity, of the table of distances. Volume fractions, which are held, have no row."""
Run = Mapping[str, Any]


def verdicts(name: str) -> str:
    """A line per generator: how many quantities match and differ, the joint test, means of S.

    Args:
        name: of the evaluation in the results.
    """
    lines = ["| structures | match | differ | undecided | joint p | mean of five S | scaled |", "| --- " * 7 + "|"]
    for generator, runs in _runs(name).items():
        labels = [[row[3] for row in run["distances"].values()] for run in runs]
        withheld = any("withheld" in each for each in labels)
        counts = [
            "withheld" if withheld else _median([each.count(label) for each in labels], ".0f")
            for label in ("OK", "Fail", "undecided")
        ]
        joint = _median([run["joint p"] for run in runs], ".2g")
        means = [_median([run[score][0] for run in runs], ".3f") for score in ("s_value", "s_value_scaled")]
        lines.append(f"| {' | '.join([NAMES[generator], *counts, joint, *means])} |")
    ceilings = [_median([runs[0][score][1]], ".3f") for score in ("s_value", "s_value_scaled")]
    return "\n".join([*lines, f"| ceiling | | | | | {' | '.join(ceilings)} |"])


def distances(name: str) -> str:
    """A line per quantity: distance, ends of its interval and verdict of each generator, medians where it has repeats.

    Args:
        name: of the evaluation in the results.
    """
    generators = _runs(name)
    head = ["distance, sd of the reference [90 %]", *(NAMES[generator] for generator in generators)]
    lines = [f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    for title, quantity in ROWS.items():
        cells = [_cell([run["distances"][quantity] for run in runs]) for runs in generators.values()]
        lines.append(f"| {' | '.join([title, *cells])} |")
    return "\n".join(lines)


def _values() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return values


def _runs(name: str) -> dict[str, list[Run]]:
    """Generator -> its repeats, in the order of `NAMES`."""
    runs = _values()[name]["runs"].values()
    grouped = {key: [run for run in runs if run["generator"] == key] for key in NAMES}
    return {generator: repeats for generator, repeats in grouped.items() if repeats}


def _median(numbers: Sequence[float], form: str) -> str:
    """Median and range; one number alone."""
    texts = [f"{number:{form}}" for number in (statistics.median(numbers), min(numbers), max(numbers))]
    return texts[0] if len(set(texts)) == 1 else f"{texts[0]} [{texts[1]}, {texts[2]}]"


def _cell(rows: Sequence[Sequence[Any]]) -> str:
    """Medians of distance and ends, and the label; of repeats that differ, how many have each."""
    distance, lower, upper = (statistics.median(row[column] for row in rows) for column in range(3))
    labels = Counter(row[3] for row in rows)
    words = [WORDS[label] + (f" {count}" if len(labels) > 1 else "") for label, count in labels.most_common()]
    return ", ".join(filter(None, [f"{distance:.2f} [{lower:.2f}, {upper:.2f}]", *words]))
