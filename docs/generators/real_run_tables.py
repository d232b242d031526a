"""The tables of run E in results/real-electrodes.md: seed by seed, beside itself before training and without fields."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[1] / "results" / "real_electrodes_runs.json"
Values = Mapping[str, float]
"""Title -> number, of one seed."""
TRIALS = {
    "run_e_real": "nothing: run E",
    "batch_norm": "batch norm",
    "critic_alone": "critic alone (objective 0.01)",
    "objective_alone": "objective alone (0.99)",
    "objective_share_0.9": "objective 0.9",
    "above_1_share_2_3": "penalty above 1 only, objective 2/3",
    "critic_first_300_then_2": "300 steps of the critic first, 2 per step",
}
"""Trial in run_e_trials.json -> what differs from run E."""
MEANS = {"S": "mean of the five S", "scaled": "mean of the five scaled S"}


def paired(run: str, other: str, steps: int) -> str:
    """A run seed by seed: the generator that is kept, before and after training; differences, and those to another run.

    Args:
        run: name of the run in the results.
        other: name of the run that it is paired with.
        steps: of both.
    """
    kept, last, beside = (_seeds(name, steps) for name in (run, f"{run}_last", other))
    start = _seeds(f"{run}_start", 0)
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


def trials() -> str:
    """Scores of the choice, step by step, of run E and of trials that differ from it."""
    trials = json.loads((RESULTS.parent / "run_e_trials.json").read_text(encoding="utf-8"))
    steps = range(0, 201, 40)
    lines = [f"| what differs | seed | {' | '.join(f'step {step}' for step in steps)} |", "| --- " * 8 + "|"]
    for name, words in TRIALS.items():
        for seed, trial in trials[name].items():
            scores = trial["scores of the choice"]
            cells = [f"{scores[str(step)]:.3f}" if str(step) in scores else "" for step in steps]
            lines.append(f"| {words} | {seed} | {' | '.join(cells)} |")
    return "\n".join(lines)


REMEDIES = {
    "critic_steps_5": "5 critic steps per step",
    "minibatch_spread": "a critic that sees the spread of its batch",
    "r1": "logistic losses and R1",
    "wide": "twice the width, generator and critic",
    "paths": "path losses of run D on top",
    "objective_alone": "objective alone (0.99)",
}
"""Trial in run_e_trials.json -> what differs from run E."""


def remedies() -> str:
    """Scores of the choice of remedies, and their differences from run E of the same seed at the same step."""
    trials = json.loads((RESULTS.parent / "run_e_trials.json").read_text(encoding="utf-8"))
    own, steps = trials["run_e_real"], range(40, 161, 40)
    longer = [*steps, 200, 300]
    columns = [f"step {step}" for step in longer] + [f"less run E, {step}" for step in steps]
    lines = [f"| what differs | seed | {' | '.join(columns)} |", "| --- " * (len(columns) + 2) + "|"]
    for name, words in REMEDIES.items():
        for seed, trial in sorted(trials.get(name, {}).items()):
            scores, beside = (each["scores of the choice"] for each in (trial, own[seed]))
            cells = [f"{scores[str(step)]:.3f}" if str(step) in scores else "" for step in longer]
            cells += [f"{scores[str(step)] - beside[str(step)]:+.3f}" if str(step) in scores else "" for step in steps]
            lines.append(f"| {words} | {seed} | {' | '.join(cells)} |")
    return "\n".join(lines)


def longer() -> str:
    """Scores of the choice of run E on the way to 1000 steps."""
    trials = json.loads((RESULTS.parent / "run_e_trials.json").read_text(encoding="utf-8"))["run_e"]
    steps = [0, 160, 200, 240, 280, 320, 400, 600, 800, 1000]
    lines = [f"| seed | {' | '.join(f'step {step}' for step in steps)} |", "| --- " * (len(steps) + 1) + "|"]
    for seed, trial in sorted(trials.items()):
        scores = trial["scores of the choice"]
        cells = (f"{scores[str(step)]:.3f}" if str(step) in scores else "" for step in steps)
        lines.append(f"| {seed} | {' | '.join(cells)} |")
    return "\n".join(lines)


def without_critic() -> str:
    """Differences from the start, of the kept and of the last step, on noises that chose nothing."""
    values = json.loads((RESULTS.parent / "run_e_other_noise.json").read_text(encoding="utf-8"))["objective_alone"]
    noises = list(next(iter(values.values()))["start"]["mean of five S"])
    columns = ["seed", "weights", "start, mean of the noises", *(f"less start, {noise}" for noise in noises), "mean"]
    lines = [f"| {' | '.join(columns)} |", "| --- " * len(columns) + "|"]
    for seed, row in sorted(values.items()):
        start = row["start"]["mean of five S"]
        for name in ("kept", "last"):
            differences = [row[name]["mean of five S"][noise] - start[noise] for noise in noises]
            cells = " | ".join(f"{number:+.3f}" for number in (*differences, statistics.fmean(differences)))
            lines.append(
                f"| {seed} | {name}, step {row[name]['step']} | {statistics.fmean(start.values()):.3f} | {cells} |"
            )
    return "\n".join(lines)


def critic_of(name: str, seed: int) -> str:
    """What a critic has learned and what it asks for, means of 20 steps."""
    trials = json.loads((RESULTS.parent / "run_e_trials.json").read_text(encoding="utf-8"))
    columns = {
        "distance": "distance", "critic's norm": "critic_norm", "objective's norm": "objective_norm",
        "factor on it": "objective_scale", "tpb": "tpb", "ssa": "ssa",
    }  # fmt: skip
    lines = [f"| steps | {' | '.join(columns)} |", "| --- " * (len(columns) + 1) + "|"]
    for row in trials[name][str(seed)]["means of 20 steps"]:
        cells = [f"{row[key]:.2g}" for key in columns.values()]
        lines.append(f"| {row['step']} to {row['step'] + 19} | {' | '.join(cells)} |")
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
