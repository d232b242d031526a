"""One page of a TIFF file: its header as a slice, and its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, DEFLATE_RATIO, LOSSY, library
from porenet_formats.images.images import Slice, grey
from porenet_formats.tiff.strips import check_strips

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DEFLATES = (8, 32946)
_FAX = (2, 3, 4)
_LOSSLESS = {1: 1.0, 5: 4096 / 1.5, 32773: 64.0, 34925: 16384.0, 50000: 32768.0, 34926: 32768.0}
_LOSSLESS |= dict.fromkeys(_DEFLATES, float(DEFLATE_RATIO)) | dict.fromkeys(_FAX, 1.0)
"""Compression tag -> largest expansion: none, LZW, PackBits, LZMA, Zstandard (two tags), deflate (two tags), fax."""

_JPEG = (6, 7, 99, 33007, 34892)
_WHITE_IS_ZERO, _PALETTE = 0, 3
_ORIENTATION = 274


def slice_of(page: Any) -> Slice:
    """Header of a page.

    Args:
        page: a page of tifffile.

    Raises:
        InputError: the page is compressed with loss, turned, has no pixels, or has planes that are not colours.
    """
    if page.compression not in _LOSSLESS:
        name = getattr(page.compression, "name", page.compression)
        raise InputError(
            f"its pages are compressed as {name}",
            fix=LOSSY
            if page.compression in _JPEG
            else "Save it without compression, or as LZW, deflate, LZMA or Zstandard, which never lose anything.",
        )
    if page.compression != 1 or page.predictor != 1 or page.fillorder != 1:
        library("imagecodecs", extra="tiff", title="compressed TIFF")
    orientation = page.tags.valueof(_ORIENTATION, 1)
    if orientation != 1:  # libtiff and Pillow turn the page, ImageJ and tifffile do not
        raise InputError(
            f"its pages are turned or mirrored: their orientation is {orientation}, not 1",
            fix="Save the pixels upright, with orientation 1.",
        )
    if page.dtype is None or 0 in page.shaped:
        raise InputError("it has a page without pixels", fix="It is damaged; write it again.")
    planes, depth, y, x, _ = page.shaped
    if depth > 1 and planes > 1:
        raise InputError(f"has pages of depth {depth} with {planes} planes", fix="Save one grey image per page.")
    bits = page.bitspersample
    dtype = np.dtype(np.uint8) if page.dtype.kind == "b" else page.dtype.newbyteorder("=")
    unpacked = 8 * dtype.itemsize / bits if isinstance(bits, int) and bits > 0 else 1
    if page.compression in _FAX:  # one bit can be a whole line
        unpacked *= x
    if page.photometric == _PALETTE and page.colormap is None:
        raise InputError("has indices, but no palette for them", fix=DAMAGED)
    return Slice(
        (int(y), int(x)),
        dtype,
        _LOSSLESS[page.compression] * unpacked,
        np.ascontiguousarray(page.colormap.T) if page.photometric == _PALETTE else None,
        page.photometric == _WHITE_IS_ZERO,
    )


def planes_of(page: Any, file: BinaryIO) -> NDArray[Any]:
    """Values of a page that holds a whole volume: its planes, its depth, or its samples as columns.

    Returns:
        ``(Z, Y, X)``.

    Raises:
        InputError: pixels are missing, which tifffile would silently fill or leave unset.
    """
    values = _pixels(page, file)
    if values.shape[-1] > 1:
        return np.asarray(values[0, 0])
    return values.reshape(-1, *values.shape[2:4])


def grey_of(page: Any, file: BinaryIO) -> NDArray[Any]:
    """Values of a page as one image: (Y, X); colours are accepted if they are greys.

    Raises:
        InputError: as in `planes_of`, or the page is in colour.
    """
    values = _pixels(page, file)
    if page.imagedepth > 1:
        raise InputError(f"is {page.imagedepth} images deep, not one slice", fix="Save one grey image per page.")
    samples = np.moveaxis(values[:, 0], 0, 2).reshape(*values.shape[2:4], -1)
    return grey(samples) if samples.shape[2] > 1 else samples[..., 0]


def _pixels(page: Any, file: BinaryIO) -> NDArray[Any]:
    """Stored values (planes, depth, Y, X, samples)."""
    check_strips(page, file)
    values: NDArray[Any] = page.asarray(maxworkers=1, squeeze=False)
    return values.astype(np.uint8) if values.dtype.kind == "b" else values
