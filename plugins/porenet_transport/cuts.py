"""Slabs across an axis of a box and columns along it: as few as fit into some memory each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from porenet.interface import AXES, Axis, InputError
from porenet.slabs import Bounds

Box = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Cuts:
    """Parts of a box.

    Attributes:
        slabs: across the axis, one behind the other.
        columns: along the axis, side by side. Of a column that is the whole box, which is also the only slab, there is
            none.
    """

    slabs: list[Bounds]
    columns: list[Bounds]

    @property
    def parts(self) -> list[Bounds]:
        """Slabs, then columns."""
        return [*self.slabs, *self.columns]

    @property
    def largest(self) -> int:
        """Voxels of the largest part."""
        return max(volume_of(bounds) for bounds in self.parts)


def volume_of(bounds: Bounds) -> int:
    """Voxels of a part."""
    return math.prod(stop - start for start, stop in bounds)


def cuts_of(shape: Box, axis: Axis, slabs: int | None, columns: int | None, most: float, where: str) -> Cuts:
    """Cut a box.

    Args:
        shape: (Z, Y, X), voxels.
        axis: the axis.
        slabs: number of slabs; None: as few as fit. No more than there are layers.
        columns: number of columns along each of the other two axes; None: as few as fit. No more than there are rows.
        most: voxels that a part may have, where its number is None.
        where: name of the metric, for messages.

    Raises:
        InputError: one layer, or one line of voxels, has more.
    """
    length = AXES.index(axis)
    first, second = (other for other in range(3) if other != length)
    if slabs is None:
        layer = shape[first] * shape[second]
        slabs = _least(shape[length], lambda n: -(-shape[length] // n) * layer, most, where)
    if columns is None:
        widths = shape[first], shape[second]
        columns = _least(max(widths), lambda n: shape[length] * math.prod(-(-w // n) for w in widths), most, where)
    across = [_part(shape, {length: edges}) for edges in _edges(shape[length], slabs)]
    # The first axis comes last: a file that is only read forwards begins anew for each of the others.
    along = [
        _part(shape, {first: rows, second: lines})
        for lines in _edges(shape[second], columns)
        for rows in _edges(shape[first], columns)
    ]
    return Cuts(across, [] if along == across else along)


def _least(longest: int, size: Callable[[int], int], most: float, where: str) -> int:
    """The least number of parts of which none has more voxels than allowed."""
    if size(longest) > most:
        raise InputError(
            f"not even the thinnest part fits: {size(longest)} voxels, and {int(most)} are allowed",
            where=f"{where}.part_gb",
            fix="Allow more memory for a part.",
        )
    low, high = 1, longest
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if size(middle) <= most else (middle + 1, high)
    return low


def _edges(size: int, parts: int) -> list[tuple[int, int]]:
    parts = min(parts, size)
    return [(size * part // parts, size * (part + 1) // parts) for part in range(parts)]


def _part(shape: Box, edges: dict[int, tuple[int, int]]) -> Bounds:
    z, y, x = (edges.get(axis, (0, size)) for axis, size in enumerate(shape))
    return z, y, x
