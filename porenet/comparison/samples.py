"""Samples of a table: the values of each quantity, one per volume."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from porenet.errors import InputError
from porenet.interface import Undefined, Value
from porenet.measurement import Row, origin_blocks, table_rows
from porenet.measurement.row import absent_metrics, is_of


@dataclass(frozen=True, order=True)
class Quantity:
    """A measured quantity: metric, key, and how it was measured.

    Attributes:
        metric: name of the metric.
        key: key of the value.
        params: every parameter of the metric, JSON with sorted keys; the estimator is one of them.
        provider: package that provides the metric.
        unit: unit of the value.
        voxel_um: voxel edges (z, y, x), um, JSON; of sections (y, x).
        periodic: whether each axis (z, y, x) is periodic, JSON; of sections (y, x).
    """

    metric: str
    key: str
    params: str
    provider: str
    unit: str
    voxel_um: str
    periodic: str

    @property
    def dims(self) -> int:
        """Dimensions of the structures: 3, or 2 for sections."""
        return 2 if len(json.loads(self.voxel_um) or ()) == 2 else 3

    @property
    def name(self) -> str:
        """Short name for tables."""
        return f"{self.metric} {self.key}"

    @property
    def full_name(self) -> str:
        """Name with all parameters of the metric."""
        params = ", ".join(f"{name}={value}" for name, value in json.loads(self.params).items())
        return f"{self.name} ({params})" if params else self.name


@dataclass
class Sample:
    """The values of one quantity, one per volume.

    Attributes:
        volumes: name of each volume.
        values: value of each volume, in the quantity's unit.
        origins: place from which each volume was cut, or None.
        shapes: shape of each volume (Z, Y, X), voxels.
        hashes: SHA-256 of each volume's file, or None.
    """

    volumes: list[str] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    origins: list[Mapping[str, Any] | None] = field(default_factory=list)
    shapes: list[tuple[int, ...]] = field(default_factory=list)
    hashes: list[str | None] = field(default_factory=list)

    def blocks(self) -> list[Any] | None:
        """Block of each volume: those cut from one place and those of equal bytes are resampled together.

        None: every volume is a block of its own.
        """
        known = [sha256 for sha256 in self.hashes if sha256 is not None]
        repeated = len(set(known)) < len(known)
        if not any(self.origins):
            return _joined(list(range(len(self.values))), self.hashes) if repeated else None
        z, y, x = (max(sides) for sides in zip(*(shape for shape in self.shapes if shape), strict=True))
        blocks = list(origin_blocks(self.origins, (z, y, x)))  # the largest cube, so that none is taken for free
        return _joined(blocks, self.hashes) if repeated else list(blocks)


def _joined(blocks: Sequence[Hashable], hashes: Sequence[str | None]) -> list[Any]:
    """The blocks, those that hold files of equal bytes made one."""
    joined: dict[Hashable, Hashable] = {}

    def root(block: Hashable) -> Hashable:
        while block in joined:
            block = joined[block]
        return block

    first: dict[str, Hashable] = {}
    for block, sha256 in zip(blocks, hashes, strict=True):
        if sha256 is not None:
            mine, other = root(block), root(first.setdefault(sha256, block))
            if mine != other:
                joined[mine] = other
    return [root(block) for block in blocks]


def load_samples(path: Path, metrics: Sequence[str] = ()) -> dict[Quantity, Sample]:
    """Read the samples of a table, one per quantity.

    Args:
        path: table written by ``porenet measure -o``.
        metrics: names of the metrics to load, ``vf`` or ``porenet:vf``; empty: all.

    Raises:
        InputError: the file is not a table, holds a volume twice, sections beside volumes, or lacks one of ``metrics``.
    """
    rows: dict[Quantity, list[Row]] = {}
    seen: set[tuple[Quantity, str]] = set()
    for row in table_rows(path):
        if metrics and not is_of(row, metrics):
            continue
        quantity = Quantity(
            metric=row["metric"],
            key=row["key"],
            params=json.dumps(row.get("params") or {}, sort_keys=True),
            provider=row.get("provider") or "",
            unit=row["unit"],
            voxel_um=json.dumps(row.get("voxel_um")),
            periodic=json.dumps(row.get("periodic")),
        )
        if (quantity, row["volume"]) in seen:
            raise InputError(f"holds {row['volume']} twice for {quantity.name}", where=str(path))
        seen.add((quantity, row["volume"]))
        rows.setdefault(quantity, []).append(row)
    _refuse_mixture(rows, path)
    samples = {quantity: _sample(group) for quantity, group in rows.items()}
    absent = absent_metrics((group[0] for group in rows.values()), metrics)
    if absent or not samples:
        measured = sorted({quantity.metric for quantity in samples})
        raise InputError(
            f"holds no values of {', '.join(absent) or 'any metric'}",
            where=str(path),
            fix=f"It holds {', '.join(measured)}." if measured else "",
        )
    return samples


def _refuse_mixture(rows: Mapping[Quantity, Sequence[Row]], path: Path) -> None:
    """Check that a table is one of volumes, or one of sections.

    Raises:
        InputError: it holds both.
    """
    names = {quantity.dims: group[0]["volume"] for quantity, group in reversed(list(rows.items()))}
    if len(names) > 1:
        raise InputError(
            f"holds sections, such as {names[2]}, and volumes, such as {names[3]}: a quantity per area is not one per "
            "volume",
            where=str(path),
            fix="Measure them into a table each.",
        )


def _sample(rows: list[Row]) -> Sample:
    sample = Sample()
    for row in sorted(rows, key=lambda row: str(row["volume"])):  # one order, so that a seed gives one interval
        sample.volumes.append(row["volume"])
        sample.values.append(Undefined(row.get("undefined") or "") if row["value"] is None else float(row["value"]))
        sample.origins.append(row.get("origin"))
        sample.shapes.append(tuple(row.get("shape") or ()))
        sample.hashes.append(row.get("sha256"))
    return sample
