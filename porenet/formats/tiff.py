"""TIFF: one page per slice, plain or compressed without loss; voxel size from ImageJ or OME.

Read page by page with tifffile, never through its ``series`` or functions that use them: those open other files that an
OME header may name. Values are the stored ones, without colour table or MinIsWhite.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from porenet.errors import InputError
from porenet.formats.families import library
from porenet.formats.images import Slice, grey
from porenet.formats.stored import DEFLATE_RATIO, Options, StoredArray, flat_blocks
from porenet.formats.tiff_pages import page_offsets
from porenet.formats.tiff_voxel import is_one_slice, planes_of_other_axes, stated_pages, stated_voxel
from porenet.interface import Volume

if TYPE_CHECKING:
    from numpy.typing import NDArray

# tifffile logs faults of a file; users get one error from here instead of lines on stderr.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_LOSSLESS = {1: 1.0, 5: 4096 / 1.5, 8: DEFLATE_RATIO, 32946: DEFLATE_RATIO, 32773: 64.0, 50000: 32768.0}
"""Compression tag -> largest expansion: none, LZW, deflate (two tags), PackBits, Zstandard."""


def look(path: Path, options: Options) -> StoredArray:
    """Describe the pages of a TIFF file as a volume, one page per z."""
    options.refuse_dataset()
    with _open(path) as (tif, file):
        count = len(page_offsets(file))
        first = _slice(tif.pages[0])
        contiguous = _one_header(tif, count)
        shape = (contiguous or count, *first.shape)
        _refuse_other_axes(tif, shape[0])
        voxel = stated_voxel(tif)
        flat = shape[0] == 1 and not is_one_slice(tif)
        size = file.seek(0, 2)

    def blocks() -> Iterator[NDArray[Any]]:
        with _open(path) as (tif, file):
            if contiguous:
                page = tif.pages[0]
                file.seek(page.dataoffsets[0])
                dtype = np.dtype(page.dtype).newbyteorder(tif.byteorder)
                yield from flat_blocks(file.read, dtype, math.prod(shape))
                return
            for z in range(count):
                page = tif.pages[z]
                header = _slice(page)
                if (header.shape, header.dtype) != (first.shape, first.dtype):
                    raise InputError(
                        f"page {z} is {header.shape[0]}x{header.shape[1]} {header.dtype}, "
                        f"but page 0 is {first.shape[0]}x{first.shape[1]} {first.dtype}",
                        fix="All pages of a volume have one size and one type; remove previews.",
                    )
                yield _pixels(page, size).reshape(-1)

    return StoredArray(first.shape if flat else shape, first.dtype, size, first.expansion, blocks, voxel)


def look_slice(path: Path) -> Slice:
    """Size and type of a TIFF file with one page."""
    with _open(path) as (tif, file):
        if len(page_offsets(file)) > 1:
            raise InputError("a slice has several pages", fix="Name the file itself if it is a volume.")
        return _slice(tif.pages[0])


def read_slice(path: Path) -> NDArray[Any]:
    """Values of a TIFF file with one page, (Y, X)."""
    with _open(path) as (tif, file):
        return _pixels(tif.pages[0], file.seek(0, 2))


def is_slice(path: Path) -> bool:
    """Whether a TIFF file holds one 2-D page, so that it is a slice and not a volume.

    False for a file that cannot be read: reading it as a volume gives the error.
    """
    try:
        with path.open("rb") as file:
            if len(page_offsets(file)) > 1:
                return False
        return len(look(path, Options()).shape) == 2
    except Exception:
        return False


def write_tiff(volume: Volume, file: BinaryIO, values: NDArray[np.uint8]) -> None:
    """Write deflated pages that ImageJ and Fiji open with the right voxel size.

    Args:
        volume: volume to write.
        file: a file open for writing.
        values: (256,) grey value of each label.
    """
    tifffile = library("tifffile", extra="tiff", title="TIFF")
    z, y, x = volume.grid.voxel_um
    count = len(volume.labels)
    description: str | None = f"ImageJ=1.11a\nimages={count}\nslices={count}\nunit=um\nspacing={z!r}\nloop=false\n"
    with tifffile.TiffWriter(file, bigtiff=volume.labels.size >= 1 << 32) as tif:
        # Page by page: as one array, a volume one voxel wide would become a single page.
        for labels in volume.labels:
            tif.write(
                values[labels],
                photometric="minisblack",
                resolution=(1 / x, 1 / y),
                description=description,
                metadata=None,
                compression="zlib",
            )
            description = None


@contextmanager
def _open(path: Path) -> Iterator[tuple[Any, BinaryIO]]:
    tifffile = library("tifffile", extra="tiff", title="TIFF")
    with path.open("rb") as file, tifffile.TiffFile(file, name="volume.tif") as tif:
        yield tif, file


def _slice(page: Any) -> Slice:
    if page.compression not in _LOSSLESS:
        name = getattr(page.compression, "name", page.compression)
        raise InputError(
            f"its pages are compressed as {name}",
            fix="Save it without compression, or as LZW or deflate; JPEG and other lossy methods change labels.",
        )
    if page.compression != 1 or page.predictor != 1:
        library("imagecodecs", extra="tiff", title="compressed TIFF")
    if page.dtype is None or 0 in page.shaped:
        raise InputError("it has a page without pixels", fix="It is damaged; write it again.")
    separate, depth, y, x, samples = page.shaped
    if separate != 1 or depth != 1:
        raise InputError(
            f"its pages have {separate} planes and depth {depth}, not one", fix="Save one grey image per page."
        )
    bits = page.bitspersample
    dtype = np.dtype(np.uint8) if page.dtype.kind == "b" else page.dtype.newbyteorder("=")
    unpacked = 8 * dtype.itemsize / bits if isinstance(bits, int) and bits > 0 else 1
    if samples > 1 and dtype.kind not in "iu":
        raise InputError("is a colour image, not one of grey values", fix="Save one 8-bit grey value per phase.")
    return Slice((int(y), int(x)), dtype, _LOSSLESS[page.compression] * unpacked)


def _pixels(page: Any, file_size: int) -> NDArray[Any]:
    """Values of one page; an error where tifffile would silently fill missing pixels or leave them unset."""
    expected = math.prod(page.chunked)
    whole = len(page.dataoffsets) == len(page.databytecounts) == expected and all(
        count > 0 and offset > 0 and offset + count <= file_size
        for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)
    )
    if not whole:
        raise InputError(
            f"page {page.index} lacks some of its pixels", fix="It is truncated or damaged; copy it again."
        )
    if math.prod(page.chunks) > 4 * math.prod(page.shaped) + (1 << 20):
        raise InputError(f"page {page.index} has tiles larger than the page", fix="It is damaged; write it again.")
    values = page.asarray(maxworkers=1, squeeze=False)[0, 0]
    if values.dtype.kind == "b":
        values = values.astype(np.uint8)
    return np.ascontiguousarray(grey(values) if values.shape[2] > 1 else values[..., 0])


def _one_header(tif: Any, count: int) -> int:
    """Slices of an ImageJ file above 4 GB, which has one page header for all of them; else 0."""
    stated = stated_pages(tif)
    page = tif.pages[0]
    plain = page.compression == 1 and page.samplesperpixel == 1 and page.bitspersample % 8 == 0
    if stated is None or stated == count:
        return 0
    if count == 1 and plain and page.is_contiguous:
        return stated
    raise InputError(
        f"its description promises {stated} slices, but it holds {count} pages",
        fix="It is truncated or damaged; copy it again.",
    )


def _refuse_other_axes(tif: Any, pages: int) -> None:
    others = planes_of_other_axes(tif, pages)
    if others:
        raise InputError(
            f"is a stack over {others}, not only over z",
            fix="Save one volume: one channel, one time, slices along z.",
        )
