"""Default outlet of a path through the box: the face opposite the inlet."""

from __future__ import annotations

from porenet.interface import Face, InputError, opposite


def outlet_of(inlet: Face, outlet: Face | None) -> Face:
    """The face that paths from the inlet must reach: the outlet, or by default the face opposite the inlet.

    Raises:
        InputError: the outlet is the inlet.
    """
    if inlet == outlet:
        raise InputError(
            f"inlet and outlet are the same face, {inlet!r}", where="outlet", fix=f"Try {opposite(inlet)!r}."
        )
    return outlet or opposite(inlet)
