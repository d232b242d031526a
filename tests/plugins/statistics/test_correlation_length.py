"""Correlation length: lamellae and random cells in closed form, Gaussian fields, and what has none."""

import math

import numpy as np
import pytest
from porenet_statistics.metrics.correlation_length import correlation_length

from porenet.interface import Grid, Undefined, Volume
from porenet.synthetic import plurigaussian


def structure(labels, edges=(1.0, 1.0, 1.0), periodic=(False, False, False), names=("a", "b")):
    return Volume(np.asarray(labels, np.uint8), Grid(names, edges, periodic))


@pytest.mark.parametrize("width", [3, 4, 7])
@pytest.mark.parametrize("axis", "zyx")
def test_lamellae(width, axis):
    # Half of each: S2(r) = (w - r) / 2 w across them, so rho = 1 - 2 r / w.
    index = "zyx".index(axis)
    edges = (0.5, 0.25, 2.0)
    shape = [2, 2, 2]
    shape[index] = 4 * width
    labels = np.broadcast_to(
        (np.arange(4 * width) // width % 2).reshape([-1 if i == index else 1 for i in range(3)]), shape
    )
    volume = structure(labels, edges, (True, True, True))
    expected = width * edges[index] * (1 - 1 / math.e) / 2
    assert list(correlation_length(volume, axis=axis).values()) == pytest.approx([expected] * 2)
    beside = "zyx"[index - 1]
    assert isinstance(correlation_length(volume, axis=beside)["a"], Undefined)  # the same all along


def test_cells_of_random_labels_forget_linearly():
    # Cells of c voxels with independent labels: rho(r) = 1 - r / c along an axis, whatever the fractions.
    cells = np.random.default_rng(0).random((12, 12, 12)) < 0.3
    labels = cells.repeat(6, 0).repeat(6, 1).repeat(6, 2)
    measured = correlation_length(structure(labels, (0.1, 0.1, 0.1), (True,) * 3))
    assert measured["a"] == pytest.approx(0.6 * (1 - 1 / math.e), rel=0.05)
    assert measured["a"] == pytest.approx(measured["b"])  # of two phases the covariance is one


def test_a_gaussian_field_cut_at_its_median():
    # rho = (2 / pi) asin(exp(-r^2 / 2 l^2)).
    length = 5.0
    expected = length * math.sqrt(-2 * math.log(math.sin(math.pi / (2 * math.e))))
    measured = [
        correlation_length(
            plurigaussian((64,) * 3, voxel_um=(1, 1, 1), length_um=length, seed=seed, thresholds=(0.0, 0.0),
                          periodic=(True,) * 3)[0]
        )["Ni"]
        for seed in range(4)
    ]  # fmt: skip
    assert np.mean(measured) == pytest.approx(expected, rel=0.05)


def test_axes_that_are_too_short_are_left_out():
    cells = np.random.default_rng(1).random((40, 40)) < 0.5
    plane = cells.repeat(4, 0).repeat(4, 1)[None]
    flat = structure(plane, periodic=(False, True, True))
    assert correlation_length(flat)["a"] == pytest.approx(4 * (1 - 1 / math.e), rel=0.1)
    assert isinstance(correlation_length(flat, axis="z")["a"], Undefined)


def test_what_has_none():
    assert correlation_length(structure(np.zeros((2, 3, 4)))) == {
        "a": Undefined("the phase fills the box"),
        "b": Undefined("the phase is absent"),
    }
    halves = np.repeat([0, 1], 4)[None, None]
    assert correlation_length(structure(halves.repeat(3, 0)), axis="x")["a"] == pytest.approx(
        # Of 8 voxels r pairs are unlike, (4 - r) / (8 - r) of the pairs are in a phase.
        next(r for r in np.arange(0, 4, 1e-4) if _halves(r) <= 1 / math.e), abs=1e-3
    )  # fmt: skip


def _halves(r):
    low, share = int(r), r % 1
    rho = [(max(4 - k, 0) / (8 - k) - 0.25) * 4 for k in (low, low + 1)]
    return (1 - share) * rho[0] + share * rho[1]
