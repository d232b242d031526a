"""Values of a file by the names of their phases."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from porenet.errors import InputError, argument

LEAST_VALUE, MOST_VALUE = -(1 << 63), (1 << 64) - 1
"""Smallest and largest file value of a phase: what int64 and uint64 hold."""

PHASES = argument("phases")
"""Name of the argument in messages."""


def check_mapping(phases: Mapping[str, int], *, where: str = PHASES) -> dict[str, int]:
    """Check a mapping from phase to file value.

    Args:
        phases: file value of each phase, in label order.
        where: name of the argument in messages.

    Returns:
        The mapping, with plain integers.

    Raises:
        InputError: not a mapping to whole numbers, a value occurs twice, or not 2 to 255 phases.
    """
    if not isinstance(phases, Mapping):
        raise InputError(
            f"a mapping from phase to file value was expected, not {type(phases).__name__}",
            where=where,
            fix='Write {"Ni": 255, "YSZ": 127, "pore": 0}.',
        )
    owners: dict[int, str] = {}
    for name, value in phases.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise InputError(f"the file value of {name!r} must be a whole number, not {value!r}", where=where)
        if not LEAST_VALUE <= int(value) <= MOST_VALUE:
            raise InputError(
                f"the file value of {name!r} must be in {LEAST_VALUE} to {MOST_VALUE}, not {value}", where=where
            )
        if int(value) in owners:
            raise InputError(f"{owners[int(value)]!r} and {name!r} share the file value {value}", where=where)
        owners[int(value)] = name
    if not 2 <= len(owners) <= 255:
        raise InputError(
            f"2 to 255 phases were expected, not {len(owners)}",
            where=where,
            fix="A phase may be absent from the file; name it anyway.",
        )
    return {name: value for value, name in owners.items()}
