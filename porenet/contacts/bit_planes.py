"""Bit planes of the phases in a layer of voxels, one bit per voxel, 64 per word: packed from labels with numba.

The planes of a layer are ``(2, K, (Y + 2) * W)`` uint64: K planes, once unmoved and once moved by one voxel, so that a
voxel has the bit of its neighbour along x. A ghost row before the first row and one after the last hold the rows at the
other end of a periodic y, and are empty where y is open; in the moved planes the bit beyond an open x is empty too.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, assignment, var-annotated"

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill import bit_words
from porenet.flood_fill.bit_words import NONE, ONE, WORD
from porenet.kernels import inner, kernel

TOP = np.uint64(WORD - 1)


def scratch(shape: tuple[int, ...], planes: int) -> tuple[NDArray[np.uint64], ...]:
    """What a kernel needs to hold the planes of two layers of ``(Z, Y, X)`` labels, and ends of pairs.

    numba compiles an allocation for a quarter of a second, numpy has it.

    Args:
        shape: of the labels.
        planes: how many, K.

    Returns:
        Twice ``(2, K, (Y + 2) * W)``, then ``(2, Y * W)``, uint64, zeros.
    """
    _, height, width = shape
    words = -(-width // WORD)
    layer = (2, planes, (height + 2) * words)
    return tuple(np.zeros(size, np.uint64) for size in (layer, layer, (2, height * words)))


@kernel()
def pack(labels, reached, joined, z, values, conditions, periodic, planes):
    """Write the planes of a layer, and the moved ones, ``(2, K, (Y + 2) * W)``.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        reached: ``(Z, Y, X)`` uint8, C order, read-only: bits that the conditions look at, unless there are words.
        joined: ``(N, Z * Y * W)`` uint64, words that they look at instead, or none: ``(N, 0)``.
        z: the layer.
        values: ``(P,)`` uint8, labels of the first P planes.
        conditions: ``(C, 3)`` uint8, of plane P + c: the plane that it restricts; then the bits of which a voxel has
            all, if any are named, and those of which it has any; or the row of words, and 0.
        periodic: per axis (z, y, x).
        planes: written.
    """
    _, height, width = labels.shape
    words, phases = (width + WORD - 1) // WORD, values.size
    size = height * words
    top = np.uint64((width - 1) % WORD)
    for k in range(planes.shape[1]):
        if k < phases:
            _mask(labels, z, values[k], planes, k)
        else:
            plane, every, some = conditions[k - phases]
            if joined.size > 0:
                _restrict_to(joined, every, z * size, planes, plane, k, words, size)
            else:
                _restrict(reached, z, every, some, planes, plane, k)
        _move(planes, k, words, size, ONE if periodic[2] else NONE, top)
        if periodic[1]:
            for moved in range(2):
                for w in range(words):
                    planes[moved, k, w] = planes[moved, k, size + w]
                    planes[moved, k, words + size + w] = planes[moved, k, words + w]


@inner()
def _mask(labels, z, value, planes, k):
    """Write where a layer has a label; bits past the end of a row are 0."""
    _, height, width = labels.shape
    words, address = (width + WORD - 1) // WORD, labels.ctypes.data + z * height * width
    tail, whole = bit_words.inside(width, words - 1), _whole_rows(labels, z)
    i = np.uint64(words)
    for y in range(whole):
        for w in range(words):
            planes[0, k, i] = bit_words.equal_to(address + y * width + w * WORD, value)
            i += ONE
        planes[0, k, i - ONE] &= tail
    for y in range(whole, height):
        for w in range(words):
            planes[0, k, i] = bit_words.equal_to_within(labels, (z * height + y) * width + w * WORD, value)
            i += ONE
        planes[0, k, i - ONE] &= tail


@inner()
def _restrict(reached, z, every, some, planes, plane, k):
    """Restrict a plane to voxels that have all bits of ``every``, if any are named, or one of the bits of ``some``."""
    _, height, width = reached.shape
    words, address = (width + WORD - 1) // WORD, reached.ctypes.data + z * height * width
    whole = _whole_rows(reached, z)
    i = np.uint64(words)
    for y in range(whole):
        for w in range(words):
            first = address + y * width + w * WORD
            bits = ~bit_words.equal_in(first, some, np.uint8(0))
            if every != 0:
                bits |= bit_words.equal_in(first, every, every)
            planes[0, k, i] = planes[0, plane, i] & bits
            i += ONE
    for y in range(whole, height):
        for x in range(0, width, WORD):
            first, bits = (z * height + y) * width + x, NONE
            for j in range(WORD if first + WORD <= reached.size else reached.size - first):
                value = bit_words.byte(reached.ctypes.data + first + j)
                if (value & some) != 0 or (every != 0 and (value & every) == every):
                    bits |= ONE << np.uint64(j)
            planes[0, k, i] = planes[0, plane, i] & bits
            i += ONE


@inner()
def _restrict_to(joined, row, first, planes, plane, k, words, size):
    """Restrict a plane to the voxels of a row of words that has those of a layer from a first one on."""
    begin, own = np.uint64(first), np.uint64(words)
    for i in range(np.uint64(size)):
        planes[0, k, own + i] = planes[0, plane, own + i] & joined[row, begin + i]


@inner()
def _whole_rows(volume, z):
    """Rows of a layer whose words can be read as a whole: all but the last of the array, where these are not full."""
    _, height, width = volume.shape
    words = (width + WORD - 1) // WORD
    whole = (volume.size - words * WORD) // width + 1 - z * height
    return 0 if whole < 0 else whole if whole < height else height


@inner()
def _move(planes, k, words, size, wraps, top):
    """Write a plane moved by one voxel along x; if x wraps, the last voxel of a row gets the bit of the first."""
    start = np.uint64(words)
    if words == 1:
        for i in range(start, start + np.uint64(size)):
            planes[1, k, i] = (planes[0, k, i] >> ONE) | ((planes[0, k, i] & wraps) << top)
        return
    for i in range(start, start + np.uint64(size)):
        planes[1, k, i] = (planes[0, k, i] >> ONE) | (planes[0, k, i + ONE] << TOP)
    for row in range(words, words + size, words):
        last = row + words - 1
        planes[1, k, last] = (planes[0, k, last] >> ONE) | ((planes[0, k, row] & wraps) << top)
