"""Options of `measure` that ask how sure a number is: `--rev` and `--sensitivity`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from porenet.commands.console import FilePath, separate

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Sureness:
    """What was asked for.

    Attributes:
        rev: metrics that are measured against the size of sub-boxes; empty for none.
        sensitivity: whether metrics are measured after shifts of the interfaces.
        boxes: most sub-boxes of one size.
        seed: of their drawing.
        plot: picture to write; None for none.
    """

    rev: tuple[str, ...]
    sensitivity: bool
    boxes: int
    seed: int
    plot: Path | None

    def __bool__(self) -> bool:
        return bool(self.rev) or self.sensitivity


def sureness_options(command: Command) -> Command:
    """Add the options to a command, which receives them as keywords; `sureness_of` takes them out."""
    options = (
        click.option(
            "--rev",
            metavar="METRIC",
            multiple=True,
            callback=separate,
            help="Instead of -m: value of this metric (repeatable) against the size of sub-boxes, the error that the "
            "size of the volume leaves, and the size that is representative.",
        ),
        click.option(
            "--sensitivity",
            is_flag=True,
            help="Measure each metric also after moving the interfaces of each phase by half a voxel and by one, "
            "either way: what an error of the segmentation does to it.",
        ),
        click.option(
            "--boxes",
            type=click.IntRange(min=1),
            default=64,
            show_default=True,
            help="With --rev: most sub-boxes of one size; where there are more, they are drawn.",
        ),
        click.option(
            "--seed",
            type=click.IntRange(0, 2**32 - 1),
            default=0,
            show_default=True,
            help="With --rev: seed of the drawing.",
        ),
        click.option("--plot", type=FilePath(), help="With --rev: picture to write, .png, .svg or .pdf."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def sureness_of(options: dict[str, Any], metrics: tuple[str, ...], others: Mapping[str, object]) -> Sureness:
    """What the options ask for; they are removed from ``options``.

    Args:
        options: of the command.
        metrics: that -m names.
        others: options that do not go with these -> whether they are set.

    Raises:
        UsageError: options that do not go together.
        InputError: the picture cannot be written.
    """
    names = ("rev", "sensitivity", "boxes", "seed", "plot")
    sureness = Sureness(**{name: options.pop(name) for name in names})
    if sureness.rev and sureness.sensitivity:
        raise click.UsageError("--rev and --sensitivity are two measurements: run the command once with each.")
    if sureness.rev and metrics:
        raise click.UsageError("--rev names the metrics itself: leave out -m.")
    if sureness.plot and not sureness.rev:
        raise click.UsageError("--plot goes with --rev.")
    source_of = click.get_current_context().get_parameter_source
    for name in ("boxes", "seed"):
        if source_of(name) is ParameterSource.COMMANDLINE and not sureness.rev:
            raise click.UsageError(f"--{name} goes with --rev.")
    clash = [name for name, value in others.items() if value]
    if sureness and clash:
        asked, naming = ("--rev", "--rev") if sureness.rev else ("--sensitivity", "-m")
        raise click.UsageError(
            f"{asked} does not go with {', '.join(clash)}: it measures the metrics that {naming} names, in one "
            "process and in memory, and prints a table of its own."
        )
    if sureness.plot:
        from porenet.measurement.size_effect_picture import check_picture

        check_picture(sureness.plot)
    return sureness
