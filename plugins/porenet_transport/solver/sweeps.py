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
def turn(direction, correction, share, links, weights, inside, width, periodic):
    """Next direction: the correction and a share of the last direction; return direction . system direction."""
    depth, plane = direction.shape
    share, step = np.float32(share), np.uint64(width)
    total = 0.0
    for z in range(1, depth):
        if z < depth - 1:
            further, corrected = direction[z], correction[z]
            for i in range(plane):
                further[i] = corrected[i] + share * further[i]
            wrap_layer(further, width, periodic)
        if z > 1:
            below, here, above = direction[z - 2], direction[z - 1], direction[z]
            row = NONE
            for i in range(step, np.uint64(plane) - step):
                row -= inside[i] * here[i] * inflow(below, here, above, links, weights, step, z - 1, i)
            total += np.float64(row)
    return total


@kernel
def descend(
    potential, residual, direction, length, links, weights, inside, width, periodic, sides, correction, blocks,
    block_width,
):  # fmt: skip
    """Go along the direction; begin to solve for the new residual, and hand the blocks what is left of it.

    The flow of the direction is worked out again: that is cheaper than to write it down and read it. ``correction``
    becomes one damped Jacobi sweep from zeros.
    """
    depth, plane = potential.shape
    length, step, flow = np.float32(length), np.uint64(width), np.empty(plane, np.float32)
    done = 0
    for zc in range(1, blocks.shape[0] - 1):
        while done < zc * sides[0] + 1 and done < depth - 2:
            done += 1
            z = done
            below, here, above = direction[z - 1], direction[z], direction[z + 1]
            for i in range(step, np.uint64(plane) - step):
                flow[i] = inflow(below, here, above, links, weights, step, z, i)
            for i in range(step, np.uint64(plane) - step):
                potential[z, i] += length * here[i]
                residual[z, i] += length * inside[i] * flow[i]
            for i in range(step, np.uint64(plane) - step):
                own = conductance(links, weights, step, z, i)
                correction[z, i] = DAMPING * residual[z, i] / own if own > NONE else NONE
            wrap_layer(correction[z], width, periodic)
        restrict_layer(correction, residual, links, weights, width, sides, zc, blocks, block_width)


@kernel
def ascend(
    correction, residual, links, weights, inside, width, periodic, sides, factor, blocks, block_width,
):  # fmt: skip
    """Add what the blocks found and make one damped Jacobi sweep; return residual . correction."""
    depth, plane = correction.shape
    factor, step, flow = np.float32(factor), np.uint64(width), np.empty(plane, np.float32)
    layers = np.empty((2, plane), np.float32)  # of the correction, before the sweep came to them
    total = 0.0
    done = 0
    for z in range(depth - 1):
        while done < z + 1 and done < depth - 2:
            done += 1
            prolong_layer(blocks, block_width, sides, factor, done, correction, width)
            wrap_layer(correction[done], width, periodic)
        below, here, above, swept = layers[1 - z % 2], layers[z % 2], correction[z + 1], correction[z]
        for i in range(plane):
            here[i] = swept[i]
        if z == 0:
            continue
        row = NONE
        for i in range(step, np.uint64(plane) - step):
            flow[i] = inflow(below, here, above, links, weights, step, z, i)
        for i in range(step, np.uint64(plane) - step):
            left, own = residual[z, i], conductance(links, weights, step, z, i)
            new = here[i] + DAMPING * (left + flow[i]) / own if own > NONE else NONE
            swept[i] = new
            row += inside[i] * left * new
        total += np.float64(row)
    return total
