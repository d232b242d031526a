"""A volume that is written layer by layer, so that it need not be in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from porenet.interface import Grid, Volume

if TYPE_CHECKING:
    from numpy.typing import NDArray

USUAL_LAYERS = 64
"""Layers that are read at a time, and the depth of a chunk."""


@dataclass(frozen=True, slots=True)
class WrittenLayers:
    """A volume to write.

    Attributes:
        grid: phases, voxel edges (um) and boundaries.
        box: (Z, Y, X), voxels; of a section (1, Y, X).
        read: from a first layer and the layer behind the last to their labels, ``(layers, Y, X)`` uint8.
        most: layers that may be read at a time, 1 or more.
    """

    grid: Grid
    box: tuple[int, int, int]
    read: Callable[[int, int], NDArray[np.uint8]]
    most: int = USUAL_LAYERS

    @classmethod
    def of(cls, volume: Volume) -> WrittenLayers:
        """A volume in memory."""
        z, y, x = volume.labels.shape
        return cls(volume.grid, (z, y, x), lambda z0, z1: volume.labels[z0:z1])

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along the axes of the grid: (Z, Y, X), or (Y, X) of a section."""
        return self.box[-self.grid.dims :]

    def slabs(self, depth: int = 1) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """The layers from the first on, in runs that end at multiples of a number of layers.

        Args:
            depth: that number, at most ``most``.

        Yields:
            The first layer of a run, and its labels, ``(layers, Y, X)`` uint8.
        """
        step = max(1, self.most // depth) * depth
        for z0 in range(0, self.box[0], step):
            yield z0, self.read(z0, min(z0 + step, self.box[0]))

    def layers(self) -> Iterator[NDArray[np.uint8]]:
        """The layers from the first on, ``(Y, X)`` uint8 each."""
        for _, slab in self.slabs():
            yield from slab

    def blocks(self, count: int) -> Iterator[NDArray[np.uint8]]:
        """The labels in flat blocks.

        Args:
            count: labels of a block; the last one may have fewer.
        """
        rest = np.empty(0, np.uint8)
        for layer in self.layers():
            flat = np.concatenate([rest, layer.reshape(-1)]) if rest.size else layer.reshape(-1)
            whole = flat.size // count * count
            yield from flat[:whole].reshape(-1, count)
            rest = flat[whole:]
        if rest.size:
            yield rest
