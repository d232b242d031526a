"""Write an interactive page of runs and volumes: `page`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from porenet.commands.console import FilePath, echo, echo_json, json_option, progress_bar, secho
from porenet.commands.memory_option import memory_option
from porenet.commands.volume_options import READING, grid_of, volume_options

if TYPE_CHECKING:
    from porenet.page.scene import PageInput
    from porenet.page.survey import Choice

LARGE = 6_000_000
"""Bytes above which a page is slow to open on a phone."""


@click.command()
@click.argument("paths", metavar="RUN_OR_VOLUME...", nargs=-1, required=True, type=FilePath())
@click.option(
    "-o",
    "--output",
    default="page.html",
    show_default=True,
    type=FilePath(),
    help="HTML file to write.",
)
@click.option(
    "--structures",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Most structures shown per run or folder.",
)
@click.option(
    "--show",
    "choice",
    type=click.Choice(["typical", "worst", "first"]),
    default="typical",
    show_default=True,
    help="Which of them: those nearest to the median of all, those in which most is stopped, or the first by name.",
)
@click.option(
    "--survey",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="Most structures measured per run or folder for its shares and for the choice; 0: only those shown.",
)
@click.option(
    "--comparison",
    type=FilePath(),
    help="Scores to show: JSON report of porenet compare (-o or --json).",
)
@click.option(
    "--tpb",
    metavar="A,B,C",
    help="Three phases of the triple-phase boundary (TPB); needed with more than three phases.",
)
@click.option(
    "--roles",
    metavar="PHASE=ROLE,...",
    help="What each phase carries: electrons, ions or gas; default: known for Ni, YSZ and pore.",
)
@click.option(
    "--max-edge",
    type=click.IntRange(min=1),
    help="Most voxels drawn per axis; larger volumes are drawn coarser; default: 128, of sections 2048.",
)
@memory_option("a volume that needs more is measured and drawn layer by layer, without what needs it whole")
@click.option("--title", default="", help="Page title; default: names of the runs and volumes.")
@volume_options
@json_option
def page(
    paths: tuple[Path, ...],
    output: Path,
    structures: int,
    choice: Choice,
    survey: int,
    comparison: Path | None,
    tpb: str | None,
    roles: str | None,
    max_edge: int | None,
    memory: int | None,
    title: str,
    as_json: bool,
    **options: Any,
) -> None:
    """Write an interactive page of runs and volumes, in 3-D, or of sections, as images.

    The page is one HTML file that needs no network. Each argument is a volume, a folder of volumes, or the folder of
    a run (run.toml, log.jsonl, samples/). Each structure can be turned, cut open and taken apart by phase, and is
    animated with the gas, electrons and ions that pass through it or get stuck. Beside it stand its measured values,
    the same as those of porenet measure, and the losses and training curves of its run; above it, in how many
    structures of the run the gas, electrons or ions are stopped. The table [grid.reservoirs]
    of a grid file states which face feeds which phase; by default z_min feeds Ni and pore, z_max feeds YSZ. A volume
    larger than memory is read layer by layer; of it the page leaves out what needs it whole, such as the tortuosity.
    Sections, on a grid of two dimensions, are shown as images with a scale bar and their triple points; they and
    volumes do not share a page.

    \b
    porenet page runs/a runs/b -o page.html
    porenet page electrode.tif --grid anode.toml
    porenet page runs/a runs/b --comparison comparison.json --structures 3
    """
    from porenet.page import document
    from porenet.page.scene import PageOptions, scene_of, steps_of

    document.check_place(output, [*paths, *([comparison] if comparison else [])])
    choices = PageOptions(
        title,
        _three(tpb),
        _named(roles),
        max_edge,
        comparison,
        structures=structures,
        choice=choice,
        survey=survey,
        memory=memory,
    )
    inputs = _inputs(paths, options)
    with progress_bar("measuring", steps_of(inputs, choices)) as advance:
        scene = scene_of(inputs, choices, advance)
    html = document.document_of(scene)
    document.write(html, output)
    for note in scene["notes"]:
        secho(f"note: {note}", fg="yellow", err=True)
    if len(html) > LARGE:
        secho("note: the page is large; lower --structures or --max-edge to shrink it", fg="yellow", err=True)
    names = [run["name"] for run in scene["runs"]]
    if as_json:
        keys = ("name", "source", "coarsened", "counters")
        entries = [
            {"run": names[structure["run"]], **{key: structure[key] for key in keys}}
            for structure in scene["structures"]
        ]
        echo_json({"output": output, "bytes": len(html), "runs": names, "structures": entries, "notes": scene["notes"]})
        return
    count = len(scene["structures"])
    what = f"{count} structure{'s' * (count > 1)} of {', '.join(names)}"
    echo(f"Wrote {output} ({len(html) / 1e6:.1f} MB): {what}. Open it in a browser.")


def _inputs(paths: tuple[Path, ...], options: dict[str, Any]) -> list[PageInput]:
    """The arguments, each with its grid: that of --grid or --phases if set, else that of the run or volume."""
    from porenet.config import load_grid
    from porenet.page.scene import PageInput
    from porenet.page.sources import grid_of_run, source_of

    grid_file = load_grid(options["grid"]) if options["grid"] else None
    inputs = []
    for path in paths:
        source = source_of(path)
        remaining = dict(options)
        if source.is_run and not (remaining["phases"] or remaining["voxel_um"]):
            reading = {name: remaining[name] for name in READING}
            inputs.append(PageInput(source, grid_of_run(source, grid_file), reading))
        elif source.is_run:
            raise click.UsageError(f"--phases and --voxel-um do not apply to a run ({path}), which states them itself.")
        else:
            grid, reading = grid_of(remaining, list(source.volumes.values()))
            inputs.append(PageInput(source, grid, reading))
    return inputs


def _three(written: str | None) -> tuple[str, str, str] | None:
    if written is None:
        return None
    names = [name.strip() for name in written.split(",")]
    if len(names) != 3 or not all(names):
        raise click.UsageError(f"--tpb takes three phases, such as Ni,YSZ,pore, not {written!r}.")
    first, second, third = names
    return first, second, third


def _named(written: str | None) -> dict[str, str]:
    roles: dict[str, str] = {}
    for part in written.split(",") if written else ():
        phase, equals, role = (word.strip() for word in part.partition("="))
        if not equals or not phase or phase in roles:
            raise click.UsageError(f"--roles takes PHASE=ROLE,..., such as void=gas,metal=electrons, not {part!r}.")
        roles[phase] = role
    return roles
