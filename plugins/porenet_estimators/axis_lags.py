"""Lags along the axes of a box, which may lie between whole numbers of voxels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.interface import InputError, Undefined, Value
from porenet_estimators.lags import Box, PerAxis, Voxel


@dataclass(frozen=True, eq=False)
class AxisLags:
    """L lags along one axis as mixtures of the two whole numbers of voxels around them.

    Attributes:
        shifts: whole numbers of voxels that occur, rising.
        lower: ``(L,)``, place in ``shifts`` of the lag rounded down.
        upper: ``(L,)``, of the lag rounded up.
        share: ``(L,)``, share of the upper one, dimensionless.
        possible: ``(L,)``, number of pairs of voxels of the box so far apart along the axis, mixed likewise.
    """

    shifts: list[int]
    lower: list[int]
    upper: list[int]
    share: list[float]
    possible: list[float]

    def mixed(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Counts at the shifts -> counts at the lags, ``(len(shifts), C)`` -> ``(L, C)``."""
        share = np.array(self.share)[:, None]
        mixture: NDArray[np.float64] = counts[self.lower] * (1 - share) + counts[self.upper] * share
        return mixture


def named_lags(
    lags_um: Sequence[float] | None, box: Box, voxel_um: Voxel, axes: Sequence[int], *, where: str
) -> dict[str, float]:
    """The lags by name, such as ``0.2um``.

    Args:
        lags_um: lags, um; None is 1, 2, 4, 8, ... times the shortest voxel edge, up to half of the longest edge.
        box: ``(Z, Y, X)``, voxels.
        voxel_um: voxel edges (z, y, x), um.
        axes: the axes along which they lie; they alone count for the edges.
        where: the place of an error.

    Raises:
        InputError: a lag is negative or not finite, or two of them share a name.
    """
    lags = _default_lags(box, voxel_um, axes) if lags_um is None else list(lags_um)
    names = [f"{lag:g}um" for lag in lags]
    if not lags or len(set(names)) < len(names) or not all(0 <= lag < math.inf for lag in lags):
        raise InputError(f"different lengths of 0 um or more were expected, not {lags}", where=where)
    return dict(zip(names, lags, strict=True))


def axis_lags(
    lags: Sequence[float], axis: int, box: Box, voxel_um: Voxel, periodic: PerAxis, *, turns: bool = True
) -> AxisLags:
    """The lags along an axis.

    Args:
        lags: lengths, um.
        axis: 0, 1 or 2.
        box: ``(Z, Y, X)``, voxels.
        voxel_um: voxel edges (z, y, x), um.
        periodic: per axis (z, y, x), whether it wraps.
        turns: whether on a periodic axis a lag and the lag a whole turn longer are the same; otherwise a lag beyond a
            turn is as a turn.
    """
    size, edge, wraps = box[axis], voxel_um[axis], periodic[axis]
    if wraps and turns:
        steps = [_snap(lag % (size * edge) / edge) for lag in lags]
    else:  # beyond an open box all lags give no pair
        steps = [_snap(min(lag / edge, size - 1 if wraps else size + 1)) for lag in lags]
    whole = [(math.floor(step), math.ceil(step)) for step in steps]
    shifts = sorted({shift for around in whole for shift in around})
    lines = box[0] * box[1] * box[2] // size
    pairs = [[lines * (size if wraps else max(size - shift, 0)) for shift in around] for around in whole]
    share = [step % 1 for step in steps]
    return AxisLags(
        shifts,
        [shifts.index(low) for low, _ in whole],
        [shifts.index(high) for _, high in whole],
        share,
        [low * (1 - part) + high * part for (low, high), part in zip(pairs, share, strict=True)],
    )


def _snap(step: float) -> float:
    """Undo rounding: 2.9999999999999996 voxels become 3."""
    return float(round(step)) if abs(step - round(step)) < 1e-9 else step


def _default_lags(box: Box, voxel_um: Voxel, axes: Sequence[int]) -> list[float]:
    half = max(box[axis] * voxel_um[axis] for axis in axes) / 2
    lags = [min(voxel_um[axis] for axis in axes)]
    while 2 * lags[-1] <= half:
        lags.append(2 * lags[-1])
    return lags


def named_probabilities(
    phases: Sequence[str],
    names: Iterable[str],
    counts: NDArray[np.float64],
    possible: NDArray[np.float64],
    absence: str,
) -> dict[str, Value]:
    """Probabilities by phase and length, keyed as metrics return them.

    Args:
        phases: names of the phases.
        names: of the lengths: ``0.1um``.
        counts: ``(lengths, phases)``, what was counted.
        possible: ``(lengths, 1)``, how many there could be.
        absence: why a length has no probability, with ``{}`` for its name.

    Returns:
        ``"<phase>@<length>um"`` -> probability, dimensionless.
    """
    values: dict[str, Value] = {}
    rows = list(names)
    for label, phase in enumerate(phases):
        for row, name in enumerate(rows):
            known = possible[row, 0] > 0
            share = float(counts[row, label] / possible[row, 0]) if known else Undefined(absence.format(name))
            values[f"{phase}@{name}"] = share
    return values
