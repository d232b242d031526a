"""Profiles along an axis: what each layer of voxels adds to a density, and densities of parts of equal thickness.

A layer has what lies inside it and half of what lies between it and each neighbour, so that the layers add up to the
whole volume. What lies between is counted on the two layers alone: profiles need no more of a volume at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import FACE_STEPS, Step, unlike_pairs, voxels
from porenet.interface import AXES, Axis, Volume
from porenet_estimators.interfaces import DIRECTIONS, crofton_areas, face_areas

Order = tuple[int, int, int]


def layered(volume: Volume, axis: Axis) -> tuple[NDArray[np.uint8], Order]:
    """Labels with an axis first.

    Args:
        volume: any labelled structure.
        axis: to come first.

    Returns:
        ``(layers, ., .)``, C order, and the axes of the volume in that order.
    """
    first = AXES.index(axis)
    order = (first, *(other for other in range(3) if other != first))
    return np.ascontiguousarray(volume.labels.transpose(order)), order  # type: ignore[return-value]


def neighbouring_layers(depth: int, wraps: bool) -> Iterator[tuple[int, int]]:
    """Each layer and the next; the last and the first are neighbours if the axis wraps."""
    for layer in range(depth if wraps else depth - 1):
        yield layer, (layer + 1) % depth


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


def layer_fractions(volume: Volume, axis: Axis) -> NDArray[np.float64]:
    """What each layer adds to the volume fraction of each phase, ``(N, P)``, dimensionless."""
    labels, _ = layered(volume, axis)
    counts = [voxels(layer[None], len(volume.grid.phases)) for layer in labels]
    return np.array(counts) / labels.size


def layer_surfaces(volume: Volume, axis: Axis, estimator: Literal["crofton", "faces"]) -> NDArray[np.float64]:
    """What each layer adds to the surface density of each phase.

    With ``crofton`` the outermost pairs of voxels stand for the half voxel up to an open face too: that is the outer
    layer's.

    Args:
        volume: any labelled structure.
        axis: of the profile.
        estimator: ``crofton`` or ``faces``, see `porenet_estimators.interfaces`.

    Returns:
        ``(N, P)``, um^-1, per volume of the whole box.

    Raises:
        InputError: with ``crofton``, one voxel edge is more than 1000 times another.
    """
    extended = estimator == "crofton"
    steps, areas_of = (DIRECTIONS, crofton_areas) if extended else (FACE_STEPS, face_areas)
    areas = areas_of(volume.grid, volume.labels.shape)
    labels, order = layered(volume, axis)
    wraps, *around = (volume.grid.periodic[other] for other in order)
    turned = [_forward((step[order[0]], step[order[1]], step[order[2]])) for step in steps]

    def surfaces(layers: NDArray[np.uint8], across: int) -> NDArray[np.float64]:
        """Of the pairs one step apart that lie in one layer (0), or in two (1)."""
        chosen = [number for number, step in enumerate(turned) if step[0] == across]
        pairs = unlike_pairs(
            layers,
            len(volume.grid.phases),
            [turned[number] for number in chosen],
            extended=extended,
            periodic=(False, *around),  # type: ignore[arg-type]
        )
        surfaces: NDArray[np.float64] = areas[chosen] @ pairs.sum(axis=2)
        return surfaces

    shares = np.array([surfaces(layer[None], 0) for layer in labels])
    for layer, following in neighbouring_layers(len(labels), wraps):
        # Of two layers alone the only pair counts twice with ``extended``.
        half = surfaces(labels[[layer, following]], 1) / (4 if extended else 2)
        shares[layer] += half
        shares[following] += half
        if extended and not wraps:
            shares[layer] += half * (layer == 0)
            shares[following] += half * (following == len(labels) - 1)
    return shares


def _forward(step: Step) -> Step:
    """The step or its opposite, which leads to the same pairs: the one that does not lead back along the first axis."""
    return step if step[0] >= 0 else (-step[0], -step[1], -step[2])
