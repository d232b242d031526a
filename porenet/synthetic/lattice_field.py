"""Gaussian random fields layer by layer: white noise on a coarse lattice, seen through a Gaussian window.

With independent N(0, 1) numbers w at the nodes of a lattice of spacing h <= l / 2, the field sum over nodes of
w exp(-r^2 / l^2), scaled to variance 1, has the covariance exp(-r^2 / 2 l^2): by Poisson's sum it depends on the place
by less than 2 exp(-pi^2 l^2 / 2 h^2) = 5e-9. The window is a product over the axes, and is cut at 3.5 l, where it is
5e-6; so the covariance is right to 3e-6.

A layer needs the nodes within 3.5 l of it, so that a field of any length is made in little memory, and each layer of
nodes has random numbers of its own: the same voxels, wherever one begins. Sums are made term by term in a fixed order
and not by matrix products, whose order depends on the machine.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SPACING = 0.5
"""Largest distance of two nodes, correlation lengths."""
RADIUS = 3.5
"""Where the window ends, correlation lengths."""
_ROWS = 32
"""Rows that are summed at a time: they stay in the cache."""


@dataclass(frozen=True, eq=False, slots=True)
class Window:
    """The window along one axis.

    Attributes:
        nodes: ``(size, T)`` int64, the nodes of each voxel.
        weights: ``(size, T)`` float32, their weights; the sum of their squares is 1.
        count: number of nodes along the axis.
    """

    nodes: NDArray[np.int64]
    weights: NDArray[np.float32]
    count: int

    @classmethod
    def along(cls, size: int, edge: float, wraps: bool) -> Window:
        """The window of each voxel along an axis.

        Args:
            size: voxels.
            edge: voxel edge, correlation lengths.
            wraps: whether the axis is periodic; then it is at least 6 correlation lengths long.
        """
        period = 2 * math.ceil(size * edge) if wraps else 0
        spacing = size * edge / period if wraps else SPACING
        half = math.ceil(RADIUS / spacing)
        places = (np.arange(size) + 0.5) * edge
        nodes = np.floor(places / spacing).astype(np.int64)[:, None] + np.arange(1 - half, half + 1)
        weights = np.exp(-((places[:, None] - nodes * spacing) ** 2))
        weights /= np.sqrt((weights**2).sum(axis=1, keepdims=True))
        nodes = nodes % period if wraps else nodes - nodes[0, 0]
        return cls(nodes, weights.astype(np.float32), period or int(nodes[-1, -1]) + 1)

    def summed(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values at the voxels.

        Args:
            rows: ``(count, N)`` float32, values at the nodes.

        Returns:
            ``(size, N)`` float32.
        """
        size, taps = self.nodes.shape
        out = np.empty((size, rows.shape[1]), np.float32)
        for start in range(0, size, _ROWS):
            nodes, weights = self.nodes[start : start + _ROWS], self.weights[start : start + _ROWS, :, None]
            part = np.multiply(rows[nodes[:, 0]], weights[:, 0], out=out[start : start + _ROWS])
            for tap in range(1, taps):
                term = rows[nodes[:, tap]]
                term *= weights[:, tap]
                part += term
        return out


class LatticeField:
    """A field of mean 0, variance 1 and covariance exp(-r^2 / 2 l^2), layer by layer.

    On a periodic axis the covariance is the sum over its images.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        *,
        voxel_um: Sequence[float],
        length_um: float,
        periodic: Sequence[bool],
        seed: Sequence[int],
    ) -> None:
        """Prepare a field.

        Args:
            shape: ``(Z, Y, X)``, voxels.
            voxel_um: voxel edges (z, y, x), um.
            length_um: correlation length l, um.
            periodic: per axis, whether the field wraps; such an axis is at least 6 l long.
            seed: numbers, 0 or more; the same ones give the same field.
        """
        self._z, self._y, self._x = (
            Window.along(size, edge / length_um, wraps)
            for size, edge, wraps in zip(shape, voxel_um, periodic, strict=True)
        )
        self._seed = tuple(seed)
        # a layer needs those of the layer before, and few more
        self._noise = functools.lru_cache(maxsize=self._z.nodes.shape[1] + 2)(self._noise_of)

    def layer(self, z: int) -> NDArray[np.float32]:
        """Values of a layer, ``(Y, X)`` float32."""
        total = np.zeros((self._y.count, self._x.count), np.float32)
        for node, weight in zip(self._z.nodes[z].tolist(), self._z.weights[z], strict=True):
            total += self._noise(node) * weight
        along_x = self._x.summed(np.ascontiguousarray(total.T))
        return self._y.summed(np.ascontiguousarray(along_x.T))

    def _noise_of(self, node: int) -> NDArray[np.float32]:
        """The random numbers of a layer of nodes, which are those of no other."""
        rng = np.random.default_rng(np.random.SeedSequence([*self._seed, node]))
        return rng.standard_normal((self._y.count, self._x.count), dtype=np.float32)
