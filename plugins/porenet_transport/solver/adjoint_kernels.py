"""The derivative of an effective conductivity from the potential of one solve, in one pass over a volume."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from porenet_transport.solver.kernels import kernel


@kernel
def slopes(cells, potential, weights, wraps, found):
    """Derivative with respect to the conductivity of each cell, as `batch.slopes_of`.

    Args:
        cells: ``(Z, Y, X)`` float32, conductivities above 0.
        potential: ``(Z, Y, X)`` float32, driven along z from 1 to 0.
        weights: three float32, on the links of each axis.
        wraps: whether y and x wrap.
        found: ``(Z, Y, X)`` float32, receives it.
    """
    depth, height, width = cells.shape
    scale = np.float32(2 * depth / (height * width))
    wz, wy, wx = scale * weights[0], scale * weights[1], scale * weights[2]
    for z in range(depth):
        for y in range(height):
            here, value, out = cells[z, y], potential[z, y], found[z, y]
            for x in range(width):
                out[x] = 0
            if z > 0:
                add(here, value, cells[z - 1, y], potential[z - 1, y], wz, out)
            if z < depth - 1:
                add(here, value, cells[z + 1, y], potential[z + 1, y], wz, out)
            if y > 0 or wraps[0]:
                add(here, value, cells[z, y - 1], potential[z, y - 1], wy, out)
            if y < height - 1 or wraps[0]:
                beyond = y + 1 if y < height - 1 else 0
                add(here, value, cells[z, beyond], potential[z, beyond], wy, out)
            add(here[1:], value[1:], here[:-1], value[:-1], wx, out[1:])
            add(here[:-1], value[:-1], here[1:], value[1:], wx, out[:-1])
            if wraps[1]:
                add(here[:1], value[:1], here[-1:], value[-1:], wx, out[:1])
                add(here[-1:], value[-1:], here[:1], value[:1], wx, out[-1:])
            for x in range(width):
                if z == 0:
                    out[x] += wz * (1 - value[x]) ** 2
                if z == depth - 1:
                    out[x] += wz * value[x] ** 2


@kernel
def add(cells, potential, others, beyond, weight, found):
    """What the links from a row of cells to a row of neighbours add."""
    for x in range(len(cells)):
        share = others[x] / (cells[x] + others[x])
        drop = beyond[x] - potential[x]
        found[x] += weight * (drop * share) ** 2
