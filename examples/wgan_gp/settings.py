"""The tables of a run that belong to this trainer: [data], [network], [train], [evaluate]."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Lt
from pydantic import Field

from porenet.config import Findings, Run, Table, parse, parse_run
from porenet.errors import ConfigError, did_you_mean
from porenet.formats import read_text

from .data_tables import SOURCES, Count, Positive, Seed, SyntheticData

TABLES = ("data", "network", "train", "evaluate")
Widths = Annotated[list[Count], Field(min_length=1)]


class NetworkTable(Table):
    """Sizes of the two networks; what is not given is that of the preset.

    Attributes:
        preset: ``published`` or ``small``, see networks.py.
        latent: channels of the noise.
        generator: channels of its blocks, without the last one, which has one a phase.
        critic: channels of its strided convolutions.
        condition: descriptors that both networks are conditioned on.
        conditioned_on: labels of objective terms; both networks are conditioned on what these are aimed at as well, see
            conditions.py.
        hold_vf: whether the structure holds the volume fractions that the generator is conditioned on, whatever its
            weights; see held_fractions.py.
        hold_networks: whether every phase that has a reservoir crosses the structure from there, whatever the weights;
            see held_networks.py.
    """

    preset: Literal["published", "small"] = "published"
    latent: Count | None = None
    generator: Widths | None = None
    critic: Widths | None = None
    condition: list[Literal["vf", "ssa"]] = Field(default_factory=lambda: ["vf", "ssa"])
    conditioned_on: list[str] = Field(default_factory=list)
    hold_vf: bool = False
    hold_networks: bool = False


class TrainTable(Table):
    """The loop; the defaults are those of the published run.

    Attributes:
        steps: of the generator.
        batch: structures a step, all processes together.
        critic_steps: of the critic, before each of the generator.
        learning_rate: of Adam, for the generator.
        critic_learning_rate: the same unless given.
        betas: of Adam.
        gradient_penalty: its weight.
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
    learning_rate: Positive = 2e-4
    critic_learning_rate: Positive | None = None
    betas: Annotated[list[Annotated[float, Ge(0), Lt(1)]], Field(min_length=2, max_length=2)] = Field(
        default_factory=lambda: [0.5, 0.999]
    )
    gradient_penalty: Annotated[float, Ge(0)] = 10.0
    seed: Seed = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    gap_every: Count = 10
    checkpoint_every: Count = 100
    samples: Annotated[int, Ge(0)] = 4


class EvaluateTable(Table):
    """What evaluate.py does unless its command line says otherwise.

    Attributes:
        n: number of structures to sample.
        seed: of their noise and conditions.
        size: edge, voxels; that of the training cubes unless given.
    """

    n: Count = 50
    seed: Seed = 0
    size: Annotated[int, Ge(8)] | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """A whole run, validated.

    Attributes:
        run: what porenet knows of it: grid and objective.
        data: where structures come from: a table of `SOURCES`, or of the caller's.
        network: sizes of the networks.
        train: the loop.
        evaluate: the measurement afterwards.
        text: of the file.
        overrides: table -> key -> value that the command line put in its place.
    """

    run: Run
    data: Any
    network: NetworkTable
    train: TrainTable
    evaluate: EvaluateTable
    text: str
    overrides: Mapping[str, Mapping[str, Any]]

    def resolved(self) -> dict[str, Any]:
        """Everything that decides what is trained, defaults filled in, as JSON-ready data."""
        grid = {name: list(getattr(self.run.grid, name)) for name in ("phases", "voxel_um", "periodic")}
        tables = {name: getattr(self, name).model_dump() for name in TABLES}
        if self.network.hold_networks:
            grid["reservoirs"] = dict(self.run.reservoirs)
        return json.loads(
            json.dumps(
                {
                    "grid": grid,
                    "values": dict(self.run.values),
                    "terms": [term.as_data() for term in self.run.terms],
                    **tables,
                }
            )
        )


def load(
    path: str | Path,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    sources: Mapping[str, type[Table]] = SOURCES,
) -> Settings:
    """Read a run.

    Args:
        path: a TOML file.
        overrides: table -> key -> value, in place of what the file says.
        sources: the tables that ``[data]`` can be, by their ``source``.

    Raises:
        InputError: the file cannot be read.
        ConfigError: with every problem in it, those of grid and objective included.
    """
    path = Path(path)
    text = read_text(path)
    tables = parse(text, str(path))
    changes = {name: dict(keys) for name, keys in (overrides or {}).items()}
    for name, keys in changes.items():
        if isinstance(tables.get(name), dict):
            tables[name] |= keys
    findings = Findings()
    try:
        run = parse_run(text, name=str(path))
    except ConfigError as error:
        run = None
        findings.problems += error.problems
        findings.broken_plugin = error.broken_plugin
    data = _data(tables, sources, findings)
    network = findings.table(NetworkTable, tables.get("network", {}), "network")
    train = findings.required(TrainTable, "train", tables)
    evaluate = findings.table(EvaluateTable, tables.get("evaluate", {}), "evaluate")
    for name in tables.keys() - {"grid", "objective", *TABLES}:
        findings.add(name, f"unknown table; allowed: {', '.join(('grid', 'objective', *TABLES))}")
    if network is not None and network.hold_vf and "vf" not in network.condition:
        findings.add(
            "network.hold_vf", "can hold only what the generator is conditioned on: put 'vf' into network.condition"
        )
    if network is not None and network.hold_networks and run is not None and not run.reservoirs:
        findings.add("network.hold_networks", "joins phases to their reservoirs: name them in [grid.reservoirs]")
    if network is not None and run is not None:
        _check_conditioned_on(network, run, findings)
    if isinstance(data, SyntheticData) and run is not None:
        _check_fractions(data, run, findings)
    if findings.problems or None in (run, data, network, train, evaluate):
        raise findings.refusal(str(path), text)
    written = getattr(data, "path", None)
    if written is not None:
        # Absolute from here on: a copy of the run lies in another folder.
        absolute = [
            str((path.parent / file).resolve()) for file in ([written] if isinstance(written, str) else written)
        ]
        changes["data"] = {**changes.get("data", {}), "path": absolute}
        data.path = absolute
    return Settings(run, data, network, train, evaluate, text, changes)


def load_trained(folder: str | Path, sources: Mapping[str, type[Table]] = SOURCES) -> Settings:
    """The run that a run folder was trained with, what its command line changed included.

    Args:
        folder: of the run.
        sources: as for `load`.

    Raises:
        InputError, ConfigError: as for `load`.
    """
    record = json.loads(read_text(Path(folder) / "resolved.json"))
    return load(Path(folder) / "run.toml", record["overrides"], sources)


def _data(tables: Mapping[str, Any], sources: Mapping[str, type[Table]], findings: Findings) -> Any:
    table = tables.get("data")
    source = table.get("source") if isinstance(table, dict) else None
    if isinstance(table, dict) and source not in list(sources):
        wrong = "is required" if source is None else f"must be {' or '.join(map(repr, sources))}, not {source!r}"
        kinds = (f"{name!r} for {str(kind.__doc__).partition(':')[0].lower()}" for name, kind in sources.items())
        findings.add("data.source", f"{wrong}: {', '.join(kinds)}")
        return None
    return findings.required(sources[source] if source else Table, "data", tables)


def _check_conditioned_on(network: NetworkTable, run: Run, findings: Findings) -> None:
    terms = {term.label: term for term in run.terms}
    for number, label in enumerate(network.conditioned_on):
        term, wrong = terms.get(label), ""
        if term is None:
            wrong = f"there is no term {label!r}{did_you_mean(label, terms)}"
        elif label in network.conditioned_on[:number]:
            wrong = f"{label!r} is named twice"
        elif term.component.spec.batchwise:
            wrong = f"{label!r} is aimed at a whole batch, and at nothing in a single structure"
        elif len(term.needs) != 1:
            needs = "no target" if not term.needs else f"several targets ({', '.join(term.needs)})"
            wrong = (
                f"{label!r} reads {needs}; a condition needs one target per structure, as with target = 'structures'"
            )
        if wrong:
            findings.add(f"network.conditioned_on[{number}]", wrong)


def _check_fractions(data: SyntheticData, run: Run, findings: Findings) -> None:
    phases = len(run.grid.phases)
    if phases not in (2, 3):
        findings.add("data.source", f"plurigaussian electrodes have two or three phases, and [grid] names {phases}")
    elif data.fractions is None:
        data.fractions = [1 / phases] * phases
    elif len(data.fractions) != phases or abs(sum(data.fractions) - 1) > 1e-6:
        findings.add("data.fractions", f"needs {phases} numbers that add up to 1, not {data.fractions}")
