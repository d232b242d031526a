"""Geodesic tortuosity: paths by hand, Dijkstra of scipy on every step, what is joined and what is not."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from porenet_transport.metrics.geodesic_tortuosity import geodesic_tortuosity
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from porenet.interface import AXES, Grid, Undefined, Volume

PHASES = ("solid", "pore")
OPEN = (False, False, False)


def volume_of(mask, edges=(1, 1, 1), periodic=OPEN):
    return Volume(np.asarray(mask).astype(np.uint8), Grid(PHASES, edges, periodic))


def pore_of(mask, edges=(1, 1, 1), periodic=OPEN, axis="z", neighbours=26):
    """Mean and shortest of the pore."""
    found = geodesic_tortuosity(volume_of(mask, edges, periodic), axis=axis, neighbours=neighbours)
    return found["pore.mean"], found["pore.shortest"]


def seen(mask, move, wraps):
    """What lies a move away from each voxel."""
    there = np.roll(mask, [-by for by in move], axis=(0, 1, 2))
    for axis, by in enumerate(move):
        if by and not wraps[axis]:
            places = np.arange(mask.shape[axis]) + by
            outside = (places < 0) | (places >= mask.shape[axis])
            there[tuple(outside if other == axis else slice(None) for other in range(3))] = False
    return there


def stepped(mask, step, wraps):
    """From where a step leads to one of 26 neighbours, if moves across faces lead there too, in some order."""
    leads = np.zeros_like(mask)
    for order in itertools.permutations([axis for axis in range(3) if step[axis]]):
        way, place = mask, [0, 0, 0]
        for axis in order:
            place[axis] = step[axis]
            way = way & seen(mask, place, wraps)
        leads |= way
    return leads


def joined(mask, step, wraps):
    """From where one of 98 steps leads: a move, the rest, and the same move again, all of them to neighbours."""
    if max(map(abs, step)) < 2:
        return stepped(mask, step, wraps)
    half = [move // 2 if abs(move) == 2 else 0 for move in step]
    rest = [move - 2 * first for move, first in zip(step, half, strict=True)]
    once, across = stepped(mask, half, wraps), stepped(mask, rest, wraps)
    return once & seen(across, half, wraps) & seen(once, [a + b for a, b in zip(half, rest, strict=True)], wraps)


def by_scipy(mask, edges, periodic, neighbours):
    """Mean and shortest of the paths between both ends of axis 0, over a graph of all steps; None where none leads."""
    wraps = (False, *periodic[1:])
    numbers = np.arange(mask.size).reshape(mask.shape)
    reach = 1 if neighbours == 26 else 2
    steps = [step for step in itertools.product(range(-reach, reach + 1), repeat=3) if math.gcd(*step) == 1]
    lengths = [math.hypot(*(edge * move for edge, move in zip(edges, step, strict=True))) for step in steps]
    graph = sparse.lil_matrix((mask.size, mask.size))
    for length, step in sorted(zip(lengths, steps, strict=True), reverse=True):  # of two ways to one voxel the shorter
        leads = joined(mask, step, wraps)
        graph[numbers[leads], np.roll(numbers, [-by for by in step], axis=(0, 1, 2))[leads]] = length
    paths = []
    for start, stop in ((0, -1), (-1, 0)):
        first, last = numbers[start][mask[start]], numbers[stop][mask[stop]]
        if len(first) and len(last):
            ways = dijkstra(graph.tocsr(), indices=first, min_only=True)[last]
            paths.append((ways[np.isfinite(ways)] + edges[0]) / (len(mask) * edges[0]))
    paths = np.concatenate(paths) if paths else np.array([])
    return (paths.mean(), paths.min()) if len(paths) else None


@pytest.mark.parametrize("neighbours", [26, 98])
@pytest.mark.parametrize("edges", [(1, 1, 1), (0.0368, 0.3, 2)])
@pytest.mark.parametrize("layers", [2, 9, 250])
def test_a_straight_channel_has_exactly_1(layers, edges, neighbours):
    mask = np.zeros((layers, 3, 3), bool)
    mask[:, 1, 1] = True
    assert pore_of(mask, edges, neighbours=neighbours) == (1.0, 1.0)
    assert pore_of(np.ones((layers, 2, 3), bool), edges, (True,) * 3, neighbours=neighbours) == (1.0, 1.0)


def test_a_staircase_is_cut_across_its_corners():
    # Two voxels in every layer, the second above the first of the next: one step straight, then 3 diagonals.
    mask = np.zeros((5, 6, 1), bool)
    for layer in range(5):
        mask[layer, layer : layer + 2] = True
    assert pore_of(mask)[1] == pytest.approx((2 + 3 * math.sqrt(2)) / 5, rel=1e-6)


def test_voxels_that_meet_in_an_edge_or_a_corner_are_not_joined():
    mask = np.zeros((2, 2, 2), bool)
    mask[0, 0, 0] = mask[1, 1, 0] = True
    assert isinstance(pore_of(mask)[0], Undefined)
    mask[1, 1, 0], mask[1, 1, 1] = False, True
    assert isinstance(pore_of(mask)[0], Undefined)
    mask[0, 0, 1] = True
    mask[1, 0, 1] = True  # around by faces: from corner to opposite corner, and from the two beside it
    straight, across, through = 1.0, (1 + math.sqrt(2)) / 2, (1 + math.sqrt(3)) / 2
    assert through > across
    down = [straight, across]  # to (1, 0, 1) and (1, 1, 1), whose nearest start is (0, 0, 1)
    up = [across, straight]
    assert pore_of(mask)[0] == pytest.approx(np.mean(down + up), rel=1e-6)


@given(
    st.integers(0, 2**31 - 1),
    st.tuples(st.integers(2, 4), st.integers(1, 4), st.sampled_from([1, 2, 3, 4, 31, 32, 33, 65])),
    st.sampled_from([(0.6, 0.4), (0.8, 0.2), (0.5, 0.3, 0.2)]),
    st.sampled_from([(1.0, 1.0, 1.0), (0.5, 2.0, 1.0), (1.0, 0.1, 0.3)]),
    st.tuples(*[st.booleans()] * 3),
    st.sampled_from([26, 98]),
)
def test_every_phase_equals_dijkstra_of_scipy(seed, shape, shares, edges, periodic, neighbours):
    labels = np.random.default_rng(seed).choice(len(shares), shape, p=shares).astype(np.uint8)
    phases = [f"phase {label}" for label in range(len(shares))]
    result = geodesic_tortuosity(Volume(labels, Grid(phases, edges, periodic)), neighbours=neighbours)
    for label, phase in enumerate(phases):
        mean, shortest = result[f"{phase}.mean"], result[f"{phase}.shortest"]
        expected = by_scipy(labels == label, edges, periodic, neighbours)
        if expected is None:
            assert isinstance(mean, Undefined)
            assert isinstance(shortest, Undefined)
        else:
            assert (mean, shortest) == pytest.approx(expected, rel=1e-6)
            assert 1 <= shortest <= mean


@pytest.mark.parametrize("periodic", [OPEN, (False, True, True)])
def test_a_structure_of_many_words_and_layers_equals_dijkstra_of_scipy(periodic):
    # 36 voxels per row, more layers and rows than a step reaches, winding paths: a third of the voxels is solid.
    mask = np.random.default_rng(11).random((12, 11, 36)) < 0.45
    assert pore_of(mask, (1, 0.7, 1.6), periodic) == pytest.approx(by_scipy(mask, (1, 0.7, 1.6), periodic, 26))


def test_a_long_way_through_a_maze():
    # Plates with a gap at alternate ends: along y, one step to the next layer, and back; corners cut.
    mask = np.ones((9, 30, 1), bool)
    for number, layer in enumerate(range(1, 9, 2)):
        mask[layer] = False
        mask[layer, 0 if number % 2 else -1] = True
    shortest = pore_of(mask)[1]
    # Across a layer from gap to gap 28 steps to the side, one of them diagonal at either end.
    assert shortest == pytest.approx((1 + 3 * (27 + 2 * math.sqrt(2)) + 2) / 9, rel=1e-6)


def test_all_axes_and_what_does_not_exist():
    layers = np.zeros((4, 3, 5), bool)
    layers[1] = True
    found = geodesic_tortuosity(volume_of(layers), axis="all")
    why = "no path through the phase joins z_min and z_max"
    assert found["pore.mean.z"] == found["pore.shortest.z"] == Undefined(why)
    assert [found[f"pore.mean.{axis}"] for axis in "yx"] == [1.0, 1.0]
    assert set(geodesic_tortuosity(volume_of(np.ones((3, 3, 3))))) == {
        f"{phase}.{name}" for phase in PHASES for name in ("mean", "shortest")
    }
    assert geodesic_tortuosity(volume_of(np.ones((3, 3, 3))))["solid.mean"] == Undefined("phase absent")


@pytest.mark.parametrize("axis", AXES)
def test_turned_and_mirrored(axis):
    mask = np.random.default_rng(7).random((8, 7, 9)) < 0.6
    order = [AXES.index(axis), *(other for other in range(3) if AXES[other] != axis)]
    expected = pore_of(mask)
    turned = mask.transpose(np.argsort(order))
    assert pore_of(turned, axis=axis) == pytest.approx(expected)
    assert pore_of(mask[::-1, :, ::-1]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("degrees", "excess", "far_excess"), [(0, 0.0, 0.0), (22.5, 0.0824, 0.0132), (26.57, 0.074, 0.0), (45, 0.0, 0.0)]
)
def test_how_much_too_long_paths_oblique_to_the_grid_are(degrees, excess, far_excess):
    # From corner to corner of an open block.
    run = round(60 * math.tan(math.radians(degrees)))
    mask = np.zeros((63, run + 3, 1), bool)
    mask[1:-1] = True
    mask[0, 0] = mask[0, 1] = mask[-1, -1] = mask[-1, -2] = True
    for neighbours, expected in ((26, excess), (98, far_excess)):
        length = pore_of(mask, neighbours=neighbours)[1] * 63 - 1
        assert length / math.hypot(62, run) == pytest.approx(1 + expected, abs=0.012)
