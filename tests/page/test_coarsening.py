"""A volume that is too large to draw, made smaller by majority."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from porenet.interface import Grid, Volume
from porenet.page.coarsening import coarsen

GRID = Grid(("a", "b", "c"), (0.1, 0.2, 0.3), (False, True, False))


@given(st.tuples(*[st.integers(1, 9)] * 3), st.integers(1, 9), st.integers(0, 10**6))
def test_each_voxel_is_the_majority_of_its_block(shape, max_edge, seed):
    labels = np.random.default_rng(seed).integers(0, 3, shape).astype(np.uint8)
    drawn = coarsen(Volume(labels, GRID), max_edge)
    factor, found = drawn.factor, drawn.volume.labels
    assert max(found.shape) <= max_edge
    assert (factor == 1) == (max(shape) <= max_edge)
    for place in np.ndindex(found.shape):
        block = labels[tuple(slice(factor * at, factor * (at + 1)) for at in place)]
        assert found[place] == np.bincount(block.ravel(), minlength=3).argmax()  # the first of those in a tie
    box = [size * edge for size, edge in zip(shape, GRID.voxel_um, strict=True)]
    smaller = [size * edge for size, edge in zip(found.shape, drawn.volume.grid.voxel_um, strict=True)]
    assert smaller == pytest.approx(box, rel=1e-12)
    assert drawn.volume.grid.periodic == GRID.periodic


def test_by_hand():
    row = np.array([0, 0, 1, 2, 2, 1, 1, 0, 2], np.uint8).reshape(1, 1, 9)
    drawn = coarsen(Volume(row, GRID), 3)
    assert drawn.volume.labels.tolist() == [[[0, 2, 0]]]  # the last three are a tie of all
    assert drawn.factor == 3
    assert drawn.volume.grid.voxel_um == pytest.approx((0.1, 0.2, 0.9))


def test_what_fits_is_left_alone():
    volume = Volume(np.zeros((4, 2, 1), np.uint8), GRID)
    assert coarsen(volume, 4).volume is volume
