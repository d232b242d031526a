"""Measure metrics of volumes: `measure`."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from porenet.commands.completion import metric_parameters, several_names
from porenet.commands.console import (
    FilePath,
    echo,
    echo_json,
    json_option,
    progress_bar,
    secho,
    seconds,
    separate,
    size_in_bytes,
    watched,
)
from porenet.commands.preset_output import preset_data, preset_of, preset_options, print_values, requests_of
from porenet.commands.problems import partial_failures
from porenet.commands.sureness_options import sureness_of, sureness_options
from porenet.commands.volume_options import grid_of, volume_options
from porenet.errors import InputError, command_wording, counted

if TYPE_CHECKING:
    from porenet.interface import AxisChoice

COMPANIONS = {"grid.toml", "truth.json", "origins.json", "conditions.json", "structures.json"}
"""Files that porenet itself writes or reads beside volumes."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=FilePath())
@click.option(
    "-m",
    "--metric",
    "metrics",
    metavar="NAME",
    multiple=True,
    callback=separate,
    shell_complete=several_names("metric"),
    help="Metric to measure (repeatable, or NAME,NAME); default: the usual ones.",
)
@click.option(
    "-p",
    "--param",
    "params",
    metavar="METRIC.NAME=VALUE",
    multiple=True,
    shell_complete=metric_parameters,
    help="Parameter of a metric (repeatable), such as ssa.estimator=faces.",
)
@click.option(
    "--axis",
    type=click.Choice(("z", "y", "x", "all")),
    help="Axis of every metric that has one, all: the three of them in turn; -p METRIC.axis=AXIS sets that of one.",
)
@click.option("-o", "--output", type=FilePath(), help="Table to write, .json or .csv; default: print the values.")
@preset_options
@volume_options
@click.option("--workers", type=click.IntRange(min=1), help="Number of worker processes; default: one per core.")
@click.option(
    "--dask", metavar="ADDRESS", help="Address of the Dask scheduler that distributes the work (extra: porenet[dask])."
)
@click.option(
    "--memory",
    metavar="SIZE",
    callback=size_in_bytes,
    help="Memory that all processes together may take, such as 4GB; a volume that needs more is read slab by slab, "
    "with the same values, and metrics that need it whole are left out; default: half of what is free.",
)
@click.option(
    "--rehash",
    is_flag=True,
    help="With -o, to continue: read every measured file again and keep its values only if its hash is the same; "
    "without this flag, a file of the same path, size, times and inode counts as unchanged.",
)
@click.option(
    "--limit-per-volume",
    "limit_s",
    metavar="TIME",
    callback=seconds,
    help="Longest time for one volume, such as 90s, 10min or 2h, after which it is reported and the others go on; "
    "default: no limit.",
)
@sureness_options
@json_option
def measure(
    paths: tuple[Path, ...],
    metrics: tuple[str, ...],
    params: tuple[str, ...],
    axis: AxisChoice | None,
    output: Path | None,
    preset_name: str | None,
    wide: bool,
    workers: int | None,
    dask: str | None,
    memory: int | None,
    rehash: bool,
    limit_s: float | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Measure metrics of volumes and sections (segmented 3-D and 2-D images).

    PATHS are volumes, or folders that are searched for them: NPY, NPZ, TIFF, stacks of slices, HDF5, DREAM.3D, VTK,
    NRRD, zarr, raw, GAN-PH folders; or sections: PNG, BMP, TIFF, NPY, NPZ of two axes. porenet list-plugins --kind
    metric names the metrics. The values are printed, or with -o written to a table with one row per value, with
    unit, parameters, voxel edges, versions and hash of the file. If the command is interrupted, the same command
    with the same -o continues where it stopped. A volume that cannot be read, or changes while it is read, is
    reported, the other volumes are measured, and the exit code is 1. A volume larger than memory is read slab by
    slab.

    \b
    porenet measure electrode.tif --phases Ni=255,YSZ=127,pore=0 --voxel-um 0.1
    porenet measure micrograph.png --phases Ni=255,YSZ=127,pore=0 --voxel-um 0.1,0.1
    porenet measure real/ --grid anode.toml -m tpb -m connectivity -o real.json
    porenet measure big.zarr --grid anode.toml --memory 4GB
    porenet measure electrode.tif --grid anode.toml --preset soc
    porenet measure electrode.npz -m tortuosity,geodesic_tortuosity --axis all

    How sure is a number? --rev compares sub-boxes, --sensitivity moves the interfaces. With them -o writes the table
    of these derived volumes, and continues likewise.

    \b
    porenet measure electrode.tif --rev tpb,vf --plot rev.png
    porenet measure electrode.tif -m tpb,vf --sensitivity
    """
    from porenet.measurement import Job, measure_all, origins_of, read_table
    from porenet.measurement.compile_ahead import compiling_ahead

    if rehash and not output:
        raise click.UsageError("--rehash goes with -o: only a table keeps values of an earlier run.")
    if wide and as_json:
        raise click.UsageError("--wide prints CSV, --json prints JSON: choose one.")
    if axis and preset_name:
        raise click.UsageError("--axis does not go with --preset, which names its axes: -p METRIC.axis=AXIS sets one.")
    alone = {
        "--preset": preset_name,
        "--wide": wide,
        "--workers": workers,
        "--dask": dask,
        "--memory": memory,
        "--rehash": rehash,
        "--limit-per-volume": limit_s,
    }
    sureness = sureness_of(options, metrics, alone)
    preset = preset_of(preset_name)
    volumes, unknown, unlisted = named_volumes(paths)
    grid, reading = grid_of(options, list(volumes.values()))
    job = Job(
        volumes=volumes,
        grid=grid,
        requests=requests_of(preset, sureness.rev or metrics, metric_params(params), grid, axis),
        options=reading,
        origins=origins_of(volumes, paths),
        memory=memory,
    )
    if unknown:
        secho(f"note: not volumes, left out: {', '.join(map(str, unknown))}", fg="yellow", err=True)
    if sureness:
        from porenet.commands.sureness import study_volumes

        study_volumes(job, sureness, output, notes=unlisted, unknown=unknown, as_json=as_json)
    here_alone = dask is not None or limit_s or workers == 1 or not watched()
    compiling = nullcontext() if here_alone else compiling_ahead(job)
    with _table(output) as table, progress_bar("measuring", len(volumes)) as steps, compiling:
        try:
            report = measure_all(
                job, table, workers=workers, dask=dask, limit_s=limit_s, progress=steps, rehash=rehash,
                keep_states=output is not None, watch=lambda name, stage: steps.stage(f"{name}: {stage}"),
            )  # fmt: skip
        except KeyboardInterrupt:
            if output:
                echo(f"\nStopped. The values so far are in {output}.partial; the same command continues.", err=True)
            raise
        rows = list(read_table(table)) if wide or not output else []
    notes = list(map(command_wording, [*unlisted, *report.notes]))
    for note in notes:
        secho(f"note: {note}", fg="yellow", err=True)
    errors = {volume: list(map(command_wording, messages)) for volume, messages in report.errors.items()}
    for message in itertools.chain(*errors.values()):
        secho(f"error: {message}", fg="red", err=True)
    if as_json:
        about = {"output": output, "count": report.count, "errors": errors, "notes": notes}
        quantities = preset_data(preset, rows) if preset else {}
        echo_json({"rows": rows, **quantities, **about, "unknown": unknown}, partial_failures(errors))
    else:
        if output:
            of_volumes = counted(len(volumes) - len(report.errors), "volume")
            wrote = f"Wrote {output}: {counted(report.count, 'value')} of {of_volumes}."
            echo(wrote, err=wide)
        print_values(preset, rows, wide=wide)
    click.get_current_context().exit(1 if report.errors else 0)


@contextmanager
def _table(output: Path | None) -> Iterator[Path]:
    """The table to write, or one in a temporary folder, for values that are only printed.

    Raises:
        InputError: the temporary folder cannot be written.
    """
    import tempfile

    if output:
        yield output
        return
    fix = "Name a table with -o, or another folder for temporary files with the variable TMPDIR."
    try:
        scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    except OSError as error:
        raise InputError(f"no temporary file can be written: {error.strerror}", fix=fix) from error
    with scratch as folder:
        try:
            yield Path(folder) / "rows.json"
        except InputError as error:
            if not error.where.startswith(folder):
                raise
            raise InputError(error.what, where=tempfile.gettempdir(), fix=fix) from error


def named_volumes(paths: tuple[Path, ...]) -> tuple[dict[str, Path], list[Path], list[str]]:
    """Every volume below the paths, named by its path relative to them.

    Returns:
        Volumes by name; the files that are not volumes; and messages about folders that cannot be listed.

    Raises:
        InputError: a path does not exist, or no path holds a volume.
    """
    from porenet import formats

    volumes: dict[str, Path] = {}
    unknown: list[Path] = []
    messages: list[str] = []
    seen: set[Path] = set()
    with progress_bar("searching", None) as advance:
        for path in paths:
            contents = formats.find(path, progress=advance)
            unknown += (file for file in contents.unknown if file.name not in COMPANIONS)
            messages += contents.messages
            for volume in contents.volumes:
                real = volume.resolve()
                if real not in seen:
                    seen.add(real)
                    volumes[_free_name(volume, path, real, volumes)] = volume
                    advance(str(volume))
    if not volumes:
        raise InputError("no volume was found", where=", ".join(map(str, paths)), fix=" ".join(messages))
    return volumes, unknown, messages


def _free_name(volume: Path, below: Path, real: Path, taken: Container[str]) -> str:
    """Name of a volume in the table: its path relative to that of the command line, or longer where that is taken."""
    from porenet.formats import writable  # a table is text: bytes of a name that are no character stand in it as \udcff

    name = writable(volume.relative_to(below).as_posix() if volume != below else volume.name)
    if name not in taken:
        return name
    names = (volume.as_posix(), volume.absolute().as_posix(), real.as_posix())
    return next(name for name in map(writable, names) if name not in taken)


def metric_params(written: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Name of a metric -> its parameters, as -p writes them.

    Raises:
        UsageError: a setting is not METRIC.NAME=VALUE, or is written twice.
    """
    import tomllib

    by_metric: dict[str, dict[str, Any]] = {}
    for setting in written:
        path, equals, value = setting.partition("=")
        metric, dot, name = path.rpartition(".")
        if not equals or not dot:
            raise click.UsageError(f"-p takes METRIC.NAME=VALUE, such as ssa.estimator=faces, not {setting!r}.")
        params = by_metric.setdefault(metric, {})
        if name in params:
            raise click.UsageError(f"-p sets {path} twice.")
        try:
            params[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            params[name] = value  # a bare word is a string
    return by_metric
