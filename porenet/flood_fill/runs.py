"""The runs of one label along x of a volume, joined to sets, from which `porenet.flood_fill` computes its results."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill import run_kernels, union_find
from porenet.flood_fill.bit_words import WORD

# A volume of fewer voxels is finished before a second thread has started.
_THREAD_MIN_VOXELS = 2**19

MOST_RUNS = 2**32 - 1
"""What uint32 can number."""


@dataclass(frozen=True, eq=False, slots=True)
class Runs:
    """Runs in C order, and the set of each.

    Attributes:
        labels: ``(Z, Y, X)`` uint8, read-only.
        starts: ``(Z * Y, W)`` uint64: bit i of word w is set where voxel 64 w + i of a row begins a run.
        before: ``(Z * Y, W)`` uint32: number of runs that start before a word.
        sets: ``(R,)`` uint32: set of each run, 0 to K-1, numbered by first voxel.
        count: K, the number of sets.
        threads: number of threads.
    """

    labels: NDArray[np.uint8]
    starts: NDArray[np.uint64]
    before: NDArray[np.uint32]
    sets: NDArray[np.uint32]
    count: int
    threads: int

    def touches(self) -> NDArray[np.uint8]:
        """``(K,)`` bit mask of the outer layers that each set has voxels in: z_min, z_max, y_min, ... from bit 0."""
        touches = np.zeros(self.count, np.uint8)
        run_kernels.touch(self.before, self.sets, touches, self.labels.shape[1])
        return touches

    def table(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """``(K,)`` label and ``(K,)`` number of voxels of each set."""
        phases, sizes = np.empty(self.count, np.uint8), np.zeros(self.count, np.int64)
        run_kernels.tabulate(self.labels, self.starts, self.sets, phases, sizes)
        return phases, sizes

    def tally(
        self, kinds: NDArray[np.uint64], touches: NDArray[np.uint8], *, marked: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Voxels by phase and by the faces that their set touches, and which voxels are of two kinds.

        Args:
            kinds: ``(2, N)``: for each code, the phase times 64 plus the faces, all bits where it is of the kind, else
                none; N is a power of two, and codes are taken modulo N.
            touches: ``(K,)``, see `touches`.
            marked: whether the voxels of the kinds are wanted.

        Returns:
            ``(N,)`` voxels by code, and ``(2, Z * Y * W)`` bits of the voxels of each kind, and any beyond the end of a
            row; ``(2, 0)`` if they are not wanted.
        """
        voxels = np.zeros(kinds.shape[1], np.int64)
        words = np.empty((2, self.starts.size if marked else 0), np.uint64)
        run_kernels.tally(self.labels, self.starts, self.sets, touches, kinds, voxels, words)
        return voxels, words

    def spread(self, values: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """``(Z, Y, X)`` uint8: the value of each voxel's set, out of ``(K,)``."""
        each = np.empty(self.sets.shape, np.uint8)
        run_kernels.look_up(self.sets, values, each)
        return self._written(each)

    def ids(self) -> NDArray[np.uint32]:
        """``(Z, Y, X)`` uint32: the set of each voxel."""
        return self._written(self.sets)

    def _written(self, values: NDArray[Any]) -> NDArray[Any]:
        # numpy asks for huge pages, numba's own empty does not: 20 ms more at 256^3.
        out = np.empty(self.labels.shape, values.dtype)
        flat, (_, height, width) = out.reshape(-1), self.labels.shape

        def write(first: int, last: int) -> None:
            rows = first * height, last * height
            run_kernels.write(self.starts, values, flat, width, *rows, int(self.before[rows[0], 0]))

        _on_slabs(write, self.labels, self.threads)
        return out


def join(
    labels: NDArray[np.uint8], offsets: list[tuple[int, int, int]], wraps: tuple[bool, bool, bool], threads: int
) -> Runs:
    """Find the runs of a volume and join those that are neighbours.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        offsets: neighbours (z, y, x) beside the six that share a face, each pair of opposite ones once.
        wraps: per axis (z, y, x), whether opposite faces are neighbours.
        threads: number of slabs of slices that are processed in parallel.

    Returns:
        The runs and their sets.

    Raises:
        ValueError: more than 2^32 - 1 runs.
    """
    depth, height, width = labels.shape
    words = -(-width // WORD)
    starts = np.empty((depth * height, words), np.uint64)
    before = np.empty((depth * height, words), np.uint32)

    def mark(first: int, last: int) -> int:
        return int(run_kernels.mark(labels, starts, first * height, last * height))

    counts = _on_slabs(mark, labels, threads)
    if sum(counts) > MOST_RUNS:
        raise ValueError(
            f"labels must have at most {MOST_RUNS} runs of one label along x, which uint32 can number, not "
            f"{sum(counts)}; measure fewer layers at a time"
        )
    begun = dict(zip(_slabs(labels, threads), itertools.accumulate(counts, initial=0), strict=False))
    parents = np.arange(sum(counts), dtype=np.uint32)

    def link(first: int, last: int) -> None:
        above = np.zeros((height, words), np.uint64)
        union_find.link(labels, starts, before, parents, above, first, last, begun[first, last])

    _on_slabs(link, labels, threads)

    def across(offset: tuple[int, int, int], slices: tuple[int, int], rows: tuple[int, int]) -> None:
        union_find.link_across(labels, starts, before, parents, offset, slices, rows, wraps)

    for first, _ in begun:
        if first > 0:
            across((-1, 0, 0), (first, first + 1), (0, height))
    if wraps[0]:
        across((-1, 0, 0), (0, 1), (0, height))
    if wraps[1]:
        across((0, -1, 0), (0, depth), (0, 1))
    if wraps[2]:
        across((0, 0, -1), (0, depth), (0, height))
    for offset in offsets:
        across(offset, (0, depth), (0, height))
    return Runs(labels, starts, before, parents, int(union_find.flatten(parents)), threads)


def _slabs(labels: NDArray[np.uint8], threads: int) -> list[tuple[int, int]]:
    """First slice, and the one after the last, of each slab."""
    if threads == 1 or labels.size < _THREAD_MIN_VOXELS:
        return [(0, len(labels))]
    parts = min(threads, len(labels))
    edges = [len(labels) * part // parts for part in range(parts + 1)]
    return list(itertools.pairwise(edges))


def _on_slabs(work: Callable[[int, int], Any], labels: NDArray[np.uint8], threads: int) -> list[Any]:
    slabs = _slabs(labels, threads)
    if len(slabs) == 1:
        return [work(*slabs[0])]
    with ThreadPoolExecutor(len(slabs)) as pool:  # the kernels release the GIL
        return list(pool.map(lambda slab: work(*slab), slabs))
