"""Bit planes of the phases in a layer of voxels, one bit per voxel, 64 per word: packed from labels with numba.

The planes of a layer are ``(2, K, (Y + 2) * W)`` uint64: K planes, once unmoved and once moved by one voxel, so that a
voxel has the bit of its neighbour along x. A ghost row before the first row and one after the last hold the rows at the
other end of a periodic y, and are empty where y is open; in the moved planes the bit beyond an open x is empty too.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, assignment, var-annotated"

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill import bit_words
from porenet.flood_fill.bit_words import ALL, NONE, ONE, WORD
from porenet.kernels import inner, kernel

TOP = np.uint64(WORD - 1)


def scratch(shape: tuple[int, ...], planes: int) -> tuple[NDArray[np.uint64], ...]:
    """What a kernel needs to hold the planes of two layers of ``(Z, Y, X)`` labels, and masks of words.

    numba compiles an allocation for a quarter of a second, numpy has it.

    Args:
        shape: of the labels.
        planes: how many, K.

    Returns:
        Twice ``(2, K, (Y + 2) * W)``, zeros, then ``(3, Y * W)``: bits of the first and of the last pair along x, and
        all bits of words that have a next one in their row; uint64.
    """
    _, height, width = shape
    words = -(-width // WORD)
    layer = (2, planes, (height + 2) * words)
    return np.zeros(layer, np.uint64), np.zeros(layer, np.uint64), _masks(height, width)


@functools.lru_cache(maxsize=8)
def _masks(height: int, width: int) -> NDArray[np.uint64]:
    masks = np.zeros((3, height, -(-width // WORD)), np.uint64)
    if width > 1:
        masks[0, :, 0] = ONE
        masks[1, :, (width - 2) // WORD] = ONE << np.uint64((width - 2) % WORD)
    masks[2, :, :-1] = ALL
    return masks.reshape(3, -1)


@kernel()
def pack(labels, reached, joined, z, values, conditions, periodic, goes_on, planes):
    """Write the planes of a layer, and the moved ones, ``(2, K, (Y + 2) * W)``.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        reached: ``(Z, Y, X)`` uint8, C order, read-only: bits that the conditions look at, unless there are words.
        joined: ``(C, Z * Y * W)`` uint64, the last C planes instead of conditions; or ``(C, 0)``.
        z: the layer.
        values: ``(P,)`` uint8, labels of the first P planes.
        conditions: ``(C, P, 2)`` uint8: plane P + c holds the voxels of any label that have all of some bits, if any
            are named, or any of others.
        periodic: per axis (z, y, x).
        goes_on: ``(Y * W,)`` uint64, see `scratch`.
        planes: written, the first P + C.
    """
    _, height, width = labels.shape
    words, phases = (width + WORD - 1) // WORD, values.size
    size = height * words
    top = np.uint64((width - 1) % WORD)
    for k in range(phases + conditions.shape[0]):
        if k < phases:
            _mask(labels, z, values[k], planes, k)
        elif joined.size > 0:
            _copy(joined[k - phases], z * size, planes, k, words, size, bit_words.inside(width, words - 1))
        else:
            _clear(planes, k, words, size)
            for p in range(phases):
                _add(reached, z, conditions[k - phases, p, 0], conditions[k - phases, p, 1], planes, p, k)
        _move(planes, k, words, size, ONE if periodic[2] else NONE, top, goes_on)
        if periodic[1]:
            for moved in range(2):
                for w in range(words):
                    planes[moved, k, w] = planes[moved, k, size + w]
                    planes[moved, k, words + size + w] = planes[moved, k, words + w]


@inner()
def _copy(joined, first, planes, k, words, size, tail):
    """Write the words of a layer from a first one on, without the bits past the end of a row."""
    begin, own = np.uint64(first), np.uint64(words)
    for i in range(np.uint64(size)):
        planes[0, k, own + i] = joined[begin + i]
    if tail != ALL:
        for last in range(2 * words - 1, words + size, words):
            planes[0, k, last] &= tail


@inner()
def _clear(planes, k, words, size):
    for i in range(np.uint64(words), np.uint64(words + size)):
        planes[0, k, i] = NONE


@inner()
def _mask(labels, z, value, planes, k):
    """Write where a layer has a label; bits past the end of a row are 0."""
    _, height, width = labels.shape
    words, address = (width + WORD - 1) // WORD, labels.ctypes.data + z * height * width
    tail, whole = bit_words.inside(width, words - 1), _whole_rows(labels, z)
    i = np.uint64(words)
    if width == words * WORD:
        for word in range(height * words):
            planes[0, k, i + np.uint64(word)] = bit_words.equal_to(address + word * WORD, value)
        return
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
def _add(reached, z, every, some, planes, plane, k):
    """Add voxels of a plane that have all bits of ``every``, if any are named, or one of the bits of ``some``."""
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
            planes[0, k, i] |= planes[0, plane, i] & bits
            i += ONE
    for y in range(whole, height):
        for x in range(0, width, WORD):
            first, bits = (z * height + y) * width + x, NONE
            for j in range(WORD if first + WORD <= reached.size else reached.size - first):
                value = bit_words.byte(reached.ctypes.data + first + j)
                if (value & some) != 0 or (every != 0 and (value & every) == every):
                    bits |= ONE << np.uint64(j)
            planes[0, k, i] |= planes[0, plane, i] & bits
            i += ONE


@inner()
def _whole_rows(volume, z):
    """Rows of a layer whose words can be read as a whole: all but the last of the array, where these are not full."""
    _, height, width = volume.shape
    words = (width + WORD - 1) // WORD
    whole = (volume.size - words * WORD) // width + 1 - z * height
    return 0 if whole < 0 else whole if whole < height else height


@inner()
def _move(planes, k, words, size, wraps, top, goes_on):
    """Write a plane moved by one voxel along x; if x wraps, the last voxel of a row gets the bit of the first."""
    start = np.uint64(words)
    for i in range(np.uint64(size)):
        word = start + i
        planes[1, k, word] = (planes[0, k, word] >> ONE) | ((planes[0, k, word + ONE] << TOP) & goes_on[i])
    if wraps != NONE:
        for row in range(words, words + size, words):
            planes[1, k, row + words - 1] |= (planes[0, k, row] & ONE) << top
