"""Conduction through a batch of volumes as a linear system in torch: links, energy, preconditioner, derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from porenet_transport.solver.batch_islands import BatchedIslands, islands_of_batch, lift
from porenet_transport.solver.batch_multigrid import Level, Links, levels_of, outflow, precondition


@dataclass(frozen=True, eq=False, slots=True)
class System:
    """Volumes to be solved: links and ``ground`` as in `batch_multigrid`, ``inlet`` and ``outlet`` ``(B, Y, X)``."""

    cells: Tensor
    weights: tuple[float, float, float]
    periodic: tuple[bool, bool]
    links: Links
    inlet: Tensor
    outlet: Tensor
    ground: Tensor
    levels: tuple[Level, ...]
    islands: BatchedIslands | None

    def energy(self, potential: Tensor) -> Tensor:
        """Sum over the links of conductance * (difference of the potential)^2, ``(B,)`` float64."""
        return _energy(potential, self.links, self.inlet, self.outlet)

    def unbalanced(self, potential: Tensor) -> Tensor:
        """What flows into each cell, from differences alone: a large flow would drown a small one in rounding."""
        flow = -outflow(potential, self.links, torch.zeros_like(potential))
        flow[:, 0] += self.inlet * (1 - potential[:, 0])
        flow[:, -1] -= self.outlet * potential[:, -1]
        return flow

    def corrected(self, residual: Tensor) -> Tensor:
        """Solve approximately."""
        correction = precondition(self.levels, residual)
        return correction if self.islands is None else lift(self.islands, residual, correction)

    def slopes(self, potential: Tensor) -> Tensor:
        """See `slopes_of`."""
        return slopes_of(self.cells, potential, self.weights, self.periodic)


def system_of(cells: Tensor, weights: tuple[float, float, float], periodic: tuple[bool, bool]) -> System:
    """The system of volumes, see `porenet_transport.solver.batch.conduct_batch`, with its preconditioner."""
    links, inlet, outlet = batched_links(cells, weights, periodic)
    ground = torch.zeros_like(cells)
    ground[:, 0] += inlet
    ground[:, -1] += outlet
    levels = levels_of(links, ground, weights)
    # What one grid alone holds is solved exactly.
    islands = islands_of_batch(cells, links, periodic) if len(levels) > 1 else None
    return System(cells, weights, periodic, links, inlet, outlet, ground, levels, islands)


def slopes_of(
    cells: Tensor, potential: Tensor, weights: tuple[float, float, float], periodic: tuple[bool, bool]
) -> Tensor:
    """Derivative of the effective conductivity with respect to the conductivity of each cell.

    The potential makes the energy least, so only the links change with the conductivities: by the squared difference
    of the potential, times what the cell has to do with the link.

    Args:
        cells: as for `porenet_transport.solver.batch.conduct_batch`.
        potential: its solution.
        weights: as for `porenet_transport.solver.batch.conduct_batch`.
        periodic: as for `porenet_transport.solver.batch.conduct_batch`.

    Returns:
        ``(B, Z, Y, X)``, dimensionless, >= 0.
    """
    slopes = torch.zeros_like(cells)
    slopes[:, 0] += 2 * weights[0] * (1 - potential[:, 0]).square()
    slopes[:, -1] += 2 * weights[0] * potential[:, -1].square()
    for axis, (weight, wraps) in enumerate(zip(weights, (False, *periodic), strict=True), start=1):
        size = cells.shape[axis]
        pairs = [((0, size - 1), (1, size - 1))]
        if wraps and size > 1:
            pairs.append(((size - 1, 1), (0, 1)))
        for here, there in pairs:
            first, second = cells.narrow(axis, *here), cells.narrow(axis, *there)
            drop = potential.narrow(axis, *here) - potential.narrow(axis, *there)
            share = second / (first + second)
            slopes.narrow(axis, *here).addcmul_(drop.square(), share.square(), value=2 * weight)
            slopes.narrow(axis, *there).addcmul_(drop.square(), (1 - share).square(), value=2 * weight)
    return slopes * per_area(cells)


def batched_links(
    cells: Tensor, weights: tuple[float, float, float], periodic: tuple[bool, bool]
) -> tuple[Links, Tensor, Tensor]:
    """Links as `batch_multigrid` has them, and those of the end layers to the faces, ``(B, Y, X)``."""
    links = []
    for axis, (weight, wraps) in enumerate(zip(weights, (False, *periodic), strict=True), start=1):
        size = cells.shape[axis]
        if wraps and size > 1:
            first, second = cells, cells.roll(-1, axis)
        else:
            first, second = cells.narrow(axis, 0, size - 1), cells.narrow(axis, 1, size - 1)
        # Divided before it is multiplied: the product of two small conductivities would underflow.
        links.append(2 * weight * first * (second / (first + second)))
    return (links[0], links[1], links[2]), 2 * weights[0] * cells[:, 0], 2 * weights[0] * cells[:, -1]


def _energy(potential: Tensor, links: Links, inlet: Tensor, outlet: Tensor) -> Tensor:
    """Sum over the links of conductance * (difference of the potential)^2, ``(B,)`` float64."""
    energy = dot(inlet, (1 - potential[:, 0]).square()) + dot(outlet, potential[:, -1].square())
    for axis, link in enumerate(links, start=1):
        size = potential.shape[axis]
        energy += dot(potential.diff(dim=axis).square(), link.narrow(axis, 0, size - 1))
        if link.shape[axis] == size:
            drop = potential.narrow(axis, 0, 1) - potential.narrow(axis, size - 1, 1)
            energy += dot(drop.square(), link.narrow(axis, size - 1, 1))
    return energy


def per_area(cells: Tensor) -> float:
    """What turns the energy of ``(B, Z, Y, X)`` cubes of edge 1 into an effective conductivity: length over section."""
    return cells.shape[1] / (cells.shape[2] * cells.shape[3])


def dot(first: Tensor, second: Tensor) -> Tensor:
    """Sum of products of each sample, ``(B,)`` float64."""
    return (first * second).flatten(1).sum(dim=1, dtype=torch.float64)
