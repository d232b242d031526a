"""The axes of a NRRD file: which are those of space, and the voxel edges along them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, UNSTATED, Voxel, in_um, spacing_without_unit, unknown_units

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SPACE = ("domain", "space", "none", "???", "")
_ROUNDING = 1e-6
"""Component of a direction, relative to its length, that is taken for zero."""


def space_axes(fields: dict[str, Any], sizes: Sequence[int]) -> list[int]:
    """Numbers of the axes that span the volume, fastest first: x, y, z.

    Beside three axes of space, axes of one sample that are none of space (``scalar``, ``list``, ...) are left out.

    Args:
        fields: fields of the header.
        sizes: samples along each axis, fastest first.

    Raises:
        InputError: an axis is one of colours, vectors, times and the like.
    """
    others = _other_kinds(fields, len(sizes))
    extra = [axis for axis in others if sizes[axis] == 1] if len(sizes) > 3 else []
    axes = [axis for axis in range(len(sizes)) if axis not in extra]
    for axis in axes:
        if axis in others:
            raise InputError(
                f"its axis {axis + 1} of {len(sizes)}, of {sizes[axis]} samples, is of kind {others[axis]!r}, "
                "not one of space",
                fix="Save one label per voxel, in three axes of kind 'domain' or 'space'.",
            )
    return axes


def _other_kinds(fields: dict[str, Any], count: int) -> dict[int, str]:
    """Kind of each axis that is none of space."""
    kinds = [str(kind)[:40] for kind in fields.get("kinds", ())]
    if kinds and len(kinds) != count:
        raise InputError(f"its header gives {len(kinds)} kinds of {count} axes", fix=DAMAGED)
    others = {axis: kind for axis, kind in enumerate(kinds) if kind.lower() not in _SPACE}
    directions = _directions(fields, count)
    if directions is not None and not np.isnan(directions).all():
        others |= {axis: "none" for axis in range(count) if np.isnan(directions[axis]).all() and axis not in others}
    return others


def voxel_edges(fields: dict[str, Any], axes: Sequence[int], count: int) -> tuple[Voxel, str]:
    """Voxel edges (z, y, x), um, and why there are none although the header seems to state them.

    Args:
        fields: fields of the header.
        axes: axes of space, fastest first.
        count: number of all axes.

    Raises:
        InputError: the directions permute, flip or tilt the axes, or a field has not one entry per axis.
    """
    if len(axes) != 3:
        return UNSTATED, ""
    vectors, spacings = _directions(fields, count), _spacings(fields, count)
    vectors = None if vectors is None or np.isnan(vectors[list(axes)]).any() else vectors[list(axes)]
    edges = [] if spacings is None else [spacings[axis] for axis in axes]
    if vectors is not None and not all(map(math.isnan, edges)):
        return UNSTATED, "its header gives both spacings and space directions, of which NRRD allows one"
    if vectors is not None:
        edges = _lengths(vectors)
    if not edges:
        return UNSTATED, ""
    units = [str(unit) for unit in fields.get("units", ())]
    if len(units) == count:
        units = [units[axis] for axis in axes]
    space_units = [str(unit) for unit in fields.get("space units", ())]
    if any(units) and any(space_units) and units != space_units:
        return UNSTATED, "its header gives units and space units that differ"
    return _with_units(edges, units if any(units) else space_units)


def _directions(fields: dict[str, Any], count: int) -> NDArray[np.float64] | None:
    """A vector per axis, NaN for an axis that has none; None if the header gives no vectors."""
    written = fields.get("space directions")
    if written is None:
        return None
    rows = [[math.nan] if row is None else np.asarray(row, float).tolist() for row in written]
    if len(rows) != count:
        raise InputError(f"its header gives {len(rows)} space directions of {count} axes", fix=DAMAGED)
    width = max(map(len, rows), default=1)
    return np.array([row if len(row) == width else [math.nan] * width for row in rows], float)


def _spacings(fields: dict[str, Any], count: int) -> list[float] | None:
    written = fields.get("spacings")
    if written is None:
        return None
    if len(written) != count:
        raise InputError(f"its header gives {len(written)} spacings of {count} axes", fix=DAMAGED)
    return [float(edge) for edge in written]


def _lengths(vectors: NDArray[np.float64]) -> list[float]:
    """Lengths of the vectors of x, y, z, which must point along the first, second and third axis of space."""
    edges = np.sqrt((vectors**2).sum(axis=1))
    if vectors.shape != (3, 3) or not (np.abs(vectors - np.diag(edges)) <= _ROUNDING * edges[:, None]).all():
        rows = " ".join(f"({','.join(f'{part:g}' for part in vector)})" for vector in vectors)
        raise InputError(
            f"its space directions {rows} permute, flip or tilt its axes",
            fix="Resample it along z, y, x, or write it with axes in the order x, y, z and positive directions.",
        )
    return [float(edge) for edge in edges]


def _with_units(edges: Sequence[float], units: Sequence[str]) -> tuple[Voxel, str]:
    """Edges (z, y, x), um, of edges (x, y, z) and their units."""
    if not any(unit.strip() for unit in units):
        z, y, x = spacing_without_unit(list(reversed(edges)))
    elif len(units) != 3:
        return UNSTATED, f"its header gives {len(units)} units of 3 axes"
    else:
        x, y, z = (
            None if factor is None else edge * factor for edge, factor in zip(edges, map(in_um, units), strict=True)
        )
    # NRRD writes NaN for an edge that is not known
    z, y, x = (None if edge is None or math.isnan(edge) else edge for edge in (z, y, x))
    return (z, y, x), unknown_units(units)
