"""Adjoints of the passes of a Gaussian in numba: gradients of smoothed rows and their slopes, sent back to the voxels.

Rows, taps and factors are those of `gaussian_passes`.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, operator, var-annotated"

from __future__ import annotations

import numpy as np

from porenet_estimators.gaussian_passes import ROWS, even, inner, odd, wrap, wrap_layers, write_row
from porenet_estimators.lanes import COUNT, filled, load, store


@inner
def before_y(gradients, stride, fields, width, y, factors, levels, to, level):
    """Make the gradients of a row and its slopes along z, y and x ready to be sent back along y, in four levels.

    Args:
        gradients: rows, as the values of `along_y`.
        stride: from the first row of a field to that of the next.
        fields: how many there are.
        width: of a row.
        y: place of the row along the axis.
        factors: see `gaussian_passes`.
        levels: four of each field, written.
        to: place of the row in the first of them.
        level: how far they are apart.
    """
    keep, turn, lean = filled(factors[0, y]), filled(factors[1, y]), filled(factors[2, y])
    for field in range(fields):
        at = field * stride
        for x in range(0, width, COUNT):
            of_y = load(gradients, at + 2 * width + x)
            store(levels, to + x, keep * load(gradients, at + x) - lean * of_y)
            store(levels, to + level + x, turn * of_y)
            store(levels, to + 2 * level + x, keep * load(gradients, at + width + x))
            store(levels, to + 3 * level + x, keep * load(gradients, at + 3 * width + x))
        to += 4 * level


@inner
def back_along_y_and_x(
    levels, at, level, height, width, length, wraps, z, z_factors, y_taps, x_taps, x_factors, rows, margin, stacks, to,
    stack,
):  # fmt: skip
    """Send the rows of the levels of `before_y` back along y and x, ready for the even and the odd sum along z.

    Args:
        levels: four.
        at: place of the first row in the first of them.
        level: how far they are apart.
        height: how many rows there are.
        width: of a row.
        length: how many of it are voxels.
        wraps: whether x is periodic.
        z: place of the layer along the axis.
        z_factors: see `gaussian_passes`.
        y_taps: see `gaussian_passes`.
        x_taps: see `gaussian_passes`.
        x_factors: flat.
        rows: three times `ROWS` rows to work in, with margins, which are 0 where x is open.
        margin: beyond either end of these rows.
        stacks: two, written.
        to: place of the layer in the first of them.
        stack: how far they are apart.
    """
    stride = width + 2 * margin
    keep_z, turn_z, lean_z = filled(z_factors[0, z]), filled(z_factors[1, z]), filled(z_factors[2, z])
    for first in range(0, height, ROWS):
        last = min(first + ROWS, height)
        for row in range(first, last):
            place = 3 * (row - first) * stride + margin
            for x in range(0, width, COUNT):
                keep, turn, lean = load(x_factors, x), load(x_factors, width + x), load(x_factors, 2 * width + x)
                start = at + row * width + x
                of_x = even(levels, start + 3 * level, width, y_taps)
                smooth = even(levels, start, width, y_taps) - odd(levels, start + level, width, y_taps)
                store(rows, place + x, keep * smooth - lean * of_x)
                store(rows, place + stride + x, turn * of_x)
                store(rows, place + 2 * stride + x, keep * even(levels, start + 2 * level, width, y_taps))
            if wraps:
                for part in range(3):
                    wrap(rows, place + part * stride, length, margin)
        for row in range(first, last):
            place = 3 * (row - first) * stride + margin
            for x in range(0, width, COUNT):
                smooth = even(rows, place + x, 1, x_taps) - odd(rows, place + stride + x, 1, x_taps)
                of_z = even(rows, place + 2 * stride + x, 1, x_taps)
                store(stacks, to + row * width + x, keep_z * smooth - lean_z * of_z)
                store(stacks, to + stack + row * width + x, turn_z * of_z)


@inner
def back_along_z(stacks, at, stack, wraps, taps, width, added, gradients, start, depth, plane):
    """Write the gradient of a volume, or add to it, out of the two stacks of `back_along_y_and_x`.

    Args:
        stacks: two.
        at: place of the first of them.
        stack: how far they are apart.
        wraps: whether z is periodic.
        taps: of z.
        width: of a row.
        added: whether to add.
        gradients: flat, written.
        start: place of the volume in it.
        depth: its layers.
        plane: Y and X.
    """
    (height, length), reach = plane, taps.shape[1] - 1
    size, end = height * width, start + depth * height * length
    if wraps:
        wrap_layers(stacks, at, depth, size, reach)
        wrap_layers(stacks, at + stack, depth, size, reach)
    row = np.empty(width, np.float32)
    for z in range(depth):
        for y in range(height):
            place = at + (z + reach) * size + y * width
            for x in range(0, width, COUNT):
                store(row, x, even(stacks, place + x, size, taps) - odd(stacks, place + stack + x, size, taps))
            write_row(row, 0, width, gradients, start + (z * height + y) * length, length, end, added)
