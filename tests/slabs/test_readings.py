"""Both ways to count active lines give what is counted in memory, whatever the slabs; and what a fold reads."""

import io
import itertools

import numpy as np
import pytest

from porenet.contacts import Supply, triple_lines
from porenet.errors import InputError
from porenet.flood_fill import faces_reached
from porenet.interface import Grid
from porenet.slabs import Need, Slab, Summary, Supplied, Task, pieces, second_reading, values_of
from porenet.slabs.fold import need_of
from porenet.slabs.slab import About
from porenet.slabs.stored import arrays_of_reached, reached_of


class Lines:
    """Lines of two triples by two kinds of supply: all, those that may be active, those that are."""

    def _asked(self, periodic):
        ends = ("z_min", "z_max")
        yield Supplied.by_faces((0, 1, 2), (ends, ends, ends), periodic)
        yield Supplied.by_faces((3, 0, 1), (("z_min",), ("y_max",), ("z_max",)), periodic)

    def need(self, grid, shape, params):
        return Need(supplies=frozenset(self._asked(grid.periodic)))

    def finish(self, state, about, params):
        lines = [state.supplied_lines(supplied) for supplied in self._asked(about.grid.periodic)]
        return {"lines": [[one.total.tolist(), one.possible.tolist(), one.active.tolist()] for one in lines]}


LINES = Lines()


def in_memory(labels, grid):
    """The same by marks of voxels."""
    values = []
    for supplied in LINES._asked(grid.periodic):
        bits = [0] * 4
        for label, faces in zip(supplied.triple, supplied.supplied, strict=True):
            bits[label] = faces
        marks = faces_reached(labels, periodic=supplied.wraps)
        supply = Supply(marks, bits, supplied.possible)
        lines = triple_lines(labels, [supplied.triple], supply=supply, periodic=grid.periodic)
        values.append([lines.total.tolist(), lines.possible.tolist(), lines.active.tolist()])
    return {"lines": values}


class Array:
    def __init__(self, labels, grid):
        self.labels, self.grid, self.shape = labels, grid, labels.shape
        self.layers_read = 0

    def read(self, z0, z1, out=None):
        self.layers_read += z1 - z0
        if out is not None:
            out[:] = self.labels[z0:z1]
        return self.labels[z0:z1]

    def read_y(self, y0, y1):
        return self.labels[:, y0:y1]


def structure(rng, grain, shape=(17, 8, 70)):
    labels = rng.integers(4, size=[-(-size // grain) for size in shape], dtype=np.uint8)
    for axis, size in enumerate(shape):
        labels = np.repeat(labels, grain, axis).take(range(size), axis)
    return np.ascontiguousarray(labels)


@pytest.mark.parametrize("most", [-1.0, 9.0], ids=["two readings", "census"])
@pytest.mark.parametrize("grain", [1, 5])
def test_active_lines_are_those_in_memory(monkeypatch, most, grain):
    monkeypatch.setattr(second_reading, "MOST_LINES", most)
    rng = np.random.default_rng(0)
    for thickness, periodic in zip((1, 2, 3, 5, 16, 17, 4, 1), itertools.product((False, True), repeat=3), strict=True):
        grid = Grid(("a", "b", "c", "d"), (0.1, 0.1, 0.1), periodic)
        layers = Array(structure(rng, grain), grid)
        assert values_of(layers, [Task(LINES, {})], thickness) == [in_memory(layers.labels, grid)]
        assert layers.layers_read == (34 if most < 0 else 17)


@pytest.mark.parametrize("most", [-1.0, 9.0], ids=["two readings", "census"])
def test_a_reading_goes_on_from_any_place_in_slabs_of_other_layers(monkeypatch, most):
    monkeypatch.setattr(second_reading, "MOST_LINES", most)
    grid, tasks, files = Grid(("a", "b", "c", "d"), (0.1, 0.1, 0.1), (True, False, True)), [Task(LINES, {})], []

    def keep(reached):
        files.append(io.BytesIO())
        np.savez(files[-1], **arrays_of_reached(reached))

    layers = Array(structure(np.random.default_rng(0), 2), grid)
    values = values_of(layers, tasks, 4, watch=keep)
    assert len(files) == (10 if most < 0 else 5)
    about = About(grid, layers.shape)
    for number, file in enumerate(files):
        file.seek(0)
        with np.load(file, allow_pickle=False) as arrays:
            reached = reached_of(arrays, about, need_of(tasks, about))
        assert values_of(layers, tasks, 1 + number, reached=reached) == values == [in_memory(layers.labels, grid)]


def test_noise_is_read_twice_and_blobs_once():
    grid = Grid(("a", "b", "c", "d"), (0.1, 0.1, 0.1))
    for grain, layers_read in ((1, 34), (16, 17)):
        layers = Array(structure(np.random.default_rng(1), grain, (17, 64, 70)), grid)
        values_of(layers, [Task(LINES, {})], 4)
        assert layers.layers_read == layers_read


def test_many_different_keys_let_the_table_grow():
    rng = np.random.default_rng(2)
    grid = Grid(("a", "b", "c", "d"), (0.1, 0.1, 0.1))
    labels = structure(rng, 1, (3, 60, 64))
    about, need = About(grid, labels.shape), LINES.need(grid, labels.shape, {})
    slab = Summary.of(Slab.cut(labels, about, 0, shared=False), need)
    assert max(len(census.keys) for census in slab.censuses.values()) > 1024
    assert LINES.finish(slab.closed(), about, {}) == in_memory(labels, grid)


def test_slabs_of_other_columns_or_layers_are_not_joined():
    grid = Grid(("a", "b"), (0.1, 0.1, 0.1))
    about, need = About(grid, (4, 3, 5)), Need(components=frozenset({(False, False, False)}))
    labels = np.zeros(about.shape, np.uint8)
    upper = Summary.of(Slab.cut(labels[:2], about, 0, shared=False), need)
    for other in (labels[1:, :2], np.ones_like(labels)[1:]):
        with pytest.raises(InputError, match="layer that two slabs share differs"):
            upper.join(Summary.of(Slab.cut(other, about, 1, shared=True), need))


def test_more_components_than_codes_can_number_are_refused(monkeypatch):
    monkeypatch.setattr(pieces, "MOST_PENDING", 3)
    grid = Grid(("a", "b", "c", "d"), (0.1, 0.1, 0.1))
    layers = Array(structure(np.random.default_rng(0), 1, (4, 5, 6)), grid)
    with pytest.raises(InputError, match=r"components touch the outer layers of a slab: at most 3 can be numbered"):
        values_of(layers, [Task(LINES, {})], 2)
