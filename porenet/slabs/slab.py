"""A slab: some whole layers of a box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import Part
from porenet.errors import InputError
from porenet.flood_fill import runs
from porenet.flood_fill.arguments import frozen
from porenet.flood_fill.axes import AXES, PerAxis
from porenet.flood_fill.labelling import Components
from porenet.flood_fill.runs import Runs
from porenet.interface import Grid, Volume

Box = tuple[int, int, int]
Bounds = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""A part of a box: per axis (z, y, x) the first voxel and the one behind the last."""


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
        marks: for each way to ask for components, ``(layers, Y, X)`` uint8, see `reached`; of a second reading only.
    """

    labels: NDArray[np.uint8]
    about: About
    z0: int
    shared: int
    volume: Volume | None = None
    marks: Mapping[PerAxis, NDArray[np.uint8]] = field(default_factory=dict)
    _runs: dict[PerAxis, Runs] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def whole(cls, volume: Volume) -> Slab:
        """All of a volume in memory."""
        return cls(volume.labels, about_of(volume), 0, 0, volume)

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

    def own_seam(self, ways: frozenset[PerAxis]) -> Slab:
        """The `seam` of a slab that holds all of a volume.

        Args:
            ways: the ways to ask for components for which it has marks.
        """
        ends = [-1, 0]
        marks = {wraps: self.reached(wraps)[ends] for wraps in ways}
        return Slab(frozen(self.labels[ends]), self.about, self.about.shape[0] - 1, 2, marks=marks)

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

    def runs(self, wraps: PerAxis) -> Runs:
        """Its runs of equal labels along x, joined to components; found once.

        Args:
            wraps: per axis (z, y, x), whether components continue round the box. Layers of a `seam` are neighbours only
                where they continue along z.
        """
        if wraps not in self._runs:
            self._runs[wraps] = _joined(self.labels, wraps, apart=self.shared == 2 and not wraps[0])
        return self._runs[wraps]

    def reached(self, wraps: PerAxis) -> NDArray[np.uint8]:
        """The faces of the box that the component of each voxel touches in the whole box: their bits.

        Args:
            wraps: per axis (z, y, x), whether components continue round the box; one that `Need` names.

        Returns:
            ``(layers, Y, X)`` uint8, see `porenet.slabs.bits_of`.

        Raises:
            InputError: the metric did not say that it needs them.
        """
        if self.volume is not None:
            components = components_of(self.volume, wraps)
            return components.spread(components.touches)
        if wraps not in self.marks:
            raise InputError(
                f"the faces that components reach are not known for wraps = {wraps}",
                where="Slab.reached",
                fix="Let the need of the metric name them: Need(reached=frozenset({wraps})).",
            )
        return self.marks[wraps]

    @property
    def part(self) -> Part:
        """Its place, for counts of pairs: its ends, where they are those of a box that is open along z."""
        is_open = not self.grid.periodic[0]
        return Part(self.shared, is_open and self.first, is_open and self.last)


def about_of(volume: Volume) -> About:
    """What is known about a volume in memory before it is measured."""
    return About(volume.grid, volume.labels.shape)


def components_of(volume: Volume, wraps: PerAxis) -> Components:
    """Components of a volume in memory.

    Args:
        volume: any labelled structure.
        wraps: per axis (z, y, x), whether components continue round the box.
    """
    if wraps == volume.grid.periodic:
        return volume.components
    axes = [axis for axis, own, wanted in zip(AXES, volume.grid.periodic, wraps, strict=True) if own and not wanted]
    return volume.opened(*axes)


def _joined(labels: NDArray[np.uint8], wraps: PerAxis, *, apart: bool) -> Runs:
    """The runs of some layers; of two layers that lie apart each by itself."""
    around = (False, wraps[1], wraps[2])
    if not apart:
        return runs.join(labels, [], around, 1)
    upper, lower = (runs.join(layer[None], [], around, 1) for layer in labels)
    return Runs(
        labels,
        np.concatenate([upper.starts, lower.starts]),
        np.concatenate([upper.before, lower.before + np.uint32(len(upper.sets))]),
        np.concatenate([upper.sets, lower.sets + np.uint32(upper.count)]),
        upper.count + lower.count,
        1,
    )
