"""Multigrid on blocks of cells in torch, for a batch on any device: the preconditioner of `batch`.

The same blocks, links and enlarged corrections as `multigrid`, with two differences that suit a GPU:
Jacobi sweeps on every grid, for Gauss-Seidel goes cell by cell; and what is left of `DENSE` cells is solved exactly by
one product with an inverse, for on small grids it is the launches that cost.

Fields are ``(..., B, Z, Y, X)``, driven along z. ``links[a]`` is the conductance between each cell and the next along
axis a: one entry less than cells, or as many if the axis wraps, the last one joining the last cell to the first.
``ground`` is each cell's conductance to the given potentials.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

Links = tuple[Tensor, Tensor, Tensor]
Sides = tuple[int, int, int]

ENLARGED = 1.8
"""Factor on a block's correction. Blocks are up to twice too stiff; below 2 no correction goes too far for a cycle that
solves its coarser grid exactly, or corrects twice."""
DAMPING = 0.8
"""Of the Jacobi sweeps."""
DENSE = 512
"""Cells up to which a grid is solved exactly, in float64: with links that differ by 1e6 and more, float32 would not
tell a part that hangs on its weak links from a loose one."""


@dataclass(frozen=True, eq=False, slots=True)
class Level:
    """One grid.

    Attributes:
        links: see above.
        ground: ``(B, Z, Y, X)``.
        damped: ``(B, Z, Y, X)``, `DAMPING` over the sum of a cell's links.
        sides: cells of this grid in a block of the next one, along each axis; all 1 on the last grid.
        inverse: ``(B, N, N)`` float64, of the system on the last grid; None on the others.
    """

    links: Links
    ground: Tensor
    damped: Tensor
    sides: Sides
    inverse: Tensor | None


def levels_of(links: Links, ground: Tensor, stiffness: tuple[float, float, float]) -> tuple[Level, ...]:
    """The grids, from the voxels down to at most `DENSE` cells.

    Args:
        links: of the finest grid, above 0.
        ground: of the finest grid, >= 0, above 0 somewhere in each sample.
        stiffness: typical link along each axis, all in one unit.
    """
    levels = []
    while ground[0].numel() > DENSE:
        sides = _sides(ground.shape[1:], stiffness)
        levels.append(Level(links, ground, DAMPING / outflow_of_one(links, ground), sides, None))
        links, ground = _coarse_links(links, ground.shape[1:], sides), _sums(ground, sides)
        stiffness = (stiffness[0] / sides[0] ** 2, stiffness[1] / sides[1] ** 2, stiffness[2] / sides[2] ** 2)
    damped = DAMPING / outflow_of_one(links, ground)
    levels.append(Level(links, ground, damped, (1, 1, 1), _inverse(links, ground)))
    return tuple(levels)


def outflow(field: Tensor, links: Links, ground: Tensor) -> Tensor:
    """What flows out of each cell: the system times the field."""
    found = ground * field
    for axis, link in enumerate(links, start=-3):
        size = field.shape[axis]
        flow = field.diff(dim=axis) * link.narrow(axis, 0, size - 1)
        found.narrow(axis, 0, size - 1).sub_(flow)
        found.narrow(axis, 1, size - 1).add_(flow)
        if link.shape[axis] == size:
            first, last = field.narrow(axis, 0, 1), field.narrow(axis, size - 1, 1)
            flow = (first - last) * link.narrow(axis, size - 1, 1)
            found.narrow(axis, size - 1, 1).sub_(flow)
            found.narrow(axis, 0, 1).add_(flow)
    return found


def outflow_of_one(links: Links, ground: Tensor) -> Tensor:
    """What would flow out of each cell if it alone were at 1: the sum of its links."""
    found = ground.clone()
    for axis, link in enumerate(links, start=-3):
        size = ground.shape[axis]
        inner = link.narrow(axis, 0, size - 1)
        found.narrow(axis, 0, size - 1).add_(inner)
        found.narrow(axis, 1, size - 1).add_(inner)
        if link.shape[axis] == size:
            outer = link.narrow(axis, size - 1, 1)
            found.narrow(axis, size - 1, 1).add_(outer)
            found.narrow(axis, 0, 1).add_(outer)
    return found


def precondition(levels: tuple[Level, ...], residual: Tensor, *, twice: bool = False) -> Tensor:
    """Solve approximately; symmetric and positive, as conjugate gradients need.

    Args:
        levels: from `levels_of`.
        residual: ``(B, Z, Y, X)``.
        twice: whether the finest of these grids is corrected twice, as all but the very finest must be: only then no
            mode is overshot, and the enlarged correction of the next finer grid stays positive.

    Returns:
        ``(B, Z, Y, X)``.
    """
    level, coarser = levels[0], levels[1:]
    if level.inverse is not None:
        flat = residual.flatten(1).double().unsqueeze(2)
        return (level.inverse @ flat).to(residual.dtype).view_as(residual)
    found = level.damped * residual
    for _ in range(2 if twice else 1):
        left = residual - outflow(found, level.links, level.ground)
        blocks = precondition(coarser, _sums(left, level.sides), twice=True)
        found.add_(_spread(blocks, level.sides, residual.shape[1:]), alpha=ENLARGED)
    return found.addcmul_(level.damped, residual - outflow(found, level.links, level.ground))


def _sums(field: Tensor, sides: Sides) -> Tensor:
    """Sum over each block; the last ones may be smaller."""
    return functional.avg_pool3d(field, sides, ceil_mode=True, divisor_override=1)


def _spread(blocks: Tensor, sides: Sides, shape: torch.Size) -> Tensor:
    """Each block's value in all of its cells."""
    for axis, side in enumerate(sides, start=-3):
        if side > 1:
            blocks = blocks.repeat_interleave(side, dim=axis).narrow(axis, 0, shape[axis])
    return blocks


def _coarse_links(links: Links, shape: torch.Size, sides: Sides) -> Links:
    """Sum of the links that cross from block to block (Galerkin)."""
    found = []
    for axis, (link, size, side) in enumerate(zip(links, shape, sides, strict=True), start=-3):
        wraps = link.shape[axis] == size
        crossing = link.narrow(axis, 0, size - 1)
        if side > 1:
            index = torch.arange(side - 1, size - 1, side, device=link.device)
            crossing = crossing.index_select(axis, index)
        if wraps and -(-size // side) > 1:
            crossing = torch.cat([crossing, link.narrow(axis, size - 1, 1)], dim=axis)
        beside = [1 if place == axis else one for place, one in enumerate(sides, start=-3)]
        if crossing.shape[axis]:
            found.append(_sums(crossing, (beside[0], beside[1], beside[2])))
        else:
            blocks = [-(-one // of) for one, of in zip(shape, sides, strict=True)]
            blocks[axis] = 0
            found.append(link.new_empty((len(link), *blocks)))
    return found[0], found[1], found[2]


def _inverse(links: Links, ground: Tensor) -> Tensor:
    """Of the whole system of a small grid, ``(B, N, N)`` float64."""
    batch, count = len(ground), ground[0].numel()
    units = torch.eye(count, dtype=torch.float64, device=ground.device).view(count, 1, *ground.shape[1:])
    wide = tuple(link.double() for link in links)
    columns = outflow(units.expand(count, batch, *ground.shape[1:]), wide, ground.double())  # type: ignore[arg-type]
    factor, _ = torch.linalg.cholesky_ex(columns.flatten(2).transpose(0, 1))
    return torch.cholesky_inverse(factor)


def _sides(shape: torch.Size, stiffness: tuple[float, float, float]) -> Sides:
    # Of flat voxels only the short edges are joined, until the blocks are about cubes.
    stiffest = max((one for one, size in zip(stiffness, shape, strict=True) if size > 1), default=math.inf)
    z, y, x = (2 if size > 1 and 4 * one > stiffest else 1 for one, size in zip(stiffness, shape, strict=True))
    return z, y, x
