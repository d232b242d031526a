"""Interface densities: exact counts, Crofton's formula, and the laws that bind them to the surface of a phase."""

import functools
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from porenet_boundary.metrics.dpb import interface_densities
from porenet_estimators.interfaces import DIRECTIONS, direction_shares
from porenet_statistics.metrics.ssa import specific_surface_area

from porenet.contacts.counts import all_counts
from porenet.errors import InputError
from porenet.interface import Grid, Undefined, Volume, one_layer
from porenet.measurement import measure
from porenet.slabs import ledger
from porenet.synthetic import plurigaussian
from porenet.testing import volumes

ESTIMATORS = ("crofton", "faces")
EVERY = (*ESTIMATORS, "heat")
CUBE = (1.0, 1.0, 1.0)
# As ITK and MorphoLibJ have them, by the number of axes a direction follows: edges, face and space diagonals.
PUBLISHED_SHARES = {1: 2 * 0.04577789120476, 2: 2 * 0.03698062787608, 3: 2 * 0.03519563978232}
NEIGHBOURS = [step for step in itertools.product((-1, 0, 1), repeat=3) if any(step)]


def by_hand(volume, estimator):
    """Voxel by voxel, in plain Python; every pair is met from both of its voxels."""
    labels, grid, shape = volume.labels, volume.grid, volume.labels.shape
    edges = np.array(grid.voxel_um)
    shares = dict(zip(DIRECTIONS, direction_shares(grid.voxel_um), strict=True))
    usable = [
        d for d in DIRECTIONS if all(not s or n > 1 or w for s, n, w in zip(d, shape, grid.periodic, strict=True))
    ]
    scale = sum(shares[d] for d in usable)
    found = np.zeros((len(grid.phases),) * 2)
    for place in np.ndindex(shape):
        for step in NEIGHBOURS:
            there = np.add(place, step)
            inside = (there >= 0) & (there < shape)
            if not np.all(inside | grid.periodic):
                continue
            other = labels[tuple(there % shape)]
            length = np.linalg.norm(edges * step)
            if estimator == "faces":
                weight = 1 / length if np.abs(step).sum() == 1 else 0.0
            else:
                weight = 2 * shares.get(step, shares.get(tuple(-s for s in step))) / scale / length
                for axis in np.flatnonzero(step):
                    if not grid.periodic[axis]:  # pairs at an end reach on to the face of the box
                        ends = {place[axis], there[axis]} & {0, shape[axis] - 1}
                        weight *= 1 + len(ends) / 2
            found[labels[place], other] += weight / 2 / labels.size
    return {
        f"{grid.phases[i]}-{grid.phases[j]}": found[i, j] + found[j, i]
        for i, j in itertools.combinations(range(len(grid.phases)), 2)
    }


def measured(volume, estimator):
    """The densities; None where Crofton's formula has none, in a volume one voxel thick."""
    densities = interface_densities(volume, estimator=estimator)
    if estimator == "crofton" and one_layer(volume):
        assert all(isinstance(density, Undefined) for density in densities.values())
        return None
    return densities


@pytest.mark.parametrize("estimator", ESTIMATORS)
@given(volumes(max_side=4))
def test_equals_the_sum_over_voxels(estimator, volume):
    densities = measured(volume, estimator)
    assert densities is None or densities == pytest.approx(by_hand(volume, estimator), rel=1e-12)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@given(volumes())
def test_interfaces_of_a_phase_add_up_to_its_surface(estimator, volume):
    pairs = measured(volume, estimator)
    if pairs is None:
        return
    surfaces = specific_surface_area(volume, estimator=estimator)
    names = dict(zip(pairs, itertools.combinations(volume.grid.phases, 2), strict=True))
    for phase, surface in surfaces.items():
        assert sum(area for key, area in pairs.items() if phase in names[key]) == pytest.approx(surface, rel=1e-14)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@given(volumes(max_side=4), st.permutations(range(3)), st.tuples(*[st.sampled_from([1, -1])] * 3))
def test_no_axis_is_special(estimator, volume, order, ways):
    grid = volume.grid
    turned = Grid(grid.phases, [grid.voxel_um[i] for i in order], [grid.periodic[i] for i in order])
    labels = volume.labels[tuple(slice(None, None, way) for way in ways)].transpose(order)
    found = measured(Volume(labels, turned), estimator)
    assert found is None or found == pytest.approx(measured(volume, estimator), rel=1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@given(volumes(max_side=4), st.tuples(*[st.integers(1, 2)] * 3), st.tuples(*[st.integers(0, 3)] * 3))
def test_a_torus_has_no_end(estimator, volume, repeats, shift):
    grid = Grid(volume.grid.phases, volume.grid.voxel_um, (True, True, True))
    once = interface_densities(Volume(volume.labels, grid), estimator=estimator)
    again = np.tile(np.roll(volume.labels, shift, axis=(0, 1, 2)), repeats)
    assert interface_densities(Volume(again, grid), estimator=estimator) == pytest.approx(once, rel=1e-12)


def test_three_slabs_by_hand():
    labels = np.repeat(np.array([0, 1, 2, 1], np.uint8), 5)[:, None, None] * np.ones((1, 6, 7), np.uint8)
    volume = Volume(labels, Grid(("a", "b", "c"), (0.5, 1.0, 2.0)))
    assert interface_densities(volume, estimator="faces") == pytest.approx({"a-b": 1 / 10, "a-c": 0, "b-c": 2 / 10})
    around = Volume(labels, Grid(("a", "b", "c"), (0.5, 1.0, 2.0), (True, False, False)))
    assert interface_densities(around, estimator="faces") == pytest.approx({"a-b": 2 / 10, "a-c": 0, "b-c": 2 / 10})


def test_a_checkerboard_by_hand():
    # All unlike along the edges and the space diagonals, all alike along the face diagonals, in a box without ends.
    labels = np.indices((4, 4, 4)).sum(axis=0).astype(np.uint8) % 2
    volume = Volume(labels, Grid(("a", "b"), CUBE, (True, True, True)))
    assert interface_densities(volume, estimator="faces") == pytest.approx({"a-b": 3})
    expected = 2 * (3 * PUBLISHED_SHARES[1] + 4 * PUBLISHED_SHARES[3] / math.sqrt(3))
    assert interface_densities(volume) == pytest.approx({"a-b": expected}, rel=1e-12)


def test_shares_of_a_cubic_voxel():
    for direction, share in zip(DIRECTIONS, direction_shares(CUBE), strict=True):
        assert share == pytest.approx(PUBLISHED_SHARES[np.abs(direction).sum()], rel=1e-12)


@pytest.mark.parametrize("voxel_um", [(1.0, 0.5, 0.1), (0.0368, 0.0368, 2.0), (1.0, 0.01, 1.0)])
def test_shares_are_those_of_the_nearest_direction(voxel_um):
    steps = np.array(DIRECTIONS) * voxel_um
    units = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    drawn = np.random.default_rng(0).standard_normal((100_000, 3))
    nearest = np.bincount(np.abs(drawn @ units.T).argmax(axis=1), minlength=13) / len(drawn)
    shares = direction_shares(voxel_um)
    assert shares.sum() == pytest.approx(1)
    assert np.all(np.abs(nearest - shares) < 5 * np.sqrt(shares / len(drawn)) + 1e-9)


def test_a_needle_of_a_voxel_is_refused_by_crofton_alone():
    volume = Volume(np.zeros((2, 2, 2), np.uint8), Grid(("a", "b"), (1.0, 1.0, 2000.0)))
    assert interface_densities(volume, estimator="faces") == {"a-b": 0.0}
    with pytest.raises(InputError, match=r"too flat .* Use estimator = 'faces'"):
        interface_densities(volume)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 4), (1, 4, 4), (4, 1, 4)])
def test_one_voxel_thick(shape):
    labels = np.arange(math.prod(shape)).reshape(shape).astype(np.uint8) % 2
    for estimator in ESTIMATORS:
        densities = measured(Volume(labels, Grid(("a", "b"), CUBE)), estimator)
        assert densities is None or (densities["a-b"] > 0) == (math.prod(shape) > 1)


def test_255_phases():
    labels = np.arange(1000).reshape(10, 10, 10) % 255
    found = interface_densities(Volume(labels, Grid([f"p{i}" for i in range(255)], CUBE)), estimator="faces")
    assert len(found) == 255 * 254 // 2
    assert sum(found.values()) * 1000 == pytest.approx(2700)


def test_plurigaussian_ensemble():
    """Each interface reads its length along triple lines short by half a voxel or so; the smooth surface does not."""
    ratios, short = [], []
    for seed in range(24):
        volume, truth = plurigaussian(
            (42, 42, 42), voxel_um=CUBE, length_um=6, thresholds=(0.3, -0.1), periodic=(True,) * 3, seed=seed
        )
        found = interface_densities(volume)
        ratios.append([found[key] / truth.values["dpb"][key] for key in ("Ni-YSZ", "Ni-pore")])
        short.append((truth.values["dpb"]["YSZ-pore"] - found["YSZ-pore"]) / truth.values["tpb"]["total"])
    mean, error = np.mean(ratios, axis=0), np.std(ratios, axis=0, ddof=1) / math.sqrt(len(ratios))
    assert np.all(np.abs(mean - 1) < 3.5 * error)
    assert np.all(np.abs(mean - 1) < 0.05)
    # The interface YSZ-pore ends on the Ni, in wedges of 90 degrees on average, and pairs of voxels skip their tips.
    assert 0.3 < np.mean(short) < 0.9


def test_unlike_faces_of_the_example(electrode):
    volume = Volume(electrode, Grid(("0", "1", "2"), CUBE))
    expected = {"0-1": 84640, "0-2": 93471, "1-2": 74157}  # reference.json, counted by independent code
    found = interface_densities(volume, estimator="faces").values()
    counts = dict(zip(expected, (density * volume.labels.size for density in found), strict=True))
    assert counts == pytest.approx(expected, rel=1e-12)


def test_pairs_that_two_metrics_need_are_counted_once_for_a_volume(monkeypatch):
    counted = []

    def counting(*args, **params):
        counted.append(args)
        return all_counts(*args, **params)

    monkeypatch.setattr(ledger, "all_counts", counting)
    labels = np.random.default_rng(0).integers(0, 3, (4, 5, 6)).astype(np.uint8)
    volume = Volume(labels, Grid(("a", "b", "c"), (1.0, 1.0, 1.0)))
    areas, surfaces = interface_densities(volume), specific_surface_area(volume)
    assert len(counted) == 1
    again = Volume(labels, volume.grid)
    assert specific_surface_area(again) == surfaces
    assert interface_densities(again) == areas
    assert len(counted) == 2


def test_metrics_of_one_measurement_are_counted_in_one_pass(monkeypatch):
    passes = []

    def counting(function, *args, **params):
        passes.append(function.__name__)
        return function(*args, **params)

    for function in (ledger.all_counts, ledger.triple_lines, ledger.joined_faces):
        monkeypatch.setattr(ledger, function.__name__, functools.partial(counting, function))
    volume = Volume(np.random.default_rng(0).integers(0, 3, (6, 7, 8)).astype(np.uint8), Grid(("a", "b", "c"), CUBE))
    names = ("vf", "dpb", "ssa", "connectivity", "tpb", "percolates")
    rows = measure(volume, names)
    assert passes == ["joined_faces", "all_counts"]
    apart = [row for name in names for row in measure(Volume(volume.labels, volume.grid), name)]
    assert rows == apart
