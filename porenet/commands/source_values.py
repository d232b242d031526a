"""Values of the phases in a file that is read, for what is written from it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porenet.interface.phase_values import values_of_phases

if TYPE_CHECKING:
    from porenet.interface import Grid
    from porenet.interface.phase_values import PhaseValues

_BYTE = 255


def source_values(source: Path, grid: Grid, stated: PhaseValues, reading: dict[str, Any]) -> dict[str, int]:
    """The value of each phase, as the options or the file itself state it; of several values the first.

    Args:
        source: file or folder that was read.
        grid: of the volume in it.
        stated: values that the options state; empty if they state none.
        reading: options that it was read with.

    Returns:
        Values 0 to 255; the labels where nothing states them, or one of them does not fit a byte.
    """
    from porenet import formats

    own = stated or formats.stated_values(source, **{key: reading[key] for key in reading if key != "override"})
    first = first_values(own or grid.phases)
    fits = set(first) == set(grid.phases) and all(0 <= value <= _BYTE for value in first.values())
    return first if fits else {phase: label for label, phase in enumerate(grid.phases)}


def first_values(values: PhaseValues | Sequence[str]) -> dict[str, int]:
    """The value of each phase that is written: of several the first; of names alone their places."""
    return {phase: numbers[0] for phase, numbers in values_of_phases(values).items()}
