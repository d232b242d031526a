"""The loops between two levels of the multigrid: cells are joined in blocks of ``sides``, 1 or 2 along each axis.

Arrays as in `kernels`. Whole rows along x are gathered and spread, so that these loops vectorise too: dividing each
index by the block's side instead cost five times as much.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from porenet_transport.kernels import inflow, kernel


@kernel
def restrict(field, residual, links, weights, sides, coarse):
    """Sum over each block of what the field leaves of the residual."""
    depth, height, width = field.shape
    sz, sy, sx = sides
    row = np.empty(width + 1, np.float32)
    for zc in range(1, coarse.shape[0] - 1):
        for yc in range(1, coarse.shape[1] - 1):
            row[:] = 0
            for z in range((zc - 1) * sz + 1, min(zc * sz + 1, depth - 1)):
                for y in range((yc - 1) * sy + 1, min(yc * sy + 1, height - 1)):
                    for x in range(1, width - 1):
                        row[x] += residual[z, y, x] + inflow(field, links, weights, z, y, x)
            for xc in range(1, coarse.shape[2] - 1):
                coarse[zc, yc, xc] = row[2 * xc - 1] + row[2 * xc] if sx == 2 else row[xc]


@kernel
def prolong(coarse, sides, factor, field):
    """Add each block's value, times a factor, to its cells."""
    depth, height, width = field.shape
    sz, sy, sx = sides
    factor = np.float32(factor)
    row = np.empty(width + 1, np.float32)
    for zc in range(1, coarse.shape[0] - 1):
        for yc in range(1, coarse.shape[1] - 1):
            for xc in range(1, coarse.shape[2] - 1):
                value = factor * coarse[zc, yc, xc]
                if sx == 2:
                    row[2 * xc - 1] = row[2 * xc] = value
                else:
                    row[xc] = value
            for z in range((zc - 1) * sz + 1, min(zc * sz + 1, depth - 1)):
                for y in range((yc - 1) * sy + 1, min(yc * sy + 1, height - 1)):
                    for x in range(1, width - 1):
                        field[z, y, x] += row[x]


@kernel
def coarsen(links, weights, sides, coarse):
    """Add to each link between two blocks the links that cross from one to the other (Galerkin)."""
    _, depth, height, width = links.shape
    sz, sy, sx = sides
    wz, wy, wx = weights
    for z in range(depth - 1):
        zc = (z + sz - 1) // sz
        crosses_z = z % sz == 0 or z == depth - 2
        for y in range(height - 1):
            yc = (y + sy - 1) // sy
            crosses_y = y % sy == 0 or y == height - 2
            for x in range(width - 1):
                xc = (x + sx - 1) // sx
                if crosses_z:
                    coarse[0, zc, yc, xc] += wz * np.float32(links[0, z, y, x])
                if crosses_y:
                    coarse[1, zc, yc, xc] += wy * np.float32(links[1, z, y, x])
                if x % sx == 0 or x == width - 2:
                    coarse[2, zc, yc, xc] += wx * np.float32(links[2, z, y, x])
