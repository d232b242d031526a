"""Remedies for run E on the real cubes that had not been run: three paired seeds each, beside run E itself.

Each is trained as `examples.wgan_gp.train` trains run E, from the same start, and scored on the noise of its seed at
regular steps. Adds to docs/results/run_e_trials.json; an hour of one core, and goes on after a kill:

    python -m benchmarks.run_e_remedies --out runs/remedies
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.critic_remedies import with_real_slope, with_spread
from examples.wgan_gp.settings import load
from examples.wgan_gp.train import Trainer, prepared, train
from porenet import formats
from porenet.generation import read_checkpoint, read_log
from porenet.generation.field_fit import FIELDS

RUNS = Path(__file__).parent.parent / "examples" / "wgan_gp"
PATHS = Path(__file__).parent / "run_e_paths.toml"
RESULTS = Path(__file__).parent.parent / "docs" / "results" / "run_e_trials.json"
EVERY = 40
"""Steps between two scores; those of the trials that were run before."""
STAGES = (80, 160, 300, 1000)
"""Steps after which a training is stopped whose last score is below `LOST`."""
LOST = 0.8
"""Mean of five S, 0.07 below every untrained start; with one step of the critic per step none came back from there."""
MEANS_OF = 20
LOGGED = ("critic_norm", "objective_norm", "objective_scale", "distance")


@dataclass(frozen=True, slots=True)
class Remedy:
    """What differs from run E.

    Attributes:
        run: run file.
        tables: table -> key -> value in place of the file's.
        prepare: what makes the trainer.
        lost: mean of five S below which a training is stopped.
    """

    run: Path = RUNS / "run_e_real.toml"
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    prepare: Callable[..., Trainer] = prepared
    lost: float = LOST


REMEDIES = {
    "run_e": Remedy(),
    "r1": Remedy(prepare=with_real_slope),
    "minibatch_spread": Remedy(prepare=with_spread),
    "critic_steps_5": Remedy(tables={"train": {"critic_steps": 5}}, lost=0.0),  # it swings
    "paths": Remedy(run=PATHS),
    "objective_alone": Remedy(tables={"train": {"objective_share": 0.99}}),
    "wide": Remedy(tables={"network": {"generator": [128, 64, 32], "critic": [32, 64, 128]}}),
}


def trained(name: str, seed: int, steps: int, out: Path) -> Path:
    """The run folder of a remedy and a seed, trained for so many steps or until it is lost."""
    remedy, folder = REMEDIES[name], out / f"{name}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    if (out / FIELDS).exists() and not (folder / FIELDS).exists():
        shutil.copy(out / FIELDS, folder / FIELDS)  # one fit for all
    for stage in (*(stage for stage in STAGES if stage < steps), steps):
        if (folder / "checkpoint.pt").exists():
            state = read_checkpoint(folder / "checkpoint.pt")
            scores = state["choice"]["scores"]
            if state["step"] >= stage or scores[max(scores)] < remedy.lost:
                continue
        more = {"seed": seed, "steps": stage, "choose_every": EVERY, "samples": 0}
        tables = {**remedy.tables, "train": {**remedy.tables.get("train", {}), **more}}
        train(load(remedy.run, tables), folder, resume=True, prepare=remedy.prepare)
        if not (out / FIELDS).exists():
            shutil.copy(folder / FIELDS, out / FIELDS)
    return folder


def trial_of(folder: Path) -> dict[str, Any]:
    """Scores of the choice, and means of what was logged."""
    scores = read_checkpoint(folder / "checkpoint.pt")["choice"]["scores"]
    log = read_log(folder)
    means = []
    for first in range(0, len(log), MEANS_OF):
        rows = [{**row["terms"], **row} for row in log[first : first + MEANS_OF]]
        mean = {key: sum(row[key] for row in rows) / len(rows) for key in (*LOGGED, *rows[0]["terms"])}
        means.append({"step": first} | {key: float(f"{value:.4g}") for key, value in mean.items()})
    return {"scores of the choice": {str(k): round(v, 3) for k, v in scores.items()}, "means of 20 steps": means}


def main() -> None:
    """Every remedy and seed, as far as it is not in the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run_e_remedies", description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the run folders")
    parser.add_argument("--only", nargs="+", choices=list(REMEDIES), default=list(REMEDIES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args()
    for seed in options.seeds:
        for name in options.only:
            folder = trained(name, seed, options.steps, options.out)
            values = json.loads(RESULTS.read_text(encoding="utf-8"))
            values.setdefault(name, {})[str(seed)] = trial_of(folder)
            formats.write_whole(RESULTS, (json.dumps(values, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
