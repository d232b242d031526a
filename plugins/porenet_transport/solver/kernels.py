"""The stencil of the conduction solver, on fields with one ghost cell around every side.

Fields are float32 ``(Z + 2, (Y + 2) (X + 2))``: a layer is one row of memory, ghost cells and all, because loops over
rows of 24 voxels never come to the vector instructions that the compiler lays out for longer ones. ``links[a, z, i]``
is the conductance between cell ``i`` of layer ``z`` and the next one along axis a, 0 where there is none, so that no
loop asks where the phase or the box ends; ``width`` is X + 2. Ghost cells of a periodic axis have links: what is added
up over a layer is multiplied by ``inside``, 1 in its cells and 0 in its ghosts. Links are float32, or uint8 on the
finest level of a mask, where ``weights`` (three float32) carries the shape of the voxel.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet import kernels

NONE = np.float32(0)
NEXT = np.uint64(1)
"""Places in a layer are unsigned: numba looks whether a signed one counts from the end, and no vectors come of it."""


SUMS = {"fastmath": {"reassoc", "contract", "nsz"}, "error_model": "numpy"}
"""Sums may be reordered, to become vector instructions; infinity and NaN keep their meaning."""


def kernel(loop):
    """Compile a loop that Python calls."""
    return kernels.kernel(**SUMS)(loop)


def inner(loop):
    """Compile a loop that kernels alone call."""
    return kernels.inner(**SUMS)(loop)


def layers(field: NDArray[Any]) -> NDArray[Any]:
    """A C-ordered field ``(..., Y, X)`` with each layer in one row, ``(..., Y X)``; a view."""
    return field.reshape(*field.shape[:-2], -1)


def inside_of(height: int, width: int) -> NDArray[np.float32]:
    """1 in the cells of a layer, 0 in its ghost cells.

    Args:
        height: Y + 2.
        width: X + 2.
    """
    inside = np.zeros((height, width), np.float32)
    inside[1:-1, 1:-1] = 1
    return inside.ravel()


@inner
def inflow(below, here, above, links, weights, width, z, i):
    """What flows into a cell of layer z from its six neighbours, given the layers below, here and above."""
    own = here[i]
    return (
        weights[0] * np.float32(links[0, z, i]) * (above[i] - own)
        + weights[0] * np.float32(links[0, z - 1, i]) * (below[i] - own)
        + weights[1] * np.float32(links[1, z, i]) * (here[i + width] - own)
        + weights[1] * np.float32(links[1, z, i - width]) * (here[i - width] - own)
        + weights[2] * np.float32(links[2, z, i]) * (here[i + NEXT] - own)
        + weights[2] * np.float32(links[2, z, i - NEXT]) * (here[i - NEXT] - own)
    )


@inner
def conductance(links, weights, width, z, i):
    """Sum of a cell's links."""
    return (
        weights[0] * (np.float32(links[0, z, i]) + np.float32(links[0, z - 1, i]))
        + weights[1] * (np.float32(links[1, z, i]) + np.float32(links[1, z, i - width]))
        + weights[2] * (np.float32(links[2, z, i]) + np.float32(links[2, z, i - NEXT]))
    )


@inner
def wrap_layer(layer, width, periodic):
    """Bring the ghost cells of the periodic axes up to date, in one layer."""
    last = len(layer) - width
    if periodic[0]:
        for x in range(width):
            layer[x] = layer[last - width + x]
            layer[last + x] = layer[width + x]
    if periodic[1]:
        for y in range(0, len(layer), width):
            layer[y] = layer[y + width - 2]
            layer[y + width - 1] = layer[y + 1]


@kernel
def wrap(field, width, periodic):
    """Bring the ghost cells of the periodic axes up to date."""
    if periodic[0] or periodic[1]:
        for z in range(field.shape[0]):
            wrap_layer(field[z], width, periodic)


@kernel
def unbalanced(field, links, weights, inside, width, residual):
    """What flows into each cell: of a potential, what is left to solve for."""
    depth, plane = field.shape
    step = np.uint64(width)
    for z in range(1, depth - 1):
        below, here, above = field[z - 1], field[z], field[z + 1]
        for i in range(step, np.uint64(plane) - step):
            residual[z, i] = inside[i] * inflow(below, here, above, links, weights, step, z, i)


@kernel
def energy(field, links, weights, inside, width):
    """Sum over the links of conductance * (difference of the field)^2; a periodic link counts once."""
    depth, plane = field.shape
    step = np.uint64(width)
    wz, wy, wx = np.float64(weights[0]), np.float64(weights[1]), np.float64(weights[2])
    total = 0.0
    for z in range(depth - 1):
        row, above = field[z], field[z + 1]
        for i in range(step, np.uint64(plane) - step):
            here = np.float64(row[i])
            total += inside[i] * (
                wz * links[0, z, i] * (above[i] - here) ** 2
                + wy * links[1, z, i] * (row[i + step] - here) ** 2
                + wx * links[2, z, i] * (row[i + NEXT] - here) ** 2
            )
    return total
