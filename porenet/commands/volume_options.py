"""Options that several commands share: the grid of the volumes and how their files are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from porenet.commands.completion import component_names
from porenet.commands.console import FilePath

if TYPE_CHECKING:
    from porenet.config import GridFile
    from porenet.interface import Grid

Command = TypeVar("Command", bound=Callable[..., Any])

_INTEGERS = re.compile(r"\s*-?[0-9]{1,40}\s*(\+\s*-?[0-9]{1,40}\s*)*")
_LENGTH = re.compile(r"\s*(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*(?P<unit>[^\s0-9]*)\s*")

READING = ("file_format", "dataset", "pattern", "shape", "dtype", "offset", "refuse_missing", "override")
"""Options that are passed unchanged to `porenet.formats.read`."""


def volume_options(command: Command) -> Command:
    """Add the options to a command, which receives them as keywords of the same names."""
    return _with_options(command, "--shape")


def volume_options_beside_shape(command: Command) -> Command:
    """The same for a command whose own ``--shape`` is another one: that of raw files is ``--raw-shape``."""
    return _with_options(command, "--raw-shape")


def _with_options(command: Command, raw_shape: str) -> Command:
    options = (
        click.option(
            "--grid",
            type=FilePath(),
            help="Grid file or run (TOML, YAML or JSON) whose table [grid] states phases, file values and voxel edges.",
        ),
        click.option(
            "--phases",
            metavar="NAME=VALUE,...",
            help="Instead of --grid: value of each phase in the files, such as Ni=255,YSZ=127,pore=0; several "
            "values of a phase are joined by +, as in YSZ=127+200.",
        ),
        click.option(
            "--voxel-um",
            metavar="EDGE|Z,Y,X",
            help="Instead of --grid: voxel edge, or three edges z,y,x, in um; or each with its unit, such as 100nm. "
            "Two edges y,x are those of sections, 2-D images.",
        ),
        click.option(
            "--format",
            "file_format",
            metavar="NAME",
            shell_complete=component_names("format"),
            help="Format of the files, as porenet list-plugins --kind format shows it. Default: by suffix and first "
            "bytes.",
        ),
        click.option("--dataset", metavar="NAME", help="Array to read, where a file holds several."),
        click.option(
            "--pattern",
            metavar="NAME",
            help="Folders of slices: their names, with * where the number stands, such as 'scan_*_seg.png'; other "
            "files are passed over. Default: the number ends the name.",
        ),
        click.option(
            raw_shape, "shape", metavar="Z,Y,X", callback=sides, help="Raw files only: size of the volume, voxels."
        ),
        click.option("--dtype", help="Raw files only: type of the voxel values, such as uint8 or <u2."),
        click.option(
            "--offset",
            type=click.IntRange(min=0),
            default=0,
            show_default=True,
            help="Raw files only: bytes before the first voxel.",
        ),
        click.option(
            "--refuse-missing",
            is_flag=True,
            help="Refuse files that leave chunks out (zarr, HDF5); without this flag they are the fill value, and a "
            "note counts them.",
        ),
        click.option(
            "--override",
            is_flag=True,
            help="Where a file states another grid, use that of the options; without this flag it is an error.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def grid_of(options: dict[str, Any], volumes: Sequence[Path]) -> tuple[GridFile, dict[str, Any]]:
    """The grid that the options state, and the options for `porenet.formats.read`; both are removed from ``options``.

    What the options leave out, the first volume with a sound header must state, as the files that porenet writes do.
    The values that it states are its own: those of another volume may differ.

    Raises:
        UsageError, InputError, ConfigError: the options are wrong, or the grid is incomplete.
    """
    from porenet.config import GridFile, load_grid
    from porenet.interface import Grid

    reading = {name: options.pop(name) for name in READING}
    path, phases, voxel_um = options.pop("grid"), options.pop("phases"), options.pop("voxel_um")
    if path:
        if phases is not None or voxel_um is not None:
            raise click.UsageError("--grid states phases and voxel edges: leave out --phases and --voxel-um.")
        return load_grid(path), reading
    edges = None if voxel_um is None else _edges(voxel_um)
    values = None if phases is None else values_of(phases)
    if values and edges:
        return GridFile(Grid(tuple(values), edges), values, {}), reading  # type: ignore[arg-type]
    return GridFile(_first_grid(volumes, values, edges, reading), values or {}, {}), reading


def _first_grid(volumes: Sequence[Path], values: Any, edges: Any, reading: dict[str, Any]) -> Grid:
    """The grid of the first volume whose header can be read; no voxel is."""
    from porenet import formats
    from porenet.errors import InputError

    refusal: InputError | None = None
    for path in volumes:
        try:
            return formats.grid_of_volume(path, phases=values, voxel_um=edges, **reading)
        except InputError as error:
            refusal = refusal or error
    raise refusal or InputError("no volume was found")


def values_of(written: str, option: str = "--phases") -> dict[str, int | list[int]]:
    """The mapping of an option ``NAME=VALUE,...``; a name ends at the first ``=``, so that it may hold a ``+``.

    Raises:
        UsageError: it is written otherwise, or a name occurs twice.
        InputError: a value is out of range, or two phases share one.
    """
    from porenet.errors import InputError
    from porenet.interface.phase_values import plain_values, values_of_phases

    values: dict[str, list[int]] = {}
    for part in written.split(","):
        name, equals, numbers = part.partition("=")
        name = name.strip()
        if not equals or not _INTEGERS.fullmatch(numbers):
            raise click.UsageError(f"{option} takes NAME=VALUE,..., such as Ni=255,YSZ=127+200,pore=0, not {part!r}.")
        if name in values:
            raise click.UsageError(f"{option} names {name!r} twice; several values are joined by +: YSZ=127+200.")
        values[name] = [int(number) for number in numbers.split("+")]
    try:
        return plain_values(values_of_phases(values))
    except InputError as error:
        raise InputError(error.what, where=option, fix=error.fix) from error


def _edges(written: str) -> tuple[float, ...]:
    from porenet.formats.interface import in_um

    lengths = [_LENGTH.fullmatch(part) for part in written.split(",")]
    units = {bool(length and length["unit"]) for length in lengths}
    factors = [in_um(length["unit"] or "um") if length else None for length in lengths]
    if len(lengths) not in (1, 2, 3) or None in factors or len(units) > 1:
        raise click.UsageError(
            "--voxel-um takes one length in um, or three as z,y,x, two as y,x of sections, or each with its unit "
            f"(100nm), not {written!r}."
        )
    edges = [float(length["number"]) * (factor or 0) for length, factor in zip(lengths, factors, strict=True) if length]
    return tuple(edges * 3 if len(edges) == 1 else edges)


def sides(_ctx: click.Context, _param: click.Parameter, written: str | None) -> tuple[int, ...] | None:
    """Three whole numbers of voxels, of an option that takes Z,Y,X; or two, of a section."""
    if written is None:
        return None
    try:
        numbers = tuple(int(side) for side in written.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) not in (2, 3):
        raise click.BadParameter(f"takes three whole numbers of voxels Z,Y,X, of a section Y,X, not {written!r}.")
    return numbers
