"""The stencil of the conduction solver, on fields with one ghost cell around every side.

Fields are float32 ``(Z + 2, Y + 2, X + 2)``. ``links[a, z, y, x]`` is the conductance between cell ``(z, y, x)`` and
the next one along axis a, 0 where there is none, so that no loop asks where the phase or the box ends. Links are
float32, or uint8 on the finest level of a mask, where ``weights`` (three float32) carries the shape of the voxel.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from porenet import kernels

NONE = np.float32(0)


SUMS = {"fastmath": {"reassoc", "contract", "nsz"}, "error_model": "numpy"}
"""Sums may be reordered, to become vector instructions; infinity and NaN keep their meaning."""


def kernel(loop):
    """Compile a loop that Python calls."""
    return kernels.kernel(**SUMS)(loop)


def inner(loop):
    """Compile a loop that kernels alone call."""
    return kernels.inner(**SUMS)(loop)


@inner
def inflow(below, here, above, links, weights, z, y, x):
    """What flows into a cell of layer z from its six neighbours, given the layers below, here and above."""
    own = here[y, x]
    return (
        weights[0] * np.float32(links[0, z, y, x]) * (above[y, x] - own)
        + weights[0] * np.float32(links[0, z - 1, y, x]) * (below[y, x] - own)
        + weights[1] * np.float32(links[1, z, y, x]) * (here[y + 1, x] - own)
        + weights[1] * np.float32(links[1, z, y - 1, x]) * (here[y - 1, x] - own)
        + weights[2] * np.float32(links[2, z, y, x]) * (here[y, x + 1] - own)
        + weights[2] * np.float32(links[2, z, y, x - 1]) * (here[y, x - 1] - own)
    )


@inner
def conductance(links, weights, z, y, x):
    """Sum of a cell's links."""
    return (
        weights[0] * (np.float32(links[0, z, y, x]) + np.float32(links[0, z - 1, y, x]))
        + weights[1] * (np.float32(links[1, z, y, x]) + np.float32(links[1, z, y - 1, x]))
        + weights[2] * (np.float32(links[2, z, y, x]) + np.float32(links[2, z, y, x - 1]))
    )


@inner
def wrap_layer(layer, periodic):
    """Bring the ghost cells of the periodic axes up to date, in one layer."""
    height, width = layer.shape
    if periodic[0]:
        for x in range(width):
            layer[0, x] = layer[height - 2, x]
            layer[height - 1, x] = layer[1, x]
    if periodic[1]:
        for y in range(height):
            layer[y, 0] = layer[y, width - 2]
            layer[y, width - 1] = layer[y, 1]


@kernel
def wrap(field, periodic):
    """Bring the ghost cells of the periodic axes up to date."""
    if periodic[0] or periodic[1]:
        for z in range(field.shape[0]):
            wrap_layer(field[z], periodic)


@kernel
def unbalanced(field, links, weights, residual):
    """What flows into each cell: of a potential, what is left to solve for."""
    depth, height, width = field.shape
    for z in range(1, depth - 1):
        below, here, above = field[z - 1], field[z], field[z + 1]
        for y in range(1, height - 1):
            for x in range(1, width - 1):
                residual[z, y, x] = inflow(below, here, above, links, weights, z, y, x)


@kernel
def energy(field, links, weights):
    """Sum over the links of conductance * (difference of the field)^2; a periodic link counts once."""
    depth, height, width = field.shape
    wz, wy, wx = np.float64(weights[0]), np.float64(weights[1]), np.float64(weights[2])
    total = 0.0
    for z in range(depth - 1):
        for y in range(1, height - 1):
            for x in range(1, width - 1):
                here = np.float64(field[z, y, x])
                total += (
                    wz * links[0, z, y, x] * (field[z + 1, y, x] - here) ** 2
                    + wy * links[1, z, y, x] * (field[z, y + 1, x] - here) ** 2
                    + wx * links[2, z, y, x] * (field[z, y, x + 1] - here) ** 2
                )
    return total
