"""Order of the structures of a run: the typical ones first, or the worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from porenet.page.supply import Supply

CLIP = 5.0
"""Standard deviations beyond which a value counts no more."""

Values = Mapping[tuple[str, str], float | None]
"""Metric and key -> value of one structure, None where undefined."""


def typical_first(structures: Mapping[str, Values]) -> list[str]:
    """Names of the structures, those nearest to the median of all first.

    Each structure is a vector of its values, (value - median) / standard deviation, at most 5 either way. An undefined
    value is 0, and a second column says where it is undefined. Constant columns count for nothing.

    Args:
        structures: name -> values, in natural order, which decides between structures equally near.
    """
    keys = sorted({key for values in structures.values() for key in values})
    columns = []
    for key in keys:
        column = np.array(
            [np.nan if values.get(key) is None else values[key] for values in structures.values()], dtype=float
        )
        undefined = np.isnan(column)
        if not undefined.all():
            columns.append(_scaled(np.where(undefined, np.nanmedian(column), column)))
        columns.append(_scaled(undefined.astype(float)))
    distances = np.sqrt(np.sum(np.square(columns), axis=0)).round(9) if columns else np.zeros(len(structures))
    names = list(structures)
    return [names[place] for place in np.argsort(distances, kind="stable")]


def worst_first(structures: Mapping[str, Values], supply: Supply, phases: Sequence[str]) -> list[str]:
    """Names of the structures: those in which most carriers are stopped first, then those with the least active edges.

    Args:
        structures: name -> values, in natural order.
        supply: roles of the phases; where none is known, every phase counts.
        phases: phases of the grid.
    """
    watched = [phase for phase in phases if phase in supply.roles] or list(phases)
    typical = {name: place for place, name in enumerate(typical_first(structures))}

    def badness(name: str) -> tuple[float, float, int]:
        values = structures[name]
        stopped = sum(values.get(("percolates", f"{phase}.z")) == 0 for phase in watched)
        return -stopped, values.get(("tpb", "active")) or 0.0, -typical[name]

    return sorted(structures, key=badness)


def _scaled(column: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    spread = float(column.std())
    if spread == 0:
        return np.zeros_like(column)
    return np.clip((column - np.median(column)) / spread, -CLIP, CLIP)
