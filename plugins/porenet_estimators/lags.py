"""Which lags of a box two-point statistics are read at: a ball of vectors, its shells, its diagonals."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Grid, InputError

Directions = Literal["ball", "radial", "diagonals", "beyond"]
Box = tuple[int, int, int]
Voxel = tuple[float, float, float]
PerAxis = tuple[bool, bool, bool]

USUAL_REACH = 16.0
"""Default reach, edges of a cube of the volume of a voxel; less where half of the box is less."""
BEYOND = 1.5
"""How far ``beyond`` goes, times the reach."""
MOST = 10_000_000
"""Most lags."""
ACROSS_UM = 1e30
"""Edge across the plane of a section, um, as lags have it: longer than any, so that none leaves the plane."""
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Lags:
    """Vectors between two points, half of a ball: of r and -r one.

    Attributes:
        steps: ``(K, 3)`` int64, (z, y, x), voxels; the first of a ball is 0.
        shells: ``(K,)`` int64, length in edges of the shortest kind, rounded.
        groups: ``(K,)`` int64, the column of the result whose mean a lag belongs to, 0 to G - 1.
        lengths_um: ``(G,)``, length of the lags of a group, um; of a shell its middle.
        possible: ``(K,)`` int64, number of pairs of voxels of the box at each lag; 0 where it is too short.
        padding: voxels to put behind an open axis so that no pair goes round the box, (z, y, x).
        reach_um: length of the longest lag that is read, um.
    """

    steps: NDArray[np.int64]
    shells: NDArray[np.int64]
    groups: NDArray[np.int64]
    lengths_um: NDArray[np.float64]
    possible: NDArray[np.int64]
    padding: Box
    reach_um: float

    @property
    def weights(self) -> NDArray[np.float64]:
        """``(G,)``: share of each group, every shell having the same; dimensionless, sum 1."""
        shells = np.zeros(len(self.lengths_um), dtype=np.int64)
        shells[self.groups] = self.shells
        _, place, count = np.unique(shells, return_inverse=True, return_counts=True)
        weights: NDArray[np.float64] = 1 / (count[place] * len(count))
        return weights


def edges_for_lags(grid: Grid) -> Voxel:
    """Voxel edges (z, y, x), um, of `lags_of` on a grid; on a section no lag leaves the plane."""
    z, y, x = grid.voxel_um
    return (z if grid.dims == 3 else ACROSS_UM), y, x


@functools.lru_cache(maxsize=32)
def lags_of(
    box: Box, voxel_um: Voxel, periodic: PerAxis, reach_um: float | None = None, directions: Directions = "ball"
) -> Lags:
    """The lags of a box.

    Args:
        box: ``(Z, Y, X)``, voxels.
        voxel_um: voxel edges (z, y, x), um; from `edges_for_lags`.
        periodic: per axis (z, y, x), whether it wraps; there no lag is longer than half of the axis.
        reach_um: length of the longest lag, um: which lags these are does not depend on the box, but for the length of
            periodic axes. None: `USUAL_REACH`, at most half of the shortest edge of the box. Axes of one voxel do not
            count then, and have no lags.
        directions: ``ball``, each lag by itself; ``radial``, the mean over each shell; ``diagonals``, that over the
            lags of a shell that go along a diagonal of faces or of the cube; ``beyond``, the mean over all lags of the
            reach to 1.5 times it.

    Returns:
        None of them where the box has no lag of that kind.

    Raises:
        InputError: there are more than 10 million.
    """
    long = [axis for axis in range(3) if box[axis] > 1]
    edges = [voxel_um[axis] for axis in long] or [min(voxel_um)]
    width, stated = min(edges), reach_um is not None
    if reach_um is None:
        half = min((box[axis] * voxel_um[axis] / 2 for axis in long), default=0.0)
        reach_um = min(USUAL_REACH * math.prod(edges) ** (1 / len(edges)), half)
    farthest = reach_um * (BEYOND if directions == "beyond" else 1)
    most = [
        min(int(min(farthest / edge, MOST) + _ROUNDING), size // 2 if wraps else MOST if stated else size - 1)
        for edge, size, wraps in zip(voxel_um, box, periodic, strict=True)
    ]
    if math.prod(2 * steps + 1 for steps in most) > MOST:
        raise InputError(
            f"a ball of {farthest:g} um holds more than {MOST:,} lags", where="s2.reach_um", fix="Take a shorter reach."
        )
    steps = np.stack(np.meshgrid(*(np.arange(-m, m + 1) for m in most), indexing="ij"), axis=-1).reshape(-1, 3)
    steps = steps[len(steps) // 2 :]  # in this order -r stands as far before 0 as r behind it
    lengths = np.sqrt(((steps * np.array(voxel_um)) ** 2).sum(axis=1))
    within = lengths <= farthest + _ROUNDING * width
    if directions == "beyond":
        within &= lengths > reach_um + _ROUNDING * width
    elif directions == "diagonals":
        size = np.abs(steps)
        within &= ((size == 0) | (size == size.max(axis=1, keepdims=True))).all(axis=1) & ((size > 0).sum(axis=1) > 1)
    steps, lengths = np.ascontiguousarray(steps[within]), lengths[within]
    shells = np.floor(lengths / width + 0.5 + _ROUNDING).astype(np.int64)
    groups, middle = _grouped(directions, shells, lengths, width, reach_um)
    counts = [
        np.full(len(steps), size) if wraps else np.maximum(size - np.abs(steps[:, axis]), 0)
        for axis, (size, wraps) in enumerate(zip(box, periodic, strict=True))
    ]
    z, y, x = (0 if wraps else min(m, size - 1) for m, size, wraps in zip(most, box, periodic, strict=True))
    return Lags(steps, shells, groups, middle, np.prod(counts, axis=0), (z, y, x), reach_um)


def _grouped(
    directions: Directions, shells: NDArray[np.int64], lengths: NDArray[np.float64], width: float, reach_um: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Group of each lag, and the length of each group, um."""
    if directions == "ball":
        return np.arange(len(shells), dtype=np.int64), lengths
    if directions == "beyond":
        return np.zeros_like(shells), np.array([reach_um])
    present, groups = np.unique(shells, return_inverse=True)
    return groups.reshape(-1).astype(np.int64), present.astype(np.float64) * width


def group_means(values: NDArray[np.float64], lags: Lags) -> NDArray[np.float64]:
    """Mean over the lags of each group that are possible; NaN where none is.

    Args:
        values: ``(K,)``, any unit.
        lags: K lags.

    Returns:
        ``(G,)``, in the same unit.
    """
    possible = lags.possible > 0
    count = np.bincount(lags.groups, weights=possible)
    sums = np.bincount(lags.groups, weights=np.where(possible, values, 0))
    means: NDArray[np.float64] = np.divide(sums, count, out=np.full(len(count), np.nan), where=count > 0)
    return means


def refuse_other_lags(key: str, target: tuple[int, ...], columns: int, parameter: str) -> None:
    """Check that a target has as many columns as a box has, whose lags depend on its shape.

    Args:
        key: of the target.
        target: its shape; other than of two axes passes.
        columns: number of values that the loss has of the box.
        parameter: of the loss, which limits the lags.

    Raises:
        InputError: it has another number.
    """
    if len(target) == 2 and target[1] != columns:
        raise InputError(
            f"the target has {target[1]} values and this box {columns}: their lags differ, as those of boxes of "
            "different shapes do",
            where=f"targets[{key!r}]",
            fix=f"Limit them to what fits into both: {parameter}.",
        )
