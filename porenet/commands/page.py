"""Runs and volumes on one interactive page: `page`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from porenet.commands.console import echo_json, json_option, progress_bar
from porenet.commands.volume_options import READING, grid_of, volume_options

if TYPE_CHECKING:
    from porenet.page.scene import PageInput

LARGE = 6_000_000
"""Bytes from which a page is slow to open on a phone."""


@click.command()
@click.argument("paths", metavar="RUN_OR_VOLUME...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", default="page.html", show_default=True, type=click.Path(path_type=Path), help="Page to write."
)
@click.option(
    "--structures", type=click.IntRange(min=1), default=2, show_default=True, help="Of each folder, the first by name."
)
@click.option("--comparison", type=click.Path(path_type=Path), help="Scores to show: JSON of porenet compare.")
@click.option("--tpb", metavar="A,B,C", help="The three phases that meet, where there are more than three.")
@click.option(
    "--roles", metavar="PHASE=ROLE,...", help="What phases carry: electrons, ions, gas. Ni, YSZ, pore: known."
)
@click.option(
    "--max-edge", type=click.IntRange(1, 512), default=128, show_default=True, help="Voxels an axis that are drawn."
)
@click.option("--title", default="", help="Of the page.")
@volume_options
@json_option
def page(
    paths: tuple[Path, ...],
    output: Path,
    structures: int,
    comparison: Path | None,
    tpb: str | None,
    roles: str | None,
    max_edge: int,
    title: str,
    as_json: bool,
    **options: Any,
) -> None:
    """Make an interactive page of runs and volumes: one HTML file that needs no network.

    An argument is a volume, a folder of volumes, or the folder of a run (run.toml, log.jsonl, samples/). Each
    structure can be turned, cut open and taken apart by phase, and gas, electrons and ions are seen to run through it,
    or to be stuck; beside it stand its numbers, the same as those of porenet measure, and the losses and curves of its
    run. A grid file with [grid.reservoirs] says which face feeds which phase; Ni and pore are taken to be fed from
    z_min and YSZ from z_max where nothing says so.

    \b
    porenet page runs/a runs/b -o page.html
    porenet page electrode.tif --grid anode.toml
    porenet page runs/a runs/b --comparison comparison.json --structures 3
    """
    from porenet.page import document
    from porenet.page.scene import PageOptions, scene_of, steps_of

    document.check_place(output, [*paths, *([comparison] if comparison else [])])
    wishes = PageOptions(title, _three(tpb), _named(roles), max_edge, comparison)
    shots = _shots(paths, structures, options)
    with progress_bar("measuring", steps_of(shots)) as advance:
        scene = scene_of(shots, wishes, advance)
    made = document.document_of(scene)
    document.write(made, output)
    for note in scene["notes"]:
        click.secho(f"note: {note}", fg="yellow", err=True)
    if len(made) > LARGE:
        click.secho("note: a large page; --structures or --max-edge makes it smaller", fg="yellow", err=True)
    names = [run["name"] for run in scene["runs"]]
    if as_json:
        kept = ("name", "source", "coarsened", "counters")
        shown = [{"run": names[one["run"]], **{key: one[key] for key in kept}} for one in scene["structures"]]
        echo_json({"output": output, "bytes": len(made), "runs": names, "structures": shown, "notes": scene["notes"]})
        return
    count = len(scene["structures"])
    what = f"{count} structure{'s' * (count > 1)} of {', '.join(names)}"
    click.echo(f"Wrote {output} ({len(made) / 1e6:.1f} MB): {what}. Open it in a browser.")


def _shots(paths: tuple[Path, ...], structures: int, options: dict[str, Any]) -> list[PageInput]:
    """The arguments, each with its grid: --grid or --phases where given, else what the run or the volume says."""
    from porenet.config import load_grid
    from porenet.page.scene import PageInput
    from porenet.page.sources import grid_of_run, source_of

    given = load_grid(options["grid"]) if options["grid"] else None
    shots = []
    for path in paths:
        source = source_of(path, structures)
        asked = dict(options)
        if source.is_run and not (asked["phases"] or asked["voxel_um"]):
            reading = {name: asked[name] for name in READING}
            shots.append(PageInput(source, grid_of_run(source, given), reading))
        elif source.is_run:
            raise click.UsageError(f"--phases and --voxel-um are not for a run ({path}); it says them itself.")
        else:
            grid, reading = grid_of(asked, list(source.volumes.values()))
            shots.append(PageInput(source, grid, reading))
    return shots


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
        phase, equals, role = (one.strip() for one in part.partition("="))
        if not equals or not phase or phase in roles:
            raise click.UsageError(f"--roles takes PHASE=ROLE,..., such as void=gas,metal=electrons, not {part!r}.")
        roles[phase] = role
    return roles
