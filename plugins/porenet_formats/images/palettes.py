"""Palettes of the slices of a stack: greys, or indices that must mean the same colour in every slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLACK_AND_WHITE: NDArray[Any] = np.array([[0, 0, 0, 255], [255, 255, 255, 255]], np.uint8)
"""Palette of an image of one bit per pixel; the object itself marks such images."""

_FIX = "Save all slices with one palette, or as 8-bit grey with one grey value per phase."


def is_grey(palette: NDArray[Any]) -> bool:
    """Whether every colour of a palette (N, 3 or 4) is a grey."""
    return bool((palette[:, :3] == palette[:, :1]).all())


def read_as_indices(
    palettes: Sequence[NDArray[Any] | None], names: Sequence[str], *, of_greys_too: bool = False
) -> bool:
    """Whether the values of a stack of images are the indices of its palettes, and not greys.

    Indices, if a palette holds a colour or if all slices are of one bit (their values are 0 and 1).

    Args:
        palettes: palette of each slice, or None where it has greys.
        names: name of each slice, for the message.
        of_greys_too: whether palettes of greys give indices as well, as in TIFF.

    Raises:
        InputError: indices of colours and greys are mixed.
    """
    colour = next(
        (z for z, palette in enumerate(palettes) if palette is not None and (of_greys_too or not is_grey(palette))),
        None,
    )
    if colour is None:
        return all(palette is BLACK_AND_WHITE for palette in palettes)
    plain = next((z for z, palette in enumerate(palettes) if palette is None), None)
    if plain is not None:
        raise InputError(
            f"the values of {names[colour]!r} are indices of a palette, those of {names[plain]!r} are greys",
            fix=_FIX,
        )
    return True


def greys(indices: NDArray[np.uint8], palette: NDArray[Any]) -> NDArray[np.uint8]:
    """Grey of each pixel of an image with a palette of greys.

    Raises:
        InputError: a pixel is transparent, or its index has no colour.
    """
    used = _used(indices, palette)
    if palette.shape[1] == 4 and (palette[used, 3] != 255).any():
        raise InputError("is a partly transparent image, not one of grey values", fix=_FIX)
    table = np.zeros(256, np.uint8)
    table[: len(palette)] = palette[:, 0]
    return table[indices]


class SharedPalette:
    """The colours that indices had so far in a stack."""

    def __init__(self) -> None:
        self._first: NDArray[Any] | None = None
        self._colours: dict[int, tuple[bytes, str]] = {}
        self._indices: dict[bytes, tuple[int, str]] = {}

    def check(self, indices: NDArray[Any], palette: NDArray[Any], name: str) -> None:
        """Check that each index of a slice means the same colour as in the slices before, and the reverse.

        Slices that use only some colours may have shorter palettes.

        Args:
            indices: ``(Y, X)``.
            palette: ``(N, C)`` colours of this slice.
            name: name of this slice.

        Raises:
            InputError: an index meant another colour, or a colour had another index; both slices are named.
        """
        used = _used(indices, palette, f"{name!r} ")
        self._first = palette if self._first is None else self._first
        common = min(len(palette), len(self._first))
        same = np.array_equal(palette[:common], self._first[:common])
        for index in used.tolist():
            colour = palette[index].tobytes()
            before, slice_before = self._colours.setdefault(index, (colour, name))
            if before != colour:
                raise InputError(
                    f"index {index} is the colour {_words(palette[index])} in {name!r}, but "
                    f"{_words(np.frombuffer(before, palette.dtype))} in {slice_before!r}",
                    fix=_FIX,
                )
            index_before, slice_before = self._indices.setdefault(colour, (index, name))
            if index_before != index and not same:  # in one palette, two indices may have one colour
                raise InputError(
                    f"the colour {_words(palette[index])} has the index {index} in {name!r}, but {index_before} in "
                    f"{slice_before!r}",
                    fix=_FIX,
                )


def _used(indices: NDArray[Any], palette: NDArray[Any], name: str = "") -> NDArray[np.intp]:
    used = np.flatnonzero(np.bincount(indices.ravel()))
    if used.size and used[-1] >= len(palette):
        raise InputError(
            f"{name}has a pixel of index {used[-1]}, but its palette has {len(palette)} colours",
            fix="It is damaged; write it again.",
        )
    return used


def _words(colour: NDArray[Any]) -> str:
    return str(tuple(colour.tolist()))
