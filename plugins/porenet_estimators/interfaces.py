"""Interface densities of every pair of phases, counted on pairs of neighbouring voxels."""

from __future__ import annotations

import functools
import itertools
import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import FACE_STEPS, Step
from porenet.errors import argument
from porenet.interface import Grid, InputError, Volume
from porenet.slabs import Need, Summary

DIRECTIONS: tuple[Step, ...] = tuple(
    (z, y, x) for z, y, x in itertools.product((-1, 0, 1), repeat=3) if (z, y, x) > (0, 0, 0)
)
"""From a voxel to its 26 neighbours, one of each opposite two: 13 directions, all within a 2x2x2 configuration."""

Counted = Literal["crofton", "faces"]
"""Estimators that count pairs of voxels."""

SAMPLED_NORMALS = 4000
"""Normals on half a sphere that `crofton_range` tries."""
LARGEST_ASPECT = 1000
"""Beyond it some of the 13 directions point the same way (the Voronoi cells collapse at 1e6)."""


def face_densities(volume: Volume) -> NDArray[np.float64]:
    """Area of the faces between unlike voxels, per volume: an exact count.

    The outer faces of the box do not count, and nothing is added for interfaces on them: a box of 32^3 voxels holds 3 %
    less than its share of a structure that continues. A grid-aligned surface is exact; a surface in random orientation
    reads 1.5 times its area, as the mean of |n_z| + |n_y| + |n_x| over all normals n is 3/2.

    Args:
        volume: any labelled structure; across a periodic axis the last voxel and the first share a face.

    Returns:
        ``(P, P)``, um^-1, symmetric, 0 on the diagonal.
    """
    return densities(Summary.whole(volume, pairs_needed("faces")), "faces")


def face_areas(grid: Grid, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """What a face across each axis adds to an interface density, ``(3,)`` um^-1; shape (Z, Y, X), voxels."""
    return 1 / (math.prod(shape) * np.array(grid.voxel_um))


def crofton_densities(volume: Volume) -> NDArray[np.float64]:
    r"""Area of the interfaces per volume by Crofton's formula, in 13 directions.

    .. math:: S_V = 2 \sum_d w_d \frac{N_d}{N \, |v_d|}

    A line crosses a surface S_V / 2 times a length, averaged over all directions. Along direction d the crossings are
    the N_d pairs of voxels one step v_d apart that lie in different phases, and the lines are N |v_d| long together;
    w_d is the share of the sphere that is nearest to d (J. Ohser and F. Muecklich, Statistical Analysis of
    Microstructures in Materials Science, 2000). The mean over planes in random orientation is 1.00 of their area,
    whatever the voxels; a grid-aligned one of cubes reads 0.93, and one of other voxels what `crofton_range` says.

    An open box has fewer pairs than voxels. The last pairs stand for the half step between them and the box face, so
    that a structure that goes on beyond the box is read without bias and a body inside the box is not touched.
    A direction in which the box holds no pair (one voxel thick, open) is left out and the others take its share.

    Args:
        volume: any labelled structure.

    Returns:
        ``(P, P)``, um^-1, symmetric, 0 on the diagonal; all 0 for a single voxel.

    Raises:
        InputError: one voxel edge is more than 1000 times another.
    """
    return densities(Summary.whole(volume, pairs_needed("crofton")), "crofton")


def counted(estimator: str, where: str) -> Counted:
    """An estimator that counts pairs of voxels, as a measurement by slabs needs it.

    Args:
        estimator: of a metric.
        where: name of the metric, for messages.

    Raises:
        InputError: the estimator reads fields, for which the volume must be in memory.
    """
    if estimator not in ("crofton", "faces"):
        raise InputError(
            f"{estimator!r} needs the whole volume in memory",
            where=f"{where}.estimator",
            fix="By slabs there are crofton and faces.",
        )
    return estimator  # type: ignore[return-value]


def pairs_needed(estimator: Counted) -> Need:
    """The pairs of voxels that `densities` reads."""
    steps, extended = (DIRECTIONS, True) if estimator == "crofton" else (FACE_STEPS, False)
    return Need(pairs=frozenset((step, extended) for step in steps))


def densities(counts: Summary, estimator: Counted) -> NDArray[np.float64]:
    """Interface densities of every pair of phases from counts of a volume, in memory or read by slabs.

    Args:
        counts: of the whole volume, with `pairs_needed`.
        estimator: ``crofton`` or ``faces``.

    Returns:
        ``(P, P)``, um^-1, symmetric, 0 on the diagonal.

    Raises:
        InputError: with ``crofton``, one voxel edge is more than 1000 times another.
    """
    grid, shape = counts.about.grid, counts.about.shape
    if estimator == "crofton":
        return np.tensordot(crofton_areas(grid, shape), counts.pairs(DIRECTIONS, extended=True), 1)
    return np.tensordot(face_areas(grid, shape), counts.pairs(FACE_STEPS), 1)


def crofton_areas(grid: Grid, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """What a pair of unlike voxels in each direction adds to the interface density of `crofton_densities`.

    Args:
        grid: phases, voxel edges (um) and boundaries.
        shape: (Z, Y, X), voxels.

    Returns:
        ``(13,)``, um^-1, in the order of `DIRECTIONS`; 0 where the box holds no pair.

    Raises:
        InputError: one voxel edge is more than 1000 times another.
    """
    sampled = [
        all(step == 0 or size > 1 or wraps for step, size, wraps in zip(d, shape, grid.periodic, strict=True))
        for d in DIRECTIONS
    ]
    shares = direction_shares(grid.voxel_um) * sampled
    lengths_um = np.linalg.norm(np.array(DIRECTIONS) * np.array(grid.voxel_um), axis=1)
    areas: NDArray[np.float64] = 2 * shares / ((shares.sum() or 1) * math.prod(shape) * lengths_um)
    return areas


def crofton_bias(voxel_um: tuple[float, float, float], normals: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""What `crofton_densities` reads of planes, per true area: 2 sum_d w_d |n . u_d|.

    Args:
        voxel_um: voxel edges (z, y, x), um; only their ratios matter.
        normals: ``(N, 3)``, unit vectors (z, y, x).

    Returns:
        ``(N,)``, dimensionless; its mean over all normals is 1.
    """
    steps = np.array(DIRECTIONS) * np.array(voxel_um)
    units = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    bias: NDArray[np.float64] = 2 * np.abs(normals @ units.T) @ direction_shares(voxel_um)
    return bias


def crofton_range(voxel_um: tuple[float, float, float]) -> tuple[float, float]:
    """Least and most that `crofton_densities` reads of a plane, per true area, over its direction.

    13 directions sample the sphere well where voxels are cubes. Where they are not, most directions lie near the long
    edge, and planes are read by their direction: cubes 0.93 to 1.02, edges of 1, 0.5 and 0.25 um 0.80 to 1.12, edges of
    1, 0.1 and 0.1 um 0.69 to 1.10. An isotropic structure is read rightly all the same; for one with a direction use
    ``heat`` or ``tv``, or resample it to cubes.

    Args:
        voxel_um: voxel edges (z, y, x), um; only their ratios matter.

    Returns:
        Two numbers, dimensionless; to about 0.005.
    """
    height = (np.arange(SAMPLED_NORMALS) + 0.5) / SAMPLED_NORMALS
    turn = np.pi * (3 - math.sqrt(5)) * np.arange(SAMPLED_NORMALS)
    radius = np.sqrt(1 - height**2)
    spiral = np.stack([height, radius * np.cos(turn), radius * np.sin(turn)], axis=1)
    bias = crofton_bias(voxel_um, np.concatenate([spiral, np.eye(3)]))
    return float(bias.min()), float(bias.max())


@functools.cache
def direction_shares(voxel_um: tuple[float, float, float]) -> NDArray[np.float64]:
    """Share of the sphere that lies nearest to each of the 13 directions and their opposites.

    Args:
        voxel_um: voxel edges (z, y, x), um; only their ratios matter.

    Returns:
        ``(13,)``, dimensionless, in the order of `DIRECTIONS`; they sum to 1. For a cubic voxel 0.0916 along the
        edges, 0.0740 along the face diagonals, 0.0704 along the space diagonals.

    Raises:
        InputError: one edge is more than 1000 times another.
    """
    from scipy.spatial import SphericalVoronoi

    if max(voxel_um) > LARGEST_ASPECT * min(voxel_um):
        raise InputError(
            f"a voxel of {voxel_um} um is too flat for directions through its corners",
            where=argument("voxel_um", of="Grid"),
            fix=f"Use estimator = 'faces', or edges within a factor of {LARGEST_ASPECT}.",
        )
    steps = np.array(DIRECTIONS) * np.array(voxel_um)
    units = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    areas = SphericalVoronoi(np.concatenate([units, -units])).calculate_areas()
    both: NDArray[np.float64] = (areas[:13] + areas[13:]) / areas.sum()
    return both
