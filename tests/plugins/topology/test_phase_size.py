"""Phase sizes and intrusion: exact slabs, tubes, balls and bottles, and openings of each radius by scipy."""

import math

import numpy as np
import pytest
from ball_oracles import sizes_by_opening, sizes_written_out
from hypothesis import given, settings
from hypothesis import strategies as st
from porenet_topology import ball_sizes
from porenet_topology.ball_sizes import squared_sizes
from porenet_topology.metrics.breakthrough_diameter import breakthrough_diameter
from porenet_topology.metrics.constrictivity import constrictivity
from porenet_topology.metrics.intrusion_size import intrusion_size
from porenet_topology.metrics.neck_density import neck_density
from porenet_topology.metrics.neck_diameter import neck_diameter
from porenet_topology.metrics.phase_size import phase_size

from porenet.errors import ConfigError
from porenet.interface import FACES, Grid, Undefined, Volume
from porenet.registry.schema import validated

PHASES = ("solid", "pore")
CUBE = (1.0, 1.0, 1.0)
OPEN = (False, False, False)


def structure(labels, voxel_um=CUBE, periodic=OPEN):
    return Volume(np.asarray(labels, np.uint8), Grid(PHASES, voxel_um, periodic))


def quantiles(values, phase="pore"):
    return [values[f"{phase}.{name}"] for name in ("d10", "d50", "d90")]


def channel(*widths, side=12, repeat=3):
    """A square channel along z that is so many voxels wide, each width for some slices."""
    labels = np.zeros((repeat * len(widths), side, side), np.uint8)
    for i, width in enumerate(widths):
        low = (side - width) // 2
        labels[repeat * i : repeat * i + repeat, low : low + width, low : low + width] = 1
    return labels


@pytest.mark.parametrize("width", range(1, 7))
@pytest.mark.parametrize("axis", range(3))
def test_a_slab_has_its_thickness(width, axis):
    edges = (0.5, 0.25, 1.0)
    shape = [3, 2, 1]
    shape[axis] = 9
    labels = np.zeros(shape, np.uint8)
    labels[(slice(None),) * axis + (slice(1, 1 + width),)] = 1
    for periodic in (OPEN, (True, True, True)):
        measured = phase_size(structure(labels, edges, periodic))
        assert quantiles(measured) == pytest.approx([width * edges[axis]] * 3)
    if axis:
        assert quantiles(intrusion_size(structure(labels, edges))) == pytest.approx([width * edges[axis]] * 3)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_a_straight_channel_has_its_width(width):
    volume = structure(channel(width), (2.0, 0.5, 0.5))
    assert quantiles(phase_size(volume)) == [width / 2] * 3
    assert quantiles(intrusion_size(volume)) == [width / 2] * 3
    assert constrictivity(volume)["pore"] == 1.0


@pytest.mark.parametrize("radius", [2.0, 4.0, 6.5])
def test_a_ball_is_as_wide_as_the_largest_that_stays_in_its_voxels(radius):
    side = 2 * math.ceil(radius) + 3
    places = np.moveaxis(np.indices((side,) * 3), 0, -1) - side // 2
    outside = (places**2).sum(-1) > radius**2
    room = np.sqrt((np.maximum(np.abs(places[outside]) - 0.5, 0) ** 2).sum(-1)).min()
    sizes = phase_size(structure(~outside))
    assert sizes["pore.d50"] == sizes["pore.d90"] == pytest.approx(2 * room)
    assert 0.4 < radius - room < 1.0  # the stairs
    assert intrusion_size(structure(~outside))["pore.d90"] == 0.0  # no way in


def test_a_neck_hides_the_chamber_behind_it():
    # 3 slices 5 wide, 3 of 1, 6 of 5: 75, 3 and 150 voxels. The balls that have passed the neck are 1 wide.
    volume = structure(channel(5, 1, 5, 5))
    assert quantiles(phase_size(volume)) == [5.0] * 3
    assert quantiles(intrusion_size(volume)) == [1.0, 1.0, 5.0]
    assert quantiles(intrusion_size(volume, inlet="z_max")) == [1.0, 5.0, 5.0]
    assert constrictivity(volume)["pore"] == pytest.approx(1 / 25)
    assert constrictivity(volume, inlet="z_max")["pore"] == 1.0


def test_what_cannot_be_entered_has_the_size_0():
    labels = channel(2, 2, 2)
    labels[4] = 0
    volume = structure(labels)
    assert quantiles(phase_size(volume)) == [2.0] * 3
    # 4 slices of 8 are joined to the inlet: half of the volume does not exceed 0.
    assert quantiles(intrusion_size(volume)) == [0.0, 0.0, 2.0]
    assert constrictivity(volume)["pore"] == 0.0


def test_open_faces_are_no_walls_and_periodic_ones_go_on():
    labels = np.zeros((1, 9, 4), np.uint8)
    labels[:, :2] = 1
    assert quantiles(phase_size(structure(labels))) == [4.0] * 3  # half a ball
    labels[:, -3:] = 1
    assert quantiles(phase_size(structure(labels, periodic=(False, True, False)))) == [5.0] * 3


def test_absent_and_unbounded_phases_have_no_size():
    volume = structure(np.ones((3, 4, 5)))
    for measured in (phase_size(volume), intrusion_size(volume)):
        assert set(quantiles(measured, "solid")) == {Undefined("phase absent")}
        assert set(quantiles(measured)) == {Undefined("the phase fills the volume, so no ball is the largest")}
    assert all(isinstance(value, Undefined) for value in constrictivity(volume).values())


def test_one_voxel_thick_volumes_are_plane_structures():
    labels = np.zeros((1, 9, 11), np.uint8)
    labels[0, 2:7, 1:10] = 1
    flat = phase_size(structure(labels))
    assert flat == phase_size(structure(np.repeat(labels, 12, axis=0)))
    assert flat["pore.d50"] == 5.0


def random_volume(seed, shape, share, voxel_um, periodic=OPEN):
    labels = np.random.default_rng(seed).random(shape) < share
    labels.flat[0], labels.flat[-1] = False, True
    return structure(labels, voxel_um, periodic)


SPACINGS = st.sampled_from([CUBE, (0.5, 0.25, 1.0), (0.3, 0.1, 0.1)])


@settings(max_examples=12)
@given(
    st.tuples(*[st.integers(2, 9)] * 3),
    st.integers(0, 2**31),
    st.floats(0.6, 0.98),
    SPACINGS,
    st.sampled_from([None, *FACES]),
)
def test_equals_erosion_flood_and_dilation(shape, seed, share, voxel_um, inlet):
    volume = random_volume(seed, shape, share, voxel_um)
    sizes = 2 * np.sqrt(squared_sizes(volume, inlet)) * (volume.labels == 1) * min(voxel_um)
    expected = sizes_by_opening(volume.labels == 1, voxel_um, inlet)
    np.testing.assert_allclose(sizes, expected, rtol=1e-5)
    ranked = np.sort(expected[volume.labels == 1])
    measured = phase_size(volume) if inlet is None else intrusion_size(volume, inlet=inlet)
    shares = [ranked[math.ceil(share * len(ranked)) - 1] for share in (0.1, 0.5, 0.9)]
    assert quantiles(measured) == pytest.approx(shares, rel=1e-5)


@settings(max_examples=8)
@given(
    st.tuples(*[st.integers(1, 4)] * 3).filter(lambda shape: math.prod(shape) > 1),
    st.integers(0, 2**31),
    SPACINGS,
    st.tuples(*[st.booleans()] * 3),
    st.sampled_from([None, *FACES]),
)
def test_equals_the_definition_written_out(shape, seed, voxel_um, periodic, inlet):
    volume = random_volume(seed, shape, 0.85, voxel_um, periodic)
    sizes = 2 * np.sqrt(squared_sizes(volume, inlet)) * (volume.labels == 1) * min(voxel_um)
    np.testing.assert_allclose(sizes, sizes_written_out(volume, 1, inlet), rtol=1e-5)


@pytest.mark.parametrize("inlet", [None, "x_min"])
def test_rows_of_more_than_64_voxels(inlet):
    # 64 voxels of a row are one word: balls lie across the seams at 64 and 128.
    labels = np.ones((4, 5, 140), np.uint8)
    labels[1::3, 2, ::23] = labels[2, 4, 7::31] = 0
    sizes = 2 * np.sqrt(squared_sizes(structure(labels), inlet)) * (labels == 1)
    np.testing.assert_allclose(sizes, sizes_by_opening(labels == 1, CUBE, inlet), rtol=1e-5)


def test_periodic_rows_of_more_than_64_voxels():
    labels = np.random.default_rng(3).random((6, 7, 70)) < 0.9
    around = squared_sizes(structure(np.tile(labels, (1, 1, 3))))
    np.testing.assert_array_equal(squared_sizes(structure(labels, periodic=(False, False, True))), around[..., 70:140])


@settings(max_examples=10)
@given(
    st.tuples(*[st.integers(1, 6)] * 3),
    st.integers(0, 2**31),
    SPACINGS,
    st.tuples(*[st.booleans()] * 3),
    st.sampled_from(FACES),
)
def test_a_phase_does_not_see_how_the_others_are_divided(shape, seed, voxel_um, periodic, inlet):
    """All phases are measured in one pass, each as in a volume of that phase and the rest."""
    names = ("a", "b", "c", "d")
    coarse = np.random.default_rng(seed).integers(0, 4, [-(-n // 2) for n in shape])
    labels = coarse.repeat(2, 0).repeat(2, 1).repeat(2, 2)[tuple(map(slice, shape))].astype(np.uint8)
    metrics = (
        phase_size, lambda volume: intrusion_size(volume, inlet=inlet), breakthrough_diameter, neck_density,
        lambda volume: neck_diameter(volume, smallest=0.0), lambda volume: constrictivity(volume, inlet=inlet),
    )  # fmt: skip
    together = [metric(Volume(labels, Grid(names, voxel_um, periodic))) for metric in metrics]
    for label, name in enumerate(names):
        alone = structure(labels == label, voxel_um, periodic)
        for metric, values in zip(metrics, together, strict=True):
            expected = {key.replace("pore", name): value for key, value in metric(alone).items() if "pore" in key}
            assert expected == {key: value for key, value in values.items() if key.split(".")[0] == name}


def test_metrics_that_share_sizes_compute_them_once(monkeypatch):
    calls = []
    compute = ball_sizes._voxels_by_size
    monkeypatch.setattr(ball_sizes, "_voxels_by_size", lambda *args: calls.append(args[1]) or compute(*args))
    volume = structure(channel(5, 1, 5, 5))
    phase_size(volume), intrusion_size(volume), constrictivity(volume), constrictivity(volume, inlet="z_max")
    assert calls == [None, "z_min", "z_max"]


@pytest.mark.slow
def test_the_real_electrode_in_the_repository(electrode):
    middle = electrode[:24, :24, :24]
    for label in range(3):
        volume = structure(middle == label, (0.1, 0.1, 0.1))
        for inlet in (None, "z_min"):
            sizes = 2 * np.sqrt(squared_sizes(volume, inlet)) * (volume.labels == 1) * 0.1
            np.testing.assert_allclose(sizes, sizes_by_opening(middle == label, (0.1, 0.1, 0.1), inlet), rtol=1e-5)


def test_bad_inlet():
    with pytest.raises(ConfigError, match=r"params\.inlet: must be 'z_min'"):
        validated(intrusion_size, "metric", {"inlet": "top"}, path="params")


def test_ways_through_corners_and_through_centres_are_one_kernel(monkeypatch):
    called = []

    def recorded(ranks, owners, *rest):
        called.append([(array.dtype, array.flags.writeable) for array in (ranks, owners)])
        ball_sizes_ways(ranks, owners, *rest)

    ball_sizes_ways = ball_sizes.widest_ways
    monkeypatch.setattr(ball_sizes, "widest_ways", recorded)
    squared_sizes(structure(channel(4, 2)), "z_min")
    corners, centres = called
    assert corners == centres
