"""What the layers of one volume come to: of one slab, of two that are joined, of the whole box."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Grid, Value
from porenet.slabs.failure import has_failed
from porenet.slabs.need import Need
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

    def read(self, z0: int, z1: int, out: NDArray[np.uint8] | None = None, /) -> NDArray[np.uint8]:
        """Labels of the layers from ``z0`` to before ``z1``, in ``out`` if that is given."""
        ...

    def read_y(self, y0: int, y1: int) -> NDArray[np.uint8]:
        """Labels of the rows from ``y0`` to before ``y1``, of all layers."""
        ...


States = Mapping[int, Mapping[str, Any]]
"""States or counts, by name, of some of the tasks, by place in their list."""


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
        marked: likewise of those that count in a second reading, the seam included; after it.
    """

    summary: Summary
    states: States
    marked: States = field(default_factory=dict)


def need_of(tasks: Sequence[Task], about: About) -> Need:
    """What the tasks need together.

    Raises:
        InputError: one of them needs the whole volume in memory.
    """
    return reduce(Need.__or__, (task.stream.need(about.grid, about.shape, task.params) for task in tasks), Need())


def leaf(slab: Slab, tasks: Sequence[Task], need: Need) -> Folded:
    """What one slab comes to."""
    return Folded(Summary.of(slab, need), own_states(slab, tasks, marked=False))


def own_states(slab: Slab, tasks: Sequence[Task], *, marked: bool) -> States:
    """States of one slab.

    Args:
        slab: some layers.
        tasks: the metrics.
        marked: whether those of the second reading are wanted, for which the slab has marks, or those of the first.
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


def joined_states(first: States, second: States, tasks: Sequence[Task]) -> States:
    """States of two neighbours."""
    states = {}
    for place, state in first.items():
        stream: Any = tasks[place].stream
        states[place] = stream.join(state, second[place])
    return states


def join_apart(first: Folded, second: Folded, end: int, tasks: Sequence[Task]) -> Folded:
    """What two neighbours come to, which share no layer.

    Args:
        first: what the layers up to a place come to.
        second: what those from there on come to; its first slab counts that layer as shared.
        end: the place, the first layer of ``second``.
        tasks: the metrics.
    """
    summary = first.summary
    labels = np.stack([summary.last_layer, second.summary.first_layer])
    between = leaf(Slab.cut(labels, summary.about, end - 1, shared=True), tasks, summary.need)
    return join(join(first, between, tasks), second, tasks)


def row_states(blocks: Iterable[NDArray[np.uint8]], tasks: Sequence[Task], about: About) -> States:
    """What the rows of a box come to, for the tasks that count along whole lines along z.

    Args:
        blocks: ``(Z, rows, X)`` uint8 each, labels of all rows of the box.
        tasks: the metrics.
        about: the volume.
    """
    states: States = {}
    for block in blocks:
        counts = {
            place: task.stream.rows(block, about, task.params)
            for place, task in enumerate(tasks)
            if has_rows(task.stream, need_of([task], about))
        }
        states = added_rows(states, counts)
    return states


def added_rows(first: States, second: States) -> States:
    """Counts of the rows of both."""
    if not first:
        return second
    return {place: _added(counts, second[place]) for place, counts in first.items()}


def _added(first: Mapping[str, Any], second: Mapping[str, Any]) -> Mapping[str, Any]:
    if has_failed(first) or has_failed(second):
        return first if has_failed(first) else second
    return {name: value + second[name] for name, value in first.items()}


def finish(folded: Folded, tasks: Sequence[Task], *others: States) -> list[Mapping[str, Value]]:
    """Values of the tasks, after the last slab of the box.

    Args:
        folded: what the slabs come to.
        tasks: the metrics.
        *others: what else was read comes to: rows, and parts.
    """
    about, others = folded.summary.about, (folded.marked, *others)
    if about.grid.periodic[0]:
        seam = Slab.seam(folded.summary.last_layer, folded.summary.first_layer, about)
        folded = join(folded, leaf(seam, tasks, folded.summary.need), tasks)
    summary = folded.summary.closed()
    states: dict[int, dict[str, Any]] = {}
    for place, state in itertools.chain(*(some.items() for some in (folded.states, *others))):
        states.setdefault(place, {}).update(state)
    return [task.stream.finish(states.get(place, summary), about, task.params) for place, task in enumerate(tasks)]
