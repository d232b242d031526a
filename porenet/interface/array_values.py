"""Values of an array in memory, turned into labels by the mapping of the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.errors import InputError
from porenet.interface.value_labels import ValueLabels

WHERE = "Volume.from_array"
PHASES = f"{WHERE}.phases"
CHANNELS, LEAST_SIDE = (2, 3, 4), 16
"""Voxels along x, and at least along z and y, of an array that is taken for a picture of several channels (grey and
alpha, colour, colour and alpha)."""
LISTED = 12
"""Most values without a phase that a message lists."""


def plain_array(array: object, dims: int | None = None) -> NDArray[Any]:
    """An array of integers or booleans, of numpy, of torch or of what numpy takes for an array.

    Args:
        array: ``(Z, Y, X)``, or ``(Y, X)`` of a section; floating-point values must be whole numbers.
        dims: 2 for a section, which may come as ``(1, Y, X)`` too, or 3; default: the number of axes of the array.

    Raises:
        InputError: no array, of another number of axes, masked, or of other values.
    """
    if hasattr(array, "detach") and hasattr(array, "cpu"):  # torch, which this does not import
        array = array.detach().cpu().numpy()
    if hasattr(array, "mask") and hasattr(array, "filled"):
        raise InputError(
            "a plain array was expected, not a masked one, whose mask would be lost",
            where=WHERE,
            fix="Give the masked voxels a value of their own: array.filled(value).",
        )
    of_numpy = hasattr(array, "__array__") or hasattr(array, "__array_interface__")  # an image of PIL has the second
    if isinstance(array, str | bytes | Mapping) or not (of_numpy or isinstance(array, Sequence)):
        raise InputError(f"an array was expected, not {type(array).__name__}", where=WHERE)
    if isinstance(array, Sequence) and any(getattr(entry, "ndim", 0) > 1 for entry in array):
        raise InputError(
            f"one array was expected, not a {type(array).__name__} of {len(array)} arrays",
            where=WHERE,
            fix="Measure structures one by one; numpy.stack makes one volume of slices.",
        )
    try:
        values = np.asarray(array)
    except (ValueError, TypeError) as error:
        raise InputError(f"cannot be made an array: {error}", where=WHERE) from error
    values = _with_axes(values, dims)
    if values.dtype.kind == "f":
        return _whole_numbers(values)
    if values.dtype.kind not in "uib":
        raise InputError(f"whole numbers were expected, not {values.dtype}", where=WHERE)
    return values


def _with_axes(values: NDArray[Any], dims: int | None) -> NDArray[Any]:
    """The values with two axes or three, as wanted."""
    if dims not in (None, 2, 3):
        raise InputError(f"2 or 3 was expected, not {dims!r}", where=f"{WHERE}.dims")
    if dims == 2 and values.ndim == 3 and len(values) == 1:
        values = values[0]
    if values.ndim not in ((2, 3) if dims is None else (dims,)) or 0 in values.shape:
        axes = {2: "(Y, X)", 3: "(Z, Y, X)", None: "(Z, Y, X), or (Y, X) of a section,"}[dims]
        raise InputError(
            f"shape {axes} with at least one voxel was expected, not {values.shape}",
            where=WHERE,
            fix="A volume one voxel thick has the shape (1, Y, X)." if dims == 3 and values.ndim == 2 else "",
        )
    if dims is None:
        _refuse_picture(values)
    return values


def is_picture(shape: Sequence[int], dtype: np.dtype[Any]) -> bool:
    """Whether an array has the shape of a picture of several channels (Y, X, C).

    Its values are those that readers of images give: bytes, two bytes, floating-point numbers, or a comparison of them.
    """
    *sides, last = shape
    of_images = dtype.kind in "bf" or (dtype.kind == "u" and dtype.itemsize <= 2)
    return len(sides) == 2 and last in CHANNELS and min(sides) >= LEAST_SIDE and of_images


def _refuse_picture(values: NDArray[Any]) -> None:
    """Refuse a picture of several channels (Y, X, C), which would be read as a volume C voxels wide."""
    if is_picture(values.shape, values.dtype):
        raise InputError(
            f"shape {values.shape} of {values.dtype} looks like a colour picture, not like a volume "
            f"{values.shape[-1]} voxels wide",
            where=WHERE,
            fix="Of a grey picture in colour take one channel, array[..., 0]; of a volume say dims=3.",
        )


def _whole_numbers(values: NDArray[Any]) -> NDArray[np.int64]:
    values = values.astype(np.float64)
    sound = np.isfinite(values) & (values == np.trunc(values)) & (np.abs(values) <= 2.0**53)
    if not sound.all():
        place = tuple(int(index) for index in np.argwhere(~sound)[0])
        raise InputError(
            f"holds {float(values[place])!r} at voxel {place}, which is not a whole number",
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
    labels = np.empty(values.shape, np.uint8)
    if not ValueLabels.of(values.dtype, known).write(np.ascontiguousarray(values).reshape(-1), labels.reshape(-1)):
        lost = ~np.isin(values, list(known))
        lost_values, counts = np.unique(values[lost], return_counts=True)
        listed = ", ".join(
            f"{value} ({count})" for value, count in zip(lost_values[:LISTED], counts[:LISTED], strict=True)
        )
        more = f" and {len(lost_values) - LISTED} more" if len(lost_values) > LISTED else ""
        raise InputError(
            f"values without a phase, and the number of their voxels: {listed}{more}",
            where=PHASES,
            fix="Give each value a phase; several values may share a phase: {'YSZ': [127, 200]}.",
        )
    return labels
