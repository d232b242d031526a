"""Score tables of measured values against a reference: `compare`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from porenet import formats
from porenet.commands.console import (
    FilePath,
    echo,
    echo_json,
    echo_table,
    json_option,
    progress_bar,
    secho,
    separate,
    table_of,
)
from porenet.commands.problems import partial_failures
from porenet.commands.volume_options import grid_of, volume_options

if TYPE_CHECKING:
    from porenet.comparison import Neighbour


@click.command()
@click.argument("reference", type=FilePath())
@click.argument("runs", nargs=-1, required=True, type=FilePath())
@click.option(
    "-m",
    "--metric",
    "metrics",
    metavar="NAME",
    multiple=True,
    callback=separate,
    help="Metric to compare (repeatable); default: every metric that the tables share.",
)
@click.option(
    "--score",
    "scores",
    metavar="NAME",
    multiple=True,
    default=("s_value", "s_value_scaled"),
    callback=separate,
    show_default=True,
    help="Score to compute (repeatable).",
)
@click.option(
    "--level",
    type=click.FloatRange(0, 1, True, True),
    default=0.95,
    show_default=True,
    help="Confidence level of the intervals.",
)
@click.option(
    "--n-boot", type=click.IntRange(min=100), default=2000, show_default=True, help="Number of bootstrap resamples."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the bootstrap.")
@click.option("-o", "--output", type=FilePath(), help="Report to write, .md, .csv or .json.")
@click.option(
    "--plot",
    type=FilePath(),
    help="Picture of the distributions to write, .png, .svg or .pdf (extra: porenet[plot]).",
)
@click.option(
    "--copies-of",
    type=FilePath(),
    help="Training volumes; requires --copies-in.",
)
@click.option(
    "--copies-in",
    type=FilePath(),
    help="Generated volumes, each checked for being a copy of a training volume of --copies-of.",
)
@volume_options
@json_option
def compare(
    reference: Path,
    runs: tuple[Path, ...],
    metrics: tuple[str, ...],
    scores: tuple[str, ...],
    level: float,
    n_boot: int,
    seed: int,
    output: Path | None,
    plot: Path | None,
    copies_of: Path | None,
    copies_in: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Score generated structures against training structures.

    REFERENCE is the table of the training structures, RUNS are tables of generated structures, all written by porenet
    measure -o. Each score comes with a bootstrap interval, a ceiling (what the training structures score against
    themselves at the same number of structures), the number of defined values, and a verdict: OK from 0.85, Marginal
    from 0.70, Fail below, withheld with fewer than 20 structures. With several RUNS, the change from the first to the
    last is marked where the intervals do not overlap. Values measured with different estimators, units or voxel edges
    are refused. The options for volumes (--grid to --override) concern --copies-of and --copies-in only.

    \b
    porenet compare real.json run_a.json run_b.json -o verdict.md --plot verdict.png
    porenet compare real.json run.json --copies-of real/ --copies-in run/ --grid anode.toml
    """
    from porenet import comparison
    from porenet.comparison import report

    if (copies_of is None) != (copies_in is None):
        raise click.UsageError("--copies-of (training volumes) and --copies-in (generated volumes) go together.")
    names = _names(runs)
    report.check_places(output, plot, [reference, *runs])
    with progress_bar("comparing", None) as advance:
        result = comparison.compare(
            reference, names, metrics=metrics, scores=scores, level=level, n_boot=n_boot, seed=seed,
            progress=lambda done, total: advance(f"{done} of {total}"),
        )  # fmt: skip
    neighbours = _neighbours(copies_of, copies_in, options) if copies_of and copies_in else {}
    if output:
        report.write(result, output)
    if plot:
        report.plot(result, plot)
    if as_json:
        rows = [entry.as_row() for entry in result.comparisons]
        copies = {
            name: {"nearest": training} | dataclasses.asdict(neighbour)
            for name, (training, neighbour) in neighbours.items()
        }
        echo_json(
            {"comparisons": rows, "notes": list(result.notes), "errors": list(result.errors), "copies": copies},
            partial_failures({"": result.errors}),
        )
        click.get_current_context().exit(1 if result.errors else 0)
    echo_table(table_of(report.table_columns(result), report.table_lines(result)))
    for error in result.errors:
        secho(f"error: {error}", fg="red", err=True)
    for note in report.footnotes(result):
        echo(f"note: {note}")
    for path in (output, plot):
        if path:
            echo(f"Wrote {path}.")
    if neighbours:
        copied = [name for name, (_, neighbour) in neighbours.items() if neighbour.copied]
        echo(f"\n{len(copied)} of {len(neighbours)} generated structures are copies of a training structure.")
        heading = ["generated", "nearest training", "symmetry", "shift (z, y, x), voxels", "similarity", "copy"]
        echo_table(
            table_of(heading, [[name, training, *_cells(nearest)] for name, (training, nearest) in neighbours.items()])
        )
    if result.errors:
        click.get_current_context().exit(1)


def _cells(neighbour: Neighbour) -> list[str]:
    shift = ", ".join(map(str, neighbour.shift))
    return [neighbour.symmetry, shift, f"{neighbour.similarity:.3f}", "yes" if neighbour.copied else "no"]


def _names(runs: tuple[Path, ...]) -> dict[str, Path]:
    """Table of each run, by the stem of the file, or by its path where two files share a stem."""
    stems = [formats.writable(run.stem) for run in runs]
    taken = {stem for stem in stems if stems.count(stem) > 1} | {"reference"}
    pairs = zip(stems, runs, strict=True)
    return {formats.writable(run.as_posix()) if stem in taken else stem: run for stem, run in pairs}


def _neighbours(training: Path, generated: Path, options: dict[str, Any]) -> dict[str, tuple[str, Neighbour]]:
    """Name of each generated structure -> name and similarity of its nearest training structure."""
    from porenet.commands.measurement import named_volumes
    from porenet.comparison import nearest
    from porenet.measurement import origins_of, read_volume

    old, *_ = named_volumes((training,))
    new, *_ = named_volumes((generated,))
    grid, reading = grid_of(options, list(old.values()))
    origins = origins_of(old, [training])
    with progress_bar("looking for copies", 100) as advance:
        done = 0

        def tell(share: float) -> None:
            nonlocal done
            while done < int(100 * share):
                done += 1
                advance("")

        neighbours = nearest(
            [read_volume(path, grid, reading) for path in new.values()],
            [read_volume(path, grid, reading) for path in old.values()],
            origins=[origins.get(name) for name in old] if origins else None,
            progress=tell,
        )
    names = list(old)
    return {name: (names[neighbour.training], neighbour) for name, neighbour in zip(new, neighbours, strict=True)}
