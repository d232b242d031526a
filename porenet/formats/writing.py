"""Write a volume to a file or folder, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from porenet.errors import InputError, PluginError, PorenetError, argument
from porenet.formats.contract import check_written
from porenet.formats.drafts import draft_of, remove_abandoned
from porenet.formats.installed_formats import InstalledFormat, InstalledFormats
from porenet.formats.interface import WrittenLayers
from porenet.formats.interface.written_layers import USUAL_LAYERS
from porenet.formats.written_values import StatesValues, written_values
from porenet.interface import Grid, Volume

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from porenet.interface.phase_values import PhaseValues


class Layered(Protocol):
    """A volume whose layers can be read in their order: `LabelSlabs` is one."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(Z, Y, X), voxels."""
        ...

    @property
    def grid(self) -> Grid:
        """Phases, voxel edges (um) and boundaries."""
        ...

    def read(self, z0: int, z1: int) -> NDArray[np.uint8]:
        """Labels of the layers from ``z0`` to before ``z1``."""
        ...


def write(
    volume: Volume,
    path: str | os.PathLike[str],
    *,
    values: PhaseValues | None = None,
    grid: StatesValues | str | os.PathLike[str] | None = None,
) -> None:
    """Write one volume in the format of its suffix, or without a suffix as a folder of BMP slices.

    porenet's own formats write ``.npz``, ``.tif``, ``.vti``, ``.mha`` and ``.zarr``. Each of them stores voxels, phases
    with their values, voxel size and boundaries, and is read back without arguments; ``.npy`` and ``.raw`` hold voxels
    only. An existing file is replaced once the new one is complete; an existing folder is an error.

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
    table = _checked(choice, place, volume, values, grid)
    _write(choice, place, lambda draft: choice.writer.write(volume, draft, table))


def write_layers(
    layers: Layered,
    path: str | os.PathLike[str],
    *,
    values: PhaseValues | None = None,
    grid: StatesValues | str | os.PathLike[str] | None = None,
    most: int = USUAL_LAYERS,
    progress: Callable[[int], object] = lambda _: None,
) -> None:
    """Write a volume that is not in memory, layer by layer, as `write` writes one that is.

    Args:
        layers: what `open_slabs` returns, or anything with ``shape`` (Z, Y, X), ``grid``, and ``read(z0, z1)`` that
            gives the labels of layers.
        path: as for `write`.
        values: as for `write`.
        grid: as for `write`.
        most: layers that are in memory at a time, 1 or more. A zarr store gets chunks of as many layers at most.
        progress: called with the number of layers read so far.

    Raises:
        InputError, PluginError: as `write`; or the format is not written layer by layer.
    """
    place = Path(path)
    choice = format_to_write(place)
    table = _checked(choice, place, layers, values, grid)
    writer = choice.layer_writer
    if writer is None:
        raise InputError(
            f"{choice.title} is not written layer by layer",
            where=str(place),
            fix="Write .zarr, which is read layer by layer too.",
        )

    if most < 1:
        raise InputError(f"1 layer or more was expected, not {most}", where=argument("most", of="write_layers"))

    def read(z0: int, z1: int) -> NDArray[np.uint8]:
        labels = layers.read(z0, z1)
        _check_labels(labels, (z1 - z0, *layers.shape[1:]), len(layers.grid.phases))
        progress(z1)
        return labels

    remove_abandoned(place)  # as large as the volume
    written = WrittenLayers(layers.grid, layers.shape, read, most)
    _write(choice, place, lambda draft: writer.write_layers(written, draft, table))


def _check_labels(labels: NDArray[np.uint8], shape: tuple[int, ...], phases: int) -> None:
    """Check what layers give, which may be anybody's: a label without a phase would be written as a value."""
    kind, most = getattr(labels, "dtype", type(labels).__name__), 0
    if kind != "uint8" or labels.shape != shape or (most := int(labels.max())) >= phases:
        what = f"label {most}" if most else f"{kind} of the shape {getattr(labels, 'shape', None)}"
        raise InputError(f"labels below {phases}, uint8 of the shape {shape}, were expected of read, not {what}")


def _checked(
    choice: InstalledFormat,
    place: Path,
    volume: Volume | Layered,
    values: PhaseValues | None,
    grid: StatesValues | str | os.PathLike[str] | None,
) -> NDArray[np.uint8]:
    """The value in the file of each label, after a look at the place and at what the format holds."""
    if volume.grid.dims not in choice.component.spec.dims:
        known = [entry for entry in InstalledFormats.now() if volume.grid.dims in entry.component.spec.dims]
        raise InputError(
            f"{choice.title} holds no {'sections' if volume.grid.dims == 2 else 'volumes'}",
            where=str(place),
            fix=_suffixes_of(known),
        )
    table = written_values(volume.grid, values, grid)
    of_folders = bool(choice.storage.marks or choice.storage.slices)
    if place.exists() and not (place.is_file() or place.is_dir()):
        raise InputError("is a pipe or a device", where=str(place), fix="Write to another place.")
    if place.exists() and (place.is_dir() or of_folders):
        raise InputError(
            "already exists", where=str(place), fix="Remove it first; two volumes must not mix in one folder."
        )
    return table


def _write(choice: InstalledFormat, place: Path, step: Callable[[Path], None]) -> None:
    """Let a format write a draft, which becomes the file at the end."""
    name, of_folders = choice.component.full_name, bool(choice.storage.marks or choice.storage.slices)
    with draft_of(place) as draft:
        try:
            step(draft)
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
        raise InputError(
            f"no format is written with the suffix {suffix!r}",
            where=str(path),
            fix=_suffixes_of(formats),
        )
    return fitting[0]


def _suffixes_of(formats: Iterable[InstalledFormat]) -> str:
    """What to do: the suffixes that some formats write."""
    suffixes = dict.fromkeys(suffix for entry in formats for suffix in entry.storage.writes)
    folder = ", or a folder of .bmp slices (no suffix)" if "" in suffixes else ""
    return f"Write {', '.join(filter(None, suffixes))}{folder}."
