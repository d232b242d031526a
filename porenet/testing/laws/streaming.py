"""The law of metrics that are measured slab by slab: the values are those of the volume in memory, to the last bit."""

from __future__ import annotations

import inspect
import io
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Grid, InputError, Volume
from porenet.slabs import About, Need, Slab, Summary, Task
from porenet.slabs.fold import Folded, States, finish, join, leaf, need_of, own_states, row_states
from porenet.slabs.parts import added_part, jobs_of, part_state
from porenet.slabs.second_reading import Trail, with_marks
from porenet.slabs.stored import arrays_of, folded_of
from porenet.testing.case import Case

Fold = Callable[[list[Folded], Task, np.random.Generator], Folded]

VOLUMES = 32
"""Number of volumes: twice noise and blobs on each of eight grids."""
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
    refusal, refused = "", 0
    for number, volume in enumerate(_volumes(case.phases, rng)):
        depth, height, width = volume.labels.shape
        try:
            need_of([task], About(volume.grid, (depth, height, width)))
        except InputError as error:  # of this volume; others may be measured so
            refusal, refused = error.what, refused + 1
            continue
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
    if refused == VOLUMES:
        return f"not by slabs: {refusal}"
    _refuses_layers_that_differ(case, task, rng)
    _keeps_what_it_says(case, task, rng)
    return None


def _params(case: Case) -> dict[str, Any]:
    """All parameters of the metric."""
    signature = inspect.signature(case.spec.resolve()).parameters.items()
    defaults = {name: parameter.default for name, parameter in signature if parameter.default is not parameter.empty}
    return defaults | dict(case.params)


def _volumes(phases: tuple[str, ...], rng: np.random.Generator) -> Iterator[Volume]:
    """Noise and blobs, twice on every grid that is periodic along some axes or none."""
    periodicities = itertools.product((False, True), repeat=3)
    for _, periodic, grain in itertools.product(range(VOLUMES // 16), periodicities, (1, 4)):
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
    slabs = list(_slabs(volume, cuts, apart))
    about = slabs[0].about
    need = need_of([task], about)
    state = fold([leaf(slab, [task], need) for slab in slabs], task, rng)
    rows = row_states(np.array_split(volume.labels, min(3, volume.labels.shape[1]), axis=1), [task], about)
    marked: States = {}
    if need.reached:
        seam = [Slab.seam(volume.labels[-1], volume.labels[0], about)] if volume.grid.periodic[0] else []
        marked = fold(_marked_leaves(slabs + seam, task), task, rng).states
    return finish(state, [task], rows, marked, _part_states(volume, task, rng))[0]


@dataclass(frozen=True)
class _Layers:
    """A volume in memory as what is read by slabs."""

    shape: tuple[int, int, int]
    grid: Grid
    labels: NDArray[np.uint8]

    def read(self, z0: int, z1: int, out: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
        if out is not None:
            out[:] = self.labels[z0:z1]
        return self.labels[z0:z1]

    def read_y(self, y0: int, y1: int) -> NDArray[np.uint8]:
        return self.labels[:, y0:y1]


def _part_states(volume: Volume, task: Task, rng: np.random.Generator) -> States:
    """States of the parts that the metric measures by themselves, read some layers or some rows at a time."""
    depth, height, width = volume.labels.shape
    layers = _Layers((depth, height, width), volume.grid, volume.labels)
    states: States = {}
    for job in jobs_of([task], About(volume.grid, layers.shape)):
        thickness, rows = rng.integers(1, 9), rng.integers(3)
        states = added_part(states, job, part_state(layers, [task], job, int(thickness), int(rows)))
    return states


def _slabs(volume: Volume, cuts: list[int], apart: bool) -> Iterator[Slab]:
    """Slabs between cuts; those that are apart share no layer, and slabs of two layers join them."""
    depth, height, width = volume.labels.shape
    about = About(volume.grid, (depth, height, width))
    for z0, z1 in itertools.pairwise(cuts):
        first = z0 if apart or z0 == 0 else z0 - 1
        yield Slab.cut(volume.labels[first:z1], about, first, shared=z0 > 0)
        if apart and z1 < depth:
            yield Slab.cut(volume.labels[z1 - 1 : z1 + 1], about, z1 - 1, shared=True)


def _marked_leaves(slabs: list[Slab], task: Task) -> list[Folded]:
    """States of a second reading, in which the faces that components reach in the whole box are known."""
    need = need_of([task], slabs[0].about)
    trails = {wraps: Trail(wraps) for wraps in need.reached}
    for trail, slab in itertools.product(trails.values(), slabs):
        trail.add(slab)
    resolved = {wraps: trail.resolved() for wraps, trail in trails.items()}
    leaves = []
    for place, slab in enumerate(slabs):
        again = with_marks(slab, {wraps: faces[place] for wraps, faces in resolved.items()})
        leaves.append(Folded(Summary.of(slab, Need()), own_states(again, [task], marked=True)))
    return leaves


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
    slabs = [Slab.cut(labels[z0:z1], about, z0, shared=z0 > 0) for z0, z1 in ((0, 20), (19, 40))]
    first, second = _marked_leaves(slabs, task) if need.reached else (leaf(slab, [task], need) for slab in slabs)
    for state in join(first, second, [task]).states.values():
        size = sum(np.asarray(value).nbytes for value in state.values())
        most = need.column_bytes * about.shape[1] * about.shape[2] + SMALL_BYTES
        case.expect(size <= most, f"keeps {size} bytes of {labels.size} voxels; its Need allows {most}")
