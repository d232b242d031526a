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


class VoteWarner:
    """Tells when one of critic and objective begins to outvote the other, and not in every step."""

    def __init__(self) -> None:
        self._outvoted = ""

    def text(self, critic: float, objective: float, scale: float = 1.0) -> str:
        """A warning if another one than before is outvoted; empty if not.

        Args:
            critic: norm of the critic's gradient at the field.
            objective: norm of the objective's, before it is scaled.
            scale: factor on the objective's.
        """
        sizes = {"critic": critic, "objective": scale * objective}
        largest = max(sizes, key=lambda name: sizes[name])
        (smaller,) = sizes.keys() - {largest}
        silent = sizes["critic"] == 0 < sizes[largest]  # an objective at 0 may be met; a critic is severed
        outvoted = smaller if silent or is_outvoted(sizes[smaller], sizes[largest]) else ""
        before, self._outvoted = self._outvoted, outvoted
        if not outvoted or outvoted == before:
            return ""
        return (
            f"the {smaller} is outvoted: its gradient at the field has a norm of {sizes[smaller]:.2g}, that of the "
            f"{largest} one of {sizes[largest]:.2g}. Give it a share (train.objective_share), or change the weights."
        )
