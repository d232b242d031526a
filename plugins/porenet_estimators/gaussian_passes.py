"""One-dimensional passes of a Gaussian in numba: even sums smooth, odd sums take slopes, their adjoints send back.

Lines of voxels lie in flat float32 arrays whose rows are a whole number of vectors long (`lanes.COUNT`); beyond an open
face they hold zeros, beyond a periodic one the other end. A pass is then the same at every voxel, whatever its axis,
which is a step from tap to tap; what an open face cuts off is made up for by three factors of the place along the axis:

    smooth = keep * even,    slope = turn * odd - lean * even.

``filters`` are, for z, y and x in turn, taps ``(2, R + 1)`` of the even and the odd sum and factors ``(3, size)`` keep,
turn and lean; those of x are 0 past the end of a row. See `gaussian.axis_filter`.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, call-overload, var-annotated"

from __future__ import annotations

import numba
import numpy as np

from porenet_estimators.lanes import COUNT, blended, filled, load, store

ROWS = 8
"""Rows that a pass along x comes behind the one before it: it would wait for stores of a row that was just written."""

_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def kernel(loop):
    """Compile a loop that Python calls."""
    return numba.njit(**_OPTIONS)(loop)


def inner(loop):
    """Compile a loop that kernels alone call. A call costs what a row of voxels does: it holds the loop over rows."""
    return numba.njit(no_cpython_wrapper=True, **_OPTIONS)(loop)


def inlined(loop):
    """Compile a step of a loop into whatever calls it, so that its vectors stay in registers."""
    return numba.njit(no_cpython_wrapper=True, forceinline=True, **_OPTIONS)(loop)


@inlined
def even(rows, at, step, taps):
    """Sum of the voxels around a place, each pair at equal distance times its tap."""
    smooth = load(rows, at) * filled(taps[0, 0])
    for k in range(1, taps.shape[1]):
        smooth += (load(rows, at + k * step) + load(rows, at - k * step)) * filled(taps[0, k])
    return smooth


@inlined
def odd(rows, at, step, taps):
    """Sum of the differences around a place, each pair at equal distance times its tap."""
    slope = filled(np.float32(0))
    for k in range(1, taps.shape[1]):
        slope += (load(rows, at + k * step) - load(rows, at - k * step)) * filled(taps[1, k])
    return slope


@inlined
def both(rows, at, step, taps):
    """`even` and `odd`."""
    smooth, slope = load(rows, at) * filled(taps[0, 0]), filled(np.float32(0))
    for k in range(1, taps.shape[1]):
        after, before = load(rows, at + k * step), load(rows, at - k * step)
        smooth += (after + before) * filled(taps[0, k])
        slope += (after - before) * filled(taps[1, k])
    return smooth, slope


@inlined
def read_row(volumes, at, length, rows, to, width):
    """Write a row of voxels into a row of vectors, and zeros after them."""
    none = filled(np.float32(0))
    if at + width <= volumes.size:
        for x in range(0, width, COUNT):
            store(rows, to + x, blended(length - x, load(volumes, at + x), none))
    else:
        for x in range(0, width, COUNT):
            store(rows, to + x, none)
        for x in range(length):
            rows[to + x] = volumes[at + x]


@inlined
def write_row(rows, at, width, volumes, to, length, end, added):
    """Write a row of vectors into the voxels of a row, or add it to them, and nothing outside its volume's end."""
    if to + width <= end:
        for x in range(0, width, COUNT):
            before, lanes = load(volumes, to + x), load(rows, at + x)
            if added:
                lanes = lanes + before
            store(volumes, to + x, blended(length - x, lanes, before))
    else:
        for x in range(length):
            volumes[to + x] = rows[at + x] + (volumes[to + x] if added else np.float32(0))


@inner
def pad(volumes, start, plane, layers, wraps, reach, width, brick, at):
    """Write the layers of a volume, and what lies beyond them, into a brick from a place on.

    Args:
        volumes: flat.
        start: place of the volume.
        plane: Y and X.
        layers: of the volume, in the order of the brick; -1 for one beyond an open face.
        wraps: whether y is periodic.
        reach: rows of the brick beyond either end of y.
        width: of a row of the brick.
        brick: flat; ``(len(layers), reach + Y + reach, width)`` of it are written.
        at: first place.
    """
    height, length = plane
    for layer in layers:
        for y in range(-reach, height + reach):
            inside = layer >= 0 and (wraps or 0 <= y < height)
            row = start + (layer * height + y % height) * length if inside else 0
            read_row(volumes, row, length if inside else 0, brick, at, width)
            at += width


@inlined
def wrap(rows, at, length, reach):
    """Give a periodic row what lies beyond its ends."""
    for k in range(reach):
        rows[at - 1 - k] = rows[at + length - 1 - k]
        rows[at + length + k] = rows[at + k]


@inner
def wrap_layers(stack, at, layers, size, reach):
    """Give a stack of layers, ``reach + layers + reach`` of this size, what lies beyond its periodic ends."""
    for i in range(at, at + reach * size):
        stack[i] = stack[layers * size + i]
        stack[(reach + layers) * size + i] = stack[reach * size + i]


@inner
def along_z_and_x(
    brick, at, low, high, size, width, length, wraps, z, z_taps, z_factors, x_taps, x_factors, rows, margin, levels, to,
    level,
):  # fmt: skip
    """Rows of a layer smoothed along z and x, with a slope along x, and with one along z.

    Args:
        brick: see `pad`.
        at: place of the layer in it.
        low: first row.
        high: one past the last.
        size: of a layer of the brick.
        width: of a row.
        length: how many of it are voxels.
        wraps: whether x is periodic.
        z: place of the layer along the axis.
        z_taps: see above.
        z_factors: see above.
        x_taps: see above.
        x_factors: flat.
        rows: twice `ROWS` rows to work in, with margins, which are 0 where x is open.
        margin: beyond either end of these rows.
        levels: three, written.
        to: place of the layer in the first of them.
        level: how far they are apart.
    """
    stride = width + 2 * margin
    keep_z, turn_z, lean_z = filled(z_factors[0, z]), filled(z_factors[1, z]), filled(z_factors[2, z])
    for first in range(low, high, ROWS):
        last = min(first + ROWS, high)
        for row in range(first, last):
            smooth, slope = 2 * (row - first) * stride + margin, (2 * (row - first) + 1) * stride + margin
            for x in range(0, width, COUNT):
                evens, odds = both(brick, at + row * width + x, size, z_taps)
                store(rows, smooth + x, keep_z * evens)
                store(rows, slope + x, turn_z * odds - lean_z * evens)
            if wraps:
                wrap(rows, smooth, length, margin)
                wrap(rows, slope, length, margin)
        for row in range(first, last):
            smooth, slope = 2 * (row - first) * stride + margin, (2 * (row - first) + 1) * stride + margin
            for x in range(0, width, COUNT):
                keep, turn, lean = load(x_factors, x), load(x_factors, width + x), load(x_factors, 2 * width + x)
                evens, odds = both(rows, smooth + x, 1, x_taps)
                place = to + row * width + x
                store(levels, place, keep * evens)
                store(levels, place + level, turn * odds - lean * evens)
                store(levels, place + 2 * level, keep * even(rows, slope + x, 1, x_taps))


@inner
def along_y(levels, at, level, fields, width, y, taps, factors, values, stride):
    """The smoothed row and its slopes along z, y and x, ``width`` apart, out of the levels of `along_z_and_x`.

    Args:
        levels: three of each field.
        at: place of the row in the first of them.
        level: how far they are apart.
        fields: how many there are.
        width: of a row.
        y: place of the row along the axis.
        taps: see above.
        factors: see above.
        values: rows, written.
        stride: from the first row of a field to that of the next.
    """
    keep, turn, lean = filled(factors[0, y]), filled(factors[1, y]), filled(factors[2, y])
    for field in range(fields):
        to = field * stride
        for x in range(0, width, COUNT):
            evens, odds = both(levels, at + x, width, taps)
            store(values, to + x, keep * evens)
            store(values, to + width + x, keep * even(levels, at + 2 * level + x, width, taps))
            store(values, to + 2 * width + x, turn * odds - lean * evens)
            store(values, to + 3 * width + x, keep * even(levels, at + level + x, width, taps))
        at += 3 * level
