"""Specific surface area, against bodies of known area; test_dpb.py has the laws that both share."""

import math

import numpy as np
import pytest
from hypothesis import given
from porenet_statistics.metrics.ssa import specific_surface_area
from scipy import ndimage
from scipy.spatial import ConvexHull

from porenet.errors import ConfigError
from porenet.interface import Grid, Undefined, Volume, one_layer
from porenet.registry.schema import validated
from porenet.synthetic import plurigaussian
from porenet.testing import grids, volumes

ESTIMATORS = ("crofton", "faces", "tv")
CUBE = (1.0, 1.0, 1.0)
FLAT = (1.0, 0.5, 0.25)
AROUND = (True, True, True)


def two_phases(inside, voxel_um=CUBE, periodic=(False, False, False)):
    return Volume(inside.astype(np.uint8), Grid(("out", "in"), voxel_um, periodic))


def centres(shape, voxel_um):
    """``(3, Z, Y, X)``, um."""
    return (np.indices(shape) + 0.5) * np.array(voxel_um)[:, None, None, None]


def area(volume, estimator):
    """Area of the phase "in", um^2."""
    return (
        specific_surface_area(volume, estimator=estimator)["in"] * volume.labels.size * math.prod(volume.grid.voxel_um)
    )


def ball(radius_um, rng, voxel_um=CUBE):
    shape = [int(2 * radius_um / edge) + 12 for edge in voxel_um]
    middle = (np.array(shape) / 2 + rng.uniform(-0.5, 0.5, 3)) * voxel_um
    away = centres(shape, voxel_um) - middle[:, None, None, None]
    return two_phases((away**2).sum(axis=0) < radius_um**2, voxel_um)


def random_plane(side_um, rng, voxel_um=CUBE):
    """A box cut by a plane near its middle, and the area of the cut, um^2, from its corners on the box's edges."""
    normal = rng.standard_normal(3)
    normal /= np.linalg.norm(normal)
    through = side_um / 2 + rng.uniform(-1.5, 1.5, 3) * voxel_um
    shape = [round(side_um / edge) for edge in voxel_um]
    corners = []
    for axis in range(3):
        for ends in np.ndindex(2, 2):
            point = np.insert(np.array(ends) * float(side_um), axis, 0.0)
            point[axis] = -normal @ (point - through) / normal[axis]
            if 0 <= point[axis] <= side_um:
                corners.append(point)
    in_plane = np.linalg.svd(normal[None])[2][1:]
    cut = ConvexHull(np.array(corners) @ in_plane.T).volume
    return two_phases(np.tensordot(normal, centres(shape, voxel_um), 1) > normal @ through, voxel_um), cut


def test_a_cube_by_hand():
    inside = np.zeros((6, 7, 8), bool)
    inside[2:4, 2:5, 2:6] = True  # 2 x 3 x 4 voxels
    volume = two_phases(inside, voxel_um=(0.5, 1.0, 2.0))  # 1 x 3 x 8 um in 3 x 7 x 16 um
    box, body = 3 * 7 * 16, 1 * 3 * 8
    surface = 2 * (1 * 3 + 1 * 8 + 3 * 8)
    faces = specific_surface_area(volume, estimator="faces")
    assert faces == {"in": pytest.approx(surface / box), "out": pytest.approx(surface / box)}
    per_phase = specific_surface_area(volume, estimator="faces", per="phase")
    assert per_phase == {"in": pytest.approx(surface / body), "out": pytest.approx(surface / (box - body))}


def test_a_grid_aligned_plane_by_hand():
    inside = np.zeros((16, 12, 12), bool)
    inside[8:] = True
    volume = two_phases(inside)
    assert area(volume, "faces") == pytest.approx(144)
    assert area(volume, "tv") == pytest.approx(144, rel=1e-6)
    # One crossing a step along z, along four face and four space diagonals, weighed by the 13 directions' shares.
    shares = 0.0915558, 0.0739613, 0.0703913
    crossings = 2 * (shares[0] + 4 * shares[1] / math.sqrt(2) + 4 * shares[2] / math.sqrt(3))
    assert area(volume, "crofton") == pytest.approx(144 * crossings, rel=1e-5)
    assert crossings == pytest.approx(0.925, abs=0.003)


def test_outer_faces_are_no_surface_unless_the_axis_wraps():
    inside = np.zeros((24, 8, 8), bool)
    inside[12:] = True
    once, twice = two_phases(inside), two_phases(inside, periodic=(True, False, False))
    for estimator in ESTIMATORS:
        assert area(twice, estimator) == pytest.approx(2 * area(once, estimator), rel=0.01)
    assert area(twice, "faces") == 128


@pytest.mark.parametrize("voxel_um", [CUBE, FLAT])
def test_balls(voxel_um):
    # SCIENCE.md, section 5, has these ratios for cubic voxels.
    rng = np.random.default_rng(1)
    expected = {3: (0.98, 1.48, 0.89), 5: (0.996, 1.50, 0.97), 8: (0.997, 1.50, 0.99), 20: (1.0, 1.50, 1.0)}
    for radius, ratios in expected.items():
        bodies = [ball(radius, rng, voxel_um) for _ in range(8 if radius < 20 else 1)]
        for estimator, ratio in zip(ESTIMATORS, ratios, strict=True):
            found = np.mean([area(body, estimator) for body in bodies]) / (4 * math.pi * radius**2)
            if voxel_um == CUBE:
                assert found == pytest.approx(ratio, abs=0.015), (radius, estimator)
            elif estimator != "tv":  # finer voxels along y and x only bring these nearer
                assert found == pytest.approx(1.5 if estimator == "faces" else 1.0, abs=0.02), (radius, estimator)
            elif radius > 3:
                assert found == pytest.approx(1.01, abs=0.015), radius


@pytest.mark.parametrize(
    ("voxel_um", "expected"),
    [
        # mean and standard deviation: SCIENCE.md, section 5
        (CUBE, {"crofton": (1.001, 0.014), "faces": (1.504, 0.149), "tv": (1.003, 0.002)}),
        # A voxel of 1 um staircases what one of 0.25 um resolves: measured here, the mean must be 1 and 1.5.
        (FLAT, {"crofton": (1.0, 0.07), "faces": (1.5, 0.16), "tv": (1.01, 0.02)}),
    ],
)
def test_random_planes(voxel_um, expected):
    rng = np.random.default_rng(2)
    planes = [random_plane(32, rng, voxel_um) for _ in range(40)]
    for estimator, (mean, spread) in expected.items():
        ratios = [area(volume, estimator) / cut for volume, cut in planes]
        allowed = 3.5 * spread / math.sqrt(len(planes)) + 0.005
        assert np.mean(ratios) == pytest.approx(mean, abs=allowed), estimator
        assert np.std(ratios) < 1.3 * spread + 0.004, estimator


def test_total_variation_on_a_torus_agrees_with_scipy():
    labels = np.random.default_rng(3).integers(0, 3, (9, 10, 11)).astype(np.uint8)
    volume = Volume(labels, Grid(("a", "b", "c"), FLAT, AROUND))
    found = specific_surface_area(volume, estimator="tv")
    for label, phase in enumerate(volume.grid.phases):
        slopes = [_slope((labels == label).astype(float), axis) for axis in range(3)]
        assert found[phase] == pytest.approx(np.sqrt(sum(slope**2 for slope in slopes)).mean(), rel=1e-6)


def _slope(inside, axis):
    """Slope along an axis, um^-1, behind a Gaussian of the longest edge; scipy's of a ramp is 0.999 where it is cut."""
    widths = [max(FLAT) / edge for edge in FLAT]
    order = np.eye(3, dtype=int)[axis]
    ramp = ndimage.gaussian_filter1d(np.arange(99.0), widths[axis], order=1)[49]
    return ndimage.gaussian_filter(inside, widths, order=order, mode="wrap") / (ramp * FLAT[axis])


def test_cutting_a_structure_into_boxes_hardly_changes_what_it_measures():
    whole, _ = plurigaussian(
        (64,) * 3, voxel_um=CUBE, length_um=5, thresholds=(0.2,), periodic=AROUND, seed=4, phases=("a", "b")
    )
    parts = [Volume(part, Grid(("a", "b"), CUBE)) for part in _eighths(whole.labels)]
    for estimator, change in (("crofton", 0.01), ("tv", 0.015)):
        before = specific_surface_area(whole, estimator=estimator)["a"]
        after = np.mean([specific_surface_area(part, estimator=estimator)["a"] for part in parts])
        assert after == pytest.approx(before, rel=change)


@pytest.mark.parametrize("voxel_um", [CUBE, (1.0, 0.5, 0.5)])
def test_plurigaussian_ensemble(voxel_um):
    found = {estimator: [] for estimator in ESTIMATORS}
    for seed in range(24):
        shape = [round(42 / edge) for edge in voxel_um]
        volume, truth = plurigaussian(
            shape, voxel_um=voxel_um, length_um=6, thresholds=(0.3, -0.1), periodic=AROUND, seed=seed
        )
        for estimator, ratios in found.items():
            ratios.append(specific_surface_area(volume, estimator=estimator)["Ni"] / truth.values["ssa"]["Ni"])
    # At 6 voxels the tv of this surface is 3 % low. Only Ni has a smooth surface: the two others end in wedges.
    for estimator, expected in (("crofton", 1.0), ("faces", 1.5), ("tv", 0.97)):
        ratios = np.array(found[estimator])
        z = (ratios.mean() - expected) / (ratios.std(ddof=1) / math.sqrt(len(ratios)))
        assert abs(z) < 3.5, (estimator, ratios)
        assert ratios.mean() == pytest.approx(expected, rel=0.05), estimator


@given(grids().flatmap(volumes))
def test_absent_phases_and_single_ones(volume):
    present = {volume.grid.phases[label] for label in np.unique(volume.labels)}
    for estimator in ESTIMATORS:
        if estimator == "crofton" and one_layer(volume):
            assert all(isinstance(area, Undefined) for area in specific_surface_area(volume).values())
            continue
        per_volume = specific_surface_area(volume, estimator=estimator)
        per_phase = specific_surface_area(volume, estimator=estimator, per="phase")
        for phase in volume.grid.phases:
            if phase not in present:
                assert (per_volume[phase], per_phase[phase]) == (0.0, Undefined("phase absent"))
            else:
                share = volume.mask(phase).mean()
                assert per_phase[phase] == pytest.approx(per_volume[phase] / share)
            if len(present) == 1:
                assert per_volume[phase] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"estimator": "marching_cubes"},
            "ssa.estimator: must be 'crofton', 'faces', 'tv', 'heat' or 'guarded', not 'marching_cubes'",
        ),
        ({"per": "mass"}, "ssa.per: must be 'volume' or 'phase', not 'mass'"),
    ],
)
def test_an_unknown_choice_is_refused(params, message):
    with pytest.raises(ConfigError, match=message):
        validated(specific_surface_area, "metric", params, path="ssa")


def test_faces_of_the_published_electrode(real_volume):
    real = real_volume("nmc_electrode_taufactor_256")
    reference = real.reference
    published = next(row for row in reference["published"] if row["what"].startswith("SSA face counting"))
    volume = Volume(real.labels, Grid(tuple(reference["phases"]), CUBE))
    assert specific_surface_area(volume, estimator="faces") == pytest.approx(published["value"], abs=published["tol"])


def _eighths(labels):
    return [labels[tuple(slice(32 * i, 32 * i + 32) for i in corner)] for corner in np.ndindex(2, 2, 2)]
