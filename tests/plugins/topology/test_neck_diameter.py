"""Necks: overlapping balls against the circle in which they meet, rows, tubes, and a maximum spanning tree."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from porenet_estimators.clearance import clearances_of_all
from porenet_topology.metrics.neck_density import neck_density
from porenet_topology.metrics.neck_diameter import neck_diameter
from porenet_topology.particle_necks import SMALLEST, neck_diameters
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from porenet.errors import ConfigError
from porenet.interface import Grid, Undefined, Volume
from porenet.registry.schema import validated

PHASES = ("solid", "pore")
OPEN = (False, False, False)


def structure(labels, voxel_um=(1.0, 1.0, 1.0), periodic=OPEN):
    return Volume(np.asarray(labels, np.uint8), Grid(PHASES, voxel_um, periodic))


def balls(shape, centres, radius):
    places = np.moveaxis(np.indices(shape), 0, -1)
    return np.min([((places - centre) ** 2).sum(-1) for centre in centres], axis=0) < radius**2


@pytest.mark.parametrize("radius", [6, 9])
@pytest.mark.parametrize("share", [1.5, 1.7])
def test_two_balls_meet_in_a_circle(radius, share):
    # Of radius R and d apart they meet in a circle of radius sqrt(R^2 - d^2 / 4).
    circle = 2 * math.sqrt(radius**2 - (share * radius / 2) ** 2)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        along = rng.standard_normal(3)
        along *= share * radius / 2 / np.linalg.norm(along)
        side = math.ceil(2 * radius + share * radius) + 4
        middle = np.full(3, (side - 1) / 2) + rng.uniform(-0.5, 0.5, 3)
        volume = structure(balls((side,) * 3, [middle + along, middle - along], radius))
        (diameter,) = neck_diameters(volume, 0.8, SMALLEST)["pore"]
        assert 0.3 < circle - diameter < 2.3  # the stairs


def test_a_row_of_balls_has_a_neck_between_each_two():
    centres = [(8, 8, 8 + 9 * i) for i in range(4)]
    volume = structure(balls((17, 17, 44), centres, 6), (0.5, 0.5, 0.5))
    measured = neck_diameter(volume)
    # The circle's radius is sqrt(36 - 4.5^2) = 3.97; of the columns in it the first that is missing is (3, 3).
    assert measured["pore.d10"] == measured["pore.d90"] == pytest.approx(0.5 * 2 * math.sqrt(2.5**2 + 2.5**2), abs=0.3)
    assert neck_density(volume)["pore"] == pytest.approx(3 / (17 * 17 * 44 * 0.125))


def test_a_ring_of_three_balls_has_two_necks():
    labels = balls((17, 17, 27), [(8, 8, 4 + 9 * i) for i in range(-1, 4)], 6)
    periodic = structure(labels, periodic=(False, False, True))
    assert len(neck_diameters(periodic, 0.8, SMALLEST)["pore"]) == 2
    assert len(neck_diameters(structure(labels), 0.8, SMALLEST)["pore"]) == 2


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_a_neck_of_a_channel_is_as_wide_as_its_voxels(width):
    labels = np.zeros((15, 12, 12), np.uint8)
    labels[:5, 2:10, 2:10] = labels[10:, 3:9, 3:9] = 1
    labels[5:10, 4 : 4 + width, 4 : 4 + width] = 1
    measured = neck_diameter(structure(labels, (0.5, 0.25, 0.25)))
    assert measured["pore.d50"] == pytest.approx(width / 4)


@pytest.mark.parametrize("radius", [2.0, 3.0, 4.5])
def test_a_straight_tube_has_no_necks(radius):
    rng = np.random.default_rng(1)
    for _ in range(3):
        along = rng.standard_normal(3)
        along /= np.linalg.norm(along)
        places = np.moveaxis(np.indices((30,) * 3), 0, -1) - 14.5 - rng.uniform(-0.5, 0.5, 3)
        volume = structure((places**2).sum(-1) - (places @ along) ** 2 < radius**2)
        assert neck_diameter(volume)["pore.d50"] == Undefined("the phase has no necks")
        assert neck_density(volume)["pore"] == 0.0


def test_absent_and_unbounded_phases():
    volume = structure(np.ones((2, 3, 1)))
    measured = neck_diameter(volume)
    assert measured["solid.d50"] == Undefined("phase absent")
    assert measured["pore.d50"] == Undefined("the phase fills the volume, so no ball is the largest")
    assert neck_density(volume) == {"solid": 0.0, "pore": 0.0}


def by_spanning_tree(volume, ratio, smallest):
    """Necks among the edges of a maximum spanning tree of corners and centres, joined from the widest down."""
    lattices = [clearances_of_all(volume, corners=corners) for corners in (True, False)]
    fields = [np.where(owners == 1, squares, 0) for squares, owners in lattices]
    radii = {
        (first, *place): math.sqrt(field[place])
        for first, field in enumerate(fields)
        for place in np.ndindex(field.shape)
    }
    points = [point for point, radius in radii.items() if radius > 0]
    numbers = {point: number for number, point in enumerate(points)}
    edges = {}
    for point in points:
        places = 2 * np.array(point[1:]) + point[0]
        for step in [(2, 0, 0), (0, 2, 0), (0, 0, 2), *(2 * np.array(list(np.ndindex(2, 2, 2))) - 1)]:
            beside = places + step
            for i, wraps in enumerate(volume.grid.periodic):
                beside[i] %= 2 * volume.labels.shape[i] if wraps else 10**6
            other = (int(beside[0] % 2), *(int(place) // 2 for place in beside))
            if other in numbers and other != point:
                edges[numbers[point], numbers[other]] = 1e3 - min(radii[point], radii[other])
    if not edges:
        return []
    rows, columns = zip(*edges, strict=True)
    tree = minimum_spanning_tree(coo_array((list(edges.values()), (rows, columns)), shape=(len(points),) * 2)).tocoo()
    pieces = {number: {number} for number in range(len(points))}
    diameters = []
    for _, i, j in sorted(zip(tree.data, *tree.coords, strict=True)):
        # The elder of two pieces is the one with the larger ball.
        elder, younger = sorted((pieces[i], pieces[j]), key=lambda piece: -max(radii[points[k]] for k in piece))
        saddle = min(radii[points[i]], radii[points[j]])
        peak = max(radii[points[k]] for k in younger)
        if peak >= smallest / 2 and saddle < ratio * peak:
            diameters.append(2 * saddle * min(volume.grid.voxel_um))
        elder |= younger
        for k in younger:
            pieces[k] = elder
    return sorted(diameters)


@settings(max_examples=15)
@given(
    st.tuples(*[st.integers(1, 6)] * 3).filter(lambda shape: math.prod(shape) > 1),
    st.integers(0, 2**31),
    st.floats(0.6, 0.95),
    st.sampled_from([(1.0, 1.0, 1.0), (0.5, 0.25, 1.0)]),
    st.tuples(*[st.booleans()] * 3),
    st.sampled_from([0.6, 0.8, 0.95]),
    st.sampled_from([0.0, 2.0]),
)
def test_equals_a_maximum_spanning_tree(shape, seed, share, voxel_um, periodic, ratio, smallest):
    labels = np.random.default_rng(seed).random(shape) < share
    labels.flat[0] = False
    volume = structure(labels, voxel_um, periodic)
    np.testing.assert_allclose(
        neck_diameters(volume, ratio, smallest)["pore"], by_spanning_tree(volume, ratio, smallest), rtol=1e-6
    )


def test_bad_ratio():
    with pytest.raises(ConfigError, match=r"params\.ratio"):
        validated(neck_diameter, "metric", {"ratio": 1.0}, path="params")
