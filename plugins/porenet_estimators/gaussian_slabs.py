"""Gaussians of labelled volumes in compiled loops, slab by slab, so that no field of the whole volume exists."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Grid
from porenet_estimators import slabs
from porenet_estimators.gaussian import BoxFilter, voxel_widths

Mask = NDArray[np.bool_]
Field = NDArray[np.float32]

NO_FIELDS = np.zeros((0,) * 4, np.float32)


class Slab:
    """Some layers of a volume, and those that their smoothed values depend on.

    Args:
        box: filters of the volume.
        labels: ``(Z, Y, X)`` uint8, of the volume.
        start, stop: first layer, and one past the last.
        room: memory that the slabs of a volume share: fresh pages cost as much as a pass.

    Attributes:
        own: labels of the slab, ``(layers, Y, X)``.
        near: labels of the layers that they depend on, in order.
    """

    def __init__(self, box: BoxFilter, labels: NDArray[np.uint8], start: int, stop: int, room: list[Field]) -> None:
        self.box, self.start, self.own, self.room = box, start, labels[start:stop], room
        self.layers = box.layers(start, stop)
        self.inside = np.flatnonzero(self.layers >= 0)
        needed = self.layers[self.inside]
        whole = needed[-1] - needed[0] == len(needed) - 1
        self.near = labels[needed[0] : needed[-1] + 1] if whole else labels[needed]

    def smooth(self, masks: Sequence[Mask]) -> Field:
        """The smoothed masks in the slab.

        Args:
            masks: each ``(layers, Y, X)``, of the layers of ``near``.

        Returns:
            ``(len(masks), layers, Y, X)``, dimensionless.
        """
        from porenet_estimators import gaussian_kernels

        smoothed = np.empty((len(masks), *self.own.shape), np.float32)
        for mask, out in zip(masks, smoothed, strict=True):
            gaussian_kernels.smooth(self._bricks([mask]), 0, 1, *self._place(), False, out[None])
        return smoothed

    def read(
        self,
        masks: Sequence[Mask],
        sums: NDArray[np.float64],
        weights: Sequence[float],
        *,
        floor: float = 0.0,
        given: Field = NO_FIELDS,
        products: Sequence[Sequence[int]] = (),
    ) -> None:
        """Add what is read of the smoothed masks and their slopes to ``sums``: see `gaussian_kernels.read`.

        Args:
            masks: each ``(layers, Y, X)``, of the layers of ``near``.
            sums: ``(S,)``.
            weights: of slopes, or of their cross product, along (z, y, x).
            floor: length below which a slope is none.
            given: ``(G, layers, Y, X)``, smoothed fields that lines are weighted with.
            products: of each sum of lines the three that are multiplied: masks by number, then those given.
        """
        from porenet_estimators import gaussian_kernels

        gaussian_kernels.read(
            self._bricks(masks)[None], given[None], 0, 1, *self._place(),
            _rows_of(products), np.array(weights, np.float32),
            np.array([floor**2, 0], np.float32), np.float32(0), sums[None], False, NO_FIELDS[None], NO_FIELDS[None],
        )  # fmt: skip

    def _place(self) -> tuple[Any, ...]:
        return self.layers, self.start, self.own.shape[1:], self.box.wraps, self.box.passes

    def _bricks(self, masks: Sequence[Mask]) -> Field:
        """The masks and what lies beyond the faces of the box, in rows as long as the loops want them."""
        _, height, length = self.own.shape
        reach, width = self.box.passes[2].shape[1] - 1, self.box.passes[5].shape[1]
        shape = len(masks), len(self.layers), reach + height + reach, width
        if self.room[0].size < math.prod(shape):
            self.room[0] = np.empty(math.prod(shape), np.float32)
        bricks = self.room[0][: math.prod(shape)].reshape(shape)
        first, end = self.inside[0], self.inside[-1] + 1
        bricks[:, :first], bricks[:, end:] = 0, 0
        rows = bricks[:, first:end]
        rows[..., length:] = 0
        for row, mask in zip(rows, masks, strict=True):
            row[:, reach : reach + height, :length] = mask
        rows[:, :, :reach] = rows[:, :, height : reach + height] if self.box.wraps[1] else 0
        rows[:, :, reach + height :] = rows[:, :, reach : 2 * reach] if self.box.wraps[1] else 0
        return bricks


def _rows_of(products: Sequence[Sequence[int]]) -> NDArray[np.intp]:
    """The rows of `gaussian_readings.read_lines` that hold smoothed masks and given fields."""
    from porenet_estimators.gaussian_readings import FIELDS, VALUES

    places = np.array([list(product) for product in products], np.intp).reshape(-1, FIELDS)
    return np.where(places < FIELDS, VALUES * places, FIELDS * VALUES + places - FIELDS)


def gaussian_slabs(labels: NDArray[np.uint8], grid: Grid, sigma: float) -> Iterator[Slab]:
    """The slabs of a volume, in order, as a Gaussian needs them.

    Args:
        labels: ``(Z, Y, X)``.
        grid: voxel edges and boundaries.
        sigma: standard deviation of the Gaussian, longest voxel edges.
    """
    box = BoxFilter(labels.shape, grid.periodic, voxel_widths(sigma, grid.voxel_um))
    room = [np.empty(0, np.float32)]
    for start, stop in slabs.slabs(labels.shape, least=2 * box.reach):
        yield Slab(box, labels, start, stop, room)
