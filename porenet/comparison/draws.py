"""Random draws of the resamples of scores, which all quantities and scores of a comparison share.

A resample is given by counts: how often each value is drawn. The same blocks, numbers and seed give the same counts, so
that those of the last few comparisons are kept, read-only: to draw them is a quarter of the cost of an interval.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

ELEMENTS = 2_000_000
"""Counts held at once: about 100 MB with the score's own arrays, at any sample size."""

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]


def draws_of_two(first: NDArray[np.intp], second: NDArray[np.intp], n_boot: int, seed: int) -> Iterable[Pair]:
    """Resamples of two samples, batch by batch.

    Args:
        first: ``(n,)`` number of the block of each value, from 0 without gaps.
        second: ``(m,)`` the same of the other sample.
        n_boot: number of resamples.
        seed: seed of the draws.

    Returns:
        Counts ``(R, n)`` and ``(R, m)``, R of all batches together ``n_boot``.
    """
    numbers = (first.tobytes(), second.tobytes(), n_boot, seed)
    few = n_boot * (first.size + second.size) <= ELEMENTS
    return _kept_of_two(*numbers) if few else _of_two(*numbers)


def draws_of_one(blocks: NDArray[np.intp], generated: int, n_boot: int, seed: int) -> Iterable[tuple[Pair, Pair, Pair]]:
    """Resamples of one sample against itself, batch by batch.

    Args:
        blocks: ``(n,)`` number of the block of each value, from 0 without gaps; two blocks at least.
        generated: size of the second of two whole resamples.
        n_boot: number of resamples.
        seed: seed of the draws.

    Returns:
        Counts ``(R, n)`` of pairs of whole resamples, of halves of the sample, and of resamples as small as halves.
    """
    numbers = (blocks.tobytes(), generated, n_boot, seed)
    few = n_boot * 2 * blocks.size <= ELEMENTS
    return _kept_of_one(*numbers) if few else _of_one(*numbers)


@functools.lru_cache(maxsize=4)
def _kept_of_two(first: bytes, second: bytes, n_boot: int, seed: int) -> list[Pair]:
    return list(_of_two(first, second, n_boot, seed))


@functools.lru_cache(maxsize=4)
def _kept_of_one(blocks: bytes, generated: int, n_boot: int, seed: int) -> list[tuple[Pair, Pair, Pair]]:
    return list(_of_one(blocks, generated, n_boot, seed))


def _of_two(first: bytes, second: bytes, n_boot: int, seed: int) -> Iterator[Pair]:
    ours, yours = (np.frombuffer(numbers, np.intp) for numbers in (first, second))
    rng = np.random.default_rng(seed)
    for rows in _batches(n_boot, ours.size + yours.size):
        yield _drawn(rng, ours, rows), _drawn(rng, yours, rows)


def _of_one(numbers: bytes, generated: int, n_boot: int, seed: int) -> Iterator[tuple[Pair, Pair, Pair]]:
    blocks = np.frombuffer(numbers, np.intp)
    alone, count = np.arange(blocks.size), int(blocks.max()) + 1
    half, rng = count // 2, np.random.default_rng(seed)
    for rows in _batches(n_boot, 2 * blocks.size):
        whole = _drawn(rng, blocks, rows), _drawn(rng, alone, rows, generated)
        split = (np.argsort(rng.random((rows, count)), axis=1) < half)[:, blocks]
        small = _drawn(rng, blocks, rows, half), _drawn(rng, blocks, rows, count - half)
        yield whole, (_fixed(split.astype(float)), _fixed((~split).astype(float))), small


def _batches(n_boot: int, size: int) -> Iterator[int]:
    largest = max(1, ELEMENTS // size)
    for done in range(0, n_boot, largest):
        yield min(largest, n_boot - done)


def _drawn(rng: np.random.Generator, blocks: NDArray[np.intp], rows: int, draws: int | None = None) -> Floats:
    """Counts ``(rows, n)`` of resamples that draw blocks with replacement; by default as many draws as blocks."""
    count = int(blocks.max()) + 1
    drawn = rng.integers(count, size=(rows, draws or count)) + np.arange(rows)[:, None] * count
    return _fixed(np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count)[:, blocks].astype(float))


def _fixed(counts: Floats) -> Floats:
    """The counts, read-only: a score that writes into them would change those of all others."""
    counts.flags.writeable = False
    return counts
