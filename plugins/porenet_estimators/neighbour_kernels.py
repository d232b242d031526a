"""The loop behind voxels whose neighbours hold several phases: codes of six neighbours joined, in a box that wraps."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def surrounded(codes, first, second):
    """Count the voxels among whose six neighbours are all bits of one code, and all of another.

    Args:
        codes: ``(Z, Y, X)`` uint8, C order.
        first: bits.
        second: bits.

    Returns:
        Both numbers.
    """
    depth, height, width = codes.shape
    one, other = np.uint8(first), np.uint8(second)
    joined = np.empty(width, np.uint8)
    counts = np.zeros(2, np.int64)
    for z in range(depth):
        for y in range(height):
            row = codes[z, y]
            above, below = codes[(z - 1) % depth, y], codes[(z + 1) % depth, y]
            ahead, behind = codes[z, (y - 1) % height], codes[z, (y + 1) % height]
            for x in range(width):
                joined[x] = above[x] | below[x] | ahead[x] | behind[x]
            for x in range(width - 1):
                joined[x] |= row[x + 1]
            for x in range(width - 1):
                joined[x + 1] |= row[x]
            joined[0] |= row[width - 1]
            joined[width - 1] |= row[0]
            of_one = of_other = 0
            for x in range(width):
                of_one += (joined[x] & one) == one
                of_other += (joined[x] & other) == other
            counts[0] += of_one
            counts[1] += of_other
    return counts[0], counts[1]
