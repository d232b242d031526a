"""The fold over the slabs of one volume: read, count, join, forget."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import Lines
from porenet.flood_fill.axes import PerAxis
from porenet.interface import Grid, Value
from porenet.slabs.need import Need, Supplied
from porenet.slabs.second_reading import Trail, added_lines, has_many_lines, slab_lines, with_marks
from porenet.slabs.slab import About, Box, Slab
from porenet.slabs.stream import Stream, has_own_state, has_rows
from porenet.slabs.summary import Summary


class Layers(Protocol):
    """A volume whose layers can be read in their order: `porenet.formats.LabelSlabs` is one."""

    @property
    def shape(self) -> Box:
        """(Z, Y, X), voxels."""
        ...

    @property
    def grid(self) -> Grid:
        """Phases, voxel edges (um) and boundaries."""
        ...

    def read(self, z0: int, z1: int) -> NDArray[np.uint8]:
        """Labels of the layers from ``z0`` to before ``z1``."""
        ...

    def read_y(self, y0: int, y1: int) -> NDArray[np.uint8]:
        """Labels of the rows from ``y0`` to before ``y1``, of all layers."""
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """A metric to be measured.

    Attributes:
        stream: how it is measured by slabs.
        params: its parameters, all of them.
    """

    stream: Stream
    params: Mapping[str, Any]


@dataclass(frozen=True, eq=False, slots=True)
class Folded:
    """What the layers read so far come to.

    Attributes:
        summary: the counts.
        states: states of the tasks that have their own, by place in the list of tasks.
        marked: states of those that count in a second reading, the seam included; after it.
    """

    summary: Summary
    states: Mapping[int, Any]
    marked: Mapping[int, Any] = field(default_factory=dict)


def need_of(tasks: Sequence[Task], about: About) -> Need:
    """What the tasks need together.

    Raises:
        InputError: one of them needs the whole volume in memory.
    """
    return reduce(Need.__or__, (task.stream.need(about.grid, about.shape, task.params) for task in tasks), Need())


def leaf(slab: Slab, tasks: Sequence[Task], need: Need) -> Folded:
    """What one slab comes to."""
    return Folded(Summary.of(slab, need), own_states(slab, tasks, marked=False))


def own_states(slab: Slab, tasks: Sequence[Task], *, marked: bool) -> dict[int, Any]:
    """States of one slab, by place in the list of tasks.

    Args:
        slab: some layers.
        tasks: the metrics.
        marked: whether those of the second reading are wanted, for which the slab is marked, or those of the first.
    """
    return {
        place: task.stream.leaf(slab, task.params)
        for place, task in enumerate(tasks)
        if has_own_state(task.stream) and bool(need_of([task], slab.about).reached) == marked
    }


def join(first: Folded, second: Folded, tasks: Sequence[Task]) -> Folded:
    """What two neighbours come to, which share a layer.

    Raises:
        InputError: they do not share it.
    """
    return Folded(first.summary.join(second.summary), joined_states(first.states, second.states, tasks))


def joined_states(first: Mapping[int, Any], second: Mapping[int, Any], tasks: Sequence[Task]) -> dict[int, Any]:
    """States of two neighbours, by place in the list of tasks."""
    states = {}
    for place, state in first.items():
        stream: Any = tasks[place].stream
        states[place] = stream.join(state, second[place])
    return states


def row_states(blocks: Iterable[NDArray[np.uint8]], tasks: Sequence[Task], about: About) -> dict[int, dict[str, Any]]:
    """What the rows of a box come to, for the tasks that count along whole lines along z, by place in their list.

    Args:
        blocks: ``(Z, rows, X)`` uint8 each, labels of all rows of the box.
        tasks: the metrics.
        about: the volume.
    """
    states: dict[int, dict[str, Any]] = {}
    for block in blocks:
        for place, task in enumerate(tasks):
            if has_rows(task.stream, need_of([task], about)):
                counts, before = task.stream.rows(block, about, task.params), states.get(place)
                states[place] = {name: value + before[name] if before else value for name, value in counts.items()}
    return states


def finish(
    folded: Folded, tasks: Sequence[Task], further: Mapping[int, Mapping[str, Any]] = MappingProxyType({})
) -> list[Mapping[str, Value]]:
    """Values of the tasks, after the last slab of the box.

    Args:
        folded: what the slabs come to.
        tasks: the metrics.
        further: what other readings come to, by place in the list of tasks: of rows, and of parts.
    """
    about, marked = folded.summary.about, folded.marked
    if about.grid.periodic[0]:
        seam = Slab.seam(folded.summary.last_layer, folded.summary.first_layer, about)
        folded = join(folded, leaf(seam, tasks, folded.summary.need), tasks)
    summary = folded.summary.closed()
    own = {**folded.states, **marked}
    states = {place: {**own.get(place, {}), **further.get(place, {})} for place in {*own, *further}}
    return [task.stream.finish(states.get(place, summary), about, task.params) for place, task in enumerate(tasks)]


def slabs_of(layers: Layers, thickness: int) -> Iterator[Slab]:
    """Slabs of so many layers and the one before; the last may have fewer.

    Args:
        layers: the volume.
        thickness: 1 or more.

    Yields:
        Slabs that share a layer each; their labels are those of one buffer, written anew for each.
    """
    depth, height, width = layers.shape
    about, buffer = About(layers.grid, layers.shape), np.empty((thickness + 1, height, width), np.uint8)
    for z0 in range(0, depth, thickness):
        z1 = min(z0 + thickness, depth)
        first = 1 if z0 else 0
        if z0:
            buffer[0] = buffer[thickness]
        buffer[1 : 1 + z1 - z0] = layers.read(z0, z1)
        yield Slab.cut(buffer[1 - first : 1 + z1 - z0], about, z0 - first, shared=z0 > 0)


def folded(
    layers: Layers, tasks: Sequence[Task], thickness: int, *, progress: Callable[[int], object] = lambda _: None
) -> Folded:
    """Read a volume once, by slabs.

    Args:
        layers: the volume.
        tasks: the metrics.
        thickness: layers that are read at a time.
        progress: called with the number of layers read so far, after each slab.

    Where the first slab has many triple lines and a metric asks which are active, the volume is read once more.

    Raises:
        InputError: a layer cannot be read, or a metric needs the whole volume in memory.
    """
    need = need_of(tasks, About(layers.grid, layers.shape))
    state: Folded | None = None
    trails: dict[PerAxis, Trail] = {}
    for slab in slabs_of(layers, thickness):
        if state is None:
            need, trails = _readings(slab, need)
        for trail in trails.values():
            trail.add(slab)
        piece = leaf(slab, tasks, need)
        state = piece if state is None else join(state, piece, tasks)
        progress(slab.z0 + len(slab.labels))
    assert state is not None  # a box has a layer
    if not trails:
        return state
    supplies = need_of(tasks, state.summary.about).supplies - need.supplies
    return _read_again(state, layers, thickness, trails, supplies, tasks)


def _readings(slab: Slab, need: Need) -> tuple[Need, dict[PerAxis, Trail]]:
    """What is counted in the first reading, from the first slab, and the trails of a second one, if there is one."""
    ways, now = set(need.reached), need
    if has_many_lines(slab, sorted({supplied.triple for supplied in need.supplies})):
        ways |= {supplied.wraps for supplied in need.supplies}
        now = replace(need, supplies=frozenset())
    return now, {wraps: Trail(wraps) for wraps in ways}


def _read_again(
    state: Folded,
    layers: Layers,
    thickness: int,
    trails: dict[PerAxis, Trail],
    supplies: frozenset[Supplied],
    tasks: Sequence[Task],
) -> Folded:
    """The same with what is counted in a second reading, cut in the same places."""
    summary, seam = state.summary, []
    if layers.grid.periodic[0]:
        seam = [Slab.seam(summary.last_layer, summary.first_layer, summary.about)]
    faces = {wraps: trail.resolved(*seam) for wraps, trail in trails.items()}
    lines: Mapping[Supplied, Lines] = {}
    states: Mapping[int, Any] = {}
    for place, slab in enumerate(itertools.chain(slabs_of(layers, thickness), seam)):
        again = with_marks(slab, {wraps: those[place] for wraps, those in faces.items()})
        lines = added_lines(lines, slab_lines(again, supplies))
        own = own_states(again, tasks, marked=True)
        states = joined_states(states, own, tasks) if place else own
    return Folded(replace(summary, active=lines), state.states, states)


def values_of(
    layers: Layers,
    tasks: Sequence[Task],
    thickness: int,
    rows: int = 1,
    *,
    progress: Callable[[int], object] = lambda _: None,
) -> list[Mapping[str, Value]]:
    """Measure a volume by slabs.

    Args:
        layers: the volume.
        tasks: the metrics.
        thickness: layers that are read at a time.
        rows: rows of all layers that are read at a time in a second reading, if a metric needs one.
        progress: called with the number of layers read so far, after each slab.

    Returns:
        The values of each task, those of the volume in memory.

    Raises:
        InputError: as for `folded`.
    """
    state, (_, height, _) = folded(layers, tasks, thickness, progress=progress), layers.shape
    counts: Mapping[int, Mapping[str, Any]] = {}
    if state.summary.need.rows:
        blocks = (layers.read_y(y0, min(y0 + rows, height)) for y0 in range(0, height, rows))
        counts = row_states(blocks, tasks, state.summary.about)
    return finish(state, tasks, counts)
