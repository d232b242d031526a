"""Parts of a volume that are read and measured one after the other, each by itself."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from porenet.slabs.failure import FAILURE, failed_part, has_failed
from porenet.slabs.fold import Layers, States, Task
from porenet.slabs.slab import About, Bounds
from porenet.slabs.stream import State, has_parts

Job = tuple[int, int, Bounds]
"""A part that is to be measured: place of its task, its number among those of the task, and where it lies."""


def jobs_of(tasks: Sequence[Task], about: About) -> list[Job]:
    """All parts that the tasks measure by themselves, in their order."""
    return [
        (place, number, bounds)
        for place, task in enumerate(tasks)
        if has_parts(task.stream)
        for number, bounds in enumerate(task.stream.parts(about, task.params))
    ]


def part_state(layers: Layers, tasks: Sequence[Task], job: Job, thickness: int, rows: int) -> State:
    """What one part comes to.

    Args:
        layers: the volume.
        tasks: the metrics.
        job: from `jobs_of`.
        thickness: layers that are read at a time.
        rows: rows of all layers that are read at a time; 0 if none can be.
    """
    place, number, bounds = job
    stream = tasks[place].stream
    assert has_parts(stream)  # as it was when the jobs were listed
    labels = _read(layers, bounds, thickness, rows)
    return stream.part(labels, number, About(layers.grid, layers.shape), tasks[place].params)


def added_part(states: States, job: Job, state: State) -> States:
    """The states of parts with one more: each array has the parts along its first axis."""
    place, number, _ = job
    before = states.get(place, {}) if number else {}
    if has_failed(before) or has_failed(state):
        return {**states, place: failed_part(before, number, state)}
    more = {name: np.asarray(value)[None] for name, value in state.items()}
    joined = {name: np.concatenate([before[name], value]) if number else value for name, value in more.items()}
    return {**states, place: joined}


def failure_before(states: States, job: Job) -> State | None:
    """The state of a part that need not be measured, because one before it failed; None if none did."""
    before = states.get(job[0], {})
    return {FAILURE: before[FAILURE][0]} if has_failed(before) else None


def parts_in(states: States) -> int:
    """Number of parts that were measured."""
    return sum(len(next(iter(state.values()))) for state in states.values())


def _read(layers: Layers, bounds: Bounds, thickness: int, rows: int) -> NDArray[np.uint8]:
    """``(z, y, x)`` uint8: the labels of a part; a file that can only be read forwards must have it behind the last."""
    (z0, z1), (y0, y1), (x0, x1) = bounds
    depth, height, _ = layers.shape
    labels = np.empty((z1 - z0, y1 - y0, x1 - x0), np.uint8)
    if rows and z1 - z0 == depth and y1 - y0 < height:
        for begin, end in itertools.pairwise([*range(y0, y1, rows), y1]):
            labels[:, begin - y0 : end - y0] = layers.read_y(begin, end)[:, :, x0:x1]
    else:
        for begin, end in itertools.pairwise([*range(z0, z1, thickness), z1]):
            labels[begin - z0 : end - z0] = layers.read(begin, end)[:, y0:y1, x0:x1]
    return labels
