"""Coarsening of a volume that is too large to draw, by majority vote; a volume larger than memory is read in parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.formats import LabelSlabs
from porenet.interface import Grid, Volume

USUAL_LAYERS = 64
"""Layers that are read at a time."""
BAND = 1 << 22
"""Voxels that are counted at a time, which takes 5 bytes for each."""


@dataclass(frozen=True, eq=False, slots=True)
class CoarseVolume:
    """A volume as the page draws it.

    Attributes:
        volume: the coarsened volume; its box has the size of the original.
        factor: voxels of the original per drawn voxel along each axis; 1 if unchanged.
    """

    volume: Volume
    factor: int


def coarsen(volume: Volume | LabelSlabs, max_edge: int, *, most: int = USUAL_LAYERS) -> CoarseVolume:
    """Coarsen a volume to at most ``max_edge`` voxels per axis.

    Each block of factor^3 voxels becomes one voxel of its most frequent phase; of the phases in a tie, the first. The
    last block of an axis may be thinner. The box keeps its size in um.

    Args:
        volume: any labelled structure.
        max_edge: largest number of voxels per axis, at least 1.
        most: of a volume that is not in memory: layers that are read at a time.

    Raises:
        InputError: a layer cannot be read.
    """
    depth, height, width = shape = volume.labels.shape if isinstance(volume, Volume) else volume.shape
    factor = -(-max(shape) // max_edge)
    if factor == 1:
        return CoarseVolume(volume if isinstance(volume, Volume) else Volume(volume.read(0, depth), volume.grid), 1)
    coarse = np.empty((-(-depth // factor), -(-height // factor), -(-width // factor)), np.uint8)
    for layer, counts in _block_layers(volume, factor, most):
        coarse[layer] = np.argmax(counts, axis=0)
    z, y, x = (edge * fine / few for edge, fine, few in zip(volume.grid.voxel_um, shape, coarse.shape, strict=True))
    edges: Any = (z, y, x) if volume.grid.dims == 3 else (y, x)  # blocks of a section are factor^2 pixels
    wraps: Any = volume.grid.wraps
    return CoarseVolume(Volume(coarse, Grid(volume.grid.phases, edges, wraps)), factor)


def _block_layers(volume: Volume | LabelSlabs, factor: int, most: int) -> Iterator[tuple[int, NDArray[np.uint32]]]:
    """Place of each layer of blocks, and the voxels of each phase in them, ``(P, Y, X)``."""
    phases, layer, counts = len(volume.grid.phases), 0, np.zeros((), np.uint32)
    for z0, labels in _slabs(volume, most):
        z1 = z0 + len(labels)
        for layer in range(z0 // factor, -(-z1 // factor)):
            start, stop = max(layer * factor, z0), min((layer + 1) * factor, z1)
            counts = counts + _counts(labels[start - z0 : stop - z0], phases, factor)
            if stop == (layer + 1) * factor:
                yield layer, counts
                counts = np.zeros((), np.uint32)
    if counts.ndim:
        yield layer, counts


def _slabs(volume: Volume | LabelSlabs, most: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Layers from the first on; those of a volume in memory all at once."""
    if isinstance(volume, Volume):
        yield 0, volume.labels
        return
    depth = volume.shape[0]
    for z0 in range(0, depth, most):
        yield z0, volume.read(z0, min(z0 + most, depth))


def _counts(labels: NDArray[np.uint8], phases: int, factor: int) -> NDArray[np.uint32]:
    """Voxels of each phase in each block of some layers, ``(P, Y, X)``; no more layers than a block has."""
    rows = max(BAND // (labels.size // labels.shape[1]) // factor, 1) * factor
    bands = [_band_counts(labels[:, y : y + rows], phases, factor) for y in range(0, labels.shape[1], rows)]
    return np.concatenate(bands, axis=1)


def _band_counts(labels: NDArray[np.uint8], phases: int, factor: int) -> NDArray[np.uint32]:
    counts = []
    for label in range(phases):
        block = (labels == label).sum(axis=0, dtype=np.uint32)
        for axis in (0, 1):
            block = np.add.reduceat(block, np.arange(0, block.shape[axis], factor), axis=axis)
        counts.append(block)
    return np.stack(counts)
