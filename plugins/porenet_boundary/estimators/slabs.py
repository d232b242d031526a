"""A volume in slabs along z, so that temporaries stay small: 512^3 voxels of float64 would take 1 GB each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

VOXELS = 2**20
"""Voxels of a slab, about."""


def slabs(shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """First and one past the last layer of each slab of a ``(Z, Y, X)`` volume; a slab has at least one layer."""
    depth, height, width = shape
    layers = max(1, VOXELS // (height * width))
    for start in range(0, depth, layers):
        yield start, min(start + layers, depth)


def slabs_with_next(array: NDArray[Any], periodic: tuple[bool, bool, bool]) -> Iterator[tuple[int, int, NDArray[Any]]]:
    """Slabs that also hold the neighbours towards higher indices.

    Args:
        array: ``(Z, Y, X)``.
        periodic: per axis (z, y, x), whether the layer after the last one is the first.

    Yields:
        First and one past the last layer of the slab, and the slab: with the layer that follows it in z, where there is
        one, and with the first row and column again after the last where y or x is periodic.
    """
    depth = len(array)
    _, wraps_y, wraps_x = periodic
    for start, stop in slabs(array.shape):
        block = array[start : stop + 1]
        if stop == depth and periodic[0]:
            block = np.concatenate([block, array[:1]])
        if wraps_y or wraps_x:
            block = np.pad(block, ((0, 0), (0, int(wraps_y)), (0, int(wraps_x))), mode="wrap")
        yield start, stop, block
