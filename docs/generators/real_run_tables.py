"""The tables of run E in results/real-electrodes.md: seed by seed, beside itself before training and without fields."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[1] / "results" / "real_electrodes_runs.json"
Values = Mapping[str, float]
"""Title -> number, of one seed."""
MEANS = {"S": "mean of the five S", "scaled": "mean of the five scaled S"}


def paired(run: str, other: str, steps: int) -> str:
    """A run seed by seed: the generator that is kept, before and after training; differences, and those to another run.

    Args:
        run: name of the run in the results.
        other: name of the run that it is paired with.
        steps: of both.
    """
    kept, start, last, beside = (_seeds(name, steps) for name in (run, f"{run}_start", f"{run}_last", other))
    seeds = sorted(kept.keys() & beside.keys())
    lines = [("step that is kept", [kept[seed]["step that is kept"] for seed in seeds], 0)]
    for word, title in MEANS.items():
        columns = {
            "kept": kept, "before the first step": start, "after the last step": last, "kept, without fields": beside,
        }  # fmt: skip
        values = {name: [column[seed][title] for seed in seeds] for name, column in columns.items()}
        lines += [(f"{word}, {name}", numbers, 3) for name, numbers in values.items()]
        for name in ("before the first step", "kept, without fields"):
            differences = [ours - theirs for ours, theirs in zip(values["kept"], values[name], strict=True)]
            lines.append((f"{word}, kept - {name}", differences, -3))
    head = f"| | {' | '.join(f'seed {seed}' for seed in seeds)} | median |"
    return "\n".join([head, "| --- " * (len(seeds) + 2) + "|", *(_line(*line) for line in lines)])


def logged(runs: Mapping[str, tuple[str, int]]) -> str:
    """Medians of what training logged, over steps and then over seeds.

    Args:
        runs: words -> name of a run in the results, and its steps.
    """
    titles = {
        "critic's norm": "median critic_norm", "objective's norm": "median objective_norm",
        "factor on the objective's": "median objective_scale", "distance": "median distance",
    }  # fmt: skip
    lines = [f"| | seeds | {' | '.join(titles)} |", "| --- " * (len(titles) + 2) + "|"]
    for words, (name, steps) in runs.items():
        seeds = list(_seeds(name, steps).values())
        cells = [f"{statistics.median(values[title] for values in seeds):.2g}" for title in titles.values()]
        lines.append(f"| {words} | {len(seeds)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _seeds(name: str, steps: int) -> dict[int, Values]:
    """Seed -> values of a run."""
    values: Mapping[str, Values] = json.loads(RESULTS.read_text(encoding="utf-8"))
    keys = [key.rsplit("-", 2) for key in values]
    return {int(seed): values[f"{run}-{seed}-{last}"] for run, seed, last in keys if (run, last) == (name, str(steps))}


def _line(title: str, numbers: Sequence[float], digits: int) -> str:
    form = f"{'+' if digits < 0 else ''}.{abs(digits)}f"
    cells = [f"{number:{form}}" for number in (*numbers, statistics.median(numbers))]
    return f"| {title} | {' | '.join(cells)} |"
