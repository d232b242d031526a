"""How many voxels in a row a product or a count runs over, and how long rows are made of shorter ones."""

from __future__ import annotations

from collections.abc import Sequence


def doublings(longest: Sequence[int]) -> list[tuple[int, int, int]]:
    """Rows of voxels put together from shorter ones: ``(length, first, second)``, each part made before.

    Args:
        longest: lengths that are wanted, voxels, 1 or more. A row of one voxel needs no making.

    Returns:
        The steps in their order; about as many as lengths, and two per doubling on the way.
    """
    steps: dict[int, tuple[int, int, int]] = {}

    def make(length: int) -> None:
        if length == 1 or length in steps:
            return
        first = max((known for known in steps if known < length), default=1)
        first = first if 2 * first >= length else 1 << ((length - 1).bit_length() - 1)
        for part in (first, length - first):
            make(part)
        steps[length] = (length, first, length - first)

    for length in sorted(set(longest)):
        make(length)
    return list(steps.values())
