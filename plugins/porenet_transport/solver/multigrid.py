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
from porenet_transport.solver.kernels import NEXT, NONE, conductance, inner, kernel, layers, wrap

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
        links: of the voxels, ``(3, Z + 2, Y + 2, X + 2)``.
        weights: factor on them along each axis.
    """
    blocks = planned(links.shape[1:], weights)
    fill(blocks, layers(links), weights, links.shape[3])
    return blocks


def planned(shape: tuple[int, ...], weights: Weights) -> Blocks:
    """The grids of a volume with ghost cells of this shape, their links still to be filled in; see `blocks_of`."""
    stiffness = [float(weight) for weight in weights]
    shapes, sides = [shape], [_sides(shape, stiffness)]
    while len(shapes) == 1 or max(sides[-1]) == 2:
        shapes.append(tuple(-(-(n - 2) // side) + 2 for n, side in zip(shapes[-1], sides[-1], strict=True)))
        stiffness = [link / side**2 for link, side in zip(stiffness, sides[-1], strict=True)]
        sides.append(_sides(shapes[-1], stiffness))
    starts = np.cumsum([0, *(ARRAYS * math.prod(shape) for shape in shapes[1:])])
    return Blocks(np.zeros(starts[-1], np.float32), np.array(shapes[1:]), starts, np.array(sides))


def fill(blocks: Blocks, links: NDArray[Any], weights: Weights, width: int) -> None:
    """Write the links of all grids but that of the voxels, whose links are given, as in `kernels`.

    Args:
        blocks: their links are written.
        links: of the voxels.
        weights: factor on them along each axis.
        width: X + 2.
    """
    for level, (depth, height, coarse_width) in enumerate(blocks.shapes.tolist()):
        start, plane = blocks.starts[level], height * coarse_width
        coarse = blocks.store[start : start + 3 * depth * plane].reshape(3, depth, plane)
        coarsen(links, weights, width, blocks.sides[level], coarse, coarse_width)
        cut_from_itself(coarse, coarse_width)
        links, weights, width = coarse, EVEN, coarse_width


@inner
def side_of(sides, level):  # type: ignore[no-untyped-def]
    """Cells in a block of a level along each axis."""
    return sides[level, 0], sides[level, 1], sides[level, 2]


def cut_from_itself(links: NDArray[Any], width: int) -> None:
    """Drop the links of a cell that is its own neighbour, as the only one along a periodic axis is."""
    for axis, length in ((1, links.shape[2] // width), (2, width)):
        if length == 3:
            links[axis] = 0


@kernel
def grid(store, shapes, starts, level):  # type: ignore[no-untyped-def]
    """The links of a level, what is to be solved for there, and its approximate solution."""
    depth, plane = shapes[level, 0], shapes[level, 1] * shapes[level, 2]
    start, cells = starts[level], depth * plane
    links = store[start : start + 3 * cells].reshape((3, depth, plane))
    residual = store[start + 3 * cells : start + 4 * cells].reshape((depth, plane))
    correction = store[start + 4 * cells : start + 5 * cells].reshape((depth, plane))
    return links, residual, correction


@kernel
def solve(store, shapes, starts, sides, periodic):  # type: ignore[no-untyped-def]
    """Solve approximately; the sweep of a level before the coarser ones has its mirror image after them."""
    # Not by recursion: numba does not find a function that calls itself in its cache when a second kernel calls it.
    left = np.empty(len(shapes), np.int64)  # times that a level is still to be corrected by the coarser ones
    level, entered = np.int64(0), True  # a bare 0 is a type of its own, for which `grid` would be compiled as well
    while level >= 0:
        links, residual, correction = grid(store, shapes, starts, level)
        width, large = shapes[level, 2], residual.size >= TWICE_FROM
        if entered:
            forward_from_zero(correction, residual, links, width)
            left[level] = 0 if level + 1 == len(shapes) else 2 if large else 1
        else:
            _, _, corrected = grid(store, shapes, starts, level + 1)
            side, factor = side_of(sides, level + 1), ENLARGED if large else UNCHANGED
            for z in range(1, correction.shape[0] - 1):
                prolong_layer(corrected, shapes[level + 1, 2], side, factor, z, correction, width)
        wrap(correction, width, periodic)
        entered = left[level] > 0
        if entered:
            left[level] -= 1
            _, below, _ = grid(store, shapes, starts, level + 1)
            side = side_of(sides, level + 1)
            for zc in range(1, below.shape[0] - 1):
                restrict_layer(correction, residual, links, EVEN, width, side, zc, below, shapes[level + 1, 2])
            level += 1
        else:
            backward(correction, residual, links, width)
            wrap(correction, width, periodic)
            level -= 1


@inner
def forward_from_zero(field, residual, links, width):  # type: ignore[no-untyped-def]
    """One Gauss-Seidel sweep in the order of memory, from zeros, which need not be there.

    Of a row all that does not wait for its own cells is worked out first, in vector instructions.
    """
    depth, plane = field.shape
    gain, pull, step = np.empty(width, np.float32), np.empty(width, np.float32), np.uint64(width)
    for z in range(1, depth - 1):
        for x in range(width):
            field[z, x] = 0
        for at in range(width, plane - width, width):
            first = np.uint64(at)
            for x in range(NEXT, step - NEXT):
                i = first + x
                own = conductance(links, EVEN, step, z, i)
                inverse = UNCHANGED / own if own > NONE else NONE
                gain[x] = inverse * (
                    residual[z, i] + links[0, z - 1, i] * field[z - 1, i] + links[1, z, i - step] * field[z, i - step]
                )
                pull[x] = inverse * links[2, z, i - NEXT]
            last = NONE
            for x in range(1, width - 1):
                last = gain[x] + pull[x] * last
                field[z, at + x] = last


@inner
def backward(field, residual, links, width):  # type: ignore[no-untyped-def]
    """One Gauss-Seidel sweep against the order of memory; it leaves alone what has no links."""
    depth, plane = field.shape
    gain, pull, step = np.empty(width, np.float32), np.empty(width, np.float32), np.uint64(width)
    for z in range(depth - 2, 0, -1):
        for at in range(plane - 2 * width, 0, -width):
            first = np.uint64(at)
            for x in range(NEXT, step - NEXT):
                i = first + x
                own = conductance(links, EVEN, step, z, i)
                inverse = UNCHANGED / own if own > NONE else NONE
                push = (
                    residual[z, i]
                    + links[0, z, i] * field[z + 1, i]
                    + links[0, z - 1, i] * field[z - 1, i]
                    + links[1, z, i] * field[z, i + step]
                    + links[1, z, i - step] * field[z, i - step]
                    + links[2, z, i - NEXT] * field[z, i - NEXT]
                )
                gain[x] = inverse * push if own > NONE else field[z, i]
                pull[x] = inverse * links[2, z, i]
            last = field[z, at + width - 1]
            for x in range(width - 2, 0, -1):
                last = gain[x] + pull[x] * last
                field[z, at + x] = last


def _sides(shape: tuple[int, ...], stiffness: list[float]) -> tuple[int, int, int]:
    # Of flat voxels only the short edges are joined, until the blocks are about cubes: along a stiff axis neighbours
    # agree whatever the others do, along a soft one they need not.
    lengths = [length - 2 for length in shape]
    stiffest = max((link for link, length in zip(stiffness, lengths, strict=True) if length > 1), default=math.inf)
    z, y, x = (2 if length > 1 and 4 * link > stiffest else 1 for link, length in zip(stiffness, lengths, strict=True))
    return z, y, x
