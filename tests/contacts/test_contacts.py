"""Voxels, faces, neighbours in any direction and triple lines, held against plain loops over voxels."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from real_volumes import NAMES

from porenet.contacts import FACE_STEPS, SuppliedVoxels, Supply, contacts, triple_lines, unlike_pairs, voxels

PERIODIC = list(itertools.product((False, True), repeat=3))
DIRECTIONS = [step for step in itertools.product((0, 1, -1), repeat=3) if step > (0, 0, 0)]
STEPS = [step for step in itertools.product((0, 1), (-1, 0, 1), (-1, 0, 1)) if any(step)]

widths = st.one_of(st.integers(1, 6), st.sampled_from([63, 64, 65, 127, 128, 130]))
shapes = st.tuples(st.integers(1, 4), st.integers(1, 4), widths)
counts = st.one_of(st.integers(1, 8), st.sampled_from([9, 33, 255]))


@st.composite
def labellings(draw, phases=counts):
    """Labels and how many phases there may be; blocks of them, or noise."""
    shape, count = draw(shapes), draw(phases)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    block = draw(st.sampled_from([1, 1, 2, 7]))
    labels = rng.integers(0, count, [-(-size // block) for size in shape])
    for axis in range(3):
        labels = labels.repeat(block, axis)
    return np.ascontiguousarray(labels[: shape[0], : shape[1], : shape[2]].astype(np.uint8)), count


def neighbour(place, step, shape, periodic):
    there = [here + ahead for here, ahead in zip(place, step, strict=True)]
    for axis, size in enumerate(shape):
        if not 0 <= there[axis] < size:
            if not periodic[axis]:
                return None
            there[axis] %= size
    return tuple(there)


def pairs_by_hand(labels, count, step, periodic, extended=False):
    found = np.zeros((count, count))
    for place in np.ndindex(labels.shape):
        there = neighbour(place, step, labels.shape, periodic)
        if there is None or labels[place] == labels[there]:
            continue
        weight = 1.0
        for axis, size in enumerate(labels.shape):
            if extended and step[axis] and not periodic[axis]:
                weight *= 1 + len({place[axis], there[axis]} & {0, size - 1}) / 2
        found[labels[place], labels[there]] += weight
        found[labels[there], labels[place]] += weight
    return found


def lines_by_hand(labels, triple, periodic, good=None):
    """Edges that see all three phases in voxels that are good."""
    found = [0, 0, 0]
    for direction, place in itertools.product(range(3), np.ndindex(labels.shape)):
        steps = [step for step in itertools.product((0, 1), repeat=3) if step[direction] == 0]
        corners = [neighbour(place, step, labels.shape, periodic) for step in steps]
        if None not in corners:
            seen = {int(labels[corner]) for corner in corners if good is None or good[corner]}
            found[direction] += seen >= set(triple)
    return found


def as_words(kinds):
    """Bits of ``(2, Z, Y, X)`` booleans, 64 of a row in a word; beyond the end of a row they are set."""
    rows = np.ones((*kinds.shape[:3], -(-kinds.shape[3] // 64) * 64), bool)
    rows[..., : kinds.shape[3]] = kinds
    return np.packbits(rows, axis=-1, bitorder="little").view(np.uint64).reshape(2, -1)


@given(labellings(), st.sampled_from(PERIODIC))
def test_voxels_and_faces_are_those_of_a_loop(labelling, periodic):
    labels, count = labelling
    found = contacts(labels, count, periodic=periodic)
    assert found.voxels.tolist() == [np.count_nonzero(labels == label) for label in range(count)]
    assert np.array_equal(found.faces, [pairs_by_hand(labels, count, step, periodic) for step in FACE_STEPS])
    assert np.array_equal(voxels(labels, count), found.voxels)


@given(labellings(), st.sampled_from(STEPS), st.sampled_from(PERIODIC), st.booleans())
def test_pairs_in_any_direction_are_those_of_a_loop(labelling, step, periodic, extended):
    labels, count = labelling
    (found,) = unlike_pairs(labels, count, [step], extended=extended, periodic=periodic)
    assert np.array_equal(found, pairs_by_hand(labels, count, step, periodic, extended))


@given(labellings(st.sampled_from([3, 4, 8, 33, 255])), st.data(), st.sampled_from(PERIODIC))
def test_lines_are_those_of_a_loop(labelling, data, periodic):
    labels, count = labelling
    names = st.lists(st.integers(0, min(count, 9) - 1), min_size=3, max_size=3, unique=True)
    triples = [tuple(triple) for triple in data.draw(st.lists(names, max_size=3))]
    found = contacts(labels, count, triples=triples, periodic=periodic).lines
    assert found.total.tolist() == [lines_by_hand(labels, triple, periodic) for triple in triples]
    assert found.active.tolist() == found.possible.tolist() == found.total.tolist()
    assert triple_lines(labels, triples, periodic=periodic).total.tolist() == found.total.tolist()


@given(labellings(st.sampled_from([3, 4, 33])), st.data(), st.sampled_from(PERIODIC))
def test_supplied_lines_are_those_of_a_loop(labelling, data, periodic):
    labels, count = labelling
    bits = st.integers(0, 15)
    supplied = data.draw(st.lists(bits, min_size=count, max_size=count))
    possible, triple = data.draw(bits), data.draw(st.permutations(range(count)))[:3]
    marks = np.random.default_rng(data.draw(st.integers(0, 99))).integers(0, 16, labels.shape).astype(np.uint8)
    found = triple_lines(labels, [triple], supply=Supply(marks, supplied, possible), periodic=periodic)
    wanted = np.array(supplied, np.uint8)[labels]
    sure = (wanted != 0) & (marks & wanted == wanted)
    assert found.total[0].tolist() == lines_by_hand(labels, triple, periodic)
    assert found.active[0].tolist() == lines_by_hand(labels, triple, periodic, sure)
    assert found.possible[0].tolist() == lines_by_hand(labels, triple, periodic, sure | (marks & possible != 0))
    voxels = SuppliedVoxels(as_words(np.stack([sure | (marks & possible != 0), sure])))
    by_words = triple_lines(labels, [triple], supply=voxels, periodic=periodic)
    for kind in ("total", "possible", "active"):
        assert np.array_equal(getattr(by_words, kind), getattr(found, kind))
    together = contacts(labels, count, triples=[triple], supply=Supply(marks, supplied, possible), periodic=periodic)
    assert np.array_equal(together.lines.active, found.active)
    assert np.array_equal(together.lines.possible, found.possible)


@given(labellings(st.integers(2, 8)), st.sampled_from(PERIODIC))
def test_more_phases_than_there_are_change_nothing(labelling, periodic):
    labels, count = labelling
    few, many = contacts(labels, count, periodic=periodic), contacts(labels, 40, periodic=periodic)
    assert np.array_equal(many.faces[:, :count, :count], few.faces)
    assert many.faces.sum() == few.faces.sum()
    assert many.voxels[:count].tolist() == few.voxels.tolist()
    steps = {"steps": DIRECTIONS, "extended": True, "periodic": periodic}
    assert np.array_equal(unlike_pairs(labels, 40, **steps)[:, :count, :count], unlike_pairs(labels, count, **steps))


@given(labellings(st.just(3)), st.tuples(*[st.integers(0, 200)] * 3), st.tuples(*[st.integers(1, 2)] * 3))
def test_a_torus_has_no_end(labelling, shift, repeats):
    labels, _ = labelling
    around = {"triples": [(0, 1, 2)], "periodic": (True, True, True)}
    once = contacts(labels, 3, **around)
    more = contacts(np.tile(np.roll(labels, shift, axis=(0, 1, 2)), repeats), 3, **around)
    times = int(np.prod(repeats))
    assert np.array_equal(more.faces, once.faces * times)
    assert np.array_equal(more.lines.total, once.lines.total * times)


def columns():
    """Four columns of 3 voxels along z: 0 beside 1, 2 beside 2; one line up the middle."""
    labels = np.empty((3, 2, 2), np.uint8)
    labels[:, 0, 0], labels[:, 0, 1], labels[:, 1] = 0, 1, 2
    return labels


def test_columns_by_hand():
    found = contacts(columns(), 3, triples=[(0, 1, 2)])
    assert found.voxels.tolist() == [3, 3, 6]
    assert found.faces[0].tolist() == np.zeros((3, 3)).tolist()
    assert found.faces[1].tolist() == [[0, 0, 3], [0, 0, 3], [3, 3, 0]]
    assert found.faces[2].tolist() == [[0, 3, 0], [3, 0, 0], [0, 0, 0]]
    assert found.lines.total.tolist() == [[3, 0, 0]]
    # Each of the 4 lines along z sees all columns, and each face is met twice.
    around = contacts(columns(), 3, triples=[(2, 0, 1)], periodic=(True, True, True))
    assert around.faces[1].tolist() == [[0, 0, 6], [0, 0, 6], [6, 6, 0]]
    assert around.lines.total.tolist() == [[12, 0, 0]]


@pytest.mark.parametrize("axis", range(3))
def test_a_line_across_the_words_of_a_row(axis):
    labels = np.zeros((3, 3, 200), np.uint8)
    labels[1, 1, 70] = 1  # one voxel of 1 with a 2 on top of it, in a sea of 0
    labels[0, 1, 70] = 2
    expected = {0: 0, 1: 2, 2: 2}  # the edges of the face between them, along y and along x, see 0 too
    found = contacts(labels, 3, triples=[(0, 1, 2)])
    assert found.lines.total[0, axis] == expected[axis]
    assert found.faces[0].tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    assert found.faces[axis, 0, 1] == (1 if axis == 0 else 2)


def test_an_edge_of_four_phases_is_a_line_of_each_three():
    labels = np.arange(4, dtype=np.uint8).reshape(1, 2, 2)
    triples = list(itertools.combinations(range(4), 3))
    assert contacts(labels, 4, triples=triples).lines.total.tolist() == [[1, 0, 0]] * 4


def test_one_supplied_voxel_of_a_phase_is_enough():
    labels = np.array([[[0, 1], [2, 0]]], np.uint8)
    for marked, active in (((0, 0, 0), True), ((0, 1, 1), True), (None, False)):
        marks = np.array([[[0, 1], [1, 0]]], np.uint8)
        if marked:
            marks[marked] = 1
        found = triple_lines(labels, [(0, 1, 2)], supply=Supply(marks, (1, 1, 1)))
        assert found.active.tolist() == [[int(active), 0, 0]]
        assert found.possible.tolist() == found.active.tolist()


def test_all_the_bits_that_supply_or_one_of_those_that_may():
    labels = np.array([[[0, 1], [2, 2]]], np.uint8)
    kinds = {}
    for mark in range(8):
        marks = np.full(labels.shape, 3, np.uint8)
        marks[0, 0, 0] = mark
        found = triple_lines(labels, [(0, 1, 2)], supply=Supply(marks, (3, 3, 3), 4))
        kinds[mark] = (found.possible.sum(), found.active.sum())
    assert kinds == {0: (0, 0), 1: (0, 0), 2: (0, 0), 3: (1, 1), 4: (1, 0), 5: (1, 0), 6: (1, 0), 7: (1, 1)}


def test_a_label_with_no_bits_is_never_supplied():
    marks = np.full((1, 2, 2), 255, np.uint8)
    labels = np.array([[[0, 1], [2, 2]]], np.uint8)
    found = triple_lines(labels, [(0, 1, 2)], supply=Supply(marks, (1, 0, 1)))
    assert (found.total.sum(), found.active.sum(), found.possible.sum()) == (1, 0, 0)


@pytest.mark.parametrize("width", [5, 64, 70])
def test_bits_beyond_the_end_of_a_row_supply_nothing(width):
    labels = np.random.default_rng(width).integers(0, 3, (4, 4, width)).astype(np.uint8)
    supplied = np.zeros((2, *labels.shape), bool)
    supplied[..., -1] = True  # two voxels round an edge along z or y, which are two phases at most
    for periodic in PERIODIC:
        found = triple_lines(labels, [(0, 1, 2)], supply=SuppliedVoxels(as_words(supplied)), periodic=periodic)
        assert found.total.all()
        assert not found.possible[0, :2].any()
        assert not found.active[0, :2].any()


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 64), (1, 1, 65), (70, 1, 1), (1, 70, 1)])
@pytest.mark.parametrize("count", [2, 50])
def test_one_phase_touches_nothing(shape, count):
    for periodic in PERIODIC:
        found = contacts(np.ones(shape, np.uint8), count, periodic=periodic)
        assert found.voxels.tolist() == [0, np.prod(shape)] + [0] * (count - 2)
        assert not found.faces.any()


def test_arrays_of_any_layout():
    labels = np.random.default_rng(3).integers(0, 3, (5, 6, 70)).astype(np.uint8)
    expected = contacts(labels, 3, triples=[(0, 1, 2)])
    for same in (np.asfortranarray(labels), np.repeat(labels, 2, axis=2)[..., ::2]):
        found = contacts(same, 3, triples=[(0, 1, 2)])
        assert np.array_equal(found.faces, expected.faces)
        assert np.array_equal(found.lines.total, expected.lines.total)


def test_no_triple_and_no_step():
    labels = np.zeros((2, 2, 2), np.uint8)
    supply = Supply(labels, (1, 1))
    assert contacts(labels, 2, supply=supply).lines.active.shape == (0, 3)
    assert triple_lines(labels, []).total.shape == (0, 3)
    assert unlike_pairs(labels, 2, []).shape == (0, 2, 2)
    assert unlike_pairs(labels, 100, []).shape == (0, 100, 100)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda cube: contacts(cube.tolist(), 3), "labels must be a numpy array, not list"),
        (lambda cube: contacts(cube.astype(int), 3), r"not int64; convert them with labels\.astype\('uint8'\)"),
        (lambda cube: contacts(cube[0], 3), r"shape \(Z, Y, X\) with at least one voxel, not \(3, 3\)"),
        (lambda cube: voxels(cube[:0], 3), r"at least one voxel, not \(0, 3, 3\)"),
        (lambda cube: contacts(cube, 3, periodic=(0, 0, 1)), r"three booleans \(z, y, x\), not \(0, 0, 1\)"),
        (lambda cube: contacts(cube, 256), "phases must be a number from 1 to 255, not 256"),
        (lambda cube: voxels(cube, True), "phases must be a number from 1 to 255, not True"),
        (lambda cube: contacts(cube, 2), "labels must be below the number of phases, 2, not 2"),
        (lambda cube: voxels(cube + np.uint8(40), 40), "labels must be below the number of phases, 40, not 42"),
        (lambda cube: unlike_pairs(cube, 2, FACE_STEPS), "labels must be below the number of phases, 2, not 2"),
        (lambda cube: unlike_pairs(cube, 3, [(-1, 0, 0)]), r"and z not negative, not \(-1, 0, 0\)"),
        (lambda cube: unlike_pairs(cube, 3, [(0, 2, 0)]), r"each -1, 0 or 1 and z not negative, not \(0, 2, 0\)"),
        (lambda cube: unlike_pairs(cube, 3, [(0, 0, 0)]), r"a step must be .*, not \(0, 0, 0\)"),
        (lambda cube: contacts(cube, 3, triples=[(0, 1, 3)]), r"different labels from 0 to 2, not \(0, 1, 3\)"),
        (lambda cube: triple_lines(cube, [(0, 1, 1)]), r"three different labels from 0 to 255, not \(0, 1, 1\)"),
        (
            lambda cube: triple_lines(cube, [(0, 1, 2)], supply=Supply(cube[1:], (1, 1, 1))),
            r"marks must have the shape of the labels, \(3, 3, 3\), not \(2, 3, 3\)",
        ),
        (
            lambda cube: triple_lines(cube, [(0, 1, 2)], supply=Supply(cube.astype(bool), (1, 1, 1))),
            "marks must be uint8, not bool",
        ),
        (
            lambda cube: triple_lines(cube, [(0, 1, 2)], supply=Supply(cube, (1, 1))),
            r"one number for each label up to 2, not \(1, 1\)",
        ),
        (
            lambda cube: triple_lines(cube, [(0, 1, 2)], supply=Supply(cube, (1, 1, 256))),
            "bits must be a number from 0 to 255, not 256",
        ),
    ],
)
def test_bad_input(call, message):
    cube = (np.arange(27) % 3).astype(np.uint8).reshape(3, 3, 3)
    with pytest.raises(ValueError, match=message):
        call(cube)


@pytest.mark.parametrize("name", NAMES)
def test_real_volumes(real_volume, name):
    labels, reference = real_volume(name).labels, real_volume(name).reference
    count = len(reference["phases"])
    triples = [(0, 1, 2)] if count == 3 else []
    found = contacts(labels, count, triples=triples)
    assert found.voxels / labels.size == pytest.approx(reference["volume_fraction"], abs=5e-7)
    for pair, faces in reference["unlike_faces"].items():
        first, second = map(int, pair.split("-"))
        assert found.faces[:, first, second].sum() == faces
    if triples:
        assert found.lines.total[0].tolist() == reference["tpb_edges_per_axis"]
