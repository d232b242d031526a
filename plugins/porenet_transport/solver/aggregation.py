"""The loops between two levels of the multigrid: cells are joined in blocks of ``sides``, 1 or 2 along each axis.

Arrays as in `kernels`. Several rows of blocks are gathered and spread at a time, so that these loops vectorise too:
dividing each index by the block's side instead cost five times as much.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from porenet_transport.solver.kernels import inflow, inner, kernel

CELLS = 1024
"""About as many cells as are gathered at a time, which stay in the nearest cache."""


@inner
def _end(cell, length):
    """The cell after the last one of a block, at most the ghost at the end of the axis."""
    return cell if cell < length - 1 else length - 1


@inner
def restrict_layer(field, residual, links, weights, width, sides, zc, coarse, coarse_width):
    """Sum over each block of layer zc of what the field leaves of the residual."""
    depth, plane = field.shape
    sz, sy, sx = sides
    height, last, step = plane // width, coarse.shape[1] // coarse_width - 1, np.uint64(width)
    rows = CELLS // (sy * width) + 1
    left = np.empty(rows * sy * width, np.float32)
    end_z = _end(zc * sz + 1, depth)
    for top in range(1, last, rows):
        bottom = top + rows if top + rows < last else last
        first = np.uint64(((top - 1) * sy + 1) * width)
        cells = np.uint64(_end((bottom - 1) * sy + 1, height) * width) - first
        for i in range(cells):
            left[i] = 0
        for z in range((zc - 1) * sz + 1, end_z):
            below, here, above = field[z - 1], field[z], field[z + 1]
            for i in range(first, first + cells):
                left[i - first] += residual[z, i] + inflow(below, here, above, links, weights, step, z, i)
        for yc in range(top, bottom):
            begin, end = (yc - 1) * sy + 1, _end(yc * sy + 1, height)
            sums = coarse[zc, yc * coarse_width : (yc + 1) * coarse_width]
            for xc in range(1, coarse_width - 1):
                sums[xc] = 0
            for y in range(begin, end):
                row = left[(y - (top - 1) * sy - 1) * width :]
                for xc in range(1, coarse_width - 1):
                    x = 2 * xc - 1 if sx == 2 else xc
                    sums[xc] += row[x] + row[x + 1] if sx == 2 and x < width - 2 else row[x]


@inner
def prolong_layer(coarse, coarse_width, sides, factor, z, field, width):
    """Add each block's value, times a factor, to its cells in layer z."""
    height = field.shape[1] // width
    sz, sy, sx = sides
    values = coarse[(z + sz - 1) // sz]
    row = np.empty(width + 1, np.float32)
    for yc in range(1, len(values) // coarse_width - 1):
        for xc in range(1, coarse_width - 1):
            value = factor * values[yc * coarse_width + xc]
            if sx == 2:
                row[2 * xc - 1] = row[2 * xc] = value
            else:
                row[xc] = value
        for y in range((yc - 1) * sy + 1, _end(yc * sy + 1, height)):
            cells = field[z, y * width : (y + 1) * width]
            for x in range(1, width - 1):
                cells[x] += row[x]


@kernel
def coarsen(links, weights, width, sides, coarse, coarse_width):
    """Write the links between blocks: each is the sum of the links that cross from one to the other (Galerkin)."""
    _, depth, plane = links.shape
    height, coarse_height = plane // width, coarse.shape[2] // coarse_width
    sz, sy, sx = sides
    wz, wy, wx = weights
    rows = np.empty((3, width + 1), np.float32)
    for zc in range(coarse.shape[1] - 1):
        first_z, last_z = (zc - 1) * sz + 1 if zc else 0, _end(zc * sz + 1, depth) - 1
        for yc in range(coarse_height - 1):
            first_y, last_y = (yc - 1) * sy + 1 if yc else 0, _end(yc * sy + 1, height) - 1
            rows[:] = 0
            for y in range(first_y, last_y + 1):
                for x in range(width):
                    rows[0, x] += wz * np.float32(links[0, last_z, y * width + x])
            for z in range(first_z, last_z + 1):
                for x in range(width):
                    rows[1, x] += wy * np.float32(links[1, z, last_y * width + x])
                for y in range(first_y, last_y + 1):
                    for x in range(width):
                        rows[2, x] += wx * np.float32(links[2, z, y * width + x])
            for xc in range(coarse_width - 1):
                last_x, at = _end(xc * sx + 1, width) - 1, yc * coarse_width + xc
                coarse[2, zc, at] = rows[2, last_x]
                if sx == 2 and xc > 0:
                    coarse[0, zc, at] = rows[0, 2 * xc - 1] + rows[0, 2 * xc]
                    coarse[1, zc, at] = rows[1, 2 * xc - 1] + rows[1, 2 * xc]
                else:
                    coarse[0, zc, at] = rows[0, xc]
                    coarse[1, zc, at] = rows[1, xc]
