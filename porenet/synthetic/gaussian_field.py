"""Gaussian random fields as sums of random Fourier modes, as plain arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

REACH = 6.0
"""Correlation lengths after which two points count as independent: exp(-18) = 1.5e-8."""
SLAB = 1 << 21
"""Voxels of a field that exist at a time: 16 MB."""

_NEGLIGIBLE = 1e-10


def gaussian_field(
    shape: tuple[int, int, int],
    *,
    voxel_um: Sequence[float],
    length_um: float,
    periodic: Sequence[bool],
    rng: np.random.Generator,
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """A field of mean 0, variance 1 and covariance exp(-r^2 / 2 l^2), slab by slab along z.

    On a periodic axis the covariance is the sum over its images. It is a product over the axes, so the field is a
    product of modes: random coefficients, and one matrix of cosines and sines per axis. A periodic axis is one period;
    an open axis is a part of a period longer by `REACH` correlation lengths, so that its ends are independent. No
    values of that excess are computed: a mode is evaluated inside the box only.

    Args:
        shape: ``(Z, Y, X)``, voxels.
        voxel_um: voxel edges (z, y, x), um.
        length_um: correlation length l, um.
        periodic: per axis, whether the field wraps; such an axis is at least ``REACH`` l long.
        rng: generator of the random coefficients.

    Yields:
        A slice of z, and the values of the field there, ``(z, Y, X)``.
    """
    basis = [modes(size, edge / length_um, wraps) for size, edge, wraps in zip(shape, voxel_um, periodic, strict=True)]
    along_z, along_y, along_x = basis
    coefficients = rng.standard_normal(tuple(matrix.shape[1] for matrix in basis))
    planes = np.matmul(along_y, coefficients @ along_x.T).reshape(along_z.shape[1], -1)
    thickness = max(1, SLAB // (shape[1] * shape[2]))
    for start in range(0, shape[0], thickness):
        slab = slice(start, min(start + thickness, shape[0]))
        yield slab, (along_z[slab] @ planes).reshape(-1, *shape[1:])


def modes(size: int, edge: float, wraps: bool) -> NDArray[np.float64]:
    """Fourier modes along one axis, scaled so that independent N(0, 1) coefficients give the covariance.

    Args:
        size: voxels along the axis.
        edge: voxel edge in correlation lengths.
        wraps: whether the axis is periodic.

    Returns:
        ``(size, modes)``: its product with its own transpose is exp(-x^2 / 2) at the distances x of the voxels, in
        correlation lengths (summed over the images where the axis wraps) to 1e-7, and 1 on the diagonal.
    """
    period = size if wraps else size + math.ceil(REACH / edge)
    lags = np.arange(period) * edge
    covariance = sum(np.exp(-((lags - image * period * edge) ** 2) / 2) for image in (-1, 0, 1))
    # The covariance is a cosine series with these weights; all but the first (and, of an even period, the last) occur
    # twice, as +k and -k. Beyond about 7 / l they are below rounding errors and are left out.
    weights = np.fft.rfft(covariance).real
    weights[1 : (period + 1) // 2] *= 2
    orders = np.flatnonzero(weights > _NEGLIGIBLE * weights.max())
    amplitudes = np.sqrt(weights[orders] / weights[orders].sum())
    phases = 2 * math.pi / period * (np.outer(np.arange(size), orders) % period)
    sines = orders > 0
    return np.concatenate([np.cos(phases) * amplitudes, np.sin(phases[:, sines]) * amplitudes[sines]], axis=1)
