"""Why a transport value does not exist."""

from __future__ import annotations

from porenet.interface import Axis, Undefined, faces_of

ABSENT = Undefined("phase absent")


def no_path(axis: Axis) -> Undefined:
    """No path through the phase from one face of an axis to the other."""
    inlet, outlet = faces_of(axis)
    return Undefined(f"no path through the phase joins {inlet} and {outlet}")


def gave_up(steps: int, error: float) -> Undefined:
    """The solver stopped before the estimate of its relative error came down to the tolerance."""
    return Undefined(f"the solver gave up after {steps} steps, at an estimated error of {error:.1g}")
