"""The values that mean each phase in a file or array: one mapping, checked in one place. Imports no numpy."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence, Set

from porenet.errors import InputError, argument

PhaseValues = Mapping[str, int | Sequence[int]]
"""Value of each phase, in label order; or several values that are put together."""

LEAST_VALUE, MOST_VALUE = -(1 << 63), (1 << 64) - 1
"""Smallest and largest value of a phase: what int64 and uint64 hold."""

PHASES = argument("phases")
"""Name of the argument in messages."""

_EXAMPLE = 'Such as {"Ni": 255, "YSZ": [127, 200], "pore": 0}.'


def values_of_phases(phases: object, *, where: str = PHASES) -> dict[str, tuple[int, ...]]:
    """Check which values mean each phase.

    Args:
        phases: value of each phase in label order, or several values that are put together; or names alone, whose
            values are 0, 1, ...
        where: name of the argument in messages.

    Returns:
        The values of each phase, plain integers in the order given.

    Raises:
        InputError: not such a mapping, not 2 to 255 phases, a phase without a value, a value that is not a whole number
            or out of range, or a value that occurs twice.
    """
    if isinstance(phases, Mapping):
        values = {name: values_of_phase(name, value, where=where) for name, value in phases.items()}
    elif isinstance(phases, Sequence) and not isinstance(phases, str | bytes):
        values = _labels_of_names(phases, where)
    else:
        raise InputError(
            f"names of the phases, or a mapping from name to value, were expected, not {type(phases).__name__}",
            where=where,
            fix=_EXAMPLE,
        )
    sharing = shared_value(values)
    if sharing:
        raise InputError(sharing, where=where)
    if not 2 <= len(values) <= 255:
        raise InputError(
            f"2 to 255 different phase names were expected, not {len(values)}",
            where=where,
            fix="A phase may be absent; name it anyway.",
        )
    return values


def values_of_phase(name: str, stated: object, *, where: str = PHASES) -> tuple[int, ...]:
    """Check the value, or the values, of one phase.

    Args:
        name: of the phase, for messages.
        stated: an integer, of Python or numpy, or several.
        where: name of the argument in messages.

    Raises:
        InputError: no value, one that is not a whole number or out of range, or one that is stated twice.
    """
    values = tuple(_value(name, value, where) for value in _listed(stated))
    if not values:
        raise InputError(f"{name!r} has no value", where=where, fix="Name one, even if it does not occur.")
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise InputError(f"{name!r} has the value {twice[0]} twice", where=where)
    return values


def shared_value(values: Mapping[str, Sequence[int]]) -> str:
    """In words, the first value that two phases have; empty if there is none."""
    owners: dict[int, str] = {}
    for name, several in values.items():
        for value in several:
            if owners.setdefault(value, name) != name:
                return f"{owners[value]!r} and {name!r} share the value {value}"
    return ""


def plain_values(values: PhaseValues) -> dict[str, int | list[int]]:
    """The mapping as JSON and TOML write it: one number, or a list where a phase has several values."""
    several = {name: [*values_of_phase(name, value)] for name, value in values.items()}
    return {name: numbers[0] if len(numbers) == 1 else numbers for name, numbers in several.items()}


def option_text(values: PhaseValues) -> str:
    """The mapping as the option ``--phases`` takes it: ``Ni=255,YSZ=127+200``."""
    return ",".join(f"{name}={'+'.join(map(str, values_of_phase(name, value)))}" for name, value in values.items())


def _listed(stated: object) -> tuple[object, ...]:
    if isinstance(stated, str | bytes | Mapping | Set):  # a set has no first value, which is the one that is written
        return (stated,)
    try:
        return tuple(stated)  # type: ignore[arg-type]
    except TypeError:  # one number; an array without axes too
        return (stated,)


def _labels_of_names(names: Sequence[str], where: str) -> dict[str, tuple[int, ...]]:
    labels: dict[str, tuple[int, ...]] = {name: (label,) for label, name in enumerate(names) if isinstance(name, str)}
    if len(set(labels)) < len(names):
        raise InputError(f"different names of phases were expected, not {list(names)}", where=where, fix=_EXAMPLE)
    return labels


def _value(name: str, value: object, where: str) -> int:
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # of numpy too, whose integers are no int
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or "bool" in str(getattr(value, "dtype", "")):
        fix = f"Write a list: {sorted(value, key=str)}." if isinstance(value, Set) else ""
        raise InputError(f"the value of {name!r} must be a whole number, not {value!r:.80}", where=where, fix=fix)
    if not LEAST_VALUE <= number <= MOST_VALUE:
        raise InputError(f"the value of {name!r} must be in {LEAST_VALUE} to {MOST_VALUE}, not {number}", where=where)
    return number
