"""A slab: some whole layers of a box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import Part
from porenet.flood_fill.arguments import frozen
from porenet.interface import Grid, Volume

Box = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class About:
    """The volume that slabs are cut from.

    Attributes:
        grid: phases, voxel edges (um) and boundaries.
        shape: (Z, Y, X), voxels.
    """

    grid: Grid
    shape: Box


@dataclass(frozen=True, eq=False, slots=True)
class Slab:
    """Some whole layers of a box, the first of which is also the last of the slab before.

    So every two neighbouring layers lie in one slab together. What lies in one layer is counted by the slab that owns
    the layer: of two that share it, the former. A slab of one layer that it shares adds nothing.

    Attributes:
        labels: ``(layers, Y, X)`` uint8, read-only.
        about: the volume.
        z0: place of the first layer in the box.
        shared: number of its first layers that another slab owns: 0 for the first slab of the box, 2 for `seam`, else
            1.
        volume: the volume itself where the slab is all of it, for what it has computed already.
    """

    labels: NDArray[np.uint8]
    about: About
    z0: int
    shared: int
    volume: Volume | None = None

    @classmethod
    def whole(cls, volume: Volume) -> Slab:
        """All of a volume in memory."""
        depth, height, width = volume.labels.shape
        return cls(volume.labels, About(volume.grid, (depth, height, width)), 0, 0, volume)

    @classmethod
    def cut(cls, labels: NDArray[np.uint8], about: About, z0: int, *, shared: bool) -> Slab:
        """Some layers of a volume.

        Args:
            labels: ``(layers, Y, X)`` uint8.
            about: the volume.
            z0: place of the first layer.
            shared: whether a slab before it owns the first layer; False for the first slab of all only.
        """
        return cls(frozen(np.ascontiguousarray(labels)), about, z0, int(shared))

    @classmethod
    def seam(cls, last: NDArray[np.uint8], first: NDArray[np.uint8], about: About) -> Slab:
        """The last layer and the first of a box that is periodic along z, which owns neither.

        Args:
            last: ``(Y, X)`` uint8.
            first: ``(Y, X)`` uint8.
            about: the volume.
        """
        return cls(frozen(np.stack([last, first])), about, about.shape[0] - 1, 2)

    @property
    def grid(self) -> Grid:
        """Phases, voxel edges (um) and boundaries of the volume."""
        return self.about.grid

    @property
    def first(self) -> bool:
        """Whether its first layer is the first of the box."""
        return self.z0 == 0

    @property
    def last(self) -> bool:
        """Whether its last layer is the last of the box."""
        return self.z0 + len(self.labels) == self.about.shape[0]

    @property
    def open_ends(self) -> tuple[bool, bool]:
        """Whether it adds what lies between an open face of the box and its first layer, and its last."""
        is_open = not self.grid.periodic[0]
        adds = len(self.labels) > 1 or self.shared == 0
        return is_open and self.first and self.shared == 0, is_open and self.last and adds

    @property
    def owned(self) -> NDArray[np.uint8]:
        """``(layers, Y, X)`` uint8, labels of the layers that it owns; there may be none."""
        return self.labels[self.shared :]

    @property
    def part(self) -> Part:
        """Its place, for counts of pairs: its ends, where they are those of a box that is open along z."""
        is_open = not self.grid.periodic[0]
        return Part(self.shared, is_open and self.first, is_open and self.last)
