"""Islands of good conductors, as `islands` has them, of a batch in torch on any device."""
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from porenet.flood_fill import batched
from porenet_transport.solver.batch_multigrid import Links

CONTRAST = 100.0
"""Ratio of the best to the worst conductivity of a sample from which on islands matter."""
DAMPED = 0.5
"""As in `islands`."""
ENDS = 0b11
"""Bits of the two driven faces in what `porenet.flood_fill.batched.faces_reached` returns."""


@dataclass(frozen=True, eq=False, slots=True)
class BatchedIslands:
    """Connected good conductors of more than one cell that reach neither end of the driven axis.

    Attributes:
        cells: ``(N,)``, their cells as places in the flattened batch, island by island.
        owners: ``(N,)``, island of each, 0 to K-1.
        sizes: ``(K,)``, cells of each.
        leaving: ``(K,)`` float64, conductance between each and all that is not of it.
    """

    cells: Tensor
    owners: Tensor
    sizes: Tensor
    leaving: Tensor


def islands_of_batch(cells: Tensor, links: Links, periodic: tuple[bool, bool]) -> BatchedIslands:
    """Islands of what conducts better than the geometric mean of the best and the worst conductor of its sample.

    Of decoded structures, which have two conductors, that is all there is. It waits for the device as
    `porenet.flood_fill.batched` does, and once more.

    Args:
        cells: ``(B, Z, Y, X)`` conductivities above 0, driven along z.
        links: as in `batch_multigrid`.
        periodic: whether y and x wrap.
    """
    best, worst = (bound.view(-1, 1, 1, 1) for bound in (cells.flatten(1).amax(dim=1), cells.flatten(1).amin(dim=1)))
    good = (cells > best.sqrt() * worst.sqrt()) & (best >= CONTRAST * worst)
    labels, wraps = good.to(torch.uint8), (False, *periodic)
    first = batched.components(labels, periodic=wraps).long()
    volumes = torch.arange(len(cells), device=cells.device).view(-1, 1, 1, 1) * cells[0].numel()
    apart = good & (batched.faces_reached(labels, periodic=wraps) & ENDS == 0)
    islands = torch.where(apart, first + volumes, -1)
    sizes = torch.bincount(islands.flatten() + 1, minlength=cells.numel() + 1)[1:]
    places = (apart & (sizes[islands.clamp_min(0)] > 1)).flatten().nonzero().squeeze(1)
    numbers, order = islands.flatten()[places].sort(stable=True)
    places = places[order]
    _, owners, sizes = numbers.unique_consecutive(return_inverse=True, return_counts=True)
    return BatchedIslands(places, owners, sizes, _sums(_leaving(islands, links), places, sizes))


def lift(islands: BatchedIslands, residual: Tensor, correction: Tensor) -> Tensor:
    """Correct each island as a whole.

    Args:
        islands: of the batch.
        residual: ``(B, Z, Y, X)``.
        correction: likewise, changed.

    Returns:
        The correction.
    """
    if len(islands.cells):
        heights = DAMPED * _sums(residual, islands.cells, islands.sizes) / islands.leaving
        correction.view(-1)[islands.cells] += heights.to(correction.dtype)[islands.owners]
    return correction


def _sums(field: Tensor, cells: Tensor, sizes: Tensor) -> Tensor:
    """Sum over each island, in an order that does not change; ``(K,)`` float64."""
    values = field.flatten()[cells].double()
    return torch.segment_reduce(values, "sum", lengths=sizes, unsafe=True) if len(cells) else values


def _leaving(islands: Tensor, links: Links) -> Tensor:
    """Of each cell, its links to cells of another island or none."""
    leaving = torch.zeros_like(islands, dtype=links[0].dtype)
    for axis, link in enumerate(links, start=1):
        size = islands.shape[axis]
        pairs = [((0, size - 1), (1, size - 1))]
        if link.shape[axis] == size:
            pairs.append(((size - 1, 1), (0, 1)))
        for here, there in pairs:
            differ = islands.narrow(axis, *here) != islands.narrow(axis, *there)
            flow = link.narrow(axis, *here) * differ
            leaving.narrow(axis, *here).add_(flow)
            leaving.narrow(axis, *there).add_(flow)
    return leaving
