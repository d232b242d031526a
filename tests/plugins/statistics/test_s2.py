"""Two-point probability against counting by hand, by brute force, by scipy, on real volumes and in closed form."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from porenet_statistics.metrics.s2 import two_point_probability
from porenet_statistics.metrics.vf import volume_fractions
from scipy.signal import correlate
from scipy.stats import multivariate_normal

from porenet.errors import ConfigError, InputError
from porenet.interface import AXES, Grid, Undefined, Volume
from porenet.registry import schema
from porenet.synthetic import plurigaussian
from porenet.testing import grids, volumes


def line(labels, axis="x", voxel_um=(1.0, 1.0, 1.0), periodic=False):
    """One row of voxels along an axis."""
    index = AXES.index(axis)
    shape = [1, 1, 1]
    shape[index] = len(labels)
    wraps = tuple(periodic and axis == name for name in AXES)
    return Volume(np.array(labels).reshape(shape), Grid(("a", "b"), voxel_um, wraps))


@pytest.mark.parametrize("axis", AXES)
def test_counted_by_hand(axis):
    # a: 1 1 1 0 1. Lag 1: pairs 11 11 10 01 -> 2 of 4. Lag 2: 11 10 11 -> 2 of 3. Lag 3: 10 11 -> 1 of 2. Lag 4: 11.
    found = two_point_probability(line([0, 0, 0, 1, 0], axis), axis=axis, lags_um=(0, 1, 2, 3, 4))
    assert [found[f"a@{lag}um"] for lag in range(5)] == [4 / 5, 2 / 4, 2 / 3, 1 / 2, 1.0]
    assert [found[f"b@{lag}um"] for lag in range(5)] == [1 / 5, 0, 0, 0, 0]


def test_counted_by_hand_round_the_box():
    # a: 1 1 1 0 1 and round again. Lag 1: 11 11 10 01 11 -> 3 of 5. Lag 2: 11 10 11 01 11 -> 3 of 5.
    # Lag 4 is lag 1 the other way, lag 5 a whole turn.
    found = two_point_probability(line([0, 0, 0, 1, 0], periodic=True), axis="x", lags_um=(1, 2, 4, 5, 6))
    assert [found[f"a@{lag}um"] for lag in (1, 2, 4, 5, 6)] == [3 / 5, 3 / 5, 3 / 5, 4 / 5, 3 / 5]


@pytest.mark.parametrize("lag", [1e300, 1.7e308])
def test_a_lag_of_any_length_round_the_box(lag):
    found = two_point_probability(line([0, 0, 0], voxel_um=(1, 1, 0.1), periodic=True), axis="x", lags_um=(lag,))
    assert found[f"a@{lag:g}um"] == 1


def test_between_voxels_by_hand():
    # Half a voxel into 1 1 0: the first point runs over 2.5 voxels, both are in a over 1.5 of them.
    found = two_point_probability(line([0, 0, 1], voxel_um=(1, 1, 2)), axis="x", lags_um=(1,))
    assert found["a@1um"] == 1.5 / 2.5
    assert found["b@1um"] == 0.5 / 2.5


def test_pools_the_pairs_of_all_axes():
    labels = np.array([[[0, 0, 1, 1]]]).repeat(2, axis=0)
    volume = Volume(labels, Grid(("a", "b"), (2.0, 2.0, 1.0)))
    # 2 um are a voxel along z: 4 pairs, 2 in a. Along x two voxels: 2 pairs on each of 2 lines, none in a. Along y the
    # box is no longer than that.
    assert two_point_probability(volume, lags_um=(2,))["a@2um"] == 2 / 8
    assert two_point_probability(volume, axis="z", lags_um=(2,))["a@2um"] == 2 / 4
    assert two_point_probability(volume, axis="x", lags_um=(2,))["a@2um"] == 0


def test_checkerboard():
    labels = np.indices((6, 6, 6)).sum(axis=0) % 2
    volume = Volume(labels, Grid(("a", "b"), (1, 1, 1), (True, True, True)))
    found = two_point_probability(volume, lags_um=(0, 0.5, 1, 1.25, 2))
    assert [found[f"a@{lag}um"] for lag in (0, 0.5, 1, 1.25, 2)] == [0.5, 0.25, 0, 0.125, 0.5]


@given(grids().flatmap(volumes), st.sampled_from(AXES), st.integers(0, 7), st.integers(1, 4))
def test_brute_force_on_a_finer_copy(volume, axis, parts, refine):
    """A lag of n / refine voxels is a lag of n voxels of the same body cut finer: no interpolation there."""
    index = AXES.index(axis)
    edge, wraps = volume.grid.voxel_um[index], volume.grid.periodic[index]
    lag = parts / refine * edge
    fine = np.moveaxis(volume.labels.repeat(refine, axis=index), index, 0)
    found = two_point_probability(volume, axis=axis, lags_um=(lag,))
    for label, phase in enumerate(volume.grid.phases):
        pairs = [
            (fine[i] == label) & (fine[(i + parts) % len(fine)] == label)
            for i in range(len(fine))
            if wraps or i + parts < len(fine)
        ]
        value = found[f"{phase}@{lag:g}um"]
        if pairs:
            assert value == pytest.approx(np.mean(pairs), abs=1e-9)
        else:
            assert isinstance(value, Undefined)


@given(volumes(Grid(("a", "b", "c"), (1, 1, 1))))
def test_scipy_autocorrelation(volume):
    for label, phase in enumerate(volume.grid.phases):
        mask = (volume.labels == label).astype(float)
        both, all_pairs = (correlate(one, one, method="direct") for one in (mask, np.ones_like(mask)))
        z, y, x = (size - 1 for size in mask.shape)
        for axis, along in zip(AXES, (both[z:, y, x], both[z, y:, x], both[z, y, x:]), strict=True):
            possible = {"z": all_pairs[z:, y, x], "y": all_pairs[z, y:, x], "x": all_pairs[z, y, x:]}[axis]
            lags = tuple(range(len(along)))
            found = two_point_probability(volume, axis=axis, lags_um=lags)
            assert [found[f"{phase}@{lag}um"] for lag in lags] == pytest.approx(list(along / possible), abs=1e-12)


@given(grids().flatmap(volumes))
def test_lag_zero_is_the_volume_fraction(volume):
    for axis in (None, *AXES):
        found = two_point_probability(volume, axis=axis, lags_um=(0,))
        assert found == {f"{phase}@0um": pytest.approx(vf) for phase, vf in volume_fractions(volume).items()}


@given(grids().flatmap(volumes), st.floats(0, 3))
def test_laws(volume, lag_um):
    """Bounds, mirror symmetry, a change of unit, and no pair in two phases at once."""
    grid = volume.grid
    found = two_point_probability(volume, lags_um=(lag_um,))
    mirrored = two_point_probability(Volume(volume.labels[::-1, ::-1, ::-1], grid), lags_um=(lag_um,))
    assert mirrored == found
    if any(isinstance(value, Undefined) for value in found.values()):
        return
    assert all(0 <= value <= 1 for value in found.values())
    assert sum(found.values()) <= 1 + 1e-9
    if all(grid.periodic):
        assert all(found[f"{p}@{lag_um:g}um"] <= vf + 1e-9 for p, vf in volume_fractions(volume).items())
    doubled = Grid(grid.phases, tuple(2 * edge for edge in grid.voxel_um), grid.periodic)
    again = two_point_probability(Volume(volume.labels, doubled), lags_um=(2 * lag_um,))
    assert list(again.values()) == pytest.approx(list(found.values()))


@pytest.mark.parametrize(
    "name", ["sofc_superres_62", "imagerep_seg_stack_100", "nmc1cal_cbd_inpainter_128", "openimpala_2phase_100"]
)
def test_real_volume_reproduces_the_unlike_faces(real_volume, name):
    """One voxel apart two points are in unlike phases as often as a face between voxels is an unlike one."""
    labels, reference = real_volume(name).labels, real_volume(name).reference
    phases = tuple(f"p{label}" for label in range(len(reference["volume_fraction"])))
    found = two_point_probability(Volume(labels, Grid(phases, (1, 1, 1))), lags_um=(1,))
    faces = sum(labels.size // size * (size - 1) for size in labels.shape)
    unlike = (1 - sum(found.values())) * faces
    assert unlike == pytest.approx(sum(reference["unlike_faces"].values()), abs=1e-3)


def test_plurigaussian_closed_form():
    """The mean over 300 seeds of each phase, against bivariate normal probabilities."""
    a, b, length_um, lags = -0.2, 0.4, 0.5, (0.2, 0.5, 1.0)
    voxel_um, samples = (0.2, 0.25, 0.1), []
    for seed in range(300):
        volume, truth = plurigaussian(
            (10, 10, 16), voxel_um=voxel_um, length_um=length_um, thresholds=(a, b), seed=seed
        )
        samples.append(two_point_probability(volume, axis="x", lags_um=lags))
    vf = truth.values["vf"]
    for lag in lags:
        correlation = math.exp(-((lag / length_um) ** 2) / 2)
        both_below = [
            multivariate_normal.cdf([cut, cut], cov=[[1, correlation], [correlation, 1]], abseps=1e-9) for cut in (a, b)
        ]
        # Both above by inclusion and exclusion from both below.
        both_above_b = both_below[1] + 1 - 2 * (1 - vf["YSZ"] / (1 - vf["Ni"]))
        expected = {
            "Ni": both_below[0] + 1 - 2 * (1 - vf["Ni"]),
            "YSZ": both_below[0] * both_above_b,
            "pore": both_below[0] * both_below[1],
        }
        for phase, mean in expected.items():
            values = [one[f"{phase}@{lag:g}um"] for one in samples]
            assert abs(np.mean(values) - mean) < 4 * np.std(values, ddof=1) / math.sqrt(len(values))


def test_absent_phase_is_0_and_a_lag_beyond_the_box_undefined():
    found = two_point_probability(line([0, 0, 0]), axis="x", lags_um=(1, 3))
    assert found["b@1um"] == 0
    assert found["a@3um"] == Undefined("no two points of the box are 3um apart along the x axis")
    assert two_point_probability(line([0]), axis="y")["a@1um"] == Undefined(
        "no two points of the box are 1um apart along the y axis"
    )
    assert two_point_probability(line([0]), lags_um=(1e300,))["a@1e+300um"] == Undefined(
        "no two points of the box are 1e+300um apart along any axis"
    )


def test_default_lags_double_up_to_half_the_longest_edge():
    volume = Volume(np.zeros((4, 1, 9), dtype=int), Grid(("a", "b"), (0.5, 3.0, 0.1)))
    assert [key for key in two_point_probability(volume) if key.startswith("a")] == [
        f"a@{lag}um" for lag in ("0.1", "0.2", "0.4", "0.8")
    ]
    assert [key for key in two_point_probability(volume, axis="z") if key.startswith("a")] == ["a@0.5um", "a@1um"]


@pytest.mark.parametrize("lags", [(), (-1.0,), (math.inf,), (math.nan,), (1.0, 1.0), (1.0, 1.0000000001)])
def test_refuses_lags(lags):
    with pytest.raises(InputError, match="different lengths of 0 um or more were expected, not "):
        two_point_probability(line([0, 1]), lags_um=lags)


def test_parameters_are_checked_before_the_call():
    grid = Grid(("a", "b"), (1, 1, 1))
    valid = {"axis": "z", "lags_um": [0.5, 1]}
    found = schema.validated(two_point_probability, "metric", valid, grid=grid, path="s2")
    assert found.items() >= {"axis": "z", "lags_um": (0.5, 1.0), "directions": "axes"}.items()
    with pytest.raises(ConfigError, match=r"s2\.lags_um.*greater than or equal to 0, not -1"):
        schema.validated(two_point_probability, "metric", {"lags_um": [-1.0]}, grid=grid, path="s2")
    with pytest.raises(ConfigError, match=r"s2\.axis.*must be 'z', 'y', 'x' or 'all', not 'w'"):
        schema.validated(two_point_probability, "metric", {"axis": "w"}, grid=grid, path="s2")
