"""Neck diameters: the bottlenecks between the particles of each phase."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Lt
from numpy.typing import NDArray

from porenet.interface import Undefined, Value, Volume
from porenet_topology.ball_sizes import ABSENT, QUANTILES, UNBOUNDED
from porenet_topology.particle_necks import SMALLEST, neck_diameters

NONE = Undefined("the phase has no necks")


def neck_diameter(
    volume: Volume, *, ratio: Annotated[float, Gt(0), Lt(1)] = 0.8, smallest: Annotated[float, Ge(0)] = SMALLEST
) -> dict[str, Value]:
    r"""Quantiles of the diameters of the necks between the particles of each phase, by number.

    .. math:: d = 2 \max_{w:\, a \to b} \; \min_{x \in w} R(x)

    between the hearts a and b of two particles, with R the radius of the largest ball at x that lies within the phase
    and w a path of its centre. The largest balls of a phase, centred on the centres and corners of voxels, are the
    hearts of its particles. As the diameter is lowered, balls find ways to one another: where two pieces meet, at the
    saddle of the clearance, is a neck, and its diameter is that of the ball that just passes. Pieces are two particles
    if that diameter is less than ``ratio`` of the largest ball of the smaller one, otherwise they are one, with no
    neck. A piece whose largest ball is below ``smallest`` does not count as a particle: the voxels do not resolve it,
    and stairs and speckle have many. So each particle but the largest of its component has one neck, the widest way to
    a larger particle, and every bottleneck on the widest way between any two particles is among them.

    Open faces of the box do not count as walls: a particle that is cut by one counts, and a neck that is cut reads as
    wide as what is in the box allows. A periodic axis wraps.

    Known defects. The diameter of a neck between two balls is that of the circle in which they meet, less up to one and
    a half voxels (the stairs of `phase_size`): 0.6 voxels in the median of balls of radius 9 voxels. Narrower necks
    that close a ring are not among them. What is a particle is a matter of ``ratio``.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        ratio: a neck is narrower than this share of the smaller particle, dimensionless.
        smallest: diameter of the smallest particle that counts, shortest voxel edges.

    Returns:
        ``P.d10``, ``P.d50``, ``P.d90`` for each phase P, um: the diameter that so many of the necks do not exceed;
        `Undefined` where the phase is absent, fills the volume, or has no necks.
    """
    diameters_um, voxels = neck_diameters(volume, ratio, smallest), volume.labels.size
    return {
        f"{phase}.{name}": value
        for label, phase in enumerate(volume.grid.phases)
        for name, value in _quantiles(diameters_um[phase], int((volume.labels == label).sum()), voxels).items()
    }


def _quantiles(diameters_um: NDArray[np.float64], of_phase: int, voxels: int) -> dict[str, Value]:
    if of_phase in (0, voxels):
        return dict.fromkeys(QUANTILES, UNBOUNDED if of_phase else ABSENT)
    if not len(diameters_um):
        return dict.fromkeys(QUANTILES, NONE)
    return {name: float(np.quantile(diameters_um, share, method="inverted_cdf")) for name, share in QUANTILES.items()}
