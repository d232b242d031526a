"""Runs: `init`, `validate`."""

from __future__ import annotations

from pathlib import Path

import click

from porenet.commands import listing
from porenet.commands.console import echo_json, echo_table, json_option


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default="run.toml")
def init(path: Path) -> None:
    """Write a commented run to start from (PATH, by default run.toml)."""
    from porenet.commands.scaffold import write_run

    write_run(path)
    click.echo(f"Wrote {path}. Next: porenet validate {path}")


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@json_option
def validate(run: Path, as_json: bool) -> None:
    """Check a run and show its terms; every mistake at once, with key path and line.

    RUN is a TOML file; porenet init writes one to start from.
    """
    from porenet.config import load_run
    from porenet.objective import Objective

    found = load_run(run)
    Objective.from_run(found)  # what only building a loss can refuse: a triple of phases on a grid of two
    if as_json:
        grid = {name: getattr(found.grid, name) for name in ("phases", "voxel_um", "periodic")}
        echo_json(
            {"grid": grid, "terms": [term.as_data() for term in found.terms], "passed_through": sorted(found.others)}
        )
        return
    voxel = " x ".join(f"{edge:g}" for edge in found.grid.voxel_um)
    click.echo(f"{run}: {', '.join(found.grid.phases)}; voxel {voxel} um (z, y, x)\n")
    echo_table(listing.term_table(found))
    if found.others:
        click.echo(f"\nPassed through to the trainer: {', '.join(f'[{name}]' for name in sorted(found.others))}")
