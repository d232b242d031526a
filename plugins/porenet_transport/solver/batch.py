"""Steady conduction through a batch of volumes at once, in torch: any device, float32 or float64.

Conjugate gradients as in `one_volume`, with grids and islands as there. The samples share the steps and nothing else:
one that is done is left as it is, so that its result does not depend on its batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from porenet_transport.solver.batch_multigrid import outflow
from porenet_transport.solver.batch_system import System, dot, per_area, system_of

EVERY = 4
"""Steps between two looks at whether all samples are done: on a GPU a look waits for the device."""
NOTHING = 1e-15
"""Fraction of the energy: a smaller residual is rounding, as in a straight channel, which the start solves."""
DRIFTING = 1e3
"""Roundings of the energy at the start: below as many the large flows of the first steps have been rounded by more than
what flows in the end, and it begins again from the potential that it came to, as `descent` does."""
CAUTION = 0.1
"""Least eigenvalue that the preconditioned system is taken to have, which turns the residual into an error of the
energy (`one_volume.conduct` computes it). With 0.1 the error was at most 1.3 tolerances, in the median 0.2, on 15
percolating phases of real volumes (48^3, float32, 1e-3 to 1e-5), at most 0.8 with edges up to 10:1 and up to 9 with
54:1."""


@dataclass(frozen=True, eq=False, slots=True)
class BatchedConduction:
    """Solved volumes.

    Attributes:
        conductivity: ``(B,)`` float64, along z, in units of the one given. It is the energy of the potential, so it
            lies above the exact one or on it.
        potential: ``(B, Z, Y, X)``, dimensionless, between 1 at the first face and 0 at the last.
        steps: ``(B,)``, conjugate-gradient steps made.
    """

    conductivity: Tensor
    potential: Tensor
    steps: Tensor


def conduct_batch(
    cells: Tensor,
    *,
    weights: tuple[float, float, float] = (1.0, 1.0, 1.0),
    periodic: tuple[bool, bool] = (False, False),
    tolerance: float = 1e-3,
    max_steps: int = 500,
    settled: float | None = None,
    start: Tensor | None = None,
) -> BatchedConduction:
    """Solve div(conductivity grad u) = 0 with u = 1 and u = 0 on the two outer faces of z.

    Finite volumes over the voxels' faces, the harmonic mean of two conductivities between their centres; nothing flows
    through the other sides unless they are periodic. Memory: about 20 times the cells, and 9 to 79 bytes per voxel for
    their islands, see `porenet.flood_fill.batched`.

    Args:
        cells: ``(B, Z, Y, X)``, conductivities above 0, any unit.
        weights: of a voxel, what a face across each axis (z, y, x) conducts, relative to one across z.
        periodic: whether y and x wrap.
        tolerance: limit of the estimated relative error of the effective conductivity.
        max_steps: steps after which unfinished samples stay as they are.
        settled: change of the derivatives (`batch_system.slopes_of`) in `EVERY` steps, relative to their norm over a
            volume, up to which they count as right; a sample goes on until they do. None: they do not matter.
        start: ``(B, Z, Y, X)``, a potential near the solution; the straight profile if None.
    """
    system = system_of(cells, weights, periodic)
    potential = (_straight(cells) if start is None else start).clone()
    energy = first = system.energy(potential)
    steps = torch.zeros_like(energy, dtype=torch.int64)
    settles = None if settled is None else _Settling(system, settled)
    done = torch.zeros_like(steps, dtype=torch.bool)
    for _ in range(2):
        _improve(system, potential, steps, done, tolerance, max_steps, settles)
        energy = system.energy(potential)
        done |= energy >= DRIFTING * torch.finfo(cells.dtype).eps * first
        if bool(done.all()):
            break
    return BatchedConduction(energy * per_area(cells), potential, steps)


class _Settling:
    """Looks from time to time whether derivatives still change."""

    def __init__(self, system: System, limit: float) -> None:
        self.system, self.limit, self.latest = system, limit, torch.zeros_like(system.cells)

    def look(self, potential: Tensor) -> Tensor:
        """Whether those of each sample have changed little since the last look, ``(B,)``."""
        before, self.latest = self.latest, self.system.slopes(potential)
        return _norm(self.latest - before) <= self.limit * _norm(self.latest)


def _improve(
    system: System,
    potential: Tensor,
    steps: Tensor,
    finished: Tensor,
    tolerance: float,
    max_steps: int,
    settles: _Settling | None,
) -> None:
    """Improve the potential of the samples that are not finished, and count their steps, both in place."""
    energy, residual = system.energy(potential), system.unbalanced(potential)
    flow = system.corrected(residual)
    product = dot(residual, flow)
    direction, share = torch.zeros_like(residual), torch.zeros_like(energy)
    right = torch.full_like(finished, settles is None)
    for step in range(max_steps):
        close = product <= CAUTION * tolerance * energy
        if settles is not None and step % EVERY == 0:
            changed_little = settles.look(potential)
            right |= close & changed_little & (step > 0)
        done = finished | (steps >= max_steps) | close & right | (product <= NOTHING * energy)
        if step % EVERY == 0 and bool(done.all()):
            break
        direction = torch.addcmul(flow, _each(share, direction), direction)
        flow = outflow(direction, system.links, system.ground)
        length = (product / dot(direction, flow)).masked_fill(done, 0)
        steps += ~done
        potential.addcmul_(_each(length, direction), direction)
        residual.addcmul_(_each(length, direction), flow, value=-1)
        energy = energy - length * product
        flow = system.corrected(residual)
        last, product = product, torch.where(done, product, dot(residual, flow))
        share = (product / last).masked_fill(done, 0)


def _straight(cells: Tensor) -> Tensor:
    depth = cells.shape[1]
    places = torch.arange(depth, dtype=cells.dtype, device=cells.device)
    return (1 - (places + 0.5) / depth).view(1, -1, 1, 1).expand_as(cells)


def _norm(field: Tensor) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(field, dim=(1, 2, 3))
    return norm


def _each(factor: Tensor, cells: Tensor) -> Tensor:
    return factor.to(cells.dtype).view(-1, 1, 1, 1)
