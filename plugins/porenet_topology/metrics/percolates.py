"""Percolation: whether a phase crosses the volume at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from porenet.interface import AXES, FACES, Grid, Volume, faces_of, opened
from porenet.slabs import About, Need, Summary, bits_of, in_memory


def percolates(volume: Volume) -> dict[str, float]:
    """Whether some 6-connected component of a phase touches both faces of an axis, for each phase and axis.

    The axis in question is taken as open even where the grid is periodic; the other axes follow the grid.
    Definition: S. Torquato, Random Heterogeneous Materials (2002), https://doi.org/10.1007/978-1-4757-6355-3.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.

    Returns:
        ``P.z``, ``P.y`` and ``P.x`` for each phase P, dimensionless: 1 if it percolates along that axis, 0 if it does
        not or is absent.
    """
    return in_memory(BY_SLABS, volume)  # type: ignore[return-value]


class CrossingBySlabs:
    """Whether phases percolate, from the faces that their components touch."""

    def need(self, grid: Grid, shape: tuple[int, int, int], params: Mapping[str, Any]) -> Need:
        """The components with each axis open."""
        return Need(components=frozenset(opened(grid.periodic, axis) for axis in AXES))

    def finish(self, state: Summary, about: About, params: Mapping[str, Any]) -> dict[str, float]:
        """1 where a component of the phase touches both faces of the axis."""
        faces = np.arange(1 << len(FACES))
        crossing: dict[str, list[bool]] = {}
        for axis in AXES:
            both = bits_of(faces_of(axis))
            fold = state.folds[opened(about.grid.periodic, axis)]
            crossing[axis] = [bool(voxels.any()) for voxels in fold[:, (faces & both) == both]]
        return {
            f"{phase}.{axis}": float(crossing[axis][label])
            for label, phase in enumerate(about.grid.phases)
            for axis in AXES
        }


BY_SLABS = CrossingBySlabs()
