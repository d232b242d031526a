"""Values of an array in memory, turned into labels by the mapping of the caller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.errors import InputError

PhaseValues = Mapping[str, int | Sequence[int]]

WHERE = "Volume.from_array"
TABLE = 1 << 16
"""Values from 0 below this are looked up in a table; others are searched for."""
LISTED = 12
"""Most values without a phase that a message lists."""
NO_PHASE = 255


def values_of_phases(phases: Sequence[str] | PhaseValues) -> dict[str, tuple[int, ...]]:
    """The values that mean each phase.

    Args:
        phases: names, whose values are 0, 1, ...; or name -> value, or several values that are put together.

    Raises:
        InputError: not such a sequence or mapping, a phase without a value, or a value of two phases.
    """
    if isinstance(phases, Mapping):
        values = {name: _values(name, value) for name, value in phases.items()}
    elif isinstance(phases, Sequence) and not isinstance(phases, str):
        values = {name: (label,) for label, name in enumerate(phases)}
        if len(values) < len(phases):
            raise InputError(f"a phase is named twice: {list(phases)}", where=f"{WHERE}.phases")
    else:
        raise InputError(
            f"names of the phases, or a mapping from name to value, were expected, not {type(phases).__name__}",
            where=f"{WHERE}.phases",
            fix='Such as {"Ni": 255, "YSZ": [127, 200], "pore": 0}.',
        )
    owners: dict[int, str] = {}
    for name, several in values.items():
        for value in several:
            if value in owners:
                raise InputError(f"{owners[value]!r} and {name!r} share the value {value}", where=f"{WHERE}.phases")
            owners[value] = name
    return values


def _values(name: str, named: object) -> tuple[int, ...]:
    several = named if isinstance(named, Iterable) and not isinstance(named, str | bytes) else (named,)
    values = []
    for value in several:
        # Of numpy too: its integers are no int.
        if isinstance(value, bool | float | str | bytes) or not hasattr(value, "__index__"):
            raise InputError(f"the value of {name!r} must be a whole number, not {value!r}", where=f"{WHERE}.phases")
        values.append(int(value.__index__()))
    if not values:
        raise InputError(f"{name!r} has no value", where=f"{WHERE}.phases", fix="Name one, even if it does not occur.")
    return tuple(values)


def plain_array(array: object) -> NDArray[Any]:
    """An array of integers or booleans, of numpy, of torch or of what numpy takes for an array.

    Args:
        array: ``(Z, Y, X)``; floating-point values must be whole numbers.

    Raises:
        InputError: no array, not three-dimensional, masked, or of other values.
    """
    if hasattr(array, "detach") and hasattr(array, "cpu"):  # torch, which this does not import
        array = array.detach().cpu().numpy()
    if hasattr(array, "mask") and hasattr(array, "filled"):
        raise InputError(
            "a plain array was expected, not a masked one, whose mask would be lost",
            where=WHERE,
            fix="Give the masked voxels a value of their own: array.filled(value).",
        )
    if isinstance(array, str | bytes | Mapping) or not (hasattr(array, "__array__") or isinstance(array, Sequence)):
        raise InputError(f"an array was expected, not {type(array).__name__}", where=WHERE)
    try:
        values = np.asarray(array)
    except (ValueError, TypeError) as error:
        raise InputError(f"cannot be made an array: {error}", where=WHERE) from error
    if values.ndim != 3 or 0 in values.shape:
        raise InputError(
            f"shape (Z, Y, X) with at least one voxel was expected, not {values.shape}",
            where=WHERE,
            fix="A volume one voxel thick has the shape (1, Y, X)." if values.ndim == 2 else "",
        )
    if values.dtype.kind == "f":
        return _whole_numbers(values)
    if values.dtype.kind not in "uib":
        raise InputError(f"whole numbers were expected, not {values.dtype}", where=WHERE)
    return values


def _whole_numbers(values: NDArray[Any]) -> NDArray[np.int64]:
    values = values.astype(np.float64)
    sound = np.isfinite(values) & (values == np.trunc(values)) & (np.abs(values) <= 2.0**53)
    if not sound.all():
        place = tuple(int(index) for index in np.argwhere(~sound)[0])
        raise InputError(
            f"holds {float(values[place])!r} at voxel {place}, which is no whole number",
            where=WHERE,
            fix="Segment grey values first, and take the argmax of probabilities.",
        )
    return values.astype(np.int64)


def labels_of(values: NDArray[Any], phases: Mapping[str, Sequence[int]]) -> NDArray[np.uint8]:
    """The label of each voxel, the place of its phase.

    Args:
        values: ``(Z, Y, X)`` integers or booleans.
        phases: values of each phase.

    Returns:
        ``(Z, Y, X)`` uint8, C order.

    Raises:
        InputError: values without a phase; they are counted.
    """
    known = {value: label for label, several in enumerate(phases.values()) for value in several}
    labels = _looked_up(values, known)
    lost = labels == NO_PHASE
    if lost.any():
        lost_values, counts = np.unique(values[lost], return_counts=True)
        listed = ", ".join(
            f"{value} ({count})" for value, count in zip(lost_values[:LISTED], counts[:LISTED], strict=True)
        )
        more = f" and {len(lost_values) - LISTED} more" if len(lost_values) > LISTED else ""
        raise InputError(
            f"values without a phase, and the number of their voxels: {listed}{more}",
            where=f"{WHERE}.phases",
            fix="Give each value a phase; several may share one: {'YSZ': [127, 200]}.",
        )
    return labels


def _looked_up(values: NDArray[Any], known: Mapping[int, int]) -> NDArray[np.uint8]:
    if values.dtype.kind == "b":
        values = values.view(np.uint8)
    if int(values.min()) >= 0 and int(values.max()) < TABLE:
        table = np.full(TABLE, NO_PHASE, np.uint8)
        for value, label in known.items():
            if 0 <= value < TABLE:
                table[value] = label
        return np.ascontiguousarray(table[values])
    labels = np.full(values.shape, NO_PHASE, np.uint8)
    limits = np.iinfo(values.dtype)
    for value, label in known.items():
        if limits.min <= value <= limits.max:
            labels[values == value] = label
    return labels
