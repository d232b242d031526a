"""Profiles along an axis: what each layer of voxels adds to a density, and densities of parts of equal thickness.

A layer has what lies inside it and half of what lies between it and each neighbour, so that the layers add up to the
whole volume. Counts are whole numbers, per layer and per pair of layers, so that those of slabs add up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import Part, Step, part_counts, voxels
from porenet.interface import AXES, Axis
from porenet.slabs import About, Slab
from porenet_estimators.interfaces import Counted, areas_of, steps_of

State = Mapping[str, NDArray[np.int64]]
PerAxis = tuple[bool, bool, bool]


@dataclass(frozen=True, eq=False, slots=True)
class Layers:
    """One layer along the axis of a profile, as far as it lies in a slab, or two that are neighbours.

    Attributes:
        number: of the layer in the box, or of the first of the two; the last and the first layer of a periodic axis
            have that of the last.
        labels: ``(z, ., .)`` uint8, C order: along z one or two layers, else the axis comes second, with one or two.
        part: which of the first layers along z are counted, and which pairs count more.
        periodic: per axis of the labels, whether it wraps.
        places: of the layers in the slab, along the axis.
        index: of the axis; where it is x, the labels are ``(z, x, y)``.
    """

    number: int
    labels: NDArray[np.uint8]
    part: Part
    periodic: PerAxis
    places: NDArray[np.int64]
    index: int

    def alike(self, values: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The same layers of another array of the slab."""
        return _cut(values, self.places, self.index)


def layers_of(slab: Slab, axis: Axis) -> Iterator[Layers]:
    """Each layer of a slab along an axis; along z those that it owns.

    Args:
        slab: some layers of a box along z.
        axis: of the profile.
    """
    index = AXES.index(axis)
    first = slab.shared if index == 0 else 0
    for place in range(first, slab.labels.shape[index]):
        yield _layers(slab, index, np.array([place]))


def neighbours_of(slab: Slab, axis: Axis) -> Iterator[Layers]:
    """Every two layers of a slab that are neighbours along an axis.

    Args:
        slab: some layers of a box along z.
        axis: of the profile.
    """
    index = AXES.index(axis)
    size = slab.labels.shape[index]
    wraps = index > 0 and slab.grid.periodic[index]
    for place in range(size if wraps else size - 1):
        yield _layers(slab, index, np.array([place, (place + 1) % size]))


def _layers(slab: Slab, index: int, places: NDArray[np.int64]) -> Layers:
    _, *around = slab.grid.periodic
    if index == 0:
        periodic: PerAxis = (False, around[0], around[1])
        return Layers(slab.z0 + int(places[0]), slab.labels[places], Part(0, False, False), periodic, places, 0)
    periodic = (False, False, around[2 - index])
    return Layers(int(places[0]), _cut(slab.labels, places, index), slab.part, periodic, places, index)


def _cut(values: NDArray[np.uint8], places: NDArray[np.int64], index: int) -> NDArray[np.uint8]:
    chosen = values.take(places, axis=index)
    return np.ascontiguousarray(chosen.transpose(0, 2, 1)) if index == 2 else chosen


def joined(first: State, second: State) -> dict[str, NDArray[np.int64]]:
    """Counts of two neighbouring slabs."""
    return {name: counts + second[name] for name, counts in first.items()}


def layer_shares(
    inside: NDArray[np.float64], between: NDArray[np.float64], wraps: bool, *, extended: bool = False
) -> NDArray[np.float64]:
    """What each layer has: all that lies in it, and half of what lies between it and each neighbour.

    Args:
        inside: ``(N, K)``.
        between: ``(N, K)``, between each layer and the next; the last row is 0 unless the axis wraps.
        wraps: whether the last layer and the first are neighbours.
        extended: whether what lies between the two outermost layers of an open axis also stands for the half voxel up
            to the face of the box; that is the outer layer's.

    Returns:
        ``(N, K)``, unit of the arguments.
    """
    half = between / 2
    shares: NDArray[np.float64] = inside + half + np.roll(half, 1, axis=0)
    if extended and not wraps and len(half) > 1:
        shares[0] += half[0]
        shares[-1] += half[-2]
    return shares


def part_densities(layers: NDArray[np.float64], parts: int) -> NDArray[np.float64]:
    """Densities of the parts of a volume from what each layer adds to those of the whole.

    A cut through a layer divides what the layer has in proportion, so that all parts are equally thick and their mean
    is the density of the whole, whatever the numbers of layers and parts.

    Args:
        layers: ``(N, K)``, what each layer adds to K densities.
        parts: number of parts.

    Returns:
        ``(parts, K)``, unit of the densities.
    """
    depth = len(layers)
    densities = np.zeros((parts, layers.shape[1]))
    for part in range(parts):
        start, stop = part * depth, (part + 1) * depth  # where a layer is ``parts`` thick
        first, last = start // parts, -(-stop // parts)
        edges = np.clip(np.arange(first, last + 1) * parts, start, stop)
        densities[part] = np.diff(edges) @ layers[first:last]
    return densities


def named_parts(names: list[str], axis: Axis, densities: NDArray[np.float64]) -> dict[str, float]:
    """Densities by their keys: ``"<name>.<axis><part>"``, parts from 1 on.

    Args:
        names: of the K densities.
        axis: of the profile.
        densities: ``(parts, K)``.

    Returns:
        Key -> density, name by name.
    """
    return {
        f"{name}.{axis}{part}": float(density)
        for name, profile in zip(names, densities.T, strict=True)
        for part, density in enumerate(profile, start=1)
    }


def voxels_by_layer(slab: Slab, axis: Axis) -> dict[str, NDArray[np.int64]]:
    """``voxels``: ``(N, P)``, voxels of each phase in each layer along an axis.

    Args:
        slab: some layers of a box along z.
        axis: of the profile.
    """
    phases = len(slab.grid.phases)
    counts = np.zeros((slab.about.shape[AXES.index(axis)], phases), np.int64)
    for layer in layers_of(slab, axis):
        owned = layer.labels[layer.part.shared :]
        counts[layer.number] += voxels(owned, phases) if len(owned) else 0
    return {"voxels": counts}


def pairs_by_layer(slab: Slab, axis: Axis, estimator: Counted) -> dict[str, NDArray[np.int64]]:
    """``eighths``: ``(N, D, P)``, eighths of the unlike pairs of each phase, by layer and direction.

    Those along a direction that leads out of the layer lie between it and the next, all others in it.

    Args:
        slab: some layers of a box along z.
        axis: of the profile.
        estimator: ``crofton`` or ``faces``, see `porenet_estimators.interfaces`.
    """
    index, phases, (steps, extended) = AXES.index(axis), len(slab.grid.phases), steps_of(estimator)
    counts = np.zeros((slab.about.shape[index], len(steps), phases), np.int64)
    # Of two layers alone along y or x the only pair counts twice with ``extended``.
    twice = 2 if extended and index else 1
    for sought, across, times in ((layers_of(slab, axis), False, 1), (neighbours_of(slab, axis), True, twice)):
        chosen = [number for number, step in enumerate(steps) if (step[index] != 0) == across]
        turned = [(_turned(steps[number], index), extended) for number in chosen]
        for layers in sought:
            pairs = part_counts(layers.labels, phases, turned, [], periodic=layers.periodic, part=layers.part)[1]
            counts[layers.number, chosen] += pairs.sum(axis=2) // times
    return {"eighths": counts}


def surfaces_by_layer(state: State, about: About, axis: Axis, estimator: Counted) -> NDArray[np.float64]:
    """What each layer adds to the surface density of each phase, ``(N, P)``, um^-1, per volume of the whole box.

    Args:
        state: from `pairs_by_layer`, of the whole box.
        about: the volume.
        axis: of the profile.
        estimator: as in `pairs_by_layer`.

    Raises:
        InputError: with ``crofton``, one voxel edge is more than 1000 times another.
    """
    areas, (steps, extended) = areas_of(estimator, about.grid, about.shape), steps_of(estimator)
    index, pairs = AXES.index(axis), state["eighths"] / 8
    leads_out = np.array([step[index] != 0 for step in steps])
    inside, between = (np.tensordot(pairs[:, those], areas[those], (1, 0)) for those in (~leads_out, leads_out))
    return layer_shares(inside, between, about.grid.periodic[index], extended=extended)


def _turned(step: Step, index: int) -> Step:
    """A step along the axes of the labels of `Layers`."""
    return (step[0], step[2], step[1]) if index == 2 else step
