"""Write a volume to a file or folder, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from porenet.errors import InputError
from porenet.formats.drafts import draft_of
from porenet.formats.written_values import StatesValues, written_values
from porenet.interface import Volume

if TYPE_CHECKING:
    from porenet.interface.phase_values import PhaseValues


def write(
    volume: Volume,
    path: str | os.PathLike[str],
    *,
    values: PhaseValues | None = None,
    grid: StatesValues | str | os.PathLike[str] | None = None,
) -> None:
    """Write one volume: ``.npz``, ``.tif``, ``.vti``, ``.mha``, ``.zarr``, or without a suffix a folder of BMP slices.

    Each of them stores voxels, phases with their values, voxel size and boundaries, and is read back without arguments.
    An existing file is replaced once the new one is complete; an existing folder is an error.

    Args:
        volume: volume to write.
        path: file or folder to write; the folder above it must exist.
        values: value in the file of each phase, 0 to 255; default: its label. GAN-PH writes
            ``{"Ni": 255, "YSZ": 127, "pore": 0}``. Of several values of a phase, the first is written.
        grid: instead of ``values``: a grid file, or its path, whose values are written; its phases, voxel edges and
            boundaries must be those of the volume.

    Raises:
        InputError: no such format, a phase without a value, a grid file of another grid, or the path cannot be written.
    """
    place = Path(path)
    suffix = place.suffix.lower()
    where = str(place)
    if suffix not in (".npz", ".tif", ".tiff", ".vti", ".mha", ".zarr", ""):
        raise InputError(
            f"no format is written with the suffix {place.suffix!r}",
            where=where,
            fix="Write .npz, .tif, .vti, .mha, .zarr, or a folder of .bmp slices (no suffix).",
        )
    table = written_values(volume, values, grid)
    if suffix == "":
        from porenet.formats.slices import write_bmp

        _replace_folder(place, lambda folder: write_bmp(volume, folder, table))
    elif suffix == ".zarr":
        from porenet.formats.ome_zarr_writer import write_store

        _replace_folder(place, lambda folder: write_store(volume, folder, table))
    elif suffix == ".npz":
        from porenet.formats.numpy_files import write_npz

        _replace_file(place, lambda file: write_npz(volume, file, table))
    elif suffix == ".vti":
        from porenet.formats.vti import write_vti

        _replace_file(place, lambda file: write_vti(volume, file, table))
    elif suffix == ".mha":
        from porenet.formats.metaimage_grid import write_mha

        _replace_file(place, lambda file: write_mha(volume, file, table))
    else:
        from porenet.formats.tiff import write_tiff

        _replace_file(place, lambda file: write_tiff(volume, file, table))


def _replace_file(place: Path, step: Callable[[BinaryIO], None]) -> None:
    with draft_of(place) as draft, draft.open("wb") as file:
        step(file)


def _replace_folder(place: Path, step: Callable[[Path], None]) -> None:
    if place.exists():
        raise InputError(
            "already exists", where=str(place), fix="Remove it first; two volumes must not mix in one folder."
        )
    with draft_of(place) as draft:
        draft.mkdir()
        step(draft)
