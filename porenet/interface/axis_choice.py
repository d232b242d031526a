"""The parameter ``axis`` of a metric: one axis, or all in one go. Importing this imports nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from porenet.errors import InputError
from porenet.flood_fill.axes import AXES, Axis
from porenet.interface.components import Value

AxisChoice = Literal["z", "y", "x", "all"]
"""An axis, or all of them."""


def measured_along(
    axis: AxisChoice, measure: Callable[[Axis], Mapping[str, Value]], axes: tuple[Axis, ...] = AXES
) -> dict[str, Value]:
    """Values along an axis, or along each of them.

    Args:
        axis: which.
        measure: gives the values along an axis, by key.
        axes: those that there are: `porenet.Grid.axes`.

    Returns:
        Of one axis the values under their own keys; of all each key with the axis behind it, ``pore`` as ``pore.z``,
        ``pore.y`` and ``pore.x``, in the order of the keys. A key that not all axes have, such as a lag too long for
        one of them, stands for those that have it.

    Raises:
        InputError: no such axis.
    """
    if axis not in axes and axis != "all":
        raise InputError(f"an axis is {', '.join(axes)} or all, not {axis!r}", where="axis")
    if axis != "all":
        return dict(measure(axis))
    along = {name: measure(name) for name in axes}
    keys = dict.fromkeys(key for values in along.values() for key in values)
    return {f"{key}.{name}": along[name][key] for key in keys for name in axes if key in along[name]}
