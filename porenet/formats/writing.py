"""Write a volume to a file or folder, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from porenet.errors import InputError, PluginError, PorenetError
from porenet.formats.contract import check_written
from porenet.formats.drafts import draft_of
from porenet.formats.installed_formats import InstalledFormat, InstalledFormats
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
    """Write one volume in the format of its suffix, or without a suffix as a folder of BMP slices.

    porenet's own formats write ``.npz``, ``.tif``, ``.vti``, ``.mha`` and ``.zarr``. Each of them stores voxels, phases
    with their values, voxel size and boundaries, and is read back without arguments. An existing file is replaced once
    the new one is complete; an existing folder is an error.

    Args:
        volume: volume to write.
        path: file or folder to write; the folder above it must exist.
        values: value in the file of each phase, 0 to 255; default: its label. GAN-PH writes
            ``{"Ni": 255, "YSZ": 127, "pore": 0}``. Of several values of a phase, the first is written.
        grid: instead of ``values``: a grid file, or its path, whose values are written; its phases, voxel edges and
            boundaries must be those of the volume.

    Raises:
        InputError: no such format, or one that holds no sections, a phase without a value, a grid file of another grid,
            or the path cannot be written.
        PluginError: another distribution's format fails.
    """
    place = Path(path)
    choice = format_to_write(place)
    if volume.grid.dims not in choice.component.spec.dims:
        known = [entry for entry in InstalledFormats.now() if volume.grid.dims in entry.component.spec.dims]
        raise InputError(
            f"{choice.title} holds no {'sections' if volume.grid.dims == 2 else 'volumes'}",
            where=str(place),
            fix=f"Write {', '.join(suffix for entry in known for suffix in entry.storage.writes)}.",
        )
    table = written_values(volume, values, grid)
    name, of_folders = choice.component.full_name, bool(choice.storage.marks or choice.storage.slices)
    if place.exists() and not (place.is_file() or place.is_dir()):
        raise InputError("is a pipe or a device", where=str(place), fix="Write to another place.")
    if place.exists() and (place.is_dir() or of_folders):
        raise InputError(
            "already exists", where=str(place), fix="Remove it first; two volumes must not mix in one folder."
        )
    writer = choice.writer
    with draft_of(place) as draft:
        try:
            writer.write(volume, draft, table)
            check_written(draft, name, of_folders=of_folders)
        except InputError as error:
            raise InputError(error.what, where=error.where or str(place), fix=error.fix) from error
        except (PorenetError, OSError, MemoryError):
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"cannot write {place.name!r}: {type(error).__name__}: {error}", where=f"format {name}"
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
    if path.name in formats.suffixes:
        raise InputError("has a suffix and no name", where=str(path), fix=f"Write such as volume{path.name}.")
    fitting = [entry for entry in formats if suffix in entry.storage.writes]
    if not fitting:
        known = ", ".join(dict.fromkeys(written for entry in formats for written in entry.storage.writes if written))
        raise InputError(
            f"no format is written with the suffix {suffix!r}",
            where=str(path),
            fix=f"Write {known}, or a folder of .bmp slices (no suffix).",
        )
    return fitting[0]
