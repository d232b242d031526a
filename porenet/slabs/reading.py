"""Reading a volume by slabs: read, count, join, forget; and go on from where an earlier reading stopped."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import Lines
from porenet.flood_fill.axes import PerAxis
from porenet.interface import Value
from porenet.slabs.fold import (
    Folded,
    Layers,
    States,
    Task,
    added_rows,
    finish,
    join,
    joined_states,
    leaf,
    need_of,
    own_states,
    row_states,
)
from porenet.slabs.need import Need, Supplied
from porenet.slabs.parts import added_part, failure_before, jobs_of, part_state, parts_in
from porenet.slabs.second_reading import Trail, added_lines, has_many_lines, slab_lines, with_marks
from porenet.slabs.slab import About, Slab


@dataclass(frozen=True, eq=False, slots=True)
class Reached:
    """How far the reading of a volume has come, and what it comes to so far.

    Attributes:
        ends: the layer behind each slab that was read.
        folded: what they come to; None before the first.
        trails: what became of the components of each slab, where the volume is read twice.
        recounted: number of slabs that were read again.
        lines: lines of those slabs, by supply.
        marked: states of those slabs, of metrics that need the faces that components reach.
        rows: number of rows that were read again, whole along z.
        row_states: counts of those rows.
        part_states: what parts come to that were measured by themselves.
    """

    ends: tuple[int, ...] = ()
    folded: Folded | None = None
    trails: Mapping[PerAxis, Trail] = field(default_factory=dict)
    recounted: int = 0
    lines: Mapping[Supplied, Lines] = field(default_factory=dict)
    marked: States = field(default_factory=dict)
    rows: int = 0
    row_states: States = field(default_factory=dict)
    part_states: States = field(default_factory=dict)

    @property
    def layers(self) -> int:
        """Number of layers that were read."""
        return self.ends[-1] if self.ends else 0

    def share(self, about: About, need: Need) -> float:
        """Share of the work that is done, all readings together: 0 to 1."""
        depth, height, _ = about.shape
        again = self.ends[self.recounted - 1] if self.recounted else 0
        done = self.layers / depth + (again / depth if self.trails else 0) + (self.rows / height if need.rows else 0)
        if need.parts:
            done += PARTS * parts_in(self.part_states) / need.parts
        return done / self.readings(need)

    def readings(self, need: Need) -> int:
        """How often the volume is read; what parts take counts as so many readings."""
        return 1 + bool(self.trails) + bool(need.rows) + PARTS * bool(need.parts)


Watch = Callable[[Reached], object]

PARTS = 20
"""Readings that measuring all parts takes as long as: solving for a tortuosity takes about 1 us per voxel."""


def slabs_of(
    layers: Layers, ends: Sequence[int], begin: int = 0, before: NDArray[np.uint8] | None = None
) -> Iterator[Slab]:
    """Slabs that share a layer each.

    Args:
        layers: the volume.
        ends: the layer behind each slab, in their order.
        begin: first layer of the first slab.
        before: ``(Y, X)`` uint8, the layer before it; None if there is none, or none is shared: then the first slab
            begins with a layer that a slab of two layers owns, see `porenet.slabs.fold.join_apart`.

    Yields:
        Slabs; their labels are those of one buffer, written anew for each.
    """
    _, height, width = layers.shape
    edges = [begin, *ends]
    thickness = max(z1 - z0 for z0, z1 in itertools.pairwise(edges))
    about, buffer = About(layers.grid, layers.shape), np.empty((thickness + 1, height, width), np.uint8)
    for z0, z1 in itertools.pairwise(edges):
        shared = int(before is not None)
        if before is not None:
            buffer[0] = before
        layers.read(z0, z1, buffer[1 : 1 + z1 - z0])
        yield Slab.cut(buffer[1 - shared : 1 + z1 - z0], about, z0 - shared, shared=z0 > 0)
        before = buffer[z1 - z0]


def ends_of(begin: int, end: int, thickness: int) -> list[int]:
    """The layer behind each slab of so many layers from ``begin`` to ``end``; the last may have fewer."""
    return [*range(begin + thickness, end, thickness), end] if begin < end else []


def stretch(layers: Layers, tasks: Sequence[Task], begin: int, end: int, thickness: int) -> Folded:
    """What some layers come to, read once, of which no layer is shared with others.

    Args:
        layers: the volume.
        tasks: the metrics.
        begin: first layer.
        end: the layer behind the last.
        thickness: layers that are read at a time.

    Raises:
        InputError: a layer cannot be read, or a metric needs the whole volume in memory.
    """
    need = need_of(tasks, About(layers.grid, layers.shape))
    slabs = slabs_of(layers, ends_of(begin, end, thickness), begin)
    state = leaf(next(slabs), tasks, need)
    for slab in slabs:
        state = join(state, leaf(slab, tasks, need), tasks)
    return state


def folded(
    layers: Layers,
    tasks: Sequence[Task],
    thickness: int,
    *,
    reached: Reached | None = None,
    watch: Watch = lambda _: None,
) -> Reached:
    """Read a volume once, by slabs.

    Where the first slab has many triple lines and a metric asks which are active, and where a metric needs the faces
    that components reach, the volume is read once more.

    Args:
        layers: the volume.
        tasks: the metrics.
        thickness: layers that are read at a time.
        reached: where an earlier reading stopped.
        watch: called after each slab.

    Raises:
        InputError: a layer cannot be read, or a metric needs the whole volume in memory.
    """
    need = need_of(tasks, About(layers.grid, layers.shape))
    counted = need
    now, begin = reached or Reached(), (reached or Reached()).layers
    before = now.folded.summary.last_layer if now.folded else None
    ends = ends_of(begin, layers.shape[0], thickness)
    for end, slab in zip(ends, slabs_of(layers, ends, begin, before) if ends else (), strict=True):
        if now.folded is None:
            counted = _counted_first(slab, need)
            now = replace(now, trails={wraps: Trail(wraps) for wraps in ways_again(need, counted)})
        else:
            counted = now.folded.summary.need
        for trail in now.trails.values():
            trail.add(slab)
        piece = leaf(slab, tasks, counted)
        now = replace(now, ends=(*now.ends, end), folded=join(now.folded, piece, tasks) if now.folded else piece)
        watch(now)
    return _read_again(now, layers, tasks, watch) if now.trails else now


def _counted_first(slab: Slab, need: Need) -> Need:
    """What is counted in the first reading, from the first slab.

    Lines by supply are left for the second reading where there are many, or where it has the marks for them anyway.
    """
    supplies = frozenset(supplied for supplied in need.supplies if supplied.wraps not in need.reached)
    many = has_many_lines(slab, sorted({supplied.triple for supplied in supplies}))
    return replace(need, supplies=frozenset() if many else supplies)


def ways_again(need: Need, counted: Need) -> list[PerAxis]:
    """The ways to ask for components of which a second reading needs the faces that they reach, in order.

    Args:
        need: of the metrics.
        counted: what is counted in the first reading.
    """
    return sorted(need.reached | {supplied.wraps for supplied in need.supplies - counted.supplies})


def _read_again(now: Reached, layers: Layers, tasks: Sequence[Task], watch: Watch) -> Reached:
    """The same with what is counted in a second reading, cut in the same places."""
    assert now.folded is not None  # a box has a layer
    summary, states = now.folded.summary, now.folded.states
    supplies = need_of(tasks, summary.about).supplies - summary.need.supplies
    seam = []
    if layers.grid.periodic[0]:
        seam = [Slab.seam(summary.last_layer, summary.first_layer, summary.about)]
    faces = [
        dict(zip(now.trails, of_slab, strict=True))
        for of_slab in zip(*(trail.resolved(*seam) for trail in now.trails.values()), strict=True)
    ]
    begin = now.ends[now.recounted - 1] if now.recounted else 0
    before = layers.read(begin - 1, begin)[0] if begin else None
    ends = now.ends[now.recounted :]
    for slab in slabs_of(layers, ends, begin, before) if ends else ():
        now = _counted_again(now, with_marks(slab, faces[now.recounted]), supplies, tasks)
        now = replace(now, recounted=now.recounted + 1)
        watch(now)
    closed = now  # what is kept for a later process is without the seam
    for slab in seam:
        closed = _counted_again(now, with_marks(slab, faces[-1]), supplies, tasks)
    return replace(now, folded=Folded(replace(summary, active=closed.lines), states, closed.marked))


def _counted_again(now: Reached, slab: Slab, supplies: frozenset[Supplied], tasks: Sequence[Task]) -> Reached:
    lines, states = slab_lines(slab, supplies), own_states(slab, tasks, marked=True)
    marked = joined_states(now.marked, states, tasks) if now.marked else states
    return replace(now, lines=added_lines(now.lines, lines), marked=marked)


def values_of(
    layers: Layers,
    tasks: Sequence[Task],
    thickness: int,
    rows: int = 1,
    *,
    reached: Reached | None = None,
    watch: Watch = lambda _: None,
) -> list[Mapping[str, Value]]:
    """Measure a volume by slabs.

    Args:
        layers: the volume.
        tasks: the metrics.
        thickness: layers that are read at a time.
        rows: rows of all layers that are read at a time, if a metric needs them; 0 if none can be read so.
        reached: where an earlier reading of the same volume for the same tasks stopped; the slabs may differ.
        watch: called after each slab and each block of rows with what was reached.

    Returns:
        The values of each task, those of the volume in memory.

    Raises:
        InputError: as for `folded`.
    """
    about = About(layers.grid, layers.shape)
    now, height = folded(layers, tasks, thickness, reached=reached, watch=watch), layers.shape[1]
    if need_of(tasks, about).rows:
        for end in ends_of(now.rows, height, rows):
            counts = row_states([layers.read_y(now.rows, end)], tasks, about)
            now = replace(now, rows=end, row_states=added_rows(now.row_states, counts))
            watch(now)
    for job in jobs_of(tasks, about)[parts_in(now.part_states) :]:
        state = failure_before(now.part_states, job) or part_state(layers, tasks, job, thickness, rows)
        now = replace(now, part_states=added_part(now.part_states, job, state))
        watch(now)
    assert now.folded is not None  # a box has a layer
    return finish(now.folded, tasks, now.row_states, now.part_states)
