"""A run in TOML -> validated values. Every error at once, with its key path and, where known, its line."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from porenet import registry, schema
from porenet.errors import ConfigError, InputError, PluginError, Problem, UnknownComponent
from porenet.interface import Face, Grid
from porenet.registry import Component, Registry
from porenet.suggestion import did_you_mean
from porenet.toml_lines import key_lines, line_of

Relax = Literal["soft", "straight_through"]


@dataclass(frozen=True, slots=True)
class Term:
    """One weighted, scheduled loss.

    Attributes:
        label: unique in the run; the loss's name unless given.
        component: the loss.
        params: its parameters, validated, defaults filled in.
        weight: > 0.
        start: first step at which it counts.
        stop: first step at which it no longer counts; None for never.
        ramp: number of steps over which its weight grows linearly from ``start`` to the full weight.
        reads: the field it is shown.
    """

    label: str
    component: Component
    params: Mapping[str, Any]
    weight: float
    start: int
    stop: int | None
    ramp: int
    reads: Relax


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run.

    Attributes:
        grid: phases, voxel edges (um), boundaries.
        values: file value of each phase, where the file says so.
        reservoirs: the face that feeds each phase, where the file says so.
        terms: the terms of the objective, in the order of the file.
        check_every: number of steps between two checks for non-finite terms; None for the default of the device.
        others: tables that porenet does not know (``data``, ``train``, ...), untouched.
        source: where it was read.
    """

    grid: Grid
    values: Mapping[str, int]
    reservoirs: Mapping[str, Face]
    terms: tuple[Term, ...]
    check_every: int | None
    others: Mapping[str, Any]
    source: str


def load_run(path: str | Path, *, source: Registry | None = None) -> Run:
    """Read and validate a run.

    Args:
        path: a TOML file.
        source: the plugins to choose from; the installed ones unless given.

    Raises:
        InputError: the file cannot be read.
        ConfigError: it is not TOML, or with every problem in it.
        PluginError: a plugin that it names is broken.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"cannot be read: {reason}", where=str(path)) from error
    return parse_run(text, name=str(path), source=source)


def parse_run(text: str, *, name: str = "", source: Registry | None = None) -> Run:
    """Like `load_run`, from the text of the file; ``name`` stands for it in messages."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([Problem("TOML", str(error))], source=name) from error
    found: list[Problem] = []
    others = {key: value for key, value in tables.items() if key not in ("grid", "objective")}
    grid_table = _required(_GridTable, "grid", tables, found)
    objective = _required(_ObjectiveTable, "objective", tables, found)
    grid = _grid(grid_table, found) if grid_table else None
    terms = _terms(objective, grid, found, source) if objective else ()
    if found or grid is None or grid_table is None or objective is None:
        lines = key_lines(text)
        located = [Problem(one.path, one.message, line_of(one.path, lines)) for one in found]
        raise ConfigError(sorted(located, key=lambda one: one.line or 0), source=name)
    return Run(
        grid=grid,
        values=grid_table.values,
        reservoirs=grid_table.reservoirs,
        terms=terms,
        check_every=objective.check_every,
        others=others,
        source=name,
    )


def build_terms(
    rows: list[Mapping[str, Any]], relax: str, grid: Grid, *, source: Registry | None = None
) -> tuple[Term, ...]:
    """Terms written in Python, checked like those of a file.

    Args:
        rows: one mapping a term, with the keys of ``[[objective.terms]]``.
        relax: the run's relaxation.
        grid: the grid of the run.
        source: the plugins to choose from; the installed ones unless given.

    Raises:
        ConfigError: with every problem at once.
        PluginError: a plugin that it names is broken.
    """
    found: list[Problem] = []
    objective = _model(_ObjectiveTable, {"terms": rows, "relax": relax}, "objective", found)
    terms = _terms(objective, grid, found, source) if objective else ()
    if found:
        raise ConfigError(found, source="Objective")
    return terms


Model = TypeVar("Model", bound=BaseModel)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _GridTable(_Table):
    phases: list[str]
    voxel_um: list[float]
    periodic: list[bool] = [False, False, False]
    values: dict[str, Annotated[int, Ge(0), Le(65535)]] = {}
    reservoirs: dict[str, Face] = {}


class _TermTable(_Table):
    loss: str
    label: str | None = None
    weight: Annotated[float, Gt(0)] | None = None
    start: Annotated[int, Ge(0)] = 0
    stop: Annotated[int, Ge(1)] | None = None
    ramp: Annotated[int, Ge(0)] = 0
    relax: Relax | None = None
    params: dict[str, Any] = {}


class _ObjectiveTable(_Table):
    relax: Relax = "straight_through"
    check_every: Annotated[int, Ge(1)] | None = None
    terms: list[Any] = Field(min_length=1)  # each row is a _TermTable, checked one by one


def _required(model: type[Model], name: str, tables: Mapping[str, Any], found: list[Problem]) -> Model | None:
    if name in tables:
        return _model(model, tables[name], name, found)
    found.append(Problem(name, f"the table [{name}] is required{did_you_mean(name, tables)}"))
    return None


def _model(model: type[Model], table: Any, path: str, found: list[Problem]) -> Model | None:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        found += schema.problems(error, model, path)
        faulty = {detail["loc"][0] for detail in error.errors() if detail["loc"]}
    if not isinstance(table, Mapping):
        return None
    try:  # go on without what was wrong, so that every error is found at once
        return model.model_validate({key: value for key, value in table.items() if key not in faulty})
    except ValidationError:
        return None


def _grid(table: _GridTable, found: list[Problem]) -> Grid | None:
    try:
        grid = Grid(
            phases=tuple(table.phases),
            voxel_um=cast("tuple[float, float, float]", tuple(table.voxel_um)),
            periodic=cast("tuple[bool, bool, bool]", tuple(table.periodic)),
        )
    except InputError as error:
        found.append(Problem(error.where.replace("Grid", "grid"), error.what))
        return None
    for name, mapping in (("values", table.values), ("reservoirs", table.reservoirs)):
        for phase in mapping:
            if phase not in grid.phases:
                hint = did_you_mean(phase, grid.phases)
                found.append(Problem(f"grid.{name}.{phase}", f"no phase of that name{hint}"))
    if len(set(table.values.values())) < len(table.values):
        found.append(Problem("grid.values", "two phases share a file value"))
    return grid


def _terms(
    objective: _ObjectiveTable, grid: Grid | None, found: list[Problem], source: Registry | None
) -> tuple[Term, ...]:
    plugins = source or registry.installed()
    terms: list[Term] = []
    positions: dict[str, int] = {}
    for number, written in enumerate(objective.terms):
        path = f"objective.terms[{number}]"
        row = _model(_TermTable, written, path, found)
        if row is None:
            continue
        label = row.label or row.loss.rpartition(":")[2]
        if label in positions:
            advice = f"also that of terms[{positions[label]}]; give one of them a label of its own"
            found.append(Problem(f"{path}.label", f"{label!r} is {advice}"))
        positions.setdefault(label, number)
        if row.stop is not None and row.stop <= row.start:
            found.append(Problem(f"{path}.stop", f"must be above start = {row.start}, not {row.stop}"))
        chosen = _component(row, path, grid, found, plugins)
        if chosen is None:
            continue
        component, params = chosen
        spec = component.spec
        weight = row.weight or spec.weight
        if weight is None:
            found.append(Problem(f"{path}.weight", f"is required: {spec.name} has no default weight"))
            continue
        if row.relax and spec.reads not in ("run", row.relax):
            advice = f"the loss {spec.name} always reads the {spec.reads} field"
            found.append(Problem(f"{path}.relax", f"{advice}; leave it out"))
        reads = row.relax or objective.relax if spec.reads == "run" else spec.reads
        terms.append(Term(label, component, params, weight, row.start, row.stop, row.ramp, reads))
    return tuple(terms)


def _component(
    row: _TermTable, path: str, grid: Grid | None, found: list[Problem], plugins: Registry
) -> tuple[Component, dict[str, Any]] | None:
    def attempt(where: str, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except ConfigError as error:
            found.extend(error.problems)
        except (UnknownComponent, PluginError) as error:
            found.append(Problem(where, str(error)))
        return None

    component = attempt(f"{path}.loss", lambda: plugins.find("loss", row.loss))
    loaded = attempt(f"{path}.loss", component.load) if component else None
    if loaded is None:
        return None
    params = attempt(
        f"{path}.loss",
        lambda: schema.validated(loaded, "loss", row.params, grid=grid, path=f"{path}.params"),
    )
    return None if params is None else (component, params)
