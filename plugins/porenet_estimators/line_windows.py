"""How many voxels in a row a product or a count runs over, and how long rows are made of shorter ones."""

from __future__ import annotations

from collections.abc import Sequence


def doublings(longest: Sequence[int]) -> list[tuple[int, int, int]]:
    """Rows of voxels put together from shorter ones: ``(length, first, second)``, each part made before.

    Args:
        longest: lengths that are wanted, voxels, 1 or more. A row of one voxel needs no making.

    Returns:
        The steps in their order; about as many as lengths, and a few per doubling on the way.
    """
    steps: list[tuple[int, int, int]] = []
    known = [1]
    for length in sorted(set(longest)):
        while known[-1] < length:
            # The longest row that is there, and one that fills up what is missing; twice the row while more is missing.
            rest = length - known[-1]
            part = rest if rest in known else known[-1] if rest > known[-1] else _longest(known, rest)
            steps.append((known[-1] + part, known[-1], part))
            known.append(known[-1] + part)
    return steps


def _longest(known: Sequence[int], limit: int) -> int:
    """The longest known row up to a limit."""
    fitting = [length for length in known if length <= limit]
    return fitting[-1]
