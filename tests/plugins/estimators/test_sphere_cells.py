"""Cells of directions on the sphere against another library's, and that they fill the sphere."""

import numpy as np
import pytest
from porenet_estimators.interfaces import DIRECTIONS
from porenet_estimators.sphere_cells import cell_areas
from scipy.spatial import SphericalVoronoi


def towards_neighbours(voxel_um):
    steps = np.concatenate([DIRECTIONS, np.negative(DIRECTIONS)]) * voxel_um
    return steps / np.linalg.norm(steps, axis=1, keepdims=True)


def random_directions(number):
    drawn = np.random.default_rng(number).standard_normal((number, 3))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("directions", "rounding"),
    [
        (towards_neighbours((0.1, 0.1, 0.1)), 1e-13),  # four cells meet in a corner
        (towards_neighbours((1.0, 0.5, 0.25)), 1e-13),
        (towards_neighbours((0.04, 0.04, 2.0)), 1e-9),
        (towards_neighbours((1.0, 1.0, 1000.0)), 1e-7),
        (random_directions(9), 1e-13),
        (random_directions(20), 1e-12),
    ],
)
def test_areas_are_those_of_scipy(directions, rounding):
    areas = cell_areas(directions)
    assert areas == pytest.approx(SphericalVoronoi(directions).calculate_areas(), rel=rounding)
    assert areas.sum() == pytest.approx(4 * np.pi, rel=1e-8)


def test_a_cube_has_six_equal_cells():
    areas = cell_areas(np.concatenate([np.eye(3), -np.eye(3)]))
    assert areas == pytest.approx(np.full(6, 4 * np.pi / 6), rel=1e-14)
