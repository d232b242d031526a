"""What a metric needs of each slab, so that porenet counts it once for all metrics."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from porenet.flood_fill.arguments import face_bits
from porenet.flood_fill.axes import Face, PerAxis, axis_of, opened, sides

if TYPE_CHECKING:
    from porenet.contacts import Triple, WeightedStep


def bits_of(faces: Collection[Face]) -> int:
    """Faces as bits, in the order of `porenet.interface.FACES`: how folds name what a component touches."""
    return int(face_bits(faces)) if isinstance(faces, str) else _bits_of(tuple(faces))  # type: ignore[arg-type] # refused there


@functools.cache
def _bits_of(faces: tuple[Face, ...]) -> int:
    return int(face_bits(faces))


@dataclass(frozen=True, slots=True)
class Supplied:
    """Triple lines that are active, or may be, by what supplies the components round them.

    Attributes:
        triple: labels of the three phases.
        supplied: for each of the three, bits of the faces (`porenet.interface.FACES`) that a component touches if it is
            supplied, all of them.
        possible: bits of the faces of which a component that may be supplied touches at least one.
        wraps: per axis (z, y, x), whether components continue round the box.
    """

    triple: Triple
    supplied: tuple[int, int, int]
    possible: int
    wraps: PerAxis

    @classmethod
    def by_faces(
        cls, triple: Triple, faces: tuple[Collection[Face], Collection[Face], Collection[Face]], periodic: PerAxis
    ) -> Supplied:
        """Supply through faces; their axes count as open, and what touches another open face may be supplied.

        Args:
            triple: labels of the three phases.
            faces: the faces that supply each of them, all of which a component must touch.
            periodic: per axis (z, y, x), whether the grid wraps.
        """
        transport = {axis_of(face) for named in faces for face in named}
        first, second, third = map(bits_of, faces)
        possible = bits_of(sides(periodic, *transport))
        return cls(triple, (first, second, third), possible, opened(periodic, *transport))


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What porenet counts in each slab for a metric, and hands to it as a `Summary`.

    Attributes:
        voxels: whether the voxels of each phase are counted.
        pairs: steps (z, y, x) between voxels whose unlike pairs are counted, each with whether the first and the last
            pair along an open axis count 1.5 times.
        lines: triples of labels whose lines are counted.
        supplies: triples whose lines are also counted by what supplies them.
        components: per axis (z, y, x), whether components continue round the box; one entry for each way to ask.
        reached: likewise; for each way the metric's own ``leaf`` reads `porenet.slabs.Slab.reached`, so that it is
            called in a second reading.
        rows: whether the metric reads whole lines along z, in blocks of rows, for which the volume is read once more.
        column_bytes: bytes that the metric's own state takes for each column of voxels along z.
        voxel_bytes: bytes that its own ``leaf`` takes for each voxel of a slab while it works.
        part_bytes: bytes that it takes while it works on one of its parts, the labels of the part included.
        parts: number of parts of the box that it measures by themselves.
    """

    voxels: bool = False
    pairs: frozenset[WeightedStep] = frozenset()
    lines: frozenset[Triple] = frozenset()
    supplies: frozenset[Supplied] = frozenset()
    components: frozenset[PerAxis] = frozenset()
    reached: frozenset[PerAxis] = frozenset()
    rows: bool = False
    column_bytes: int = 0
    voxel_bytes: int = 0
    part_bytes: int = 0
    parts: int = 0

    def __or__(self, other: Need) -> Need:
        """What two metrics need together; they work one after the other, but keep their states."""
        return Need(
            voxels=self.voxels or other.voxels,
            pairs=self.pairs | other.pairs,
            lines=self.lines | other.lines,
            supplies=self.supplies | other.supplies,
            components=self.components | other.components,
            reached=self.reached | other.reached,
            rows=self.rows or other.rows,
            column_bytes=self.column_bytes + other.column_bytes,
            voxel_bytes=max(self.voxel_bytes, other.voxel_bytes),
            part_bytes=max(self.part_bytes, other.part_bytes),
            parts=self.parts + other.parts,
        )

    def is_within(self, counted: Need) -> bool:
        """Whether all that is needed of a volume in memory is among what has been counted."""
        return (
            self.supplies <= counted.supplies
            and self.components <= counted.components
            and self.pairs <= counted.pairs
            and self.lines <= counted.lines
            and (counted.voxels or not self.voxels)
        )

    @property
    def triples(self) -> list[Triple]:
        """All triples whose lines are counted, in order."""
        if not self.supplies:
            return sorted(self.lines)
        return sorted(self.lines | {supplied.triple for supplied in self.supplies})

    @property
    def steps(self) -> list[WeightedStep]:
        """`pairs` in order."""
        return sorted(self.pairs)

    @property
    def triples_by_components(self) -> Mapping[PerAxis, list[Triple]]:
        """For each way to ask for components, the triples whose lines are counted by the components round them."""
        asked: dict[PerAxis, set[Triple]] = {wraps: set() for wraps in sorted(self.components)}
        for supplied in self.supplies:
            asked.setdefault(supplied.wraps, set()).add(supplied.triple)
        return {wraps: sorted(triples) for wraps, triples in asked.items()}

    @property
    def ways(self) -> int:
        """Number of ways in which the components of a slab are found."""
        return len({*self.components, *self.reached, *(supplied.wraps for supplied in self.supplies)})

    @property
    def reads_again(self) -> bool:
        """Whether the volume is always read again, by layers or in parts."""
        return bool(self.reached or self.parts)
