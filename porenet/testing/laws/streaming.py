"""The law of metrics that are measured slab by slab: the values are those of the volume in memory, to the last bit."""

from __future__ import annotations

import inspect
import io
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Grid, InputError, Volume
from porenet.slabs import About, Slab, Task
from porenet.slabs.fold import Folded, finish, join, leaf, need_of, row_states
from porenet.slabs.stored import arrays_of, folded_of
from porenet.testing.case import Case

Fold = Callable[[list[Folded], Task, np.random.Generator], Folded]

SMALL_BYTES = 1 << 16
"""What a state may take beyond what it needs for each column of voxels."""


def streams(case: Case) -> str | None:
    """Measured by slabs, cut anywhere and joined in any order, it has the values that it has in memory, exactly."""
    task = Task(case.spec.resolve_stream(), _params(case))
    rng = np.random.default_rng(26)
    folds: tuple[tuple[str, bool, Fold], ...] = (
        ("one after the other", False, _from_the_left),
        ("in any order", False, _as_a_tree),
        ("of layers that are not shared", True, _as_a_tree),
    )
    for number, volume in enumerate(_volumes(case.phases, rng)):
        depth, height, width = volume.labels.shape
        try:
            need_of([task], About(volume.grid, (depth, height, width)))
        except InputError as error:
            return f"not by slabs: {error.what}"
        expected = dict(case.measure(volume))
        name, apart, fold = folds[number % len(folds)]
        cuts = sorted({0, depth, *rng.integers(0, depth, size=rng.integers(5)).tolist()})
        measured = dict(_measured(volume, cuts, apart, fold, task, rng))
        for key in {*expected, *measured}:
            here, there = expected.get(key), measured.get(key)
            case.expect(
                here == there,
                f"gives {key} = {here} in memory and {there} by slabs that end at {cuts[1:]}, joined {name}, "
                f"of {volume.labels.shape} voxels, periodic {volume.grid.periodic}",
            )
    _refuses_layers_that_differ(case, task, rng)
    _keeps_what_it_says(case, task, rng)
    return None


def _params(case: Case) -> dict[str, Any]:
    """All parameters of the metric."""
    signature = inspect.signature(case.spec.resolve()).parameters.items()
    defaults = {name: one.default for name, one in signature if one.default is not one.empty}
    return defaults | dict(case.params)


def _volumes(phases: tuple[str, ...], rng: np.random.Generator) -> Iterator[Volume]:
    """Noise and blobs, twice on every grid that is periodic along some axes or none."""
    periodicities = itertools.product((False, True), repeat=3)
    for _, periodic, grain in itertools.product(range(2), periodicities, (1, 4)):
        shape = (rng.integers(1, 24), rng.integers(1, 12), rng.choice([1, 3, 63, 64, 65, 130]))
        grid = Grid(phases, (0.1, 0.25, 0.2), periodic)  # type: ignore[arg-type]
        yield Volume(_labels(shape, len(phases), grain, rng), grid)


def _labels(shape: Any, phases: int, grain: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    labels = rng.integers(phases, size=[-(-size // grain) for size in shape], dtype=np.uint8)
    for axis, size in enumerate(shape):
        labels = np.repeat(labels, grain, axis).take(range(size), axis)
    flips = rng.random(labels.shape) < 0.02
    labels[flips] = rng.integers(phases, size=int(flips.sum()))
    return labels


def _measured(
    volume: Volume, cuts: list[int], apart: bool, fold: Fold, task: Task, rng: np.random.Generator
) -> Mapping[str, Any]:
    state = fold(_leaves(volume, cuts, apart, task), task, rng)
    rows = np.array_split(volume.labels, min(3, volume.labels.shape[1]), axis=1)
    return finish(state, [task], row_states(rows, [task], state.summary.about))[0]


def _leaves(volume: Volume, cuts: list[int], apart: bool, task: Task) -> list[Folded]:
    """States of the slabs between cuts; those that are apart share no layer, and slabs of two layers join them."""
    depth, height, width = volume.labels.shape
    about = About(volume.grid, (depth, height, width))
    need = need_of([task], about)
    states = []
    for z0, z1 in itertools.pairwise(cuts):
        first = z0 if apart or z0 == 0 else z0 - 1
        states.append(leaf(Slab.cut(volume.labels[first:z1], about, first, shared=z0 > 0), [task], need))
        if apart and z1 < depth:
            states.append(leaf(Slab.cut(volume.labels[z1 - 1 : z1 + 1], about, z1 - 1, shared=True), [task], need))
    return states


def _from_the_left(states: list[Folded], task: Task, _: np.random.Generator) -> Folded:
    state, *others = states
    for other in others:
        state = join(_through_npz(state), other, [task])
    return state


def _as_a_tree(states: list[Folded], task: Task, rng: np.random.Generator) -> Folded:
    while len(states) > 1:
        place = int(rng.integers(len(states) - 1))
        states[place : place + 2] = [join(states[place], states[place + 1], [task])]
    return states[0]


def _through_npz(folded: Folded) -> Folded:
    """A state as it is after a stop: an NPZ file, which holds arrays and numbers only."""
    file = io.BytesIO()
    np.savez(file, **arrays_of(folded))  # type: ignore[arg-type]
    file.seek(0)
    with np.load(file, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    return folded_of(arrays, folded.summary.about, folded.summary.need)


def _refuses_layers_that_differ(case: Case, task: Task, rng: np.random.Generator) -> None:
    """A layer that two slabs share, and that changed between them, is an error."""
    grid = Grid(case.phases, (0.1, 0.1, 0.1))
    about = About(grid, (4, 6, 7))
    labels = _labels(about.shape, len(case.phases), 1, rng)
    need = need_of([task], about)
    first = leaf(Slab.cut(labels[:2], about, 0, shared=False), [task], need)
    changed = labels[1:].copy()
    changed[0, 2, 3] = (changed[0, 2, 3] + 1) % len(case.phases)
    second = leaf(Slab.cut(changed, about, 1, shared=True), [task], need)
    try:
        join(first, second, [task])
    except InputError:
        return
    case.expect(False, "joins two slabs whose shared layer differs")


def _keeps_what_it_says(case: Case, task: Task, rng: np.random.Generator) -> None:
    """A state of its own takes no more than its `Need` says."""
    about = About(Grid(case.phases, (0.1, 0.1, 0.1)), (40, 30, 150))
    labels = _labels(about.shape, len(case.phases), 4, rng)
    need = need_of([task], about)
    cuts = ((0, 20), (19, 40))
    first, second = (leaf(Slab.cut(labels[z0:z1], about, z0, shared=z0 > 0), [task], need) for z0, z1 in cuts)
    for state in join(first, second, [task]).states.values():
        size = sum(np.asarray(value).nbytes for value in state.values())
        most = need.column_bytes * about.shape[1] * about.shape[2] + SMALL_BYTES
        case.expect(size <= most, f"keeps {size} bytes of {labels.size} voxels; its Need allows {most}")
