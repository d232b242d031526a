"""Configurations of a phase in cells of 2 x 2 x 2 voxels, and what each adds to its Euler number and mean curvature.

Euler number, surface, and mean curvature are sums over cells of a weight that depends on the configuration alone (J.
Ohser and F. Muecklich, Statistical Analysis of Microstructures in Materials Science, 2000): the cells are counted once.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.errors import argument
from porenet.interface import AXES, InputError, Undefined
from porenet.slabs import About, Slab
from porenet_estimators.interfaces import DIRECTIONS, LARGEST_ASPECT, direction_shares

CORNERS = np.array([(bits >> 1 & 1, bits & 1, bits >> 2) for bits in range(8)])
"""Corner (z, y, x) of the cell that each bit of a configuration stands for, ``(8, 3)``."""


class ConfigurationCounts:
    """How many cells of some layers have each configuration of each phase; a state for `porenet.slabs`.

    A cell lies between two neighbouring layers, which are in one slab together, so that counts of slabs add up.
    """

    def leaf(self, slab: Slab, params: Mapping[str, Any]) -> dict[str, NDArray[np.int64]]:
        """``cells``: those of one slab, see `configuration_counts`."""
        return {"cells": configuration_counts(slab, closed=self.is_closed(params))}

    def join(
        self, first: Mapping[str, NDArray[np.int64]], second: Mapping[str, NDArray[np.int64]]
    ) -> dict[str, NDArray[np.int64]]:
        """Those of two neighbours."""
        return {"cells": first["cells"] + second["cells"]}

    def is_closed(self, params: Mapping[str, Any]) -> bool:
        """Whether cells reach over the open faces of the box."""
        return False


def configuration_counts(slab: Slab, *, closed: bool) -> NDArray[np.int64]:
    """How many cells of a slab have each configuration of each phase.

    Args:
        slab: some layers, or the whole volume.
        closed: cells reach over the open faces of the box, outside of which there is no phase. Otherwise only cells
            inside the box count, and the first and the last along an open axis 1.5 times (the only one twice), for the
            half voxel between them and the face: all of them weigh as many as there are voxels. So a structure that
            goes on beyond the box is read without bias, whatever the size of the box, and a body two voxels or more
            from the faces is not touched.

    Returns:
        ``(P, 256)`` int64, eighths of a cell, by phase and configuration; no cell where an open axis has one voxel and
        the box is not closed. Those between the last layer and the first of a box that is periodic along z are counted
        where the two are a slab.
    """
    from porenet_estimators import configuration_kernels as kernels

    open_mode = kernels.CLOSED if closed else kernels.INNER
    _, *around = slab.grid.periodic
    is_section = slab.grid.dims == 2  # no phase before and behind the plane: cells of a section are squares
    across = kernels.CLOSED if is_section else open_mode
    modes = (across, *(kernels.WRAPS if wraps else open_mode for wraps in around))
    ends = slab.open_ends if closed or is_section else (slab.part.first, slab.part.last)
    counts = np.zeros((len(slab.grid.phases), 256), np.int64)
    for label, row in enumerate(counts):
        kernels.count(slab.labels, np.uint8(label), modes, *ends, row)
    return counts


def without_cells(about: About) -> Undefined | None:
    """Why a box has no cell inside, if it has none: an open axis has one voxel."""
    sizes = zip(AXES, about.shape, about.grid.periodic, strict=True)
    thin = [axis for axis, size, wraps in sizes if size == 1 and not wraps and axis in about.grid.axes]
    return Undefined(f"the box is one voxel thick along {' and '.join(thin)}, and open") if thin else None


@functools.cache
def euler_weights(connectivity: int) -> NDArray[np.int64]:
    """What a cell adds to the Euler number of a phase, by its configuration.

    A phase is taken as the complex of all cells of some kind whose vertices it holds, vertices minus edges plus faces
    minus solids; each is shared by the cells of 2 x 2 x 2 voxels around it. With 6 neighbours these are the edges,
    squares and cubes of the lattice; with 26 the phase is all that the others, with 6, are not. With 14 neighbours the
    cube is divided into six tetrahedra round one of its four diagonals, and these, their faces and edges are the cells:
    then the phase and the others have 14 neighbours each. The weight is the mean over the four diagonals.

    Args:
        connectivity: 6, 14 or 26.

    Returns:
        ``(256,)`` int64, in 32nds.
    """
    if connectivity == 26:
        return euler_weights(6)[::-1]
    if connectivity == 6:
        cells = [corners for corners in _subsets() if _is_face(corners)]
        return 4 * _alternating([(corners, _dimension(corners)) for corners in cells])
    chains = [corners for corners in _subsets() if _is_chain(corners)]
    return sum(
        _alternating([(tuple(corner ^ turn for corner in corners), len(corners) - 1) for corners in chains])
        for turn in (0, 1, 2, 4)
    )  # type: ignore[return-value]


@functools.cache
def curvature_weights(voxel_um: tuple[float, float, float]) -> NDArray[np.float64]:
    r"""What a cell adds to the integral of mean curvature of a phase, per volume of a voxel, by its configuration.

    .. math:: M = 2 \pi \sum_n w_n d_n \chi_n

    By Crofton's formula M is 2 pi times the mean over all directions n of the sum of the Euler numbers of the sections
    with normal n, d_n apart. The planes are the 13 families through the points of the lattice that lie in a cell of 2 x
    2 x 2 voxels: rectangles, where both ways to join two opposite corners count half, and triangles. w_n is the share
    of the sphere that is nearest to n.

    Args:
        voxel_um: voxel edges (z, y, x), um.

    Returns:
        ``(256,)``, um^-2; a configuration and its complement have the same weight but for the sign.

    Raises:
        InputError: one edge is more than 1000 times another.
    """
    if max(voxel_um) > LARGEST_ASPECT * min(voxel_um):
        raise InputError(
            f"a voxel of {voxel_um} um is too flat for planes through its corners",
            where=argument("voxel_um", of="Grid"),
            fix=f"Resample the volume to edges within a factor of {LARGEST_ASPECT}.",
        )
    per_um = tuple(1 / edge for edge in voxel_um)
    weights = np.zeros(256)
    for normal, share in zip(DIRECTIONS, direction_shares(per_um), strict=True):
        spacing_um = 1 / math.hypot(*(step * reciprocal for step, reciprocal in zip(normal, per_um, strict=True)))
        weights += 2 * math.pi * share * spacing_um * _sections(normal)
    return weights / math.prod(voxel_um)


def _subsets() -> list[tuple[int, ...]]:
    return [corners for size in range(1, 9) for corners in itertools.combinations(range(8), size)]


def _dimension(corners: tuple[int, ...]) -> int:
    """Along how many axes some corners differ."""
    return int(np.ptp(CORNERS[list(corners)], axis=0).sum())


def _is_face(corners: tuple[int, ...]) -> bool:
    """Whether corners are all of a vertex, an edge, a square or the cube."""
    return len(corners) == 1 << _dimension(corners)


def _is_chain(corners: tuple[int, ...]) -> bool:
    """Whether each two corners can be joined by a way that leads up along every axis."""
    return all((first & second) in (first, second) for first, second in itertools.combinations(corners, 2))


def _alternating(cells: list[tuple[tuple[int, ...], int]]) -> NDArray[np.int64]:
    """Sum of (-1)^dimension over the cells that a configuration holds, each by its share; in eighths."""
    held = np.arange(256)
    weights = np.zeros(256, np.int64)
    for corners, dimension in cells:
        bits = sum(1 << corner for corner in corners)
        weights += (-1) ** dimension * (1 << _dimension(corners)) * (held & bits == bits)
    return weights


def _sections(normal: tuple[int, int, int]) -> NDArray[np.float64]:
    """What the sections of a cell add to the Euler number in the planes of a normal, by configuration."""
    heights = CORNERS @ np.array(normal)
    held = np.arange(256)[:, None] >> np.arange(8) & 1
    added = np.zeros(256)
    for height in np.unique(heights):
        inside = heights == height
        corners = held[:, inside].sum(axis=1)
        if inside.sum() == 3:
            added += np.array([0, 1, -1, 0])[corners] / 6
        elif inside.sum() == 4:
            # Both squares of a cell belong to its neighbours too; a rectangle through it is its own.
            added += np.array([0, 1, 0, -1, 0])[corners] / (8 if np.count_nonzero(normal) == 1 else 4)
    return added
