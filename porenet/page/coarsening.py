"""Coarsening of a volume that is too large to draw, by majority vote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Grid, Volume


@dataclass(frozen=True, eq=False, slots=True)
class CoarseVolume:
    """A volume as the page draws it.

    Attributes:
        volume: the coarsened volume; its box has the size of the original.
        factor: voxels of the original per drawn voxel along each axis; 1 if unchanged.
    """

    volume: Volume
    factor: int


def coarsen(volume: Volume, max_edge: int) -> CoarseVolume:
    """Coarsen a volume to at most ``max_edge`` voxels per axis.

    Each block of factor^3 voxels becomes one voxel of its most frequent phase; of the phases in a tie, the first. The
    last block of an axis may be thinner. The box keeps its size in um.

    Args:
        volume: any labelled structure.
        max_edge: largest number of voxels per axis, at least 1.
    """
    labels = volume.labels  # of a section one layer, the blocks of which are factor^2 pixels
    factor = -(-max(labels.shape) // max_edge)
    if factor == 1:
        return CoarseVolume(volume, 1)
    coarse = np.zeros(tuple(-(-size // factor) for size in labels.shape), np.uint8)
    most = np.zeros(coarse.shape, np.int64)
    for label in range(len(volume.grid.phases)):
        count = _counts(labels, label, factor)
        winning = count > most
        coarse[winning], most[winning] = label, count[winning]
    z, y, x = (
        edge * fine / few for edge, fine, few in zip(volume.grid.voxel_um, labels.shape, coarse.shape, strict=True)
    )
    edges: Any = (z, y, x) if volume.grid.dims == 3 else (y, x)
    wraps: Any = volume.grid.wraps
    return CoarseVolume(Volume(coarse, Grid(volume.grid.phases, edges, wraps)), factor)


def _counts(labels: NDArray[np.uint8], label: int, factor: int) -> NDArray[np.int64]:
    """Number of voxels of a label per block; one layer of blocks at a time, so that no second volume is held."""
    layers = []
    for start in range(0, len(labels), factor):
        block = (labels[start : start + factor] == label).sum(axis=0, dtype=np.int64)
        for axis in (0, 1):
            block = np.add.reduceat(block, np.arange(0, block.shape[axis], factor), axis=axis)
        layers.append(block)
    return np.stack(layers)
