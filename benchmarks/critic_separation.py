"""What the critic of run E learns of a generator that does not move: the real law, or the few cubes that it sees.

The critic of run E is trained against the untrained generator, and then scores training cubes, held-out cubes and fresh
fields for the conditions of both. Beside it the same critic where there is nothing to learn: its real cubes are cut
from one volume of the same fields, as many and overlapping as much. Then the generator follows a critic that stands
still, scored by that critic, by another that was trained alike from other weights and batches, and by S. Writes
docs/results/critic_separation.json; five minutes of one core, and goes on after a kill, case by case:

    python -m benchmarks.critic_separation
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor

from examples.wgan_gp.settings import Settings, load
from examples.wgan_gp.train import Trainer, prepared
from porenet import Objective, Volume, formats, generation, synthetic
from porenet.config import GridFile
from porenet.generation import CubeRules, Structures, one_hot, seed_of
from porenet.measurement import measure, requests_for

RUN = Path(__file__).parent.parent / "examples" / "wgan_gp" / "run_e_real.toml"
RESULTS = Path(__file__).parent.parent / "docs" / "results" / "critic_separation.json"
LOOKS = (40, 80, 160)
"""Steps of the critic after which it is looked at."""
SCORED = 64
"""Cubes of each kind that it scores."""
AGREEMENT = 8
"""Batches whose gradients are averaged."""
FOLLOWED = (20, 40)
"""Steps of the generator behind a critic that stands still, at which it is scored."""
FOLLOWED_OTHERWISE = {
    "displeased": {"sign": -1},
    "shown probabilities": {"reads": "soft"},
}
"""Other ways to follow the critic of seed 1."""
SEEDS = {"real": (0, 1), "fields": (0,)}
"""What the real cubes are -> seeds."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A critic of run E before its first step, and what it is trained on.

    Attributes:
        trainer: with the generator of seed 0, whatever its own.
        structures: the real ones.
    """

    trainer: Trainer
    structures: Structures


def stand(seed: int, structures: Structures, fields: generation.SkewedFields) -> Stand:
    """A trainer of run E of a seed, with the untrained generator of seed 0."""
    fabric, settings = Fabric(accelerator="cpu", devices=1), _settings(seed)
    trainer = prepared(settings, fabric, structures, fields)
    if seed:
        trainer.networks[0].load_state_dict(prepared(_settings(0), fabric, structures, fields).networks[0].state_dict())
    trainer.networks[0].eval()
    return Stand(trainer, structures)


def cubes_of_fields(real: Structures, fields: generation.SkewedFields, seed: int) -> Structures:
    """Cubes cut from one volume of the fields as the real ones are from one electrode, of the same mean fractions."""
    fractions = generation.descriptor_conditions(real.grid, real.training, ["vf"]).mean(dim=0).double()
    volume = synthetic.skewed_fields(
        (125, 125, 125), voxel_um=real.grid.voxel_um, lengths_um=fields.lengths_um, skews=fields.skews,
        fractions=(fractions / fractions.sum()).tolist(), seed=seed,
    )  # fmt: skip
    rules = CubeRules(size=36, stride=12, split="x", held_out=0.3, guard=8)
    return generation.cut_structures([Volume(volume.labels, real.grid)], rules, names=["fields"])


def looks(stand: Stand) -> list[dict[str, float]]:
    """Scores of the critic after so many steps, less those of the fields for the same conditions."""
    trainer, real = stand.trainer, stand.structures
    chosen = torch.linspace(0, len(real.training) - 1, SCORED).long()
    held_out = real.held_out.repeat_interleave(-(-SCORED // len(real.held_out)), dim=0)
    turns = torch.arange(len(held_out)) % real.symmetries
    sets = {"training": real.training[chosen], "held-out": generation.turned(held_out, turns)}
    conditions = {name: _conditions(real, labels) for name, labels in sets.items()}
    fakes = {name: _labels(trainer, rows, seed_of(9, 0, 1)) for name, rows in conditions.items()}
    rows, done = list[dict[str, float]](), 0
    for steps in LOOKS:
        for number in range(done, steps):
            trainer.critic_step(trainer.batches.draw(number), number)
        done, row = steps, {"steps": float(steps)}
        for name, labels in sets.items():
            of_real, of_fake = (_scores(trainer, some, conditions[name]) for some in (labels, fakes[name]))
            differences = of_real - of_fake  # of the same condition, which scores depend on too
            row |= {f"{name} less fields": float(differences.mean())}
            row |= {f"{name} less fields, sd": float(differences.std())}
            row |= {f"{name}, share above fields": float((differences > 0).float().mean())}
        rows.append({title: round(number, 4) for title, number in row.items()})
    return rows


def described(stand: Stand) -> dict[str, float]:
    """Of each quantity that S sees, the share of pairs in which the training cube is above the fields: 0.5 is alike."""
    trainer, real = stand.trainer, stand.structures
    labels = real.training[torch.linspace(0, len(real.training) - 1, SCORED).long()]
    fakes = _labels(trainer, _conditions(real, labels), seed_of(9, 0, 1))
    grid_file = GridFile(real.grid, {}, trainer.settings.run.reservoirs)
    requests = requests_for(["connectivity", "tpb", "ssa"], {}, grid_file)
    columns: list[dict[str, list[float]]] = [{}, {}]
    for column, structures in zip(columns, (labels, fakes), strict=True):
        for structure in structures:
            for row in measure(Volume(structure.numpy(), real.grid), requests):
                if row["value"] is not None:
                    column.setdefault(f"{row['metric']} {row['key']}", []).append(row["value"])
    pairs = {name: (torch.tensor(columns[0][name]), torch.tensor(columns[1][name])) for name in columns[0]}
    return {name: round(float((a[:, None] > b[None]).float().mean()), 3) for name, (a, b) in pairs.items()}


def agreement(first: Stand, second: Stand) -> dict[str, float]:
    """Cosines of the mean gradients of two critics and of the objective at the generator's parameters."""
    halves: dict[str, list[Tensor]] = {"first": [], "second": [], "objective": []}
    trainer = first.trainer
    for number in range(AGREEMENT):
        batch = trainer.batches.draw(1000 + number)
        field = trainer.networks[0](batch.noises[1], batch.condition, first.structures.size)
        seen = trainer.seen(field)
        losses = {
            "first": -trainer.networks[1](seen, batch.condition).mean(),
            "second": -second.trainer.networks[1](seen, batch.condition).mean(),
            "objective": trainer.objective(field, batch.targets, 0)[0],
        }
        for name, loss in losses.items():
            gradients = torch.autograd.grad(loss, list(_moving(trainer)), retain_graph=True, allow_unused=True)
            halves[name].append(torch.cat([part.flatten() for part in gradients if part is not None]))
    mean = {name: torch.stack(gradients).mean(dim=0) for name, gradients in halves.items()}
    pairs = {
        "critic, two halves of the batches": _halves(halves["first"]),
        "objective, two halves of the batches": _halves(halves["objective"]),
        "two critics": _cosine(mean["first"], mean["second"]),
        "critic and objective": _cosine(mean["first"], mean["objective"]),
    }
    return {name: round(number, 3) for name, number in pairs.items()}


def followed(first: Stand, second: Stand, reads: str = "straight_through", sign: int = 1) -> list[dict[str, float]]:
    """The generator behind the first critic, which stands still: scores by both critics, and what S and losses see.

    Args:
        first: the critic that is followed.
        second: another critic.
        reads: what the first is shown, see `porenet.generation.critic_view`; its scores are of decoded structures.
        sign: 1 to please it, -1 to displease it.
    """
    trainer, real = first.trainer, first.structures
    generator, conditions = trainer.networks[0], _conditions(real, real.training[:: len(real.training) // SCORED])
    score = generation.training_scorer(
        generator, trainer.batches.conditions, real, reservoirs=trainer.settings.run.reservoirs, seed=77
    )
    length = trainer.objective.targets_of(real.training[:: len(real.training) // SCORED])["tpb"].mean()
    start = {name: value.clone() for name, value in generator.state_dict().items() if isinstance(value, Tensor)}
    optimiser = torch.optim.Adam(list(_moving(trainer)), lr=trainer.settings.train.learning_rate, betas=(0.5, 0.999))
    rows = []
    for step in range(FOLLOWED[-1] + 1):
        if step in (0, *FOLLOWED):
            labels = _labels(trainer, conditions, seed_of(9, 0, 2))
            scores = {name: _scores(each.trainer, labels, conditions).mean() for name, each in
                      (("by the critic that is followed", first), ("by another critic", second))}  # fmt: skip
            scores["total TPB over the real"] = trainer.objective.targets_of(labels)["tpb"].mean() / length
            row = {"steps": step, **{name: float(value) for name, value in scores.items()}, "mean of five S": score()}
            rows.append({name: round(value, 4) for name, value in row.items()})
        batch = trainer.batches.draw(2000 + step)
        shown = generation.critic_view(generator(batch.noises[1], batch.condition, real.size), reads)
        optimiser.zero_grad()
        (-sign * trainer.networks[1](shown, batch.condition).mean()).backward()
        optimiser.step()
    generator.load_state_dict(start, strict=False)
    return rows


def _settings(seed: int) -> Settings:
    settings = load(RUN, {"train": {"seed": seed, "device": "cpu"}})
    return replace(settings, train=settings.train.model_copy(update={"choose_every": None}))


def _conditions(real: Structures, labels: Tensor) -> Tensor:
    """Conditions in units of the training mean, also of cubes that are held out."""
    plain = Objective(real.grid, {"vf": None, "ssa": {"estimator": "faces"}})
    values, mean = plain.targets_of(labels), plain.targets_of(real.training)["ssa"].mean(dim=0)
    return torch.cat([values["vf"], values["ssa"] / mean], dim=1).float()


def _labels(trainer: Trainer, conditions: Tensor, seed: int) -> Tensor:
    return generation.sampled_labels(trainer.networks[0], conditions, trainer.batches.structures.size, seed=seed)


@torch.no_grad()
def _scores(trainer: Trainer, labels: Tensor, conditions: Tensor) -> Tensor:
    phases, parts = len(trainer.batches.structures.grid.phases), range(0, len(labels), 8)
    scores = [trainer.networks[1](one_hot(labels[at : at + 8], phases), conditions[at : at + 8]) for at in parts]
    return torch.cat(scores)


def _moving(trainer: Trainer) -> list[torch.nn.Parameter]:
    return [parameter for parameter in trainer.networks[0].parameters() if parameter.requires_grad]


def _cosine(first: Tensor, second: Tensor) -> float:
    return float(torch.nn.functional.cosine_similarity(first, second, dim=0))


def _halves(gradients: list[Tensor]) -> float:
    stack = torch.stack(gradients)
    return _cosine(stack[::2].mean(dim=0), stack[1::2].mean(dim=0))


def main() -> None:
    """Every case that is not in the results."""
    argparse.ArgumentParser(prog="python -m benchmarks.critic_separation", description=__doc__).parse_args()
    values: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    settings = _settings(0)
    real = generation.load_structures(settings.data, settings.run)
    volumes = [Volume(labels.numpy(), real.grid) for labels in real.training]
    fields = generation.SkewedFields.of(synthetic.fit_skewed_fields(volumes, seed=0), real.grid)

    def keep(name: str, case: Any) -> None:
        values[name] = case
        formats.write_whole(RESULTS, (json.dumps(values, indent=1) + "\n").encode())
        print(name, json.dumps(case), flush=True)

    for seed in SEEDS["fields"]:
        if f"fields, seed {seed}" not in values:
            keep(f"fields, seed {seed}", looks(stand(seed, cubes_of_fields(real, fields, seed), fields)))
    if "followed" in values:
        return
    stands = {seed: stand(seed, real, fields) for seed in SEEDS["real"]}
    keep("quantities", described(stands[0]))
    for seed, each in stands.items():
        keep(f"real, seed {seed}", looks(each))
    pairs = [(seed, (seed + 1) % len(stands)) for seed in stands]
    keep("agreement", {f"{a} and {b}": agreement(stands[a], stands[b]) for a, b in pairs})
    cases = {f"{a}, beside {b}": followed(stands[a], stands[b]) for a, b in pairs}
    for words, options in FOLLOWED_OTHERWISE.items():
        cases[f"1 {words}, beside 0"] = followed(stands[1], stands[0], **options)
    keep("followed", cases)


if __name__ == "__main__":
    main()
