"""The voxel edges at which three phases meet: where they are, for the picture, and what feeds them.

The same edges as those of the metric ``tpb`` with its estimator ``edges``, which gives lengths and not places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill import Components
from porenet.interface import Face, Volume, layer_of
from porenet.page.networks import axes_of, going_on
from porenet.page.supply import Supply

KINDS = ("active", "unknown", "inactive")
"""Fed by all three phases; perhaps fed from outside the box; not fed. As the metric ``tpb`` has them."""
SLAB = 32
"""Layers looked at at once: at 512^3 the codes of a slab take 17 MB instead of 270."""

Places = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, eq=False, slots=True)
class TripleSites:
    """The triple-phase boundary of one volume.

    Attributes:
        field: ``(Z, Y, X)`` uint8, two bits a direction, those of z lowest: 0 for no edge, else 1 + its index in
            `KINDS`. An edge stands at the highest of its four voxels (at 0 on a periodic axis that they wrap around).
            Up to three edges share a voxel, and at 8 bytes an edge noise of 128^3 made 20 MB.
        counts: ``(3, 3)`` int64: edges by kind and direction.
        components: of the volume, the axes of supply taken as open.
        working: ``(K,)`` bool: the components that lie at an active edge.
    """

    field: NDArray[np.uint8]
    counts: NDArray[np.int64]
    components: Components
    working: NDArray[np.bool_]

    def count(self, kind: str) -> int:
        """Number of edges of a kind; ``total`` for all."""
        return int(self.counts.sum() if kind == "total" else self.counts[KINDS.index(kind)].sum())


def triple_sites(volume: Volume, supply: Supply, triple: tuple[str, str, str]) -> TripleSites:
    """Find the triple-phase boundary.

    Args:
        volume: any labelled structure.
        supply: the faces that feed the phases.
        triple: the three phases.
    """
    faces = [supply.reservoirs[phase] for phase in triple] if supply.active == "reachable" else None
    axes = axes_of(faces or ())
    found = volume.opened(*axes)
    codes = _codes(volume, found, triple, faces, going_on(found, volume, axes))
    counts, working = np.zeros((3, 3), np.int64), np.zeros(len(found.phases), np.bool_)
    field = np.zeros(volume.labels.shape, np.uint8)
    for direction, places, joined in _edges(codes, found.ids, volume.grid.periodic):
        kinds = np.where(joined >> 6 == 0b111, 0, np.where(joined >> 3 & 0b111 == 0b111, 1, 2))
        counts[:, direction] += np.bincount(kinds, minlength=3)
        field[places] |= (kinds + 1 << 2 * direction).astype(np.uint8)
        active = kinds == 0
        for corner in _around(direction, tuple(place[active] for place in places)):
            working[found.ids[corner]] = True
    return TripleSites(field, counts, found, working)


def blocked_inlet(volume: Volume, sites: TripleSites, phase: str, face: Face) -> float | None:
    """Share of a phase's voxels on the face that feeds it from which no active edge can be reached.

    Args:
        volume: the volume.
        sites: its triple-phase boundary.
        phase: one of the three.
        face: that feeds it.

    Returns:
        0 to 1; None if the phase has no voxel there.
    """
    axis, layer = layer_of(face)
    inlet = np.take(volume.labels, layer, axis) == volume.grid.index(phase)
    if not inlet.any():
        return None
    return float(np.mean(~sites.working[np.take(sites.components.ids, layer, axis)[inlet]]))


def _codes(
    volume: Volume,
    found: Components,
    triple: tuple[str, str, str],
    faces: list[Face] | None,
    side: NDArray[np.bool_],
) -> NDArray[np.uint16]:
    """``(K,)``: bit i in components of the i-th phase, 3 + i if they are fed or may be, 6 + i if they are fed."""
    codes = np.zeros(len(found.phases), np.uint16)
    for i, phase in enumerate(triple):
        fed = found.touching((faces[i],)) if faces else found.spanning("z")
        bits = (1 << i) + ((fed | side).astype(np.uint16) << 3 + i) + (fed.astype(np.uint16) << 6 + i)
        of_phase = found.phases == volume.grid.index(phase)
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
        before = codes[ids[start - 1]][None] if start or periodic[0] else None  # ids[-1] is what wraps to layer 0
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
    """The four voxels round each edge; -1 below index 0 is numpy's last, which is what wraps there."""
    one, other = (axis for axis in range(3) if axis != direction)
    for down in (0, 1):
        for across in (0, 1):
            steps = {one: down, other: across}
            yield tuple(place - steps.get(axis, 0) for axis, place in enumerate(places))


def _from(array: NDArray[np.uint16], axis: int, start: int) -> NDArray[np.uint16]:
    return array[(slice(None),) * axis + (slice(start, None),)]


def _to_last(array: NDArray[np.uint16], axis: int) -> NDArray[np.uint16]:
    return array[(slice(None),) * axis + (slice(None, -1),)]
