"""Dimensions of a grid: which components are defined on it, and which axes and faces their parameters can name.

A section has the axes y and x. A default that names z, or one of its faces, becomes y there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from porenet.errors import InputError, Problem
from porenet.interface import AXES, FACES, Grid
from porenet.registry.component import Component

_ABSENT = {"z": "y", "z_min": "y_min", "z_max": "y_max"}
"""What a section does not have -> what a default becomes there."""


def refuse_dims(component: Component, grid: Grid) -> None:
    """Check that a component is defined on a grid.

    Raises:
        InputError: it is not.
    """
    dims = component.spec.dims
    if grid.dims not in dims:
        raise InputError(
            f"{component.full_name} is defined in {' and '.join(f'{number}-D' for number in dims)} only, "
            f"and the grid has {grid.dims} dimensions",
        )


def in_plane(default: object, hint: Any) -> object:
    """A default on a section: y in place of z, where its annotation says that it is an axis or a face."""
    if not _names_axes(hint):
        return default
    if isinstance(default, tuple):
        return tuple(in_plane(entry, hint) for entry in default)
    return _ABSENT.get(default, default) if isinstance(default, str) else default


def out_of_plane(written: Mapping[str, object], hints: Mapping[str, Any], path: str) -> list[Problem]:
    """Axes and faces in parameters that a section does not have.

    Args:
        written: parameters by name.
        hints: their annotations.
        path: key path of the parameters, for messages.
    """
    return [
        Problem(f"{path}.{name}" if path else name, f"a 2-D grid has the axes y and x, not {absent!r}")
        for name, value in written.items()
        if _names_axes(hints.get(name))
        for absent in _absent_in(value)
    ]


def _absent_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if value in _ABSENT:
            yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _absent_in(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _absent_in(entry)


def _names_axes(hint: Any) -> bool:
    """Whether an annotation holds a choice among the axes, or among the faces."""
    inside = get_args(hint)
    return (
        {*AXES} <= {*filter(_is_text, inside)}
        or {*FACES} <= {*filter(_is_text, inside)}
        or any(map(_names_axes, inside))
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)
