"""Share of the sphere that lies nearest to each of a few directions: the areas of their Voronoi cells.

`scipy.spatial.SphericalVoronoi`, against which the tests hold it, takes a tenth of a second to import at each start.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]

SLACK = 1e-14
"""Rounding of the cosine between a corner of a cell and the directions that meet there."""


def cell_areas(directions: Vectors) -> Vectors:
    """Area of the cell of each direction on the unit sphere.

    Args:
        directions: ``(N, 3)``, unit vectors, all different and not on one side of the sphere; N small, as the time and
            memory grow with N^4.

    Returns:
        ``(N,)``, steradian; they sum to 4 pi.
    """
    corners = _corners(directions)
    closeness = corners @ directions.T
    nearest = closeness >= closeness.max(axis=1, keepdims=True) - SLACK
    return np.array([_area(centre, corners[of]) for centre, of in zip(directions, nearest.T, strict=True)])


def _corners(directions: Vectors) -> Vectors:
    """Points that are equally far from three directions, and from no other direction less far."""
    first, second, third = directions[np.array(list(itertools.combinations(range(len(directions)), 3))).T]
    normals = np.cross(second - first, third - first)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    points = np.concatenate([normals, -normals])
    closeness = np.sum(points * np.concatenate([first, first]), axis=1)
    corners: Vectors = points[closeness >= (points @ directions.T).max(axis=1) - SLACK]
    return corners


def _area(centre: Vectors, corners: Vectors) -> float:
    """Area of the cell round its centre: of the triangles to each two neighbouring corners."""
    along = np.cross(centre, np.eye(3)[np.abs(centre).argmin()])
    along /= np.linalg.norm(along)
    across = np.cross(centre, along)
    ring = corners[np.argsort(np.arctan2(corners @ across, corners @ along))]
    following = np.roll(ring, -1, axis=0)
    # A. van Oosterom and J. Strackee, https://doi.org/10.1109/TBME.1983.325207
    volume = np.cross(ring, following) @ centre
    cosines = 1 + (ring + following) @ centre + np.sum(ring * following, axis=1)
    return float(np.sum(2 * np.arctan2(volume, cosines)))
