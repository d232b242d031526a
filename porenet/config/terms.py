"""The terms of an objective, validated: every problem is found."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Annotated, Any

from annotated_types import Ge, Gt
from pydantic import AfterValidator, Field

from porenet import registry
from porenet.config.tables import Findings, Table
from porenet.config.term import Term
from porenet.config.term_rows import TERM_KEYS, term_rows
from porenet.errors import ConfigError, InputError, PluginError, Problem, UnknownComponent
from porenet.interface import AXES, Grid
from porenet.interface.relaxation_name import canonical
from porenet.registry import Component, Registry, schema

Relax = Annotated[str, AfterValidator(canonical)]


def _normals(planes: str) -> str:
    """Normals of planes in the order z, y, x."""
    if not planes or len(set(planes)) < len(planes) or not set(planes) <= set(AXES):
        raise ValueError(f"must name normals of planes, each of z, y and x once, such as 'zyx', not {planes!r}")
    return "".join(axis for axis in AXES if axis in planes)


Planes = Annotated[str, AfterValidator(_normals)]


class _TermTable(Table):
    loss: str
    label: str | None = None
    weight: Annotated[float, Gt(0)] | None = None
    start: Annotated[int, Ge(0)] = 0
    stop: Annotated[int, Ge(1)] | None = None
    ramp: Annotated[int, Ge(0)] = 0
    relax: Relax | None = None
    planes: Planes | None = None
    slices: Annotated[int, Ge(1)] | None = None
    params: dict[str, Any] = Field(default_factory=dict)


def checked_terms(
    written: Any, relax: str, grid: Grid | None, findings: Findings, source: Registry | None
) -> tuple[Term, ...]:
    """The sound terms among those written; what is wrong with the others is added to the findings.

    Args:
        written: see `term_rows.term_rows`.
        relax: relaxation of the terms that name none.
        grid: grid of the run; None leaves phases unchecked.
        findings: problems so far.
        source: the plugins to choose from; by default the installed ones.
    """
    try:
        rows = term_rows(written, "objective.terms")
    except InputError as error:
        findings.add(error.where, error.what)
        return ()
    plugins = source or registry.installed()
    terms: list[Term] = []
    holders: dict[str, str] = {}
    for path, entry, at_params in rows:
        row = findings.table(_TermTable, entry, path)
        if row is None:
            continue
        label = row.label or row.loss.rpartition(":")[2]
        if label in holders:
            holder = holders[label].removeprefix("objective.")
            findings.add(f"{path}.label", f"{label!r} is already the label of {holder}; give one of them another label")
        holders.setdefault(label, path)
        if row.stop is not None and row.stop <= row.start:
            findings.add(f"{path}.stop", f"must be above start = {row.start}, not {row.stop}")
        chosen = _component(row, path, at_params, grid, findings, plugins)
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
        if row.slices and not row.planes:
            findings.add(f"{path}.slices", "is the number of slices of each of the planes; name them: planes = 'zyx'")
        reads = row.relax or relax if spec.reads == "run" else spec.reads
        sliced = row.planes or "", row.slices
        terms.append(Term(label, component, params, weight, row.start, row.stop, row.ramp, reads, path, *sliced))
    return tuple(terms)


def _component(
    row: _TermTable, path: str, at_params: str, grid: Grid | None, findings: Findings, plugins: Registry
) -> tuple[Component, dict[str, Any]] | None:
    def attempt(where: str, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except ConfigError as error:
            findings.problems.extend(problem if at_params != path else _hinted(problem) for problem in error.problems)
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
        lambda: schema.validated(described, "loss", row.params, grid=grid, path=at_params),
    )
    return None if params is None else (component, params)


def _hinted(problem: Problem) -> Problem:
    """A problem of parameters in the short form, with a word on keys of terms that were taken for such."""
    key = problem.path.rpartition(".")[2]
    if key not in TERM_KEYS or not problem.message.startswith("unknown key"):
        return problem
    message = (
        "is a key of a term, and these are parameters; beside keys of a term write them as 'params', a table, empty "
        "if there are none"
    )
    return dataclasses.replace(problem, message=message)
