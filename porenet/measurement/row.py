"""Rows of a table: one value with its metric, parameters and volume; written here, and checked when a table is read."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from porenet.errors import PluginError

if TYPE_CHECKING:
    from porenet.interface import Volume
    from porenet.registry import Component

Row = dict[str, Any]

COLUMNS = (
    "volume", "metric", "provider", "key", "value", "undefined", "unit", "params", "phases", "voxel_um", "periodic",
    "shape", "origin", "sha256", "versions",
)  # fmt: skip
"""Keys of a row, in the order of the table's columns."""

TEXTS = {"volume", "metric", "provider", "key", "undefined", "unit", "sha256"}
"""Columns that hold text; the others hold JSON values."""


@dataclass(frozen=True)
class Source:
    """File and origin of a measured volume.

    Attributes:
        volume: its name in the table.
        sha256: SHA-256 of the bytes that were read; None for a volume without a file.
        origin: ``{"source": ..., "corner": [z, y, x]}`` (voxels), the place it was cut from; None if it was not cut.
    """

    volume: str
    sha256: str | None = None
    origin: Mapping[str, Any] | None = None


def rows_of(
    component: Component,
    params: Mapping[str, Any],
    values: Mapping[str, Any],
    volume: Volume,
    source: Source | None = None,
) -> list[Row]:
    """Values of a metric on a volume, one row per value.

    Args:
        component: the metric.
        params: every parameter it was called with.
        values: its result: key -> float or `Undefined`.
        volume: the measured volume.
        source: file and origin of the volume; if None, the rows lack ``volume``, ``sha256`` and ``origin``.

    Raises:
        PluginError: a key without a unit, or a value that is neither a finite float nor `Undefined`.
    """
    grid = volume.grid
    of_source = {} if source is None else {"volume": source.volume, "origin": source.origin, "sha256": source.sha256}
    common = {
        **of_source,
        "metric": component.spec.name,
        "provider": component.provider.name,
        "params": dict(params),
        "phases": list(grid.phases),
        "voxel_um": list(grid.voxel_um),
        "periodic": list(grid.periodic),
        "shape": list(volume.labels.shape),
        "versions": _versions(component),
    }
    return [common | _value(component, key, value) for key, value in values.items()]


def _value(component: Component, key: object, value: object) -> Row:
    from porenet.interface import Undefined  # not needed to read a table

    spec, where = component.spec, f"metric {component.full_name}"
    unit = spec.unit if isinstance(spec.unit, str) else spec.unit.get(str(key))
    if not isinstance(key, str) or unit is None:
        raise PluginError(f"returned {key!r}, for which its Spec has no unit", where=where)
    if isinstance(value, Undefined) and isinstance(value.reason, str):
        return {"key": key, "value": None, "undefined": value.reason, "unit": unit}
    if not isinstance(value, float) or not math.isfinite(value):
        raise PluginError(f"returned {key} = {value!r:.60}, not a finite float or Undefined(reason)", where=where)
    return {"key": key, "value": float(value), "undefined": None, "unit": unit}


def _versions(component: Component) -> dict[str, str]:
    """Versions of porenet, the provider of the metric, and numpy."""
    versions = {name: _installed_version(name) for name in ("porenet", "numpy")}
    if component.is_installed:
        versions[component.provider.name] = component.provider.version
    return versions


@functools.cache
def _installed_version(distribution: str) -> str:
    from importlib.metadata import version

    return version(distribution)


def check_row(row: Any) -> Row:
    """Check the types of the fields of a row.

    Raises:
        ValueError: a field is missing or has another type.
    """
    if not isinstance(row, dict) or not {"volume", "metric", "key", "value", "unit"} <= set(row):
        raise ValueError("a row lacks volume, metric, key, value or unit")
    for name in TEXTS & set(row):
        if not isinstance(row[name], str | None):
            raise ValueError(f"{name} is {row[name]!r:.40}, not text")
    value = row["value"]
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max
    ):
        raise ValueError(f"value is {value!r:.40}, not a finite number")
    if not isinstance(row.get("params"), dict | None):
        raise ValueError(f"params is {row['params']!r:.40}, not a mapping")
    for name in ("shape", "voxel_um"):
        triple = row.get(name)
        if triple is not None and not (isinstance(triple, list) and len(triple) == 3 and all(map(_is_number, triple))):
            raise ValueError(f"{name} is {triple!r:.40}, not three numbers")
    origin = row.get("origin")
    if origin is not None and not (
        isinstance(origin, dict)
        and isinstance(origin.get("source"), str)
        and isinstance(origin.get("corner"), list)
        and len(origin["corner"]) == 3
        and all(map(_is_number, origin["corner"]))
    ):
        raise ValueError(f"origin is {origin!r:.60}, not a source and a corner")
    return row


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
