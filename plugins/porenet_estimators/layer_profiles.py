"""Profiles along an axis: what each layer of voxels adds to a density, and densities of parts of equal thickness.

A layer has what lies inside it and half of what lies between it and each neighbour, so that the layers add up to the
whole volume.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from porenet.interface import AXES, Axis
from porenet.slabs import About
from porenet_estimators.interfaces import Counted, areas_of, steps_of
from porenet_estimators.turned_slab import State


def joined(first: State, second: State) -> State:
    """Counts of two neighbouring slabs, by layer."""
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
