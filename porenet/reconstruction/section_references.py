"""What sections say of the metrics of the volume that they were cut from, with standard errors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from porenet.errors import PorenetError
from porenet.interface import Grid, Volume
from porenet.measurement import measure
from porenet.objective import mean_chords
from porenet.objective.section_targets import tiles_of
from porenet.reconstruction.section_witnesses import FACTORS

METRICS = ("vf", "ssa", "tpb")
FOR_EVERY_STRUCTURE = ("edges", "faces")
"""Estimators that count, whose factors need no wide features."""


class Reference(NamedTuple):
    """A metric of a volume, estimated from sections.

    Attributes:
        value: in the unit of the metric; None where sections do not show it.
        error: its standard error, in that unit; None where one section is too small to be cut into tiles.
    """

    value: float | None
    error: float | None


def references_of_sections(sections: Sequence[NDArray[np.uint8]], grid: Grid, *, coarse: bool) -> dict[str, Reference]:
    """Metrics of the volume by the factors of their estimators, as `porenet.targets.Targets.to_3d` has them.

    Args:
        sections: labels ``(A, B)`` each; of one the standard error is that of its tiles, of several that of the
            sections.
        grid: of the sections.
        coarse: whether mean chords are long enough for the factor of Crofton's formula; if not, areas are left out.

    Returns:
        By ``METRIC.KEY``; what a section does not show is left out.
    """
    readings = [_readings(labels, grid, coarse=coarse) for labels in sections]
    parts = readings
    if len(sections) == 1:
        layer = torch.tensor(sections[0])
        chord = float(mean_chords(sections, len(grid.phases)).nanmean())
        parts = [_readings(tile[0, 0].numpy(), grid, coarse=coarse) for tile in tiles_of(layer, chord)]
    keys = [key for key in readings[0] if all(key in each for each in readings)]
    return {key: Reference(float(np.mean([each[key] for each in readings])), _error(key, parts)) for key in keys}


def _error(key: str, parts: Sequence[Mapping[str, float]]) -> float | None:
    """Standard error of the mean of the parts; None if they are fewer than two, or one lacks the value."""
    if len(parts) < 2 or any(key not in each for each in parts):
        return None
    return float(np.std([each[key] for each in parts], ddof=1)) / math.sqrt(len(parts))


def _readings(labels: NDArray[np.uint8], grid: Grid, *, coarse: bool) -> dict[str, float]:
    """Metrics of one section, each as that of a volume."""
    section, readings = Volume(labels, grid), dict[str, float]()
    for name in METRICS:
        try:
            rows = measure(section, name)
        except PorenetError:  # not installed, or of other phases
            continue
        for row in rows:
            factor = _factor(name, row["params"], coarse=coarse)
            if factor is not None and row["value"] is not None:
                readings[f"{name}.{row['key']}"] = factor * row["value"]
    return readings


def _factor(metric: str, params: Mapping[str, Any], *, coarse: bool) -> float | None:
    estimator = params.get("estimator")
    if estimator is None:
        return 1.0 if metric == "vf" else None
    return FACTORS.get(f"{metric} by {estimator}") if coarse or estimator in FOR_EVERY_STRUCTURE else None
