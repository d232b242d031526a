"""From conductivities of voxels to links between them, and from potentials to derivatives, in loops.

For many small volumes, whose conductivities are above 0. They come with a layer of ghost cells: 0 behind an open side,
the voxel of the other side behind one that wraps, and a conductor without resistance behind the two driven faces, so
that links and derivatives are the same at every voxel.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from porenet_transport.solver.kernels import NEXT, NONE, inner, kernel, wrap_layer

WITHOUT_RESISTANCE = np.float32(1e30)


@kernel
def lay_out(cells, wraps, inside, conductors, links):
    """Write the conductivities of a volume with the ghost cells around it, and the links between cells.

    Args:
        cells: ``(Z, Y, X)`` float32, above 0, driven along axis 0.
        wraps: whether y and x are periodic.
        inside: see `kernels`.
        conductors: ``(Z + 2, (Y + 2) (X + 2))`` float32, written but for ghosts, which are 0.
        links: ``(3, Z + 2, (Y + 2) (X + 2))`` float32, written but for their first and last layers.
    """
    depth, height, width = cells.shape
    for i in range(conductors.shape[1]):
        conductors[0, i] = conductors[depth + 1, i] = WITHOUT_RESISTANCE
    for z in range(depth):
        for y in range(height):
            row = conductors[z + 1, (y + 1) * (width + 2) + 1 :]
            for x in range(width):
                row[x] = cells[z, y, x]
        wrap_layer(conductors[z + 1], width + 2, wraps)
    join(conductors, inside, width + 2, links)


@inner
def in_series(first, second):
    """Conductance of two half voxels: the harmonic mean of their conductivities."""
    whole = first + second
    # Divided before it is multiplied: the product of two small conductivities would underflow.
    return 2 * first * (second / whole) if whole > NONE else NONE


@inner
def join(conductors, inside, width, links):
    """Write the links between cells, and from the end layers to the faces."""
    depth, plane = conductors.shape
    step = np.uint64(width)
    for z in range(depth - 1):
        here, above = conductors[z], conductors[z + 1]
        for i in range(plane):
            # A cell comes first: the ghosts at the ends are much larger than what they are divided by.
            links[0, z, i] = inside[i] * (in_series(above[i], here[i]) if z == 0 else in_series(here[i], above[i]))
        if z > 0:
            for i in range(np.uint64(plane) - step):
                joins = inside[i] + inside[i + step] > NONE
                links[1, z, i] = in_series(here[i], here[i + step]) if joins else NONE
            for i in range(np.uint64(plane) - NEXT):
                joins = inside[i] + inside[i + NEXT] > NONE
                links[2, z, i] = in_series(here[i], here[i + NEXT]) if joins else NONE


@kernel
def slopes(conductors, potential, inside, weights, width, sums, derivatives):
    """Write the derivative with respect to the conductivity of each cell, as `batch_system.slopes_of`.

    Args:
        conductors: of `lay_out`.
        potential: with ghost cells, driven along z from 1 to 0.
        inside: see `kernels`.
        weights: three float32, on the links of each axis.
        width: X + 2.
        sums: as many as the conductors, scratch.
        derivatives: ``(Z, Y, X)`` float32, written.
    """
    depth, height, length = derivatives.shape
    step, scale = np.uint64(width), np.float32(2 * depth / (height * length))
    wz, wy, wx = scale * weights[0], scale * weights[1], scale * weights[2]
    for z in range(1, depth + 1):
        below, here, above = potential[z - 1], potential[z], potential[z + 1]
        under, cell, over = conductors[z - 1], conductors[z], conductors[z + 1]
        for i in range(step, np.uint64(len(inside)) - step):
            own, u = cell[i], here[i]
            sums[z, i] = wz * (share(own, under[i], below[i] - u) + share(own, over[i], above[i] - u))
        for i in range(step, np.uint64(len(inside)) - step):
            own, u, far, near = cell[i], here[i], i + step, i - step
            sums[z, i] += wy * (share(own, cell[far], here[far] - u) + share(own, cell[near], here[near] - u))
        for i in range(step, np.uint64(len(inside)) - step):
            own, u, far, near = cell[i], here[i], i + NEXT, i - NEXT
            sums[z, i] += wx * (share(own, cell[far], here[far] - u) + share(own, cell[near], here[near] - u))
        for y in range(height):
            row = sums[z, (y + 1) * width + 1 :]
            for x in range(length):
                derivatives[z - 1, y, x] = row[x]


@inner
def share(own, other, drop):
    """What the link to a neighbour adds to a derivative, per weight: the square of the drop within the cell."""
    whole = own + other  # of two ghosts 0
    part = drop * (other / whole) if whole > NONE else NONE
    return part * part
