"""Which voxels are fed, which cross the volume, and of which the volume does not show enough."""

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
    """The axes that the faces stand on; z if there is no face."""
    return tuple(axis for axis in AXES if axis in map(axis_of, faces)) or ("z",)


def going_on(found: Components, volume: Volume, axes: Collection[Axis]) -> NDArray[np.bool_]:
    """The components that touch a side of the box, beyond which they may join others.

    Args:
        found: its components with these axes open.
        volume: the volume.
        axes: those of transport, whose faces are no sides; neither are those of a periodic axis.

    Returns:
        ``(K,)`` bool.
    """
    return found.touching(sides(volume.grid.periodic, *axes))


def wraps_of(grid: Grid, supply: Supply, phase: str) -> list[bool]:
    """Along which axes the network of a phase goes on round the box, as the drawing and the metric ``tpb`` have it.

    Args:
        grid: the grid.
        supply: the faces that feed its phases.
        phase: one of them; one of the three of the boundary is open where these are fed, another where any phase is.

    Returns:
        For z, y and x: periodic, and not an axis of supply.
    """
    fed = supply.triple if supply.active == "reachable" and phase in (supply.triple or ()) else None
    open_axes = axes_of([supply.reservoirs[one] for one in (fed or supply.reservoirs)])
    return list(opened(grid.periodic, *open_axes))


def networks(volume: Volume, reservoirs: Mapping[str, Face]) -> NDArray[np.uint8]:
    """What is known of each voxel's network, for the picture.

    Args:
        volume: any labelled structure.
        reservoirs: the face that feeds each phase; phases without one are fed by none.

    Returns:
        ``(Z, Y, X)`` uint8 of bits: `SUPPLIED`: joined to the face that feeds its phase; `SPANNING`: joined to z = 0
        and z = max, z being open; `UNKNOWN`: not supplied (not spanning, for a phase without a reservoir), and it
        touches a side of the box, beyond which it may be.
    """
    axes = axes_of(tuple(reservoirs.values()))
    found, crossing = volume.opened(*axes), volume.opened("z")
    bits = np.zeros(len(found.phases), np.uint8)
    side = going_on(found, volume, axes)
    fed = np.zeros(len(found.phases), np.bool_)
    for phase, face in reservoirs.items():
        of_phase = found.phases == volume.grid.index(phase)
        supplied = of_phase & found.touching((face,))
        bits[supplied] |= SUPPLIED
        bits[of_phase & side & ~supplied] |= UNKNOWN
        fed |= of_phase
    spanning = crossing.spread(crossing.spanning("z") * np.uint8(SPANNING))
    shown = found.spread(bits) | spanning
    shown[found.select(side & ~fed) & (spanning == 0)] |= UNKNOWN
    return shown
