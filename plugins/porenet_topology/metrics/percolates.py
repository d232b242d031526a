"""Percolation: whether a phase crosses the volume at all."""

from __future__ import annotations

from porenet.interface import Value, Volume, one_layer


def percolates(volume: Volume) -> dict[str, Value]:
    """Whether some 6-connected component of a phase touches both faces of an axis, for each phase and axis.

    The axis in question is taken as open even where the grid is periodic; the other axes follow the grid.
    Definition: S. Torquato, Random Heterogeneous Materials (2002), https://doi.org/10.1007/978-1-4757-6355-3.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.

    Returns:
        ``P.z``, ``P.y`` and ``P.x`` for each phase P, dimensionless: 1 if it percolates along that axis, 0 if it does
        not or is absent; `Undefined` along an axis of one voxel. Of a section ``P.y`` and ``P.x``: in its plane, by 4
        neighbours, which says nothing of what is joined outside of it.
    """
    axes = volume.grid.axes
    thin = {axis: one_layer(volume, (axis,)) for axis in axes}
    crossing = {}
    for axis in axes:
        components = volume.opened(axis)
        crossing[axis] = set(components.phases[components.spanning(axis)].tolist())
    return {
        f"{phase}.{axis}": thin[axis] or float(label in crossing[axis])
        for label, phase in enumerate(volume.grid.phases)
        for axis in axes
    }
