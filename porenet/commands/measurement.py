"""From volumes to a table: `measure`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from porenet.commands.console import echo_json, echo_table, json_option, progress_bar
from porenet.commands.volume_options import grid_of, volume_options
from porenet.errors import InputError

COMPANIONS = {"grid.toml", "truth.json", "origins.json"}
"""Files that porenet itself puts or reads beside volumes."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-m", "--metric", "metrics", multiple=True, help="A metric by name; without it, all that can be.")
@click.option("-p", "--param", "params", multiple=True, help="A metric's parameter, such as ssa.estimator=faces.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Table to write, .json or .csv.")
@volume_options
@click.option("--workers", type=click.IntRange(min=1), help="Processes; by default one a core.")
@click.option("--dask", metavar="ADDRESS", help="Send the work to a Dask scheduler (extra: porenet[dask]).")
@json_option
def measure(
    paths: tuple[Path, ...],
    metrics: tuple[str, ...],
    params: tuple[str, ...],
    output: Path | None,
    workers: int | None,
    dask: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Measure volumes by the names of metrics.

    PATHS are volumes, or folders of them: NPY, NPZ, TIFF, stacks of slices, GAN-PH folders, HDF5, DREAM.3D, VTK,
    NRRD, raw. Without -o the values are shown; with it they go to a table, one row a value, with unit, parameters,
    voxel size, versions and the hash of the file. A run that was killed goes on where it stopped when it is started
    again. A volume that cannot be read is reported, the rest is measured, and the exit code is 1.

    \b
    porenet measure electrode.tif --phases Ni=255,YSZ=127,pore=0 --voxel-um 0.1
    porenet measure real/ --grid anode.toml -m tpb -m connectivity -o real.json
    """
    import tempfile

    from porenet.measurement import Job, measure_all, origins_of, read_table, requests_for

    volumes, unknown = named_volumes(paths)
    grid, reading = grid_of(options, list(volumes.values()))
    job = Job(
        volumes=volumes,
        grid=grid,
        requests=requests_for(metrics, _params(params), grid),
        options=reading,
        origins=origins_of(volumes, paths),
    )
    if unknown:
        click.secho(f"note: no volumes: {', '.join(map(str, unknown))}", fg="yellow", err=True)
    with tempfile.TemporaryDirectory() as scratch, progress_bar("measuring", len(volumes)) as advance:
        table = output or Path(scratch) / "rows.json"
        try:
            report = measure_all(job, table, workers=workers, dask=dask, progress=advance)
        except KeyboardInterrupt:
            if output:
                click.echo(
                    f"\nStopped. What is measured is kept in {output}.partial; the same command goes on.", err=True
                )
            raise
        rows = [] if output else list(read_table(table))
    for note in report.notes:
        click.secho(f"note: {note}", fg="yellow", err=True)
    for wrong in report.errors.values():
        for message in wrong:
            click.secho(f"error: {message}", fg="red", err=True)
    if as_json:
        about = {"output": output, "count": report.count, "errors": report.errors, "notes": report.notes}
        echo_json({"rows": rows, **about, "unknown": unknown})
    elif output:
        click.echo(f"Wrote {output}: {report.count} values of {len(volumes) - len(report.errors)} volumes.")
    elif rows:
        from porenet.commands.listing import value_table

        echo_table(value_table(rows))
    click.get_current_context().exit(1 if report.errors else 0)


def named_volumes(paths: tuple[Path, ...]) -> tuple[dict[str, Path], list[Path]]:
    """Every volume below the paths, named by its place below them; and the files that are none.

    Raises:
        InputError: a path does not exist, or holds no volume.
    """
    from porenet import formats

    volumes: dict[str, Path] = {}
    unknown: list[Path] = []
    seen: set[Path] = set()
    for path in paths:
        found = formats.find(path)
        unknown += (one for one in found.unknown if one.name not in COMPANIONS)
        for one in found.volumes:
            if one.resolve() in seen:
                continue
            seen.add(one.resolve())
            name = one.relative_to(path).as_posix() if one != path else one.name
            volumes[one.as_posix() if name in volumes else name] = one
    if not volumes:
        raise InputError("no volume is there", where=", ".join(map(str, paths)))
    return volumes, unknown


def _params(written: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    import tomllib

    found: dict[str, dict[str, Any]] = {}
    for one in written:
        path, equals, value = one.partition("=")
        metric, dot, name = path.rpartition(".")
        if not equals or not dot:
            raise click.UsageError(f"-p takes METRIC.NAME=VALUE, such as ssa.estimator=faces, not {one!r}.")
        params = found.setdefault(metric, {})
        if name in params:
            raise click.UsageError(f"-p says {path} twice.")
        try:
            params[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            params[name] = value  # a bare word is a string
    return found
