"""What is counted of a volume in memory is counted once, in one pass, and is what plain counting gives."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from porenet.contacts import unlike_pairs
from porenet.errors import InputError
from porenet.flood_fill import components, runs
from porenet.flood_fill.joined_faces import joined_faces, kinds_by_code
from porenet.interface import Grid, Volume
from porenet.slabs import Need, Summary, Supplied, ledger

OPEN = (False, False, False)
ENDS = ("z_min", "z_max")
STEPS = (((1, 0, 0), False), ((0, 1, -1), True))
LINES = Supplied.by_faces((0, 1, 2), (ENDS, ENDS, ENDS), OPEN)
NEEDS = (
    Need(voxels=True),
    Need(pairs=frozenset(STEPS)),
    Need(components=frozenset({OPEN})),
    Need(supplies=frozenset({LINES}), lines=frozenset({(1, 2, 3)})),
)


def structure(seed=0, shape=(5, 6, 70), phases=4, grain=2):
    labels = np.random.default_rng(seed).integers(0, phases, [-(-size // grain) for size in shape], np.uint8)
    for axis, size in enumerate(shape):
        labels = np.repeat(labels, grain, axis).take(range(size), axis)
    return Volume(np.ascontiguousarray(labels), Grid(("a", "b", "c", "d")[:phases], (0.1, 0.1, 0.1)))


@pytest.fixture
def passes(monkeypatch):
    """Names of the passes over a volume, in order."""
    names = []

    def counting(name, function, *args, **params):
        names.append(name)
        return function(*args, **params)

    for name in ("all_counts", "triple_lines", "joined_faces"):
        monkeypatch.setattr(ledger, name, functools.partial(counting, name, getattr(ledger, name)))
    return names


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_what_is_expected_is_counted_in_one_pass(order, passes):
    volume = structure()
    ledger.expect(volume, NEEDS)
    together = [Summary.whole(volume, NEEDS[place]) for place in order][-1]
    assert passes == ["joined_faces", "all_counts"]
    alone = [Summary.whole(structure(), need) for need in NEEDS]
    assert together.voxels.tolist() == alone[0].voxels.tolist()
    assert np.array_equal(together.folds[OPEN], alone[2].folds[OPEN])
    assert together.lines((1, 2, 3)).tolist() == alone[3].lines((1, 2, 3)).tolist()
    for kind in ("total", "possible", "active"):
        assert np.array_equal(*(getattr(one.supplied_lines(LINES), kind) for one in (together, alone[3])))
    for step, extended in STEPS:
        pairs = unlike_pairs(volume.labels, 4, [step], extended=extended)
        assert np.array_equal(together.pairs([step], extended=extended), pairs)


def test_what_comes_unexpected_is_added_and_nothing_is_counted_twice(passes):
    volume = structure()
    for need in (*NEEDS, *NEEDS, NEEDS[0] | NEEDS[1] | NEEDS[2]):
        Summary.whole(volume, need)
    assert passes == ["all_counts", "all_counts", "joined_faces", "joined_faces", "all_counts"]
    other = Supplied.by_faces((2, 0, 1), (("z_min",), ("y_max",), ENDS), OPEN)
    Summary.whole(volume, Need(supplies=frozenset({other, LINES})))
    assert passes[5:] == ["joined_faces", "all_counts"]
    again = Supplied.by_faces((2, 0, 1), (ENDS, ENDS, ENDS), OPEN)
    Summary.whole(volume, Need(supplies=frozenset({again}), pairs=frozenset({((0, 0, 1), False)})))
    assert passes[7:] == ["joined_faces", "triple_lines", "all_counts"]


def test_results_are_read_only():
    summary = Summary.whole(structure(), NEEDS[0] | NEEDS[1])
    for counts in (summary.voxels, summary.eighths, summary.totals):
        with pytest.raises(ValueError, match="read-only"):
            counts[...] = 0


def test_what_cannot_be_counted_is_left_to_the_metric_that_needs_it(monkeypatch):
    monkeypatch.setattr(runs, "MOST_RUNS", 3)
    volume = structure()
    for needs in (NEEDS, ["no need"]):
        ledger.expect(volume, needs)
        assert Summary.whole(volume, NEEDS[0]).voxels.sum() == volume.labels.size
    with pytest.raises(InputError, match="runs of one label"):
        Summary.whole(volume, NEEDS[2])


def test_lines_of_a_phase_that_the_grid_lacks_are_refused():
    supplied = Supplied.by_faces((0, 1, 7), (ENDS, ENDS, ENDS), OPEN)
    with pytest.raises(ValueError, match=r"three different labels from 0 to 3, not \(0, 1, 7\)"):
        Summary.whole(structure(), Need(supplies=frozenset({supplied})))


shapes = st.tuples(st.integers(1, 4), st.integers(1, 4), st.sampled_from([1, 2, 5, 63, 64, 65, 128, 130]))


@given(shapes, st.sampled_from([2, 3, 4, 5, 40, 255]), st.integers(1, 3), st.integers(0, 99), st.data())
def test_joined_faces_are_those_of_the_components(shape, phases, grain, seed, data):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, phases, shape).astype(np.uint8)
    labels = np.ascontiguousarray(np.repeat(labels, grain, 2)[:, :, : shape[2]])
    found = components(labels, periodic=data.draw(st.tuples(*[st.booleans()] * 3)))
    kinds = rng.random((2, phases, 64)) < 0.5
    voxels, words = joined_faces(found, phases, kinds_by_code(kinds))
    expected = np.zeros((phases, 64), np.int64)
    np.add.at(expected, (found.phases, found.touches), found.sizes)
    assert np.array_equal(voxels, expected)
    assert np.array_equal(joined_faces(found, phases)[0], expected)
    bits = np.unpackbits(words.view(np.uint8), bitorder="little").reshape(2, *shape[:2], -1)[..., : shape[2]]
    assert np.array_equal(bits, kinds[:, labels, found.spread(found.touches)])
