"""Which face a way leads to."""

from __future__ import annotations

from porenet.interface import Face, InputError, opposite


def outlet_of(inlet: Face, outlet: Face | None) -> Face:
    """The face that ways from the inlet are to reach: the one opposite unless another is named.

    Raises:
        InputError: it is the inlet itself.
    """
    if inlet == outlet:
        raise InputError(
            f"the way from {inlet} to itself has no length", where="outlet", fix=f"Try {opposite(inlet)!r}."
        )
    return outlet or opposite(inlet)
