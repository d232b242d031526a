"""The tables of a run that belong to this trainer: [data], [network], [train], [evaluate]."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Lt
from pydantic import Field

from porenet.config import Findings, Run, Table, read_document, run_in
from porenet.errors import ConfigError
from porenet.formats import read_json
from porenet.generation import SOURCES, data_table

TABLES = ("data", "network", "train", "evaluate")
Count = Annotated[int, Ge(1)]
Positive = Annotated[float, Gt(0)]
Seed = Annotated[int, Ge(0), Lt(2**63)]
Widths = Annotated[list[Count], Field(min_length=1)]


class NetworkTable(Table):
    """Sizes of the two networks; what is not given is that of the preset.

    Attributes:
        preset: ``published`` or ``small``, see networks.py.
        latent: channels of the noise.
        generator: channels of its blocks, without the last one, which has one per phase.
        critic: channels of its strided convolutions.
        condition: descriptors that both networks are conditioned on.
        hold_vf: whether the structure holds the volume fractions that the generator is conditioned on, whatever its
            weights (`porenet.generation.hold_fractions`).
        hold_networks: whether every phase that has a reservoir crosses the structure from there, whatever the weights
            (`porenet.generation.join_networks`).
        fields: whether the noise is skewed fields, fitted to the training structures, which the network only changes
            (`porenet.generation.RefinedFields`); they need ``hold_vf``.
        batch_norm: whether the blocks of the generator have it. In batches of four its means are noise, which
            structures sampled one by one do not have.
    """

    preset: Literal["published", "small"] = "published"
    latent: Count | None = None
    generator: Widths | None = None
    critic: Widths | None = None
    condition: list[Literal["vf", "ssa"]] = Field(default_factory=lambda: ["vf", "ssa"])
    hold_vf: bool = False
    hold_networks: bool = False
    fields: bool = False
    batch_norm: bool = True


class TrainTable(Table):
    """The loop; the defaults are those of the published run.

    Attributes:
        steps: of the generator.
        batch: structures a step, all processes together.
        critic_steps: of the critic, before each of the generator.
        critic_first: steps of the critic before the first of the generator, which else follows one that knows nothing.
        critic_reads: what the critic sees of a generated field: ``soft``, its probabilities, or ``straight_through``,
            the structure that they decode to (`porenet.generation.critic_view`).
        learning_rate: of Adam, for the generator.
        critic_learning_rate: the same unless given.
        betas: of Adam.
        gradient_penalty: its weight.
        penalty: on slopes other than 1, or only ``above_1`` (https://doi.org/10.48550/arXiv.1709.08894): a critic that
            has learned nothing then has no slope, instead of one of 1 that leads nowhere.
        penalty_every: critic steps from one gradient penalty to the next; each then has as many times the weight.
        objective_share: of the objective in the gradient at the field, the critic has the rest
            (`porenet.Objective.balanced`); unless given, weights decide.
        choose_every: steps between two candidates for the generator that is kept, step 0 among them: the one whose
            structures are most like those of the training, by the mean of the published S-values on noise of their own;
            unless given, that of the last step.
        choose_from: structures per candidate.
        seed: of weights, noise and batches.
        device: ``auto``, ``cpu`` or ``cuda``.
        precision: ``32-true`` or ``bf16-mixed``; the losses are computed in float32 either way.
        gap_every: steps between two looks at the soft-hard gaps.
        checkpoint_every: steps between two checkpoints.
        samples: structures that are written at the end.
    """

    steps: Count
    batch: Count = 64
    critic_steps: Count = 1
    critic_first: Annotated[int, Ge(0)] = 0
    critic_reads: Literal["soft", "straight_through"] = "soft"
    learning_rate: Positive = 2e-4
    critic_learning_rate: Positive | None = None
    betas: Annotated[list[Annotated[float, Ge(0), Lt(1)]], Field(min_length=2, max_length=2)] = Field(
        default_factory=lambda: [0.5, 0.999]
    )
    gradient_penalty: Annotated[float, Ge(0)] = 10.0
    penalty: Literal["other_than_1", "above_1"] = "other_than_1"
    penalty_every: Count = 1
    objective_share: Annotated[float, Gt(0), Lt(1)] | None = None
    choose_every: Count | None = None
    choose_from: Count = 50
    seed: Seed = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    gap_every: Count = 10
    checkpoint_every: Count = 100
    samples: Annotated[int, Ge(0)] = 4


class EvaluateTable(Table):
    """What the evaluation does unless its command line says otherwise.

    Attributes:
        n: number of structures to sample.
        seed: of their noise and conditions.
        size: edge, voxels; that of the training cubes unless given.
    """

    n: Count = 50
    seed: Seed = 0
    size: Annotated[int, Ge(8)] | None = None


DEFAULTS = {
    "network": NetworkTable().model_dump(),
    "train": TrainTable(steps=1).model_dump(exclude={"steps"}),
}
"""What a checkpoint has that is older than a key."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A whole run, validated.

    Attributes:
        run: what porenet knows of it: grid and objective.
        data: where structures come from, see `porenet.generation.data_table`.
        network: sizes of the networks.
        train: the loop.
        evaluate: the measurement afterwards.
        overrides: table -> key -> value that the command line put in its place.
    """

    run: Run
    data: Any
    network: NetworkTable
    train: TrainTable
    evaluate: EvaluateTable
    overrides: Mapping[str, Mapping[str, Any]]

    def resolved(self) -> dict[str, Any]:
        """Everything that decides what is trained, defaults filled in, as JSON-ready data."""
        grid = {name: list(getattr(self.run.grid, name)) for name in ("phases", "voxel_um", "periodic")}
        if self.network.hold_networks:
            grid["reservoirs"] = dict(self.run.reservoirs)
        config = {"grid": grid, "values": dict(self.run.values), "terms": [term.as_data() for term in self.run.terms]}
        return json.loads(json.dumps(config | {name: getattr(self, name).model_dump() for name in TABLES}))


def load(
    path: str | Path,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    sources: Mapping[str, type[Table]] = SOURCES,
) -> Settings:
    """Read a run.

    Args:
        path: a TOML, YAML or JSON file.
        overrides: table -> key -> value, in place of what the file says.
        sources: the tables that ``[data]`` can be, by their ``source``.

    Raises:
        InputError: the file cannot be read.
        ConfigError: with every problem in it, those of grid and objective included.
    """
    document, findings, run = read_document(path), Findings(), None
    changes = {name: dict(keys) for name, keys in (overrides or {}).items()}
    tables = document.tables | {
        name: document.tables[name] | keys
        for name, keys in changes.items()
        if isinstance(document.tables.get(name), dict)
    }
    try:
        run = run_in(document)
    except ConfigError as error:
        findings.problems += error.problems
        findings.broken_plugin = error.broken_plugin
    data = data_table(tables, run, findings, sources)
    network = findings.table(NetworkTable, tables.get("network", {}), "network")
    train = findings.required(TrainTable, "train", tables)
    evaluate = findings.table(EvaluateTable, tables.get("evaluate", {}), "evaluate")
    for name in tables.keys() - {"grid", "objective", *TABLES}:
        findings.add(name, f"unknown table; allowed: {', '.join(('grid', 'objective', *TABLES))}")
    if network is not None and network.hold_vf and "vf" not in network.condition:
        findings.add(
            "network.hold_vf", "can hold only what the generator is conditioned on: put 'vf' into network.condition"
        )
    if network is not None and network.fields and not network.hold_vf:
        findings.add("network.fields", "fields have volume fractions only where these are held: set hold_vf = true")
    if network is not None and network.hold_networks and run is not None and not run.reservoirs:
        findings.add("network.hold_networks", "joins phases to their reservoirs: name them in [grid.reservoirs]")
    if findings.problems or None in (run, data, network, train, evaluate):
        raise findings.refusal(document)
    if getattr(data, "path", None) is not None:  # absolute: a copy of the run lies in another folder
        changes["data"] = {**changes.get("data", {}), "path": data.path}
    return Settings(run, data, network, train, evaluate, changes)


def load_trained(folder: str | Path, sources: Mapping[str, type[Table]] = SOURCES) -> Settings:
    """The run that a run folder was trained with, what its command line changed included; see `load`."""
    return load(Path(folder) / "run.toml", read_json(Path(folder) / "resolved.json")["overrides"], sources)
