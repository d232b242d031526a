"""Networks of voxels: supplied, spanning, or unknown because they may continue outside the volume."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill import Components
from porenet.interface import AXES, Axis, Face, Grid, Volume, axis_of, opened, sides
from porenet.page.supply import Supply

SUPPLIED, SPANNING, UNKNOWN = 1, 2, 4
"""Bits of a voxel of `networks`."""


def axes_of(faces: Collection[Face]) -> tuple[Axis, ...]:
    """The axes normal to the faces; z if there is no face."""
    return tuple(axis for axis in AXES if axis in map(axis_of, faces)) or ("z",)


def side_components(components: Components, volume: Volume, axes: Collection[Axis]) -> NDArray[np.bool_]:
    """Components that touch a side of the box, beyond which they may join others.

    Args:
        components: K components of the volume with these axes open.
        volume: the volume.
        axes: axes of transport. Their faces are not sides, nor are those of periodic axes.

    Returns:
        ``(K,)`` bool, one per component.
    """
    return components.touching(sides(volume.grid.periodic, *axes))


def wraps_of(grid: Grid, supply: Supply, phase: str) -> list[bool]:
    """Axes along which the network of a phase wraps round the box, in the drawing and in the metric ``tpb``.

    Args:
        grid: phases and boundaries.
        supply: the faces that feed its phases.
        phase: a phase of the grid. A phase of the triple-phase boundary is open along the supply axes of its three
            phases, any other phase along the supply axes of all phases.

    Returns:
        One bool per axis (z, y, x): periodic, and not an axis of supply.
    """
    fed = supply.triple if supply.active == "reachable" and phase in (supply.triple or ()) else None
    open_axes = axes_of([supply.reservoirs[name] for name in (fed or supply.reservoirs)])
    return list(opened(grid.periodic, *open_axes))


def networks(volume: Volume, reservoirs: Mapping[str, Face]) -> NDArray[np.uint8]:
    """State of each voxel's network, for the drawing.

    Args:
        volume: any labelled structure.
        reservoirs: the face that feeds each phase; a phase without a face is not fed.

    Returns:
        ``(Z, Y, X)`` uint8 of bits. `SUPPLIED`: connected to the face that feeds its phase. `SPANNING`: connected to
        z = 0 and z = max, with z open. `UNKNOWN`: not supplied (for a phase without a reservoir: not spanning), but it
        touches a side of the box and may be supplied (or spanning) outside.
    """
    axes = axes_of(tuple(reservoirs.values()))
    components, z_components = volume.opened(*axes), volume.opened("z")
    bits = np.zeros(len(components.phases), np.uint8)
    side = side_components(components, volume, axes)
    fed = np.zeros(len(components.phases), np.bool_)
    for phase, face in reservoirs.items():
        of_phase = components.phases == volume.grid.index(phase)
        supplied = of_phase & components.touching((face,))
        bits[supplied] |= SUPPLIED
        bits[of_phase & side & ~supplied] |= UNKNOWN
        fed |= of_phase
    spanning = z_components.spread(z_components.spanning("z") * np.uint8(SPANNING))
    voxel_bits = components.spread(bits) | spanning
    voxel_bits[components.select(side & ~fed) & (spanning == 0)] |= UNKNOWN
    return voxel_bits
