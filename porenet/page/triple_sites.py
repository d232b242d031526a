"""Voxel edges at which three phases meet: their places, for the drawing, and their supply.

The edges are those of the metric ``tpb`` with its estimator ``edges``, which gives their length but not their places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill import Components
from porenet.interface import Face, Volume, layer_of
from porenet.page.networks import axes_of, side_components
from porenet.page.supply import Supply

KINDS = ("active", "unknown", "inactive")
"""Fed by all three phases; possibly fed from outside the box; not fed. As in the metric ``tpb``."""
SLAB = 32
"""Layers processed at once: at 512^3 the codes of a slab take 17 MB instead of 270."""

Places = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, eq=False, slots=True)
class TripleSites:
    """The triple-phase boundary of one volume.

    Attributes:
        field: ``(Z, Y, X)`` uint8, two bits per direction, those of z lowest: 0 for no edge, else 1 + its index in
            `KINDS`. An edge is stored at the highest of its four voxels (at 0 on a periodic axis across which
            they wrap). Up to three edges share a voxel; at 8 bytes per edge, noise of 128^3 took 20 MB.
        counts: ``(3, 3)`` int64: number of edges by kind and direction.
        components: components of the volume with the axes of supply open.
        at_active_edge: ``(K,)`` bool: components that lie at an active edge.
    """

    field: NDArray[np.uint8]
    counts: NDArray[np.int64]
    components: Components
    at_active_edge: NDArray[np.bool_]

    def count(self, kind: str) -> int:
        """Number of edges of a kind of `KINDS`, or of all for ``total``."""
        return int(self.counts.sum() if kind == "total" else self.counts[KINDS.index(kind)].sum())

    def points(self) -> int:
        """Number of edges along z: of a section, the points at which the three phases meet."""
        return int(self.counts[:, 0].sum())


def triple_sites(volume: Volume, supply: Supply, triple: tuple[str, str, str]) -> TripleSites:
    """Find the triple-phase boundary.

    Args:
        volume: any labelled structure.
        supply: the faces that feed the phases.
        triple: the three phases.
    """
    faces = [supply.reservoirs[phase] for phase in triple] if supply.active == "reachable" else None
    axes = axes_of(faces or ())
    components = volume.opened(*axes)
    codes = _codes(volume, components, triple, faces, side_components(components, volume, axes))
    counts, at_active_edge = np.zeros((3, 3), np.int64), np.zeros(len(components.phases), np.bool_)
    field = np.zeros(volume.labels.shape, np.uint8)
    for direction, places, joined in _edges(codes, components.ids, volume.grid.periodic):
        kinds = np.where(joined >> 6 == 0b111, 0, np.where(joined >> 3 & 0b111 == 0b111, 1, 2))
        counts[:, direction] += np.bincount(kinds, minlength=3)
        field[places] |= (kinds + 1 << 2 * direction).astype(np.uint8)
        active = kinds == 0
        for corner in _around(direction, tuple(place[active] for place in places)):
            at_active_edge[components.ids[corner]] = True
    return TripleSites(field, counts, components, at_active_edge)


def blocked_inlet(volume: Volume, sites: TripleSites, phase: str, face: Face) -> float | None:
    """Share of a phase's inlet voxels (on the face that feeds it) from which no active edge can be reached.

    Args:
        volume: the volume.
        sites: its triple-phase boundary.
        phase: one of the three phases.
        face: the face that feeds it.

    Returns:
        0 to 1; None if the phase has no voxel on the face.
    """
    axis, layer = layer_of(face)
    inlet = np.take(volume.labels, layer, axis) == volume.grid.index(phase)
    if not inlet.any():
        return None
    return float(np.mean(~sites.at_active_edge[np.take(sites.components.ids, layer, axis)[inlet]]))


def _codes(
    volume: Volume,
    components: Components,
    triple: tuple[str, str, str],
    faces: list[Face] | None,
    side: NDArray[np.bool_],
) -> NDArray[np.uint16]:
    """``(K,)``: bit i for components of the i-th phase, 3 + i if fed or possibly fed, 6 + i if fed."""
    codes = np.zeros(len(components.phases), np.uint16)
    for i, phase in enumerate(triple):
        fed = components.touching((faces[i],)) if faces else components.spanning("z")
        bits = (1 << i) + ((fed | side).astype(np.uint16) << 3 + i) + (fed.astype(np.uint16) << 6 + i)
        of_phase = components.phases == volume.grid.index(phase)
        codes[of_phase] = bits[of_phase]
    return codes


def _edges(
    codes: NDArray[np.uint16], ids: NDArray[np.uint32], periodic: tuple[bool, bool, bool]
) -> Iterator[tuple[int, Places, NDArray[np.uint16]]]:
    """Direction, highest voxel and joined code of every edge whose voxels hold all three phases, slab by slab."""
    depth = len(ids)
    for start in range(0, depth, SLAB):
        stop = min(start + SLAB, depth)
        here = codes[ids[start:stop]]
        before = codes[ids[start - 1]][None] if start or periodic[0] else None  # ids[-1] wraps to layer 0
        for direction in range(3):
            joined, first = here, [start, 0, 0]
            if direction != 0:
                lower = here[:-1] if before is None else np.concatenate([before, here[:-1]])
                joined = here[len(here) - len(lower) :] | lower
                first[0] += len(here) - len(lower)
            for axis in {1, 2} - {direction}:
                if periodic[axis]:
                    joined = joined | np.roll(joined, 1, axis)
                else:
                    joined = _from(joined, axis, 1) | _to_last(joined, axis)
                    first[axis] = 1
            z, y, x = np.nonzero(joined & 0b111 == 0b111)
            yield direction, (z + first[0], y + first[1], x + first[2]), joined[z, y, x]


def _around(direction: int, places: tuple[NDArray[np.intp], ...]) -> Iterator[tuple[NDArray[np.intp], ...]]:
    """The four voxels round each edge; index -1 is numpy's last voxel, which wraps to the one below index 0."""
    first, second = (axis for axis in range(3) if axis != direction)
    for down in (0, 1):
        for across in (0, 1):
            steps = {first: down, second: across}
            yield tuple(place - steps.get(axis, 0) for axis, place in enumerate(places))


def _from(array: NDArray[np.uint16], axis: int, start: int) -> NDArray[np.uint16]:
    return array[(slice(None),) * axis + (slice(start, None),)]


def _to_last(array: NDArray[np.uint16], axis: int) -> NDArray[np.uint16]:
    return array[(slice(None),) * axis + (slice(None, -1),)]
