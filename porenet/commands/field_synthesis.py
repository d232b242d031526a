"""Write structures like real volumes, from fields that are fitted to these: `synthesize --fit`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from porenet import formats
from porenet.commands import structure_folder
from porenet.commands.console import FilePath, echo, echo_table, progress_bar, table_of
from porenet.commands.volume_options import READING, grid_of, sides
from porenet.errors import InputError, counted
from porenet.interface import AXES

if TYPE_CHECKING:
    from porenet.config import GridFile
    from porenet.interface import Grid
    from porenet.synthetic import FittedFields

Command = TypeVar("Command", bound=Callable[..., Any])

FIELDS = "fields.json"
FIT_OPTIONS = ("originals", "grid", "file_format", "dataset", "window", "candidates")
OF_MODELS = ("model", "thresholds", "length_um", "radius_um", "by_layers", "memory")
ROUNDS = 16
MOST_VOXELS = 1024**3
"""Of a structure that is made in memory."""


@dataclass(frozen=True, slots=True)
class FieldRequest:
    """What was asked for.

    Attributes:
        originals: files or folders of the real volumes.
        reading: options of `volume_options.grid_of` for them.
        window: voxels (z, y, x) of the boxes that are compared; None: as `porenet.synthetic.fit_skewed_fields` chooses.
        shape: voxels (z, y, x) of each structure; None: those of a window.
        fractions: volume fraction of each phase; None: those of windows.
        periodic: per axis (z, y, x), whether structures wrap.
        candidates: structures drawn for one.
        count: number of structures.
        seed: of the fit and of the first structure.
        suffix: of the files.
    """

    originals: Sequence[Path]
    reading: dict[str, Any]
    window: tuple[int, int, int] | None
    shape: tuple[int, ...] | None
    fractions: tuple[float, ...] | None
    periodic: tuple[bool, ...]
    candidates: int
    count: int
    seed: int
    suffix: str


def write_fields(folder: Path, request: FieldRequest) -> None:
    """Fit, draw and write; what stands in the folder from an earlier run of the same request is kept.

    Raises:
        InputError, UsageError: an original cannot be read or fitted, or the folder holds something else.
    """
    stated = any(request.reading[name] is not None for name in ("grid", "phases", "voxel_um"))
    grid, reading = grid_of(request.reading, request.originals)
    structures = _grid_asked(request, grid.grid)
    record = _written(request, grid, reading)
    answers = _answers_in(folder / FIELDS, record)
    names = structure_folder.structure_names(request.count, request.suffix)
    structure_folder.refuse_strange_files(folder, names, answers["structures"] if answers else ())
    if answers is None:
        structure_folder.refuse_strange_grid(folder, structures)
        answers = {"request": record, "fit": _fitted(request, grid, reading).to_dict(), "structures": {}}
    fit = _fit_of(answers, folder / FIELDS)
    _show(fit)
    _write(folder, request, fit, answers)
    # The structures hold labels: where options state the values of the volume, they are those of the volume only.
    measuring = f"porenet measure {folder} --grid {folder / structure_folder.GRID}"
    following = measuring if stated else f"porenet compare {request.originals[0]} {folder}"
    echo(f"Wrote {counted(request.count, 'structure')} to {folder}. Next: {following}")


def _grid_asked(request: FieldRequest, grid: Grid) -> Grid:
    """Grid of the structures; what none can be asked for is refused, before the minutes of a fit.

    Raises:
        InputError, UsageError: a shape or fractions are not as described.
    """
    from porenet.synthetic.squared_fields import check_fractions
    from porenet.synthetic.truth import box_of

    if request.fractions is not None:
        check_fractions(request.fractions, len(grid.phases), "")
        if request.candidates > 1:
            raise click.UsageError(
                "--candidates needs the surface areas of real windows, and --fractions asks for other structures than "
                "these: leave out one of them."
            )
    if request.suffix == "png" or (request.shape is not None and len(request.shape) == 2):
        raise click.UsageError(
            "--fit draws volumes, and not sections: give --shape three sides and another --suffix than png. A section "
            "of a structure is a layer of it."
        )
    shape = request.shape or (1, 1, 1)
    voxels = math.prod(shape)
    if voxels > MOST_VOXELS:
        raise click.UsageError(f"--shape asks for {voxels:.3g} voxels; at most {MOST_VOXELS:.3g} are allowed.")
    return box_of(shape, grid.voxel_um, request.periodic, grid.phases, "")[0]


def _fit_of(answers: dict[str, Any], path: Path) -> FittedFields:
    """The fit of a folder, read back as from its file."""
    from porenet.synthetic import FittedFields

    try:
        return FittedFields.from_dict(answers["fit"])
    except InputError as error:
        raise InputError(f"holds no whole fit: {error.what}", where=str(path), fix="Choose another folder.") from error


def _fitted(request: FieldRequest, grid: GridFile, reading: dict[str, Any]) -> FittedFields:
    from porenet.measurement import read_volume
    from porenet.synthetic import fit_skewed_fields

    volumes = [read_volume(path, grid, reading) for path in request.originals]
    with progress_bar("fitting", ROUNDS) as advance:
        return fit_skewed_fields(
            volumes, window=request.window, seed=request.seed, rounds=ROUNDS,
            progress=lambda done, rounds: advance(f"round {done} of {rounds}"),
        )  # fmt: skip


def _write(folder: Path, request: FieldRequest, fit: FittedFields, answers: dict[str, Any]) -> None:
    with progress_bar("synthesizing", request.count) as advance:
        for number, name in enumerate(structure_folder.structure_names(request.count, request.suffix)):
            path, seed = folder / name, request.seed + number
            if path.name not in answers["structures"] or not path.exists():
                volume = fit.draw(
                    seed, shape=request.shape, fractions=request.fractions, candidates=request.candidates,
                    periodic=request.periodic,
                )  # fmt: skip
                answers["structures"][path.name] = {"seed": seed}
                structure_folder.write_grid_once(folder, volume.grid)
                # Before the structure: without its entry it would be made again, and refused.
                formats.write_whole(folder / FIELDS, json.dumps(answers, indent=1).encode() + b"\n")
                formats.write(volume, path)
            advance(path.name)


def _show(fit: FittedFields) -> None:
    """The parameters of each phase, and how near the drawn structures come to the volumes."""
    columns = "phase", "length (um)", "skew", "surface, drawn / real", "joined along z, real", "drawn"
    numbers = zip(fit.lengths_um, fit.skews, fit.surface_ratios, *fit.connectivity, strict=True)
    rows = [(phase, *(f"{number:.3g}" for number in row)) for phase, row in zip(fit.phases, numbers, strict=True)]
    echo_table(table_of(columns, rows))
    for note in fit.notes:
        echo(f"note: {note}")


def _written(request: FieldRequest, grid: GridFile, reading: Mapping[str, Any]) -> dict[str, Any]:
    """The request in words of JSON: what the structures of a folder have in common."""
    names = ("window", "shape", "fractions", "periodic", "candidates", "seed", "suffix")
    record = {
        "originals": [[path.name, formats.fingerprint(path)] for path in request.originals],
        "phases": grid.grid.phases,
        "values": grid.values,
        "voxel_um": grid.grid.voxel_um,
        "boundaries": grid.grid.periodic,
        "file_format": reading["file_format"],
        "dataset": reading["dataset"],
    }
    record |= {name: getattr(request, name) for name in names}
    written: dict[str, Any] = json.loads(json.dumps(record))
    return written


def _answers_in(path: Path, record: dict[str, Any]) -> dict[str, Any] | None:
    """What an earlier run of the same request wrote, or None.

    Raises:
        InputError: the folder holds structures of another request.
    """
    if not path.exists():
        if (path.parent / "truth.json").exists():
            raise InputError("holds structures of a model", where=str(path.parent), fix="Choose another folder.")
        return None
    answers: dict[str, Any] = formats.read_json(path)
    if not isinstance(answers, dict) or answers.get("request") != record:
        raise InputError("holds structures of other options", where=str(path.parent), fix="Choose another folder.")
    if "fit" not in answers or not isinstance(answers.get("structures"), dict):
        raise InputError("lacks its fit or its structures", where=str(path), fix="Choose another folder.")
    return answers


def fit_options(command: Command) -> Command:
    """Add the options of ``--fit`` to `synthesize`, which receives them as `FIT_OPTIONS`."""
    options = (
        click.option(
            "--fit",
            "originals",
            type=FilePath(),
            multiple=True,
            metavar="VOLUME",
            help="Instead of a model: structures like this real volume, from skewed Gaussian fields that are fitted to "
            "it (repeatable: volumes of one grid).",
        ),
        click.option("--grid", type=FilePath(), help="--fit only: grid file of the volumes, as in porenet measure."),
        click.option(
            "--format", "file_format", metavar="NAME", help="--fit only: format of the volumes; default: by suffix."
        ),
        click.option("--dataset", metavar="NAME", help="--fit only: array to read, where a file holds several."),
        click.option(
            "--window",
            metavar="Z,Y,X",
            callback=sides,
            help="--fit only: voxels of the boxes in which drawn and real structures are compared; default: the whole "
            "of several volumes, of one volume cubes of a third of its shortest edge.",
        ),
        click.option(
            "--candidates",
            type=click.IntRange(1, 1000),
            default=1,
            show_default=True,
            help="--fit only: structures drawn for one, of which the nearest in surface areas to a real window stays; "
            "8 is a good number.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def request_of(
    fitting: Mapping[str, Any], sizes: Mapping[str, Any], periodic: str, settings: Mapping[str, Any]
) -> FieldRequest:
    """The request that the options of `synthesize` state.

    Args:
        fitting: values of `FIT_OPTIONS`.
        sizes: values of ``--phases``, ``--voxel-um`` and ``--shape``, which count where they were stated.
        periodic: letters of the periodic axes.
        settings: further fields of the request.

    Raises:
        UsageError: an option of models was stated.
    """
    _refuse_stated(OF_MODELS, "does not go with --fit")
    context = click.get_current_context()
    stated = {
        name: value if context.get_parameter_source(name) is not ParameterSource.DEFAULT else None
        for name, value in sizes.items()
    }
    edges, shape = stated["voxel_um"], stated["shape"]
    reading: dict[str, Any] = dict.fromkeys(READING) | {"offset": 0, "override": False}
    reading |= {name: fitting[name] for name in ("grid", "file_format", "dataset")}
    reading |= {"phases": stated["phases"], "voxel_um": edges and ",".join(map(str, edges))}
    return FieldRequest(
        originals=fitting["originals"],
        reading=reading,
        window=fitting["window"],
        candidates=fitting["candidates"],
        shape=shape and tuple(map(int, shape)),
        periodic=tuple(axis in periodic for axis in AXES),
        **settings,
    )


def refuse_fit_options() -> None:
    """Refuse options of ``--fit`` where there is none.

    Raises:
        UsageError: one was stated.
    """
    _refuse_stated(FIT_OPTIONS, "goes with --fit only")


def _refuse_stated(names: Sequence[str], why: str) -> None:
    context = click.get_current_context()
    for option in context.command.params:
        if option.name in names and context.get_parameter_source(option.name) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"{option.opts[0]} {why}.")
