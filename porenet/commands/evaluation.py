"""Evaluate generators against real structures: `evaluate`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import click

from porenet.commands.completion import several_names
from porenet.commands.console import FilePath, echo, echo_json, json_option, progress_bar, separate
from porenet.commands.problems import partial_failures
from porenet.commands.volume_options import sides, volume_options_beside_shape
from porenet.errors import InputError, command_wording


@click.command()
@click.argument("real", metavar="REAL")
@click.argument("generators", nargs=-1, required=True, metavar="[NAME=]GENERATOR...")
@click.option("-o", "--out", type=FilePath(), help="Folder for structures, tables and report; if interrupted, the same "
              "command continues there. Default: nothing is kept.")  # fmt: skip
@click.option("--n", type=click.IntRange(min=1), default=50, show_default=True, help="Structures to draw per repeat.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True,
    help="Seed of noise and conditions; repeat k has this seed plus k - 1.",
)  # fmt: skip
@click.option(
    "--repeats", type=click.IntRange(min=1), default=1, show_default=True,
    help="Sets of structures to draw from each generator that is one function.",
)  # fmt: skip
@click.option(
    "--shape",
    "drawn_shape",
    metavar="Z,Y,X",
    callback=sides,
    help="Size of the structures to draw, voxels; default: as the real ones.",
)
@click.option(
    "--training", metavar="STRUCTURES",
    help="What the generators were trained on, written as REAL is: gives the conditions, and copies of it are looked "
    "for. Default: REAL.",
)  # fmt: skip
@click.option(
    "--conditions", type=FilePath(),
    help="Table of porenet measure -o whose values the generators are asked for, one volume per structure; of folders "
    "of structures, by the names of their files. Default: those of --training.",
)  # fmt: skip
@click.option(
    "--cut", metavar="Z,Y,X", callback=sides, help="Cut REAL (and --training) into boxes of this size, voxels."
)
@click.option(
    "--stride", metavar="Z,Y,X", callback=sides, help="From one such box to the next, voxels; default: --cut."
)
@click.option(
    "-m", "--metric", "metrics", metavar="NAME", multiple=True, callback=separate,
    shell_complete=several_names("metric"),
    help="Further metric to measure and compare (repeatable, or NAME,NAME).",
)  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Print the tables of porenet compare too, of every quantity.")
@click.option(
    "--n-boot", type=click.IntRange(min=100), default=2000, show_default=True, help="Number of bootstrap resamples."
)
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes that measure; default: one per core.")
@volume_options_beside_shape
@json_option
def evaluate(
    real: str,
    generators: tuple[str, ...],
    out: Path | None,
    n: int,
    seed: int,
    repeats: int,
    drawn_shape: tuple[int, ...] | None,
    training: str | None,
    conditions: Path | None,
    cut: tuple[int, ...] | None,
    stride: tuple[int, ...] | None,
    metrics: tuple[str, ...],
    everything: bool,
    n_boot: int,
    workers: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Evaluate generators: draw structures, measure them, compare them with real ones.

    REAL holds real structures: a folder of volumes, a volume (with --cut, boxes of it), or MODULE:FUNCTION, a function
    that gives porenet.evaluation.RealStructures. Each GENERATOR is a folder of structures, or a function: written

    \b
    gan.py:generate               generate(seed, condition) gives labels or probabilities
    my.module:generate            the same in a module, those of the current folder included
    my.module:of_run:runs/a       of_run("runs/a") gives such a function
    gan=my.module:of_run:runs/*   several of them: repeats, one per path, ordered by their numbers

    The function is asked for one structure: condition.shape (voxels), condition.vf and condition.ssa (um^-1, by
    counting faces) of each phase, taken from a training structure. The same seed and condition must give the same
    structure. It returns labels Z,Y,X or probabilities P,Z,Y,X, of numpy or torch.

    The table shows networks that are missing, medians, each distance from the real structures with its verdict as
    porenet compare decides it, how closely conditions are followed, scatter, S-values, and the largest voxel agreement
    with a training structure. Several repeats give medians, ranges, and differences paired by repeat. Where structures
    are on disk and only their distributions matter, porenet compare is enough; it also reads the tables that this
    command keeps, with other tolerances.

    \b
    porenet evaluate real/ gan.py:generate -o evaluation
    porenet evaluate electrode.tif samples/ --grid anode.toml --cut 64,64,64
    porenet evaluate real/ fields=mine.py:fields gan=mine.py:of_run:runs/a -o evaluation --repeats 5
    porenet evaluate real/ 'a=mine.py:of_run:runs/a-*' 'b=mine.py:of_run:runs/b-*' -o evaluation
    """
    from porenet import evaluation
    from porenet.commands.evaluation_inputs import conditions_in, real_structures, sources_of
    from porenet.commands.evaluation_output import echo_evaluation

    if stride and not cut:
        raise click.UsageError("--stride goes with --cut.")
    with redirect_stdout(sys.stderr):  # what the functions print does not get into the tables
        reference = real_structures(real, dict(options), cut, stride)
        trained_on = real_structures(training, dict(options), cut, stride) if training else None
        sources = sources_of(generators)
        asked = conditions_in(conditions, reference, drawn_shape) if conditions else ()
        with _folder(out) as folder:
            try:
                answer = evaluation.evaluate(
                    reference, sources, folder=folder, n=n, seed=seed, repeats=repeats, shape=drawn_shape,
                    training=trained_on, conditions=asked, metrics=metrics, workers=workers, n_boot=n_boot,
                    progress=progress_bar,
                )  # fmt: skip
            except KeyboardInterrupt:
                if out:
                    echo(f"\nStopped. What is done is in {out}; the same command continues.", err=True)
                raise
    failed = bool(answer.result.errors or answer.errors)
    if as_json:
        errors = {volume: list(map(command_wording, texts)) for volume, texts in answer.errors.items()}
        echo_json(answer.report, partial_failures({"": answer.result.errors, **errors}))
    else:
        echo_evaluation(answer, everything=everything)
        if out:
            table = out / f"{next(iter(answer.report['runs']))}.json"
            echo(f"Wrote {out}. With other tolerances: porenet compare {out / 'real.json'} {table}")
    click.get_current_context().exit(1 if failed else 0)


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    """The folder for what is written, or one that is gone after the block."""
    if out:
        yield out
        return
    try:
        scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    except OSError as error:
        raise InputError(f"no temporary file can be written: {error.strerror}", fix="Name a folder: --out.") from error
    with scratch as folder:
        yield Path(folder)
