"""Shares of a phase that span, are isolated, or may be joined outside."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from porenet_topology.metrics.connectivity import connectivity
from scipy import ndimage

from porenet.errors import ConfigError, InputError
from porenet.interface import AXES, Grid, Undefined, Volume, one_layer
from porenet.registry.schema import validated
from porenet.testing import grids, volumes

PHASES = ("solid", "pore")


def volume_of(*pores, shape=(3, 3, 3), periodic=(False, False, False)):
    """Solid with pores at the given places."""
    labels = np.zeros(shape, np.uint8)
    for place in pores:
        labels[place] = 1
    return Volume(labels, Grid(PHASES, (1, 1, 1), periodic))


def shares(volume, axis="z", phase="pore"):
    """Spanning, isolated, unknown."""
    found = connectivity(volume, axis=axis)
    return tuple(found[f"{phase}{part}"] for part in ("", ".isolated", ".unknown"))


COLUMN = (slice(None), 0, 0)
CORNER = (0, 2, 2)
MIDDLE = (1, 1, 1)


def test_by_hand():
    # Five pore voxels: three in a column along z, one in a corner, one enclosed.
    volume = volume_of(COLUMN, CORNER, MIDDLE)
    assert shares(volume) == (3 / 5, 1 / 5, 1 / 5)
    assert shares(volume, "y") == shares(volume, "x") == (0.0, 1 / 5, 4 / 5)
    assert shares(volume, phase="solid") == (1.0, 0.0, 0.0)


def test_a_side_face_counts_as_outer_unless_it_is_periodic():
    side = (1, 2, 1)
    assert shares(volume_of(side)) == (0.0, 0.0, 1.0)
    assert shares(volume_of(side, periodic=(False, True, False))) == (0.0, 1.0, 0.0)
    assert shares(volume_of(side, periodic=(True, False, True))) == (0.0, 0.0, 1.0)


def test_what_a_side_wrap_joins_to_an_open_face_is_not_isolated():
    # y_max of the first voxel wraps to the second, which lies on x_min.
    pores = [(1, 2, 0), (1, 0, 0), (1, 2, 1), (1, 2, 2)]
    assert shares(volume_of(*pores[:2], shape=(3, 3, 5), periodic=(False, True, False))) == (0.0, 0.0, 1.0)
    # Every face but those of z wraps: nothing leads out.
    assert shares(volume_of(*pores, periodic=(False, True, True))) == (0.0, 1.0, 0.0)


def test_the_measured_axis_is_open_even_if_periodic():
    layers = volume_of(0, 2, periodic=(True, True, True))
    assert shares(layers) == (0.0, 0.0, 1.0)
    assert shares(layers, "y") == (1.0, 0.0, 0.0)
    channel = volume_of(COLUMN, MIDDLE, periodic=(True, True, True))
    assert shares(channel) == (3 / 4, 1 / 4, 0.0)
    # Along y the cut runs through the column, which leads nowhere; with z open it is no longer one.
    assert shares(channel, "y") == (0.0, 1 / 4, 3 / 4)


def test_a_channel_that_crosses_through_a_side_wrap():
    pores = (slice(0, 2), 0, 0), (slice(1, 4), 0, 2)
    assert shares(volume_of(*pores, shape=(4, 2, 3))) == (0.0, 0.0, 1.0)
    assert shares(volume_of(*pores, shape=(4, 2, 3), periodic=(False, False, True))) == (1.0, 0.0, 0.0)


def test_straight_and_severed_channels():
    channel = volume_of((slice(None), slice(2, 5), slice(2, 5)), shape=(8, 7, 7))
    assert shares(channel) == (1.0, 0.0, 0.0)
    labels = channel.labels.copy()
    labels[4] = 0
    assert shares(Volume(labels, channel.grid)) == (0.0, 0.0, 1.0)


def test_a_checkerboard_is_connected_nowhere():
    labels = np.indices((4, 4, 4)).sum(0) % 2
    volume = Volume(labels, Grid(PHASES, (1, 1, 1)))
    # 8 voxels are enclosed, 4 of each phase; of 64, 32 each.
    for phase in PHASES:
        assert shares(volume, phase=phase) == (0.0, 4 / 32, 28 / 32)


def test_an_absent_phase():
    spanning, isolated, unknown = shares(volume_of())
    assert spanning == 0.0
    assert isolated == unknown == Undefined("phase absent")


def test_nothing_is_said_of_an_axis_of_one_voxel():
    labels = np.random.default_rng(0).integers(0, 2, (1, 6, 7))
    assert set(shares(Volume(labels, Grid(PHASES, (1, 1, 1))))) == {Undefined("one voxel thick along z")}
    assert set(shares(volume_of(0, shape=(1, 1, 1)))) == {Undefined("one voxel thick along z")}


@given(volumes(), st.sampled_from(AXES))
def test_the_shares_sum_to_one(volume, axis):
    for label, phase in enumerate(volume.grid.phases):
        found = shares(volume, axis, phase)
        if one_layer(volume, (axis,)):
            assert set(found) == {Undefined(f"one voxel thick along {axis}")}
        elif (volume.labels == label).any():
            assert all(0 <= share <= 1 for share in found)
            assert sum(found) == pytest.approx(1, abs=1e-15)
        else:
            assert found == (0.0, Undefined("phase absent"), Undefined("phase absent"))


@given(volumes(Grid(("a", "b", "c"), (1, 1, 1))), st.sampled_from(AXES))
def test_shares_of_an_open_volume_are_scipys(volume, axis):
    where = AXES.index(axis)
    for label, phase in enumerate(volume.grid.phases):
        mask = volume.labels == label
        pieces, _ = ndimage.label(mask)
        inner = np.zeros(mask.shape, bool)
        inner[1:-1, 1:-1, 1:-1] = True
        outward = np.isin(pieces, pieces[~inner & mask])
        spanning = np.isin(pieces, np.intersect1d(pieces.take(0, where), pieces.take(-1, where))) & mask
        if mask.any() and not one_layer(volume, (axis,)):
            expected = [(part & mask).sum() / mask.sum() for part in (spanning, ~outward, outward & ~spanning)]
            assert shares(volume, axis, phase) == tuple(expected)


@given(grids().flatmap(volumes), st.permutations(range(3)), st.sampled_from(AXES))
def test_turning_the_volume_turns_the_axis(volume, order, axis):
    grid = volume.grid
    turned = Grid(grid.phases, [grid.voxel_um[i] for i in order], [grid.periodic[i] for i in order])
    seen_as = AXES[order.index(AXES.index(axis))]
    assert one_layer(volume, (axis,)) or connectivity(
        Volume(volume.labels.transpose(order), turned), axis=seen_as
    ) == connectivity(volume, axis=axis)


@given(volumes(), st.sampled_from(AXES))
def test_the_share_is_that_of_the_spanning_mask(volume, axis):
    for phase in volume.grid.phases:
        if volume.mask(phase).any() and not one_layer(volume, (axis,)):
            expected = volume.spanning(phase, axis).sum() / volume.mask(phase).sum()
            assert connectivity(volume, axis=axis)[phase] == expected


def test_the_real_electrode_in_the_repository(electrode):
    volume = Volume(electrode, Grid(("a", "b", "c"), (1, 1, 1)))
    for axis in AXES:
        # Computed elsewhere with scipy's labelling (SuperRes data/SOFC_lr_input.tif).
        expected = {"a": 0.9769, "b": 0.9331, "c": 0.9526}
        found = connectivity(volume, axis=axis)
        assert {phase: found[phase] for phase in expected} == pytest.approx(expected, abs=5e-5)


def test_an_unknown_axis_is_refused():
    with pytest.raises(ConfigError, match=r"params\.axis: must be 'z', 'y', 'x' or 'all', not 'w'"):
        validated(connectivity, "metric", {"axis": "w"}, path="params")
    with pytest.raises(InputError, match="an axis is z, y, x or all, not 'w'"):
        connectivity(volume_of(), axis="w")
