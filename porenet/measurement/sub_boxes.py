"""Sub-boxes of a volume: boxes of decreasing size, side by side, that are nearly cubes and fill the volume."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from porenet.errors import InputError
from porenet.interface import Volume

Voxels = tuple[int, int, int]

SMALLEST = 8
"""Voxels along an axis below which it is not cut further."""
MOST_BOXES = 64
"""Boxes of one size that are measured, by default; they are drawn where there are more."""


@dataclass(frozen=True)
class BoxSize:
    """Boxes of one size, side by side.

    Attributes:
        shape: ``(Z, Y, X)`` of each, voxels; of a section that of its layer.
        corners: first voxel ``(z, y, x)`` of each box that is measured.
        possible: number of boxes of this size that fit side by side.
        dims: 3, or 2 for boxes of a section.
    """

    shape: Voxels
    corners: tuple[Voxels, ...]
    possible: int
    dims: int = 3

    @property
    def sides(self) -> tuple[int, ...]:
        """``(Z, Y, X)`` of each, voxels; of a section ``(Y, X)``."""
        return self.shape[-self.dims :]


def box_sizes(volume: Volume, *, boxes: int = MOST_BOXES, seed: int = 0, smallest: int = SMALLEST) -> list[BoxSize]:
    """Sizes of sub-boxes, the whole volume first.

    The longest axis is cut into 1, 2, 3, 4, 6, 8, 12, 16, ... parts, and each other axis into as many as make the
    parts most nearly cubes (in um), so that the boxes of each size fill the volume but for a margin of less than one
    voxel per box. An axis that is shorter than such a part stays whole. Of a section they are squares.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        boxes: most boxes per size; of more, this number is drawn without replacement.
        seed: of the drawing.
        smallest: voxels along an axis, below which it is not cut.

    Returns:
        At least two sizes, in falling order.

    Raises:
        InputError: the volume is too small for two sizes, or an argument is not a positive number.
    """
    for name, number in (("boxes", boxes), ("smallest", smallest)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise InputError(f"a whole number above 0 was expected, not {number!r}", where=f"box_sizes.{name}")
    shape, dims = volume.labels.shape, volume.grid.dims
    lengths_um = [size * edge for size, edge in zip(shape, volume.grid.voxel_um, strict=True)]
    if dims == 2:
        lengths_um[0] = 0.0  # a section has one layer, which is not cut
    longest_um = max(lengths_um)
    sizes: list[BoxSize] = []
    for count in _counts(max(shape)):
        parts = [max(1, math.floor(length / longest_um * count + 0.5)) for length in lengths_um]
        if any(number > 1 and size // number < smallest for size, number in zip(shape, parts, strict=True)):
            break
        sizes.append(_boxes(shape, parts, boxes, np.random.default_rng([seed, count]), dims))
    if len(sizes) < 2:
        extent = " x ".join(map(str, volume.shape))
        raise InputError(
            f"{extent} voxels are too few for boxes of two sizes",
            fix=f"Boxes have at least {smallest} voxels along an axis that is cut, so it needs {2 * smallest} or more.",
        )
    return sizes


def cut(volume: Volume, corner: Voxels, shape: Voxels) -> Volume:
    """One box of a volume; an axis that is cut becomes open, whatever it was.

    Args:
        volume: any labelled structure.
        corner: first voxel ``(z, y, x)``.
        shape: ``(Z, Y, X)``, voxels.
    """
    z, y, x = (slice(start, start + size) for start, size in zip(corner, shape, strict=True))
    whole = volume.labels.shape
    wraps = [was and size == side for was, size, side in zip(volume.grid.periodic, whole, shape, strict=True)]
    grid = dataclasses.replace(volume.grid, periodic=(wraps[0], wraps[1], wraps[2]))
    return Volume(np.ascontiguousarray(volume.labels[z, y, x]), grid)


def _counts(most: int) -> Iterator[int]:
    """1, 2, 3, 4, 6, 8, 12, 16, ..., to beyond a number of parts."""
    yield 1
    for power in range(1, most.bit_length() + 1):
        yield from (2**power, 3 * 2 ** (power - 1))


def _boxes(whole: Voxels, parts: list[int], most: int, rng: np.random.Generator, dims: int) -> BoxSize:
    z, y, x = (size // number for size, number in zip(whole, parts, strict=True))
    places = [
        [(size - number * side) // 2 + side * place for place in range(number)]
        for size, number, side in zip(whole, parts, (z, y, x), strict=True)
    ]
    corners = list(itertools.product(*places))
    chosen = range(len(corners))
    if len(corners) > most:
        chosen = sorted(rng.choice(len(corners), most, replace=False))  # type: ignore[assignment]
    return BoxSize((z, y, x), tuple(corners[number] for number in chosen), len(corners), dims)  # type: ignore[misc]
