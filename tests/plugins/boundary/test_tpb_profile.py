"""Profile of the triple-phase boundary: means, layers by hand, and lines that are active only in the whole volume."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from porenet_boundary.metrics.tpb import triple_phase_boundary
from porenet_boundary.metrics.tpb_profile import triple_phase_boundary_profile

from porenet.errors import InputError
from porenet.interface import AXES, Grid, Undefined, Volume
from porenet.testing import grids, volumes

PHASES = ("Ni", "YSZ", "pore")
KINDS = ("total", "active", "unknown", "inactive")
ELECTRODES = grids(PHASES).flatmap(partial(volumes, min_side=2))
AXIS, PARTS = st.sampled_from(AXES), st.integers(1, 9)
ACTIVE = st.sampled_from(["spanning", "reachable"])


def rows(profile, axis, parts):
    """Kind -> its parts in order."""
    return {kind: [profile[f"{kind}.{axis}{part}"] for part in range(1, parts + 1)] for kind in KINDS}


@settings(max_examples=25)
@given(ELECTRODES, AXIS, PARTS, ACTIVE)
def test_the_mean_of_the_parts_is_the_length_of_the_whole(volume, axis, parts, active):
    profile = triple_phase_boundary_profile(volume, axis=axis, parts=parts, active=active)
    assert len(profile) == 4 * parts
    lengths = {kind: np.mean(row) for kind, row in rows(profile, axis, parts).items()}
    assert lengths == pytest.approx(triple_phase_boundary(volume, active=active), rel=1e-12, abs=1e-12)


@settings(max_examples=20)
@given(ELECTRODES, AXIS, PARTS, ACTIVE)
def test_the_kinds_of_a_part_add_up(volume, axis, parts, active):
    profile = rows(triple_phase_boundary_profile(volume, axis=axis, parts=parts, active=active), axis, parts)
    kinds = np.array([profile[kind] for kind in KINDS])
    assert kinds[0] == pytest.approx(kinds[1:].sum(axis=0), abs=1e-12)
    assert kinds.min() >= 0


def test_layers_by_hand():
    """A line along z through four layers, of voxels 0.5 x 0.25 x 1 um, that bends by one voxel after the second."""
    labels = np.zeros((4, 4, 4), np.uint8)
    labels[:2, 2:, :2], labels[:2, 2:, 2:] = 1, 2
    labels[2:, 2:, :1], labels[2:, 2:, 1:] = 1, 2
    volume = Volume(labels, Grid(PHASES, (0.5, 0.25, 1.0)))
    profile = rows(triple_phase_boundary_profile(volume, axis="z"), "z", 4)
    layer_um3 = 0.5 * 1.0 * 4.0
    # Between the second layer and the third the line runs one voxel along x.
    assert profile["total"] == pytest.approx([0.5 / layer_um3, 1 / layer_um3, 1 / layer_um3, 0.5 / layer_um3])
    assert profile["active"] == profile["total"]
    assert triple_phase_boundary_profile(volume, axis="y", parts=2) == pytest.approx(
        {f"{kind}.y{part}": 3 / 8.0 if kind in ("total", "active") else 0.0 for kind in KINDS for part in (1, 2)}
    )


def test_supply_is_decided_in_the_whole_volume():
    """Of the upper half every phase touches z_min and none z_max: the lines are inactive there and here."""
    labels = np.zeros((4, 6, 6), np.uint8)
    labels[:, 3:, :3], labels[:, 3:, 3:] = 1, 2
    volume = Volume(labels, Grid(PHASES, (1, 1, 1)))
    assert rows(triple_phase_boundary_profile(volume, axis="z"), "z", 4)["active"] == pytest.approx([1 / 36] * 4)
    cut = labels.copy()
    cut[2, 3:, 3:] = 0  # the pore
    severed = rows(triple_phase_boundary_profile(Volume(cut, volume.grid), axis="z"), "z", 4)
    assert severed["active"] == [0.0] * 4
    assert severed["total"][0] == pytest.approx(1 / 36)
    fed = rows(triple_phase_boundary_profile(Volume(cut, volume.grid), axis="z", active="reachable"), "z", 4)
    assert fed["active"][0] == pytest.approx(1 / 36)
    assert fed["active"][3] == 0


def test_phases_that_are_not_three_or_not_there():
    two = Volume(np.zeros((2, 2, 2), np.uint8), Grid(("solid", "pore"), (1, 1, 1)))
    values = triple_phase_boundary_profile(two, axis="x", parts=3)
    assert list(values)[:4] == ["total.x1", "total.x2", "total.x3", "active.x1"]
    assert set(values.values()) == {Undefined("three phases meet at a triple line, the grid has 2")}
    four = Volume(np.zeros((2, 2, 2), np.uint8), Grid((*PHASES, "GDC"), (1, 1, 1)))
    with pytest.raises(InputError, match="must be chosen"):
        triple_phase_boundary_profile(four, axis="z")
    chosen = triple_phase_boundary_profile(four, axis="z", phase_triple=("GDC", "Ni", "pore"))
    assert set(chosen.values()) == {0.0}
