"""Interface densities of every pair of phases, counted on pairs of neighbouring voxels."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import FACE_STEPS, Step
from porenet.errors import argument
from porenet.interface import Grid, InputError, Undefined, Volume, thin_along
from porenet.slabs import About, Need, Summary
from porenet_estimators.sphere_cells import cell_areas

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
    A direction in which the box holds no pair (one voxel thick, open) is left out and the others take its share: a
    volume of one layer so reads the surface density of what it was cut from, see `layer_without_area`. A section is
    read in the directions of its plane, see `crofton_lengths`.

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


@functools.cache
def pairs_needed(estimator: Counted) -> Need:
    """The pairs of voxels that `densities` reads."""
    steps, extended = steps_of(estimator)
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
    steps, extended = steps_of(estimator)
    areas = areas_of(estimator, counts.about.grid, counts.about.shape)
    pairs = counts.pairs(steps, extended=extended)
    summed: NDArray[np.float64] = np.dot(areas[None], pairs.reshape(len(areas), -1))
    return summed.reshape(pairs.shape[1:])


def steps_of(estimator: Counted) -> tuple[Sequence[Step], bool]:
    """The steps of the pairs that an estimator counts, and whether the outermost along an open axis count more."""
    return (DIRECTIONS, True) if estimator == "crofton" else (FACE_STEPS, False)


@functools.lru_cache(maxsize=64)
def areas_of(estimator: Counted, grid: Grid, shape: tuple[int, int, int]) -> NDArray[np.float64]:
    """What an unlike pair of each of the steps adds to the interface density of an estimator, um^-1.

    Raises:
        InputError: with ``crofton``, one voxel edge is more than 1000 times another.
    """
    areas = (crofton_areas if estimator == "crofton" else face_areas)(grid, shape)
    areas.flags.writeable = False  # it is shared
    return areas


def layer_without_area(about: About) -> Undefined | None:
    """Why Crofton's formula reads no area in a volume, no perimeter in a section: one voxel thick along an open axis.

    It would count crossings in the layer, and give what they mean for a body that the layer was cut from, which is
    neither the area that there is nor the perimeter per area. Of a section of one line of pixels likewise.
    """
    thin = thin_along(about.grid, about.shape)
    if thin is None:
        return None
    advice = "a section has a grid of two edges, voxel_um=(y, x)" if about.grid.dims == 3 else "a line has no perimeter"
    return Undefined(f"{thin.reason}: {advice}")


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
    if grid.dims == 2:
        return crofton_lengths(grid, shape)
    sampled = [
        all(step == 0 or size > 1 or wraps for step, size, wraps in zip(d, shape, grid.periodic, strict=True))
        for d in DIRECTIONS
    ]
    shares = direction_shares(grid.voxel_um) * sampled
    lengths_um = np.linalg.norm(np.array(DIRECTIONS) * np.array(grid.voxel_um), axis=1)
    areas: NDArray[np.float64] = 2 * shares / ((shares.sum() or 1) * math.prod(shape) * lengths_um)
    return areas


def crofton_lengths(grid: Grid, shape: tuple[int, ...]) -> NDArray[np.float64]:
    r"""What a pair of unlike pixels in each direction adds to the length of interface per area of a section.

    .. math:: L_A = \frac{\pi}{2} \sum_d w_d \frac{N_d}{N \, |v_d|}

    A line in the plane crosses a curve 2 / pi L_A times a length, averaged over all directions; w_d is the share of the
    circle that is nearest to d, of the four directions to the eight neighbours. A grid-aligned edge of squares reads
    0.948 of its length, one along a diagonal too, and one in random direction 1.00 on average.

    Args:
        grid: of a section.
        shape: (1, Y, X), pixels.

    Returns:
        ``(13,)``, um^-1, in the order of `DIRECTIONS`; 0 out of the plane, and where the section holds no pair: what is
        one pixel wide is read along its line alone, see `layer_without_area`.

    Raises:
        InputError: one edge is more than 1000 times the other.
    """
    steps, shares = np.array(DIRECTIONS), circle_shares(grid.voxel_um)
    held = [size > 1 or wraps for size, wraps in zip(shape, grid.periodic, strict=True)]
    shares = shares * ((steps == 0) | np.array(held)).all(axis=1)
    lengths_um = np.linalg.norm(steps * np.array(grid.voxel_um), axis=1)
    lengths: NDArray[np.float64] = np.pi / 2 * shares / ((shares.sum() or 1) * math.prod(shape) * lengths_um)
    return lengths


def circle_shares(voxel_um: tuple[float, float, float]) -> NDArray[np.float64]:
    """Share of the circle in the plane (y, x) that lies nearest to each of the 13 directions and their opposites.

    Args:
        voxel_um: voxel edges (z, y, x), um; only the ratio of the last two matters.

    Returns:
        ``(13,)``, dimensionless, in the order of `DIRECTIONS`, 0 out of the plane; they sum to 1. For squares 1/4.

    Raises:
        InputError: one edge is more than 1000 times the other.
    """
    _refuse_flat(voxel_um[1:])
    steps = np.array(DIRECTIONS)
    inside = np.flatnonzero(steps[:, 0] == 0)
    angles = np.arctan2(steps[inside, 1] * voxel_um[1], steps[inside, 2] * voxel_um[2]) % np.pi
    order = np.argsort(angles)
    gaps = np.diff(angles[order], append=angles[order[0]] + np.pi)  # to the next, of which each has half
    shares = np.zeros(len(steps))
    shares[inside[order]] = (gaps + np.roll(gaps, 1)) / (2 * np.pi)
    return shares


def _refuse_flat(edges_um: tuple[float, ...]) -> None:
    if max(edges_um) > LARGEST_ASPECT * min(edges_um):
        raise InputError(
            f"a voxel of {edges_um} um is too flat for directions through its corners",
            where=argument("voxel_um", of="Grid"),
            fix=f"Use estimator = 'faces', or edges within a factor of {LARGEST_ASPECT}.",
        )


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
    _refuse_flat(voxel_um)
    steps = np.array(DIRECTIONS) * np.array(voxel_um)
    units = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    areas = cell_areas(np.concatenate([units, -units]))
    both: NDArray[np.float64] = (areas[:13] + areas[13:]) / areas.sum()
    return both
