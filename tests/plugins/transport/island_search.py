"""Islands of good conductors by a search from voxel to voxel: an oracle that shares nothing with the solver."""

import itertools

import numpy as np
import pytest

WEIGHTS = (1.0, 0.3, 2.0)


def neighbours(place, shape, periodic):
    """The voxels beside one as ``(axis, place)``; two across a periodic side may be the same, or the voxel itself."""
    for axis, step in itertools.product(range(3), (-1, 1)):
        beside = list(place)
        beside[axis] += step
        if axis and periodic[axis - 1]:
            beside[axis] %= shape[axis]
        if 0 <= beside[axis] < shape[axis]:
            yield axis, tuple(beside)


def islands_by_search(cells, least, periodic):
    """Cells of each island of what conducts ``least`` or better -> conductance between it and all around it."""
    waiting = {tuple(place) for place in np.argwhere(cells >= least).tolist()}
    islands = {}
    while waiting:
        island, edge = set(), [waiting.pop()]
        while edge:
            island.add(place := edge.pop())
            near = {beside for _, beside in neighbours(place, cells.shape, periodic)} & waiting
            waiting -= near
            edge += near
        if len(island) > 1 and not {0, len(cells) - 1} & {z for z, _, _ in island}:
            islands[frozenset(island)] = pytest.approx(
                sum(
                    WEIGHTS[axis] * 2 / (1 / float(cells[place]) + 1 / float(cells[beside]))
                    for place in island
                    for axis, beside in neighbours(place, cells.shape, periodic)
                    if beside not in island
                ),
                rel=1e-5,
            )
    return islands
