"""The values of a preset's quantities, picked from the rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from porenet.config import Preset, Quantity
from porenet.measurement.row import Row


@dataclass(frozen=True, slots=True)
class QuantityValue:
    """One value of a quantity.

    Attributes:
        quantity: its name.
        of: the phase, or the pair of phases, that the value is of; ``""`` for the whole volume.
        value: a number in ``unit``; None if undefined.
        undefined: why there is no value; None if there is one.
        unit: ``1``, ``um``, ``um^-1``, ...
        meaning: what it means, in a few words.
    """

    quantity: str
    of: str
    value: float | None
    undefined: str | None
    unit: str
    meaning: str


def values_of_preset(rows: Iterable[Row], preset: Preset) -> dict[str, list[QuantityValue]]:
    """The values of a preset by volume.

    Args:
        rows: of a measurement of the preset, from `measure` or `read_table`; others are passed over.
        preset: its quantities.

    Returns:
        Name of each volume (``""`` for rows without one) -> its values, in the order of the preset and of the phases.
    """
    by_volume: dict[str, dict[tuple[str, str], list[Row]]] = {}
    for row in rows:
        of_volume = by_volume.setdefault(row.get("volume") or "", {})
        of_volume.setdefault((row["metric"], row["key"]), []).append(row)
    return {
        volume: [value for quantity in preset.quantities for value in _values(quantity, of_volume)]
        for volume, of_volume in by_volume.items()
    }


def _values(quantity: Quantity, rows: Mapping[tuple[str, str], list[Row]]) -> Iterator[QuantityValue]:
    phases = next(iter(rows.values()))[0]["phases"]
    provider, _, metric = quantity.metric.rpartition(":")
    for of, key in quantity.keys(phases).items():
        candidates = [row for row in rows.get((metric, key), []) if provider in ("", row.get("provider") or "porenet")]
        # With parameters of the preset if there are such; else the user has set others.
        agreeing = [row for row in candidates if _agrees(row["params"], quantity.params)] or candidates
        if not agreeing:
            yield QuantityValue(quantity.name, of, None, f"{metric} has no value {key!r}", "", quantity.meaning)
            continue
        row, meaning = agreeing[0], quantity.meaning
        for name, value in row["params"].items():
            meaning = meaning.replace(f"{{{name}}}", str(value))
        yield QuantityValue(quantity.name, of, row["value"], row["undefined"], row["unit"], meaning)


def _agrees(params: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(params.get(name) == value for name, value in wanted.items())
