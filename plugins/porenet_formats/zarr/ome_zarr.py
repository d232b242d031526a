"""What OME-Zarr (NGFF) says of an array: the order of its axes, the edges of a voxel, names of labels.

Source: https://ngff.openmicroscopy.org/0.5/ and /0.4/; before 0.4 there are axes and no lengths.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, UNSTATED, Voxel, in_um, spacing_without_unit, unknown_units
from porenet_formats.zarr.nodes import Node

OWN = "porenet"
"""Attribute in which porenet keeps what OME-Zarr has no place for."""

_VERSIONS = ("0.1", "0.2", "0.3", "0.4", "0.5")
_NAMES = ("name", "class", "phase", "label")


@dataclass(frozen=True, slots=True)
class Level:
    """One resolution of an image.

    Attributes:
        path: of its array in the store.
        axes: names and units of its axes, in the order of the array; a unit is empty where none is stated.
        scale: edges of a voxel along the axes, in their units; None where none are stated.
        first: whether it is the level of full resolution.
        note: why its scale does not count, in words.
    """

    path: str
    axes: tuple[tuple[str, str], ...]
    scale: tuple[float, ...] | None
    first: bool
    note: str = ""


def attributes(node: Node) -> Mapping[str, Any]:
    """The attributes of a group that are OME's; since 0.5 they have a name around them."""
    inner = node.attributes.get("ome")
    return inner if isinstance(inner, Mapping) else node.attributes


def levels(node: Node) -> Iterator[Level]:
    """Yield the levels of the images of a group, the fullest of each first; none if it is not an image.

    Raises:
        InputError: another version, or transformations and axes that are not read.
    """
    outer = attributes(node)
    images = outer.get("multiscales", [])
    for image in _list(images, "multiscales"):
        version = str(_object(image).get("version", outer.get("version", "0.4")))
        if version not in _VERSIONS:
            raise InputError(f"is OME-Zarr of version {version[:40]!r}", fix="Write version 0.4 or 0.5.")
        names = _axes(image, version)
        for number, entry in enumerate(_list(image.get("datasets"), "datasets")):
            path = _object(entry).get("path")
            if not isinstance(path, str):
                raise InputError("a level of its image has no path", fix=DAMAGED)
            scale = _scale([*_steps(entry), *_steps(image)], len(names))
            yield Level(f"{node.folder}{path.strip('/')}", names, scale, number == 0)


def checked_by_first(level: Level, lengths: Sequence[int], first: Level, full: Sequence[int]) -> Level:
    """A level without its scale where that makes the box of the image another size than the first level does.

    Some writers give all levels the scale of the first. A level may be longer or shorter by two voxels and 1 %.

    Args:
        level: a level of an image.
        lengths: shape of its array.
        first: the level of full resolution of the same image.
        full: shape of its array.
    """
    if level.first or level.scale is None or first.scale is None or not len(level.scale) == len(lengths) == len(full):
        return level
    for (axis, unit), few, edge, many, fine in zip(level.axes, lengths, level.scale, full, first.scale, strict=True):
        if abs(few * edge - many * fine) > 2 * edge + 0.01 * many * fine:
            lengths_text = (
                f"{few * edge:.6g} {unit or 'units'} along {axis}, the first level of its image {many * fine:.6g}"
            )
            return replace(level, scale=None, note=f"by its scale it is {lengths_text}")
    return level


def value_names(node: Node) -> dict[str, int]:
    """Names that a label image gives to its values: those that can be names of phases."""
    label = attributes(node).get("image-label")
    properties = label.get("properties") if isinstance(label, Mapping) else None
    names: dict[str, int] = {}
    for entry in properties if isinstance(properties, list) else ():
        if not isinstance(entry, Mapping):
            continue
        value = entry.get("label-value")
        name = next((entry[key] for key in _NAMES if isinstance(entry.get(key), str)), "").strip()
        if isinstance(value, int) and not isinstance(value, bool) and name.isprintable() and 0 < len(name) <= 60:
            names.setdefault(name, value)
    return names


def zyx_of(names: Sequence[str], shape: Sequence[int]) -> tuple[int, int, int]:
    """Numbers of the axes z, y and x.

    Args:
        names: names of the axes, in the order of the array.
        shape: its lengths.

    Raises:
        InputError: not each of z, y and x once, or another axis that is longer than 1.
    """
    lower = [name.strip().lower() for name in names]
    if len(lower) != len(shape) or any(lower.count(axis) != 1 for axis in "zyx"):
        raise InputError(
            f"its axes are {', '.join(names)[:80]} for a shape of {'x'.join(map(str, shape))}, not z, y and x",
            fix="Save one 3-D array (Z, Y, X) of labels.",
        )
    for name, length in zip(lower, shape, strict=True):
        if name not in ("z", "y", "x") and length != 1:
            raise InputError(
                f"holds {length} volumes along its axis {name[:40]!r}",
                fix="Save the one that is meant as an array of its own.",
            )
    z, y, x = map(lower.index, "zyx")
    return z, y, x


def voxel_of(level: Level, zyx: tuple[int, int, int]) -> tuple[Voxel, str]:
    """Edges (z, y, x) of a voxel, um, and in words why one that is stated does not count."""
    if level.scale is None:
        return UNSTATED, level.note
    edges = [level.scale[axis] for axis in zyx]
    units = [level.axes[axis][1] for axis in zyx]
    if not any(units):
        return spacing_without_unit(edges), ""
    factors = [in_um(unit) for unit in units]
    z, y, x = (None if factor is None else edge * factor for edge, factor in zip(edges, factors, strict=True))
    return (z, y, x), unknown_units(units)


def _axes(image: Mapping[str, Any], version: str) -> tuple[tuple[str, str], ...]:
    if version in ("0.1", "0.2") and "axes" not in image:
        return tuple((name, "") for name in "tczyx")
    axes = []
    for axis in _list(image.get("axes"), "axes"):
        entry = {"name": axis} if isinstance(axis, str) else _object(axis)
        axes.append((str(entry.get("name"))[:40], str(entry.get("unit") or "")))
    return tuple(axes)


def _scale(steps: list[Mapping[str, Any]], axes: int) -> tuple[float, ...] | None:
    scale: list[float] | None = None
    for step in steps:
        kind = step.get("type")
        if kind not in ("identity", "translation", "scale") or "path" in step:
            raise InputError(
                f"its coordinates are transformed by {str(kind)[:40]!r}{' of another file' if 'path' in step else ''}",
                fix="Resample it to a grid that has a scale only.",
            )
        if kind == "identity":
            continue
        numbers = step.get(kind)
        if not isinstance(numbers, list) or len(numbers) != axes or not all(map(_is_number, numbers)):
            raise InputError(f"its {kind} is {str(numbers)[:60]}, not {axes} numbers", fix=DAMAGED)
        if kind == "scale":
            scale = [edge * float(factor) for edge, factor in zip(scale or [1.0] * axes, numbers, strict=True)]
    return None if scale is None else tuple(scale)


def _steps(holder: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [_object(step) for step in _list(holder.get("coordinateTransformations", []), "coordinateTransformations")]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"its {name} are not a list", fix=DAMAGED)
    return value


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(f"its OME metadata have {str(value)[:60]!r} in the place of an object", fix=DAMAGED)
    return value
