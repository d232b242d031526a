"""Gaussians of whole fields in numba: smoothing, and what is read of smoothed values and slopes, with its gradient.

Layers are streamed: of smoothed values and slopes no more than a row exists at a time, of what they depend on a brick
of one field. See `gaussian_passes` for bricks and filters. Fields are float32 in C order.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, operator, var-annotated"

from __future__ import annotations

import numpy as np

from porenet_estimators import gaussian_adjoints as adjoints
from porenet_estimators import gaussian_passes as passes
from porenet_estimators.gaussian_passes import ROWS, even, inner, kernel
from porenet_estimators.gaussian_readings import FIELDS, VALUES, complement, read_length, read_lines
from porenet_estimators.lanes import COUNT, filled, load, store

CACHED = 2**18
"""Voxels of the layers that a pass along z reads: a megabyte, so that they stay in the cache of a core."""


@kernel
def smooth(fields, start, stop, layers, first, plane, wraps, filters, adjoint, out):
    """Smooth fields, or send gradients of smoothed fields back.

    Args:
        fields: ``(N, L, Y, X)``; bricks already where ``first`` is not negative.
        start: first field.
        stop: one past the last.
        layers: that a brick needs, in order, -1 beyond an open face.
        first: place along z of the first layer that is written; -1 for a whole volume.
        plane: Y and X.
        wraps: whether z, y and x are periodic.
        filters: see `gaussian_passes`.
        adjoint: whether ``fields`` are gradients of smoothed fields, of a whole volume.
        out: ``(N, Z, Y, X)``, written.
    """
    z_taps, z_factors, y_taps, y_factors, x_taps, x_factors = filters
    (height, length), width, padded = plane, x_factors.shape[1], first >= 0
    reach_z, reach_y, margin = z_taps.shape[1] - 1, y_taps.shape[1] - 1, x_taps.shape[1] - 1
    size, stride, keeps = (height + 2 * reach_y) * width, width + 2 * margin, x_factors.reshape(-1)
    volumes, smoothed, depth = fields.reshape(-1), out.reshape(-1), out.shape[1]
    brick = volumes if padded else np.empty(layers.size * size, np.float32)
    layer, row = np.zeros(size, np.float32), np.empty(width, np.float32)
    rows = np.zeros(ROWS * stride, np.float32)
    tile = _tile(height, width, reach_z, reach_y)
    for entry in range(start, stop):
        if not padded:
            passes.pad(volumes, entry * depth * height * length, plane, layers, wraps[1], reach_y, width, brick, 0)
        if adjoint:
            _keep(brick, layers, size, width, reach_y, filters)
        end = (entry + 1) * depth * height * length
        for top in range(0, height, tile):
            bottom = min(top + tile, height)
            low, high = _rows_needed(top, bottom, tile, height, reach_y, wraps[1])
            for z in range(depth):
                at = ((entry * layers.size if padded else 0) + z + reach_z) * size
                for i in range(low * width, high * width, COUNT):
                    store(layer, i, even(brick, at + i, size, z_taps))
                if wraps[1] and tile == height:
                    passes.wrap_layers(layer, 0, height, width, reach_y)
                for upper in range(top, bottom, ROWS):
                    lower = min(upper + ROWS, bottom)
                    for y in range(upper, lower):
                        to = (y - upper) * stride + margin
                        for x in range(0, width, COUNT):
                            store(rows, to + x, even(layer, (y + reach_y) * width + x, width, y_taps))
                        if wraps[2]:
                            passes.wrap(rows, to, length, margin)
                    for y in range(upper, lower):
                        to = (y - upper) * stride + margin
                        keep = filled(z_factors[0, z + max(first, 0)] * y_factors[0, y])
                        for x in range(0, width, COUNT):
                            value = even(rows, to + x, 1, x_taps)
                            store(row, x, value if adjoint else keep * load(keeps, x) * value)
                        place = ((entry * depth + z) * height + y) * length
                        passes.write_row(row, 0, width, smoothed, place, length, end, False)


@inner
def _keep(brick, layers, size, width, reach, filters):
    """Multiply a brick by the factors with which smoothed values are kept."""
    z_factors, y_factors, keeps = filters[1], filters[3], filters[5].reshape(-1)
    height = y_factors.shape[1]
    for i in range(layers.size):
        for y in range(-reach, height + reach if layers[i] >= 0 else 0):
            keep = filled(z_factors[0, layers[i]] * y_factors[0, y % height])
            at = i * size + (y + reach) * width
            for x in range(0, width, COUNT):
                store(brick, at + x, load(brick, at + x) * keep * load(keeps, x))


@inner
def _tile(height, width, reach_z, reach_y):
    """Rows that are worked on at a time."""
    rows = CACHED // ((2 * reach_z + 1) * width) - 2 * reach_y
    return height if 2 * rows >= height else max(rows, 2 * reach_y, 8)


@inner
def _rows_needed(top, bottom, tile, height, reach, wraps):
    """Rows of a brick to be filtered for a tile: not those beyond y, zeros that stay, or copies if all is at hand."""
    if wraps and tile < height:
        return top, bottom + 2 * reach
    return max(top, reach), min(bottom + 2 * reach, height + reach)


@kernel
def read(
    fields, given, start, stop, layers, first, plane, wraps, filters, products, weights, floors, scale, sums, added,
    gradient, of_given,
):  # fmt: skip
    """Read the length of each field's slope, or of three fields their triple lines.

    Args:
        fields: ``(B, C, L, Y, X)``; with products C is 3. Bricks already where ``first`` is not negative.
        given: ``(B, G, Z, Y, X)``, smoothed fields that lines are weighted with, G 0 or 3 and more.
        start: first sample.
        stop: one past the last.
        layers: that a brick needs, in order, -1 beyond an open face.
        first: place along z of the first layer that is read; -1 for a whole volume.
        plane: Y and X.
        wraps: whether z, y and x are periodic.
        filters: see `gaussian_passes`.
        products: see `gaussian_readings.read_lines`; without any, lengths are read.
        weights: of slopes, or of their cross product, along z, y and x.
        floors: see `gaussian_readings`.
        scale: of the gradients of the first sum, or of lengths of all; 0 for none.
        sums: ``(B, S)`` float64, added to: sums over the voxels. Of lengths S is C, or one more: that of the field that
            makes the sum of all 1.
        added: whether the gradient is added to what is there.
        gradient: ``(B, C, Z, Y, X)``, written if there is a scale, for which the volume must be whole and C, of
            lengths, 1.
        of_given: ``(B, 3, Z, Y, X)``, likewise: after the first three fields that are given.
    """
    z_taps, z_factors, y_taps, y_factors, x_taps, _ = filters
    channels, (height, length), width, x_factors = fields.shape[1], plane, filters[5].shape[1], filters[5].reshape(-1)
    reach_z, reach_y, margin = z_taps.shape[1] - 1, y_taps.shape[1] - 1, x_taps.shape[1] - 1
    back, padded, tile = scale != 0, first >= 0, _tile(height, channels * width, reach_z, reach_y)
    size = (height + 2 * reach_y) * width
    brick, stack = layers.size * size, layers.size * height * width
    volumes, slopes = fields.reshape(-1), gradient.reshape(-1)
    all_given, all_of_given = given.reshape(-1), of_given.reshape(-1)
    depth, bricks = layers.size - 2 * reach_z, volumes if padded else np.empty(channels * brick, np.float32)
    voxels = depth * height * length
    levels, rows = np.zeros(channels * 3 * size, np.float32), np.zeros(3 * ROWS * (width + 2 * margin), np.float32)
    values = np.zeros(((channels + 1) * VALUES + given.shape[1]) * width, np.float32)
    gradients = np.zeros(channels * VALUES * width, np.float32)
    turned = np.zeros(channels * 4 * size if back else 0, np.float32)
    stacks = np.zeros(channels * 2 * stack if back else 0, np.float32)
    row_of_given = np.empty(FIELDS * width, np.float32)
    if back:
        tile = height
    for b in range(start, stop):
        base = b * channels * brick if padded else 0
        for c in range(0 if padded else channels):
            passes.pad(volumes, (b * channels + c) * voxels, plane, layers, wraps[1], reach_y, width, bricks, c * brick)
        for top in range(0, height, tile):
            bottom = min(top + tile, height)
            low, high = _rows_needed(top, bottom, tile, height, reach_y, wraps[1])
            for z in range(depth):
                place = z + max(first, 0)
                for c in range(channels):
                    passes.along_z_and_x(
                        bricks, base + c * brick + (z + reach_z) * size, low, high, size, width, length, wraps[2],
                        place, z_taps, z_factors, x_taps, x_factors, rows, margin, levels, c * 3 * size, size,
                    )  # fmt: skip
                    for part in range(3 if wraps[1] and tile == height else 0):
                        passes.wrap_layers(levels, (c * 3 + part) * size, height, width, reach_y)
                for y in range(top, bottom):
                    row = (y + reach_y) * width
                    passes.along_y(levels, row, size, channels, width, y, y_taps, y_factors, values, VALUES * width)
                    if products.shape[0] == 0:
                        if sums.shape[1] > channels:
                            complement(values, channels, width)
                        for c in range(sums.shape[1]):
                            at = c * VALUES * width
                            sums[b, c] += read_length(values, at, width, weights, floors, scale, gradients)
                    else:
                        for g in range(given.shape[1]):
                            at = ((b * given.shape[1] + g) * depth + z) * height + y
                            to = (FIELDS * VALUES + g) * width
                            passes.read_row(all_given, at * length, length, values, to, width)
                        read_lines(values, width, products, weights, floors, scale, sums, b, gradients, row_of_given)
                        for g in range(of_given.shape[1]):
                            volume = b * of_given.shape[1] + g
                            to = ((volume * depth + z) * height + y) * length
                            passes.write_row(
                                row_of_given, g * width, width, all_of_given, to, length, (volume + 1) * voxels, False
                            )
                    if back:
                        adjoints.before_y(gradients, VALUES * width, channels, width, y, y_factors, turned, row, size)
                for c in range(channels if back else 0):
                    for part in range(4 if wraps[1] else 0):
                        passes.wrap_layers(turned, (c * 4 + part) * size, height, width, reach_y)
                    adjoints.back_along_y_and_x(
                        turned, c * 4 * size + reach_y * width, size, height, width, length, wraps[2],
                        place, z_factors, y_taps, x_taps, x_factors,
                        rows, margin, stacks, c * 2 * stack + (z + reach_z) * height * width, stack,
                    )  # fmt: skip
        for c in range(channels if back else 0):
            adjoints.back_along_z(
                stacks, c * 2 * stack, stack, wraps[0], z_taps, width, added,
                slopes, (b * channels + c) * voxels, depth, plane,
            )  # fmt: skip
