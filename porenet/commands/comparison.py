"""Compare generated structures with training structures: `compare`."""

from __future__ import annotations

import dataclasses
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from porenet import formats
from porenet.commands.comparison_inputs import MeasuringOptions, is_table, tables_of
from porenet.commands.comparison_output import echo_measurement, echo_result
from porenet.commands.completion import metric_parameters, several_names
from porenet.commands.console import (
    FilePath,
    echo,
    echo_json,
    json_option,
    progress_bar,
    separate,
)
from porenet.commands.measurement import metric_params
from porenet.commands.memory_option import memory_option
from porenet.commands.problems import partial_failures
from porenet.commands.volume_options import volume_options
from porenet.errors import command_wording


@click.command()
@click.argument("reference", required=False, type=FilePath())
@click.argument("runs", nargs=-1, type=FilePath())
@click.option(
    "-m",
    "--metric",
    "metrics",
    metavar="NAME",
    multiple=True,
    callback=separate,
    shell_complete=several_names("metric"),
    help="Metric to compare (repeatable, or NAME,NAME); default: every metric that the tables share.",
)
@click.option(
    "-p",
    "--param",
    "params",
    metavar="METRIC.NAME=VALUE",
    multiple=True,
    shell_complete=metric_parameters,
    help="Folders only: parameter of a metric (repeatable), as for porenet measure.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0, min_open=True),
    default=0.5,
    show_default=True,
    help="Largest distance that is a match, in standard deviations of the real structures.",
)
@click.option(
    "--spread",
    type=click.FloatRange(min=1, min_open=True),
    default=1.5,
    show_default=True,
    help="A match varies at most this many times more, or less, than the real structures.",
)
@click.option(
    "--plan",
    is_flag=True,
    help="Say how many structures a match needs: for the quantities of REFERENCE, or without it for a normal one.",
)
@click.option("--all", "everything", is_flag=True, help="List what matches too, one row per quantity.")
@click.option(
    "--score",
    "scores",
    metavar="NAME",
    multiple=True,
    callback=separate,
    shell_complete=several_names("score"),
    help="Show the table of a score too (repeatable), such as s_value, the published one.",
)
@click.option(
    "--level",
    type=click.FloatRange(0, 1, True, True),
    default=0.95,
    show_default=True,
    help="Confidence level of the intervals of scores.",
)
@click.option(
    "--n-boot", type=click.IntRange(min=100), default=2000, show_default=True, help="Number of bootstrap resamples."
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of resamples and permutations."
)
@click.option("-o", "--output", type=FilePath(), help="Report to write, .md, .csv or .json.")
@click.option(
    "--plot",
    type=FilePath(),
    help="Picture to write, .png, .svg or .pdf: distances with intervals, and the distributions behind the largest "
    "(extra: porenet[plot]).",
)
@click.option(
    "--save-tables",
    type=FilePath(),
    help="Folders only: folder that keeps their tables; if interrupted, the same command continues there.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Folders only: worker processes; default: one per core.")
@memory_option("folders only; a volume that needs more is measured slab by slab, with the same values")
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
    reference: Path | None,
    runs: tuple[Path, ...],
    metrics: tuple[str, ...],
    params: tuple[str, ...],
    tolerance: float,
    spread: float,
    plan: bool,
    everything: bool,
    scores: tuple[str, ...],
    level: float,
    n_boot: int,
    seed: int,
    output: Path | None,
    plot: Path | None,
    save_tables: Path | None,
    workers: int | None,
    memory: int | None,
    copies_of: Path | None,
    copies_in: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Compare generated structures with training structures.

    REFERENCE holds the training structures, RUNS hold generated ones: folders of volumes, which are measured first as
    by porenet measure (--grid to --override, -m, -p), or tables that porenet measure -o wrote. Each quantity of a run

    \b
    matches    proven to lie within --tolerance and --spread of the real structures,
    differs    proven to lie outside,
    undecided  neither; the table says how many structures would decide.

    The distance is how far a generated value must be moved on average to become a real one, in standard deviations of
    the real structures, with its 90 % interval. Values measured with different estimators, units or voxel edges are
    refused. The exit code does not depend on the verdicts. porenet evaluate draws the structures of a generator too,
    and says what no distribution shows: conditions that are followed, networks that are missing, repeats.

    \b
    porenet compare real/ run/ --grid anode.toml -m vf,ssa,tpb
    porenet compare real.json run_a.json run_b.json -o verdict.md --plot verdict.png
    porenet compare real.json run.json --score s_value
    porenet compare --plan real.json
    porenet compare real.json run.json --copies-of real/ --copies-in run/ --grid anode.toml
    """
    from porenet import comparison
    from porenet.commands.comparison_plan import echo_plan
    from porenet.commands.copies import echo_copies, nearest_of
    from porenet.comparison import report
    from porenet.comparison.pictures import draw

    if (copies_of is None) != (copies_in is None):
        raise click.UsageError("--copies-of (training volumes) and --copies-in (generated volumes) go together.")
    measuring = MeasuringOptions(metrics, metric_params(params), options, save_tables, workers, memory)
    if plan:
        if runs:
            raise click.UsageError("--plan takes the real structures only, no RUNS.")
        with tables_of(reference, {}, measuring) if reference else nullcontext() as planned:
            table = planned.reference if planned else None
            echo_plan(table, metrics, tolerance, spread, seed, as_json=as_json)
        return
    if reference is None or not runs:
        raise click.UsageError(f"Missing argument '{'REFERENCE' if reference is None else 'RUNS...'}'.")
    report.check_places(output, plot, [reference, *runs])
    with (
        tables_of(reference, _names(runs), measuring) as tables,
        progress_bar("comparing", None) as advance,
        tables.named_in_errors(),
    ):
        result = comparison.compare(
            tables.reference, tables.runs, metrics=metrics, scores=scores, level=level, n_boot=n_boot, seed=seed,
            tolerance=tolerance, spread=spread, progress=lambda done, total: advance(f"{done} of {total}"),
        )  # fmt: skip
    neighbours = nearest_of(copies_of, copies_in, options) if copies_of and copies_in else {}
    if output:
        report.write(result, output)
    if plot:
        draw(result, plot)
    errors = {volume: list(map(command_wording, texts)) for volume, texts in tables.errors.items()}
    failed = bool(result.errors or errors)
    if as_json:
        copies = {
            name: {"nearest": training} | dataclasses.asdict(neighbour)
            for name, (training, neighbour) in neighbours.items()
        }
        notes = [*map(command_wording, tables.notes), *result.notes]
        echo_json(
            report.document(result) | {"notes": notes, "copies": copies},
            partial_failures({"": result.errors, **errors}),
        )
        click.get_current_context().exit(1 if failed else 0)
    echo_measurement(tables, errors)
    echo_result(result, scores, everything=everything)
    for path in (output, plot):
        if path:
            echo(f"Wrote {path}.")
    if neighbours:
        echo_copies(neighbours)
    click.get_current_context().exit(1 if failed else 0)


def _names(runs: tuple[Path, ...]) -> dict[str, Path]:
    """Each run by the stem of its file or the name of its folder, or by its path where two share that."""
    stems = [formats.writable(_stem(run)) for run in runs]
    ambiguous = {stem for stem in stems if stems.count(stem) > 1} | {"reference", ""}
    names: dict[str, Path] = {}
    for stem, run in zip(stems, runs, strict=True):
        path = formats.writable(run.as_posix()) + "/" * run.is_dir()
        name = path if stem in ambiguous else stem
        if name in names:
            raise click.UsageError(f"the run {run} is given twice.")
        names[name] = run
    return names


def _stem(run: Path) -> str:
    return run.stem if is_table(run) or not run.is_dir() else run.resolve().name
