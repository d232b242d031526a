"""What has been counted of a volume in memory, so that each thing is counted once, and together in one pass."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import Lines, SuppliedVoxels, Triple, WeightedStep, triple_lines
from porenet.contacts.counts import all_counts
from porenet.flood_fill.axes import PerAxis
from porenet.flood_fill.joined_faces import SETS, joined_faces, kinds_by_code
from porenet.interface import Volume
from porenet.slabs.need import Need, Supplied
from porenet.slabs.slab import components_of

_KEY = ("porenet.slabs", "ledger")


@dataclass(slots=True)
class Ledger:
    """Counts of a volume in memory.

    Attributes:
        expected: what metrics that come later will need; it is counted with what the first of them needs.
        voxels: ``(P,)`` int64; None: not counted yet.
        eighths: ``(P, P)`` int64 by step, eighths of the unlike pairs.
        totals: ``(3,)`` int64 by triple, lines by direction (z, y, x).
        folds: see `porenet.slabs.Summary`.
        active: likewise.
        summary: the last `porenet.slabs.Summary` of all this; None: there was none.
    """

    expected: tuple[Need, ...] = ()
    voxels: NDArray[np.int64] | None = None
    eighths: dict[WeightedStep, NDArray[np.int64]] = field(default_factory=dict)
    totals: dict[Triple, NDArray[np.int64]] = field(default_factory=dict)
    folds: dict[PerAxis, NDArray[np.int64]] = field(default_factory=dict)
    active: dict[Supplied, Lines] = field(default_factory=dict)
    summary: Any = None

    @property
    def counted(self) -> Need:
        """What has been counted."""
        return Need(
            voxels=self.voxels is not None,
            pairs=frozenset(self.eighths),
            lines=frozenset(self.totals),
            supplies=frozenset(self.active),
            components=frozenset(self.folds),
        )

    def count(self, volume: Volume, need: Need) -> None:
        """Count what a metric needs and what is expected, as far as it has not been counted.

        If what is expected cannot be counted, it is left to the metrics that need it.

        Raises:
            InputError: the volume has too many runs of equal labels.
            ValueError: a triple that is none.
        """
        expected, self.expected = self.expected, ()
        if expected:
            with suppress(Exception):
                self._add(volume, _together([need, *expected]))
                return
        self._add(volume, need)

    def _add(self, volume: Volume, need: Need) -> None:
        wanted = need.supplies - self.active.keys()
        ways = need.components | {supplied.wraps for supplied in wanted}
        for wraps in sorted(ways) if len(ways) > 1 else ways:  # in order: a volume keeps the components of one way
            for supplied in wanted:
                if supplied.wraps == wraps:
                    self._add_supplied(volume, need, supplied)
            if wraps not in self.folds:
                self._fold(volume, wraps, None)
        if self._lacks(need):
            self._add_counts(volume, need, None)

    def _lacks(self, need: Need) -> bool:
        """Whether voxels, pairs or lines are to be counted."""
        wants_voxels = need.voxels and self.voxels is None
        return wants_voxels or not (need.pairs <= self.eighths.keys() and set(need.triples) <= self.totals.keys())

    def _fold(self, volume: Volume, wraps: PerAxis, supplied: Supplied | None) -> SuppliedVoxels:
        """Voxels by the faces that components touch, and those of some lines that are supplied."""
        phases = len(volume.grid.phases)
        kinds = None if supplied is None else _kinds(supplied, phases)
        voxels, words = joined_faces(components_of(volume, wraps), phases, kinds)
        self.folds[wraps] = voxels
        return SuppliedVoxels(words)

    def _add_supplied(self, volume: Volume, need: Need, supplied: Supplied) -> None:
        voxels = self._fold(volume, supplied.wraps, supplied)
        triple = supplied.triple
        if triple not in self.totals:
            self.active[supplied] = self._add_counts(volume, need, voxels)[triple]
        else:
            periodic = volume.grid.periodic
            self.active[supplied] = triple_lines(volume.labels, [triple], supply=voxels, periodic=periodic)

    def _add_counts(self, volume: Volume, need: Need, supply: SuppliedVoxels | None) -> Mapping[Triple, Lines]:
        steps = [step for step in need.steps if step not in self.eighths]
        triples = [triple for triple in need.triples if triple not in self.totals]
        phases, periodic = len(volume.grid.phases), volume.grid.periodic
        counts = all_counts(volume.labels, phases, steps, triples, supply=supply, periodic=periodic)
        self.voxels, eighths, lines = counts
        self.eighths |= zip(steps, eighths, strict=True)
        self.totals |= zip(triples, lines.total, strict=True)
        return {
            triple: Lines(lines.total[row, None], lines.possible[row, None], lines.active[row, None])
            for row, triple in enumerate(triples)
        }


def ledger_of(volume: Volume) -> Ledger:
    """What has been counted of a volume."""
    return volume.remembered(_KEY, Ledger)


def expect(volume: Volume, needs: Iterable[Need]) -> None:
    """Let the next count of a volume include what will be needed, so that there is one pass for all.

    Args:
        volume: any labelled structure.
        needs: of metrics that will be measured on it.
    """
    ledger_of(volume).expected += tuple(needs)


@functools.lru_cache(maxsize=64)
def _kinds(supplied: Supplied, phases: int) -> NDArray[np.uint64]:
    """Voxels that are or may be supplied, and those that are, by the faces that they are joined to."""
    faces = np.arange(SETS)
    kinds = np.zeros((2, phases, SETS), np.bool_)
    for label, bits in zip(supplied.triple, supplied.supplied, strict=True):
        if label < phases:
            kinds[1, label] = ((faces & bits) == bits) & (bits != 0)
            kinds[0, label] = kinds[1, label] | ((faces & supplied.possible) != 0)
    return kinds_by_code(kinds)


def _together(needs: list[Need]) -> Need:
    """What several metrics need to be counted."""
    return Need(
        voxels=any([need.voxels for need in needs]),  # noqa: C419 - for each volume
        pairs=frozenset().union(*[need.pairs for need in needs]),
        lines=frozenset().union(*[need.lines for need in needs]),
        supplies=frozenset().union(*[need.supplies for need in needs]),
        components=frozenset().union(*[need.components for need in needs]),
    )
