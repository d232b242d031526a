"""Checks of the arguments of `porenet.contacts`; a message says what was expected and what was passed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill.arguments import checked_labels


def checked_marks(marks: Any, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The marks in C order, read-only."""
    checked = checked_labels(marks, "marks")
    if checked.shape != shape:
        raise ValueError(f"marks must have the shape of the labels, {shape}, not {checked.shape}")
    return checked


def checked_bits(supplied: Any, possible: Collection[int], labels: Sequence[int]) -> Sequence[int]:
    """The bits of each label, checked."""
    last = max(labels, default=-1)
    if not isinstance(supplied, Sequence) or len(supplied) <= last:
        raise ValueError(
            f"supplied must be a sequence of bits, one number for each label up to {last}, not {supplied!r}"
        )
    for bits in (*supplied, *possible):
        if isinstance(bits, bool) or not isinstance(bits, int | np.integer) or not 0 <= bits <= 255:
            raise ValueError(f"bits must be a number from 0 to 255, not {bits!r}")
    return supplied


def checked_phases(phases: Any) -> int:
    """The number of phases, checked."""
    if isinstance(phases, bool) or not isinstance(phases, int | np.integer) or not 1 <= phases <= 255:
        raise ValueError(f"phases must be a number from 1 to 255, not {phases!r}")
    return int(phases)


def check_triples(triples: Any, phases: int) -> None:
    """Check that each triple is three different labels."""
    if not isinstance(triples, Sequence):
        raise ValueError(f"triples must be a sequence of triples, not {triples!r:.60}")
    for triple in triples:
        if not _three_integers(triple) or len({*triple} & {*range(phases)}) != 3:
            raise ValueError(f"a triple must be three different labels from 0 to {phases - 1}, not {triple!r}")


def check_steps(steps: Any) -> None:
    """Check that each step leads from a voxel to one of its 26 neighbours, z not negative."""
    if not isinstance(steps, Sequence):
        raise ValueError(f"steps must be a sequence of steps, not {steps!r:.60}")
    for step in steps:
        if not _three_integers(step) or not {*step} <= {-1, 0, 1} or step[0] < 0 or not any(step):
            raise ValueError(f"a step must be (z, y, x), each -1, 0 or 1 and z not negative, not {step!r}")


def _three_integers(value: Any) -> bool:
    whole = isinstance(value, Sequence) and all(isinstance(number, int | np.integer) for number in value)
    return whole and len(value) == 3
