"""Rows of a table: one value with its metric, parameters and volume; written here, and checked when a table is read."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from porenet.errors import PluginError

if TYPE_CHECKING:
    from porenet.interface import Volume
    from porenet.registry import Component, Provider
    from porenet.slabs import About

Row = dict[str, Any]

COLUMNS = (
    "volume", "metric", "provider", "key", "value", "undefined", "unit", "params", "phases", "voxel_um", "periodic",
    "dims", "shape", "origin", "sha256", "versions",
)  # fmt: skip
"""Keys of a row, in the order of the table's columns."""

TEXTS = {"volume", "metric", "provider", "key", "undefined", "unit", "sha256"}
"""Columns that hold text; the others hold JSON values."""

_NUMBERS = {2: "two", 3: "three"}

_REQUIRED = {"volume", "metric", "key", "value", "unit"}


def is_of(row: Row, names: Collection[str]) -> bool:
    """Whether a row is of one of these metrics, each named ``vf`` or ``porenet:vf``."""
    return row["metric"] in names or full_name(row) in names


def absent_metrics(rows: Iterable[Row], names: Iterable[str]) -> list[str]:
    """Names of metrics, ``vf`` or ``porenet:vf``, of which there are no rows; sorted."""
    known = {name for row in rows for name in (row["metric"], full_name(row))}
    return sorted(set(names) - known)


def full_name(row: Row) -> str:
    """The name of a row's metric with its provider, ``porenet:vf``; rows without a provider are porenet's."""
    return f"{row.get('provider') or 'porenet'}:{row['metric']}"


@dataclass(frozen=True)
class Source:
    """File and origin of a measured volume.

    Attributes:
        volume: its name in the table.
        sha256: SHA-256 of the bytes that were read; None for a volume without a file.
        origin: ``{"source": ..., "corner": [z, y, x]}`` (voxels; of a section [y, x]), the place it was cut from; None
            if it was not cut.
    """

    volume: str
    sha256: str | None = None
    origin: Mapping[str, Any] | None = None


def rows_of(
    component: Component,
    params: Mapping[str, Any],
    values: Mapping[str, Any],
    volume: Volume | About,
    source: Source | None = None,
) -> list[Row]:
    """Values of a metric on a volume, one row per value.

    Args:
        component: the metric.
        params: every parameter it was called with.
        values: its result: key -> float or `Undefined`.
        volume: the measured volume, or what is known about it.
        source: file and origin of the volume; if None, the rows lack ``volume``, ``sha256`` and ``origin``.

    Raises:
        PluginError: a key without a unit, or a value that is neither a finite float nor `Undefined`.
    """
    grid = volume.grid
    common: Row = {} if source is None else {"volume": source.volume, "origin": source.origin, "sha256": source.sha256}
    common |= {
        "metric": component.spec.name,
        "provider": component.provider.name,
        "params": dict(params),
        "phases": list(grid.phases),
        "voxel_um": list(grid.edges_um),
        "periodic": list(grid.wraps),
        "dims": grid.dims,
        "shape": list(volume.shape[-grid.dims :]),
        "versions": versions_of(component),
    }
    from porenet.interface import Undefined  # not needed to read a table

    units, rows = component.spec.unit_in(grid.dims), []
    for key, value in values.items():
        unit = units if isinstance(units, str) else units.get(str(key))
        if not isinstance(key, str) or unit is None:
            raise _broken(component, f"returned {key!r}, for which its Spec has no unit")
        if isinstance(value, float) and math.isfinite(value):
            rows.append({**common, "key": key, "value": float(value), "undefined": None, "unit": unit})
        elif isinstance(value, Undefined) and isinstance(value.reason, str):
            rows.append({**common, "key": key, "value": None, "undefined": value.reason, "unit": unit})
        else:
            raise _broken(component, f"returned {key} = {value!r:.60}, not a finite float or Undefined(reason)")
    return rows


def _broken(component: Component, what: str) -> PluginError:
    return PluginError(what, where=f"metric {component.full_name}")


def versions_of(component: Component) -> dict[str, str]:
    """Versions of porenet, the provider of the metric, and numpy."""
    return dict(_versions_with(component.provider))


@functools.cache
def _versions_with(provider: Provider) -> dict[str, str]:
    from porenet.registry import REGISTERED

    versions = {name: _installed_version(name) for name in ("porenet", "numpy")}
    return versions if provider == REGISTERED else versions | {provider.name: provider.version}


@functools.cache
def _installed_version(distribution: str) -> str:
    from importlib.metadata import version

    return version(distribution)


def check_row(row: Any) -> Row:
    """Check the types of the fields of a row.

    Raises:
        ValueError: a field is missing or has another type.
    """
    if not isinstance(row, dict) or _REQUIRED - set(row):
        raise ValueError("a row lacks volume, metric, key, value or unit")
    for name in TEXTS & set(row):
        if not isinstance(row[name], str) and (name in _REQUIRED or row[name] is not None):
            raise ValueError(f"{name} is {row[name]!r:.40}, not text")
    value = row["value"]
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max
    ):
        raise ValueError(f"value is {value!r:.40}, not a finite number")
    if not isinstance(row.get("params"), dict | None):
        raise ValueError(f"params is {row['params']!r:.40}, not a mapping")
    _check_box(row)
    return row


def _check_box(row: Row) -> None:
    """Check dimensions, voxel edges, shape and corner; the corners of cubes are counted in shapes."""
    voxel_um, shape, origin = row.get("voxel_um"), row.get("shape"), row.get("origin")
    dims = 3 if row.get("dims") is None else row["dims"]
    if not _is_whole(dims) or dims not in _NUMBERS:
        raise ValueError(f"dims is {dims!r:.40}, not 2 or 3")
    numbers = _NUMBERS[dims]
    if voxel_um is not None and not (_is_list(voxel_um, dims) and all(map(_is_number, voxel_um))):
        raise ValueError(f"voxel_um is {voxel_um!r:.40}, not {numbers} numbers")
    if shape is not None and not (_is_list(shape, dims) and all(_is_whole(side) and side > 0 for side in shape)):
        raise ValueError(f"shape is {shape!r:.40}, not {numbers} numbers of voxels")
    if origin is None:
        return
    if not isinstance(origin, dict) or not isinstance(origin.get("source"), str):
        raise ValueError(f"origin is {origin!r:.60}, not a source and a corner")
    corner = origin.get("corner")
    if not (_is_list(corner, dims) and all(map(_is_whole, corner))) or shape is None:
        raise ValueError(f"origin is {origin!r:.60}, not a corner in voxels, of a volume with a shape")


def _is_list(value: object, dims: int) -> TypeGuard[list[Any]]:
    return isinstance(value, list) and len(value) == dims


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
