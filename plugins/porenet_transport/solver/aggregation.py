"""The loops between two levels of the multigrid: cells are joined in blocks of ``sides``, 1 or 2 along each axis.

Arrays as in `kernels`. Whole rows along x are gathered and spread, so that these loops vectorise too: dividing each
index by the block's side instead cost five times as much.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from porenet_transport.solver.kernels import inflow, inner, kernel


@inner
def _end(cell, length):
    """The cell after the last one of a block, at most the ghost at the end of the axis."""
    return cell if cell < length - 1 else length - 1


@inner
def restrict_layer(field, residual, links, weights, sides, zc, coarse):
    """Sum over each block of layer zc of what the field leaves of the residual."""
    depth, height, width = field.shape
    sz, sy, sx = sides
    row = np.empty(width + 1, np.float32)
    end_z = _end(zc * sz + 1, depth)
    for yc in range(1, coarse.shape[1] - 1):
        row[:] = 0
        end_y = _end(yc * sy + 1, height)
        for z in range((zc - 1) * sz + 1, end_z):
            below, here, above = field[z - 1], field[z], field[z + 1]
            for y in range((yc - 1) * sy + 1, end_y):
                for x in range(1, width - 1):
                    row[x] += residual[z, y, x] + inflow(below, here, above, links, weights, z, y, x)
        for xc in range(1, coarse.shape[2] - 1):
            coarse[zc, yc, xc] = row[2 * xc - 1] + row[2 * xc] if sx == 2 else row[xc]


@inner
def prolong_layer(coarse, sides, factor, z, field):
    """Add each block's value, times a factor, to its cells in layer z."""
    _, height, width = field.shape
    sz, sy, sx = sides
    zc = (z + sz - 1) // sz
    row = np.empty(width + 1, np.float32)
    for yc in range(1, coarse.shape[1] - 1):
        for xc in range(1, coarse.shape[2] - 1):
            value = factor * coarse[zc, yc, xc]
            if sx == 2:
                row[2 * xc - 1] = row[2 * xc] = value
            else:
                row[xc] = value
        for y in range((yc - 1) * sy + 1, _end(yc * sy + 1, height)):
            for x in range(1, width - 1):
                field[z, y, x] += row[x]


@kernel
def coarsen(links, weights, sides, coarse):
    """Write the links between blocks: each is the sum of the links that cross from one to the other (Galerkin)."""
    _, depth, height, width = links.shape
    sz, sy, sx = sides
    wz, wy, wx = weights
    rows = np.empty((3, width + 1), np.float32)
    for zc in range(coarse.shape[1] - 1):
        first_z, last_z = (zc - 1) * sz + 1 if zc else 0, _end(zc * sz + 1, depth) - 1
        for yc in range(coarse.shape[2] - 1):
            first_y, last_y = (yc - 1) * sy + 1 if yc else 0, _end(yc * sy + 1, height) - 1
            rows[:] = 0
            for y in range(first_y, last_y + 1):
                for x in range(width):
                    rows[0, x] += wz * np.float32(links[0, last_z, y, x])
            for z in range(first_z, last_z + 1):
                for x in range(width):
                    rows[1, x] += wy * np.float32(links[1, z, last_y, x])
                for y in range(first_y, last_y + 1):
                    for x in range(width):
                        rows[2, x] += wx * np.float32(links[2, z, y, x])
            for xc in range(coarse.shape[3] - 1):
                last_x = _end(xc * sx + 1, width) - 1
                coarse[2, zc, yc, xc] = rows[2, last_x]
                if sx == 2 and xc > 0:
                    coarse[0, zc, yc, xc] = rows[0, 2 * xc - 1] + rows[0, 2 * xc]
                    coarse[1, zc, yc, xc] = rows[1, 2 * xc - 1] + rows[1, 2 * xc]
                else:
                    coarse[0, zc, yc, xc] = rows[0, xc]
                    coarse[1, zc, yc, xc] = rows[1, xc]
