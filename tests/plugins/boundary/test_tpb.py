"""Triple-phase boundary by counting edges; test_tpb_active.py has which of it is active."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from porenet_boundary.metrics.tpb import triple_phase_boundary
from porenet_boundary.metrics.tpb_active_share import active_share
from porenet_boundary.metrics.tpb_profile import triple_phase_boundary_profile
from porenet_boundary.metrics.tpb_voxel_count import tpb_voxel_count
from porenet_estimators import slabs

from porenet.errors import ConfigError, InputError
from porenet.interface import Grid, Undefined, Volume
from porenet.registry.schema import validated
from porenet.synthetic import plurigaussian
from porenet.testing import grids, volumes

PHASES = ("Ni", "YSZ", "pore")
CUBE = (1.0, 1.0, 1.0)


def columns(depth=4):
    """Four columns along z: Ni beside YSZ, pore beside pore; one line of ``depth`` edges up the middle."""
    labels = np.empty((depth, 2, 2), np.uint8)
    labels[:, 0, 0], labels[:, 0, 1], labels[:, 1] = 0, 1, 2
    return labels


def test_a_straight_line_by_hand():
    for axis in range(3):
        turned = np.moveaxis(columns(), 0, axis)
        for edges in (CUBE, (0.5, 2.0, 3.0)):
            found = triple_phase_boundary(Volume(turned, Grid(PHASES, edges)))
            assert found["total"] * 16 * math.prod(edges) == pytest.approx(4 * edges[axis])


@given(grids(PHASES).flatmap(volumes), st.tuples(*[st.integers(1, 2)] * 3), st.tuples(*[st.integers(0, 3)] * 3))
def test_a_torus_has_no_end(volume, repeats, shift):
    grid = Grid(PHASES, volume.grid.voxel_um, (True, True, True))
    again = np.tile(np.roll(volume.labels, shift, axis=(0, 1, 2)), repeats)
    once, more = (triple_phase_boundary(Volume(labels, grid))["total"] for labels in (volume.labels, again))
    assert more == pytest.approx(once, rel=1e-12)


def test_slabs_leave_no_seam(monkeypatch):
    labels = np.random.default_rng(6).integers(0, 3, (9, 4, 5)).astype(np.uint8)
    for periodic in itertools.product((False, True), repeat=3):
        volume = Volume(labels, Grid(PHASES, (1.0, 2.0, 0.5), periodic))
        for estimator, key in (("coarea", "total.sigma_1"), ("triple", "total")):
            whole = triple_phase_boundary(volume, estimator=estimator)[key]
            with monkeypatch.context() as patched:
                patched.setattr(slabs, "VOXELS", 40)
                found = triple_phase_boundary(volume, estimator=estimator)[key]
            assert found == pytest.approx(whole, rel=1e-12)


def test_three_of_four_phases():
    grid = Grid((*PHASES, "oxide"), CUBE)
    labels = columns(3)
    labels[0] = 3
    volume = Volume(labels, grid)
    with pytest.raises(InputError, match=r"tpb\.phase_triple: three of the phases Ni, YSZ, pore, oxide must be chosen"):
        triple_phase_boundary(volume)
    found = triple_phase_boundary(volume, phase_triple=("pore", "Ni", "YSZ"))
    assert found["total"] * 12 == pytest.approx(2)
    # Around the edge between the oxide and the rest along y: oxide, oxide, Ni, YSZ.
    assert triple_phase_boundary(volume, phase_triple=("oxide", "Ni", "YSZ"))["total"] * 12 == pytest.approx(1)


def test_an_edge_of_four_phases_is_a_line_of_each_three():
    labels = np.arange(4, dtype=np.uint8).reshape(1, 2, 2)
    volume = Volume(labels, Grid((*PHASES, "oxide"), CUBE))
    for phases in itertools.permutations(volume.grid.phases, 3):
        assert triple_phase_boundary(volume, phase_triple=phases)["total"] == 0.25


def test_two_phases_have_no_triple_line():
    volume = Volume(np.zeros((2, 2, 2), np.uint8), Grid(("solid", "pore"), CUBE))
    for estimator, keys in (("edges", 4), ("coarea", 6), ("triple", 4)):
        found = triple_phase_boundary(volume, estimator=estimator)
        assert list(found.values()) == [Undefined("three phases meet at a triple line, the grid has 2")] * keys


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"phase_triple": ("Ni", "Ni", "pore")}, r"three different phases were expected, not \['Ni', 'Ni', 'pore'\]"),
        ({"phase_triple": ("Ni", "YZS", "pore")}, "no phase 'YZS' on this grid.* did you mean 'YSZ'"),
        (
            {"active": "reachable", "reservoirs": {"Ni": "z_min"}},
            r"tpb\.reservoirs: no face is known to supply YSZ, pore\. Name one for each phase, such as {.Ni. = ",
        ),
    ],
)
def test_bad_input(params, message):
    volume = Volume(columns(), Grid(PHASES, CUBE))
    with pytest.raises(InputError, match=message):
        triple_phase_boundary(volume, **params)


@pytest.mark.parametrize(
    ("metric", "name", "params"),
    [
        (active_share, "tpb_active_share", {}),
        (triple_phase_boundary_profile, "tpb_profile", {"axis": "z"}),
        (tpb_voxel_count, "tpb_voxel_count", {}),
    ],
)
def test_metrics_that_build_on_it_name_their_own_parameters(metric, name, params):
    volume = Volume(columns(), Grid(PHASES, CUBE))
    with pytest.raises(InputError, match=f"^{name}.phase_triple: three different"):
        metric(volume, phase_triple=("Ni", "Ni", "YSZ"), **params)
    if name != "tpb_voxel_count":
        with pytest.raises(InputError, match=f"^{name}.reservoirs: no face"):
            metric(volume, active="reachable", reservoirs={}, **params)


def test_parameters_come_as_a_file_writes_them():
    grid = Grid(PHASES, CUBE)
    given_ = {"phase_triple": ["Ni", "YSZ", "pore"], "active": "reachable", "reservoirs": {"Ni": "z_min"}}
    filled = validated(triple_phase_boundary, "metric", given_, grid=grid, path="tpb")
    assert filled["phase_triple"] == ("Ni", "YSZ", "pore")
    for wrong, message in (
        ({"phase_triple": ["Ni", "YSZ"]}, "tpb.phase_triple"),
        ({"phases": ["Ni", "YSZ", "pore"]}, "tpb.phases: unknown key; did you mean 'phase_triple'?"),
        ({"phase_triple": ["Ni", "YSZ", "pores"]}, "must be a phase of the grid"),
        ({"reservoirs": {"Ni": "top"}}, "tpb.reservoirs.Ni"),
        ({"reservoirs": {"nickel": "z_min"}}, "must be a phase of the grid"),
        ({"estimator": "voxels"}, "must be 'edges', 'coarea' or 'triple'"),
    ):
        with pytest.raises(ConfigError, match=message):
            validated(triple_phase_boundary, "metric", wrong, grid=grid, path="tpb")


def test_edges_of_the_example(electrode):
    labels, expected = electrode, [27941, 28842, 28265]  # reference.json, counted by independent code
    grid = Grid(("0", "1", "2"), (0.5, 1.0, 2.0))
    total = triple_phase_boundary(Volume(labels, grid))["total"] * labels.size
    assert total == pytest.approx(np.dot(expected, grid.voxel_um), rel=1e-12)


@pytest.mark.parametrize("estimator", ["edges", "coarea", "triple"])
def test_a_roll_along_the_axis_of_supply_moves_the_cut_and_what_is_active(estimator):
    """The axis of supply is taken as open where the grid is periodic; rolled along another, nothing changes."""
    volume, _ = plurigaussian(
        (24, 24, 24), voxel_um=1.0, length_um=3.0, seed=3, fractions=(0.3, 0.35, 0.35), periodic=(True, True, True)
    )
    here, along, across = (
        triple_phase_boundary(Volume(np.roll(volume.labels, steps, axis), volume.grid), estimator=estimator)
        for steps, axis in ((0, 0), (7, 0), (7, 1))
    )
    assert along["total"] == pytest.approx(here["total"], rel=1e-5)
    assert along["active"] < 0.99 * here["active"]
    assert across["active"] == pytest.approx(here["active"], rel=1e-5)
