"""The loop behind representative volumes: pairs of voxels within a box around one of them, counted in one pass."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from porenet.kernels import inner, kernel

VALUES = -1
"""Stands for no label: voxels count as much as their values."""


@kernel()
def near_pairs(values, label, reach, wraps, columns, band, up_to):
    """Sum over pairs within reach of the product of both voxels, and of the first alone.

    A box of voxels slides over the volume: sums over the layers within reach are updated from layer to layer, sums of
    these over rows from row to row, so that the work does not grow with the reach, and the memory is that of a layer.

    Args:
        values: ``(Z, Y, X)`` uint8, C order.
        label: voxels of it count 1, others 0; or `VALUES`.
        reach: voxels along z, y and x; less than the size, on a periodic axis less than half of it.
        wraps: per axis, whether pairs go round the box.
        columns: ``(Y, X)`` int32, zeros, scratch: sums along z.
        band: ``(X,)`` int64, scratch: sums of these along y.
        up_to: ``(X + 2 reach + 1,)`` int64, zeros, scratch: sums of those along x, up to a place.

    Returns:
        Two numbers: sums of products, and of first voxels; exact.
    """
    depth, height, width = values.shape
    far_z, far_y, far_x = reach
    for z in range(-far_z, far_z):
        if wraps[0] or 0 <= z < depth:
            for y in range(height):
                _add(values[z % depth, y], label, np.int32(1), columns[y])
    both = either = 0
    for z in range(depth):
        for layer, sign in ((z + far_z, 1), (z - far_z - 1, -1)):
            # What leaves the box at the first layer has never been in it.
            if (wraps[0] or 0 <= layer < depth) and (z > 0 or sign > 0):
                for y in range(height):
                    _add(values[layer % depth, y], label, np.int32(sign), columns[y])
        for x in range(width):
            band[x] = 0
        for y in range(-2 * far_y, height):
            for row, sign in ((y + far_y, 1), (y - far_y - 1, -1)):
                if (wraps[1] or 0 <= row < height) and (y > 0 or sign > 0):
                    _add_row(columns[row % height], sign, band)
            if y >= 0:
                _sum_up(band, far_x, wraps[2], up_to)
                products, firsts = _products(values[z, y], label, up_to, 2 * far_x + 1)
                both += products
                either += firsts
    return both, either


@inner(inline="always")
def _add(row, label, sign, columns):
    if label < 0:
        for x in range(len(row)):
            columns[x] += sign * np.int32(row[x])
    else:
        own = np.uint8(label)
        for x in range(len(row)):
            columns[x] += sign * np.int32(row[x] == own)


@inner(inline="always")
def _add_row(columns, sign, band):
    for x in range(len(band)):
        band[x] += sign * columns[x]


@inner(inline="always")
def _sum_up(band, far, wraps, up_to):
    """Sums of a row that goes on for as far as boxes reach beyond its ends: round the box, or with nothing."""
    width = len(band)
    total = np.int64(0)
    for x in range(far):
        total += band[width - far + x] if wraps else 0
        up_to[x + 1] = total
    for x in range(width):
        total += band[x]
        up_to[far + x + 1] = total
    for x in range(far):
        total += band[x] if wraps else 0
        up_to[far + width + x + 1] = total


@inner(inline="always")
def _products(row, label, up_to, edge):
    products = firsts = np.int64(0)
    for x in range(len(row)):
        near = up_to[x + edge] - up_to[x]
        firsts += near
        products += near * (np.int64(row[x]) if label < 0 else np.int64(row[x] == np.uint8(label)))
    return products, firsts
