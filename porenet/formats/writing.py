"""Write a volume to a file or folder, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from porenet.errors import InputError
from porenet.formats.drafts import draft_of
from porenet.formats.phases import check_mapping
from porenet.interface import Volume

if TYPE_CHECKING:
    from numpy.typing import NDArray


def write(volume: Volume, path: str | os.PathLike[str], *, values: Mapping[str, int] | None = None) -> None:
    """Write one volume: ``.npz``, ``.tif``, ``.vti``, ``.mha``, ``.zarr``, or without a suffix a folder of BMP slices.

    NPZ, MetaImage (``.mha``) and OME-Zarr store voxels and grid and are read back without arguments; TIFF and VTI store
    the voxel size, BMP slices only the voxels. An existing file is replaced once the new one is complete; an existing
    folder is an error.

    Args:
        volume: volume to write.
        path: file or folder to write; the folder above it must exist.
        values: value in the file of each phase, 0 to 255; default: its label. GAN-PH writes
            ``{"Ni": 255, "YSZ": 127, "pore": 0}``.

    Raises:
        InputError: no such format, a phase without a value, or the path cannot be written.
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
    if suffix == ".npz" and values is not None:
        raise InputError("NPZ holds labels and the names of their phases", where=where, fix="Leave values out.")
    table = _table(volume, values)
    if suffix == "":
        from porenet.formats.slices import write_bmp

        _replace_folder(place, lambda folder: write_bmp(volume, folder, table))
    elif suffix == ".zarr":
        from porenet.formats.ome_zarr_writer import write_store

        _replace_folder(place, lambda folder: write_store(volume, folder, table))
    elif suffix == ".npz":
        from porenet.formats.numpy_files import write_npz

        _replace_file(place, lambda file: write_npz(volume, file))
    elif suffix == ".vti":
        from porenet.formats.vti import write_vti

        _replace_file(place, lambda file: write_vti(volume, file, table))
    elif suffix == ".mha":
        from porenet.formats.metaimage_grid import write_mha

        _replace_file(place, lambda file: write_mha(volume, file, table))
    else:
        from porenet.formats.tiff import write_tiff

        _replace_file(place, lambda file: write_tiff(volume, file, table))


def _table(volume: Volume, values: Mapping[str, int] | None) -> NDArray[np.uint8]:
    table = np.arange(256, dtype=np.uint8)
    if values is None:
        return table
    mapping = check_mapping(values, where="values")
    phases = volume.grid.phases
    if set(mapping) != set(phases):
        raise InputError(
            f"values for {', '.join(mapping)}, but the phases are {', '.join(phases)}",
            where="values",
            fix="Give each phase one value.",
        )
    for label, phase in enumerate(phases):
        if not 0 <= mapping[phase] <= 255:
            raise InputError(f"{phase!r} = {mapping[phase]} is not in 0 to 255", where="values")
        table[label] = mapping[phase]
    return table


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
