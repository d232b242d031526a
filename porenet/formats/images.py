"""One PNG or BMP slice as grey values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.families import library
from porenet.formats.stored import DEFLATE_RATIO

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GREY = {"L": np.uint8, "P": np.uint8, "1": np.uint8, "I;16": np.uint16, "I;16B": np.uint16, "I": np.int32}
_EXPANSION = 8.0 * DEFLATE_RATIO
"""One deflated bit can be one pixel."""

_COLOUR = ("RGB", "RGBA", "LA", "PA")


@dataclass(frozen=True, slots=True)
class Slice:
    """Header of one slice.

    Attributes:
        shape: (Y, X), pixels.
        dtype: type of its grey values.
        expansion: as in `StoredArray`.
    """

    shape: tuple[int, int]
    dtype: np.dtype[Any]
    expansion: float


def look_image(path: Path) -> Slice:
    """Size and type of an image, from its header.

    Args:
        path: a PNG or BMP file.

    Raises:
        InputError: the mode of the image has no grey values.
    """
    with _open(path) as image:
        if image.mode in _GREY:
            dtype = np.dtype(_GREY[image.mode])
        elif image.mode in _COLOUR:
            dtype = np.dtype(np.uint8)
        else:
            raise InputError(f"is an image of mode {image.mode}, not of grey values", fix="Save it as 8-bit grey.")
        return Slice((image.height, image.width), dtype, _EXPANSION)


def read_image(path: Path) -> NDArray[Any]:
    """Grey values of an image.

    One bit per pixel gives 0 and 1. A palette of greys gives the grey of each pixel, a palette of colours its
    index (a label image). True colour is accepted if its channels agree everywhere, which loses nothing.

    Args:
        path: a PNG or BMP file.

    Returns:
        ``(Y, X)``, of the type that `look_image` gives.

    Raises:
        InputError: the image is in colour or partly transparent.
    """
    with _open(path) as image:
        if image.mode == "P":
            palette = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
            indices: NDArray[Any] = np.asarray(image)
            if (palette == palette[:, :1]).all():
                table = np.zeros(256, np.uint8)
                table[: len(palette)] = palette[:, 0]
                indices = table[indices]
            return indices
        values: NDArray[Any] = np.asarray(image)
        if image.mode == "1":
            return values.astype(np.uint8)
        return grey(values) if values.ndim == 3 else values.astype(_GREY[image.mode], copy=False)


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
    if samples in (2, 4):
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


def _open(path: Path) -> Any:
    pillow = library("PIL.Image", extra="images", title="an image slice")
    return pillow.open(path, formats=("PNG", "BMP"))
