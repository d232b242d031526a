"""The published voxel count, against scipy's neighbourhoods and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from porenet_boundary.metrics.tpb_voxel_count import tpb_voxel_count
from scipy import ndimage

from porenet.interface import Grid, InputError, Undefined, Volume

PHASES = ("Ni", "YSZ", "pore")
CROSS = ndimage.generate_binary_structure(3, 1)
CROSS[1, 1, 1] = False


def published(labels, edge_um):
    """Total and active density as SCIENCE.md, section 6, describes them, with scipy's tools."""
    beside, beside_spanning = [], []
    for label in range(3):
        mask = labels == label
        parts, _ = ndimage.label(mask)
        spanning = np.isin(parts, np.setdiff1d(np.intersect1d(parts[0], parts[-1]), 0))
        for one, found in ((mask, beside), (spanning, beside_spanning)):
            found.append(ndimage.maximum_filter(one, footprint=CROSS, mode="wrap"))
    scale = edge_um**2 / (labels.size * edge_um**3)
    return {"total": np.all(beside, axis=0).sum() * scale, "active": np.all(beside_spanning, axis=0).sum() * scale}


@given(
    st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6) | st.sampled_from([31, 64, 130])),
    st.integers(0, 2**31),
    st.sampled_from([0.1, 1.0]),
)
def test_equals_the_published_form(shape, seed, edge_um):
    labels = np.random.default_rng(seed).integers(0, 3, shape).astype(np.uint8)
    labels = np.maximum(labels, labels[:1])  # columns, so that something spans
    found = tpb_voxel_count(Volume(labels, Grid(PHASES, (edge_um,) * 3)))
    assert found == pytest.approx(published(labels, edge_um), rel=1e-12)


def test_by_hand():
    # Ni, YSZ and pore around one voxel of pore: it alone is beside all three, and a neighbour of pore makes the third.
    labels = np.full((5, 5, 5), 2, np.uint8)
    labels[1, 2, 2], labels[2, 1, 2] = 0, 1
    grid = Grid(PHASES, (0.1, 0.1, 0.1))
    # The two voxels that touch both the Ni and the YSZ, (2, 2, 2) and (1, 1, 2), times h^2, per 125 h^3.
    assert tpb_voxel_count(Volume(labels, grid)) == {"total": pytest.approx(2 / (125 * 0.1)), "active": 0.0}


def test_it_wraps_on_an_open_grid_as_published():
    labels = np.full((4, 4, 4), 2, np.uint8)
    labels[0, 1, 1], labels[3, 2, 1] = 0, 1
    volume = Volume(labels, Grid(PHASES, (1.0, 1.0, 1.0)))
    assert tpb_voxel_count(volume)["total"] == 2 / 64  # (3, 1, 1) and (0, 2, 1), each beside one of them around z


def test_what_the_published_form_does_not_know():
    labels = np.zeros((2, 2, 2), np.uint8)
    flat = tpb_voxel_count(Volume(labels, Grid(PHASES, (1.0, 0.5, 0.5))))
    reason = "the published count knows cubic voxels only, these are (1.0, 0.5, 0.5) um"
    assert flat == {"total": Undefined(reason), "active": Undefined(reason)}
    two = tpb_voxel_count(Volume(labels, Grid(("solid", "pore"), (1.0, 1.0, 1.0))))
    assert two["total"] == Undefined("three phases meet at a triple line, the grid has 2")
    four = Volume(labels, Grid(("a", "b", "c", "d"), (1.0, 1.0, 1.0)))
    with pytest.raises(
        InputError, match=r"tpb_voxel_count\.phase_triple: three of the phases a, b, c, d must be chosen"
    ):
        tpb_voxel_count(four)
    assert tpb_voxel_count(four, phase_triple=("a", "b", "d")) == {"total": 0.0, "active": 0.0}
