"""The loop that sorts points of a lattice by their ranks."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def by_rank(ranks, selected, levels):
    """The selected points in the order of their ranks.

    Args:
        ranks: of each point; rank 0 is left out.
        selected: bool, of each point.
        levels: number of ranks.

    Returns:
        The points, int64, and for each rank the number of points up to its end.
    """
    ends = np.zeros(levels + 1, np.int64)
    for point in range(len(ranks)):
        if selected[point] and ranks[point] > 0:
            ends[ranks[point] + 1] += 1
    for rank in range(levels):
        ends[rank + 1] += ends[rank]
    points = np.empty(ends[levels], np.int64)
    for point in range(len(ranks)):
        if selected[point] and ranks[point] > 0:
            points[ends[ranks[point]]] = point
            ends[ranks[point]] += 1
    return points, ends
