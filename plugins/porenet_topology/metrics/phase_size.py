"""Phase sizes: the continuous distribution of diameters, by the balls that cover each phase."""

from __future__ import annotations

from porenet.interface import Value, Volume
from porenet_topology.ball_sizes import size_quantiles


def phase_size(volume: Volume) -> dict[str, Value]:
    r"""Quantiles of the continuous size distribution of each phase, which is its local thickness, by volume.

    .. math:: s(v) = 2 \max \{ R(x) : \lVert x - v \rVert < R(x) \}

    The size at a voxel is the diameter of the largest ball within the phase that reaches the voxel; R(x) is the radius
    of the largest ball at x. A ball lies within the phase if it stays in the closed voxels of the phase; it is centred
    on the centre or on a corner of a voxel; it reaches a voxel if the nearest point of the voxel is less than its
    radius away. So a slab w voxels thick has the size w voxel edges, odd or even, and a straight channel its smaller
    width. PoreSpy's radius is the distance from a voxel's centre to the nearest centre of another phase, so that its
    diameter of a slab w voxels thick is w + 1 voxels (w odd) or w (w even).

    The structure beyond an open face is unknown and does not count as a wall: a ball is measured by what is in the box.
    A periodic axis wraps. Quantiles are over voxels: ``d50`` is the least diameter that half of the phase's volume does
    not exceed.

    Source: B. Muench and L. Holzer, J. Am. Ceram. Soc. 91 (2008) 4059, https://doi.org/10.1111/j.1551-2916.2008.02736.x
    (continuous pore size distribution); local thickness: T. Hildebrand and P. Rueegsegger, J. Microsc. 185 (1997) 67,
    https://doi.org/10.1046/j.1365-2818.1997.1340694.x.

    Known defects. A smooth body that was cut into voxels reads about one to one and a half voxels less than it was,
    because its walls are stairs: compare values at one voxel size. A single speckled voxel in the middle of a thick
    part about halves the sizes around it.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.

    Returns:
        ``P.d10``, ``P.d50``, ``P.d90`` for each phase P, um; `Undefined` where it is absent, or fills the volume.
    """
    return {
        f"{phase}.{name}": value
        for phase, quantiles in size_quantiles(volume).items()
        for name, value in quantiles.items()
    }
