"""Conditions that generators are asked to meet: what was measured on one structure each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from porenet.config import GridFile
from porenet.errors import InputError
from porenet.interface import Grid, Volume
from porenet.measurement import Request, Row, Source, measure, requests_for, table_rows

METRICS: Mapping[str, Mapping[str, str]] = {"vf": {}, "ssa": {"estimator": "faces"}}
"""What a condition holds where no table states it: name of a metric -> its parameters."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What one structure is asked for.

    ``condition["vf"]["pore"]`` is a volume fraction; any metric that the conditions hold can be named in this way.

    Attributes:
        name: of the structure that it was measured on.
        grid: phases, voxel edges (um) and boundaries of the structure to make.
        shape: ``(Z, Y, X)`` of the structure to make, voxels; of a section ``(Y, X)``.
        rows: the values, as `porenet.measure` gives them.
    """

    name: str
    grid: Grid
    shape: tuple[int, ...]
    rows: tuple[Row, ...]

    def __getitem__(self, metric: str) -> dict[str, float]:
        """The values of a metric by key, in its unit; a value that is undefined is left out."""
        values = {row["key"]: row["value"] for row in self.rows if row["metric"] == metric}
        if not values:
            held = ", ".join(dict.fromkeys(row["metric"] for row in self.rows)) or "nothing"
            raise InputError(f"the condition holds no {metric}", where=self.name, fix=f"It holds {held}.")
        return {key: float(value) for key, value in values.items() if value is not None}

    @property
    def vf(self) -> dict[str, float]:
        """Volume fraction of each phase, dimensionless, in the order of ``grid.phases``."""
        return self._by_phase("vf")

    @property
    def ssa(self) -> dict[str, float]:
        """Surface area of each phase per volume, um^-1, in the order of ``grid.phases``."""
        return self._by_phase("ssa")

    def _by_phase(self, metric: str) -> dict[str, float]:
        values = self[metric]
        return {phase: values[phase] for phase in self.grid.phases if phase in values}


def condition_requests(grid: Grid) -> tuple[Request, ...]:
    """What is measured on a structure as its condition: volume fractions, and surface areas by counting faces."""
    return requests_for(list(METRICS), METRICS, GridFile(grid, {}, {}))


def conditions_of(
    volumes: Sequence[Volume], names: Sequence[str], requests: Sequence[Request] = ()
) -> tuple[Condition, ...]:
    """The condition that each of these structures is.

    Args:
        volumes: structures of one grid.
        names: of each.
        requests: what is measured; default: `condition_requests`.
    """
    wanted = requests or condition_requests(volumes[0].grid)
    return tuple(
        Condition(
            name, volume.grid, volume.shape, tuple(measure(volume, wanted, source=Source(name)))
        )
        for name, volume in zip(names, volumes, strict=True)
    )  # fmt: skip


def read_conditions(path: Path, grid: Grid, shape: Sequence[int] | None = None) -> tuple[Condition, ...]:
    """Conditions of a table, one per volume in it.

    Args:
        path: written by ``porenet measure -o``, or by an evaluation.
        grid: of the structures to make.
        shape: of the structures to make, voxels; default: that of each volume of the table.

    Raises:
        InputError: the file is not such a table, is empty, is of another grid, or states no shape.
    """
    by_volume: dict[str, list[Row]] = {}
    for row in table_rows(path):
        by_volume.setdefault(row["volume"], []).append(row)
    if not by_volume:
        raise InputError("holds no values", where=str(path), fix="Write it with porenet measure -o.")
    return tuple(_condition(name, rows, grid, shape, path) for name, rows in by_volume.items())


_WORDS = {"phases": "phases", "voxel_um": "voxel edges (um)"}


def _condition(name: str, rows: Sequence[Row], grid: Grid, shape: Sequence[int] | None, path: Path) -> Condition:
    first = rows[0]
    expected = {"phases": list(grid.phases), "voxel_um": list(grid.edges_um)}
    for key, value in expected.items():
        measured = first.get(key)
        if measured is not None and measured != value:
            raise InputError(
                f"{_WORDS[key]} {measured} of {name}, and the real structures have {value}",
                where=str(path),
                fix="Measure the conditions on structures of the same phases and voxels.",
            )
    sides = shape or first.get("shape")
    if not sides:
        raise InputError(f"states no shape of {name}", where=str(path), fix="Measure them with this version.")
    return Condition(name, grid, tuple(sides), tuple(rows))


def requests_of(conditions: Iterable[Condition]) -> tuple[Request, ...]:
    """What the conditions were measured by, so that structures made for them are measured alike."""
    seen: dict[str, Request] = {}
    for condition in conditions:
        for row in condition.rows:
            metric = f"{row.get('provider') or 'porenet'}:{row['metric']}"
            params = dict(row.get("params") or {})
            request = seen.setdefault(metric, Request(metric, params))
            if dict(request.params) != params:
                raise InputError(
                    f"{row['metric']} was measured in two ways",
                    where=condition.name,
                    fix="Measure all conditions in one way.",
                )
    return tuple(seen.values())
