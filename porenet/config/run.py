"""A run: TOML -> validated values, or every problem at once, each with its key path and, if known, its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Gt
from pydantic import AfterValidator, Field

from porenet import registry
from porenet.config.grid_file import GridTable, grid_of
from porenet.config.tables import Findings, Table, parse, plain
from porenet.errors import ConfigError, InputError, PluginError, UnknownComponent
from porenet.formats import read_text
from porenet.interface import Face, Grid
from porenet.interface.phase_values import PhaseValues
from porenet.interface.relaxation_name import canonical
from porenet.registry import Component, Registry, schema

Relax = Annotated[str, AfterValidator(canonical)]


@dataclass(frozen=True, slots=True)
class Term:
    """One weighted, scheduled loss.

    Attributes:
        label: unique in the run; by default the name of the loss.
        component: the loss.
        params: parameters of the loss, validated, defaults filled in.
        weight: > 0.
        start: first step at which the term counts.
        stop: first step at which it no longer counts; None for never.
        ramp: number of steps from ``start`` over which the weight grows linearly to its full value.
        reads: the field that the loss reads: ``soft``, ``straight_through``, ``sharpen(T)`` or ``gumbel(T)``.
    """

    label: str
    component: Component
    params: Mapping[str, Any]
    weight: float
    start: int
    stop: int | None
    ramp: int
    reads: str

    @property
    def needs(self) -> tuple[str, ...]:
        """The keys of the targets that the loss reads."""
        return self.component.spec.needs_with(self.params)

    @property
    def target_keys(self) -> tuple[str, ...]:
        """The keys of the targets that the loss reads, the optional ones of these included."""
        needs = self.needs
        parts = tuple(f"{need}." for need in needs)
        return *needs, *(key for key in self.component.spec.optional if key.startswith(parts))

    def as_data(self) -> dict[str, Any]:
        """The term as JSON-ready data, under the keys of ``[[objective.terms]]``, with ``reads`` and ``needs``."""
        return {
            "label": self.label,
            "loss": self.component.full_name,
            "weight": self.weight,
            "start": self.start,
            "stop": self.stop,
            "ramp": self.ramp,
            "reads": self.reads,
            "needs": list(self.needs),
            "params": dict(self.params),
        }


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run.

    Attributes:
        grid: phases, voxel edges (um), boundaries.
        values: phase -> its value in the volume files, or several values; empty where the run does not state it.
        reservoirs: phase -> the face that feeds it; empty where the run does not state it.
        terms: the terms of the objective, in the order of the file.
        check_every: number of steps between two checks for non-finite terms; None: the default of the device.
        others: tables that porenet does not read (``data``, ``train``, ...), unchanged.
        source: the file it was read from, or the name that stands for it in messages.
        text: the TOML text.
    """

    grid: Grid
    values: PhaseValues
    reservoirs: Mapping[str, Face]
    terms: tuple[Term, ...]
    check_every: int | None
    others: Mapping[str, Any]
    source: str
    text: str = field(default="", repr=False)

    def located(self, error: ConfigError) -> ConfigError:
        """The same problems with their lines in the file of this run."""
        findings = Findings(error.problems)
        findings.broken_plugin = error.broken_plugin
        return findings.refusal(self.source, self.text)


def load_run(path: str | Path, *, source: Registry | None = None) -> Run:
    """Read and validate a run.

    Args:
        path: a TOML file.
        source: the plugins to choose from; by default the installed ones.

    Raises:
        InputError: the file cannot be read.
        ConfigError: the file is not TOML, or the run is wrong; holds every problem, those of broken plugins included.
    """
    return parse_run(read_text(Path(path)), name=str(path), source=source)


def parse_run(text: str, *, name: str = "", source: Registry | None = None) -> Run:
    """Like `load_run`, from the text of the file; ``name`` stands for the file in messages."""
    return _run_of(parse(text, name), name, text, source)


def run_of(tables: Mapping[str, Any], *, source: Registry | None = None) -> Run:
    """Like `load_run`, from tables that are already read: a dict, or any other mapping.

    Raises:
        InputError: it is not a mapping.
        ConfigError: as for `load_run`.
    """
    if not isinstance(tables, Mapping):
        raise InputError(f"a mapping with the tables of a run was expected, not {type(tables).__name__}", where="run")
    return _run_of(plain(tables), "run", "", source)


def _run_of(tables: Mapping[str, Any], name: str, text: str, source: Registry | None) -> Run:
    findings = Findings()
    grid_table = findings.required(GridTable, "grid", tables)
    objective = findings.required(_ObjectiveTable, "objective", tables)
    grid = grid_of(grid_table, findings) if grid_table else None
    terms = _terms(objective, grid.grid if grid else None, findings, source) if objective else ()
    if findings.problems or grid is None or objective is None:
        raise findings.refusal(name, text)
    return Run(
        grid=grid.grid,
        values=grid.values,
        reservoirs=grid.reservoirs,
        terms=terms,
        check_every=objective.check_every,
        others={key: value for key, value in tables.items() if key not in ("grid", "objective")},
        source=name,
        text=text,
    )


def build_terms(
    rows: list[Mapping[str, Any]], relax: str, grid: Grid, *, source: Registry | None = None
) -> tuple[Term, ...]:
    """Terms given in Python, checked like those of a file.

    Args:
        rows: one mapping per term, with the keys of ``[[objective.terms]]``.
        relax: the run's relaxation.
        grid: the grid of the run.
        source: the plugins to choose from; by default the installed ones.

    Raises:
        ConfigError: a term is wrong; holds every problem, those of broken plugins included.
    """
    findings = Findings()
    objective = findings.table(_ObjectiveTable, {"terms": rows, "relax": relax}, "objective")
    terms = _terms(objective, grid, findings, source) if objective else ()
    if findings.problems:
        raise findings.refusal("Objective")
    return terms


class _TermTable(Table):
    loss: str
    label: str | None = None
    weight: Annotated[float, Gt(0)] | None = None
    start: Annotated[int, Ge(0)] = 0
    stop: Annotated[int, Ge(1)] | None = None
    ramp: Annotated[int, Ge(0)] = 0
    relax: Relax | None = None
    params: dict[str, Any] = Field(default_factory=dict)


class _ObjectiveTable(Table):
    relax: Relax = "straight_through"
    check_every: Annotated[int, Ge(1)] | None = None
    terms: list[Any] = Field(min_length=1)  # each row is a _TermTable, checked by itself


def _terms(
    objective: _ObjectiveTable, grid: Grid | None, findings: Findings, source: Registry | None
) -> tuple[Term, ...]:
    plugins = source or registry.installed()
    terms: list[Term] = []
    positions: dict[str, int] = {}
    for number, written in enumerate(objective.terms):
        path = f"objective.terms[{number}]"
        row = findings.table(_TermTable, written, path)
        if row is None:
            continue
        label = row.label or row.loss.rpartition(":")[2]
        if label in positions:
            holder = f"terms[{positions[label]}]"
            findings.add(f"{path}.label", f"{label!r} is already the label of {holder}; give one of them another label")
        positions.setdefault(label, number)
        if row.stop is not None and row.stop <= row.start:
            findings.add(f"{path}.stop", f"must be above start = {row.start}, not {row.stop}")
        chosen = _component(row, path, grid, findings, plugins)
        if chosen is None:
            continue
        component, params = chosen
        spec = component.spec
        if row.relax and spec.reads not in ("run", row.relax):
            fact = f"the loss {spec.name} always reads the {spec.reads} field"
            findings.add(f"{path}.relax", f"{fact}; leave relax out")
        weight = row.weight or spec.weight
        if weight is None:
            findings.add(f"{path}.weight", f"is required: {spec.name} has no default weight")
            continue
        reads = row.relax or objective.relax if spec.reads == "run" else spec.reads
        terms.append(Term(label, component, params, weight, row.start, row.stop, row.ramp, reads))
    return tuple(terms)


def _component(
    row: _TermTable, path: str, grid: Grid | None, findings: Findings, plugins: Registry
) -> tuple[Component, dict[str, Any]] | None:
    def attempt(where: str, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except ConfigError as error:
            findings.problems.extend(error.problems)
        except (UnknownComponent, PluginError) as error:
            findings.add(where, str(error))
            findings.broken_plugin |= isinstance(error, PluginError)
        return None

    component = attempt(f"{path}.loss", lambda: plugins.find("loss", row.loss))
    described = attempt(f"{path}.loss", component.described) if component else None
    if described is None:
        return None
    params = attempt(
        f"{path}.loss",
        lambda: schema.validated(described, "loss", row.params, grid=grid, path=f"{path}.params"),
    )
    return None if params is None else (component, params)
