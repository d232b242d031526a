"""Percolation: whether a phase crosses the volume at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from porenet.interface import FACES, Grid, Value, Volume, faces_of, opened, thin_along
from porenet.slabs import About, Need, Summary, bits_of, in_memory


def percolates(volume: Volume) -> dict[str, Value]:
    r"""Whether some 6-connected component of a phase touches both faces of an axis, for each phase and axis.

    .. math:: \exists \, k : \quad C_k \cap F_{min} \ne \varnothing, \quad C_k \cap F_{max} \ne \varnothing

    The axis in question, with the faces F_min and F_max, is taken as open even where the grid is periodic; the other
    axes follow the grid. Definition: S. Torquato, Random Heterogeneous Materials (2002),
    https://doi.org/10.1007/978-1-4757-6355-3.

    Known defects. Yes or no: one thread of voxels is a yes, one missing voxel a no (`first_passage` counts how many are
    missing, `connectivity` how much of the phase takes part). Near the threshold the answer depends on the size of the
    box.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.

    Returns:
        ``P.z``, ``P.y`` and ``P.x`` for each phase P, dimensionless: 1 if it percolates along that axis, 0 if it does
        not or is absent; `Undefined` along an axis of one voxel. Of a section ``P.y`` and ``P.x``: in its plane, by 4
        neighbours, which says nothing of what is joined outside of it.
    """
    return in_memory(BY_SLABS, volume)


class CrossingBySlabs:
    """Whether phases percolate, from the faces that their components touch."""

    def need(self, grid: Grid, shape: tuple[int, int, int], params: Mapping[str, Any]) -> Need:
        """The components with each axis open."""
        return Need(components=frozenset(opened(grid.periodic, axis) for axis in grid.axes))

    def finish(self, state: Summary, about: About, params: Mapping[str, Any]) -> dict[str, Value]:
        """1 where a component of the phase touches both faces of the axis."""
        faces, axes = np.arange(1 << len(FACES)), about.grid.axes
        thin = {axis: thin_along(about.grid, about.shape, (axis,)) for axis in axes}
        crossing: dict[str, list[bool]] = {}
        for axis in axes:
            both = bits_of(faces_of(axis))
            fold = state.folds[opened(about.grid.periodic, axis)]
            crossing[axis] = [bool(voxels.any()) for voxels in fold[:, (faces & both) == both]]
        return {
            f"{phase}.{axis}": thin[axis] or float(crossing[axis][label])
            for label, phase in enumerate(about.grid.phases)
            for axis in axes
        }


BY_SLABS = CrossingBySlabs()
