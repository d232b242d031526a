"""How many voxels must be converted: of bodies by hand, of structures by Dijkstra's algorithm of scipy."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from porenet_topology import ball_sizes
from porenet_topology.metrics.first_passage import first_passage
from porenet_topology.metrics.intrusion_size import intrusion_size
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from porenet.interface import AXES, FACES, Grid, InputError, Undefined, Volume
from porenet.testing import volumes

PAIRS = list(itertools.permutations(FACES, 2))
PHASES = ("solid", "pore")


def layer(array, face):
    return np.take(array, 0 if face.endswith("min") else -1, axis=AXES.index(face[0]))


def cheapest(cost, inlet, periodic):
    """The least cost of a way from a face to each voxel, by scipy."""
    places = np.arange(cost.size).reshape(cost.shape)
    outside, roots = cost.size, layer(places, inlet).ravel()
    starts, ends = [np.full(len(roots), outside)], [roots]
    for axis, wraps in enumerate(periodic):
        lines = np.moveaxis(places, axis, 0)
        for one, two in [(lines[:-1], lines[1:])] + [(lines[-1:], lines[:1])] * (wraps and len(lines) > 2):
            starts += [one.ravel(), two.ravel()]
            ends += [two.ravel(), one.ravel()]
    first, second = np.concatenate(starts), np.concatenate(ends)
    graph = csr_array((cost.ravel()[second], (first, second)), shape=(cost.size + 1,) * 2)
    return dijkstra(graph, indices=outside)[:-1].reshape(cost.shape)


def solid_with(*pores, shape=(8, 3, 4), periodic=(False, False, False)):
    labels = np.zeros(shape, np.uint8)
    for place in pores:
        labels[place] = 1
    return Volume(labels, Grid(PHASES, (1, 1, 1), periodic))


@given(volumes(min_side=2, max_side=5), st.sampled_from(PAIRS))
def test_it_is_what_dijkstra_finds(volume, faces):
    inlet, outlet = faces
    found = first_passage(volume, inlet=inlet, outlet=outlet)
    opened = [
        wraps and axis not in (inlet[0], outlet[0]) for axis, wraps in zip(AXES, volume.grid.periodic, strict=True)
    ]
    slices = volume.labels.shape[AXES.index(inlet[0])] if inlet[0] == outlet[0] else 1
    for phase in volume.grid.phases:
        held = volume.mask(phase)
        total = cheapest((~held).astype(float), inlet, opened)
        assert found[f"{phase}.through"] == layer(total, outlet).min() / slices
        if held.any():
            assert found[f"{phase}.reachable"] == pytest.approx(total[held].mean(), rel=1e-14)
        else:
            assert found[f"{phase}.reachable"] == Undefined("phase absent")


@given(volumes(min_side=2))
def test_nothing_is_to_convert_exactly_where_a_phase_percolates(volume):
    for axis in AXES:
        found = first_passage(volume, inlet=f"{axis}_min", outlet=f"{axis}_max")
        for phase in volume.grid.phases:
            assert (found[f"{phase}.through"] == 0) == volume.spanning(phase, axis).any()
            assert 0 <= found[f"{phase}.through"] <= 1


@given(volumes(min_side=2), st.sampled_from(PAIRS))
def test_nothing_is_to_reach_exactly_where_all_of_a_phase_is_joined_to_the_inlet(volume, faces):
    inlet, outlet = faces
    z, y, x = (w and axis not in (inlet[0], outlet[0]) for axis, w in zip(AXES, volume.grid.periodic, strict=True))
    open_volume = Volume(volume.labels, Grid(volume.grid.phases, volume.grid.voxel_um, (z, y, x)))
    found = first_passage(volume, inlet=inlet, outlet=outlet)
    for phase in volume.grid.phases:
        mask = volume.mask(phase)
        if mask.any():
            joined = open_volume.reachable(phase, (inlet,))
            assert (found[f"{phase}.reachable"] == 0) == np.array_equal(joined, mask)
            assert found[f"{phase}.reachable"] * mask.sum() >= (mask.sum() - joined.sum()) * (1 - 1e-12)


def test_a_channel_with_a_gap_of_two_of_eight_slices():
    found = first_passage(solid_with((slice(0, 3), 1, 2), (slice(5, 8), 1, 2)))
    assert found["pore.through"] == 2 / 8
    assert found["pore.reachable"] == 1.0  # 3 voxels at 0 and 3 at 2
    assert found["solid.through"] == found["solid.reachable"] == 0


def test_the_reservoir_is_at_the_inlet():
    volume = solid_with((slice(0, 6), 1, 2))
    assert first_passage(volume)["pore.reachable"] == 0
    from_below = first_passage(volume, inlet="z_max", outlet="z_min")
    assert from_below["pore.reachable"] == 2
    assert from_below["pore.through"] == first_passage(volume)["pore.through"] == 2 / 8


def test_a_phase_that_is_absent_is_all_to_convert():
    absent = Volume(np.zeros((5, 2, 3), np.uint8), Grid(PHASES, (1, 1, 1)))
    for inlet, outlet in PAIRS:
        assert first_passage(absent, inlet=inlet, outlet=outlet) == {
            "solid.through": 0.0,
            "solid.reachable": 0.0,
            "pore.through": 1.0,
            "pore.reachable": Undefined("phase absent"),
        }


def test_a_wrap_at_the_side_shortens_a_way_and_one_along_it_does_not():
    halves = (slice(0, 4), 1, 0), (slice(4, 8), 1, 3)
    assert first_passage(solid_with(*halves))["pore.through"] == 3 / 8
    assert first_passage(solid_with(*halves, periodic=(False, False, True)))["pore.through"] == 1 / 8
    ends = solid_with(0, -1, periodic=(True, True, True))
    assert first_passage(ends)["pore.through"] == 6 / 8


def test_faces_that_share_an_edge_of_the_box_share_voxels():
    volume = solid_with((0, slice(None), 0))
    assert first_passage(volume, inlet="z_min", outlet="x_min")["pore.through"] == 0
    assert first_passage(volume, inlet="z_min", outlet="x_max")["pore.through"] == 1
    assert first_passage(volume, inlet="z_max", outlet="x_max")["pore.reachable"] == 7


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 3, 4), (5, 1, 1)])
def test_one_voxel_thick(shape):
    full = Volume(np.ones(shape, np.uint8), Grid(PHASES, (0.1, 0.2, 0.3), (True, True, True)))
    found = first_passage(full)
    thin = Undefined("one voxel thick along z")
    expected = [thin] * 3 if shape[0] == 1 else [0, 0, 1]
    assert [found[key] for key in ("pore.through", "pore.reachable", "solid.through")] == expected


def test_one_face_is_no_way():
    with pytest.raises(InputError, match=r"outlet: inlet and outlet are the same face, 'y_max'"):
        first_passage(solid_with(0), inlet="y_max", outlet="y_max")


def test_more_points_than_the_kernel_of_intrusion_can_number_are_refused(monkeypatch):
    volume = solid_with(slice(0, 3))
    monkeypatch.setattr(ball_sizes, "MOST_POINTS", volume.labels.size - 1)
    with pytest.raises(InputError, match=r"are too many: .* for at most \d+"):
        intrusion_size(volume)
