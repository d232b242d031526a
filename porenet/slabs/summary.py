"""What porenet counts of the layers read so far, once for all metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import Lines, Step, Triple, part_counts
from porenet.errors import InputError
from porenet.flood_fill.arguments import frozen
from porenet.flood_fill.axes import PerAxis
from porenet.interface import Volume
from porenet.slabs.census import Census, census
from porenet.slabs.ledger import Ledger, ledger_of
from porenet.slabs.need import Need, Supplied
from porenet.slabs.pieces import Pieces, pieces
from porenet.slabs.slab import About, Slab, about_of


@dataclass(frozen=True, eq=False, slots=True)
class Summary:
    """Counts of some layers of a volume.

    Attributes:
        about: the volume.
        need: what is counted.
        voxels: ``(P,)`` int64, voxels of each phase; 0 where none of voxels, pairs and lines is needed.
        eighths: ``(D, P, P)`` int64, eighths of the unlike pairs, in the order of ``need.steps``.
        totals: ``(T, 3)`` int64, lines of each of ``need.triples`` by direction (z, y, x).
        folds: per axis (z, y, x), whether components continue round the box -> ``(P, 64)`` voxels of the components of
            the whole box, by phase and by the faces that they touch.
        active: lines by supply, where the volume is in memory.
        pieces: components of the layers that were read, unless the whole box was.
        censuses: lines by the components round them, likewise.
        first_layer: ``(Y, X)`` uint8, labels of the first layer.
        last_layer: ``(Y, X)`` uint8, labels of the last layer.
    """

    about: About
    need: Need
    voxels: NDArray[np.int64]
    eighths: NDArray[np.int64]
    totals: NDArray[np.int64]
    folds: Mapping[PerAxis, NDArray[np.int64]]
    active: Mapping[Supplied, Lines]
    pieces: Mapping[PerAxis, Pieces]
    censuses: Mapping[tuple[PerAxis, Triple], Census]
    first_layer: NDArray[np.uint8]
    last_layer: NDArray[np.uint8]

    @classmethod
    def whole(cls, volume: Volume, need: Need) -> Summary:
        """Counts of a volume in memory, and what else was counted of it: each thing is counted once."""
        ledger = ledger_of(volume)
        summary: Summary | None = ledger.summary
        if summary is None or not need.is_within(summary.need):
            ledger.count(volume, need)
            ledger.summary = summary = cls._written(volume, ledger)
        return summary

    @classmethod
    def _written(cls, volume: Volume, ledger: Ledger) -> Summary:
        need, phases = ledger.counted, len(volume.grid.phases)
        voxels = np.zeros(phases, np.int64) if ledger.voxels is None else ledger.voxels
        eighths = np.array([ledger.eighths[step] for step in need.steps], np.int64).reshape(-1, phases, phases)
        totals = np.array([ledger.totals[triple] for triple in need.triples], np.int64).reshape(-1, 3)
        first, last = volume.labels[0], volume.labels[-1]
        counts = frozen(voxels), frozen(eighths), frozen(totals)
        return cls(about_of(volume), need, *counts, ledger.folds, ledger.active, {}, {}, first, last)

    @classmethod
    def of(cls, slab: Slab, need: Need) -> Summary:
        """Counts of one slab."""
        parts, censuses = {}, {}
        for wraps, triples in need.triples_by_components.items():
            parts[wraps], codes = pieces(slab, wraps)
            for triple in triples:
                censuses[wraps, triple] = census(slab, slab.runs(wraps), codes, triple)
        _, *around = slab.grid.periodic
        counts = _counts(slab, need, (False, *around))  # type: ignore[arg-type]
        return cls(slab.about, need, *counts, {}, {}, parts, censuses, slab.labels[0].copy(), slab.labels[-1].copy())

    def join(self, other: Summary) -> Summary:
        """Counts of two neighbours, the last layer of which is the first layer of the other.

        Raises:
            InputError: these layers differ.
        """
        if not np.array_equal(self.last_layer, other.first_layer):
            raise InputError(
                "the layer that two slabs share differs in them",
                where="slabs",
                fix="Did the file change? Read it anew.",
            )
        parts, censuses = {}, {}
        for wraps, own in self.pieces.items():
            parts[wraps], codes, others = own.join(other.pieces[wraps])
            for key in (key for key in self.censuses if key[0] == wraps):
                censuses[key] = self.censuses[key].translated(codes).join(other.censuses[key].translated(others))
        return replace(
            self,
            voxels=self.voxels + other.voxels,
            eighths=self.eighths + other.eighths,
            totals=self.totals + other.totals,
            pieces=parts,
            censuses=censuses,
            last_layer=other.last_layer,
        )

    def closed(self) -> Summary:
        """Counts of the whole box, after its last slab, or its seam where it is periodic along z: nothing can grow."""
        final = {wraps: own.closed() for wraps, own in self.pieces.items()}
        return replace(
            self,
            folds={wraps: own.fold for wraps, (own, _) in final.items()},
            pieces={},
            censuses={key: lines.translated(final[key[0]][1]) for key, lines in self.censuses.items()},
        )

    def pairs(self, steps: Sequence[Step], *, extended: bool = False) -> NDArray[np.float64]:
        """Unlike pairs, as `porenet.contacts.unlike_pairs` counts them: ``(len(steps), P, P)``."""
        counted = self.need.steps
        places = [counted.index((step, extended)) for step in steps]
        return self.eighths[places] / 8

    def lines(self, triple: Triple) -> NDArray[np.int64]:
        """``(3,)`` int64, lines of a triple by direction (z, y, x)."""
        total: NDArray[np.int64] = self.totals[self.need.triples.index(triple)]
        return total

    def supplied_lines(self, supplied: Supplied) -> Lines:
        """Lines of a triple: all, those that may be active, and those that are; each ``(1, 3)``."""
        if supplied in self.active:
            return self.active[supplied]
        return self.censuses[supplied.wraps, supplied.triple].lines(supplied)


def _counts(
    slab: Slab, need: Need, periodic: PerAxis
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    phases = len(slab.grid.phases)
    if not (need.voxels or need.pairs or need.triples):
        return np.zeros(phases, np.int64), np.zeros((0, phases, phases), np.int64), np.zeros((0, 3), np.int64)
    return part_counts(slab.labels, phases, need.steps, need.triples, periodic=periodic, part=slab.part)
