"""The three phases of a triple-phase boundary."""

from __future__ import annotations

from porenet.interface import Grid, InputError, Undefined


def triple_labels(
    grid: Grid, phase_triple: tuple[str, str, str] | None, where: str
) -> tuple[int, int, int] | Undefined:
    """Labels of the three phases of a triple-phase boundary.

    Args:
        grid: grid of the phases.
        phase_triple: three names, or None on a grid of three phases.
        where: name of the component, for messages.

    Returns:
        Three labels, in the order of ``phase_triple``, or `Undefined` on a grid of two phases.

    Raises:
        InputError: the grid has more than three phases and none were chosen, two are the same, or one is unknown.
    """
    if phase_triple is None:
        if len(grid.phases) < 3:
            return Undefined(f"three phases meet at a triple line, the grid has {len(grid.phases)}")
        if len(grid.phases) > 3:
            raise InputError(
                f"three of the phases {', '.join(grid.phases)} must be chosen",
                where=f"{where}.phase_triple",
                fix=f"For example phase_triple = {list(grid.phases[:3])}.",
            )
        return 0, 1, 2
    if len(set(phase_triple)) != 3:
        raise InputError(
            f"three different phases were expected, not {list(phase_triple)}", where=f"{where}.phase_triple"
        )
    first, second, third = (grid.index(phase) for phase in phase_triple)
    return first, second, third


def triple_channels(grid: Grid, phase_triple: tuple[str, str, str] | None, where: str) -> tuple[int, int, int]:
    """Channels of the three phases of a loss; as `triple_labels`, but a grid of two phases is refused.

    Args:
        grid: grid of the phases.
        phase_triple: three names, or None on a grid of three phases.
        where: name of the loss, for messages.

    Returns:
        Three channels, in the order of ``phase_triple``.

    Raises:
        InputError: the grid has two phases, or `triple_labels` refuses the phases.
    """
    triple = triple_labels(grid, phase_triple, where)
    if isinstance(triple, Undefined):
        raise InputError(triple.reason, where=where, fix="Leave this loss out.")
    return triple
