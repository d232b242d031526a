"""Read a file, or a folder of slices, into a volume."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from porenet.errors import InputError
from porenet.formats import phases as mapping
from porenet.formats.agreement import Statement, own_values
from porenet.formats.box_size import note_unusual_size
from porenet.formats.contract import checked_array
from porenet.formats.file_guard import guard
from porenet.formats.installed_formats import InstalledFormat
from porenet.formats.interface import MAX_VOXELS, Options, StoredArray
from porenet.formats.label_slabs import LabelSlabs, label_slabs
from porenet.formats.labelled_volume import check
from porenet.formats.recognition import format_of
from porenet.interface import Grid, Volume
from porenet.interface.phase_values import PhaseValues

UNLIMITED = 1 << 62
"""Voxels of a volume that is never in memory as a whole."""


def read(
    path: str | os.PathLike[str],
    *,
    phases: Sequence[str] | PhaseValues | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dataset: str | None = None,
    pattern: str | None = None,
    shape: tuple[int, int, int] | None = None,
    dtype: str | None = None,
    offset: int = 0,
    refuse_missing: bool = False,
    override: bool = False,
    file_format: str | None = None,
    max_voxels: int = MAX_VOXELS,
) -> Volume:
    """Read one volume.

    Of any installed format: porenet's own are NPY, NPZ, TIFF, HDF5, ``.dream3d``, VTI, legacy VTK, NRRD, zarr and
    OME-Zarr, Amira, MetaImage, NIfTI, MRC, MATLAB, raw voxels, and folders of PNG, BMP or TIFF slices. A spacing
    without a unit is taken as um, except 1, 1, 1, the default of such formats, which counts as not stated; a spacing
    with a unit is converted, and with a unit that is not known counts as not stated. Labels may be stored as
    floating-point numbers if every one is whole. A box of more than 1 mm or less than 10 nm is noted in the log.

    Args:
        path: a file, a folder of slices, or a zarr store.
        phases: value in the file of each phase, in label order, or a list of values that are put together:
            ``{"Ni": 255, "YSZ": [127, 200], "pore": 0}``. Names alone, in label order, have the values that the file
            states, else 0, 1, ... May be left out where the file says it: a file that `write` wrote, a folder of slices
            with a ``grid.toml`` in it, materials of Amira. A phase may be absent from the file.
        voxel_um: voxel edges (z, y, x), um, of a section (y, x), or one number for all of them. May be left out if the
            file states all of them.
        periodic: per axis (z, y, x), of a section (y, x), whether it wraps; default: as the file states, else open.
        dataset: name of the array, if a file holds several (NPZ, HDF5, VTI, VTK, zarr, Amira, MATLAB).
        pattern: folders of slices only: names of the slices, with ``*`` where the number stands, such as
            ``scan_*_seg.png``; default: the number ends the name. Other files of the folder are passed over.
        shape: raw files only: (Z, Y, X), voxels.
        dtype: raw files only: ``uint8``, ``<u2``, ``>i4``, ...
        offset: raw files only: bytes before the first voxel.
        refuse_missing: refuse a file that leaves chunks out (zarr, HDF5), which are its fill value otherwise.
        file_format: name of the format, as ``porenet list-plugins --kind format`` shows it; default: by its suffix and
            first bytes.
        override: use the arguments where the file contradicts them; otherwise a contradiction is an error.
        max_voxels: larger volumes are refused before memory is allocated for them.

    Returns:
        Labels ``(Z, Y, X)`` uint8 with their grid; of an array of two axes, in NPY, NPZ or TIFF or a PNG or BMP image,
        those of a section, whose grid has two dimensions. Reading needs the memory of the labels plus a few MB, for
        volumes in Fortran order and files in chunks up to twice the labels.

    Raises:
        InputError: the file or an argument is wrong; the message names the path and a remedy.
    """
    place = Path(path)
    statement = Statement.checked(phases, voxel_um, periodic, override)
    options = Options(dataset, pattern, shape, dtype, offset, max_voxels, refuse_missing)
    choice = guard(place, "", lambda: format_of(place, options, file_format))

    def step() -> Volume:
        stored = described(choice, place, options)
        values, grid = statement.agreed(stored)
        volume = Volume(mapping.labels(stored, values), grid)
        note_unusual_size(volume.shape, grid.edges_um)
        return volume

    return guard(place, choice.title, step)


def open_slabs(
    path: str | os.PathLike[str],
    *,
    phases: Sequence[str] | PhaseValues | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dataset: str | None = None,
    pattern: str | None = None,
    shape: tuple[int, int, int] | None = None,
    dtype: str | None = None,
    offset: int = 0,
    refuse_missing: bool = False,
    override: bool = False,
    file_format: str | None = None,
    again: bool = False,
) -> LabelSlabs:
    """Open one volume to read it by slabs of whole layers; no voxel is read yet, and its size has no limit.

    Arguments are those of `read`; ``again`` says that a file in which z runs fastest may be read once per slab, which
    is refused otherwise.

    Returns:
        Labels ``(z1 - z0, Y, X)`` uint8 for any run of layers. Formats that can be entered in the middle are read so;
        the others only from the first layer on.

    Raises:
        InputError: the file or an argument is wrong, or z runs fastest in it.
    """
    place = Path(path)
    statement = Statement.checked(phases, voxel_um, periodic, override)
    options = Options(dataset, pattern, shape, dtype, offset, UNLIMITED, refuse_missing)
    choice = guard(place, "", lambda: format_of(place, options, file_format))

    def step() -> LabelSlabs:
        stored = described(choice, place, options)
        values, grid = statement.agreed(stored)
        if grid.dims == 2:
            raise InputError("is a section, which has no layers to be read by", fix="Read it as a whole.")
        note_unusual_size(stored.volume_shape, grid.edges_um)
        return label_slabs(place, choice.title, stored, values, grid, again=again)

    return guard(place, choice.title, step)


def grid_of_volume(
    path: str | os.PathLike[str],
    *,
    phases: Sequence[str] | PhaseValues | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dataset: str | None = None,
    pattern: str | None = None,
    shape: tuple[int, int, int] | None = None,
    dtype: str | None = None,
    offset: int = 0,
    refuse_missing: bool = False,
    override: bool = False,
    file_format: str | None = None,
) -> Grid:
    """The grid that `read` would give a volume; no voxel is read, but where a message counts values without a phase.

    Arguments are those of `read`.

    Raises:
        InputError: the file or an argument is wrong.
    """
    place = Path(path)
    statement = Statement.checked(phases, voxel_um, periodic, override)
    options = Options(dataset, pattern, shape, dtype, offset, UNLIMITED, refuse_missing)
    choice = guard(place, "", lambda: format_of(place, options, file_format))
    return guard(place, choice.title, lambda: statement.agreed(described(choice, place, options))[1])


def stated_values(
    path: str | os.PathLike[str],
    *,
    dataset: str | None = None,
    pattern: str | None = None,
    shape: tuple[int, int, int] | None = None,
    dtype: str | None = None,
    offset: int = 0,
    refuse_missing: bool = False,
    file_format: str | None = None,
) -> dict[str, tuple[int, ...]] | None:
    """The values that a file itself states for its phases, in label order; None if it states none.

    Arguments are those of `read`.

    Raises:
        InputError: the file or an argument is wrong.
    """
    place = Path(path)
    options = Options(dataset, pattern, shape, dtype, offset, UNLIMITED, refuse_missing)
    choice = guard(place, "", lambda: format_of(place, options, file_format))
    return guard(place, choice.title, lambda: own_values(described(choice, place, options)))


def shape_of(
    path: str | os.PathLike[str],
    *,
    dataset: str | None = None,
    pattern: str | None = None,
    shape: tuple[int, int, int] | None = None,
    dtype: str | None = None,
    offset: int = 0,
    refuse_missing: bool = False,
    override: bool = False,  # noqa: ARG001 - so that it takes the options of `read`
    file_format: str | None = None,
) -> tuple[int, ...]:
    """The shape of a volume (Z, Y, X) or a section (Y, X) in a file, voxels, as its header states it; no voxel is read.

    Arguments are those of `read`.

    Raises:
        InputError: the file or an argument is wrong.
    """
    place = Path(path)
    options = Options(dataset, pattern, shape, dtype, offset, UNLIMITED, refuse_missing)
    choice = guard(place, "", lambda: format_of(place, options, file_format))
    return guard(place, choice.title, lambda: described(choice, place, options).shape)


def described(choice: InstalledFormat, path: Path, options: Options) -> StoredArray:
    """The volume of labels in a file, as its header describes it.

    Args:
        choice: format of the file.
        path: a file or folder.
        options: what the caller states about it.

    Raises:
        InputError: it holds no volume of labels.
        PluginError: the format does not keep to its contract.
    """
    stored = checked_array(choice.reader.header(path, options), choice.component.full_name)
    check(stored, options.max_voxels, choice.component.spec.dims)
    return stored
