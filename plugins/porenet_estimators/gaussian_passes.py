"""One-dimensional passes of a Gaussian in numba: even sums smooth, odd sums take slopes, their adjoints send back.

Lines of voxels lie in flat float32 arrays whose rows are a whole number of vectors long (`lanes.COUNT`); beyond an open
face they hold zeros, beyond a periodic one the other end. A pass is then the same at every voxel, whatever its axis,
which is a step from tap to tap; what an open face cuts off is made up for by three factors of the place along the axis:

    smooth = keep * even,    slope = turn * odd - lean * even.

``filters`` are, for z, y and x in turn, taps ``(2, R + 1)`` of the even and the odd sum and factors ``(3, size)`` keep,
turn and lean; those of x are 0 past the end of a row. See `gaussian.axis_filter`.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, operator, var-annotated"

from __future__ import annotations

import numba
import numpy as np

from porenet_estimators.lanes import COUNT, filled, load, store


def kernel(loop):
    """Compile a loop."""
    return numba.njit(cache=True, nogil=True, error_model="numpy")(loop)


def inlined(loop):
    """Compile a step of a loop into whatever calls it, so that its vectors stay in registers."""
    return numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)(loop)


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


@kernel
def pad(block, layers, wraps, reach, width, brick, at):
    """Write the layers of a block ``(L, Y, X)``, and what lies beyond them, into a brick from a place on.

    Args:
        block: float32, C order.
        layers: of the block, in the order of the brick; -1 for one beyond an open face.
        wraps: whether y is periodic.
        reach: rows of the brick beyond either end of y.
        width: of a row of the brick.
        brick: flat; ``(len(layers), reach + Y + reach, width)`` of it are written.
        at: first place.
    """
    height, length = block.shape[1:]
    for layer in layers:
        for y in range(-reach, height + reach):
            inside = length if layer >= 0 and (wraps or 0 <= y < height) else 0
            row = y % height
            for x in range(inside):
                brick[at + x] = block[layer, row, x]
            for x in range(inside, width):
                brick[at + x] = 0
            at += width


@kernel
def wrap(rows, at, length, reach):
    """Give a periodic row what lies beyond its ends."""
    for k in range(reach):
        rows[at - 1 - k] = rows[at + length - 1 - k]
        rows[at + length + k] = rows[at + k]


@kernel
def wrap_layers(stack, at, layers, size, reach):
    """Give a stack of layers, ``reach + layers + reach`` of this size, what lies beyond its periodic ends."""
    for i in range(at, at + reach * size):
        stack[i] = stack[layers * size + i]
        stack[(reach + layers) * size + i] = stack[reach * size + i]


@kernel
def along_z_and_x(
    brick, at, size, width, length, wraps, z, z_taps, z_factors, x_taps, x_factors, rows, margin, levels, to, level
):
    """A row smoothed along z and x, with a slope along x, and with one along z.

    Args:
        brick: see `pad`.
        at: place of the row in it.
        size: of a layer of the brick.
        width: of a row.
        length: how many of it are voxels.
        wraps: whether x is periodic.
        z: place of the row along the axis.
        z_taps: see above.
        z_factors: see above.
        x_taps: see above.
        x_factors: flat.
        rows: two rows to work in, with margins, which are 0 where x is open.
        margin: beyond either end of these rows.
        levels: three, written.
        to: place in the first of them.
        level: how far they are apart.
    """
    stride = width + 2 * margin
    keep, turn, lean = filled(z_factors[0, z]), filled(z_factors[1, z]), filled(z_factors[2, z])
    for x in range(0, width, COUNT):
        evens, odds = both(brick, at + x, size, z_taps)
        store(rows, margin + x, keep * evens)
        store(rows, stride + margin + x, turn * odds - lean * evens)
    if wraps:
        wrap(rows, margin, length, margin)
        wrap(rows, stride + margin, length, margin)
    for x in range(0, width, COUNT):
        keep, turn, lean = load(x_factors, x), load(x_factors, width + x), load(x_factors, 2 * width + x)
        evens, odds = both(rows, margin + x, 1, x_taps)
        store(levels, to + x, keep * evens)
        store(levels, to + level + x, turn * odds - lean * evens)
        store(levels, to + 2 * level + x, keep * even(rows, stride + margin + x, 1, x_taps))


@kernel
def along_y(levels, at, level, width, y, taps, factors, values, to):
    """The smoothed row and its slopes along z, y and x, ``width`` apart, out of the levels of `along_z_and_x`."""
    keep, turn, lean = filled(factors[0, y]), filled(factors[1, y]), filled(factors[2, y])
    for x in range(0, width, COUNT):
        evens, odds = both(levels, at + x, width, taps)
        store(values, to + x, keep * evens)
        store(values, to + width + x, keep * even(levels, at + 2 * level + x, width, taps))
        store(values, to + 2 * width + x, turn * odds - lean * evens)
        store(values, to + 3 * width + x, keep * even(levels, at + level + x, width, taps))


@kernel
def before_y(gradients, at, width, y, factors, levels, to, level):
    """Make the gradients of a row and its slopes along z, y and x ready to be sent back along y, in four levels."""
    keep, turn, lean = filled(factors[0, y]), filled(factors[1, y]), filled(factors[2, y])
    for x in range(0, width, COUNT):
        of_y = load(gradients, at + 2 * width + x)
        store(levels, to + x, keep * load(gradients, at + x) - lean * of_y)
        store(levels, to + level + x, turn * of_y)
        store(levels, to + 2 * level + x, keep * load(gradients, at + width + x))
        store(levels, to + 3 * level + x, keep * load(gradients, at + 3 * width + x))


@kernel
def back_along_y_and_x(
    levels, at, level, width, length, wraps, z, z_factors, y_taps, x_taps, x_factors, rows, margin, stacks, to, stack
):
    """Send a row of the levels of `before_y` back along y and x, ready for the even and the odd sum along z.

    Args:
        levels: four.
        at: place of the row in the first of them.
        level: how far they are apart.
        width: of a row.
        length: how many of it are voxels.
        wraps: whether x is periodic.
        z: place of the row along the axis.
        z_factors: see above.
        y_taps: see above.
        x_taps: see above.
        x_factors: flat.
        rows: three rows to work in, with margins, which are 0 where x is open.
        margin: beyond either end of these rows.
        stacks: two, written.
        to: place in the first of them.
        stack: how far they are apart.
    """
    stride = width + 2 * margin
    for x in range(0, width, COUNT):
        keep, turn, lean = load(x_factors, x), load(x_factors, width + x), load(x_factors, 2 * width + x)
        of_x = even(levels, at + 3 * level + x, width, y_taps)
        smooth = even(levels, at + x, width, y_taps) - odd(levels, at + level + x, width, y_taps)
        store(rows, margin + x, keep * smooth - lean * of_x)
        store(rows, stride + margin + x, turn * of_x)
        store(rows, 2 * stride + margin + x, keep * even(levels, at + 2 * level + x, width, y_taps))
    if wraps:
        for row in range(3):
            wrap(rows, row * stride + margin, length, margin)
    keep, turn, lean = filled(z_factors[0, z]), filled(z_factors[1, z]), filled(z_factors[2, z])
    for x in range(0, width, COUNT):
        smooth = even(rows, margin + x, 1, x_taps) - odd(rows, stride + margin + x, 1, x_taps)
        of_z = even(rows, 2 * stride + margin + x, 1, x_taps)
        store(stacks, to + x, keep * smooth - lean * of_z)
        store(stacks, to + stack + x, turn * of_z)


@kernel
def back_along_z(stacks, at, stack, wraps, taps, width, added, gradient):
    """Write the gradient of a field ``(Z, Y, X)``, or add to it, out of the two stacks of `back_along_y_and_x`."""
    depth, height, length = gradient.shape
    reach, size = taps.shape[1] - 1, height * width
    if wraps:
        wrap_layers(stacks, at, depth, size, reach)
        wrap_layers(stacks, at + stack, depth, size, reach)
    row = np.empty(width, np.float32)
    for z in range(depth):
        for y in range(height):
            place = at + (z + reach) * size + y * width
            for x in range(0, width, COUNT):
                store(row, x, even(stacks, place + x, size, taps) - odd(stacks, place + stack + x, size, taps))
            for x in range(length):
                gradient[z, y, x] = row[x] + (gradient[z, y, x] if added else np.float32(0))
