"""Start and check runs: `init`, `validate`."""

from __future__ import annotations

from pathlib import Path

import click

from porenet.commands import listing
from porenet.commands.console import FilePath, echo, echo_json, echo_table, json_option
from porenet.registry import require_torch


@click.command()
@click.argument("path", type=FilePath(), default="run.toml")
def init(path: Path) -> None:
    """Write a commented example run to start from.

    PATH is the TOML file to write, run.toml by default; an existing file is left unchanged.
    """
    from porenet.commands.scaffold import write_run

    write_run(path)
    echo(f"Wrote {path}. Next: porenet validate {path}")


@click.command()
@click.argument("run", type=FilePath())
@json_option
def validate(run: Path, as_json: bool) -> None:
    """Check a run, and list its terms or every mistake in it.

    RUN is a TOML, YAML or JSON file; porenet init writes one in TOML to start from. With base = "other.toml" at its top
    it says only what differs from another run. Each mistake comes with its line and key path, and with its file if
    that is a base.
    """
    from porenet.config import load_run

    config = load_run(run)
    require_torch("porenet validate")
    from porenet.objective import Objective

    Objective.from_run(config)  # finds what only building a loss can: a triple of phases on a grid of two
    if as_json:
        grid = {"phases": config.grid.phases, "voxel_um": config.grid.edges_um, "periodic": config.grid.wraps}
        terms = [term.as_data() for term in config.terms]
        bases = list(config.document.bases) if config.document else []
        echo_json({"grid": grid, "terms": terms, "passed_through": sorted(config.others), "bases": bases})
        return
    voxel = " x ".join(f"{edge:g}" for edge in config.grid.edges_um)
    echo(f"{run}: {', '.join(config.grid.phases)}; voxel {voxel} um ({', '.join(config.grid.axes)})\n")
    echo_table(listing.term_table(config))
    if config.document and config.document.bases:
        echo(f"\nBased on: {', '.join(config.document.bases)}")
    if config.others:
        echo(f"\nPassed unchanged to the trainer: {', '.join(f'[{name}]' for name in sorted(config.others))}")
