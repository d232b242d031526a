"""The three passes over the voxels that one step of conjugate gradients takes; arrays as in `kernels`.

A pass costs the time in which memory delivers its arrays, so each does all that can be done while a layer is in the
cache: 57 bytes move for a voxel of a mask and a step, against 92 in passes of one operation each.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from porenet_transport.solver.aggregation import prolong_layer, restrict_layer
from porenet_transport.solver.kernels import NONE, conductance, inflow, kernel, wrap_layer

DAMPING = np.float32(0.8)
"""Damping factor of the Jacobi sweeps; from 0.67 to 1 the number of steps changes by one."""


@kernel
def turn(direction, correction, share, links, weights, periodic):
    """Next direction: the correction and a share of the last direction; return direction . system direction."""
    depth, height, width = direction.shape
    share = np.float32(share)
    total = 0.0
    for z in range(1, depth):
        if z < depth - 1:
            for y in range(1, height - 1):
                for x in range(1, width - 1):
                    direction[z, y, x] = correction[z, y, x] + share * direction[z, y, x]
            wrap_layer(direction[z], periodic)
        if z > 1:
            below, here, above = direction[z - 2], direction[z - 1], direction[z]
            for y in range(1, height - 1):
                row = NONE
                for x in range(1, width - 1):
                    row -= here[y, x] * inflow(below, here, above, links, weights, z - 1, y, x)
                total += np.float64(row)
    return total


@kernel
def descend(potential, residual, direction, length, links, weights, periodic, sides, correction, blocks):
    """Go along the direction; begin to solve for the new residual, and hand the blocks what is left of it.

    The flow of the direction is worked out again: that is cheaper than to write it down and read it. ``correction``
    becomes one damped Jacobi sweep from zeros.
    """
    depth, height, width = potential.shape
    length = np.float32(length)
    done = 0
    for zc in range(1, blocks.shape[0] - 1):
        while done < zc * sides[0] + 1 and done < depth - 2:
            done += 1
            z = done
            below, here, above = direction[z - 1], direction[z], direction[z + 1]
            for y in range(1, height - 1):
                for x in range(1, width - 1):
                    potential[z, y, x] += length * here[y, x]
                    left = residual[z, y, x] + length * inflow(below, here, above, links, weights, z, y, x)
                    residual[z, y, x] = left
                    own = conductance(links, weights, z, y, x)
                    correction[z, y, x] = DAMPING * left / own if own > NONE else NONE
            wrap_layer(correction[z], periodic)
        restrict_layer(correction, residual, links, weights, sides, zc, blocks)


@kernel
def ascend(correction, residual, links, weights, periodic, sides, factor, blocks):
    """Add what the blocks found and make one damped Jacobi sweep; return residual . correction."""
    depth, height, width = correction.shape
    factor = np.float32(factor)
    layers = np.empty((2, height, width), np.float32)  # of the correction, before the sweep came to them
    total = 0.0
    done = 0
    for z in range(depth - 1):
        while done < z + 1 and done < depth - 2:
            done += 1
            prolong_layer(blocks, sides, factor, done, correction)
            wrap_layer(correction[done], periodic)
        below, here, above = layers[1 - z % 2], layers[z % 2], correction[z + 1]
        for y in range(height):
            for x in range(width):
                here[y, x] = correction[z, y, x]
        if z == 0:
            continue
        for y in range(1, height - 1):
            row = NONE
            for x in range(1, width - 1):
                left = residual[z, y, x]
                own = conductance(links, weights, z, y, x)
                gain = left + inflow(below, here, above, links, weights, z, y, x)
                new = here[y, x] + DAMPING * gain / own if own > NONE else NONE
                correction[z, y, x] = new
                row += left * new
            total += np.float64(row)
    return total
