"""Euler numbers of phases, counted on their bits.

Along one axis a body has as many pieces as runs. In a plane its number is that of the runs in all rows, less those in
what each two neighbouring rows have in common: voxels in both where voxels are joined across faces, voxels in either
where they are joined across edges and corners too. In a volume it is the same of planes.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg"

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from porenet.contacts.arguments import checked_phases
from porenet.contacts.records import WHOLE, Part
from porenet.flood_fill import bit_words
from porenet.flood_fill.arguments import checked_labels, checked_periodic
from porenet.flood_fill.bit_words import ONE, WORD
from porenet.kernels import inner, kernel

TOP = np.uint64(WORD - 1)


def euler_numbers(
    labels: NDArray[np.uint8],
    phases: int,
    connectivity: Literal[6, 26],
    *,
    periodic: tuple[bool, bool, bool] = (False, False, False),
    part: Part = WHOLE,
) -> NDArray[np.int64]:
    """Count pieces minus tunnels plus cavities of each phase; beyond an open face there is no phase.

    Args:
        labels: ``(Z, Y, X)`` uint8; labels from the number of phases on are of none.
        phases: how many there are, 1 to 255.
        connectivity: neighbours of a voxel of the phase.
        periodic: per axis (z, y, x), whether the last voxel of these layers and the first are neighbours.
        part: where in the box the layers lie; the numbers of parts that share a layer add up to those of the box.

    Returns:
        ``(P,)`` int64. The additional memory is a bit per voxel.

    Raises:
        ValueError: bad input.
    """
    volume, count, wraps = checked_labels(labels), checked_phases(phases), checked_periodic(periodic)
    if connectivity not in (6, 26):
        raise ValueError(f"connectivity must be 6 or 26, not {connectivity!r}")
    depth, height, width = volume.shape
    words = -(-width // WORD)
    either = connectivity == 26
    masks = np.empty((depth, height, words), np.uint64)
    # A layer within a row before it and one after: those of a periodic y, or none. A word comes before all.
    layers = np.zeros((depth + 2, (height + 2) * words + 1), np.uint64)
    rows = layers[:, 1:].reshape(depth + 2, height + 2, words)
    pairs = [(z, z + 1) for z in range(1, depth)]
    pairs += [(0, 1)] if part.first and not wraps[0] else []
    pairs += [(depth, depth + 1)] if part.last and not wraps[0] else []
    pairs += [(depth, 1)] if wraps[0] else []
    planes = np.array(
        [(z, z, 1) for z in range(1 + part.shared, depth + 1)] + [(*pair, -1) for pair in pairs], np.int64
    )
    inside = (np.arange(-1, layers.shape[1] - 1) % words > 0).astype(np.uint64)
    numbers = np.zeros(count, np.int64)
    for label in range(count):
        bit_words.pack(volume, np.uint8(label), masks)
        if masks.any():
            rows[1:-1, 1:-1] = masks
            if wraps[1]:
                rows[1:-1, 0], rows[1:-1, -1] = masks[:, -1], masks[:, 0]
            numbers[label] = alternating(
                layers, planes.reshape(-1, 3), inside, words, either, wraps[1], wraps[2], width
            )
    return numbers


@kernel()
def alternating(layers, planes, inside, words, either, wraps_y, wraps_x, width):
    """Sum of the Euler numbers of planes, each with its sign.

    Args:
        layers: ``(L, 1 + (Y + 2) * W)`` uint64.
        planes: ``(N, 3)`` int64: two layers, whose common voxels are the plane, and a sign.
        inside: ``(1 + (Y + 2) * W,)`` uint64, 1 where the word before is of the same row.
        words: W.
        either: whether voxels in either are common, instead of those in both.
        wraps_y: whether the last row and the first are neighbours.
        wraps_x: likewise voxels of a row.
        width: voxels of a row.
    """
    size = layers.shape[1]
    start, stop = np.uint64(1 + (words if wraps_y else 0)), np.uint64(size - words)
    last, rest = np.uint64((width - 1) % WORD), np.uint64(words - 1)
    flat, step = layers.reshape(-1), np.uint64(words)
    total = 0
    for n in range(len(planes)):
        first, second = np.uint64(planes[n, 0] * size), np.uint64(planes[n, 1] * size)
        number = 0
        for i in range(start, stop):
            before, here = _common(flat, first, second, i - ONE, either), _common(flat, first, second, i, either)
            before_beside = _common(flat, first, second, i - ONE + step, either)
            beside = _common(flat, first, second, i + step, either)
            both = (here | beside) if either else (here & beside)
            before_both = (before | before_beside) if either else (before & before_beside)
            number += bit_words.count(here & ~((here << ONE) | (before >> TOP & inside[i])))
            number -= bit_words.count(both & ~((both << ONE) | (before_both >> TOP & inside[i])))
        if wraps_x:
            for i in range(start, stop, step):  # a run that goes on round the box has no start
                here, beside = _common(flat, first, second, i, either), _common(flat, first, second, i + step, either)
                end = _common(flat, first, second, i + rest, either)
                end_beside = _common(flat, first, second, i + rest + step, either)
                both = (here | beside) if either else (here & beside)
                end_both = (end | end_beside) if either else (end & end_beside)
                number -= (here & (end >> last)) & ONE
                number += (both & (end_both >> last)) & ONE
        total += planes[n, 2] * number
    return total


@inner(inline="always")
def _common(flat, first, second, i, either):
    return (flat[first + i] | flat[second + i]) if either else (flat[first + i] & flat[second + i])
