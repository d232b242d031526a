"""Islands of good conductors within a bad one: the part of the preconditioner that blocks cannot provide.

The potential of such an island hangs on what little leaves it. Blocks join islands that lie close together, so that
what distinguishes their potentials is corrected only over many steps, and the first steps do not even see it: without
this part the estimated error of a field of two conductors a factor 1e6 apart was up to 180 times too small.
"""
# mypy: disable-error-code="no-untyped-call, untyped-decorator"

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill import components
from porenet_transport.solver.kernels import NONE, kernel, layers, wrap

CONTRAST = 100.0
"""Ratio of the best to the worst conductivity from which on islands matter."""
DAMPED = np.float32(0.5)
"""The blocks correct islands too; of 0.5, 0.7 and 1 it took the fewest steps."""


@dataclass(frozen=True, eq=False, slots=True)
class Islands:
    """Connected good conductors of more than one cell that reach neither end of the driven axis.

    Attributes:
        cells: ``(N,)``, their cells as places in a flat field with ghost cells.
        owners: ``(N,)``, island of each, 0 to K-1.
        leaving: ``(K,)``, conductance between each and all that is not of it.
    """

    cells: NDArray[np.int64]
    owners: NDArray[np.int32]
    leaving: NDArray[np.float32]


def islands_of(
    cells: NDArray[Any], links: NDArray[Any], weights: Any, periodic: tuple[bool, bool]
) -> tuple[Islands, ...]:
    """Islands of what conducts better than each of some thresholds, a factor of about 100 apart.

    Between two conductors all thresholds mean the same islands, which are taken once. Of three conductors, each 1000
    times the next, those of the best alone left up to a sixth of the value unseen.

    Args:
        cells: ``(Z, Y, X)`` conductivity, driven along axis 0; of a mask there are none.
        links: of the voxels, as in `kernels`.
        weights: factor on them along each axis.
        periodic: whether axes 1 and 2 wrap.
    """
    if cells.dtype == bool:
        return ()
    best, worst = float(cells.max()), float(np.min(cells, where=cells > 0, initial=np.inf))
    if best < CONTRAST * worst:
        return ()
    count = max(1, round(math.log(best / worst) / math.log(CONTRAST)))
    levels: list[Islands] = []
    voxels = 0
    for step in range(count):
        good = cells > worst * (best / worst) ** ((step + 0.5) / count)
        if (size := int(np.count_nonzero(good))) != voxels:
            voxels = size
            levels += _islands(good, links, weights, periodic)
    return tuple(levels)


def _islands(good: NDArray[np.bool_], links: NDArray[Any], weights: Any, periodic: tuple[bool, bool]) -> list[Islands]:
    """Those of one threshold; none or one."""
    parts = components(good.view(np.uint8), periodic=(False, *periodic))
    chosen = (parts.phases == 1) & (parts.sizes > 1) & (parts.touches & 3 == 0)
    if not chosen.any():
        return []
    rim = (len(good) - (links.shape[1] - 2)) // 2  # with "cell" the end layers are ghost cells
    numbers = np.where(chosen, np.cumsum(chosen) - 1, -1)
    owner = np.full(links.shape[1:], -1, np.int32)
    owner[1:-1, 1:-1, 1:-1] = numbers.astype(np.int32)[parts.ids[rim : len(good) - rim]]
    places = np.flatnonzero(owner >= 0)
    owners = owner.ravel()[places]
    wrap(layers(owner), links.shape[3], periodic)
    leaving = np.zeros(np.count_nonzero(chosen), np.float32)
    sum_leaving(owner, links, weights, leaving)
    return [Islands(places, owners, leaving)]


@kernel
def sum_leaving(owner, links, weights, leaving):  # type: ignore[no-untyped-def]
    """Add up the links of each island's cells to cells that are not of it."""
    depth, height, width = owner.shape
    for z in range(1, depth - 1):
        for y in range(1, height - 1):
            for x in range(1, width - 1):
                own = owner[z, y, x]
                if own >= 0:
                    out = NONE  # the rest subtracted from the whole would drown a small one in rounding
                    if owner[z + 1, y, x] != own:
                        out += weights[0] * links[0, z, y, x]
                    if owner[z - 1, y, x] != own:
                        out += weights[0] * links[0, z - 1, y, x]
                    if owner[z, y + 1, x] != own:
                        out += weights[1] * links[1, z, y, x]
                    if owner[z, y - 1, x] != own:
                        out += weights[1] * links[1, z, y - 1, x]
                    if owner[z, y, x + 1] != own:
                        out += weights[2] * links[2, z, y, x]
                    if owner[z, y, x - 1] != own:
                        out += weights[2] * links[2, z, y, x - 1]
                    leaving[own] += out


@kernel
def lift(residual, cells, owners, leaving, correction):  # type: ignore[no-untyped-def]
    """Correct each island as a whole; return what residual . correction grows by."""
    left, lifted = residual.ravel(), correction.ravel()
    sums = np.zeros(len(leaving), np.float64)
    for k in range(len(cells)):
        sums[owners[k]] += left[cells[k]]
    total = 0.0
    for island in range(len(leaving)):
        height = DAMPED * sums[island] / leaving[island] if leaving[island] > NONE else 0.0
        total += height * sums[island]
        sums[island] = height
    for k in range(len(cells)):
        lifted[cells[k]] += np.float32(sums[owners[k]])
    return total
