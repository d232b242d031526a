"""Whether a phase crosses the volume, for each phase and axis."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from porenet_topology.metrics.connectivity import connectivity
from porenet_topology.metrics.percolates import percolates

from porenet.interface import AXES, Grid, Undefined, Volume, one_layer
from porenet.testing import volumes

PHASES = ("solid", "pore")


def directions(volume, phase="pore"):
    """The axes that a phase crosses."""
    found = percolates(volume)
    assert set(found.values()) <= {0.0, 1.0}
    return "".join(axis for axis in AXES if found[f"{phase}.{axis}"])


def solid_with(*pores, shape=(4, 5, 6), periodic=(False, False, False)):
    labels = np.zeros(shape, np.uint8)
    for place in pores:
        labels[place] = 1
    return Volume(labels, Grid(PHASES, (1, 1, 1), periodic))


@pytest.mark.parametrize(
    ("pore", "crossed"),
    [
        ((slice(None), 2, 2), "z"),
        ((1, slice(None), 2), "y"),
        ((1, 2, slice(None)), "x"),
        ((slice(None), slice(None), 2), "zy"),
        ((slice(None), slice(None), slice(None)), "zyx"),
        ((slice(1, None), slice(1, None), slice(1, None)), ""),
        ((slice(0, 0),), ""),
    ],
)
def test_straight_channels(pore, crossed):
    assert directions(solid_with(pore)) == crossed


def test_a_column_with_a_gap_of_one_voxel_does_not_percolate():
    assert directions(solid_with((slice(0, 2), 2, 2), (3, 2, 2))) == ""


def test_two_halves_that_touch_both_faces_do_not_percolate_together():
    volume = solid_with((slice(0, 2), 2, 2), (slice(2, 4), 2, 3))
    assert directions(volume) == ""
    assert directions(solid_with((slice(0, 2), 2, 2), (slice(1, 4), 2, 3))) == "z"


def test_layers_that_meet_through_a_wrap_do_not_percolate_along_it():
    for periodic in itertools.product((False, True), repeat=3):
        assert directions(solid_with(0, -1, periodic=periodic)) == "yx"


def test_a_wrap_at_the_side_may_complete_a_channel():
    halves = (slice(0, 2), 2, 0), (slice(1, 4), 2, -1)
    assert directions(solid_with(*halves)) == ""
    assert directions(solid_with(*halves, periodic=(True, True, False))) == ""
    assert directions(solid_with(*halves, periodic=(False, False, True))) == "z"


def test_a_checkerboard_percolates_nowhere():
    volume = Volume(np.indices((4, 4, 4)).sum(0) % 2, Grid(PHASES, (1, 1, 1)))
    assert set(percolates(volume).values()) == {0.0}


def test_an_absent_phase_does_not_percolate():
    assert percolates(solid_with()) == {
        "solid.z": 1.0, "solid.y": 1.0, "solid.x": 1.0, "pore.z": 0.0, "pore.y": 0.0, "pore.x": 0.0,
    }  # fmt: skip


@given(volumes())
def test_a_phase_percolates_where_its_connectivity_is_above_0(volume):
    found = percolates(volume)
    for axis in AXES:
        if one_layer(volume, (axis,)):
            assert found[f"{volume.grid.phases[0]}.{axis}"] == Undefined(f"one voxel thick along {axis}")
            continue
        joined = connectivity(volume, axis=axis)
        for phase in volume.grid.phases:
            assert (found[f"{phase}.{axis}"] == 1) == (joined[phase] > 0)


def test_the_real_electrode_in_the_repository(electrode):
    found = percolates(Volume(electrode, Grid(("a", "b", "c"), (1, 1, 1))))
    # Computed elsewhere with scipy's labelling (SuperRes data/SOFC_lr_input.tif).
    assert found == {f"{phase}.{axis}": 1 for phase in "abc" for axis in AXES}
