"""The tables of a run that belong to this trainer: [data], [network], [train], [evaluate]."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic import Field

from porenet.config import Findings, Run, Table, parse, parse_run
from porenet.errors import ConfigError, did_you_mean
from porenet.formats import read_text

TABLES = ("data", "network", "train", "evaluate")

Count = Annotated[int, Ge(1)]
Seed = Annotated[int, Ge(0), Lt(2**63)]
Positive = Annotated[float, Gt(0)]
Widths = Annotated[list[Count], Field(min_length=1)]


class SyntheticData(Table):
    """Plurigaussian electrodes: ``source = "synthetic"``.

    Attributes:
        size: edge of the cubes, voxels.
        count: number of training structures.
        held_out: number of structures kept for the comparison, never trained on.
        length_um: correlation length of the fields, um.
        fractions: expected volume fraction of each phase; equal ones unless given.
        seed: of the first structure; its own, so that runs with different training seeds see the same data.
        symmetries: whether training structures are flipped along y and x (and transposed where y and x are alike).
    """

    source: Literal["synthetic"]
    size: Annotated[int, Ge(8)]
    count: Count = 128
    held_out: Count = 50
    length_um: Positive
    fractions: list[Positive] | None = None
    seed: Seed = 0
    symmetries: bool = True


class VolumeData(Table):
    """Cubes cut from volumes: ``source = "volumes"``.

    Attributes:
        path: a file, a folder of volumes, or several of them; relative to the run's folder.
        size: edge of the cubes after coarsening, voxels.
        stride: from one training cube to the next, voxels; ``size`` (no overlap) unless given.
        coarsen: n^3 voxels become one by majority; ``[grid]`` is that of the cubes, the file's is n times finer.
        split: axis along which the far end is held out, or ``volumes``: whole volumes, the last ones.
        held_out: share of that axis, or of the volumes.
        guard: layers between the two parts that belong to neither, voxels after coarsening.
        symmetries: as for synthetic data.
        dataset: name of the array, where a file holds several.
        shape: of raw files, (Z, Y, X) voxels.
        dtype: of raw files: ``uint8``, ``<u2``, ...
        offset: of raw files, bytes before the voxels.
    """

    source: Literal["volumes"]
    path: Annotated[str, Field(min_length=1)] | Annotated[list[str], Field(min_length=1)]
    size: Annotated[int, Ge(8)]
    stride: Count | None = None
    coarsen: Annotated[int, Ge(1), Le(16)] = 1
    split: Literal["z", "y", "x", "volumes"] = "x"
    held_out: Annotated[float, Gt(0), Lt(1)] = 0.3
    guard: Annotated[int, Ge(0)] = 8
    symmetries: bool = True
    dataset: str | None = None
    shape: Annotated[list[Count], Field(min_length=3, max_length=3)] | None = None
    dtype: str | None = None
    offset: Annotated[int, Ge(0)] = 0


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
        data: where structures come from.
        network: sizes of the networks.
        train: the loop.
        evaluate: the measurement afterwards.
        text: of the file.
        overrides: table -> key -> value that the command line put in its place.
    """

    run: Run
    data: SyntheticData | VolumeData
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


def load(path: str | Path, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Settings:
    """Read a run.

    Args:
        path: a TOML file.
        overrides: table -> key -> value, in place of what the file says.

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
    data = _data(tables, findings)
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
    if isinstance(data, VolumeData):
        # Absolute from here on: a copy of the run lies in another folder.
        written = [data.path] if isinstance(data.path, str) else data.path
        data.path = [str((path.parent / one).resolve()) for one in written]
        changes["data"] = {**changes.get("data", {}), "path": data.path}
    return Settings(run, data, network, train, evaluate, text, changes)


def load_trained(folder: str | Path) -> Settings:
    """The run that a run folder was trained with, what its command line changed included.

    Raises:
        InputError, ConfigError: as for `load`.
    """
    record = json.loads(read_text(Path(folder) / "resolved.json"))
    return load(Path(folder) / "run.toml", record["overrides"])


def _data(tables: Mapping[str, Any], findings: Findings) -> SyntheticData | VolumeData | None:
    table = tables.get("data")
    source = table.get("source") if isinstance(table, dict) else None
    if source not in ("synthetic", "volumes") and isinstance(table, dict):
        wrong = "is required" if source is None else f"must be 'synthetic' or 'volumes', not {source!r}"
        findings.add("data.source", f"{wrong}: 'synthetic' for plurigaussian electrodes, 'volumes' for files of yours")
        return None
    return findings.required(VolumeData if source == "volumes" else SyntheticData, "data", tables)


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
