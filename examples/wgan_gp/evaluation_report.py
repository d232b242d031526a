"""What an evaluation found: as plain data for machines, as two tables for people."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import sqrt
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor

from porenet.comparison import (
    Ceiling,
    Result,
    Sample,
    columns_of,
    decision_lines,
    decision_notes,
    document,
    load_samples,
    matching_line,
    published_line,
    summary,
)
from porenet.generation import Structures, table_text
from porenet.interface import Undefined

SCORES = ("s_value", "s_value_scaled")
UNITS = {
    "size": "voxels", "scores": "1", "without_network": "1", "tpb": "um^-2", "volume_fraction": "1",
    "condition_misses": "1", "spread": "1", "joined": "voxels",
}  # fmt: skip
SPREAD = ("vf", "ssa", "connectivity", "tpb", "tortuosity")
"""Metrics of which the scatter between structures is compared."""
Z = statistics.NormalDist().inv_cdf(0.975)


def described(
    result: Result,
    tables: Mapping[str, Path],
    runs: Mapping[str, Mapping[str, Any]],
    soft: Mapping[str, Tensor],
    misses: Mapping[str, Mapping[str, Mapping[str, float]]],
    joined: Mapping[str, Sequence[int]],
    structures: Structures,
    against: str,
) -> dict[str, Any]:
    """Everything that was found, JSON-ready.

    Args:
        result: the comparison.
        tables: of measurements, by the name of the run; those of the real structures under ``real``.
        runs: name of each run -> its description, JSON-ready.
        soft: name of each run -> ``(N, P)``, mean probabilities of its structures.
        misses: name of each run -> how far its structures are from their conditions, by metric and phase.
        joined: name of each run that holds its networks -> voxels of each structure that another phase has for it.
        structures: that the runs were trained on.
        against: ``held_out`` or ``training``, which the runs are compared with.
    """
    phases = structures.grid.phases
    samples = {
        name: {(one.metric, one.key): sample for one, sample in load_samples(path).items()}
        for name, path in tables.items()
    }
    decoded = {
        name: {phase: _spread(found["vf", phase])["mean"] for phase in phases} for name, found in samples.items()
    }
    fractions: dict[str, Any] = {"real": {phase: {"decoded": value} for phase, value in decoded["real"].items()}}
    for run, probabilities in soft.items():
        fractions[run] = {
            phase: {"soft": mean, "decoded": decoded[run][phase], "gap": decoded[run][phase] - mean}
            for phase, mean in zip(phases, probabilities.double().mean(dim=0).tolist(), strict=True)
        }
    return {
        "reference": {
            "set": against,
            "data": structures.name,
            "fingerprint": structures.fingerprint,
            "count": len(samples["real"]["vf", phases[0]].values),
            "disjoint": structures.disjoint[against == "held_out"],
            "size": structures.size[0],
        },
        "runs": {name: dict(description) for name, description in runs.items()},
        "units": UNITS,
        **document(result),
        "mean_scores": {run: {score: _mean(result, run, score, phases) for score in SCORES} for run in runs},
        "without_network": {
            name: {phase: _without(found["percolates", f"{phase}.z"]) for phase in phases}
            for name, found in samples.items()
        },
        "tpb": {
            name: {key: _spread(found["tpb", key]) for key in ("active", "total") if ("tpb", key) in found}
            for name, found in samples.items()
        },
        "volume_fraction": fractions,
        "joined": {
            run: {"count": len(some := [one for one in voxels if one]), "of": len(voxels), "voxels": some}
            for run, voxels in joined.items()
        },
        "condition_misses": {run: dict(found) for run, found in misses.items()},
        "spread": {run: _spreads(samples["real"], samples[run], phases) for run in runs},
    }


def show(report: Mapping[str, Any], result: Result) -> None:
    """Print what is decided about each run, then what the structures are like."""
    headings = [
        f"{run} ({description['size']}^3)" if description["other_size"] else run
        for run, description in report["runs"].items()
    ]
    for run, heading in zip(report["runs"], headings, strict=True):
        print("\n".join(summary(result, run)))
        if lines := decision_lines(result, run):
            print(table_text(columns_of(heading), lines))
        if match := matching_line(result, run):
            print(match)
        print()
    for note in decision_notes(result):
        print(f"note: {note}")
    print(f"{published_line(result)}\n")
    print(table_text(["structures", report["reference"]["set"], *headings], _lines(report)))


def wilson(share: float, n: int) -> tuple[float, float]:
    """95 % interval of a share of n independent structures."""
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def _is_shown(key: str, phases: Sequence[str]) -> bool:
    """Not the isolated, unknown and inactive parts; those are in the tables and in the JSON."""
    return key in (*phases, "active", "total", *(f"{phase}.tortuosity_factor" for phase in phases))


def _mean(result: Result, run: str, score: str, phases: Sequence[str]) -> dict[str, Any]:
    """Mean over the connectivity of each phase and, where there are three, active and total triple-phase boundary."""
    chosen = [
        one
        for one in result.comparisons
        if (one.run, one.score) == (run, score)
        and one.quantity.metric in ("connectivity", "tpb")
        and _is_shown(one.quantity.key, phases)
    ]
    values = [one.similarity.value for one in chosen if not isinstance(one.similarity.value, Undefined)]
    tops = [one.ceiling.value for one in chosen if isinstance(one.ceiling, Ceiling)]
    return {
        "value": statistics.fmean(values) if len(values) == len(chosen) else None,
        "ceiling": statistics.fmean(tops) if len(tops) == len(chosen) else None,
        "of": [one.quantity.name for one in chosen],
    }


def _without(sample: Sample) -> dict[str, Any]:
    """How many structures have no percolating network; overlapping cubes widen the interval as if they were one."""
    total, count = len(sample.values), sum(one == 0 for one in sample.values)
    independent = len(set(sample.blocks() or range(total)))
    low, high = wilson(count / total, independent)
    return {"count": count, "of": total, "independent": independent, "share": count / total, "low": low, "high": high}


def _spread(sample: Sample) -> dict[str, Any]:
    """Mean and standard deviation (n - 1) of what is defined."""
    values = [one for one in sample.values if not isinstance(one, Undefined)]
    return {
        "mean": statistics.fmean(values) if values else None,
        "sd": statistics.stdev(values) if len(values) > 1 else None,
        "n": len(values),
    }


def _spreads(real: Mapping[Any, Sample], made: Mapping[Any, Sample], phases: Sequence[str]) -> dict[str, float]:
    """Standard deviation of each quantity over that of the real structures, where these have one."""
    found = {}
    for (metric, key), sample in real.items():
        if metric in SPREAD and _is_shown(key, phases):
            wanted, got = _spread(sample)["sd"], _spread(made[metric, key])["sd"]
            if wanted and got is not None:
                found[f"{metric} {key}"] = got / wanted
    return found


def _lines(report: Mapping[str, Any]) -> list[list[str]]:
    """The second table: one line a quantity, the real structures before the runs."""
    runs = list(report["runs"])
    lines = []
    for phase in report["without_network"]["real"]:
        counts = [report["without_network"][name][phase] for name in ("real", *runs)]
        cells = [f"{one['count']} of {one['of']} [{one['low']:.2f}, {one['high']:.2f}]" for one in counts]
        lines.append([f"without a {phase} network along z", *cells])
    if report["joined"]:
        cells = [_joined(report["joined"].get(run)) for run in runs]
        lines.append(["joined only because networks are held", "", *cells])
    for key in report["tpb"]["real"]:
        densities = [report["tpb"][name][key] for name in ("real", *runs)]
        cells = [f"{one['mean']:.3g}" + (f" ± {one['sd']:.2g}" if one["sd"] is not None else "") for one in densities]
        lines.append([f"tpb {key}, um^-2, mean ± sd", *cells])
    for phase, real in report["volume_fraction"]["real"].items():
        fractions = [report["volume_fraction"][run][phase] for run in runs]
        cells = [f"{one['soft']:.3f} → {one['decoded']:.3f}" for one in fractions]
        lines.append([f"vf {phase}, probabilities → decoded", f"{real['decoded']:.3f}", *cells])
    for metric in ("vf", "ssa"):
        misses = [report["condition_misses"][run][metric] for run in runs]
        cells = [", ".join(f"{phase} {miss:+.1%}" for phase, miss in one.items()) for one in misses]
        lines.append([f"{metric}, mean against the conditions", "", *cells])
    spreads = [list(report["spread"][run].values()) for run in runs]
    cells = [f"{min(one):.2f} to {max(one):.2f}" if one else "undefined" for one in spreads]
    lines.append(["standard deviations over those of the real", "1", *cells])
    for score in SCORES:
        means = [report["mean_scores"][run][score] for run in runs]
        tops = ", ".join(dict.fromkeys(_number(one["ceiling"]) for one in means))
        cells = [_number(one["value"]) for one in means]
        lines.append([f"mean {score} of {len(means[0]['of'])}: connectivity, tpb", f"{tops} (ceiling)", *cells])
    return lines


def _joined(counts: Mapping[str, Any] | None) -> str:
    if counts is None:
        return "not held"
    voxels = counts["voxels"]
    return f"{counts['count']} of {counts['of']}" + (f", by {min(voxels)} to {max(voxels)} voxels" if voxels else "")


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


@contextmanager
def progress_bar(title: str, total: int | None) -> Iterator[Callable[[str], None]]:
    """A bar on stderr where that is a terminal; yields what to call once per step, with a word on the step."""
    columns = (
        TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"),
    )  # fmt: skip
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda word: bar.update(task, advance=1, description=word)
