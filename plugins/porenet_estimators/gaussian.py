"""Gaussian smoothing and its derivatives on a labelled volume, slab by slab."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet_estimators.slabs import slabs

REACH = 4
"""Standard deviations after which the Gaussian is cut."""

Field = NDArray[np.float64]
Widths = tuple[float, float, float]


def voxel_widths(sigma: float, voxel_um: tuple[float, float, float]) -> Widths:
    """The width of a Gaussian along each axis: one length in um, whatever the edges of the voxels.

    A Gaussian of one width in voxels would be a flat one in um, which reads a plane by its direction: at edges of 1,
    0.1 and 0.1 um the triple line by co-area up to 1.43 times its length.

    Args:
        sigma: standard deviation, in longest edges of a voxel; of cubes, voxels.
        voxel_um: voxel edges (z, y, x), um.

    Returns:
        Standard deviation along (z, y, x), voxels, each at least ``sigma``.
    """
    longest = max(voxel_um)
    z, y, x = (sigma * (longest / edge) for edge in voxel_um)
    return z, y, x


@functools.lru_cache(maxsize=32)
def axis_filters(size: int, sigma: float, periodic: bool) -> tuple[Any, Any]:
    """Matrices that smooth along an axis, and that take the slope of the smoothed values.

    Inside, rows hold the sampled Gaussian g(k), k = -4 sigma .. 4 sigma, and k g(k) / sum(k^2 g(k)). At an open end the
    Gaussian is cut by the box: the smooth row is its weighted mean of what remains, the slope row its weighted
    least-squares fit. So no value from outside the box is made up, a constant stays constant and a ramp keeps its
    slope. On 32^3 cubes cut out of a plurigaussian of 128^3 (correlation length 6 voxels) padding by the last value
    instead reads 3 % of the area and 7 % of the triple line less than before the cut, this 0.5 % and 1.5 % more.

    Args:
        size: voxels along the axis.
        sigma: standard deviation, voxels.
        periodic: whether the axis wraps.

    Returns:
        Two sparse ``(size, size)`` float64 matrices: smooth (rows sum to 1) and slope (per voxel, rows sum to 0).
    """
    from scipy.sparse import csr_array

    reach = int(REACH * sigma + 0.5)
    rows, columns, smooth, slope = [], [], [], []
    for row in range(size):
        steps = np.arange(-reach, reach + 1)
        if not periodic:
            steps = steps[(row + steps >= 0) & (row + steps < size)]
        weights = np.exp(-0.5 * (steps / sigma) ** 2)
        weights /= weights.sum()
        centred = steps - weights @ steps
        spread = weights @ centred**2
        rows.append(np.full(len(steps), row))
        columns.append((row + steps) % size)
        smooth.append(weights)
        slope.append(weights * centred / spread if spread > 0 else 0 * weights)
    index = np.concatenate(rows), np.concatenate(columns)
    return (
        csr_array((np.concatenate(smooth), index), shape=(size, size)),
        csr_array((np.concatenate(slope), index), shape=(size, size)),
    )


class Smoother:
    """Smoothed fields of a volume of one shape.

    Args:
        shape: ``(Z, Y, X)``.
        periodic: per axis (z, y, x).
        widths: standard deviation along (z, y, x), voxels; see `voxel_widths`.
    """

    def __init__(self, shape: tuple[int, ...], periodic: tuple[bool, bool, bool], widths: Widths) -> None:
        self.shape = shape
        self.filters = list(map(axis_filters, shape, widths, periodic))

    def slabs(self) -> Iterator[tuple[slice, NDArray[np.intp]]]:
        """The layers of each slab, and the layers that its smoothed values depend on, in order."""
        smooth, _ = self.filters[0]
        for start, stop in slabs(self.shape):
            yield slice(start, stop), np.unique(smooth.indices[smooth.indptr[start] : smooth.indptr[stop]])

    def value(self, layers: slice, needed: NDArray[np.intp], field: Field) -> Field:
        """The smoothed field of a slab.

        Args:
            layers: of the slab, from `slabs`.
            needed: layers that the field holds, from `slabs`.
            field: ``(len(needed), Y, X)``.

        Returns:
            ``(X, layers, Y)``: every pass works along the first axis, and turning back would cost another copy.
        """
        (smooth, _), (smooth_y, _), (smooth_x, _) = self._cut(layers, needed)
        return _along(smooth_x, _turn(_along(smooth_y, _turn(_along(smooth, field)))))

    def value_and_slopes(self, layers: slice, needed: NDArray[np.intp], field: Field) -> tuple[Field, list[Field]]:
        """The smoothed field of a slab and its slopes along (z, y, x), per voxel; see `value`."""
        (smooth, slope), (smooth_y, slope_y), (smooth_x, slope_x) = self._cut(layers, needed)
        z_smooth, z_slope = _turn(_along(smooth, field)), _turn(_along(slope, field))
        zy_smooth = _turn(_along(smooth_y, z_smooth))
        return _along(smooth_x, zy_smooth), [
            _along(smooth_x, _turn(_along(smooth_y, z_slope))),
            _along(smooth_x, _turn(_along(slope_y, z_smooth))),
            _along(slope_x, zy_smooth),
        ]

    def _cut(self, layers: slice, needed: NDArray[np.intp]) -> Sequence[tuple[Any, Any]]:
        smooth, slope = self.filters[0]
        return (smooth[layers][:, needed], slope[layers][:, needed]), self.filters[1], self.filters[2]


def _along(matrix: Any, field: Field) -> Field:
    filtered: Field = matrix @ field.reshape(len(field), -1)
    return filtered.reshape(-1, *field.shape[1:])


def _turn(field: Field) -> Field:
    return np.ascontiguousarray(field.transpose(1, 2, 0))
