"""A run: a file or tables -> validated values, or every problem at once, each with its key path and line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge

from porenet.config.grid_file import GridTable, grid_of
from porenet.config.tables import Findings, Table
from porenet.config.term import Term
from porenet.config.terms import Relax, checked_terms
from porenet.config.whole_documents import BASE, Document, document_of, read_document
from porenet.errors import ConfigError, InputError
from porenet.interface import API, Face, Grid
from porenet.interface.phase_values import PhaseValues
from porenet.registry import Registry
from porenet.registry.plain_data import plain


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run.

    Attributes:
        grid: phases, voxel edges (um), boundaries.
        values: phase -> its value in the volume files, or several values; empty where the run does not state it.
        reservoirs: phase -> the face that feeds it; empty where the run does not state it.
        terms: the terms of the objective, in the order of the file.
        check_every: number of steps between two checks of the numbers; 0 for none; None: the default of the device.
        others: tables that porenet does not read (``data``, ``train``, ...), unchanged.
        source: the file it was read from, or the name that stands for it in messages.
        document: the tables as read, and where each key stands; None for a run that is in no file.
        gather: whether a batchwise term sees the batches of all ranks.
    """

    grid: Grid
    values: PhaseValues
    reservoirs: Mapping[str, Face]
    terms: tuple[Term, ...]
    check_every: int | None
    others: Mapping[str, Any]
    source: str
    document: Document | None = field(default=None, repr=False, compare=False)
    gather: bool = True

    def located(self, error: ConfigError) -> ConfigError:
        """The same problems with their lines in the file of this run, or in the base that they stand in."""
        findings = Findings(error.problems)
        findings.broken_plugin = error.broken_plugin
        return findings.refusal(self.document or self.source)


def load_run(path: str | Path, *, source: Registry | None = None) -> Run:
    """Read and validate a run.

    Args:
        path: a TOML file, or by its suffix YAML (``.yaml``, ``.yml``; needs the extra ``yaml``) or JSON (``.json``);
            with ``base = "other.toml"`` it says only what differs from another one.
        source: the plugins to choose from; by default the installed ones.

    Raises:
        InputError: the file cannot be read, or PyYAML is missing.
        ConfigError: the file holds something else, or the run is wrong; every problem, also of broken plugins.
    """
    return run_in(read_document(path), source=source)


def parse_run(text: str, *, name: str = "", source: Registry | None = None) -> Run:
    """Like `load_run`, from the text of the file; ``name`` stands for the file in messages and before its base."""
    return run_in(document_of(text, name), source=source)


def run_in(document: Document, *, source: Registry | None = None) -> Run:
    """Like `load_run`, from a document that is already read."""
    return _run_of(document.tables, document, source)


def run_of(tables: Mapping[str, Any], *, source: Registry | None = None) -> Run:
    """Like `load_run`, from tables that are already read: a dict, or any other mapping.

    Raises:
        InputError: it is not a mapping.
        ConfigError: as for `load_run`.
    """
    if not isinstance(tables, Mapping):
        raise InputError(f"a mapping with the tables of a run was expected, not {type(tables).__name__}", where="run")
    return _run_of(plain(tables), None, source)


def _run_of(tables: Mapping[str, Any], document: Document | None, source: Registry | None) -> Run:
    findings = Findings()
    if document is None and isinstance(tables.get(BASE), str):
        findings.add(BASE, "is followed in files only; load the file that it stands in")
    grid_table = findings.required(GridTable, "grid", tables)
    objective = findings.required(_ObjectiveTable, "objective", tables)
    grid = grid_of(grid_table, findings) if grid_table else None
    terms = _terms(objective, grid.grid if grid else None, findings, source) if objective else ()
    _check_contract(tables.get("porenet"), findings)
    if findings.problems or grid is None or objective is None:
        raise findings.refusal(document or "run")
    return Run(
        grid=grid.grid,
        values=grid.values,
        reservoirs=grid.reservoirs,
        terms=terms,
        check_every=objective.check_every,
        others={key: value for key, value in tables.items() if key not in ("grid", "objective", "porenet")},
        source=document.source if document else "run",
        document=document,
        gather=objective.gather,
    )


def _check_contract(writer: Any, findings: Findings) -> None:
    """Check the number of the contract by which a run was written down, where it says so."""
    number = writer.get("api") if isinstance(writer, Mapping) else None
    if isinstance(number, int) and number != API:
        version = f" (porenet {writer['version']})" if "version" in writer else ""
        findings.add("porenet.api", f"was written for contract {number}{version}, and this porenet has contract {API}")


def build_terms(rows: Any, relax: str, grid: Grid, *, source: Registry | None = None) -> tuple[Term, ...]:
    """Terms given in Python, checked like those of a file.

    Args:
        rows: a list of mappings, with the keys of ``[[objective.terms]]``, and names of losses; or a mapping from
            names, see `term_rows.term_rows`.
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


class _ObjectiveTable(Table):
    relax: Relax = "straight_through"
    check_every: Annotated[int, Ge(0)] | None = None
    gather: bool = True
    terms: Any  # each row is checked by itself


def _terms(
    objective: _ObjectiveTable, grid: Grid | None, findings: Findings, source: Registry | None
) -> tuple[Term, ...]:
    return checked_terms(objective.terms, objective.relax, grid, findings, source)
