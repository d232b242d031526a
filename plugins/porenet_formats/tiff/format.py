"""TIFF: one page per slice, plain or compressed without loss; voxel size from ImageJ or OME.

Read page by page with tifffile, never through its ``series`` or functions that use them: those open other files that an
OME header may name. Values are the stored ones, without colour table or MinIsWhite; turned pages are refused.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import (
    Options,
    Record,
    Slabs,
    StoredArray,
    WrittenLayers,
    flat_blocks,
    library,
    parsed_record,
    plain_slabs,
    with_noted_record,
)
from porenet.interface import Volume
from porenet_formats.images.images import Slice
from porenet_formats.images.palettes import SharedPalette, read_as_indices
from porenet_formats.tiff.axes import described_shape, is_one_slice, ome_pixels, planes_of_other_axes, stated_pages
from porenet_formats.tiff.pages import slice_pages
from porenet_formats.tiff.slice import grey_of, planes_of, slice_of
from porenet_formats.tiff.voxel import stated_voxel, unit_note
from porenet_formats.tiff.writer import RECORD, write_tiff

if TYPE_CHECKING:
    from numpy.typing import NDArray

# tifffile logs faults of a file; users get one error from here instead of lines on stderr.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the slices of a file are.

    Attributes:
        pages: numbers of the pages that are slices.
        first: header of the first of them.
        depth: slices of a single page that holds all of them as planes; else 0.
        contiguous: slices behind a single page header, as ImageJ writes files above 4 GB; else 0.
    """

    pages: list[int]
    first: Slice
    depth: int
    contiguous: int

    @property
    def shape(self) -> tuple[int, int, int]:
        return (self.depth or self.contiguous or len(self.pages), *self.first.shape)


class Tiff:
    """TIFF with one page per slice."""

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe the pages of a TIFF file as a volume, one page per z."""
        options.refuse_dataset()
        with _open(path) as (tif, file):
            layout = _layout(tif, file)
            page = tif.pages[layout.pages[0]]
            if described_shape(tif) == page.shape and page.shaped[-1] > 1 and not layout.depth:
                raise InputError(
                    f"its page is a colour image or a volume of {'x'.join(map(str, page.shape))}; "
                    "it does not say which",
                    fix="Write a volume as greys: photometric='minisblack'.",
                )
            _refuse_other_axes(tif, layout)
            voxel, note, record = stated_voxel(tif), unit_note(tif), _record(tif)
            flat = _is_flat(tif, layout)
            place, dtype = page.dataoffsets[0], np.dtype(page.dtype).newbyteorder(tif.byteorder)
            size = file.seek(0, 2)

        def blocks() -> Iterator[NDArray[Any]]:
            with _open(path) as (tif, file):
                page = tif.pages[layout.pages[0]]
                if layout.contiguous:
                    file.seek(page.dataoffsets[0])
                    dtype = np.dtype(page.dtype).newbyteorder(tif.byteorder)
                    yield from flat_blocks(file.read, dtype, math.prod(layout.shape))
                elif layout.depth:
                    yield planes_of(page, file).reshape(-1)
                else:
                    for values in _pages(tif, layout, file, SharedPalette(), layout.pages):
                        yield values.reshape(-1)

        shape = layout.first.shape if flat else layout.shape
        slabs = None if flat else _slabs(path, layout, place, dtype)
        expansion = layout.first.expansion
        stored = StoredArray(shape, layout.first.dtype, size, expansion, blocks, voxel, note, slabs=slabs)
        return with_noted_record(stored, record)

    def write(self, volume: Volume, path: Path, values: NDArray[np.uint8]) -> None:
        """Write deflated pages that ImageJ and Fiji open with the right voxel size."""
        self.write_layers(WrittenLayers.of(volume), path, values)

    def write_layers(self, layers: WrittenLayers, path: Path, values: NDArray[np.uint8]) -> None:
        """The same of a volume that is not in memory."""
        with path.open("wb") as file:
            write_tiff(layers, file, values)


def look_slice(path: Path) -> Slice:
    """Size, type and palette of a TIFF file with one page."""
    with _open(path) as (tif, file):
        return slice_of(_only_page(tif, file))


def read_slice(path: Path) -> NDArray[Any]:
    """Values of a TIFF file with one page, (Y, X)."""
    with _open(path) as (tif, file):
        return grey_of(_only_page(tif, file), file)


def is_slice(path: Path) -> bool:
    """Whether a TIFF file holds one 2-D page, so that it is a slice and not a volume.

    False for a file that cannot be read: reading it as a volume gives the error.
    """
    try:
        with _open(path) as (tif, file):
            if ome_pixels(tif):  # its header may describe the planes of many files
                return len(slice_pages(file)) == 1
            return _is_flat(tif, _layout(tif, file))
    except Exception:
        return False


def record_of_file(path: Path) -> Record | None:
    """The record that porenet left in a TIFF file; None without one.

    Raises:
        InputError: it is damaged.
    """
    with _open(path) as (tif, _):
        text = _record(tif)
    return None if text is None else parsed_record(text)


@contextmanager
def _open(path: Path) -> Iterator[tuple[Any, BinaryIO]]:
    tifffile = library("tifffile", extra="tiff", title="TIFF")
    with path.open("rb") as file, tifffile.TiffFile(file, name="volume.tif") as tif:
        yield tif, file


def _record(tif: Any) -> str | None:
    """The record of phases in the description; None without one."""
    if tif.imagej_metadata is None:
        return None
    lines = tif.pages[0].description.splitlines()
    return next((line.removeprefix(RECORD) for line in lines if line.startswith(RECORD)), None)


def _only_page(tif: Any, file: BinaryIO) -> Any:
    pages = slice_pages(file)
    if len(pages) > 1:
        raise InputError("a slice has several pages", fix="Name the file itself if it is a volume.")
    return tif.pages[pages[0]]


def _layout(tif: Any, file: BinaryIO) -> _Layout:
    pages = slice_pages(file)
    page = tif.pages[pages[0]]
    first = slice_of(page)
    planes, depth = page.shaped[:2]
    if len(pages) == 1 and depth > 1:
        return _Layout(pages, first, depth, 0)
    # A file of tifffile may hold its slices as planes of one page, which it calls colours where there are 3 or 4.
    if len(pages) == 1 and described_shape(tif) == page.shape:
        if planes > 1:
            return _Layout(pages, first, planes, 0)
        if page.photometric in (0, 1) and page.samplesperpixel > 1:
            return _Layout(pages, replace(first, shape=page.shape[1:]), page.shape[0], 0)
    return _Layout(pages, first, 0, _one_header(tif, page, len(pages), file.seek(0, 2)))


def _is_flat(tif: Any, layout: _Layout) -> bool:
    return layout.shape[0] == 1 and not is_one_slice(tif)


def _slabs(path: Path, layout: _Layout, place: int, dtype: np.dtype[Any]) -> Slabs | None:
    """Slabs of pages, or of slices that stand behind one page header; planes of one page are decoded together."""
    if layout.contiguous:
        return plain_slabs(path, place, layout.shape, dtype)
    if layout.depth:
        return None
    shared = SharedPalette()

    def read(z0: int, z1: int) -> NDArray[Any]:
        with _open(path) as (tif, file):
            return np.stack(list(_pages(tif, layout, file, shared, layout.pages[z0:z1])))

    return Slabs(layout.shape, 1, read)


def _pages(
    tif: Any, layout: _Layout, file: BinaryIO, shared: SharedPalette, numbers: Iterable[int]
) -> Iterator[NDArray[Any]]:
    """Values of each page, ``(Y, X)``; pages must be alike and mean the same colours."""
    for number in numbers:
        page = tif.pages[number]
        header, name = slice_of(page), f"page {number}"
        if header.words != layout.first.words:
            raise InputError(
                f"{name} is {header.words}, but page {layout.pages[0]} is {layout.first.words}",
                fix="All pages of a volume have one size and one type; remove previews.",
            )
        read_as_indices([layout.first.palette, header.palette], [f"page {layout.pages[0]}", name], of_greys_too=True)
        values = grey_of(page, file)
        if header.palette is not None:
            shared.check(values, header.palette, name)
        yield values


def _one_header(tif: Any, page: Any, count: int, file_size: int) -> int:
    """Slices of an ImageJ file above 4 GB, which has one page header for all of them; else 0."""
    stated = stated_pages(tif, page)
    plain = page.compression == page.fillorder == page.samplesperpixel == 1 and page.bitspersample % 8 == 0
    if stated is None or stated == count:
        return 0
    if count == 1 and plain and page.is_contiguous and not ome_pixels(tif):
        end = page.dataoffsets[0] + stated * page.nbytes
        if end == file_size:  # otherwise the chain of pages is broken
            return stated
    raise InputError(
        f"its description promises {stated} slices, but it holds {count} pages",
        fix="It is truncated or damaged; copy it again.",
    )


def _refuse_other_axes(tif: Any, layout: _Layout) -> None:
    others = planes_of_other_axes(tif, layout.shape[0])
    if others:
        raise InputError(
            f"is a stack over {others}, not only over z",
            fix="Save one volume: one channel, one time, slices along z.",
        )
