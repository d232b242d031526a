"""The loops that rank the clearances of the points of a lattice, and sort points by their ranks."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from porenet.kernels import inner, kernel

_SPREAD = np.uint32(2654435761)
"""Knuth's multiplier, the golden ratio of 2^32: spreads the patterns of bits over a table."""


@kernel()
def distinct(patterns, table):
    """Enter each pattern in a hash table, unless it is 0.

    Args:
        patterns: uint32, any number.
        table: uint32, a power of two of places, 0 where empty; written.

    Returns:
        Whether at most half of the table is full; if not, not all patterns are in it.
    """
    mask = np.uint32(len(table) - 1)
    left = len(table) // 2
    for entered in table:
        if entered != 0:
            left -= 1
    before = np.uint32(0)
    for pattern in patterns:
        if pattern == before or pattern == 0:
            continue
        before = pattern
        place = _place(pattern, table, mask)
        if table[place] == 0:
            if left == 0:
                return False
            left -= 1
            table[place] = pattern
    return True


@kernel()
def look_up(patterns, table, ranks, result):
    """Rank of each pattern that is in a table; 0 for the pattern 0.

    Args:
        patterns: uint32.
        table: of `distinct`.
        ranks: int32, of each place of the table.
        result: int32, as many as patterns, written.
    """
    mask = np.uint32(len(table) - 1)
    for i in range(len(patterns)):
        result[i] = ranks[_place(patterns[i], table, mask)] if patterns[i] != 0 else 0


@inner(inline="always")
def _place(pattern, table, mask):
    """Where a pattern is, or would be."""
    hashed = np.uint32(pattern * _SPREAD)
    place = np.uint32(hashed ^ (hashed >> np.uint32(15))) & mask
    while table[place] != 0 and table[place] != pattern:
        place = (place + np.uint32(1)) & mask
    return place


@kernel()
def by_rank(ranks, levels):
    """The points in the order of their ranks.

    Args:
        ranks: of each point; rank 0 is left out.
        levels: number of ranks.

    Returns:
        The points, int64, and for each rank the number of points up to its end.
    """
    ends = np.zeros(levels + 1, np.int64)
    for point in range(len(ranks)):
        if ranks[point] > 0:
            ends[ranks[point] + 1] += 1
    for rank in range(levels):
        ends[rank + 1] += ends[rank]
    points = np.empty(ends[levels], np.int64)
    for point in range(len(ranks)):
        if ranks[point] > 0:
            points[ends[ranks[point]]] = point
            ends[ranks[point]] += 1
    return points, ends
