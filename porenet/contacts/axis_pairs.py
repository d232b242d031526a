"""Pairs of voxels of one phase, a number of voxels apart along an axis: counted on the bits of each phase."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg"

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from porenet.contacts.arguments import checked_phases
from porenet.flood_fill import bit_words
from porenet.flood_fill.arguments import checked_labels
from porenet.flood_fill.bit_words import NONE, ONE, WORD
from porenet.kernels import kernel


def distant_pairs(
    labels: NDArray[np.uint8], phases: int, axis: int, shifts: Sequence[int], *, periodic: bool = False
) -> NDArray[np.int64]:
    """Count the pairs of voxels of one phase that are a number of voxels apart along an axis.

    Args:
        labels: ``(Z, Y, X)`` uint8, below the number of phases.
        phases: how many there are, 1 to 255.
        axis: 0, 1 or 2.
        shifts: distances, voxels, 0 or more.
        periodic: whether the axis wraps.

    Returns:
        ``(len(shifts), phases)`` int64: of the ``size - shift`` (periodic: ``size``) positions per line, the number
        where both voxels are of the phase; 0 where the line is too short. The additional memory is a bit per voxel.

    Raises:
        ValueError: bad input.
    """
    volume, count = checked_labels(labels), checked_phases(phases)
    if axis not in (0, 1, 2):
        raise ValueError(f"axis must be 0, 1 or 2, not {axis!r}")
    if min(shifts, default=0) < 0:
        raise ValueError(f"shifts must be 0 or more, not {min(shifts)}")
    size = volume.shape[axis]
    ahead = np.array([shift % size if periodic else min(shift, size) for shift in shifts], np.int64)
    # Round the box, what is so far behind a voxel is the rest of the line ahead of another.
    behind = np.where(ahead > 0, size - ahead, size) if periodic else ahead[:0]
    distances, places = np.unique(np.concatenate([ahead, behind]), return_inverse=True)
    pairs = np.zeros((len(distances), count), np.int64)
    masks = np.empty((*volume.shape[:2], -(-volume.shape[2] // WORD)), np.uint64)
    for label in range(count):
        bit_words.pack(volume, np.uint8(label), masks)
        if masks.any():
            count_apart(masks, axis, distances, pairs[:, label])
    counts: NDArray[np.int64] = pairs[places.reshape(1 + periodic, len(ahead))].sum(axis=0)
    return counts


@kernel()
def count_apart(masks, axis, distances, pairs):
    """Count pairs of bits in an open box.

    Args:
        masks: ``(Z, Y, W)`` uint64, bits past the end of a row 0.
        axis: 0, 1 or 2.
        distances: int64, from one voxel of a pair to the other along the axis.
        pairs: int64 per distance, added to.
    """
    depth, height, words = masks.shape
    flat = masks.reshape(-1)
    if axis == 2:
        for n in range(distances.size):
            pairs[n] += _apart_in_rows(flat, words, distances[n])
        return
    blocks, size, stride = (1, depth, height * words) if axis == 0 else (depth, height, words)
    for n in range(distances.size):
        for block in range(blocks):
            first = np.uint64(block * size * stride)
            second, total = first + np.uint64(distances[n] * stride), 0
            for i in range(np.uint64(max(size - distances[n], 0) * stride)):
                total += bit_words.count(flat[first + i] & flat[second + i])
            pairs[n] += total


@kernel()
def _apart_in_rows(flat, words, distance):
    """Pairs of bits within rows: a row is moved by whole words, and then by bits."""
    total = 0
    whole, bits = distance // WORD, np.uint64(distance % WORD)
    rest = np.uint64(WORD - 1) - bits
    for row in range(0, flat.size, words):
        first = np.uint64(row)
        second = first + np.uint64(whole)
        for i in range(np.uint64(max(words - whole, 0))):
            following = flat[second + i + ONE] if i + np.uint64(whole + 1) < np.uint64(words) else NONE
            moved = (flat[second + i] >> bits) | ((following << ONE) << rest)
            total += bit_words.count(flat[first + i] & moved)
    return total
