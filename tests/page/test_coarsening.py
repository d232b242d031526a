"""A volume that is too large to draw, made smaller by majority."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from porenet.formats import open_slabs
from porenet.interface import Grid, Volume
from porenet.page import coarsening
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


def test_counted_in_bands_of_rows_it_is_the_same(monkeypatch):
    for shape in ((5, 23, 7), (1, 40, 30), (9, 9, 9)):
        volume = Volume(np.random.default_rng(0).integers(0, 3, shape).astype(np.uint8), GRID)
        for max_edge in (1, 2, 5, 8):
            monkeypatch.setattr(coarsening, "BAND", 1 << 22)
            whole = coarsen(volume, max_edge)
            monkeypatch.setattr(coarsening, "BAND", 60)
            np.testing.assert_array_equal(coarsen(volume, max_edge).volume.labels, whole.volume.labels)


def test_by_hand():
    row = np.array([0, 0, 1, 2, 2, 1, 1, 0, 2], np.uint8).reshape(1, 1, 9)
    drawn = coarsen(Volume(row, GRID), 3)
    assert drawn.volume.labels.tolist() == [[[0, 2, 0]]]  # the last three are a tie of all
    assert drawn.factor == 3
    assert drawn.volume.grid.voxel_um == pytest.approx((0.1, 0.2, 0.9))


def test_what_fits_is_left_alone():
    volume = Volume(np.zeros((4, 2, 1), np.uint8), GRID)
    assert coarsen(volume, 4).volume is volume


@pytest.mark.parametrize("shape", [(9, 7, 8), (1, 9, 2), (13, 3, 3), (5, 5, 5)])
def test_read_in_parts_it_is_that_of_the_volume_in_memory(tmp_path, shape):
    labels = np.random.default_rng(0).integers(0, 3, shape).astype(np.uint8)
    np.save(tmp_path / "v.npy", labels)
    layers = open_slabs(tmp_path / "v.npy", phases=GRID.phases, voxel_um=GRID.voxel_um, periodic=GRID.periodic)
    for max_edge in (1, 2, 3, 4, 20):
        whole = coarsen(Volume(labels, GRID), max_edge)
        for most in (1, 2, 3, 5, 64):
            drawn = coarsen(layers, max_edge, most=most)
            np.testing.assert_array_equal(drawn.volume.labels, whole.volume.labels)
            assert (drawn.factor, drawn.volume.grid) == (whole.factor, whole.volume.grid)
