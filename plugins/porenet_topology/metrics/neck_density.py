"""Neck density: the number of necks between the particles of each phase, per volume."""

from __future__ import annotations

import math
from typing import Annotated

from annotated_types import Ge, Gt, Lt

from porenet.interface import Volume
from porenet_topology.particle_necks import SMALLEST, neck_diameters


def neck_density(
    volume: Volume, *, ratio: Annotated[float, Gt(0), Lt(1)] = 0.8, smallest: Annotated[float, Ge(0)] = SMALLEST
) -> dict[str, float]:
    r"""Number of the necks of `neck_diameter` per total volume.

    .. math:: N_V = \frac{n_{particles} - n_{components}}{V}

    In a component of the phase it is the number of particles less one.

    Known defects. Those of `neck_diameter`; and the number depends on ``ratio``, which says from which narrowing on a
    piece is two particles. A ring of particles counts without the neck that closes it.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        ratio: a neck is narrower than this share of the smaller particle, dimensionless.
        smallest: diameter of the smallest particle that counts, shortest voxel edges.

    Returns:
        Phase name -> um^-3, of a section um^-2; 0 where the phase is absent, fills the volume, or has no necks.
    """
    total = volume.labels.size * math.prod(volume.grid.edges_um)  # um^3, of a section um^2
    return {phase: len(necks) / total for phase, necks in neck_diameters(volume, ratio, smallest).items()}
