"""Write a volume in another format: `convert`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from porenet.commands.console import FilePath, echo, echo_json, json_option, progress_bar, secho
from porenet.commands.memory_option import memory_option
from porenet.commands.source_values import first_values, source_values
from porenet.commands.volume_options import grid_of, values_of, volume_options
from porenet.errors import InputError, counted
from porenet.interface.phase_values import option_text, plain_values

if TYPE_CHECKING:
    from porenet.formats import LabelSlabs
    from porenet.interface import Storage, Volume
    from porenet.interface.phase_values import PhaseValues


@click.command()
@click.argument("source", metavar="IN", type=FilePath())
@click.argument("output", metavar="OUT", type=FilePath())
@click.option(
    "--values",
    "written_values",
    metavar="NAME=VALUE,...",
    help="Value of each phase in OUT, 0 to 255; default: those of IN where they fit, else 0, 1, 2, ...",
)
@click.option("--overwrite", is_flag=True, help="Replace OUT if it is a file that exists.")
@memory_option("a volume that needs more is converted layer by layer")
@volume_options
@json_option
def convert(
    source: Path,
    output: Path,
    written_values: str | None,
    overwrite: bool,
    memory: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Write a volume in another format.

    IN is a file, a folder of slices or a zarr store in any format that porenet list-plugins --kind format shows; its
    phases and voxel edges are stated as for porenet measure, or by the file itself. The suffix of OUT says the format:
    .zarr, .tif, .vti, .mha, .npz, .npy, .raw, or none for a folder of BMP slices. OUT appears once it is complete. A
    volume larger than memory is converted layer by layer; as .zarr it can then be read from any layer on.

    \b
    porenet convert scan.tif scan.zarr --grid anode.toml
    porenet convert big.nrrd big.zarr --grid anode.toml --memory 4GB
    porenet convert electrode.am electrode.mha --phases Ni=1,YSZ=2,pore=3
    porenet convert cube.npz slices --values Ni=255,YSZ=127,pore=0
    """
    from porenet import formats
    from porenet.measurement.opened_volume import opened_volume
    from porenet.measurement.slab_plan import usual_budget

    written = formats.format_to_write(output)
    _check_places(source, output, overwrite=overwrite, file_format=options["file_format"])
    wanted = None if written_values is None else first_values(values_of(written_values, "--values"))
    memory = usual_budget() if memory is None else memory
    grid, reading = grid_of(options, [source])
    with progress_bar("reading", None):
        volume = opened_volume(source, grid, reading, memory, again=True)
    values = wanted or source_values(source, volume.grid, grid.values, reading)
    if isinstance(volume, formats.LabelSlabs):
        _copy(volume, output, values, memory, reading["file_format"])
    else:
        with progress_bar("writing", None):
            formats.write(volume, output, values=values)
    _echo(source, output, volume, values, written.storage, as_json=as_json)


def _copy(layers: LabelSlabs, output: Path, values: PhaseValues, memory: int | None, file_format: str | None) -> None:
    """Convert a volume layer by layer."""
    from porenet import formats
    from porenet.measurement.layer_budget import layers_of_file

    depth, most = layers.shape[0], layers_of_file(layers, memory)
    with progress_bar("converting", -(-depth // most)) as advance:
        formats.write_layers(
            formats.UnchangedLayers(layers, file_format=file_format),
            output,
            values=values,
            most=most,
            progress=lambda layer: advance(f"{layer} of {counted(depth, 'layer')}"),
        )


def _check_places(source: Path, output: Path, *, overwrite: bool, file_format: str | None) -> None:
    """Refuse to write over what is there, and over or into what is read."""
    from porenet import formats

    where, elsewhere = str(output), "Write to another place."
    if source.is_dir() and Path(os.path.realpath(output)).is_relative_to(os.path.realpath(source)):
        raise InputError("is what is read, or in it", where=where, fix=elsewhere)
    if not os.path.lexists(output):
        return
    if output.is_dir():
        raise InputError("already exists, as a folder", where=where, fix="Remove it first, or write to another place.")
    if output.exists() and not output.is_file():
        raise InputError("is a pipe or a device", where=where, fix=elsewhere)
    if source.exists() and output.exists():
        read = (source, *formats.files_of(source, file_format=file_format))
        if any(output.samefile(file) for file in read):
            raise InputError("is what is read", where=where, fix=elsewhere)
    if not overwrite:
        raise InputError("already exists", where=where, fix="Add --overwrite, or write to another place.")


def _echo(
    source: Path, output: Path, volume: Volume | LabelSlabs, values: PhaseValues, storage: Storage, *, as_json: bool
) -> None:
    grid, shape = volume.grid, volume.shape
    if as_json:
        echo_json(
            {
                "input": source,
                "output": output,
                "format": storage.title,
                "shape": list(shape),
                "voxel_um": list(grid.edges_um),
                "periodic": list(grid.wraps),
                "phases": plain_values(values),
            }
        )
        return
    pairs = option_text(values)
    edges = " x ".join(f"{edge:g}" for edge in grid.edges_um)
    size = f"{'x'.join(map(str, shape))} voxels ({', '.join(grid.axes)})"
    echo(f"Wrote {output} ({storage.title}): {size} of {edges} um, {pairs}.")
    if storage.names == "nothing":
        secho(f"note: no names of phases are in {storage.title}; keep a grid file beside it", fg="yellow", err=True)
    if storage.described:
        sides = ",".join(map(str, shape))
        secho(f"note: read {storage.title} with --shape {sides} --dtype uint8", fg="yellow", err=True)
