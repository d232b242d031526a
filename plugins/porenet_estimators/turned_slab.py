"""A slab along z, turned so that the axis of a profile comes first, and what is counted in each of its layers.

Counts are whole numbers per layer of the box and per pair of neighbouring layers, so that those of slabs add up. Along
another axis than z a layer is cut by the slab: what lies in a layer of voxels along z that another slab owns is left
out, and the outermost pairs along z count more only where the slab ends with the box.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import Part, Step, Supply, part_counts, triple_lines, voxels
from porenet.interface import AXES, Axis
from porenet.slabs import Slab, Supplied
from porenet_estimators.interfaces import Counted, steps_of

State = Mapping[str, NDArray[np.int64]]
Places = Sequence[int]

INSIDE = Part(0, False, False)
"""Layers along the axis of a profile that stand for no more than they hold."""


class TurnedSlab:
    """A slab with the axis of a profile first; of the two others z comes first.

    Args:
        slab: some layers of a box along z.
        axis: of the profile.

    Attributes:
        slab: the slab.
        index: of the axis.
        order: axes of the volume (0, 1, 2) in the order of those of the labels.
        labels: uint8, C order.
        periodic: per axis of the labels, whether it wraps within the slab; the first never does.
        shared: number of rows along the second axis that another slab owns; 0 where that is not z.
    """

    def __init__(self, slab: Slab, axis: Axis) -> None:
        self.slab, self.index = slab, AXES.index(axis)
        self.order = (self.index, *(other for other in range(3) if other != self.index))
        self.labels = self.turned(slab.labels)
        wraps = (False, *slab.grid.periodic[1:])
        self.periodic = (False, wraps[self.order[1]], wraps[self.order[2]])
        self.shared = slab.shared if self.index else 0

    def turned(self, values: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Another array of the slab in the same order of axes."""
        return np.ascontiguousarray(values.transpose(self.order))

    def layers(self) -> Iterator[tuple[int, Places]]:
        """Each layer: its number in the box and its place in the slab; along z those that the slab owns."""
        first, begin = (0, 0) if self.index else (self.slab.shared, self.slab.z0)
        for place in range(first, len(self.labels)):
            yield begin + place, [place]

    def neighbours(self) -> Iterator[tuple[int, Places]]:
        """Every two layers that are neighbours: number of the first in the box, and their places in the slab."""
        size, begin = len(self.labels), 0 if self.index else self.slab.z0
        wraps = self.index > 0 and self.slab.grid.periodic[self.index]
        for place in range(size if wraps else size - 1):
            yield begin + place, [place, (place + 1) % size]

    def zeros(self, *shape: int) -> NDArray[np.int64]:
        """Counts for each layer of the box: ``(N, *shape)``."""
        return np.zeros((self.slab.about.shape[self.index], *shape), np.int64)


def voxels_by_layer(slab: Slab, axis: Axis) -> State:
    """``voxels``: ``(N, P)``, voxels of each phase in each layer along an axis.

    Args:
        slab: some layers of a box along z.
        axis: of the profile.
    """
    turned, phases = TurnedSlab(slab, axis), len(slab.grid.phases)
    counts = turned.zeros(phases)
    for number, places in turned.layers():
        owned = turned.labels[places[0] : places[0] + 1, turned.shared :]
        counts[number] = voxels(owned, phases) if owned.size else 0
    return {"voxels": counts}


def pairs_by_layer(slab: Slab, axis: Axis, estimator: Counted) -> State:
    """``eighths``: ``(N, D, P)``, eighths of the unlike pairs of each phase, by layer and direction.

    Those along a direction that leads out of the layer lie between it and the next, all others in it.

    Args:
        slab: some layers of a box along z.
        axis: of the profile.
        estimator: ``crofton`` or ``faces``, see `porenet_estimators.interfaces`.
    """
    turned, (steps, extended) = TurnedSlab(slab, axis), steps_of(estimator)
    counts = turned.zeros(len(steps), len(slab.grid.phases))
    along = [_forward((step[turned.order[0]], step[turned.order[1]], step[turned.order[2]])) for step in steps]
    for sought, leads_out in ((turned.layers(), 0), (turned.neighbours(), 1)):
        chosen = [number for number, step in enumerate(along) if step[0] == leads_out]
        for number, places in sought:
            counts[number, chosen] = _pairs(turned, places, [along[direction] for direction in chosen], extended)
    return {"eighths": counts}


def _pairs(turned: TurnedSlab, places: Places, steps: Sequence[Step], extended: bool) -> NDArray[np.int64]:
    """``(len(steps), P)``, eighths of the unlike pairs in some layers."""
    layers, phases = turned.labels[places], len(turned.slab.grid.phases)

    def count(labels: NDArray[np.uint8], chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        pairs = [(step, extended) for step, is_chosen in zip(steps, chosen, strict=True) if is_chosen]
        part = np.ascontiguousarray(labels)
        eighths = part_counts(part, phases, pairs, [], periodic=turned.periodic, part=INSIDE)[1]
        of_phases: NDArray[np.int64] = eighths.sum(axis=2)
        return of_phases

    counts = np.zeros((len(steps), phases), np.int64)
    along_z = np.array([bool(turned.index) and step[1] != 0 for step in steps])
    if not turned.shared and (not extended or _stands_for_its_ends(turned.slab)):
        return count(layers, np.ones(len(steps), np.bool_))
    if turned.shared < layers.shape[1]:
        counts[~along_z] = count(layers[:, turned.shared :], ~along_z)
    counts[along_z] = count(layers, along_z)
    if extended and layers.shape[1] > 1:
        # Of two rows along z alone the only pair counts twice: half of it is what an end of the box would add.
        for is_end, ends in ((turned.slab.part.first, slice(None, 2)), (turned.slab.part.last, slice(-2, None))):
            if not is_end:
                counts[along_z] -= count(layers[:, ends], along_z) // 4
    return counts


def _stands_for_its_ends(slab: Slab) -> bool:
    """Whether the outermost pairs along z count as they do in a box of the slab alone."""
    return slab.part.first and slab.part.last


def _forward(step: Step) -> Step:
    """The step or its opposite, which leads to the same pairs: the one that does not lead back along the first axis."""
    return step if step[0] >= 0 else (-step[0], -step[1], -step[2])


def lines_by_layer(slab: Slab, axis: Axis, supplied: Supplied) -> State:
    """``lines``: ``(N, 3, 3)``, lines that are active, that may be, and all, by layer and direction (z, y, x).

    Those along the axis lie in the layer, all others between it and the next.

    Args:
        slab: some layers of a box along z, with the faces that components reach.
        axis: of the profile.
        supplied: the triple of phases, and what supplies them.
    """
    turned = TurnedSlab(slab, axis)
    marks = turned.turned(slab.reached(supplied.wraps))
    bits = np.zeros(max(len(slab.grid.phases), 1 + max(supplied.triple)), np.int64)
    bits[list(supplied.triple)] = supplied.supplied

    def count(places: Places, rows: slice = slice(None)) -> NDArray[np.int64]:
        layers = np.ascontiguousarray(turned.labels[places][:, rows])
        supply = Supply(np.ascontiguousarray(marks[places][:, rows]), bits.tolist(), supplied.possible)
        lines = triple_lines(layers, [supplied.triple], supply=supply, periodic=turned.periodic)
        return np.concatenate([lines.active, lines.possible, lines.total])

    along, second, third = turned.order
    counts = turned.zeros(3, 3)
    for number, places in turned.layers():
        counts[number, :, along] = count(places)[:, 0]
    for number, places in turned.neighbours():
        lines = count(places)
        if turned.shared:  # a line along z lies in one layer of z
            lines[:, 1] -= count(places, slice(turned.shared))[:, 1]
        counts[number, :, second], counts[number, :, third] = lines[:, 1], lines[:, 2]
    return {"lines": counts}
