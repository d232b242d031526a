"""The passes of a Gaussian as matrices, row by row out of their definition: for loops and torch to agree with."""

import numpy as np


def matrices(size, sigma, wraps):
    """Smooth and slope along an axis, each ``(size, size)``: weighted means and weighted fits of what is inside."""
    reach = int(4 * sigma + 0.5)
    smooth, slope = np.zeros((2, size, size))
    for row in range(size):
        steps = np.arange(-reach, reach + 1)
        if not wraps:
            steps = steps[(row + steps >= 0) & (row + steps < size)]
        weights = np.exp(-0.5 * (steps / sigma) ** 2)
        weights /= weights.sum()
        centred = steps - weights @ steps
        spread = weights @ centred**2
        np.add.at(smooth, (row, (row + steps) % size), weights)
        if spread > 0:
            np.add.at(slope, (row, (row + steps) % size), weights * centred / spread)
    return smooth, slope


def of_box(shape, periodic, widths):
    """The matrices of the three axes of a box."""
    return [matrices(*axis) for axis in zip(shape, widths, periodic, strict=True)]


def along(field, z, y, x):
    """A field ``(..., Z, Y, X)``, multiplied by a matrix along each of its three last axes."""
    for axis, matrix in ((-3, z), (-2, y), (-1, x)):
        field = np.moveaxis(np.moveaxis(field, axis, -1) @ matrix.T, -1, axis)
    return field


def smooth_and_slopes(field, periodic, widths):
    """The smoothed field and its slopes along z, y and x."""
    (z, dz), (y, dy), (x, dx) = of_box(field.shape[-3:], periodic, widths)
    return [along(field, *passes) for passes in ((z, y, x), (dz, y, x), (z, dy, x), (z, y, dx))]
