"""Folders of numbered slices (PNG, BMP or TIFF); the lowest number is z = 0."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import (
    GRID_FILE,
    Options,
    Slabs,
    StoredArray,
    WrittenLayers,
    grid_of_folder,
    grid_text,
    library,
    natural,
    parsed_record,
    shape_text,
    with_record,
)
from porenet.interface import Volume
from porenet_formats.images import images, png
from porenet_formats.images.images import Slice
from porenet_formats.images.palettes import BLACK_AND_WHITE, SharedPalette, read_as_indices
from porenet_formats.single_image.format import KEYWORD as RECORD
from porenet_formats.slices.slice_names import slice_files, slices_of
from porenet_formats.tiff import format as tiff

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Slices:
    """Folders of numbered slices."""

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe the stack in a folder; all slices must have one shape, one type and one meaning of their values."""
        options.refuse_dataset()
        files = slices_of(path, options.pattern)
        if _holds_sections(path, files[0]):
            raise InputError("is a folder of sections, not of slices of a volume", fix="Name its images by themselves.")
        is_tiff = files[0].suffix.lower() in (".tif", ".tiff")
        look_at = tiff.look_slice if is_tiff else images.look_image
        first = _with_name(files[0], look_at)
        packed_bytes = sum(file.stat().st_size for file in files)

        def slices() -> Callable[[int], NDArray[Any]]:
            headers = _headers(files, look_at)
            palettes = [header.palette for header in headers]
            as_indices = read_as_indices(palettes, [file.name for file in files], of_greys_too=is_tiff)
            shared = SharedPalette()

            def values_of(number: int) -> NDArray[Any]:
                file, palette = files[number], palettes[number]
                if is_tiff:
                    values = _with_name(file, tiff.read_slice)
                else:
                    values = _with_name(file, lambda place: images.read_image(place, as_indices=as_indices))
                if as_indices and palette is not None:
                    shared.check(values, palette, file.name)
                return np.ascontiguousarray(values)

            return values_of

        def blocks() -> Iterator[NDArray[Any]]:
            values_of = slices()
            for number in range(len(files)):
                yield values_of(number).reshape(-1)

        opened = functools.cache(slices)  # for slabs, the headers of all slices are read once

        def slab(z0: int, z1: int) -> NDArray[Any]:
            return np.stack([opened()(number) for number in range(z0, z1)])

        shape = (len(files), *first.shape)
        slabs = Slabs(shape, 1, slab)
        stored = StoredArray(shape, first.dtype, packed_bytes, first.expansion, blocks, slabs=slabs)
        return with_record(stored, grid_of_folder(path))

    def files(self, path: Path) -> tuple[Path, ...]:
        """All images of the folder, also those that a pattern passes over, and its grid file."""
        grid_file = path / GRID_FILE
        return (*slice_files(path), *([grid_file] if grid_file.is_file() else []))

    def is_volume(self, folder: Path, names: Sequence[str]) -> bool:
        """Whether images are slices and not sections: PNG and BMP are, TIFF if the first file holds one page.

        Sections are those in a folder whose ``grid.toml`` has two edges, and those that porenet wrote as such.
        """
        first = folder / min(names, key=natural)
        if _holds_sections(folder, first):
            return False
        if any(name.lower().endswith((".png", ".bmp")) for name in names):
            return True
        return tiff.is_slice(first)

    def write(self, volume: Volume, path: Path, values: NDArray[np.uint8]) -> None:
        """Write slices ``slice_0000.bmp`` and so on, 8-bit grey, index = z, as GAN-PH names them."""
        self.write_layers(WrittenLayers.of(volume), path, values)

    def write_layers(self, layers: WrittenLayers, path: Path, values: NDArray[np.uint8]) -> None:
        """The same of a volume that is not in memory."""
        path.mkdir()
        write_bmp(layers, path, values)


def write_bmp(layers: WrittenLayers, draft: Path, values: NDArray[np.uint8]) -> None:
    """Write slices ``slice_0000.bmp`` and so on, 8-bit grey, index = z, as GAN-PH names them; and their ``grid.toml``.

    Args:
        layers: volume to write.
        draft: an empty folder.
        values: (256,) grey value of each label.
    """
    pillow = library("PIL.Image", extra="images", title="a BMP stack")
    digits = max(4, len(str(layers.box[0] - 1)))
    for z, labels in enumerate(layers.layers()):
        pillow.fromarray(values[labels]).save(draft / f"slice_{z:0{digits}}.bmp", format="BMP")
    by_phase = dict(zip(layers.grid.phases, values.tolist(), strict=False))
    text = grid_text(layers.grid, by_phase, "Grid of the slices in this folder.") + shape_text(layers.box)
    (draft / GRID_FILE).write_bytes(text.encode())


def _holds_sections(folder: Path, first: Path) -> bool:
    """Whether the grid of a folder, or the record in the first image, is one of two dimensions.

    False where one cannot be read: reading it gives the error.
    """
    try:
        record = grid_of_folder(folder)
        if record is None and first.suffix.lower() == ".png":
            text = png.text_of(first, RECORD)
            record = None if text is None else parsed_record(text)
        elif record is None and first.suffix.lower() in (".tif", ".tiff"):
            record = tiff.record_of_file(first)
    except Exception:
        return False
    return record is not None and record.dims == 2


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
