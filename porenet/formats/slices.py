"""Folders of numbered slices (PNG, BMP or TIFF); the lowest number is z = 0."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats import images, tiff
from porenet.formats.families import library
from porenet.formats.grid_toml import FILE, grid_of_folder, grid_text, shape_text
from porenet.formats.images import Slice
from porenet.formats.palettes import BLACK_AND_WHITE, SharedPalette, read_as_indices
from porenet.formats.records import with_record
from porenet.formats.slice_names import slices_of
from porenet.formats.stored import Options, StoredArray
from porenet.interface import Volume

if TYPE_CHECKING:
    from numpy.typing import NDArray


def look(path: Path, options: Options) -> StoredArray:
    """Describe the stack in a folder; every slice must match the first one in shape, type and meaning of its values."""
    options.refuse_dataset()
    files = slices_of(path, options.pattern)
    is_tiff = files[0].suffix.lower() in (".tif", ".tiff")
    look_at = tiff.look_slice if is_tiff else images.look_image
    first = _with_name(files[0], look_at)
    packed_bytes = sum(file.stat().st_size for file in files)

    def blocks() -> Iterator[NDArray[Any]]:
        headers = _headers(files, look_at)
        palettes = [header.palette for header in headers]
        as_indices = read_as_indices(palettes, [file.name for file in files], of_greys_too=is_tiff)
        shared = SharedPalette()
        for file, palette in zip(files, palettes, strict=True):
            if is_tiff:
                values = _with_name(file, tiff.read_slice)
            else:
                values = _with_name(file, lambda place: images.read_image(place, as_indices=as_indices))
            if as_indices and palette is not None:
                shared.check(values, palette, file.name)
            yield np.ascontiguousarray(values).reshape(-1)

    stored = StoredArray((len(files), *first.shape), first.dtype, packed_bytes, first.expansion, blocks)
    return with_record(stored, grid_of_folder(path))


def write_bmp(volume: Volume, draft: Path, values: NDArray[np.uint8]) -> None:
    """Write slices ``slice_0000.bmp`` and so on, 8-bit grey, index = z, as GAN-PH names them; and their ``grid.toml``.

    Args:
        volume: volume to write.
        draft: an empty folder.
        values: (256,) grey value of each label.
    """
    pillow = library("PIL.Image", extra="images", title="a BMP stack")
    digits = max(4, len(str(len(volume.labels) - 1)))
    for z, labels in enumerate(volume.labels):
        pillow.fromarray(values[labels]).save(draft / f"slice_{z:0{digits}}.bmp", format="BMP")
    by_phase = dict(zip(volume.grid.phases, values.tolist(), strict=False))
    text = grid_text(volume.grid, by_phase, "Grid of the slices in this folder.") + shape_text(volume.labels.shape)
    (draft / FILE).write_bytes(text.encode())


def _with_name(path: Path, step: Callable[[Path], Any]) -> Any:
    try:
        return step(path)
    except InputError as error:
        raise InputError(error.what, where=error.where or str(path), fix=error.fix) from error
    except Exception as error:  # Pillow and tifffile raise exceptions of many types on damaged files
        raise InputError(
            f"cannot be read as a slice: {error or type(error).__name__}",
            where=str(path),
            fix="It is truncated or damaged; copy it again.",
        ) from error


def _headers(files: Sequence[Path], look_at: Callable[[Path], Slice]) -> list[Slice]:
    """Headers of all slices, which agree; equal palettes are one object."""
    headers: list[Slice] = []
    palettes: dict[bytes, NDArray[Any]] = {}
    for file in files:
        header = _with_name(file, look_at)
        if header.palette is not None and header.palette is not BLACK_AND_WHITE:
            header = replace(header, palette=palettes.setdefault(header.palette.tobytes(), header.palette))
        headers.append(header)
        if header.words != headers[0].words:
            raise InputError(
                f"{file.name!r} is {header.words}, but {files[0].name!r} is {headers[0].words}",
                fix="All slices of a stack have one size and one type.",
            )
    return headers
