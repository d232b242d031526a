"""A volume in slabs along z, so that temporaries stay small: 512^3 voxels of float64 would take 1 GB each."""

from __future__ import annotations

from collections.abc import Iterator

VOXELS = 2**20
"""Voxels of a slab, about."""


def slabs(shape: tuple[int, ...], *, least: int = 1) -> Iterator[tuple[int, int]]:
    """First and one past the last layer of each slab of a ``(Z, Y, X)`` volume.

    Args:
        shape: of the volume.
        least: layers of a slab, if the volume has so many, whatever their size; at least one.
    """
    depth, height, width = shape
    layers = max(1, least, VOXELS // (height * width))
    for start in range(0, depth, layers):
        yield start, min(start + layers, depth)
