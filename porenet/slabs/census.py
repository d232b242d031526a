"""Triple lines counted by the components of the three phases round them, so that one reading says which are active."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import Lines, Triple
from porenet.flood_fill.runs import Runs
from porenet.slabs.need import Supplied
from porenet.slabs.pieces import TOUCHES, Codes
from porenet.slabs.slab import Slab

LOW = np.uint32((1 << 30) - 1)


@dataclass(frozen=True, eq=False, slots=True)
class Census:
    """Lines of one triple by key.

    A key is the code of a component of each of the three phases, and a fourth code where one phase has two different
    components among the four voxels of a line. The two are kept apart: a component at ``z_min`` and another at
    ``z_max`` do not span.

    Attributes:
        keys: ``(N, 4)`` uint32, see `porenet.slabs.census_kernels.count`; all different.
        counts: ``(N, 3)`` int64, lines by direction (z, y, x).
    """

    keys: NDArray[np.uint32]
    counts: NDArray[np.int64]

    def join(self, other: Census) -> Census:
        """The lines of both; keys must mean the same in both."""
        return _merged(np.concatenate([self.keys, other.keys]), np.concatenate([self.counts, other.counts]))

    def translated(self, codes: Codes) -> Census:
        """The lines after some components were joined.

        Args:
            codes: ``(N,)`` uint32, the new code of each component that was not final.
        """
        if not len(self.keys):
            return self
        keys = self.keys.copy()
        table = np.concatenate([np.arange(TOUCHES, dtype=np.uint32), codes])
        keys[:, :3] = table[keys[:, :3]]
        doubled = np.flatnonzero(keys[:, 3])
        which = (keys[doubled, 3] >> np.uint32(30)).astype(np.int64) - 1
        code, other = keys[doubled, which], table[keys[doubled, 3] & LOW]
        keys[doubled, which] = np.minimum(code, other)
        larger = np.maximum(code, other) | (which + 1).astype(np.uint32) << np.uint32(30)
        keys[doubled, 3] = np.where(code == other, 0, larger)
        return _merged(keys, self.counts)

    def lines(self, supplied: Supplied) -> Lines:
        """Lines of the whole box, where every code is a set of faces.

        Args:
            supplied: which faces supply each phase.
        """
        codes = np.arange(TOUCHES)
        active, possible = np.ones((2, len(self.keys)), np.bool_)
        for k, faces in enumerate(supplied.supplied):
            is_supplied = (codes & faces) == faces
            may_be = is_supplied | ((codes & supplied.possible) != 0)
            doubled = self.keys[:, 3] >> np.uint32(30) == k + 1
            other = np.where(doubled, self.keys[:, 3] & LOW, self.keys[:, k])
            active &= is_supplied[self.keys[:, k]] | is_supplied[other]
            possible &= may_be[self.keys[:, k]] | may_be[other]
        total, maybe, sure = (
            self.counts[rows].sum(axis=0, dtype=np.int64)[None] for rows in (slice(None), possible, active)
        )
        return Lines(total, maybe, sure)


def census(slab: Slab, runs: Runs, codes: Codes, triple: Triple) -> Census:
    """The lines of a triple in a slab, by the components round them.

    Args:
        slab: some layers.
        runs: their runs.
        codes: code of each component.
        triple: three labels.
    """
    from porenet.slabs import census_kernels  # a second and more to load, which counts without supply do not need

    _, wraps_y, wraps_x = slab.grid.periodic
    keys, counts = census_kernels.count(
        slab.labels,
        runs.starts,
        runs.before,
        runs.sets,
        codes,
        np.array(triple, np.uint8),
        slab.shared,
        (wraps_y, wraps_x),
    )
    return Census(keys, counts)


def _merged(keys: NDArray[np.uint32], counts: NDArray[np.int64]) -> Census:
    """Keys that are equal put together."""
    if not len(keys):
        return Census(keys, counts)
    order = np.lexsort(keys.T)
    keys, counts = keys[order], counts[order]
    begins = np.flatnonzero(np.concatenate([[True], (keys[1:] != keys[:-1]).any(axis=1)]))
    return Census(keys[begins], np.add.reduceat(counts, begins))
