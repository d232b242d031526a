"""Stripes, discs, a junction and white noise on sections: what every estimator has to read, by closed forms."""

import math

import numpy as np
import pytest

import porenet
from porenet.interface import Grid, Volume

measures = porenet.metrics
EDGE = 0.1
PERIOD, WIDTH = 32, 16
STRIPES = Volume(
    (np.arange(4 * PERIOD) % PERIOD >= WIDTH).astype(int) * np.ones((40, 1), int),
    Grid(("gap", "stripe"), (EDGE, EDGE), (True, True)),
)
SIDE, RADIUS = 96, 24
PLACES = (np.indices((SIDE, SIDE)) + 0.5 - SIDE / 2) * EDGE
DISC = Volume((np.hypot(*PLACES) <= RADIUS * EDGE).astype(int), Grid(("outside", "disc"), (EDGE, EDGE), (True, True)))
JUNCTION = Volume(  # three sectors of 120 degrees that meet in one point
    ((np.degrees(np.arctan2(*PLACES)) + 15) % 360 // 120).astype(int), Grid(("Ni", "YSZ", "pore"), (EDGE, EDGE))
)


@pytest.mark.parametrize(
    ("estimator", "straight", "disc"),
    [("faces", 1, 4 / math.pi), ("crofton", 0.948, 1), ("tv", 1, 1), ("guarded", 1, 1), ("heat", 0.98, 1)],
)
def test_perimeter_per_area_has_the_factor_of_its_estimator(estimator, straight, disc):
    """A straight line has 2 sides per period; a disc 2 pi R, of which counted sides of pixels read 4/pi."""
    stripes = measures.ssa(STRIPES, estimator=estimator)["stripe"] / (2 / (PERIOD * EDGE))
    assert stripes == pytest.approx(straight, abs=2e-3)
    round_ = measures.ssa(DISC, estimator=estimator)["disc"] / (2 * math.pi * RADIUS / (SIDE**2 * EDGE))
    assert round_ == pytest.approx(disc, rel=0.01)


@pytest.mark.parametrize(("estimator", "error"), [("edges", 1e-9), ("coarea", 0.02), ("triple", 0.02)])
def test_a_junction_is_one_triple_point(estimator, error):
    area = (SIDE * EDGE) ** 2
    assert measures.tpb(JUNCTION, estimator=estimator)["total"] * area == pytest.approx(1, rel=error)


def covariogram(lag_um):
    """Share of the section in which a disc and itself, moved by a lag, overlap."""
    lag = lag_um / EDGE
    overlap = 2 * RADIUS**2 * math.acos(lag / (2 * RADIUS)) - lag / 2 * math.sqrt(4 * RADIUS**2 - lag**2)
    return overlap / SIDE**2


@pytest.mark.parametrize("directions", ["radial", "ball"])
def test_two_point_probabilities_of_a_disc_are_its_covariogram(directions):
    values = measures.s2(DISC, directions=directions, reach_um=2.0)
    pairs = {key.split("@")[1][:-2]: value for key, value in values.items() if key.startswith(("disc@", "disc."))}
    assert len(pairs) > 5
    for lag, value in pairs.items():
        length = math.hypot(*map(float, lag.strip("()").split(",")))
        assert value == pytest.approx(covariogram(length), rel=0.012)
    slope = (covariogram(0.1) - covariogram(0)) / 0.1  # -L_A / pi of random directions; of a volume it is -S_V / 4
    perimeter = 2 * math.pi * RADIUS / (SIDE**2 * EDGE)
    assert slope == pytest.approx(-perimeter / math.pi, rel=1e-3)


def test_pairs_at_every_lag_of_a_ball_are_those_of_two_loops():
    labels = np.random.default_rng(1).integers(0, 2, (5, 6))
    values = measures.s2(labels, phases=("a", "b"), voxel_um=(0.25, 0.1), directions="ball", reach_um=0.3)
    steps = [(0, 0), (0, 1), (0, 2), (0, 3), (1, -1), (1, 0), (1, 1)]
    for down, right in steps:
        inside = [
            (labels[y, x] == 0) & (labels[y + down, x + right] == 0)
            for y in range(5)
            for x in range(6)
            if y + down < 5 and 0 <= x + right < 6
        ]
        assert values[f"a@({down * 0.25:g},{right * 0.1:g})um"] == pytest.approx(np.mean(inside), rel=1e-12)
    assert len([key for key in values if key.startswith("a@")]) == len(steps)  # none out of the plane


def test_lines_through_a_disc_and_through_stripes():
    lags = (0.5, 1.0, 2.0)
    disc, stripes = (measures.lineal_path(volume, axis="x", lags_um=lags) for volume in (DISC, STRIPES))
    for lag in lags:  # of a convex body it is the covariogram
        assert disc[f"disc@{lag:g}um"] == pytest.approx(covariogram(lag), rel=0.01)
        assert stripes[f"stripe@{lag:g}um"] == pytest.approx(max(WIDTH - lag / EDGE, 0) / PERIOD, abs=1e-12)
    assert measures.chord_length(DISC, axis="x")["disc.mean"] == pytest.approx(math.pi * RADIUS * EDGE / 2, rel=0.01)
    assert measures.chord_length(STRIPES, axis="x")["stripe.mean"] == pytest.approx(WIDTH * EDGE, rel=1e-12)
    # rho falls linearly to -1 at the width, so that it is 1/e at (1 - 1/e) of half of it
    expected = WIDTH / 2 * (1 - 1 / math.e) * EDGE
    assert measures.correlation_length(STRIPES, axis="x")["stripe"] == pytest.approx(expected, rel=1e-9)


def test_sizes_are_diameters_of_discs():
    for sizes in (measures.phase_size(STRIPES), measures.intrusion_size(STRIPES, inlet="y_min")):
        assert list(sizes.values()) == pytest.approx([WIDTH * EDGE] * 6, rel=1e-12)
    assert measures.phase_size(DISC)["disc.d50"] == pytest.approx(2 * RADIUS * EDGE, rel=0.03)
    assert measures.neck_density(DISC)["disc"] == 0
    assert measures.euler_number(DISC)["disc"] == pytest.approx(1 / (SIDE * EDGE) ** 2, rel=1e-9)


def test_the_representative_square_of_white_noise():
    """Pixels that do not depend on each other: the variance of a fraction is f (1 - f) per pixel."""
    noise = np.random.default_rng(7).random((160, 200)) < 0.3
    grid = Grid(("solid", "pore"), (0.1, 0.2))
    sizes = measures.representative_size(Volume(noise.astype(int), grid), error=0.05)
    fraction = noise.mean()
    pixels = fraction * (1 - fraction) * (1.96 / (0.05 * fraction)) ** 2
    assert sizes["pore.vf"] == pytest.approx(math.sqrt(pixels * 0.1 * 0.2), rel=0.12)
    labels = np.random.default_rng(8).integers(0, 3, (160, 200))
    points = measures.representative_size(Volume(labels, Grid(("Ni", "YSZ", "pore"), 0.1, dims=2)))["tpb"]
    corners = [np.random.default_rng(seed).integers(0, 3, (64, 64)) for seed in range(60)]
    counts = np.array([_triple_points(each) for each in corners])
    needed = 6.3**2 * counts.var(ddof=1) / 63**2 * (1.96 / (0.1 * counts.mean() / 63**2)) ** 2 / 63**2
    assert points == pytest.approx(math.sqrt(needed), rel=0.3)


def _triple_points(labels):
    cells = np.stack([labels[:-1, :-1], labels[1:, :-1], labels[:-1, 1:], labels[1:, 1:]])
    return sum(np.all([(cells == phase).any(axis=0) for phase in range(3)], axis=0).ravel())
