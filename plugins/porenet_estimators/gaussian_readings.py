"""What is read of a row of smoothed fields and their slopes, and its gradient after each of them, in numba."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, operator, var-annotated"

from __future__ import annotations

import numpy as np

from porenet_estimators.gaussian_passes import inlined, inner
from porenet_estimators.lanes import COUNT, at_least, filled, load, root, store, total, unless_below

VALUES = 4
"""Rows of a field: its smoothed value, and its slopes along z, y and x."""
FIELDS = 3
"""Of which lines are read."""


@inner
def read_length(values, at, width, weights, floors, scale, gradients):
    """Sum over a row of the length of a field's gradient; if asked for, what the sum changes with.

    Args:
        values: rows, `VALUES` of each field.
        at: place of the first row of the field.
        width: of a row.
        weights: of the slopes along z, y and x.
        floors: squared length below which a slope counts as none; length below which its gradient fades.
        scale: of the gradients; 0 for none.
        gradients: rows of what it changes with, as those of the values.
    """
    z_weight, y_weight, x_weight = filled(weights[0]), filled(weights[1]), filled(weights[2])
    floor, top, whole = filled(floors[0]), filled(floors[1]), filled(scale)
    lengths = filled(np.float32(0))
    for x in range(0, width, COUNT):
        z = load(values, at + width + x) * z_weight
        y = load(values, at + 2 * width + x) * y_weight
        along_x = load(values, at + 3 * width + x) * x_weight
        length = root(unless_below(z * z + y * y + along_x * along_x, floor))
        lengths += length
        if scale != 0:
            # The length of a vector has no gradient at 0, and all but 0 is where a structure is solid: there the slopes
            # are rounding errors, and the plain norm would send each voxel a full-sized gradient in whatever direction
            # they point. What comes from slopes that rounding alone can make fades as their square.
            faded = at_least(length, top)
            share = whole * length / (faded * faded)
            store(gradients, at + x, filled(np.float32(0)))
            store(gradients, at + width + x, share * z * z_weight)
            store(gradients, at + 2 * width + x, share * y * y_weight)
            store(gradients, at + 3 * width + x, share * along_x * x_weight)
    return total(lengths)


@inner
def read_lines(values, width, products, weights, floors, scale, sums, sample, gradients, of_given):
    """Add the densities of triple line in a row to ``sums``; if asked for, write what the first changes with.

    Args:
        values: rows: of each of three fields the `VALUES`, then the rows that are given, then one to
            work in.
        width: of a row.
        products: ``(S, 3)``, of each sum the three rows that are multiplied.
        weights: of the cross product along z, y and x.
        floors: of which the second is the length of a cross product below which its gradient fades.
        scale: of the gradients; 0 for none.
        sums: ``(B, S)`` float64, added to.
        sample: whose row of ``sums``.
        gradients: rows of what it changes with, as those of the three fields.
        of_given: rows of those of the first three rows that are given.
    """
    z_weight, y_weight, x_weight = filled(weights[0]), filled(weights[1]), filled(weights[2])
    top, whole, none = filled(floors[1]), filled(scale), filled(np.float32(0))
    lengths = values.size - width
    for x in range(0, width, COUNT):
        cross_z, cross_y, cross_x = _cross(values, x, width)
        cross_z, cross_y, cross_x = cross_z * z_weight, cross_y * y_weight, cross_x * x_weight
        store(values, lengths + x, root(cross_z * cross_z + cross_y * cross_y + cross_x * cross_x))
    for part in range(products.shape[0]):
        first, second, third = products[part, 0] * width, products[part, 1] * width, products[part, 2] * width
        density = none
        for x in range(0, width, COUNT):
            product = load(values, first + x) * load(values, second + x) * load(values, third + x)
            density += product * load(values, lengths + x)
        sums[sample, part] += total(density)
    if scale == 0:
        return
    first, second, third = products[0, 0] * width, products[0, 1] * width, products[0, 2] * width
    given = products[0, 0] != 0
    for x in range(0, width, COUNT):
        q1, q2, q3 = load(values, first + x), load(values, second + x), load(values, third + x)
        length = load(values, lengths + x)
        each = whole * length
        of_q1, of_q2, of_q3 = each * q2 * q3, each * q1 * q3, each * q1 * q2
        if given:
            store(of_given, x, of_q1)
            store(of_given, width + x, of_q2)
            store(of_given, 2 * width + x, of_q3)
            of_q1, of_q2, of_q3 = none, none, none
        store(gradients, x, of_q1)
        store(gradients, VALUES * width + x, of_q2)
        store(gradients, 2 * VALUES * width + x, of_q3)
        turn = whole * q1 * q2 * q3 / at_least(length, top)
        cross_z, cross_y, cross_x = _cross(values, x, width)
        ez = cross_z * z_weight * z_weight * turn
        ey = cross_y * y_weight * y_weight * turn
        ex = cross_x * x_weight * x_weight * turn
        (za, ya, xa), (zb, yb, xb) = _rise(values, x, width, 1), _rise(values, x, width, 2)
        _store_three(gradients, width + x, width, ex * yb - ey * xb, ey * xa - ex * ya)
        _store_three(gradients, 2 * width + x, width, ez * xb - ex * zb, ex * za - ez * xa)
        _store_three(gradients, 3 * width + x, width, ey * zb - ez * yb, ez * ya - ey * za)


@inlined
def _rise(values, x, width, field):
    """Slopes along z, y and x of a field, less those of the first."""
    at = VALUES * field * width + x
    return (
        load(values, at + width) - load(values, width + x),
        load(values, at + 2 * width) - load(values, 2 * width + x),
        load(values, at + 3 * width) - load(values, 3 * width + x),
    )


@inlined
def _cross(values, x, width):
    """Cross product of the slopes of the second field and the third, each less those of the first."""
    (za, ya, xa), (zb, yb, xb) = _rise(values, x, width, 1), _rise(values, x, width, 2)
    return ya * xb - xa * yb, xa * zb - za * xb, za * yb - ya * zb


@inlined
def _store_three(gradients, at, width, second, third):
    """Write the gradients of the second and the third field, and that of the first, which both are less."""
    store(gradients, at, filled(np.float32(0)) - second - third)
    store(gradients, at + VALUES * width, second)
    store(gradients, at + 2 * VALUES * width, third)


@inner
def complement(values, fields, width):
    """Write the rows of the field that makes the sum of all 1: its slopes are those of the others, less than 0."""
    for i in range(0, VALUES * width, COUNT):
        rest = filled(np.float32(1 if i < width else 0))
        for field in range(fields):
            rest = rest - load(values, field * VALUES * width + i)
        store(values, fields * VALUES * width + i, rest)
