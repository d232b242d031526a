"""One PNG or BMP slice as grey values, or as the indices of its palette."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DEFLATE_RATIO, LOSSY, library
from porenet_formats.images import png
from porenet_formats.images.palettes import BLACK_AND_WHITE, greys

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EXPANSION = 8.0 * DEFLATE_RATIO
"""One deflated bit can be one pixel."""

_BMP_MODES = ("1", "L", "P", "RGB", "RGBA")


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Header of one slice.

    Attributes:
        shape: (Y, X), pixels.
        dtype: type of its grey values.
        expansion: as in `StoredArray`.
        palette: (N, C) colour of each index; None if its values are greys and not indices.
        zero_is_white: whether its greys count from white.
    """

    shape: tuple[int, int]
    dtype: np.dtype[Any]
    expansion: float
    palette: NDArray[Any] | None = None
    zero_is_white: bool = False

    @property
    def words(self) -> str:
        """What all slices of a stack have in common, for messages: size, type, direction of the greys."""
        return f"{self.shape[0]}x{self.shape[1]} {self.dtype}{', 0 is white' if self.zero_is_white else ''}"


def look_image(path: Path) -> Slice:
    """Size, type and palette of an image, from its header. One bit per pixel counts as a palette of black and white.

    Args:
        path: a PNG or BMP file.

    Raises:
        InputError: the file is neither, or damaged.
    """
    if _is_png(path):
        header = png.read_header(path)
        dtype = np.dtype(np.uint16 if header.bits == 16 else np.uint8)
        palette = BLACK_AND_WHITE if (header.colour, header.bits) == (png.GREY, 1) else header.palette
        return Slice(header.shape, dtype, _EXPANSION, palette)
    with _open_bmp(path) as image:
        if image.mode not in _BMP_MODES:
            raise InputError(f"is an image of mode {image.mode}, not of grey values", fix="Save it as 8-bit grey.")
        return Slice((image.height, image.width), np.dtype(np.uint8), _EXPANSION, _bmp_palette(image))


def read_image(path: Path, *, as_indices: bool) -> NDArray[Any]:
    """Grey values of an image, or the indices of its palette.

    True colour is accepted if its channels agree everywhere, which loses nothing.

    Args:
        path: a PNG or BMP file.
        as_indices: whether an image with a palette gives indices and not greys.

    Returns:
        ``(Y, X)``, of the type that `look_image` gives.

    Raises:
        InputError: the image is in colour or partly transparent, or a checksum does not agree.
    """
    if _is_png(path):
        palette, values = look_image(path).palette, png.read_samples(path)
    else:
        with _open_bmp(path) as image:
            palette, values = _bmp_palette(image), np.asarray(image)
    if values.ndim == 3:
        return grey(values)
    if palette is not None:
        values = values.astype(np.uint8, copy=False)
        return values if as_indices else greys(values, palette)
    return values


def grey(values: NDArray[Any]) -> NDArray[Any]:
    """Grey values of an image whose colour channels agree.

    Args:
        values: ``(Y, X, S)``: grey, grey and alpha, RGB or RGBA.

    Returns:
        ``(Y, X)``.

    Raises:
        InputError: the channels do not agree, or a pixel is transparent.
    """
    samples = values.shape[2]
    fix = "Save one grey value per phase: an 8-bit grey image."
    if samples in (2, 4) and values.dtype.kind in "iu":
        if (values[..., -1] != np.iinfo(values.dtype).max).any():
            raise InputError("is a partly transparent image, not one of grey values", fix=fix)
        values = values[..., :-1]
    elif samples not in (1, 3):
        raise InputError(f"is an image of {samples} channels, not of grey values", fix=fix)
    differs = (values != values[..., :1]).any(axis=2)
    if differs.any():
        y, x = np.unravel_index(int(differs.argmax()), differs.shape)
        raise InputError(
            f"is a colour image: {tuple(values[y, x].tolist())} at row {y}, column {x}, not one grey value", fix=fix
        )
    return values[..., 0]


def _is_png(path: Path) -> bool:
    """Whether the file is a PNG and not a BMP, by its first bytes and whatever its suffix."""
    with path.open("rb") as file:
        start = file.read(len(png.SIGNATURE))
    if start.startswith(b"\xff\xd8\xff"):
        raise InputError("is a JPEG file under another suffix", fix=LOSSY)
    return not start.startswith(b"BM")


def _open_bmp(path: Path) -> Any:
    # not Image.open, which refuses large images as bombs: the size is checked against the file before it is read
    plugin = library("PIL.BmpImagePlugin", extra="images", title="an image slice")
    return plugin.BmpImageFile(path)


def _bmp_palette(image: Any) -> NDArray[Any] | None:
    if image.mode == "1":
        return BLACK_AND_WHITE
    if image.mode != "P":
        return None
    colours = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    return np.pad(colours, ((0, 0), (0, 1)), constant_values=255)  # opaque
