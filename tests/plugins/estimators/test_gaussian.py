"""The passes of a Gaussian along an axis: taps and factors, against weighted means and fits row by row."""

import numpy as np
import pytest
from gaussian_matrices import matrices
from hypothesis import given
from hypothesis import strategies as st
from porenet_estimators.gaussian import axis_filter

SIZES = st.integers(1, 30)
SIGMAS = st.sampled_from([0.1, 0.5, 1.0, 1.5, 2.3, 40.0])


def as_matrices(size, sigma, wraps):
    """What the passes do to each voxel of an axis."""
    taps, factors = axis_filter(size, sigma, wraps)
    even, odd = np.zeros((2, size, size))
    for row in range(size):
        even[row, row] += taps[0, 0]
        for k in range(1, taps.shape[1]):
            for way in (1, -1):
                if wraps or 0 <= row + way * k < size:
                    even[row, (row + way * k) % size] += taps[0, k]
                    odd[row, (row + way * k) % size] += way * taps[1, k]
    keep, turn, lean = factors[..., None]
    return keep * even, turn * odd - lean * even


@given(SIZES, SIGMAS, st.booleans())
def test_they_are_weighted_means_and_fits(size, sigma, wraps):
    for measured, expected in zip(as_matrices(size, sigma, wraps), matrices(size, sigma, wraps), strict=True):
        np.testing.assert_allclose(measured, expected, rtol=0, atol=1e-10)


@given(SIZES, SIGMAS, st.booleans())
def test_they_reach_no_farther_than_the_axis_is_long(size, sigma, wraps):
    assert axis_filter(size, sigma, wraps).taps.shape[1] <= (size // 2 + 1 if wraps else size)


@given(SIZES, st.sampled_from([1.0, 1.5]))
def test_open_ends_keep_a_constant_and_a_ramp(size, sigma):
    smooth, slope = as_matrices(size, sigma, False)
    ramp = np.arange(size, dtype=float)
    assert smooth @ np.ones(size) == pytest.approx(np.ones(size))
    assert slope @ np.ones(size) == pytest.approx(np.zeros(size), abs=1e-12)
    assert slope @ ramp == pytest.approx(np.ones(size) if size > 1 else [0.0])
    assert (smooth @ ramp)[size // 2] == pytest.approx(size // 2, abs=0.51 if size < 14 else 1e-9)
