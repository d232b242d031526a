"""Write a volume to a file or folder, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from porenet.errors import InputError, PluginError, PorenetError
from porenet.formats.drafts import draft_of
from porenet.formats.installed_formats import InstalledFormat, InstalledFormats
from porenet.formats.interface import check_mapping
from porenet.interface import Volume

if TYPE_CHECKING:
    from numpy.typing import NDArray


def write(volume: Volume, path: str | os.PathLike[str], *, values: Mapping[str, int] | None = None) -> None:
    """Write one volume in the format of its suffix, or without a suffix as a folder of BMP slices.

    porenet's own formats write ``.npz``, ``.tif``, ``.vti``, ``.mha`` and ``.zarr``. NPZ, MetaImage and OME-Zarr store
    voxels and grid and are read back without arguments; TIFF and VTI store the voxel size, BMP slices only the voxels.
    An existing file is replaced once the new one is complete; an existing folder is an error.

    Args:
        volume: volume to write.
        path: file or folder to write; the folder above it must exist.
        values: value in the file of each phase, 0 to 255; default: its label. GAN-PH writes
            ``{"Ni": 255, "YSZ": 127, "pore": 0}``.

    Raises:
        InputError: no such format, a phase without a value, or the path cannot be written.
        PluginError: another distribution's format fails.
    """
    place = Path(path)
    choice = format_to_write(place)
    table = _table(volume, values)
    if place.exists() and (place.is_dir() or choice.storage.marks or choice.storage.slices):
        raise InputError(
            "already exists", where=str(place), fix="Remove it first; two volumes must not mix in one folder."
        )
    writer = choice.writer
    with draft_of(place) as draft:
        try:
            writer.write(volume, draft, table)
        except InputError as error:
            raise InputError(error.what, where=error.where or str(place), fix=error.fix) from error
        except (PorenetError, OSError, MemoryError):
            raise
        except Exception as error:
            raise PluginError(
                f"cannot write {place.name!r}: {type(error).__name__}: {error}",
                where=f"format {choice.component.full_name}",
            ) from error


def format_to_write(path: Path) -> InstalledFormat:
    """The format that a path is written in.

    Args:
        path: file or folder, which need not exist; without a suffix a folder of slices.

    Raises:
        InputError: no format writes that suffix.
    """
    formats = InstalledFormats.now()
    suffix = formats.suffix_of(path.name)
    fitting = [entry for entry in formats if suffix in entry.storage.writes]
    if not fitting:
        known = ", ".join(dict.fromkeys(written for entry in formats for written in entry.storage.writes if written))
        raise InputError(
            f"no format is written with the suffix {path.suffix!r}",
            where=str(path),
            fix=f"Write {known}, or a folder of .bmp slices (no suffix).",
        )
    return fitting[0]


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
