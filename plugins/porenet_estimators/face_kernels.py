"""The loops over the faces between voxels: how unlike neighbours are, and the gradient, each in one pass.

Fields are C-ordered ``(B, P, Z, Y, X)`` float32 or float64; ``weights`` are three numbers (z, y, x) of their dtype.
``outer`` says what lies behind an open face: `NOTHING`, counted as nothing; `EMPTY`, probability 0; `COPY`, the voxel.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numba

NOTHING, EMPTY, COPY = 0, 1, 2


def kernel(loop):
    """Compile a loop. Sums may be reordered, to become vector instructions; infinity and NaN keep their meaning."""
    return numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")(loop)


@kernel
def neighbour(index, step, size, wraps, outer, weight):
    """Index of the neighbour (the voxel's own, if it has none), weight of the face, factor of the value behind it."""
    real, there = type(weight), index + step
    if 0 <= there < size:
        return there, weight, real(1)
    if wraps:
        return there % size, weight, real(1)
    return index, weight * real(outer != NOTHING), real(outer == COPY)


@kernel
def unlike(p, q, unit, absolute):
    """Distance, or the chance that exactly one of two draws is of the phase, written so that nothing cancels."""
    return abs(p - q) if absolute else p * (unit - q) + q * (unit - p)


@kernel
def slope(p, q, unit, absolute):
    """Derivative of `unlike` after p; 0 at the kink of the distance."""
    if absolute:
        return type(p)(p > q) - type(p)(p < q)
    return unit - q - q


@kernel
def two_slopes(p, before_weight, before, after_weight, after, unit, absolute):
    """What the two neighbours along an axis add to the derivative."""
    return before_weight * slope(p, before, unit, absolute) + after_weight * slope(p, after, unit, absolute)


@kernel
def sums(field, first, start, stop, weights, periodic, outer, absolute, totals):
    """Write how unlike the faces are in channels ``first`` on into ``totals`` (B, C), for its entries start to stop."""
    channels = totals.shape[1]
    depth, height, width = field.shape[2:]
    zero, unit = field.dtype.type(0), field.dtype.type(1)
    copied = unit if outer == COPY else zero
    wz, wy, wx = weights
    for entry in range(start, stop):
        b, c = entry // channels, first + entry % channels
        total = 0.0
        for z in range(depth):
            z1, wz1, _ = neighbour(z, 1, depth, periodic[0], NOTHING, wz)
            for y in range(height):
                y1, wy1, _ = neighbour(y, 1, height, periodic[1], NOTHING, wy)
                row = zero
                for x in range(width):
                    p = field[b, c, z, y, x]
                    row += wz1 * unlike(p, field[b, c, z1, y, x], unit, absolute)
                    row += wy1 * unlike(p, field[b, c, z, y1, x], unit, absolute)
                for x in range(width - 1):
                    row += wx * unlike(field[b, c, z, y, x], field[b, c, z, y, x + 1], unit, absolute)
                left, right = field[b, c, z, y, 0], field[b, c, z, y, width - 1]
                if periodic[2]:
                    row += wx * unlike(right, left, unit, absolute)
                if outer != NOTHING:
                    # Lost through an open face: p to probability 0, p (1 - p) to a copy.
                    if not periodic[2]:
                        row += wx * (left * (unit - copied * left) + right * (unit - copied * right))
                    weight = zero
                    for end in (0, depth - 1):
                        weight += wz if z == end and not periodic[0] else zero
                    for end in (0, height - 1):
                        weight += wy if y == end and not periodic[1] else zero
                    if weight > 0:
                        for x in range(width):
                            p = field[b, c, z, y, x]
                            row += weight * (p * (unit - copied * p))
                total += row
        totals[b, c - first] = total


@kernel
def slopes(field, first, start, stop, weights, periodic, outer, absolute, scale, gradient):
    """Write the gradient of ``scale`` (B, C) times the sums into those channels of ``gradient``, entries start to stop.

    The product's is the sum of weight * (1 - 2 q) over the neighbours q: the sum of neighbours is its own adjoint.
    """
    channels = scale.shape[1]
    depth, height, width = field.shape[2:]
    unit = field.dtype.type(1)
    for entry in range(start, stop):
        b, c = entry // channels, first + entry % channels
        times = scale[b, c - first]
        wz, wy, wx = times * weights[0], times * weights[1], times * weights[2]
        for z in range(depth):
            z0, wz0, vz0 = neighbour(z, -1, depth, periodic[0], outer, wz)
            z1, wz1, vz1 = neighbour(z, 1, depth, periodic[0], outer, wz)
            for y in range(height):
                y0, wy0, vy0 = neighbour(y, -1, height, periodic[1], outer, wy)
                y1, wy1, vy1 = neighbour(y, 1, height, periodic[1], outer, wy)
                for x in range(width):
                    gradient[b, c, z, y, x] = two_slopes(
                        field[b, c, z, y, x],
                        wz0, vz0 * field[b, c, z0, y, x], wz1, vz1 * field[b, c, z1, y, x], unit, absolute,
                    ) + two_slopes(
                        field[b, c, z, y, x],
                        wy0, vy0 * field[b, c, z, y0, x], wy1, vy1 * field[b, c, z, y1, x], unit, absolute,
                    )  # fmt: skip
                for x in range(1, width - 1):
                    before, p, after = field[b, c, z, y, x - 1], field[b, c, z, y, x], field[b, c, z, y, x + 1]
                    gradient[b, c, z, y, x] += two_slopes(p, wx, before, wx, after, unit, absolute)
                for x in range(0, width, max(width - 1, 1)):
                    x0, wx0, vx0 = neighbour(x, -1, width, periodic[2], outer, wx)
                    x1, wx1, vx1 = neighbour(x, 1, width, periodic[2], outer, wx)
                    gradient[b, c, z, y, x] += two_slopes(
                        field[b, c, z, y, x],
                        wx0, vx0 * field[b, c, z, y, x0], wx1, vx1 * field[b, c, z, y, x1], unit, absolute,
                    )  # fmt: skip
