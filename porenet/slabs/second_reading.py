"""The second reading of a volume, in which every voxel has the faces that its component reaches in the whole box.

The first reading joins the components and keeps what became of those of each slab; the second finds the components of
each slab again and counts as in memory. So do metrics whose `Need` names ``reached``, and active triple lines where
there are too many of them for a `Census`: white noise of three equal phases has 1.3 lines per voxel, each with a key of
its own, and a census takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import Lines, Part, Supply, Triple, part_counts, triple_lines
from porenet.flood_fill.axes import PerAxis
from porenet.slabs.need import Supplied
from porenet.slabs.pieces import TOUCHES, Codes, Pieces, pieces
from porenet.slabs.slab import Slab

MOST_LINES = 0.03
"""Lines per voxel above which a second reading takes less time than a census: a line costs 70 ns there."""


def has_many_lines(slab: Slab, triples: list[Triple]) -> bool:
    """Whether a slab has so many lines that a second reading pays."""
    if not triples:
        return False
    lines = part_counts(slab.labels, len(slab.grid.phases), [], triples)[2]
    return int(lines.sum()) > MOST_LINES * slab.labels.size


@dataclass
class Trail:
    """What became of the components of each slab.

    Attributes:
        wraps: per axis (z, y, x), whether components continue round the box.
        state: components of the layers read so far.
        slabs: of each slab, code of each component in the state after the join, if it was not final in the slab.
        states: of each join, the codes in the state after it of what was not final in the state before.
    """

    wraps: PerAxis
    state: Pieces | None = None
    slabs: list[Codes] = field(default_factory=list)
    states: list[Codes] = field(default_factory=list)

    def add(self, slab: Slab) -> None:
        """Join the next slab."""
        piece, _ = pieces(slab, self.wraps, measured=False)
        if self.state is None:
            self.state = piece
            self.slabs.append(TOUCHES + np.arange(len(piece.labels), dtype=np.uint32))
            return
        self.state, before, own = self.state.join(piece)
        self.states.append(before)
        self.slabs.append(own)

    def resolved(self, *seam: Slab) -> list[NDArray[np.uint8]]:
        """For each slab the faces that those of its components reach that are not final in it.

        Args:
            *seam: of a box that is periodic along z, to be joined last.
        """
        if seam:
            whole = Trail(self.wraps, self.state, [*self.slabs], [*self.states])
            whole.add(*seam)
            return whole.resolved()
        if self.state is None:
            return []
        _, codes = self.state.closed()
        faces = [self._faces(self.slabs[-1], codes)]
        for own, after in zip(self.slabs[-2::-1], self.states[::-1], strict=True):
            codes = self._faces(after, codes)
            faces.append(self._faces(own, codes))
        return [reached.astype(np.uint8) for reached in faces[::-1]]

    def _faces(self, codes: Codes, later: Codes) -> Codes:
        """Codes, all of them final, from what became of the others later."""
        return np.concatenate([np.arange(TOUCHES, dtype=np.uint32), later])[codes]


def with_marks(slab: Slab, faces: Mapping[PerAxis, NDArray[np.uint8]]) -> Slab:
    """A slab of the second reading, with the faces that its components reach: see `porenet.slabs.Slab.reached`.

    Args:
        slab: cut as in the first reading.
        faces: from `Trail.resolved`, those of this slab, by whether components continue round the box.
    """
    return replace(slab, marks={wraps: _marks(slab, wraps, reached) for wraps, reached in faces.items()})


def slab_lines(slab: Slab, supplies: Iterable[Supplied]) -> dict[Supplied, Lines]:
    """Lines of one slab by supply.

    Args:
        slab: with marks, see `with_marks`.
        supplies: which lines are wanted.
    """
    return {supplied: _lines(slab, slab.reached(supplied.wraps), supplied) for supplied in supplies}


def added_lines(first: Mapping[Supplied, Lines], second: Mapping[Supplied, Lines]) -> Mapping[Supplied, Lines]:
    """Lines of both."""
    if not first:
        return second
    return {
        supplied: Lines(lines.total + more.total, lines.possible + more.possible, lines.active + more.active)
        for supplied, lines in first.items()
        for more in [second[supplied]]
    }


def _marks(slab: Slab, wraps: PerAxis, faces: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``(layers, Y, X)`` uint8, the faces that each voxel's component reaches in the whole box."""
    _, codes = pieces(slab, wraps, measured=False)
    return slab.runs(wraps).spread(np.concatenate([np.arange(TOUCHES, dtype=np.uint8), faces])[codes])


def _lines(slab: Slab, marks: NDArray[np.uint8], supplied: Supplied) -> Lines:
    bits = np.zeros(256, np.int64)
    bits[list(supplied.triple)] = supplied.supplied
    _, *around = slab.grid.periodic
    return triple_lines(
        slab.labels,
        [supplied.triple],
        supply=Supply(marks, bits.tolist(), supplied.possible),
        periodic=(False, *around),  # type: ignore[arg-type]
        part=Part(slab.shared),
    )
