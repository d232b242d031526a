"""Correlation length: the distance over which a phase forgets itself."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import distant_pairs
from porenet.interface import AXES, Axis, AxisChoice, Undefined, Value, Volume, measured_along

AT_ONCE = 8
"""Lags counted before it is asked again whether all phases have faded."""

UNFADED = Undefined("its correlation does not fall to 1/e within half of the box")


def correlation_length(volume: Volume, *, axis: AxisChoice | None = None) -> dict[str, Value]:
    r"""Distance at which the normalised autocovariance of each phase has fallen to 1 / e.

    .. math:: \rho(r) = \frac{S_2(r) - \phi^2}{\phi (1 - \phi)}

    with S2 the two-point probability of `s2` along the axes and phi the volume fraction. It is the length a of the
    exponential rho = exp(-r / a) of P. Debye, H. R. Anderson, H. Brumberger, J. Appl. Phys. 28 (1957) 679,
    https://doi.org/10.1063/1.1722830, and 1.100 l for a Gaussian field of covariance exp(-r^2 / 2 l^2) cut at its
    median. The first crossing counts; rho is linear between whole numbers of voxels, as S2 of voxels is.

    It says how large features are, and is not the integral range of `representative_volume`, which is a volume and
    depends on the tail and the sign of rho far out.

    Known defects. Pairs lie inside the box and phi is that of the box, so that features of more than about a tenth of
    the box read low. Directions are those of the axes only.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``; on a periodic axis pairs go round the box.
        axis: the direction of the pairs; ``all``: each of the three; None takes the mean of rho over the axes that are
            at least twice as long.

    Returns:
        Phase name -> um; `Undefined` where it is absent or fills the volume, or where its correlation does not fall to
        1 / e within half of the longest of these axes. Of all axes ``P.z``, ...
    """
    if axis is None:
        return _lengths(volume, None)
    return measured_along(axis, lambda along: _lengths(volume, along))


def _lengths(volume: Volume, axis: Axis | None) -> dict[str, Value]:
    grid, labels = volume.grid, volume.labels
    axes = range(3 - grid.dims, 3) if axis is None else (AXES.index(axis),)
    fractions = np.bincount(labels.reshape(-1), minlength=len(grid.phases)) / labels.size
    lengths: dict[str, Value] = {}
    lags_um, correlations = _until_faded(volume, tuple(axes), fractions)
    for phase, fraction, rho in zip(grid.phases, fractions, correlations, strict=True):
        if fraction in (0, 1):
            lengths[phase] = Undefined("the phase fills the box" if fraction else "the phase is absent")
            continue
        lengths[phase] = _crossing(lags_um, rho)
    return lengths


def _until_faded(
    volume: Volume, axes: tuple[int, ...], fractions: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lags, um, and the mean of rho over the axes that are long enough, ``(phases, lags)``; as far as is needed."""
    grid = volume.grid
    farthest = {axis: volume.labels.shape[axis] // 2 for axis in axes}
    curves = {axis: np.ones((1, len(fractions))) for axis in axes}
    covered_um, whole_um = 0.0, max(farthest[axis] * grid.voxel_um[axis] for axis in axes)
    while True:
        covered_um = min(covered_um + AT_ONCE * min(grid.voxel_um), whole_um)
        for axis in axes:
            steps = min(math.ceil(covered_um / grid.voxel_um[axis] - 1e-9), farthest[axis])
            shifts = list(range(len(curves[axis]), steps + 1))
            curves[axis] = np.vstack([curves[axis], _correlations(volume, axis, shifts, fractions)])
        lags = {axis: grid.voxel_um[axis] * np.arange(len(curves[axis])) for axis in axes}
        knots_um = np.unique(np.concatenate([of_axis[of_axis <= covered_um + 1e-12] for of_axis in lags.values()]))
        sums, counts = np.zeros((len(knots_um), len(fractions))), np.zeros((len(knots_um), 1))
        for axis in axes:
            inside = knots_um <= lags[axis][-1] + 1e-12
            counts[inside] += 1
            for label in range(len(fractions)):
                sums[inside, label] += np.interp(knots_um[inside], lags[axis], curves[axis][:, label])
        mean = (sums / counts).T
        if covered_um >= whole_um or np.all(mean.min(axis=1) <= 1 / math.e):
            return knots_um, mean


def _correlations(volume: Volume, axis: int, shifts: list[int], fractions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rho at some lags, voxels, along an axis; ``(shifts, phases)``; 0 for a phase that is absent or fills the box."""
    size, wraps = volume.labels.shape[axis], volume.grid.periodic[axis]
    counts = distant_pairs(volume.labels, len(fractions), axis, shifts, periodic=wraps)
    possible = volume.labels.size // size * np.array([[size if wraps else size - shift] for shift in shifts])
    variances = fractions * (1 - fractions)
    covariances = counts / possible.reshape(-1, 1) - fractions**2
    correlations: NDArray[np.float64] = np.zeros_like(covariances)
    np.divide(covariances, variances, out=correlations, where=variances > 0)
    return correlations


def _crossing(lags_um: NDArray[np.float64], rho: NDArray[np.float64]) -> Value:
    """Lag at which rho, linear between lags, has first fallen to 1 / e."""
    faded = np.flatnonzero(rho <= 1 / math.e)
    if not len(faded):
        return UNFADED
    after = int(faded[0])
    share = (rho[after - 1] - 1 / math.e) / (rho[after - 1] - rho[after])
    return float(lags_um[after - 1] + share * (lags_um[after] - lags_um[after - 1]))
