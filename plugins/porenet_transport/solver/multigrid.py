"""Multigrid on blocks of cells: one cheap approximate solve, the preconditioner of the conduction solver.

Blocks of 2 x 2 x 2 cells get one value each, and between blocks the sum of the links that cross (Galerkin). Compared
with interpolation that is cheap, and up to twice too stiff, so corrections are enlarged. A block also joins cells that
a thin wall of another phase separates; conjugate gradients mend that, at the price of some iterations.
"""
# mypy: disable-error-code="no-untyped-call, untyped-decorator"

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet_transport.solver.aggregation import coarsen, prolong_layer, restrict_layer
from porenet_transport.solver.kernels import NONE, conductance, inner, kernel, wrap

Field = NDArray[np.float32]
Weights = tuple[np.float32, np.float32, np.float32]

ENLARGED = np.float32(1.8)
"""Factor on a block's correction, except on small levels; 1.4 takes 7 % more steps on 14 phases of real volumes."""
UNCHANGED = np.float32(1)
TWICE_FROM = 1000
"""Cells from which on a level is corrected twice per cycle; once everywhere takes twice the steps and twice the time.

Smaller ones are corrected once and not enlarged. That keeps every correction positive: one that is not enlarged never
goes too far, and twice with a factor below 2 on top of such a one does not either. Enlarged all the way down, the cycle
turned indefinite on some structures.
"""
ARRAYS = 5
"""Floats per cell in the store: three links, what is to be solved for, its approximate solution."""
EVEN = (np.float32(1), np.float32(1), np.float32(1))
"""Weights of the links of blocks, which carry the shape of the voxel already."""


@dataclass(frozen=True, eq=False, slots=True)
class Blocks:
    """All grids but that of the voxels, in one array so that one compiled loop walks them.

    Attributes:
        store: of each grid in turn its links, what is to be solved for, and the approximate solution.
        shapes: ``(levels, 3)``, with ghost cells.
        starts: where each grid begins in the store.
        sides: ``(levels + 1, 3)``: cells in a block along each axis, from the voxels on; all 1 on the last level.
    """

    store: Field
    shapes: NDArray[np.int64]
    starts: NDArray[np.int64]
    sides: NDArray[np.int64]


def blocks_of(links: NDArray[Any], weights: Weights) -> Blocks:
    """The grids, from the blocks of voxels down to a single cell.

    Args:
        links: of the voxels, as in `kernels`.
        weights: factor on them along each axis.
    """
    stiffness = [float(weight) for weight in weights]
    shapes, sides = [links.shape[1:]], [_sides(links.shape[1:], stiffness)]
    while len(shapes) == 1 or max(sides[-1]) == 2:
        shapes.append(tuple(-(-(n - 2) // side) + 2 for n, side in zip(shapes[-1], sides[-1], strict=True)))
        stiffness = [link / side**2 for link, side in zip(stiffness, sides[-1], strict=True)]
        sides.append(_sides(shapes[-1], stiffness))
    starts = np.cumsum([0, *(ARRAYS * math.prod(shape) for shape in shapes[1:])])
    blocks = Blocks(np.zeros(starts[-1], np.float32), np.array(shapes[1:]), starts, np.array(sides))
    for level in range(len(shapes) - 1):
        coarse, _, _ = grid(blocks.store, blocks.shapes, blocks.starts, level)
        coarsen(links, weights, blocks.sides[level], coarse)
        cut_from_itself(coarse)
        links, weights = coarse, EVEN
    return blocks


def cut_from_itself(links: NDArray[Any]) -> None:
    """Drop the links of a cell that is its own neighbour, as the only one along a periodic axis is."""
    for axis in (1, 2):
        if links.shape[1 + axis] == 3:
            links[axis] = 0


@kernel
def grid(store, shapes, starts, level):  # type: ignore[no-untyped-def]
    """The links of a level, what is to be solved for there, and its approximate solution."""
    depth, height, width = shapes[level, 0], shapes[level, 1], shapes[level, 2]
    start, cells = starts[level], depth * height * width
    links = store[start : start + 3 * cells].reshape((3, depth, height, width))
    residual = store[start + 3 * cells : start + 4 * cells].reshape((depth, height, width))
    correction = store[start + 4 * cells : start + 5 * cells].reshape((depth, height, width))
    return links, residual, correction


@kernel
def solve(store, shapes, starts, sides, periodic, level):  # type: ignore[no-untyped-def]
    """Solve approximately on one level; the sweep before the coarser levels has its mirror image after them."""
    links, residual, correction = grid(store, shapes, starts, level)
    forward_from_zero(correction, residual, links)
    wrap(correction, periodic)
    large = residual.size >= TWICE_FROM
    for _ in range(0 if level + 1 == len(shapes) else 2 if large else 1):
        _, below, corrected = grid(store, shapes, starts, level + 1)
        side = (sides[level + 1, 0], sides[level + 1, 1], sides[level + 1, 2])
        for zc in range(1, below.shape[0] - 1):
            restrict_layer(correction, residual, links, EVEN, side, zc, below)
        solve(store, shapes, starts, sides, periodic, level + 1)
        for z in range(1, correction.shape[0] - 1):
            prolong_layer(corrected, side, ENLARGED if large else UNCHANGED, z, correction)
        wrap(correction, periodic)
    backward(correction, residual, links)
    wrap(correction, periodic)


@inner
def forward_from_zero(field, residual, links):  # type: ignore[no-untyped-def]
    """One Gauss-Seidel sweep in the order of memory, from zeros, which need not be there.

    Of a row all that does not wait for its own cells is worked out first, in vector instructions.
    """
    depth, height, width = field.shape
    gain, pull = np.empty(width, np.float32), np.empty(width, np.float32)
    for z in range(1, depth - 1):
        field[z, 0] = 0
        for y in range(1, height - 1):
            for x in range(1, width - 1):
                own = conductance(links, EVEN, z, y, x)
                inverse = UNCHANGED / own if own > NONE else NONE
                gain[x] = inverse * (
                    residual[z, y, x]
                    + links[0, z - 1, y, x] * field[z - 1, y, x]
                    + links[1, z, y - 1, x] * field[z, y - 1, x]
                )
                pull[x] = inverse * links[2, z, y, x - 1]
            last = NONE
            for x in range(1, width - 1):
                last = gain[x] + pull[x] * last
                field[z, y, x] = last


@inner
def backward(field, residual, links):  # type: ignore[no-untyped-def]
    """One Gauss-Seidel sweep against the order of memory; it leaves alone what has no links."""
    depth, height, width = field.shape
    gain, pull = np.empty(width, np.float32), np.empty(width, np.float32)
    for z in range(depth - 2, 0, -1):
        for y in range(height - 2, 0, -1):
            for x in range(1, width - 1):
                own = conductance(links, EVEN, z, y, x)
                inverse = UNCHANGED / own if own > NONE else NONE
                push = (
                    residual[z, y, x]
                    + links[0, z, y, x] * field[z + 1, y, x]
                    + links[0, z - 1, y, x] * field[z - 1, y, x]
                    + links[1, z, y, x] * field[z, y + 1, x]
                    + links[1, z, y - 1, x] * field[z, y - 1, x]
                    + links[2, z, y, x - 1] * field[z, y, x - 1]
                )
                gain[x] = inverse * push if own > NONE else field[z, y, x]
                pull[x] = inverse * links[2, z, y, x]
            last = field[z, y, width - 1]
            for x in range(width - 2, 0, -1):
                last = gain[x] + pull[x] * last
                field[z, y, x] = last


def _sides(shape: tuple[int, ...], stiffness: list[float]) -> tuple[int, int, int]:
    # Of flat voxels only the short edges are joined, until the blocks are about cubes: along a stiff axis neighbours
    # agree whatever the others do, along a soft one they need not.
    lengths = [length - 2 for length in shape]
    stiffest = max((link for link, length in zip(stiffness, lengths, strict=True) if length > 1), default=math.inf)
    z, y, x = (2 if length > 1 and 4 * link > stiffest else 1 for link, length in zip(stiffness, lengths, strict=True))
    return z, y, x
