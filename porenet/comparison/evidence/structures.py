"""Structures of two samples, their independent blocks, and the random draws that all quantities share.

Every draw depends on the seed and on the blocks alone: neither a further quantity nor a further run changes it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.comparison.evidence.ruler import Floats

Indices = NDArray[np.intp]
Labels = NDArray[np.bool_]

DRAWS = 20
"""Draws of one structure per block, over which a statistic is summed."""
_BOOTSTRAP, _PERMUTATION, _MEMBERS = range(3)


@dataclass(frozen=True)
class Blocks:
    """Independent blocks of the pooled structures, those of the reference first.

    Attributes:
        ids: ``(n + m,)`` block of each structure, from 0 without gaps; no block holds structures of both samples.
        size: n, number of structures of the reference.
        seed: seed of all draws.
    """

    ids: Indices
    size: int
    seed: int

    @classmethod
    def of(cls, reference: Sequence[Hashable], generated: Sequence[Hashable], seed: int) -> Blocks:
        """Blocks of two samples, each structure's block given by any label."""
        known: dict[Hashable, int] = {}
        labels = [(0, block) for block in reference] + [(1, block) for block in generated]
        return cls(np.array([known.setdefault(label, len(known)) for label in labels], np.intp), len(reference), seed)

    @property
    def counts(self) -> tuple[int, int]:
        """Number of blocks of the reference and of the generated sample."""
        reference = int(self.ids[: self.size].max(initial=-1)) + 1
        return reference, int(self.ids.max(initial=-1)) + 1 - reference

    def counts_of(self, present: Labels) -> tuple[int, int]:
        """The same, counting only blocks with a structure where ``present``, ``(n + m,)``, is True."""
        reference = np.unique(self.ids[: self.size][present[: self.size]]).size
        return reference, np.unique(self.ids[self.size :][present[self.size :]]).size

    def bootstrap(self, resamples: int) -> tuple[Floats, Floats]:
        """Counts ``(n, B)`` and ``(m, B)``: how often each structure is drawn, whole blocks with replacement."""
        rng = np.random.default_rng([self.seed, _BOOTSTRAP])
        reference, generated = self.counts
        return (
            _drawn(rng, reference, resamples)[self.ids[: self.size]],
            _drawn(rng, generated, resamples)[self.ids[self.size :] - reference],
        )

    def permutations(self, number: int) -> Labels:
        """``(blocks, 1 + R)``, True where a block goes to the reference; the first column is as observed."""
        rng = np.random.default_rng([self.seed, _PERMUTATION])
        reference, generated = self.counts
        observed = np.arange(reference + generated) < reference
        return np.concatenate([observed[None], rng.permuted(np.tile(observed, (number, 1)), axis=1)]).T.copy()

    def members(self, present: Labels | None = None) -> Iterator[Indices]:
        """Draws of one structure per block, in order of the blocks; a single draw where every block has one.

        Args:
            present: ``(n + m,)``, structures that may be drawn; None: all.
        """
        candidates = np.arange(self.ids.size) if present is None else np.flatnonzero(present)
        if np.unique(self.ids[candidates]).size == candidates.size:
            yield candidates
            return
        rng = np.random.default_rng([self.seed, _MEMBERS])
        for _ in range(DRAWS):
            shuffled = rng.permutation(candidates)
            _, first = np.unique(self.ids[shuffled], return_index=True)
            yield shuffled[first]


def _drawn(rng: np.random.Generator, blocks: int, resamples: int) -> Floats:
    """Counts ``(blocks, B)`` of B resamples of as many blocks."""
    drawn = rng.integers(blocks, size=(resamples, blocks)) + np.arange(resamples)[:, None] * blocks
    counts = np.bincount(drawn.ravel(), minlength=resamples * blocks).reshape(resamples, blocks)
    return np.ascontiguousarray(counts.T, dtype=np.float64)
