"""Run E's objective without its critic, on noise that chose nothing: start, kept step and last step beside each other.

From the run folders of ``python -m benchmarks.run_e_remedies --only objective_alone``; two minutes of one core:

    python -m benchmarks.run_e_other_noise --runs runs/remedies
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.run_e_remedies import REMEDIES, RESULTS
from examples.wgan_gp.settings import load_trained
from examples.wgan_gp.train import prepared
from porenet import formats
from porenet.generation import descriptor_conditions, fields_at_start, launched_fabric, load_structures, read_checkpoint
from porenet.generation import training_scorer as scorer_of

NOISES = (101, 102, 103, 104)
"""Seeds of noise and conditions; no training saw them."""
OUT = RESULTS.with_name("run_e_other_noise.json")


def scores(folder: Path) -> dict[str, dict[str, Any]]:
    """Weights -> their step and the mean of five S on each noise."""
    settings = load_trained(folder)
    structures = load_structures(settings.data, settings.run)
    fields = fields_at_start(folder, structures.grid, structures.training.numpy(), keep=False)
    trainer = prepared(settings, launched_fabric("cpu", batch=settings.train.batch), structures, fields)
    generator, state = trainer.networks[0], read_checkpoint(folder / "checkpoint.pt")
    condition = descriptor_conditions(structures.grid, structures.training, settings.network.condition)
    best = state["choice"]["best"]
    values = {}
    weights: Mapping[str, tuple[int, Mapping[str, Any]]] = {
        "start": (0, generator.state_dict()), "kept": (best["step"], best["state"]),
        "last": (state["step"], state["generator"]),
    }  # fmt: skip
    for name, (step, each) in weights.items():
        generator.load_state_dict(each)
        row = {}
        for noise in NOISES:
            score = scorer_of(
                generator, condition, structures, reservoirs=settings.run.reservoirs, n=settings.train.choose_from,
                seed=noise,
            )  # fmt: skip
            row[str(noise)] = round(score(), 4)
        values[name] = {"step": step, "mean of five S": row}
    return values


def main() -> None:
    """Every seed of a remedy whose run folder is there."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run_e_other_noise", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--runs", type=Path, required=True, help="folder with the run folders")
    parser.add_argument("--only", nargs="+", choices=list(REMEDIES), default=["objective_alone"])
    options = parser.parse_args()
    values = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {}
    for name in options.only:
        for folder in sorted(options.runs.glob(f"{name}-*")):
            values.setdefault(name, {})[folder.name.rpartition("-")[2]] = scores(folder)
            formats.write_whole(OUT, (json.dumps(values, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
