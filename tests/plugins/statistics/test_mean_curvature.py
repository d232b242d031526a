"""Integral of mean curvature: plane by plane with scikit-image, on bodies and random structures with closed forms."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from porenet_estimators.interfaces import direction_shares
from porenet_statistics.metrics.mean_curvature import mean_curvature
from scipy.stats import norm

from porenet.errors import InputError
from porenet.interface import Grid, Undefined, Volume
from porenet.synthetic import plurigaussian
from porenet.testing import volumes

TWO = ("outside", "body")
EDGES = pytest.mark.parametrize("voxel_um", [(1.0, 1.0, 1.0), (1.0, 0.5, 0.25), (1.0, 0.2, 0.2)])


def integral_um(mask, voxel_um, periodic=(False, False, False)):
    """The integral itself: density times volume."""
    volume = Volume(mask.astype(np.uint8), Grid(TWO, voxel_um, periodic))
    return mean_curvature(volume)["body"] * mask.size * math.prod(voxel_um)


def ball(radius_um, voxel_um, rng):
    """A ball with two voxels of room around it, its centre anywhere in a voxel."""
    sizes = [math.ceil(2 * radius_um / edge) + 6 for edge in voxel_um]
    lines = [(np.arange(size) - size / 2 + rng.random()) * edge for size, edge in zip(sizes, voxel_um, strict=True)]
    return sum(line**2 for line in np.meshgrid(*lines, indexing="ij")) <= radius_um**2


@EDGES
@pytest.mark.parametrize(("radius_um", "relative"), [(2, 0.08), (5, 0.02)])
def test_a_ball_has_4_pi_r(radius_um, relative, voxel_um):
    rng = np.random.default_rng(0)
    readings = [integral_um(ball(radius_um, voxel_um, rng), voxel_um) / (4 * math.pi * radius_um) for _ in range(4)]
    assert readings == pytest.approx([1] * 4, rel=relative)


@EDGES
def test_a_box_has_the_planes_that_meet_it(voxel_um):
    """Each plane through voxels of a box has one piece of it: 2 pi times the sum of spacings, by shares of the sphere.

    The exact integral is pi times the sum of the edges.
    """
    sides = (5, 8, 6)
    box = np.pad(np.ones(sides, bool), 2)
    per_um = tuple(1 / edge for edge in voxel_um)
    normals = [n for n in itertools.product((-1, 0, 1), repeat=3) if n > (0, 0, 0)]
    expected = 0.0
    for normal, share in zip(normals, direction_shares(per_um), strict=True):
        planes = 1 + sum((size - 1) * abs(step) for size, step in zip(sides, normal, strict=True))
        expected += 2 * math.pi * share * planes / math.hypot(*np.multiply(normal, per_um))
    assert integral_um(box, voxel_um) == pytest.approx(expected)


def sections(mask):
    """Euler number of all plane sections of each normal, in the order of z, y, x, then diagonals of two, of three."""
    measure = pytest.importorskip("skimage.measure", reason="scikit-image is an optional oracle")

    def squares(plane):
        return (measure.euler_number(plane, 1) + measure.euler_number(plane, 2)) / 2

    def triangles(plane):
        padded = np.pad(plane, 1)
        down, right = np.roll(padded, -1, 0), np.roll(padded, -1, 1)
        edges = (padded & down).sum() + (padded & right).sum() + (down & right).sum()
        return padded.sum() - edges + (padded & down & right).sum() + (down & right & np.roll(down, -1, 1)).sum()

    def sheared(stack):
        """Layer i moved by i, with room to do so: the planes are then the last axis."""
        return np.stack([np.pad(layer, [(0, 0), (i, len(stack) - i)]) for i, layer in enumerate(stack)])

    numbers = {}
    for axis in range(3):
        numbers[tuple(int(axis == other) for other in range(3))] = sum(
            squares(plane) for plane in np.moveaxis(mask, axis, 0)
        )
    for kept, sign in itertools.product(range(3), (1, -1)):
        first, second = (axis for axis in range(3) if axis != kept)
        stack = np.moveaxis(mask, (first, kept, second), (0, 1, 2))
        normal = [0, 0, 0]
        normal[first], normal[second] = 1, sign
        planes = np.moveaxis(sheared(stack if sign > 0 else stack[:, :, ::-1]), 2, 0)
        numbers[tuple(normal)] = sum(squares(plane) for plane in planes)
    for signs in itertools.product((1, -1), repeat=2):
        turned = mask[:, :: signs[0], :: signs[1]]
        twice = sheared(np.swapaxes(sheared(turned), 0, 1))
        numbers[1, *signs] = sum(triangles(plane) for plane in np.moveaxis(twice, 2, 0))
    return numbers


@EDGES
def test_it_is_the_euler_number_of_plane_sections(voxel_um):
    rng = np.random.default_rng(1)
    body = np.pad(rng.random((5, 4, 6)) < 0.5, 2)
    per_um = tuple(1 / edge for edge in voxel_um)
    normals = [n for n in itertools.product((-1, 0, 1), repeat=3) if n > (0, 0, 0)]
    shares = dict(zip(normals, direction_shares(per_um), strict=True))
    numbers = sections(body)
    assert len(numbers) == 13
    expected = sum(
        2 * math.pi * shares[normal] * number / math.hypot(*np.multiply(normal, per_um))
        for normal, number in numbers.items()
    )
    assert integral_um(body, voxel_um) == pytest.approx(expected)


def test_quantimpy_has_the_same_numbers():
    """Version 0.4.6, 2 pi^2 times its third functional, of voxels that are cubes."""
    cubes = (1.0, 1.0, 1.0)
    distance = np.linalg.norm(np.indices((40,) * 3) - 20, axis=0)
    assert integral_um(distance <= 12, cubes) == pytest.approx(150.08529972638487, rel=1e-12)
    speckle = np.pad(np.random.default_rng(0).random((20,) * 3) < 0.4, 3)
    assert integral_um(speckle, cubes) == pytest.approx(2732.0567204458857, rel=1e-12)
    assert integral_um(np.pad(np.ones((5, 8, 6), bool), 3), cubes) == pytest.approx(51.295950582839794, rel=1e-12)


@given(volumes(Grid(TWO, (1.0, 0.5, 0.25))))
def test_of_two_phases_one_has_the_negative_of_the_other(volume):
    values = mean_curvature(volume)
    if 1 in volume.labels.shape:
        assert all(isinstance(value, Undefined) for value in values.values())
    else:
        assert values["outside"] == pytest.approx(-values["body"], abs=1e-9)


@settings(max_examples=15)
@given(volumes(max_side=4), st.tuples(*[st.integers(2, 4)] * 3))
def test_the_windows_of_a_periodic_volume_have_its_density_in_the_mean(volume, window):
    grid = Grid(volume.grid.phases, (1, 0.5, 0.25))
    around = np.pad(volume.labels, [(0, 4)] * 3, mode="wrap")
    total = dict.fromkeys(grid.phases, 0.0)
    for corner in np.ndindex(volume.labels.shape):
        cut = around[tuple(slice(start, start + size) for start, size in zip(corner, window, strict=True))]
        for phase, density in mean_curvature(Volume(cut, grid)).items():
            total[phase] += density / volume.labels.size
    wrapped = Volume(volume.labels, Grid(grid.phases, grid.voxel_um, (True, True, True)))
    assert total == pytest.approx(mean_curvature(wrapped), abs=1e-9)


def test_of_a_gaussian_field_it_is_its_closed_form_and_on_triple_lines_a_fifth_more():
    """Above a level a: a exp(-a^2 / 2) / sqrt(2 pi) l^2. All phases add up to pi / 2 times the length of the lines."""
    length_um, seeds = 5.0, 8
    fractions = (0.3, 0.3, 0.4)
    level, second = norm.isf(fractions[0]), norm.isf(fractions[1] / (1 - fractions[0]))
    exact = level * math.exp(-(level**2) / 2) / (math.sqrt(2 * math.pi) * length_um**2)
    line = math.exp(-(level**2 + second**2) / 2) / (math.pi * length_um**2)
    electrodes = [
        plurigaussian((48,) * 3, voxel_um=(1, 1, 1), length_um=length_um, seed=seed, fractions=fractions)[0]
        for seed in range(seeds)
    ]
    values = np.array([list(mean_curvature(volume).values()) for volume in electrodes])
    error = values[:, 0].std() / math.sqrt(seeds)
    assert abs(values[:, 0].mean() - exact) < 3 * error < 0.3 * exact
    assert values.sum(axis=1).mean() / (math.pi / 2 * line) == pytest.approx(1.18, abs=0.05)


def test_voxels_too_flat_are_refused_and_a_box_without_cells_has_no_value():
    flat = Volume(np.zeros((2, 2, 2), np.uint8), Grid(TWO, (1.0, 1.0, 0.0009)))
    with pytest.raises(InputError, match="too flat for planes through its corners"):
        mean_curvature(flat)
    thin = Volume(np.zeros((2, 1, 2), np.uint8), Grid(TWO, (1, 1, 1)))
    assert mean_curvature(thin)["body"] == Undefined("the box is one voxel thick along y, and open")
    wrapped = Volume(np.ones((2, 1, 2), np.uint8), Grid(TWO, (1, 1, 1), (True, True, True)))
    assert mean_curvature(wrapped) == {"outside": 0.0, "body": 0.0}
