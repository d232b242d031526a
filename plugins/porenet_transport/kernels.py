"""The loops of the conduction solver, on fields with one ghost cell around every side.

Fields are float32 ``(Z + 2, Y + 2, X + 2)``. ``links[a, z, y, x]`` is the conductance between cell ``(z, y, x)`` and
the next one along axis a, 0 where there is none, so that no loop asks where the phase or the box ends. Links are
float32, or uint8 on the finest level of a mask, where ``weights`` (three float32) carries the shape of the voxel.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numba
import numpy as np

DAMPING = np.float32(0.8)
"""Of the Jacobi sweeps; from 0.67 to 1 the number of steps changes by one."""
NONE = np.float32(0)


def kernel(loop):
    """Compile a loop. Sums may be reordered, to become vector instructions; infinity and NaN keep their meaning."""
    return numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")(loop)


@kernel
def inflow(field, links, weights, z, y, x):
    """What flows into a cell from its six neighbours."""
    here = field[z, y, x]
    return (
        weights[0] * np.float32(links[0, z, y, x]) * (field[z + 1, y, x] - here)
        + weights[0] * np.float32(links[0, z - 1, y, x]) * (field[z - 1, y, x] - here)
        + weights[1] * np.float32(links[1, z, y, x]) * (field[z, y + 1, x] - here)
        + weights[1] * np.float32(links[1, z, y - 1, x]) * (field[z, y - 1, x] - here)
        + weights[2] * np.float32(links[2, z, y, x]) * (field[z, y, x + 1] - here)
        + weights[2] * np.float32(links[2, z, y, x - 1]) * (field[z, y, x - 1] - here)
    )


@kernel
def conductance(links, weights, z, y, x):
    """Sum of a cell's links."""
    return (
        weights[0] * (np.float32(links[0, z, y, x]) + np.float32(links[0, z - 1, y, x]))
        + weights[1] * (np.float32(links[1, z, y, x]) + np.float32(links[1, z, y - 1, x]))
        + weights[2] * (np.float32(links[2, z, y, x]) + np.float32(links[2, z, y, x - 1]))
    )


@kernel
def outflow(field, links, weights, flow):
    """Write what flows out of each cell into ``flow``; return the sum of field * flow."""
    depth, height, width = field.shape
    total = 0.0
    for z in range(1, depth - 1):
        for y in range(1, height - 1):
            for x in range(1, width - 1):
                here, out = field[z, y, x], -inflow(field, links, weights, z, y, x)
                flow[z, y, x] = out
                total += np.float64(here) * np.float64(out)
    return total


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


@kernel
def step(potential, residual, direction, flow, length):
    """Go along the direction: potential and residual in one pass."""
    depth, height, width = potential.shape
    length = np.float32(length)
    for z in range(1, depth - 1):
        for y in range(1, height - 1):
            for x in range(1, width - 1):
                potential[z, y, x] += length * direction[z, y, x]
                residual[z, y, x] -= length * flow[z, y, x]


@kernel
def turn(direction, correction, share):
    """Next direction: the correction and a share of the last direction."""
    depth, height, width = direction.shape
    share = np.float32(share)
    for z in range(1, depth - 1):
        for y in range(1, height - 1):
            for x in range(1, width - 1):
                direction[z, y, x] = correction[z, y, x] + share * direction[z, y, x]


@kernel
def first_jacobi(residual, links, weights, field):
    """One damped Jacobi sweep from a field of zeros."""
    depth, height, width = field.shape
    for z in range(1, depth - 1):
        for y in range(1, height - 1):
            for x in range(1, width - 1):
                own = conductance(links, weights, z, y, x)
                field[z, y, x] = DAMPING * residual[z, y, x] / own if own > NONE else NONE


@kernel
def last_jacobi(field, residual, links, weights, smoothed):
    """One damped Jacobi sweep from ``field`` into ``smoothed``; return the sum of residual * smoothed."""
    depth, height, width = field.shape
    total = 0.0
    for z in range(1, depth - 1):
        for y in range(1, height - 1):
            for x in range(1, width - 1):
                here, left = field[z, y, x], residual[z, y, x]
                own = conductance(links, weights, z, y, x)
                gain = left + inflow(field, links, weights, z, y, x)
                new = here + DAMPING * gain / own if own > NONE else NONE
                smoothed[z, y, x] = new
                total += np.float64(left) * np.float64(new)
    return total


@kernel
def gauss_seidel(field, residual, links, weights, forward):
    """One sweep in place, in the order of memory or against it."""
    depth, height, width = field.shape
    for k in range(1, depth - 1):
        z = k if forward else depth - 1 - k
        for j in range(1, height - 1):
            y = j if forward else height - 1 - j
            for i in range(1, width - 1):
                x = i if forward else width - 1 - i
                own = conductance(links, weights, z, y, x)
                if own > NONE:
                    field[z, y, x] += (residual[z, y, x] + inflow(field, links, weights, z, y, x)) / own
