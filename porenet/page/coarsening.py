"""A volume that is too large to show, made smaller by majority."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Grid, Volume


@dataclass(frozen=True, eq=False, slots=True)
class Shown:
    """A volume as the page shows it.

    Attributes:
        volume: at most so many voxels an axis; the edges of its voxels make up the same box.
        factor: voxels an axis that became one; 1 if it is shown as it is.
    """

    volume: Volume
    factor: int


def shown(volume: Volume, max_edge: int) -> Shown:
    """The volume with at most ``max_edge`` voxels an axis.

    Blocks of factor^3 voxels become one voxel of the phase that most of them hold; the first of the phases in a tie.
    The last block of an axis may be thinner. The box keeps its size in um.

    Args:
        volume: any labelled structure.
        max_edge: voxels, at least 1.
    """
    labels = volume.labels
    factor = -(-max(labels.shape) // max_edge)
    if factor == 1:
        return Shown(volume, 1)
    smaller = np.zeros(tuple(-(-size // factor) for size in labels.shape), np.uint8)
    most = np.zeros(smaller.shape, np.int64)
    for label in range(len(volume.grid.phases)):
        count = _counts(labels, label, factor)
        winning = count > most
        smaller[winning], most[winning] = label, count[winning]
    z, y, x = (
        edge * size / less for edge, size, less in zip(volume.grid.voxel_um, labels.shape, smaller.shape, strict=True)
    )
    return Shown(Volume(smaller, Grid(volume.grid.phases, (z, y, x), volume.grid.periodic)), factor)


def _counts(labels: NDArray[np.uint8], label: int, factor: int) -> NDArray[np.int64]:
    """Voxels of a label in each block; layer by layer of blocks, so that no second volume is held."""
    layers = []
    for start in range(0, len(labels), factor):
        block = (labels[start : start + factor] == label).sum(axis=0, dtype=np.int64)
        for axis in (0, 1):
            block = np.add.reduceat(block, np.arange(0, block.shape[axis], factor), axis=axis)
        layers.append(block)
    return np.stack(layers)
