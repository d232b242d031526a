"""Runs of examples/wgan_gp on cubes of a real electrode, described like the untrained fields of `untrained_fields`.

For each run folder: 50 structures, for the conditions and on the noise of the published evaluations, of the generator
that the run keeps, of the same before its first step, and after its last. Writes docs/results/real_electrodes_runs.json
with what training logged, and goes on after a kill; a minute per folder on one core, after trainings of three:

    for seed in 0 1 2 3 4; do for run in run_e_real run_e_real_without_fields; do
        python -m examples.wgan_gp.train examples/wgan_gp/$run.toml --seed $seed --out runs/$run-$seed
    done; done
    python -m benchmarks.real_runs runs/run_e_real*
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.structure_scores import Measured, described, measured
from examples.wgan_gp.networks import Generator, generator_of, trained_generator
from examples.wgan_gp.settings import Settings, load_trained
from porenet import Volume, formats, generation
from porenet.config import GridFile
from porenet.generation import Structures, fields_in, read_checkpoint, read_log, seed_of

RESULTS = Path(__file__).parent.parent / "docs" / "results" / "real_electrodes_runs.json"
STRUCTURES = 50
EVALUATION = 0
"""Seed of noise and conditions of the published evaluations."""
LOOKED_AT = ("critic_norm", "objective_norm", "objective_scale", "distance", "seconds")


def generators(folder: Path, condition: int) -> Iterator[tuple[str, Generator]]:
    """What is added to the name of a run -> its generator: the kept one, before the first step, after the last."""
    settings, chosen, _ = trained_generator(folder)
    yield "", chosen
    state = read_checkpoint(folder / "checkpoint.pt")["generator"]
    fields = fields_in(state, settings.run.grid)
    if fields is not None:
        torch.manual_seed(seed_of(settings.train.seed, 0, generation.WEIGHTS))
        yield "_start", generator_of(settings, condition, fields)
    last = generator_of(settings, condition, fields)
    last.load_state_dict(state)
    yield "_last", last


def volumes_of(labels: Tensor, structures: Structures) -> list[Volume]:
    """Structures of a batch."""
    return [Volume(structure.numpy(), structures.grid) for structure in labels]


def training_of(folder: Path) -> dict[str, float]:
    """What the training of a folder chose, and medians of what it logged."""
    state, log = read_checkpoint(folder / "checkpoint.pt"), read_log(folder)
    choice = state["choice"]
    numbers = {f"score of the choice at step {step}": score for step, score in choice["scores"].items()}
    numbers |= {f"median {name}": statistics.median(row[name] for row in log) for name in LOOKED_AT}
    return {"step that is kept": choice["best"]["step"], **{title: round(value, 5) for title, value in numbers.items()}}


def rows_of(
    folder: Path, settings: Settings, structures: Structures, reference: Measured
) -> dict[str, dict[str, float]]:
    """Ending of a name -> title -> number."""
    condition = generation.descriptor_conditions(structures.grid, structures.training, settings.network.condition)
    order = generation.batch_index(seed_of(EVALUATION, 1, generation.SAMPLES), 0, STRUCTURES, len(condition))
    noise = seed_of(EVALUATION, 0, generation.SAMPLES)
    grid_file = GridFile(structures.grid, {}, settings.run.reservoirs)
    rows = {}
    for ending, generator in generators(folder, condition.shape[1]):
        labels = generation.sampled_labels(generator, condition[order], structures.size, seed=noise)
        rows[ending] = described(reference, measured(volumes_of(labels, structures), grid_file), structures.grid.phases)
    return {ending: row | (training_of(folder) if not ending else {}) for ending, row in rows.items()}


def main() -> None:
    """Every folder that is not in the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real_runs", description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, help="run folders, NAME-SEED")
    values = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    reference: Measured = {}
    for folder in parser.parse_args().folders:
        name, _, seed = folder.name.rpartition("-")
        settings = load_trained(folder)
        if f"{name}-{seed}-{settings.train.steps}" in values:
            continue
        structures = generation.load_structures(settings.data, settings.run)
        if not reference:
            grid_file = GridFile(structures.grid, {}, settings.run.reservoirs)
            reference = measured(volumes_of(structures.training, structures), grid_file)
        rows = rows_of(folder, settings, structures, reference)
        steps = {"_start": 0}
        values |= {f"{name}{end}-{seed}-{steps.get(end, settings.train.steps)}": row for end, row in rows.items()}
        formats.write_whole(RESULTS, (json.dumps(values, indent=1) + "\n").encode())
        print(folder, {ending: row["mean of the five S"] for ending, row in rows.items()}, flush=True)


if __name__ == "__main__":
    main()
