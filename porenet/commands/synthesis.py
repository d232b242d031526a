"""Write synthetic structures with known answers: `synthesize`."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from porenet import formats
from porenet.commands import structure_folder
from porenet.commands.console import FilePath, echo, progress_bar
from porenet.commands.field_synthesis import (
    FIELDS,
    FIT_OPTIONS,
    MOST_VOXELS,
    fit_options,
    refuse_fit_options,
    request_of,
    write_fields,
)
from porenet.commands.memory_option import memory_option
from porenet.errors import InputError, counted
from porenet.interface import AXES, Volume

if TYPE_CHECKING:
    from porenet.synthetic import PlurigaussianLayers, Truth

TRUTH = "truth.json"
MOST_BY_LAYERS = 16384**3
"""Of one that is made layer by layer: 4.4 TB."""
PLAIN = ("npy", "raw", "mha")
"""Suffixes of files that are not compressed."""
FIELD_BYTES = 16
"""Bytes per voxel of a layer while it is made: a field along x and in whole, and its voxels above a threshold."""


def _numbers(_ctx: click.Context, _param: click.Parameter, written: str | None) -> tuple[float, ...] | None:
    if written is None:
        return None
    try:
        numbers = tuple(float(part) for part in written.split(","))
    except ValueError:
        numbers = ()
    if not numbers or not all(map(math.isfinite, numbers)):
        raise click.BadParameter(f"takes numbers separated by commas, not {written!r}.")
    return numbers


@click.command()
@click.argument("folder", type=FilePath())
@click.option(
    "--model",
    type=click.Choice(["plurigaussian", "packed_spheres"]),
    default="plurigaussian",
    show_default=True,
    help="Phases cut from Gaussian random fields, or spheres of two solids in a pore that do not touch.",
)
@fit_options
@click.option("--count", type=click.IntRange(min=1), default=1, show_default=True, help="Number of structures.")
@click.option(
    "--shape",
    metavar="Z,Y,X",
    callback=_numbers,
    default="64,64,64",
    show_default=True,
    help="Size of each structure, voxels; two sides y,x give sections, 2-D images; with --fit that of a window.",
)
@click.option(
    "--voxel-um",
    metavar="EDGE|Z,Y,X",
    callback=_numbers,
    default="0.1",
    show_default=True,
    help="Voxel edge, um; or three edges z,y,x, of sections two, y,x.",
)
@click.option(
    "--phases",
    metavar="NAME,...",
    default="Ni,YSZ,pore",
    show_default=True,
    help="Names of the phases: two or three; for packed_spheres two solids and the pore; with --fit NAME=VALUE,... as "
    "in porenet measure.",
)
@click.option(
    "--fractions",
    metavar="NUMBER,...",
    callback=_numbers,
    help="Volume fraction of each phase, or of each solid of packed_spheres; default: all equal, or 0.08,0.08.",
)
@click.option(
    "--thresholds",
    metavar="A,B",
    callback=_numbers,
    help="plurigaussian only, instead of --fractions: thresholds of the two fields, in standard deviations.",
)
@click.option(
    "--length-um",
    type=float,
    default=0.5,
    show_default=True,
    help="plurigaussian only: correlation length of the fields, um.",
)
@click.option(
    "--radius-um",
    metavar="RADIUS|A,B",
    callback=_numbers,
    default="0.5",
    show_default=True,
    help="packed_spheres only: radius of the spheres, um; or one radius per solid.",
)
@click.option("--periodic", metavar="AXES", default="", help="Periodic axes, such as zyx; default: none.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of the first structure; each following structure has the next integer.",
)
@click.option(
    "--suffix",
    type=click.Choice(["npz", "tif", "png", "vti", "mha", "zarr", "npy", "raw", "bmp"]),
    help="File format; bmp: one folder of slices per structure; png: sections only; default: npz, or zarr with "
    "--by-layers.",
)
@click.option(
    "--by-layers",
    is_flag=True,
    help="plurigaussian only: make each structure layer by layer, of any size and in little memory; it is of the same "
    f"law, but not the one that the same seed gives without; always above {MOST_VOXELS:,} voxels.",
)
@memory_option("with --by-layers as many layers as fit are made at a time, which changes no voxel")
def synthesize(
    folder: Path,
    model: str,
    count: int,
    shape: tuple[float, ...],
    voxel_um: tuple[float, ...],
    phases: str,
    periodic: str,
    seed: int,
    suffix: str | None,
    by_layers: bool,
    memory: int | None,
    **details: Any,
) -> None:
    """Write synthetic electrodes with exactly known answers, or ones that are like a real volume.

    Known are volume fractions, interface areas and triple-line lengths. FOLDER receives the structures, a grid file
    (grid.toml) to measure them with, and truth.json with the exact answers: for plurigaussian means over all seeds,
    for packed_spheres those of each structure. If the command is interrupted, the same command continues where it
    stopped.

    With --fit, fields are fitted to real volumes instead, without network or training: their volume fractions and
    surface areas, and how much of each phase is joined from face to face. The parameters are printed and written into
    fields.json; a generator that is worse than these structures has learned nothing that the scores see.

    \b
    porenet synthesize electrodes --count 50 --fractions 0.36,0.34,0.30 --length-um 0.6
    porenet measure electrodes --grid electrodes/grid.toml -o electrodes.json
    porenet synthesize big --shape 2048,2048,2048 --memory 2GB
    porenet synthesize alike --fit real.tif --phases Ni=2,YSZ=1,pore=0 --voxel-um 0.05 --count 50 --candidates 8
    """
    if set(periodic) - set(AXES):
        raise click.UsageError(f"--periodic takes axes out of z, y, x, such as zyx, not {periodic!r}.")
    if not all(side == int(side) for side in shape):
        raise click.UsageError("--shape takes whole numbers of voxels.")
    fitting = {name: details.pop(name) for name in FIT_OPTIONS}
    if fitting["originals"]:
        of_volume = {"phases": phases, "voxel_um": voxel_um, "shape": shape}
        settings = {"fractions": details["fractions"], "count": count, "seed": seed, "suffix": suffix or "npz"}
        write_fields(folder, request_of(fitting, of_volume, periodic, settings))
        return
    refuse_fit_options()
    by_layers = _is_by_layers(by_layers, model, shape)
    suffix = suffix or ("zarr" if by_layers else "npz")
    common: dict[str, Any] = {
        "shape": tuple(int(side) for side in shape),
        "voxel_um": voxel_um * len(shape) if len(voxel_um) == 1 else voxel_um,
        "phases": tuple(name.strip() for name in phases.split(",")),
        "periodic": tuple(axis in periodic for axis in AXES),
    }
    make = _maker(f"{model}_layers" if by_layers else model, common, details)
    request = {"model": model, "seed": seed, "suffix": suffix, **common, **details}
    request |= {"by_layers": True} if by_layers else {}
    most = _layers_at_a_time(common["shape"], memory) if by_layers else 1
    if suffix in PLAIN:
        _check_space(folder, count * math.prod(shape))
    answers = _resume(folder / TRUTH, json.loads(json.dumps(request)))
    names = structure_folder.structure_names(count, suffix)
    structure_folder.refuse_strange_files(folder, names, answers["structures"])
    steps = -(-common["shape"][0] // most) if by_layers else 0
    with progress_bar("synthesizing", count * (1 + steps)) as advance:
        for number, name in enumerate(names):
            path = folder / name
            if path.name not in answers["structures"] or not path.exists():
                volume, truth = make(seed + number)
                answers["structures"][path.name] = {"seed": seed + number, **dataclasses.asdict(truth)}
                _save(volume, path, answers, most, advance)
            advance(path.name)
    written = counted(count, "structure")
    echo(f"Wrote {written} to {folder}. Next: porenet measure {folder} --grid {folder / structure_folder.GRID}")


def _is_by_layers(by_option: bool, model: str, shape: tuple[float, ...]) -> bool:
    """Whether structures are made layer by layer: where the option says so, and where they are large."""
    able, voxels = model == "plurigaussian" and len(shape) == 3, math.prod(shape)
    if by_option and not able:
        raise click.UsageError("--by-layers applies to volumes of --model plurigaussian only.")
    most = MOST_BY_LAYERS if able else MOST_VOXELS
    if voxels > most:
        which = "" if able else f"; of volumes of --model plurigaussian, made layer by layer, {MOST_BY_LAYERS:.3g}"
        raise click.UsageError(f"--shape asks for {voxels:.3g} voxels; at most {most:.3g} are allowed{which}.")
    return by_option or voxels > MOST_VOXELS


def _check_space(folder: Path, needed: float) -> None:
    """Check that there is space for voxels of a byte each, rather than find out after hours."""
    above = next((path for path in (folder, *folder.absolute().parents) if path.is_dir()), None)
    free = shutil.disk_usage(above).free if above else needed
    if needed > free:
        raise InputError(
            f"{needed / 1e9:.3g} GB are needed there, and {free / 1e9:.3g} GB are free",
            where=str(folder),
            fix="Choose another place, or --suffix zarr, which is compressed.",
        )


def _layers_at_a_time(shape: tuple[int, int, int], memory: int | None) -> int:
    from porenet.measurement.layer_budget import layers_at_a_time
    from porenet.measurement.slab_plan import usual_budget

    budget = usual_budget() if memory is None else memory
    fields = shape[1] * shape[2] * FIELD_BYTES
    return layers_at_a_time(shape, budget, where="--shape", fixed_bytes=fields)


def _maker(
    model: str, common: dict[str, Any], details: dict[str, Any]
) -> Callable[[int], tuple[Volume | PlurigaussianLayers, Truth]]:
    from porenet import synthetic

    thresholds, fractions = details["thresholds"], details["fractions"]
    if model != "packed_spheres":
        make = synthetic.plurigaussian_layers if model == "plurigaussian_layers" else synthetic.plurigaussian
        if thresholds is None and fractions is None:
            fractions = details["fractions"] = tuple([1 / len(common["phases"])] * len(common["phases"]))
        length_um = details["length_um"]
        return lambda seed: make(**common, length_um=length_um, thresholds=thresholds, fractions=fractions, seed=seed)
    if thresholds is not None:
        raise click.UsageError("--thresholds applies to --model plurigaussian only.")
    fractions = details["fractions"] = fractions or (0.08, 0.08)
    radius = details["radius_um"]
    radius_um = radius[0] if len(radius) == 1 else radius
    return lambda seed: synthetic.packed_spheres(**common, radius_um=radius_um, fractions=fractions, seed=seed)


def _resume(path: Path, request: dict[str, Any]) -> dict[str, Any]:
    """The answers for the structures already in the folder."""
    if not path.exists():
        if (path.parent / FIELDS).exists():
            raise InputError("holds structures of --fit", where=str(path.parent), fix="Choose another folder.")
        return {"request": request, "structures": {}}
    try:
        answers: dict[str, Any] = formats.read_json(path)
        same = answers["request"] == request and isinstance(answers["structures"], dict)
    except (KeyError, TypeError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from error
    if not same:
        raise InputError("holds structures of other options", where=str(path.parent), fix="Choose another folder.")
    return answers


def _save(
    volume: Volume | PlurigaussianLayers,
    path: Path,
    answers: dict[str, Any],
    most: int,
    advance: Callable[[str], object],
) -> None:
    """Write a structure, and the answers of all, before it: without them it would be made again, and refused."""
    folder = path.parent
    if not (folder / TRUTH).exists():
        structure_folder.refuse_strange_grid(folder, volume.grid)
    try:
        structure_folder.write_grid_once(folder, volume.grid)
        formats.write_whole(folder / TRUTH, json.dumps(answers, indent=1).encode() + b"\n")
        if isinstance(volume, Volume):
            formats.write(volume, path)
        else:
            formats.write_layers(volume, path, most=most, progress=lambda z: advance(f"{path.name}: layer {z}"))
    except InputError as error:
        fix = f"{error.fix} The structures before it are whole; the same command continues."
        raise InputError(error.what, where=error.where, fix=fix.strip()) from error
