"""Multigrid on blocks of cells: one cheap approximate solve, the preconditioner of the conduction solver.

Blocks of 2 x 2 x 2 cells get one value each, and between blocks the sum of the links that cross (Galerkin). Compared
with interpolation that is cheap, and up to twice too stiff, so corrections are enlarged. A block also joins cells that
a thin wall of another phase separates; conjugate gradients mend that, at the price of some iterations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet_transport import aggregation, kernels

Field = NDArray[np.float32]

ENLARGED = 1.8
"""Factor on a block's correction, except on small levels; 1.4 takes 7 % more steps on 14 phases of real volumes."""
TWICE_FROM = 1000
"""Cells from which on a level is corrected twice a cycle; once everywhere takes twice the steps and twice the time.

Smaller ones, where calls cost more than work, are corrected once and not enlarged. That also keeps every correction
positive: one that is not enlarged never goes too far, and twice with a factor below 2 on top of such a one does not
either. Enlarged all the way down, the cycle turned indefinite on some structures.
"""


@dataclass(frozen=True, eq=False, slots=True)
class Level:
    """One grid, and what is solved on it.

    Attributes:
        links: as in `kernels`.
        weights: factor on the links of each axis, float32.
        periodic: whether axes 1 and 2 wrap.
        sides: cells of this level in a block of the next one, along each axis; all 1 on the last level.
        residual: what is to be solved for.
        correction: its approximate solution.
    """

    links: NDArray[Any]
    weights: tuple[np.float32, np.float32, np.float32]
    periodic: tuple[bool, bool]
    sides: tuple[int, int, int]
    residual: Field
    correction: Field


def levels_of(
    links: NDArray[Any], weights: tuple[float, float, float], periodic: tuple[bool, bool]
) -> tuple[Level, ...]:
    """The grids, from the voxels down to a single cell.

    Args:
        links: of the finest one, as in `kernels`.
        weights: factor on its links along each axis.
        periodic: whether axes 1 and 2 wrap.
    """
    levels, stiffness = [], weights
    while True:
        shape = links.shape[1:]
        for axis in (1, 2):
            if shape[axis] == 3:
                links[axis] = 0  # a periodic cell that is its own neighbour
        sides = _sides(shape, stiffness)
        residual, correction = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        wz, wy, wx = (np.float32(weight) for weight in weights)
        levels.append(Level(links, (wz, wy, wx), periodic, sides, residual, correction))
        if max(sides) == 1:
            return tuple(levels)
        coarse = np.zeros((3, *(-(-(n - 2) // side) + 2 for n, side in zip(shape, sides, strict=True))), np.float32)
        aggregation.coarsen(links, (wz, wy, wx), sides, coarse)
        links, weights = coarse, (1.0, 1.0, 1.0)
        stiffness = (stiffness[0] / sides[0] ** 2, stiffness[1] / sides[1] ** 2, stiffness[2] / sides[2] ** 2)


def precondition(levels: tuple[Level, ...], corrected: Field) -> float:
    """Solve approximately for the residual of the finest level; symmetric and positive, as conjugate gradients need.

    Jacobi on the finest level because its sweeps are vector instructions, Gauss-Seidel below; each sweep before the
    coarser levels has its mirror image after them.

    Args:
        levels: from `levels_of`.
        corrected: receives the solution.

    Returns:
        Sum of residual * solution.
    """
    finest = levels[0]
    kernels.first_jacobi(finest.residual, finest.links, finest.weights, finest.correction)
    wrap(finest.correction, finest.periodic)
    if len(levels) > 1:
        _correct_by_blocks(levels, ENLARGED)
    return float(kernels.last_jacobi(finest.correction, finest.residual, finest.links, finest.weights, corrected))


def wrap(field: Field, periodic: tuple[bool, bool]) -> None:
    """Bring the ghost cells of the periodic axes up to date."""
    if periodic[0]:
        field[:, 0], field[:, -1] = field[:, -2], field[:, 1]
    if periodic[1]:
        field[:, :, 0], field[:, :, -1] = field[:, :, -2], field[:, :, 1]


def _solve(levels: tuple[Level, ...]) -> None:
    level = levels[0]
    level.correction.fill(0)
    kernels.gauss_seidel(level.correction, level.residual, level.links, level.weights, True)
    wrap(level.correction, level.periodic)
    if len(levels) > 1:
        if level.residual.size >= TWICE_FROM:
            _correct_by_blocks(levels, ENLARGED)
            _correct_by_blocks(levels, ENLARGED)
        else:
            _correct_by_blocks(levels, 1.0)
    kernels.gauss_seidel(level.correction, level.residual, level.links, level.weights, False)
    wrap(level.correction, level.periodic)


def _correct_by_blocks(levels: tuple[Level, ...], factor: float) -> None:
    level, blocks = levels[0], levels[1]
    aggregation.restrict(level.correction, level.residual, level.links, level.weights, level.sides, blocks.residual)
    _solve(levels[1:])
    aggregation.prolong(blocks.correction, level.sides, factor, level.correction)
    wrap(level.correction, level.periodic)


def _sides(shape: tuple[int, ...], stiffness: tuple[float, ...]) -> tuple[int, int, int]:
    # Of flat voxels only the short edges are joined, until the blocks are about cubes: along a stiff axis neighbours
    # agree whatever the others do, along a soft one they need not.
    lengths = [length - 2 for length in shape]
    stiffest = max((one for one, length in zip(stiffness, lengths, strict=True) if length > 1), default=math.inf)
    z, y, x = (2 if length > 1 and 4 * one > stiffest else 1 for one, length in zip(stiffness, lengths, strict=True))
    return z, y, x
