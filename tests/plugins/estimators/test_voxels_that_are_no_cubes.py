"""Planes and lines in random direction, of cubes and of other voxels: a Gaussian has one width in um."""

import numpy as np
import pytest
from porenet_estimators.coarea import SIGMAS, WEIGHTS, coarea_lines
from porenet_estimators.gaussian import voxel_widths
from porenet_estimators.heat import heat_densities
from porenet_estimators.interfaces import crofton_densities, crofton_range
from porenet_estimators.total_variation import total_variations
from porenet_estimators.triple_products import triple_product_lengths
from scipy.spatial import ConvexHull

from porenet.interface import Grid, Volume

# Voxel edges (um), side of the box (um, as small as the Gaussians allow) and number of directions.
CUBES = ((1.0, 1.0, 1.0), 32, 6)
FLAT = ((1.0, 0.5, 0.25), 22, 3)
BOXES = {"cubes": CUBES, "flat": FLAT, "needles": ((1.0, 0.1, 0.1), 18, 1)}
SLOW = {"cubes": (*CUBES[:2], 30), "flat": (*FLAT[:2], 20), "needles": ((1.0, 0.1, 0.1), 24, 8)}
EVERY = [
    *(pytest.param(*box, id=name) for name, box in BOXES.items()),
    *(pytest.param(*box, id=f"many_{name}", marks=pytest.mark.slow) for name, box in SLOW.items()),
]


def centres(voxel_um, side_um):
    """``(3, Z, Y, X)``, um from the middle of the box."""
    shape = [round(side_um / edge) for edge in voxel_um]
    return (np.indices(shape) + 0.5) * np.array(voxel_um)[:, None, None, None] - side_um / 2


def directions(count, seed):
    """Unit vectors in random direction."""
    drawn = np.random.default_rng(seed).standard_normal((count, 3))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def across(direction):
    """Two unit vectors at right angles to a direction and to each other."""
    return np.linalg.svd(direction[None])[2][1:]


def cut_area(normal, side_um):
    """Area in which a plane through the middle of a cube cuts it, um^2, from its corners on the cube's edges."""
    corners = []
    for axis in range(3):
        for ends in np.ndindex(2, 2):
            point = np.insert((np.array(ends) - 0.5) * side_um, axis, 0.0)
            point[axis] = -(normal @ point) / normal[axis]
            if abs(point[axis]) <= side_um / 2:
                corners.append(point)
    return ConvexHull(np.array(corners) @ across(normal).T).volume


def planes(voxel_um, side_um, count):
    """Structures of two phases on both sides of a plane, and its area per volume, um^-1."""
    for normal in directions(count, seed=5):
        labels = np.tensordot(normal, centres(voxel_um, side_um), 1) > 1e-3
        yield Volume(labels.astype(np.uint8), Grid(("out", "in"), voxel_um)), cut_area(normal, side_um) / side_um**3


def lines(voxel_um, side_um, count):
    """Marks of three phases that meet on a straight line, at 120 degrees, their grid, and length per volume, um^-2."""
    for along in directions(count, seed=6):
        u, v = np.tensordot(across(along), centres(voxel_um, side_um) + 0.1, 1)
        sector = np.floor((np.arctan2(u, v) + np.pi) / (2 * np.pi / 3)).astype(int) % 3
        through = np.sort([(0.1 - side_um / 2) / along, (0.1 + side_um / 2) / along], axis=0)
        length = through[1].min() - through[0].max()
        yield (1 << sector).astype(np.uint8), Grid(("a", "b", "c"), voxel_um), length / side_um**3


@pytest.mark.parametrize(("voxel_um", "side_um", "count"), EVERY)
def test_planes_read_their_area_in_any_direction(voxel_um, side_um, count):
    fine = []
    for volume, area in planes(voxel_um, side_um, count):
        assert total_variations(volume)[1] == pytest.approx(area, rel=0.03)
        assert 0.97 * area < heat_densities(volume, 2.0)[0, 1] < 1.01 * area
        fine.append(heat_densities(volume, 1.0)[0, 1] / area)
    assert 0.97 < np.mean(fine) < 1.01
    assert min(fine) > 0.9  # of a plane along the long edges of the voxels, which is all staircase or none


@pytest.mark.parametrize(("voxel_um", "side_um", "count"), EVERY)
def test_straight_lines_read_their_length_in_any_direction(voxel_um, side_um, count):
    for marks, grid, length in lines(voxel_um, side_um, count):
        coarea = np.dot(WEIGHTS, [coarea_lines(marks, grid, sigma)[0] for sigma in SIGMAS])
        assert coarea == pytest.approx(length, rel=0.04 if count > 6 else 0.03)
        assert triple_product_lengths(marks, grid, 1.0)[0] == pytest.approx(length, rel=0.03)


# Crofton's formula keeps a bias, which it states: no weights of 13 directions that all lie near one axis take it away.
@pytest.mark.parametrize(("voxel_um", "side_um", "count"), EVERY)
def test_crofton_reads_planes_within_the_range_that_it_states(voxel_um, side_um, count):
    lowest, highest = crofton_range(voxel_um)
    for volume, area in planes(voxel_um, side_um, count):
        assert 0.98 * lowest * area < crofton_densities(volume)[0, 1] < 1.02 * highest * area


@pytest.mark.parametrize(
    ("voxel_um", "expected"),
    [((1, 1, 1), (0.926, 1.024)), ((1, 0.5, 0.25), (0.80, 1.12)), ((1, 0.1, 0.1), (0.69, 1.10))],
)
def test_the_range_of_crofton_is_as_documented_and_holds_along_the_axes(voxel_um, expected):
    assert crofton_range(voxel_um) == pytest.approx(expected, abs=0.01)
    for axis in range(3):
        side_um = 4 * max(voxel_um)
        labels = (centres(voxel_um, side_um)[axis] > 0).astype(np.uint8)
        measured = crofton_densities(Volume(labels, Grid(("out", "in"), voxel_um)))[0, 1] * side_um
        assert expected[0] - 0.01 < measured < expected[1] + 0.01


def test_a_width_is_the_same_length_along_every_axis():
    for voxel_um, *_ in BOXES.values():
        widths = voxel_widths(1.5, voxel_um)
        assert [width * edge for width, edge in zip(widths, voxel_um, strict=True)] == pytest.approx([1.5] * 3)
        assert min(widths) == 1.5
    assert voxel_widths(2.0, (0.3, 0.3, 0.3)) == (2.0, 2.0, 2.0)  # exactly: cubes keep their bits
