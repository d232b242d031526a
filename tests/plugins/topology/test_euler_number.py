"""Euler characteristic density, on bodies whose topology is known and against scikit-image."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from porenet_topology.metrics.euler_number import euler_number
from scipy.stats import norm

from porenet.errors import ConfigError, InputError
from porenet.interface import Grid, Undefined, Volume
from porenet.registry.schema import validated
from porenet.synthetic import plurigaussian
from porenet.testing import volumes

BOTH = pytest.mark.parametrize("connectivity", [6, 26])
EVERY = st.sampled_from([6, 14, 26])
OPEN = (False, False, False)


def characteristic(mask, connectivity, periodic=OPEN, voxel_um=(0.1, 0.2, 0.3)):
    """The number itself: density times volume."""
    volume = Volume(mask.astype(np.uint8), Grid(("outside", "body"), voxel_um, periodic))
    density = euler_number(volume, connectivity=connectivity)["body"]
    number = density * mask.size * math.prod(voxel_um)
    assert number == pytest.approx(round(number), abs=1e-9)
    return round(number)


def distances(side=17):
    return np.indices((side, side, side)) - side // 2


def ball(radius=6.0, side=17):
    return np.linalg.norm(distances(side), axis=0) <= radius


def torus(ring=5.0, tube=2.0):
    z, y, x = distances()
    return (np.hypot(y, x) - ring) ** 2 + z**2 <= tube**2


def frame(holes):
    """A plate with holes through it."""
    plate = np.zeros((5, 5, 2 * holes + 3), bool)
    plate[1:4, 1:4, 1:-1] = True
    plate[:, 2, 2:-2:2] = False
    return plate


BODIES = {
    "ball": (ball(), 1),
    "torus": (torus(), 0),
    "hollow shell": (ball(7) & ~ball(3), 2),
    "shell in a shell": (ball(8) & ~ball(6) | ball(4) & ~ball(2), 4),
    "two balls": (np.concatenate([ball(), ball()]), 2),
    "ball beside torus": (np.concatenate([ball(), torus()], axis=1), 1),
    "all but a ball": (~ball(), 2),
    "all but a torus": (~torus(), 1),
    "plate with 1 hole": (frame(1), 0),
    "plate with 3 holes": (frame(3), -2),
    "box that fills the volume": (np.ones((3, 4, 5), bool), 1),
    "one voxel": (np.ones((1, 1, 1), bool), 1),
    "nothing": (np.zeros((3, 4, 5), bool), 0),
    "straight channel": (np.pad(np.ones((6, 2, 2), bool), [(0, 0), (2, 2), (2, 2)]), 1),
}


@BOTH
@pytest.mark.parametrize(("body", "number"), BODIES.values(), ids=BODIES.keys())
def test_bodies(body, number, connectivity):
    assert characteristic(body, connectivity) == number


@pytest.mark.parametrize(("step", "six"), [((0, 0, 1), 1), ((0, 1, 1), 2), ((1, 1, 1), 2)])
def test_voxels_that_meet_at_an_edge_or_a_corner_are_one_body_with_26_neighbours_only(step, six):
    body = np.zeros((3, 3, 3), bool)
    body[1, 1, 1] = body[tuple(1 + np.array(step))] = True
    assert characteristic(body, 26) == 1
    assert characteristic(body, 6) == six


def test_a_cube_of_a_checkerboard():
    body = np.indices((2, 2, 2)).sum(0) % 2 == 0
    assert characteristic(body, 6) == 4
    # Each two of the four voxels share one edge. Vertices: the centre, 6 in faces, 12 in edges, 4 corners.
    assert characteristic(body, 26) == (1 + 6 + 12 + 4) - (4 * 12 - 6) + 4 * 6 - 4


@BOTH
@pytest.mark.parametrize(
    ("wrapped", "number"), [((), 1), ((0,), 0), ((1,), 0), ((2,), 0), ((0, 1), 0), ((1, 2), 0), ((0, 1, 2), 0)]
)
@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 4, 5), (2, 2, 2), (1, 1, 1)])
def test_a_phase_that_fills_a_periodic_volume(shape, wrapped, number, connectivity):
    periodic = tuple(axis in wrapped for axis in range(3))
    assert characteristic(np.ones(shape, bool), connectivity, periodic) == number


@BOTH
def test_a_rod_is_a_ball_or_a_ring(connectivity):
    rod = np.zeros((5, 5, 5), bool)
    rod[:, 2, 2] = True
    for periodic in itertools.product((False, True), repeat=3):
        assert characteristic(rod, connectivity, periodic) == (0 if periodic[0] else 1)


@BOTH
def test_a_ball_cut_by_a_periodic_face_is_whole(connectivity):
    cut = np.roll(ball(), 8, axis=(0, 1, 2))
    assert characteristic(cut, connectivity) == 8
    assert characteristic(cut, connectivity, (True, False, False)) == 4
    assert characteristic(cut, connectivity, (True, True, True)) == 1


@given(volumes(Grid(("a", "b", "c"), (1, 1, 1))))
def test_an_open_volume_has_scikit_images_numbers(volume):
    measure = pytest.importorskip("skimage.measure", reason="scikit-image is an optional oracle")
    for connectivity, steps in ((6, 1), (26, 3)):
        found = euler_number(volume, connectivity=connectivity)
        for phase, density in found.items():
            assert round(density * volume.labels.size) == measure.euler_number(volume.mask(phase), steps)


@pytest.mark.parametrize(
    "name", ["sofc_superres_62", pytest.param("soc_niysz_ptycho_250_36p8nm", marks=pytest.mark.slow)]
)
def test_real_electrodes_have_scikit_images_numbers(real_volume, name):
    measure = pytest.importorskip("skimage.measure", reason="scikit-image is an optional oracle")
    volume = Volume(real_volume(name).labels, Grid(("a", "b", "c"), (1, 1, 1)))
    for connectivity, steps in ((6, 1), (26, 3)):
        for phase, density in euler_number(volume, connectivity=connectivity).items():
            number = measure.euler_number(volume.mask(phase), steps)
            assert density * volume.labels.size == pytest.approx(number, rel=1e-12)


@given(volumes())
def test_the_wrapped_phase_and_all_else_share_one_number(volume):
    """On a 3-torus, whose own number is 0: 6 neighbours here are 26 there."""
    body = volume.labels == 0
    assert characteristic(body, 6, (True, True, True)) == characteristic(~body, 26, (True, True, True))


@given(volumes(), st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5)), st.sampled_from([6, 26]))
def test_rolling_along_periodic_axes_changes_nothing(volume, steps, connectivity):
    periodic = volume.grid.periodic
    shift = [step if wraps else 0 for step, wraps in zip(steps, periodic, strict=True)]
    body = volume.labels == 0
    rolled = np.roll(body, shift, (0, 1, 2))
    assert characteristic(rolled, connectivity, periodic) == characteristic(body, connectivity, periodic)


@given(volumes(), EVERY)
def test_the_density_of_a_periodic_volume_is_that_of_its_repetition(volume, connectivity):
    periodic = volume.grid.periodic
    tiled = Volume(np.tile(volume.labels, [2 if wraps else 1 for wraps in periodic]), volume.grid)
    found, again = (euler_number(one, connectivity=connectivity) for one in (volume, tiled))
    assert again == pytest.approx(found, rel=1e-12, abs=1e-12)


def in_tetrahedra(mask):
    """Vertices, edges, triangles and tetrahedra round one diagonal of each cube, in a box that is closed."""
    padded = np.pad(mask, 1)
    corners = {step: np.roll(padded, [-part for part in step], (0, 1, 2)) for step in np.ndindex(2, 2, 2)}
    number = np.count_nonzero(mask)
    for length in (2, 3, 4):
        # A cell is a way up from its lowest corner, which is counted where the lattice begins.
        for upper in itertools.combinations(sorted(set(corners) - {(0, 0, 0)}), length - 1):
            if all(np.greater_equal(b, a).all() for a, b in itertools.pairwise(upper)):
                held = np.logical_and.reduce([padded, *(corners[step] for step in upper)])
                number -= (-1) ** length * np.count_nonzero(held)
    return number


@settings(max_examples=30)
@given(volumes(max_side=4))
def test_with_14_neighbours_it_is_the_mean_over_the_diagonals_of_cubes_in_tetrahedra(volume):
    body = volume.labels == 0
    four = [in_tetrahedra(np.flip(body, axes)) for axes in ((), (0,), (1,), (2,))]
    open_volume = Volume(body.astype(np.uint8), Grid(("outside", "body"), (1, 1, 1)))
    assert euler_number(open_volume, connectivity=14)["body"] * body.size == pytest.approx(np.mean(four), abs=1e-9)


@pytest.mark.parametrize(("body", "number"), list(BODIES.values())[:11], ids=list(BODIES)[:11])
def test_with_14_neighbours_smooth_bodies_have_their_numbers(body, number):
    assert characteristic(body, 14) == number


@given(volumes())
def test_with_14_neighbours_the_wrapped_phase_and_all_else_share_one_number(volume):
    grid = Grid(("else", "body"), (1, 1, 1), (True, True, True))
    body = Volume((volume.labels == 0).astype(np.uint8), grid)
    for corrected in (False, True):
        values = euler_number(body, connectivity=14, edge_correction=corrected)
        assert values["else"] == values["body"]


@settings(max_examples=20)
@given(volumes(max_side=4), EVERY, st.tuples(*[st.integers(2, 4)] * 3))
def test_corrected_the_windows_of_a_periodic_volume_have_its_number_in_the_mean(volume, connectivity, window):
    """Every cell is seen by the windows at all places equally often, and the weights of a window sum to its size."""
    grid = Grid(volume.grid.phases, (1, 1, 1))
    around = np.pad(volume.labels, [(0, 4)] * 3, mode="wrap")
    total = dict.fromkeys(grid.phases, 0.0)
    for corner in np.ndindex(volume.labels.shape):
        cut = around[tuple(slice(start, start + size) for start, size in zip(corner, window, strict=True))]
        for phase, density in euler_number(Volume(cut, grid), connectivity=connectivity, edge_correction=True).items():
            total[phase] += density / volume.labels.size
    wrapped = Volume(volume.labels, Grid(grid.phases, (1, 1, 1), (True, True, True)))
    assert total == pytest.approx(euler_number(wrapped, connectivity=connectivity), abs=1e-12)


def test_corrected_the_density_of_a_gaussian_field_is_its_closed_form_in_small_boxes_and_in_large_ones():
    """Above a level a: (a^2 - 1) exp(-a^2 / 2) / (2 pi)^2 l^3 (R. J. Adler, The Geometry of Random Fields, 1981)."""
    length_um, fraction = 5.0, 0.2
    level = norm.isf(fraction)
    exact = (level**2 - 1) * math.exp(-(level**2) / 2) / ((2 * math.pi) ** 2 * length_um**3)
    densities = {(side, corrected): [] for side, corrected in itertools.product((16, 48), (False, True))}
    for seed in range(8):
        volume, _ = plurigaussian(
            (48,) * 3, voxel_um=(1, 1, 1), length_um=length_um, seed=seed, phases=("a", "b", "c"),
            fractions=(fraction, 0.4, 0.4),
        )  # fmt: skip
        for side, corrected in densities:
            for corner in np.ndindex((48 // side,) * 3):
                window = tuple(slice(side * place, side * (place + 1)) for place in corner)
                part = Volume(volume.labels[window], volume.grid)
                densities[side, corrected].append(euler_number(part, edge_correction=corrected)["a"])
    means = {key: np.mean(values) / abs(exact) for key, values in densities.items()}
    spread = np.std(densities[48, True]) / math.sqrt(8) / abs(exact)
    for side in (16, 48):
        assert abs(means[side, True] - np.sign(exact)) < 3 * spread
    # The faces close the phase: the smaller the box, the more pieces there seem to be.
    assert means[16, False] > means[48, False] + 3 * spread > means[48, True] + 6 * spread


def test_corrected_a_box_without_cells_has_no_number():
    grid = Grid(("solid", "pore"), (1, 1, 1))
    values = euler_number(Volume(np.zeros((1, 4, 1), np.uint8), grid), edge_correction=True)
    assert set(values.values()) == {Undefined("the box is one voxel thick along z and x, and open")}
    wrapped = Volume(np.zeros((1, 4, 1), np.uint8), Grid(("solid", "pore"), (1, 1, 1), (True, False, True)))
    assert euler_number(wrapped, edge_correction=True) == {"solid": 0.0, "pore": 0.0}


def test_the_density_is_per_um3():
    volume = Volume(np.array([[[0, 1, 0, 1]]]), Grid(("solid", "pore"), (0.5, 0.5, 0.25)))
    # Two pieces each in 4 voxels of 0.0625 um^3.
    assert euler_number(volume) == {"solid": 8.0, "pore": 8.0}


@pytest.mark.parametrize("wrong", [18, 8, "6"])
def test_another_connectivity_is_refused(wrong):
    with pytest.raises(ConfigError, match=rf"params\.connectivity: must be 6, 14 or 26, not {wrong!r}"):
        validated(euler_number, "metric", {"connectivity": wrong}, path="params")
    volume = Volume(np.zeros((1, 1, 1), np.uint8), Grid(("solid", "pore"), (1, 1, 1)))
    with pytest.raises(InputError, match=rf"euler_number\.connectivity: 6, 14 or 26 was expected, not {wrong!r}"):
        euler_number(volume, connectivity=wrong)
