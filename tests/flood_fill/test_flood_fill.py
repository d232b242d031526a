"""Components, reachability and spanning, held against scipy and cc3d."""

import dataclasses
import itertools
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage, sparse

from porenet.flood_fill import (
    AXES,
    FACES,
    components,
    faces_reached,
    phase_flood_kernels,
    reachable,
    run_kernels,
    runs,
    spanning,
    union_find,
)

CONNECTIVITIES = {6: 1, 18: 2, 26: 3}
OPEN = (False, False, False)
PERIODIC = list(itertools.product((False, True), repeat=3))

side = st.integers(1, 5)
shapes = st.tuples(side, side, st.integers(1, 9))
labellings = st.integers(0, 3).flatmap(lambda last: arrays(np.uint8, shapes, elements=st.integers(0, last)))
ways = st.fixed_dictionaries({"connectivity": st.sampled_from([6, 18, 26]), "periodic": st.sampled_from(PERIODIC)})


def oracle(labels, connectivity=6, periodic=OPEN):
    """Components by scipy: phases one by one on a copy with a wrapped margin, whose voxels are then identified."""
    margin = [(1, 1) if wraps else (0, 0) for wraps in periodic]
    voxels = np.pad(np.arange(labels.size).reshape(labels.shape), margin, mode="wrap")
    structure = ndimage.generate_binary_structure(3, CONNECTIVITIES[connectivity])
    pieces, count = np.zeros(voxels.shape, int), 0
    for phase in np.unique(labels):
        found, more = ndimage.label(np.pad(labels, margin, mode="wrap") == phase, structure)
        pieces[found > 0] = found[found > 0] + count - 1
        count += more
    nodes = labels.size + count
    links = np.ones(voxels.size), (voxels.ravel(), labels.size + pieces.ravel())
    _, found = sparse.csgraph.connected_components(sparse.coo_array(links, shape=(nodes, nodes)), directed=False)
    return found[: labels.size].reshape(labels.shape)


def assert_same_partition(ids, expected):
    pairs = np.unique(np.stack([ids.ravel(), expected.ravel()]), axis=1).shape[1]
    assert pairs == len(np.unique(ids)) == len(np.unique(expected))


def assert_table_is_right(labels, found):
    """Everything but the partition itself, worked out from the ids voxel by voxel."""
    count = len(found.sizes)
    names, first = np.unique(found.ids, return_index=True)
    assert names.tolist() == list(range(count))
    assert np.all(np.diff(first) > 0)
    assert np.array_equal(found.sizes, np.bincount(found.ids.ravel()))
    assert np.array_equal(found.phases[found.ids], labels)
    touches = np.zeros(count, int)
    for axis in range(3):
        for end, layer in enumerate((0, -1)):
            touches[np.unique(found.ids.take(layer, axis))] |= 1 << 2 * axis + end
    assert np.array_equal(found.touches, touches)


def serpentine(side=9):
    """A path one voxel wide through all layers, to and fro in y, x and z; one piece."""
    labels = np.zeros((side, side, side), np.uint8)
    labels[::2, ::2] = 1
    labels[::2, 1::4, -1] = labels[::2, 3::4, 0] = 1
    end = -1 if (side // 2) % 2 == 0 else 0
    labels[1::4, -1, end] = labels[3::4, 0, 0] = 1
    return labels


def spiral(side=11):
    """A flat spiral in every other layer, joined in the middle and at the outer end by turns; one piece."""
    layer = np.zeros((side, side), np.uint8)
    y, x, dy, dx = 0, 0, 0, 1
    layer[y, x] = 1
    last = (y, x)
    for length in [side - 1, *(n for n in range(side - 1, 0, -2) for _ in range(2))]:
        for _ in range(length):
            y, x = y + dy, x + dx
            layer[y, x] = 1
        last = (y, x)
        dy, dx = dx, -dy
    labels = np.zeros((7, side, side), np.uint8)
    labels[::2] = layer
    labels[1::4, last[0], last[1]] = 1
    labels[3::4, 0, 0] = 1
    return labels


def helix(turns=3):
    """A stair round the outer columns of a 3 x 3 shaft; one piece that crosses z."""
    around = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    labels = np.zeros((8 * turns, 3, 3), np.uint8)
    for z in range(8 * turns):
        for step in (z, z + 1):
            labels[(z, *around[step % 8])] = 1
    return labels


def comb(side=9):
    """Teeth along x that are joined at their very end: in C order the news comes as late as it can."""
    labels = np.zeros((side, side, side), np.uint8)
    labels[::2, ::2] = 1
    labels[:, ::2, -1] = 1
    labels[-1, :, -1] = 1
    return labels


def checkerboard(shape=(6, 7, 8)):
    return (np.indices(shape).sum(0) % 2).astype(np.uint8)


ADVERSARIAL = {
    "serpentine": serpentine(),
    "spiral": spiral(),
    "helix": helix(),
    "comb": comb(),
    "checkerboard": checkerboard(),
    "stripes along z": np.indices((5, 6, 7))[0].astype(np.uint8),
    "stripes along x": np.indices((5, 6, 7))[2].astype(np.uint8),
    "one phase": np.zeros((4, 5, 6), np.uint8),
    "label 255": np.full((4, 5, 6), 255, np.uint8),
    "every label": np.arange(256, dtype=np.uint8).reshape(4, 8, 8),
    "one voxel": np.ones((1, 1, 1), np.uint8),
    "frame": np.pad(np.ones((3, 3, 3), np.uint8), 1),
    "noise of 200 phases": np.random.default_rng(5).integers(0, 200, (9, 8, 7)).astype(np.uint8),
}
THIN = {
    str(shape): np.random.default_rng(1).integers(0, 2, shape).astype(np.uint8)
    for shape in [(1, 20, 30), (20, 1, 30), (20, 30, 1), (1, 1, 40), (1, 40, 1), (40, 1, 1), (2, 2, 2)]
}


@given(labellings, ways)
@example(np.zeros((1, 1, 1), np.uint8), {"connectivity": 26, "periodic": (True, True, True)})
@example(np.zeros((2, 1, 2), np.uint8), {"connectivity": 18, "periodic": (True, False, True)})
def test_components_are_scipys(labels, way):
    found = components(labels, **way)
    assert_same_partition(found.ids, oracle(labels, **way))
    assert_table_is_right(labels, found)


@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
@pytest.mark.parametrize("labels", (ADVERSARIAL | THIN).values(), ids=(ADVERSARIAL | THIN).keys())
def test_components_of_adversarial_volumes(labels, connectivity):
    for periodic in PERIODIC:
        found = components(labels, connectivity=connectivity, periodic=periodic)
        assert_same_partition(found.ids, oracle(labels, connectivity, periodic))
        assert_table_is_right(labels, found)


@pytest.mark.parametrize("name", ["serpentine", "spiral", "helix", "comb"])
def test_a_long_path_is_one_piece_from_wherever_it_is_seen(name):
    labels = ADVERSARIAL[name]
    for order in itertools.permutations(range(3)):
        for flip in itertools.product((1, -1), repeat=3):
            seen = labels.transpose(order)[tuple(slice(None, None, step) for step in flip)]
            assert (components(seen).phases == 1).sum() == 1


@pytest.mark.parametrize("width", [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 129])
@pytest.mark.parametrize("share", [0.5, 0.75, 0.95])
def test_components_at_any_width(width, share):
    rng = np.random.default_rng(width)
    labels = rng.choice(3, p=[share, (1 - share) / 2, (1 - share) / 2], size=(6, 7, width)).astype(np.uint8)
    for connectivity, periodic in itertools.product(CONNECTIVITIES, (OPEN, (True, True, True))):
        found = components(labels, connectivity=connectivity, periodic=periodic)
        assert_same_partition(found.ids, oracle(labels, connectivity, periodic))
        assert_table_is_right(labels, found)


@pytest.mark.parametrize("periodic", PERIODIC)
@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
def test_components_of_a_real_electrode(electrode, connectivity, periodic):
    labels = electrode[:24]
    found = components(labels, connectivity=connectivity, periodic=periodic)
    assert_same_partition(found.ids, oracle(labels, connectivity, periodic))
    assert_table_is_right(labels, found)


@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
@pytest.mark.parametrize("phases", [1, 2, 3, 200])
def test_components_are_cc3ds(connectivity, phases):
    cc3d = pytest.importorskip("cc3d", reason="connected-components-3d is an optional oracle")
    labels = np.random.default_rng(phases).integers(0, phases, (31, 32, 33)).astype(np.uint8)
    # cc3d takes label 0 for background.
    expected, count = cc3d.connected_components(labels + 1, connectivity=connectivity, return_N=True)
    found = components(labels, connectivity=connectivity)
    assert len(found.sizes) == count
    assert_same_partition(found.ids, expected)


def test_periodic_components_are_cc3ds():
    cc3d = pytest.importorskip("cc3d", reason="connected-components-3d is an optional oracle")
    labels = np.random.default_rng(0).integers(0, 3, (21, 22, 23)).astype(np.uint8)
    expected = cc3d.connected_components(labels + 1, connectivity=6, periodic_boundary=True)
    assert_same_partition(components(labels, periodic=(True, True, True)).ids, expected)


def test_components_by_hand():
    labels = np.array([[[0, 0, 1], [1, 0, 1]], [[1, 1, 1], [1, 0, 1]]], np.uint8)
    found = components(labels)
    assert found.ids.tolist() == [[[0, 0, 1], [1, 0, 1]], [[1, 1, 1], [1, 0, 1]]]
    assert found.phases.tolist() == [0, 1]
    assert found.sizes.tolist() == [4, 8]
    # Phase 0 lies at both ends of z and y, and at x = 0; phase 1 everywhere.
    assert found.touches.tolist() == [0b011111, 0b111111]


@pytest.mark.parametrize(("connectivity", "count"), [(6, 336), (18, 2), (26, 2)])
def test_a_checkerboard_falls_apart_into_voxels_at_faces_only(connectivity, count):
    assert len(components(checkerboard(), connectivity=connectivity).sizes) == count


@pytest.mark.parametrize(
    ("step", "joined"), [((0, 0, 1), {6, 18, 26}), ((0, 1, 1), {18, 26}), ((1, 0, -1), {18, 26}), ((1, -1, 1), {26})]
)
def test_what_a_neighbour_is(step, joined):
    labels = np.zeros((3, 3, 3), np.uint8)
    labels[1, 1, 1] = labels[tuple(1 + np.array(step))] = 1
    for connectivity in CONNECTIVITIES:
        pieces = (components(labels, connectivity=connectivity).phases == 1).sum()
        assert pieces == (1 if connectivity in joined else 2)


@pytest.mark.parametrize("axis", range(3))
def test_nothing_wraps_unless_periodic(axis):
    labels = np.zeros((4, 4, 4), np.uint8)
    np.moveaxis(labels, axis, 0)[[0, -1], 1, 1] = 1
    for periodic in PERIODIC:
        pieces = (components(labels, periodic=periodic).phases == 1).sum()
        assert pieces == (1 if periodic[axis] else 2)


@given(labellings, ways, st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 8)))
def test_rolling_along_a_periodic_axis_changes_nothing(labels, way, steps):
    shift = [step if wraps else 0 for step, wraps in zip(steps, way["periodic"], strict=True)]
    rolled = components(np.roll(labels, shift, (0, 1, 2)), **way)
    assert_same_partition(rolled.ids, np.roll(components(labels, **way).ids, shift, (0, 1, 2)))


@given(labellings, ways, st.permutations(range(3)))
def test_the_order_of_the_axes_changes_nothing(labels, way, order):
    periodic = tuple(way["periodic"][axis] for axis in order)
    turned = components(labels.transpose(order), connectivity=way["connectivity"], periodic=periodic)
    assert_same_partition(turned.ids, components(labels, **way).ids.transpose(order))


@given(labellings, st.sampled_from(PERIODIC))
def test_more_neighbours_never_part_what_fewer_join(labels, periodic):
    counts = [len(components(labels, connectivity=c, periodic=periodic).sizes) for c in CONNECTIVITIES]
    assert counts == sorted(counts, reverse=True)


def stretched(labels, places, width):
    """Labels whose runs along x begin at chosen places, and cross words of 64 voxels wherever hypothesis likes."""
    edges = [0, *sorted(places), width]
    columns = np.repeat(np.arange(len(edges) - 1) % labels.shape[2], np.diff(edges))
    return np.ascontiguousarray(labels[:, :, columns])


wide = st.integers(1, 200).flatmap(
    lambda width: st.builds(stretched, labellings, st.lists(st.integers(0, width), max_size=12), st.just(width))
)


@given(wide, ways)
def test_components_of_wide_volumes_are_scipys(labels, way):
    found = components(labels, **way)
    assert_same_partition(found.ids, oracle(labels, **way))
    assert_table_is_right(labels, found)


@given(wide, st.sampled_from(PERIODIC), st.sampled_from(FACES))
def test_a_flood_of_a_wide_volume_is_what_its_components_say(labels, periodic, face):
    """The flood and the components are two programs; scipy holds the second."""
    found = components(labels, periodic=periodic)
    bit = np.uint8(1 << FACES.index(face))
    for phase in range(4):
        expected = (found.touches[found.ids] & bit != 0) & (labels == phase)
        assert np.array_equal(reachable(labels, phase, (face,), periodic=periodic), expected)


@pytest.mark.parametrize("periodic", [OPEN, (True, True, True)])
@pytest.mark.parametrize("name", ADVERSARIAL | THIN)
def test_floods_of_adversarial_volumes(name, periodic):
    labels = (ADVERSARIAL | THIN)[name]
    expected = oracle(labels, 6, periodic)
    for (axis, end), phase in itertools.product(itertools.product(range(3), (0, -1)), np.unique(labels)[:3]):
        layer = labels.take(end, axis) == phase
        mask = np.isin(expected, expected.take(end, axis)[layer])
        face = f"{AXES[axis]}_{'min' if end == 0 else 'max'}"
        assert np.array_equal(reachable(labels, int(phase), (face,), periodic=periodic), mask)


@pytest.mark.parametrize("periodic", PERIODIC)
def test_floods_of_a_real_electrode(electrode, periodic):
    labels = electrode[:24]
    whole = oracle(labels, 6, periodic)
    for axis in AXES:
        where = AXES.index(axis)
        opened = tuple(wraps and i != where for i, wraps in enumerate(periodic))
        ids = oracle(labels, 6, opened)
        both = np.isin(ids, np.intersect1d(ids.take(0, where), ids.take(-1, where)))
        for phase in np.unique(labels):
            assert np.array_equal(spanning(labels, int(phase), axis, periodic=periodic), both & (labels == phase))
            reached = np.isin(whole, whole.take(-1, where)[labels.take(-1, where) == phase])
            assert np.array_equal(reachable(labels, int(phase), (f"{axis}_max",), periodic=periodic), reached)


@pytest.mark.parametrize("shape", [(7, 8, 9), (8, 8, 8), (9, 16, 17), (17, 7, 15), (1, 9, 72), (24, 1, 65)])
def test_a_flood_crosses_blocks_of_8_voxels_along_every_axis(shape):
    """Noise above the threshold of percolation: in every block, paths that leave it and come back."""
    labels = (np.random.default_rng(shape).random(shape) < 0.6).astype(np.uint8)
    for periodic in PERIODIC:
        expected = oracle(labels, 6, periodic)
        for axis, end in itertools.product(range(3), (0, -1)):
            layer = labels.take(end, axis) == 1
            mask = np.isin(expected, expected.take(end, axis)[layer])
            face = FACES[2 * axis - end]
            assert np.array_equal(reachable(labels, 1, (face,), periodic=periodic), mask)


@pytest.mark.parametrize("width", [40, 64, 150])
@pytest.mark.parametrize("phases", [2, 3, 8])
def test_components_of_crowded_rows(phases, width):
    """More runs in a word than are joined one by one, and than are written one by one."""
    labels = np.random.default_rng(width).integers(0, phases, (9, 8, width)).astype(np.uint8)
    labels[4:] = np.repeat(labels[4:, :, : -(-width // 16)], 16, axis=2)[..., :width]  # and fewer
    for periodic in (OPEN, (True, True, True)):
        found = components(labels, periodic=periodic)
        assert_same_partition(found.ids, oracle(labels, 6, periodic))
        assert_table_is_right(labels, found)


def test_a_flood_follows_a_long_path_to_its_end():
    """Against the order of the sweep at every turn, so that the queue has to carry it."""
    for labels in (serpentine(33), spiral(67), comb(65)):
        for order, flip in itertools.product(itertools.permutations(range(3)), itertools.product((1, -1), repeat=3)):
            seen = labels.transpose(order)[tuple(slice(None, None, step) for step in flip)]
            assert np.array_equal(reachable(seen, 1, FACES), seen == 1)


@given(labellings, ways)
def test_faces_reached_are_those_that_a_component_touches(labels, way):
    ids = oracle(labels, **way)
    expected = np.zeros(labels.shape, np.uint8)
    for bit, (axis, layer) in enumerate(itertools.product(range(3), (0, -1))):
        expected |= np.isin(ids, ids.take(layer, axis)) * np.uint8(1 << bit)
    assert np.array_equal(faces_reached(labels, **way), expected)


@given(labellings | wide, ways, st.integers(2, 7))
def test_threads_change_nothing(labels, way, threads):
    alone = components(labels, **way)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "_THREAD_MIN_VOXELS", 1)
        together = components(labels, **way, threads=threads)
        for name in ARRAYS:
            assert np.array_equal(getattr(together, name), getattr(alone, name))
        assert np.array_equal(faces_reached(labels, **way, threads=threads), faces_reached(labels, **way))


def test_many_volumes_may_be_looked_at_at_once():
    rng = np.random.default_rng(0)
    volumes = [rng.integers(0, 3, (20, 20, 70)).astype(np.uint8) for _ in range(16)]
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda labels: components(labels).ids, volumes))
        floods = list(pool.map(lambda labels: reachable(labels, 1, ("z_min",)), volumes))
    for labels, found, flood in zip(volumes, ids, floods, strict=True):
        assert np.array_equal(found, components(labels).ids)
        assert np.array_equal(flood, reachable(labels, 1, ("z_min",)))


@given(labellings, ways, st.sets(st.sampled_from(FACES)))
def test_reachable_is_what_shares_a_component_with_a_face(labels, way, faces):
    expected = oracle(labels, **way)
    for phase in range(4):
        mask = np.zeros(labels.shape, bool)
        for face in faces:
            layer, axis = (0 if face.endswith("min") else -1), AXES.index(face[0])
            seeds = expected.take(layer, axis)[labels.take(layer, axis) == phase]
            mask |= np.isin(expected, seeds)
        found = reachable(labels, phase, faces, **way)
        assert found.dtype == bool
        assert np.array_equal(found, mask)


@given(labellings, ways, st.sampled_from(AXES))
def test_spanning_is_what_touches_both_faces_with_the_axis_open(labels, way, axis):
    where = AXES.index(axis)
    opened = tuple(wraps and i != where for i, wraps in enumerate(way["periodic"]))
    expected = oracle(labels, way["connectivity"], opened)
    both = np.intersect1d(expected.take(0, where), expected.take(-1, where))
    for phase in range(4):
        mask = np.isin(expected, both) & (labels == phase)
        assert np.array_equal(spanning(labels, phase, axis, **way), mask)


def test_two_layers_that_meet_through_the_wrap_do_not_span():
    labels = np.zeros((4, 3, 3), np.uint8)
    labels[[0, -1]] = 1
    periodic = (True, True, True)
    assert (components(labels, periodic=periodic).phases == 1).sum() == 1
    assert not spanning(labels, 1, "z", periodic=periodic).any()
    assert spanning(labels, 1, "y", periodic=periodic).sum() == 18


def test_a_channel_that_needs_a_side_wrap_spans_with_it_only():
    labels = np.zeros((4, 2, 3), np.uint8)
    labels[:2, 0, 0] = labels[1:, 0, 2] = 1
    assert not spanning(labels, 1, "z").any()
    assert spanning(labels, 1, "z", periodic=(False, False, True)).sum() == 5


def test_a_volume_one_voxel_thick_is_spanned_by_all_of_it():
    labels = np.random.default_rng(3).integers(0, 2, (1, 5, 6)).astype(np.uint8)
    for phase in (0, 1):
        assert np.array_equal(spanning(labels, phase, "z"), labels == phase)
        assert np.array_equal(reachable(labels, phase, ("z_max",)), labels == phase)


def test_no_face_and_an_absent_phase_reach_nothing():
    labels = np.zeros((2, 3, 4), np.uint8)
    assert not reachable(labels, 0, ()).any()
    assert not reachable(labels, 7, FACES).any()
    assert not spanning(labels, 7, "z").any()


def test_selecting_components_is_looking_their_ids_up():
    labels = np.random.default_rng(2).integers(0, 3, (5, 6, 7)).astype(np.uint8)
    found = components(labels)
    chosen = np.random.default_rng(2).random(len(found.sizes)) < 0.5
    assert np.array_equal(found.select(chosen), chosen[found.ids])
    assert np.array_equal(found.select(np.repeat(chosen, 2)[::2]), chosen[found.ids])


@pytest.mark.parametrize(
    "laid_out",
    [np.asfortranarray, lambda a: a.repeat(2, axis=2)[:, :, ::2], lambda a: a[::-1][::-1], lambda a: a.copy()],
)
def test_any_memory_layout_gives_the_same_and_is_left_alone(laid_out):
    labels = np.random.default_rng(1).integers(0, 3, (4, 5, 6)).astype(np.uint8)
    given_labels = laid_out(labels)
    found = components(given_labels)
    assert np.array_equal(found.ids, components(labels).ids)
    assert np.array_equal(given_labels, labels)
    assert given_labels.flags.writeable


def test_a_file_mapped_into_memory_is_taken_as_it_is(tmp_path):
    labels = checkerboard()
    np.save(tmp_path / "labels.npy", labels)
    mapped = np.load(tmp_path / "labels.npy", mmap_mode="r")
    assert np.array_equal(components(mapped).ids, components(labels).ids)


def test_each_kernel_is_compiled_once():
    labels = checkerboard()
    labels.flags.writeable = False
    for taken in (labels, labels.copy(), np.asfortranarray(labels)):
        for connectivity, periodic in itertools.product(CONNECTIVITIES, (list(OPEN), (True, False, True))):
            found = components(taken, connectivity=connectivity, periodic=periodic)
            found.select(found.phases == 1)
            faces_reached(taken, connectivity=connectivity, periodic=periodic)
            reachable(taken, 1, FACES, connectivity=connectivity, periodic=periodic)
            spanning(taken, 1, "x", connectivity=connectivity, periodic=periodic)
    once = [getattr(union_find, name) for name in ("link", "link_across", "flatten")]
    once += [getattr(run_kernels, name) for name in ("mark", "touch", "tabulate")]
    once += [getattr(phase_flood_kernels, name) for name in ("pack", "flood", "unpack")]
    assert {kernel.py_func.__name__: len(kernel.signatures) for kernel in once} == {
        kernel.py_func.__name__: 1 for kernel in once
    }
    assert len(run_kernels.write.signatures) <= 2  # ids, and a byte per voxel
    assert len(run_kernels.look_up.signatures) <= 2  # likewise, per run


ARRAYS = {"ids": np.uint32, "phases": np.uint8, "sizes": np.int64, "touches": np.uint8}


def test_components_are_read_only():
    found = components(checkerboard())
    for name in ARRAYS:
        with pytest.raises(ValueError, match="read-only"):
            getattr(found, name)[...] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.ids = None


def test_types_are_as_promised():
    found = components(checkerboard())
    assert {name: getattr(found, name).dtype for name in ARRAYS} == ARRAYS
    assert faces_reached(checkerboard()).dtype == found.spread(found.touches).dtype == np.uint8
    assert reachable(checkerboard(), 1, FACES).dtype == spanning(checkerboard(), 1, "z").dtype == np.bool_


def test_memory_is_little_more_than_the_answer():
    labels = np.kron(np.random.default_rng(0).integers(0, 3, (8, 8, 8)), np.ones((8, 8, 8))).astype(np.uint8)

    def peak(work):
        work()
        tracemalloc.start()
        kept = work()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        del kept
        return most / labels.size

    # A word and a number for 64 voxels, and 4 bytes for each of at most 1/8 runs a voxel; then the answer.
    assert peak(lambda: components(labels)) < 0.75
    assert 4 < peak(lambda: components(labels).ids) < 4.75
    assert 1 < peak(lambda: faces_reached(labels)) < 2
    # Two bits a voxel, and a queue of words.
    assert 1 < peak(lambda: reachable(labels, 1, FACES)) < 1.5


LABELS = np.zeros((2, 2, 2), np.uint8)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: components([[[0]]]), "labels must be a numpy array, not list"),
        (lambda: components(LABELS.astype(int)), r"labels must be uint8, not int64; .*astype\('uint8'\)"),
        (lambda: components(LABELS == 0), "labels must be uint8, not bool"),
        (lambda: components(LABELS[0]), r"at least one voxel, not \(2, 2\)"),
        (lambda: components(LABELS[:0]), r"at least one voxel, not \(0, 2, 2\)"),
        (lambda: components(LABELS, connectivity=8), "connectivity must be 6, 18 or 26, not 8"),
        (lambda: components(LABELS, connectivity=True), "connectivity must be 6, 18 or 26, not True"),
        (lambda: components(LABELS, periodic=True), r"three booleans \(z, y, x\), not True"),
        (lambda: components(LABELS, periodic=(True, False)), r"three booleans \(z, y, x\), not \(True, False\)"),
        (lambda: components(LABELS, periodic="zyx"), r"three booleans \(z, y, x\), not 'zyx'"),
        (lambda: spanning(LABELS, 0, "z", periodic=None), r"three booleans \(z, y, x\), not None"),
        (lambda: reachable(LABELS, "pore", FACES), "phase must be a label from 0 to 255, not 'pore'"),
        (lambda: reachable(LABELS, 256, FACES), "phase must be a label from 0 to 255, not 256"),
        (lambda: spanning(LABELS, -1, "z"), "phase must be a label from 0 to 255, not -1"),
        (lambda: spanning(LABELS, True, "z"), "phase must be a label from 0 to 255, not True"),
        (lambda: reachable(LABELS, 0, ("z_mid",)), "a face is one of z_min, .*, x_max, not 'z_mid'"),
        (lambda: reachable(LABELS, 0, "z_min"), r"a collection of names such as \('z_min',\), not 'z_min'"),
        (lambda: reachable(LABELS, 0, iter(["z_min"])), "faces must be a collection of names .* not <list_iterator"),
        (lambda: components(LABELS).touching(None), "faces must be a collection of names .* not None"),
        (lambda: components(np.ma.array(LABELS)), "a mask would be lost"),
        (lambda: components(LABELS).select([True]), "a numpy array of bool was expected, not list"),
        (lambda: spanning(LABELS, 0, "t"), "axis must be z, y or x, not 't'"),
        (lambda: components(LABELS).select(np.ones(3, bool)), r"each of the 1 components .* not bool of shape \(3,\)"),
        (lambda: components(LABELS).select(np.ones(1)), "not float64 of shape"),
        (
            lambda: components(LABELS).spread(np.ones(1)),
            "one uint8 for each of the 1 components .* not float64 of shape",
        ),
        (lambda: components(LABELS, threads=0), "threads must be a whole number, 1 or more, not 0"),
        (lambda: faces_reached(LABELS, threads=True), "threads must be a whole number, 1 or more, not True"),
    ],
)
def test_bad_input_is_refused(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call()


def test_more_runs_than_uint32_can_number_are_refused_and_voxels_are_not(monkeypatch):
    labels = np.zeros((2, 3, 8), np.uint8)
    monkeypatch.setattr(runs, "MOST_RUNS", 6)
    assert len(components(labels)) == 1
    labels[1, 2, 4] = 1
    with pytest.raises(ValueError, match=r"at most 6 runs of one label along x, .* not 8; measure fewer layers"):
        components(labels)
