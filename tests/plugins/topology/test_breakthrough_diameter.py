"""The largest ball that passes: exact channels and necks, a brute-force distance map, the real electrode."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from porenet_estimators.clearance import clearances_of_all
from porenet_topology.metrics.breakthrough_diameter import breakthrough_diameter
from porenet_topology.metrics.percolates import percolates
from scipy import ndimage

from porenet.errors import ConfigError, InputError
from porenet.interface import AXES, Grid, Undefined, Volume, one_layer
from porenet.registry.schema import validated
from porenet.testing import grids, volumes

PHASES = ("solid", "pore")
CUBE = (1.0, 1.0, 1.0)
OPEN = (False, False, False)


def pore(labels, voxel_um=CUBE, periodic=OPEN, axis="z"):
    found = breakthrough_diameter(Volume(np.asarray(labels, np.uint8), Grid(PHASES, voxel_um, periodic)), axis=axis)
    assert list(found) == ["solid.breakthrough_diameter", "pore.breakthrough_diameter"]
    return found["pore.breakthrough_diameter"]


def channel(*widths, side=12, repeat=3):
    """A square channel along z that is so many voxels wide, each width for some slices."""
    labels = np.zeros((repeat * len(widths), side, side), np.uint8)
    for i, width in enumerate(widths):
        low = (side - width) // 2
        labels[repeat * i : repeat * i + repeat, low : low + width, low : low + width] = 1
    return labels


def distances(volume, label, crossed, *, walls=True):
    """Distance to what is not of a phase by scipy, on the centres and the corners of the voxels.

    Both are points of a lattice of half voxels; obstacles are those in a closed voxel of another phase or in a wall.
    """
    mask, periodic = volume.labels == label, volume.grid.periodic
    around = [n if wraps else 0 for n, wraps in zip(mask.shape, periodic, strict=True)]
    # scipy counts nothing beyond the array as an obstacle, so an open face is no wall unless it is made one.
    other = np.pad(~mask, [(n, n) for n in around], mode="wrap")
    points = np.zeros([2 * n + 1 for n in other.shape], bool)
    for step in np.ndindex(3, 3, 3):
        points[tuple(slice(s, s + 2 * n - 1, 2) for s, n in zip(step, other.shape, strict=True))] |= other
    for i, wraps in enumerate(periodic):
        if walls and not wraps and i != crossed:
            points[(slice(None),) * i + ([0, -1],)] = True
    if points.any():
        apart = ndimage.distance_transform_edt(~points, sampling=[edge / 2 for edge in volume.grid.voxel_um])
    else:
        apart = np.full(points.shape, np.inf)
    lattices = []
    for corners in (0, 1):
        places = []
        for i, (n, wraps) in enumerate(zip(mask.shape, periodic, strict=True)):
            more = corners if i == crossed or not wraps else 0
            places.append(2 * around[i] + 1 - corners + 2 * np.arange(n + more))
        lattices.append(apart[np.ix_(*places)])
    return lattices


def clearances(volume, label, crossed, *, corners):
    squares, owners = clearances_of_all(volume, crossed, corners=corners)
    return np.where(owners == label, squares, 0)


def spans(high, crossed, periodic):
    """Whether a mask crosses, by scipy's labels of the mask and its copies around it."""
    repeats = [1 if i == crossed or not wraps else 3 for i, wraps in enumerate(periodic)]
    pieces, _ = ndimage.label(np.tile(high, repeats))
    return bool((set(pieces.take(0, crossed).flat) & set(pieces.take(-1, crossed).flat)) - {0})


def by_bisection(volume, label, crossed):
    """Erode by growing balls and flood what is left."""
    best = 0.0
    for apart in distances(volume, label, crossed):
        levels = np.unique(apart[apart > 0])
        best = max([best, *(level for level in levels if spans(apart >= level, crossed, volume.grid.periodic))])
    return 2 * best


@pytest.mark.parametrize("width", range(1, 9))
def test_a_straight_channel_has_its_width(width):
    assert pore(channel(width)) == width
    assert pore(channel(width), (0.5, 0.25, 0.25)) == width / 4


@pytest.mark.parametrize(("widths", "expected"), [((5, 3, 5), 3), ((5, 4, 5), 4), ((6, 1, 4), 1), ((2, 4, 6), 2)])
def test_a_stenosis_has_the_width_of_its_neck(widths, expected):
    # A neck of even width in an odd channel: centres pass one, corners the other, and the corners have room in both.
    assert pore(channel(*widths)) == expected


def test_a_gap_lets_nothing_pass():
    labels = channel(5, 5, 5)
    labels[4] = 0
    assert pore(labels) == 0.0


def test_what_only_touches_at_edges_lets_nothing_pass():
    labels = np.zeros((4, 6, 6), np.uint8)
    labels[:2, :3], labels[2:, 3:] = 1, 1
    assert pore(labels) == 0.0


def test_the_better_of_two_ways_counts():
    labels = np.zeros((9, 9, 20), np.uint8)
    labels[:, 2:7, 2:7] = 1
    labels[4, :, :9] = 0
    labels[4, 4, 4] = 1  # five wide, but for one voxel
    labels[:, 3:6, 12:15] = 1  # three all the way
    assert pore(labels) == 3.0
    labels[6, 3:6, 13] = 0  # a bar, on each side of which one voxel is left
    assert pore(labels) == 1.0


@pytest.mark.parametrize("edges", [(1.0, 0.5, 2.0), (2.0, 1.0, 0.25), (0.1, 0.3, 0.2)])
def test_a_slit_is_as_wide_as_its_voxels_across(edges):
    for crossed, name in enumerate(AXES):
        across, along = (i for i in range(3) if i != crossed)
        for width in (1, 2, 3):
            shape = [4, 4, 4]
            shape[across], shape[along] = 7, math.ceil(4 * edges[across] / edges[along]) + 2
            labels = np.zeros(shape, np.uint8)
            labels[(slice(None),) * across + (slice(2, 2 + width),)] = 1
            assert pore(labels, edges, axis=name) == pytest.approx(width * edges[across])


def test_two_balls_have_a_neck():
    # Balls of radius 7 voxels, 10 apart, in a box that cuts them at their widest: they meet in a circle of radius
    # sqrt(49 - 25) = 4.9. The two slices beside it hold the columns with y^2 + x^2 < 49 - 4.5^2 = 28.75; the first
    # that is missing is (5, 2), whose edge is at (4.5, 1.5).
    z, y, x = np.indices((12, 21, 21)) - np.array([5.5, 10.0, 10.0])[:, None, None, None]
    labels = np.minimum((z - 5) ** 2, (z + 5) ** 2) + y**2 + x**2 < 49
    assert pore(labels) == pytest.approx(2 * math.sqrt(4.5**2 + 1.5**2))


@pytest.mark.parametrize("radius", [3.0, 4.5, 6.0])
def test_an_oblique_channel_reads_one_to_three_voxels_less(radius):
    short = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        along = rng.standard_normal(3)
        along[0] = abs(along[0]) + 1
        along /= np.linalg.norm(along)
        places = np.moveaxis(np.indices((16, 44, 44)), 0, -1) - np.array([7.5, 21.5, 21.5]) - rng.uniform(-0.5, 0.5, 3)
        labels = (places**2).sum(-1) - (places @ along) ** 2 < radius**2
        short.append(2 * radius - pore(labels))
    assert 1 < np.mean(short) < 3
    assert min(short) > 0
    assert max(short) < 3.5


def test_the_sides_are_walls_and_the_two_faces_are_none():
    assert pore(np.ones((3, 7, 5)), (9.0, 1.0, 1.0)) == 5.0
    assert pore(np.ones((3, 7, 5)), (9.0, 1.0, 1.0), axis="x") == 7.0
    half = np.zeros((3, 8, 8))
    half[:, :3] = 1
    assert pore(half) == 3.0


def test_a_periodic_side_goes_on():
    cut = np.zeros((3, 9, 8))
    cut[:, :2] = cut[:, -3:] = 1  # a slit of five voxels, cut in two
    assert pore(cut) == 3.0
    assert pore(cut, periodic=(False, True, False)) == 5.0
    assert pore(cut, periodic=(False, True, True)) == 5.0


def test_a_path_that_leaves_through_a_periodic_side_comes_back():
    labels = np.zeros((9, 6, 6))
    labels[:6, 2:5, :2] = 1
    labels[3:, 2:5, 4:] = 1  # beside the first only around x
    assert pore(labels) == 0.0
    assert pore(labels, periodic=(False, False, True)) == 2.0


def test_a_periodic_crossed_axis_is_not_a_way_but_is_seen():
    labels = np.ones((6, 5, 5))
    labels[0, 1:4, 1:4] = 0
    assert pore(labels) == 1.0
    layers = np.ones((4, 5, 5))
    layers[2] = 0
    assert pore(layers, periodic=(True, True, True)) == 0.0
    assert pore(layers, periodic=(True, True, True), axis="y") == 3.0


def test_what_has_no_walls_has_no_largest_ball():
    found = pore(np.ones((3, 4, 5)), periodic=(False, True, True))
    assert found == Undefined("the phase fills a volume without walls")
    assert pore(np.zeros((3, 4, 5)), periodic=(False, True, True)) == 0.0
    assert pore(np.ones((3, 4, 5)), periodic=(True, True, False)) == 5.0


def test_one_voxel():
    assert pore(np.ones((2, 1, 1)), (3.0, 2.0, 1.0)) == 1.0
    assert pore(np.zeros((2, 1, 1))) == 0.0
    assert pore(np.ones((1, 1, 1))) == Undefined("one voxel thick along z")


@given(grids(PHASES).flatmap(volumes), st.sampled_from(AXES))
def test_distances_are_scipys(volume, axis):
    crossed = AXES.index(axis)
    for label in range(2):
        for corners, expected in enumerate(distances(volume, label, crossed, walls=False)):
            found = clearances(volume, label, crossed, corners=bool(corners))
            assert found.shape == expected.shape
            np.testing.assert_allclose(np.sqrt(found) * min(volume.grid.voxel_um), expected, rtol=1e-6)


@pytest.mark.parametrize("periodic", [OPEN, (True, True, True)])
@pytest.mark.parametrize("shape", [(3, 5, 67), (67, 5, 3), (9, 31, 2)])
def test_distances_along_more_lines_than_are_taken_together(shape, periodic):
    labels = np.random.default_rng(0).random(shape) < 0.99  # far apart
    volume = Volume(labels.astype(np.uint8), Grid(PHASES, (0.5, 0.2, 0.3), periodic))
    for label in range(2):
        for corners, expected in enumerate(distances(volume, label, 0, walls=False)):
            squares = clearances(volume, label, 0, corners=bool(corners))
            np.testing.assert_allclose(np.sqrt(squares) * 0.2, expected, rtol=1e-6)


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)),
    st.integers(0, 2**31),
    st.floats(0.6, 0.95),
    st.sampled_from([CUBE, (0.5, 1.0, 2.0), (0.3, 0.1, 0.1)]),
    st.tuples(*[st.booleans()] * 3),
    st.sampled_from(AXES),
)
def test_equals_erosion_and_flood(shape, seed, share, voxel_um, periodic, axis):
    labels = np.random.default_rng(seed).random(shape) < share
    volume = Volume(labels.astype(np.uint8), Grid(PHASES, voxel_um, periodic))
    found = breakthrough_diameter(volume, axis=axis)
    passes = percolates(volume)
    for label, phase in enumerate(PHASES):
        value = found[f"{phase}.breakthrough_diameter"]
        if isinstance(value, Undefined):
            assert (volume.labels == label).all() or one_layer(volume, (axis,)) == value
            continue
        assert (value > 0) == passes[f"{phase}.{axis}"]
        assert value == pytest.approx(by_bisection(volume, label, AXES.index(axis)), rel=1e-6)


@given(grids(PHASES).flatmap(volumes))
def test_of_all_axes_it_is_that_of_each(volume):
    of_all = breakthrough_diameter(volume, axis="all")
    for axis in volume.grid.axes:
        alone = breakthrough_diameter(Volume(volume.labels, volume.grid), axis=axis)
        assert alone == {name: of_all[f"{name}.{axis}"] for name in alone}


@pytest.mark.slow
def test_the_real_electrode_in_the_repository(electrode):
    volume = Volume(electrode, Grid(("a", "b", "c"), (0.1, 0.1, 0.1)))
    for axis in AXES:
        found = breakthrough_diameter(volume, axis=axis)
        for label, phase in enumerate(volume.grid.phases):
            crossed = AXES.index(axis)
            best = 0.0
            for apart in distances(volume, label, crossed):
                levels = np.unique(apart[apart > 0])
                low, high = -1, len(levels)
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (middle, high) if spans(apart >= levels[middle], crossed, OPEN) else (low, middle)
                best = max(best, levels[low] if low >= 0 else 0.0)
            assert best > 0
            assert found[f"{phase}.breakthrough_diameter"] == pytest.approx(2 * best, rel=1e-6)


def test_bad_axis():
    with pytest.raises(InputError, match="an axis is z, y, x or all, not 'w'"):
        pore(np.ones((2, 2, 2)), axis="w")
    with pytest.raises(ConfigError, match=r"params\.axis: must be 'z', 'y', 'x' or 'all', not 'w'"):
        validated(breakthrough_diameter, "metric", {"axis": "w"}, path="params")
