"""One quantity of a table of real structures: its values, and how to measure it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porenet.comparison import Sample, load_samples
from porenet.config import GridFile
from porenet.errors import InputError, did_you_mean
from porenet.interface import Grid
from porenet.measurement import Request, read_table, requests_for


@dataclass(frozen=True)
class ReferenceQuantity:
    """A quantity of real structures.

    Attributes:
        sample: its values, in the unit of the metric.
        request: the metric with the parameters that the table states.
        key: key of the value.
        grid: phases, voxel edges (um) and boundaries of the structures.
    """

    sample: Sample
    request: Request
    key: str
    grid: Grid


def reference_quantity(table: Path, metric: str, key: str, params: Mapping[str, Any]) -> ReferenceQuantity:
    """Read a quantity of a table.

    Args:
        table: from ``porenet measure -o``.
        metric: name of the metric.
        key: key of the value.
        params: parameters that choose between several measurements of the metric; those that are not named are free.

    Raises:
        InputError: the table cannot be read, does not hold the quantity, or holds it several times.
    """
    samples = load_samples(table, [metric.rpartition(":")[2]])
    keys = sorted({quantity.key for quantity in samples})
    if key not in keys:
        raise InputError(
            f"holds no {key!r} of {metric}{did_you_mean(key, keys)}",
            where=str(table),
            fix=f"It holds {', '.join(keys)}.",
        )
    fitting = [
        quantity
        for quantity in samples
        if quantity.key == key and params.items() <= json.loads(quantity.params).items()
    ]
    if len(fitting) != 1:
        stated = " and ".join(quantity.params for quantity in samples if quantity.key == key)
        raise InputError(
            f"holds {metric} {key} {len(fitting)} times with the parameters {dict(params)}",
            where=str(table),
            fix=f"It was measured with {stated}: name what tells them apart.",
        )
    (quantity,) = fitting
    row = next(row for row in read_table(table) if (row["metric"], row["key"]) == (quantity.metric, key))
    if not row.get("phases") or not row.get("voxel_um"):
        raise InputError("does not state phases and voxel edges", where=str(table), fix="Measure it anew.")
    grid = Grid(row["phases"], json.loads(quantity.voxel_um), row.get("periodic") or (False, False, False))
    name = f"{quantity.provider or 'porenet'}:{quantity.metric}"
    (request,) = requests_for((name,), {name: json.loads(quantity.params)}, GridFile(grid, {}, {}))
    return ReferenceQuantity(samples[quantity], request, key, grid)
