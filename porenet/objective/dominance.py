"""When one gradient outvotes another. Importing this imports no torch."""

from __future__ import annotations

OUTVOTED = 1 / 30
"""Share of the largest gradient below which another has no say: its pull is lost in the noise of the first."""


def is_outvoted(size: float, largest: float) -> bool:
    """Whether a gradient is outvoted by another: smaller than `OUTVOTED` times its norm, and not nothing at all.

    Args:
        size: Euclidean norm of the gradient.
        largest: that of the other, in the same unit.
    """
    return 0 < size < OUTVOTED * largest
