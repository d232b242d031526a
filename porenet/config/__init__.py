"""Runs and grid files: TOML, YAML or JSON -> validated values, or every problem at once."""

from __future__ import annotations

from porenet.config.documents import parse
from porenet.config.grid_file import GridFile, GridTable, grid_of, load_grid
from porenet.config.preset_file import Preset, Quantity, load_preset, preset_names
from porenet.config.run import Run, build_terms, load_run, parse_run, run_of
from porenet.config.tables import Findings, Table
from porenet.config.term import Term

__all__ = [
    "Findings",
    "GridFile",
    "GridTable",
    "Preset",
    "Quantity",
    "Run",
    "Table",
    "Term",
    "build_terms",
    "grid_of",
    "load_grid",
    "load_preset",
    "load_run",
    "parse",
    "parse_run",
    "preset_names",
    "run_of",
]
