"""Make structures with the descriptors of one: `reconstruct`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from porenet.commands.console import FilePath, echo, echo_json, echo_table, json_option, progress_bar, secho, table_of
from porenet.commands.reconstructed_folder import ReconstructedFolder
from porenet.commands.source_values import source_values
from porenet.commands.volume_options import grid_of, sides, volume_options_beside_shape
from porenet.errors import InputError, Wording, command_wording, counted
from porenet.registry import require_torch

if TYPE_CHECKING:
    from porenet.config import Run
    from porenet.interface import Volume
    from porenet.reconstruction import Reconstructor

SLOW_S = 5.0
"""Seconds per step from which a line says how long it will take."""
MOST_COUNT = 10_000


def _planes(_ctx: click.Context, _param: click.Parameter, written: tuple[str, ...]) -> list[tuple[str, int | None]]:
    planes: list[tuple[str, int | None]] = []
    for plane in written:
        axis, equals, layer = plane.partition("=")
        if axis not in ("z", "y", "x") or (equals and not layer.isdecimal()):
            raise click.BadParameter(f"takes an axis z, y or x, or an axis and a layer such as z=40, not {plane!r}.")
        planes.append((axis, int(layer) if equals else None))
    return planes


@click.command()
@click.argument("originals", metavar="ORIGINAL...", type=FilePath(), nargs=-1, required=True)
@click.option("-o", "--output", "folder", type=FilePath(), required=True, help="Folder to write.")
@click.option(
    "--shape",
    "result_shape",
    metavar="Z,Y,X",
    callback=sides,
    help="Size of each structure, voxels of the same edges; of sections Y,X; default: that of the original.",
)
@click.option("--count", type=click.IntRange(1, MOST_COUNT), default=1, show_default=True, help="Number of structures.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1 - MOST_COUNT),
    default=0,
    show_default=True,
    help="Seed of the first structure; each following structure has the next integer.",
)
@click.option(
    "--terms",
    type=FilePath(),
    help="Run (TOML) whose terms replace the default ones: any loss of porenet list-plugins. Its table [grid], if any, "
    "must be that of the original.",
)
@click.option("--steps", type=click.IntRange(min=1), default=200, show_default=True, help="Steps of the optimiser.")
@click.option(
    "--start",
    type=click.Choice(["spectral", "noise", "coarse"]),
    default="spectral",
    show_default=True,
    help="Noise with the spectrum of each phase of the original; white noise; or a reconstruction of half the "
    "resolution, for large structures with few steps.",
)
@click.option(
    "--from-plane",
    "planes",
    multiple=True,
    metavar="AXIS[=LAYER]",
    callback=_planes,
    help="The original is known by its sections alone: those across z, y or x, all its layers or that number "
    "(repeatable). They are taken as the same in z, y and x, which only you can know.",
)
@click.option("--device", default="cpu", show_default=True, help="Torch device, such as cuda.")
@volume_options_beside_shape
@json_option
@click.pass_context
def reconstruct(
    ctx: click.Context,
    /,
    originals: tuple[Path, ...],
    folder: Path,
    result_shape: tuple[int, ...] | None,
    count: int,
    seed: int,
    terms: Path | None,
    steps: int,
    start: Any,
    planes: list[tuple[str, int | None]],
    device: str,
    as_json: bool,
    **options: Any,
) -> None:
    """Make structures with the descriptors of an original, without training anything.

    ORIGINAL is a volume as porenet measure reads it. Voxels are optimised directly until volume fractions, two-point
    probabilities at all lags of a ball, surfaces and the length of triple line are those of the original, or the terms
    of a run. The folder receives the structures (structure_0000.tif, ..., in the values of the original), the targets
    (targets.json), and what each structure reached (report.json): its terms, metrics beside those of the original, and
    the overlap with it. If the command is interrupted, the same command continues where it stopped; with a larger
    --count it adds structures.

    With --from-plane the original is one section or several: an image or several, of any size, a file of one layer, a
    stack of sections (all layers across an axis), or layers of a volume, such as three orthogonal ones. Targets are
    converted by stereology, and their uncertainty widens the tolerances; a section shows neither connection nor
    tortuosity (docs/stereology.md).

    The exit code is 1 if a term of a structure is blind (met by a structure that an independent metric calls wrong) or
    above 25 times its tolerance; between 1 and 25 times the report says "near", and the exit code is 0. Two-point
    statistics do not hold the connection of a phase: look at the rows percolates and tortuosity, and add terms that do.

    \b
    porenet reconstruct real.tif --grid anode.toml -o made/ --count 4
    porenet reconstruct micrograph.tif --grid anode.toml -o made/ --from-plane z --shape 64,64,64
    porenet reconstruct a.png b.png c.png --grid anode.toml -o made/ --from-plane z --shape 64,64,64
    porenet reconstruct real.tif --grid anode.toml -o made/ --from-plane z=40 --from-plane y=40 --from-plane x=40
    porenet reconstruct real.tif --phases Ni=2,YSZ=1,pore=0 --voxel-um 0.05 -o made/ --shape 96,96,96 --terms run.toml
    """
    require_torch("porenet reconstruct")
    if len(originals) > 1 and not planes:
        raise click.UsageError("Several originals are sections of one material: add --from-plane z.")
    volumes, values = _originals(originals, options)
    maker = _maker(volumes, terms, planes, shape=result_shape, steps=steps, start=start, device=device)
    for note in maker.notes:
        secho(f"note: {command_wording(note)}", fg="yellow", err=True)
    results = ReconstructedFolder(folder, maker, values)
    names = [f"structure_{number:04d}.tif" for number in range(count)]
    with progress_bar("reconstructing", count * steps) as advance:
        for number, name in enumerate(names):
            if results.holds(name, seed + number):
                for _ in range(steps):
                    advance(name)
                continue
            results.add(name, maker.structure(seed + number, _speaking_of_time(steps, advance, name)))
    reports = {name: results.report_of(name) for name in names}
    if as_json:
        settings = results.answers["settings"]
        echo_json({"folder": folder, "notes": maker.notes, "settings": settings, "structures": reports})
    else:
        _show(reports, folder)
    ctx.exit(1 if any(report["failed"] for report in reports.values()) else 0)


def _originals(paths: Sequence[Path], options: dict[str, Any]) -> tuple[list[Volume], dict[str, int]]:
    """The originals, and the value in the first file of each phase.

    Raises:
        UsageError, InputError, ConfigError: as for `porenet measure`.
    """
    from porenet.measurement import read_volume

    try:
        grid, reading = grid_of(options, paths)
        volumes = [read_volume(path, grid, reading) for path in paths]
        return volumes, source_values(paths[0], volumes[0].grid, grid.values, reading)
    except InputError as error:  # here --shape is that of the results
        words = command_wording(error.fix)
        error.fix = Wording(error.fix, words.replace("--shape", "--raw-shape"))
        raise


def _maker(
    volumes: list[Volume], terms: Path | None, planes: list[tuple[str, int | None]], **options: Any
) -> Reconstructor:
    from porenet.reconstruction import Reconstructor, SectionReconstructor

    first = volumes[0]
    options["terms"] = None if terms is None else _run(terms, 3 if planes else first.grid.dims, first).terms
    return SectionReconstructor(volumes, planes, **options) if planes else Reconstructor(first, **options)


def _run(path: Path, dims: int, volume: Volume) -> Run:
    """The run with the terms, on the grid of the volume, in the dimensions of the results.

    Raises:
        InputError: it cannot be read, or states another grid.
        ConfigError: it is wrong.
    """
    import dataclasses

    from porenet.config import read_document, run_in

    document = read_document(path)
    if "grid" in document.tables:
        run = run_in(document)
        same_dims = run.grid.dims == dims
        grid = dataclasses.replace(run.grid, periodic=volume.grid.periodic) if same_dims else run.grid
        if grid != dataclasses.replace(volume.grid, dims=dims):
            raise InputError(
                f"its grid has {', '.join(run.grid.phases)} at {run.grid.edges_um} um, and the results are of "
                f"{', '.join(volume.grid.phases)} at {volume.grid.voxel_um[-dims:]} um",
                where=str(path),
                fix="Leave the table [grid] out, or correct it.",
            )
        return run
    edges, periodic = list(volume.grid.voxel_um[-dims:]), list(volume.grid.periodic[-dims:])
    table = {"phases": list(volume.grid.phases), "voxel_um": edges, "periodic": periodic}
    return run_in(dataclasses.replace(document, tables={**document.tables, "grid": table}))


def _speaking_of_time(steps: int, advance: Callable[[str], None], name: str) -> Callable[[int], None]:
    """A progress function that says, after the second step, if the steps will take long: the first one compiles."""
    began = 0.0

    def progress(step: int) -> None:
        nonlocal began
        if step == 2 and (seconds := time.monotonic() - began) > SLOW_S:
            echo(f"note: a step takes {seconds:.0f} s, and {steps} about {seconds * steps / 60:.0f} min.", err=True)
        began = time.monotonic()
        advance(name)

    return progress


def _show(reports: Mapping[str, Any], folder: Path) -> None:
    """Tables of terms and metrics: the original beside every structure."""
    first = next(iter(reports.values()))
    rows = [
        [label, *(_term_in_words(report["terms"][label]) for report in reports.values())] for label in first["terms"]
    ]
    echo_table(table_of(["term", *(Path(name).stem for name in reports)], rows))
    rows = [
        [
            key,
            values["unit"],
            _reference(values),
            *(_number(r["metrics"][key]["result"]) for r in reports.values()),
        ]
        for key, values in first["metrics"].items()
    ]
    if first["overlap"] is not None:  # of sections there is none
        shares = [f"{r['overlap']['agreement']:.2f} ({r['overlap']['chance']:.2f})" for r in reports.values()]
        rows.append(["overlap (by chance)", "1", "1", *shares])
    echo_table(table_of(["metric", "unit", "original", *(Path(name).stem for name in reports)], rows))
    for name, report in reports.items():
        if report["overlap"] and report["overlap"]["is_copy"]:
            secho(f"warning: {name} is a copy of the original, shifted or inverted", fg="yellow", err=True)
        for label, term in report["terms"].items():
            if term["blind"]:
                secho(
                    f"warning: {name}: {label} is blind: its witness {_testimony(term['witness'])}", fg="red", err=True
                )
    failed = [name for name, report in reports.items() if report["failed"]]
    count = counted(len(reports), "structure")
    echo(f"Wrote {count} to {folder}" + (f"; missed: {', '.join(failed)}." if failed else "."))


def _testimony(ratio: float | None) -> str:
    """What the witness of a blind term says; without a ratio it was compared with the term's own reading."""
    return "and it differ by more than in real structures" if ratio is None else f"is {ratio:.3g} times the original's"


def _term_in_words(term: Mapping[str, Any]) -> str:
    blind = ", blind" if term["blind"] else ""
    return f"{term['value']:.2g} {term['verdict']}{blind}"


def _reference(values: Mapping[str, Any]) -> str:
    """A metric of the original; of one that is known by its sections with the standard error."""
    error = values.get("uncertainty")
    return _number(values["reference"]) + ("" if error is None else f" +- {error:.2g}")


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4g}"
