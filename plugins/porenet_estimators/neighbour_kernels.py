"""The loop behind voxels whose neighbours hold several phases: codes of six neighbours joined, in a box that wraps."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from porenet.kernels import kernel


@kernel()
def surrounded(codes, first, second, joined):
    """Count the voxels among whose six neighbours are all bits of one code, and all of another.

    Args:
        codes: ``(Z, Y, X)`` uint8, C order.
        first: bits.
        second: bits.
        joined: ``(X,)`` uint8, scratch.

    Returns:
        Both numbers.
    """
    depth, height, width = codes.shape
    one, other = np.uint8(first), np.uint8(second)
    of_first = of_second = 0
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
            for x in range(width):
                of_first += (joined[x] & one) == one
                of_second += (joined[x] & other) == other
    return of_first, of_second
