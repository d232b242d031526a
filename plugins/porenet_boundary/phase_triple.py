"""Which three phases meet."""

from __future__ import annotations

from porenet.interface import Grid, InputError, Undefined


def phase_triple(grid: Grid, phases: tuple[str, str, str] | None, where: str) -> tuple[int, int, int] | Undefined:
    """Labels of the three phases of a triple-phase boundary.

    Args:
        grid: whose phases they are.
        phases: their names, or None where there is no choice.
        where: the component, for messages.

    Returns:
        Three labels, in the order given, or why there are none.

    Raises:
        InputError: the grid has more than three phases and none were chosen, two are the same, or one is unknown.
    """
    if phases is None:
        if len(grid.phases) < 3:
            return Undefined(f"three phases meet at a triple line, the grid has {len(grid.phases)}")
        if len(grid.phases) > 3:
            raise InputError(
                f"three of the phases {', '.join(grid.phases)} must be chosen",
                where=f"{where}.phases",
                fix=f"For example phases={list(grid.phases[:3])}.",
            )
        return 0, 1, 2
    if len(set(phases)) != 3:
        raise InputError(f"three different phases were expected, not {list(phases)}", where=f"{where}.phases")
    first, second, third = (grid.index(phase) for phase in phases)
    return first, second, third


def triple_channels(grid: Grid, phases: tuple[str, str, str] | None, where: str) -> tuple[int, int, int]:
    """Channels of the three phases that a loss drives; as `phase_triple`, but there must be some.

    Args:
        grid: whose phases they are.
        phases: their names, or None where there is no choice.
        where: the loss, for messages.

    Returns:
        Three channels, in the order given.

    Raises:
        InputError: the grid has two phases, or the chosen ones are not what they must be.
    """
    triple = phase_triple(grid, phases, where)
    if isinstance(triple, Undefined):
        raise InputError(triple.reason, where=where, fix="Leave this loss out.")
    return triple
