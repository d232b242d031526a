"""Unbroken runs of one phase along lines of voxels: their lengths, from the voxels where a phase ends, 64 at a time."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, var-annotated"

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.contacts.arguments import checked_phases
from porenet.flood_fill import bit_words
from porenet.flood_fill.arguments import checked_labels
from porenet.flood_fill.bit_words import ALL, ONE, WORD
from porenet.kernels import kernel


@dataclass(frozen=True, eq=False, slots=True)
class LineRuns:
    """Runs along the lines of an axis; the first and the last of each line, which may be the same run, are kept apart.

    Attributes:
        lengths: ``(P, size + 1)`` int64, number of the other runs by phase and voxels.
        first: ``(lines,)`` int32, voxels of the first run of each line, in the order of the other axes.
        last: likewise of the last.
    """

    lengths: NDArray[np.int64]
    first: NDArray[np.int32]
    last: NDArray[np.int32]


def line_runs(labels: NDArray[np.uint8], phases: int, axis: int) -> LineRuns:
    """Find the runs along an axis.

    Args:
        labels: ``(Z, Y, X)`` uint8, below the number of phases.
        phases: how many there are, 1 to 255.
        axis: 0, 1 or 2.

    Returns:
        The runs. The additional memory is 8 to 16 bytes per line.

    Raises:
        ValueError: bad input.
    """
    volume, count = checked_labels(labels), checked_phases(phases)
    if axis not in (0, 1, 2):
        raise ValueError(f"axis must be 0, 1 or 2, not {axis!r}")
    depth, height, width = volume.shape
    lines, size = volume.size // volume.shape[axis], volume.shape[axis]
    lengths = np.zeros((256, size + 1), np.int64)
    first, last = np.zeros(lines, np.int32), np.zeros(lines, np.int32)
    if axis == 2:
        along(volume.reshape(lines, size), lengths, first, last)
    else:
        across(volume.reshape((1, depth, height * width) if axis == 0 else volume.shape), lengths, first, last)
    return LineRuns(lengths[:count], first, last)


@kernel()
def across(labels, lengths, first, last):
    """Runs along the axis in the middle of ``(blocks, size, columns)``: where each begins is kept while layers pass."""
    blocks, size, columns = labels.shape
    flat, address, end = labels.reshape(-1), labels.ctypes.data, labels.size - WORD
    for block in range(blocks):
        begins = last[block * columns : (block + 1) * columns]  # 0 until the line has changed
        heads = first[block * columns : (block + 1) * columns]
        for step in range(1, size):
            row = (block * size + step) * columns
            for column in range(0, columns, WORD):
                here = row + column
                if here <= end:
                    same = bit_words.equal(address + here, address + here - columns)
                else:
                    same = bit_words.equal_within(labels, here, here - columns)
                changed = ~same & bit_words.inside(columns, column // WORD)
                while changed:
                    place = np.uint64(column + bit_words.lowest(changed))
                    changed &= changed - ONE
                    begin = begins[place]
                    if begin == 0:
                        heads[place] = step
                    else:
                        lengths[flat[np.uint64(row - columns) + place], np.uint64(step - begin)] += 1
                    begins[place] = step
        for column in range(columns):
            begins[column] = size - begins[column]
            if heads[column] == 0:
                heads[column] = size


@kernel()
def along(labels, lengths, first, last):
    """Runs along the rows of ``(lines, size)``."""
    lines, size = labels.shape
    flat, address, end = labels.reshape(-1), labels.ctypes.data, labels.size - WORD
    for line in range(lines):
        row, begin = line * size, 0
        for column in range(0, size, WORD):
            here = row + column
            if 0 < here <= end:
                same = bit_words.equal(address + here, address + here - 1)
            else:
                same = bit_words.equal_within(labels, here, here - 1)
            changed = ~same & bit_words.inside(size, column // WORD)
            if column == 0:
                changed &= ALL - ONE
            while changed:
                place = column + bit_words.lowest(changed)
                changed &= changed - ONE
                if begin == 0:
                    first[line] = place
                else:
                    lengths[flat[np.uint64(row + place - 1)], np.uint64(place - begin)] += 1
                begin = place
        last[line] = size - begin
        if begin == 0:
            first[line] = size
