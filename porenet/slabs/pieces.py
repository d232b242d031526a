"""Connected components of the layers read so far, of which only those are kept apart that may still grow.

Components that touch the first or the last layer of these layers may be joined to others there. All the rest is final:
of it only the voxels are kept, by phase and by the faces of the box that a component touches. Two neighbours share a
layer, so both have the same runs of equal labels there, in the same order: a layer is one number per run, and to join
is to unite the numbers of the same run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.errors import InputError
from porenet.flood_fill import union_find
from porenet.flood_fill.axes import FACES, PerAxis
from porenet.flood_fill.runs import Runs
from porenet.slabs.slab import Slab

TOUCHES = 1 << len(FACES)
"""Number of sets of faces: codes below it are those of final components, by the faces that they touch."""

MOST_PENDING = (1 << 30) - TOUCHES
"""Components that may still grow: a code has 30 bits, see `porenet.slabs.census_kernels`."""

Codes = NDArray[np.uint32]
"""Code of each component: the bits of the faces that it touches if it is final, else `TOUCHES` + its number."""


@dataclass(frozen=True, eq=False, slots=True)
class Pieces:
    """Components of some layers; the first N are those that may still be joined to others.

    Attributes:
        labels: ``(N,)`` uint8.
        voxels: ``(N,)`` int64, in layers that are owned.
        touches: ``(N,)`` uint8, bits of the faces of the box.
        first: ``(R,)`` uint32, component of each run of the first layer; empty if nothing can be joined there.
        last: ``(R,)`` uint32, likewise of the last layer.
        fold: ``(P, 64)`` int64, voxels of the final components, by phase and by faces that they touch.
    """

    labels: NDArray[np.uint8]
    voxels: NDArray[np.int64]
    touches: NDArray[np.uint8]
    first: NDArray[np.uint32]
    last: NDArray[np.uint32]
    fold: NDArray[np.int64]

    def join(self, other: Pieces) -> tuple[Pieces, Codes, Codes]:
        """The components of two neighbours, and what became of those of each.

        Raises:
            InputError: they do not share a layer.
        """
        if self.last.shape != other.first.shape:
            raise InputError("two slabs that should share a layer differ in it", where="slabs")
        number = len(self.labels)
        parents = np.arange(number + len(other.labels), dtype=np.uint32)
        union_find.link_pairs(parents, self.last, other.first, number)
        joined, codes = self._united(other, parents, self.first, other.last + np.uint32(number))
        return joined, codes[:number], codes[number:]

    def closed(self) -> tuple[Pieces, Codes]:
        """The components after the last layer; if the box goes on with the first one, that was joined last."""
        parents = np.arange(len(self.labels), dtype=np.uint32)
        union_find.link_pairs(parents, self.first, self.last[: len(self.first)], 0)
        none = np.zeros(0, np.int64)
        nothing = _pieces_of(none, none, none, none, none, self.fold * 0)
        return self._united(nothing, parents, self.first[:0], self.last[:0])

    def _united(
        self, other: Pieces, parents: NDArray[np.uint32], first: NDArray[np.uint32], last: NDArray[np.uint32]
    ) -> tuple[Pieces, Codes]:
        count = int(union_find.flatten(parents))
        labels, touches, voxels = np.zeros(count, np.uint8), np.zeros(count, np.uint8), np.zeros(count, np.int64)
        labels[parents] = np.concatenate([self.labels, other.labels])
        np.bitwise_or.at(touches, parents, np.concatenate([self.touches, other.touches]))
        np.add.at(voxels, parents, np.concatenate([self.voxels, other.voxels]))
        settled, codes = settle(labels, voxels, touches, parents[first], parents[last], self.fold + other.fold)
        return settled, codes[parents]


def pieces(slab: Slab, wraps: PerAxis, *, measured: bool = True) -> tuple[Pieces, Codes]:
    """The components of a slab.

    Args:
        slab: some layers.
        wraps: per axis (z, y, x), whether components continue round the box.
        measured: whether their labels and voxels are wanted; without them labels and voxels are 0 and the fold has no
            row, which takes half the time on noise.

    Returns:
        The pieces, and the code of each component.
    """
    runs = slab.runs(wraps)
    if measured:
        phases, sizes = runs.table()
    else:
        phases, sizes = np.zeros(runs.count, np.uint8), np.zeros(runs.count, np.int64)
    touches = runs.touches() & np.uint8(~((not slab.first) | (not slab.last) << 1) & 0xFF)
    height = slab.labels.shape[1]
    first = runs.sets[: _runs_before(runs, height)]
    last = runs.sets[_runs_before(runs, (len(slab.labels) - 1) * height) :]
    if slab.shared == len(slab.labels):
        sizes[:] = 0
    elif slab.shared and measured:
        sizes -= np.bincount(first, _run_lengths(slab.labels[0]), minlength=len(sizes)).astype(np.int64)
    final = slab.shared == 0 and not slab.grid.periodic[0]  # nothing comes before the first layer
    fold = np.zeros((len(slab.grid.phases) if measured else 0, TOUCHES), np.int64)
    return settle(phases, sizes, touches, first[: 0 if final else None], last, fold)


def settle(
    labels: NDArray[np.uint8],
    voxels: NDArray[np.int64],
    touches: NDArray[np.uint8],
    first: NDArray[np.uint32],
    last: NDArray[np.uint32],
    fold: NDArray[np.int64],
) -> tuple[Pieces, Codes]:
    """Keep the components of the two layers, numbered anew; add the others to a fold.

    Args:
        labels: ``(K,)`` uint8.
        voxels: ``(K,)`` int64.
        touches: ``(K,)`` uint8.
        first: component of each run of the first layer.
        last: component of each run of the last layer.
        fold: ``(P, 64)`` int64, of what was final before.

    Returns:
        The pieces, and the code of each of the K components.

    Raises:
        InputError: there are too many.
    """
    is_pending = np.zeros(len(labels), np.bool_)
    is_pending[first] = is_pending[last] = True
    pending = np.flatnonzero(is_pending)
    if len(pending) > MOST_PENDING:
        raise InputError(
            f"{len(pending)} components touch the outer layers of a slab: at most {MOST_PENDING} can be numbered",
            where="slabs",
            fix="Measure parts of the volume, or other metrics than those of components.",
        )
    codes = touches.astype(np.uint32)
    codes[pending] = TOUCHES + np.arange(len(pending), dtype=np.uint32)
    own = labels[pending], touches[pending], voxels[pending]
    if len(fold):
        fold = fold + _fold(labels, touches, voxels, len(fold)) - _fold(*own, len(fold))
    above, below = (codes[layer] - np.uint32(TOUCHES) for layer in (first, last))
    return _pieces_of(own[0], own[2], own[1], above, below, fold), codes


def _fold(
    labels: NDArray[np.uint8], touches: NDArray[np.uint8], voxels: NDArray[np.int64], phases: int
) -> NDArray[np.int64]:
    places = labels.astype(np.int64) * TOUCHES + touches
    sums = np.bincount(places, voxels, minlength=phases * TOUCHES)  # float64 is exact up to 2^53
    return sums.astype(np.int64).reshape(phases, TOUCHES)


def _pieces_of(
    labels: NDArray[Any],
    voxels: NDArray[np.int64],
    touches: NDArray[Any],
    first: NDArray[Any],
    last: NDArray[Any],
    fold: NDArray[np.int64],
) -> Pieces:
    return Pieces(
        labels.astype(np.uint8), voxels, touches.astype(np.uint8), first.astype(np.uint32), last.astype(np.uint32), fold
    )


def _runs_before(runs: Runs, row: int) -> int:
    """Number of runs that start before a row."""
    return int(runs.before[row, 0]) if row < len(runs.before) else len(runs.sets)


def _run_lengths(layer: NDArray[np.uint8]) -> NDArray[np.int64]:
    begins = np.ones(layer.shape, np.bool_)
    np.not_equal(layer[:, 1:], layer[:, :-1], out=begins[:, 1:])
    return np.diff(np.flatnonzero(begins), append=layer.size)
