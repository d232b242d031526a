"""Copies are found, turned, mirrored and shifted; unrelated structures are not flagged."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from porenet.comparison import nearest, structure_match
from porenet.comparison.structure_match import SYMMETRIES
from porenet.errors import InputError
from porenet.interface import Grid, Undefined, Volume

GRID = Grid(phases=("Ni", "YSZ", "pore"), voxel_um=(0.1, 0.1, 0.1))


def structure(seed, shape=(16, 16, 16), grid=GRID, length=1.2):
    """An electrode cut from two random fields with features of a few voxels."""
    rng = np.random.default_rng(seed)
    first, second = (gaussian_filter(rng.normal(size=shape), length, mode="wrap") for _ in range(2))
    labels = np.where(first > 0.3 * first.std(), 0, np.where(second > 0, 1, len(grid.phases) - 1))
    return Volume(labels.astype(np.uint8), grid)


def moved(volume, symmetry, shift):
    return Volume(np.roll(SYMMETRIES[symmetry](volume.labels), shift, axis=(0, 1, 2)), volume.grid)


def agreement_by_hand(generated, training, symmetries):
    """The best of every symmetry and shift, tried one after the other."""
    return max(
        np.mean(np.roll(SYMMETRIES[name](training), shift, axis=(0, 1, 2)) == generated)
        for name in symmetries
        for shift in itertools.product(*map(range, generated.shape))
    )


@pytest.fixture(scope="module")
def training():
    return [structure(seed) for seed in range(12)]


@pytest.fixture(scope="module")
def unrelated():
    return [structure(seed) for seed in range(100, 115)]


def test_the_eight_symmetries_are_a_group_that_keeps_z():
    labels = np.arange(2 * 3 * 3).reshape(2, 3, 3)
    images = {name: turn(labels) for name, turn in SYMMETRIES.items()}
    keys = {image.tobytes() for image in images.values()}
    assert len(keys) == 8
    for first, second in itertools.product(images.values(), SYMMETRIES.values()):
        assert second(first).tobytes() in keys
    for image in images.values():
        assert sorted(image[0].ravel()) == sorted(labels[0].ravel())


def test_symmetries_do_what_they_are_called():
    labels = np.array([[[1, 2], [3, 4]]])
    assert {name: turn(labels)[0].tolist() for name, turn in SYMMETRIES.items()} == {
        "identity": [[1, 2], [3, 4]],
        "rotate_90": [[2, 4], [1, 3]],
        "rotate_180": [[4, 3], [2, 1]],
        "rotate_270": [[3, 1], [4, 2]],
        "mirror_y": [[3, 4], [1, 2]],
        "mirror_x": [[2, 1], [4, 3]],
        "transpose": [[1, 3], [2, 4]],
        "antitranspose": [[4, 2], [3, 1]],
    }


@pytest.mark.parametrize("symmetry", SYMMETRIES)
def test_a_copy_is_found_with_its_symmetry_and_shift(training, symmetry):
    shift = (3, -5, 7)
    (found,) = nearest([moved(training[4], symmetry, shift)], training)
    assert (found.training, found.symmetry, found.shift) == (4, symmetry, shift)
    assert found.agreement == found.similarity == 1.0
    assert found.rank == 1 / 13  # better than all 12 held-out ones
    assert found.copied


def test_unrelated_structures_are_not_flagged(training, unrelated):
    found = nearest(unrelated, training)
    similarities = np.array([one.similarity for one in found])
    assert np.abs(similarities).max() < 0.1
    assert np.abs(similarities.mean()) < 0.03
    assert not any(one.copied for one in found)
    # Ranks of unrelated structures are even, more or less; of the best match by chance they are not all small.
    assert 0.2 < np.mean([one.rank for one in found]) < 0.8
    # The best of 32,768 shifts and turns agrees far beyond the 0.35 of the volume fractions alone.
    assert min(one.agreement for one in found) > 0.42


def test_a_blurred_copy_is_flagged(training):
    rng = np.random.default_rng(1)
    noise = rng.random(training[7].labels.shape) < 0.3
    labels = np.where(noise, rng.integers(0, 3, noise.shape), training[7].labels)
    (found,) = nearest([moved(Volume(labels, GRID), "transpose", (0, 1, 2))], training)
    # Three voxels in ten are drawn anew and a third of those by chance as before: 0.8.
    assert found.agreement == pytest.approx(0.8, abs=0.02)
    assert (found.training, found.copied) == (7, True)
    assert found.similarity == pytest.approx((found.agreement - found.chance) / (1 - found.chance), abs=1e-12)


def test_a_copy_shifted_in_an_open_box_agrees_on_the_overlap(training, unrelated):
    labels = np.concatenate([training[2].labels[4:], unrelated[0].labels[:4]])
    (found,) = nearest([Volume(labels, GRID)], training)
    assert (found.training, found.symmetry, found.shift) == (2, "identity", (-4, 0, 0))
    assert found.copied
    assert 0.6 < found.similarity < 0.75


@given(st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 5)), st.integers(2, 4), st.integers(0, 2**31 - 1))
def test_the_best_agreement_is_that_of_trying_everything(shape, phases, seed):
    rng = np.random.default_rng(seed)
    grid = Grid(phases=tuple("abcd"[:phases]), voxel_um=(0.2, 0.1, 0.1))
    generated, one = (rng.integers(0, phases, shape) for _ in range(2))
    square = shape[1] == shape[2]
    symmetries = list(SYMMETRIES) if square else ["identity", "rotate_180", "mirror_y", "mirror_x"]
    (found,) = nearest([Volume(generated, grid)], [Volume(one, grid)])
    assert found.agreement == pytest.approx(agreement_by_hand(generated, one, symmetries), abs=1e-12)
    again = np.roll(SYMMETRIES[found.symmetry](one), found.shift, axis=(0, 1, 2))
    assert np.mean(again == generated) == found.agreement


@pytest.mark.parametrize(
    ("voxel_um", "shape"), [((0.1, 0.1, 0.2), (8, 8, 8)), ((0.1, 0.1, 0.1), (8, 8, 10))], ids=["voxels", "sides"]
)
def test_y_and_x_are_exchanged_only_where_they_are_alike(voxel_um, shape):
    grid = Grid(phases=GRID.phases, voxel_um=voxel_um)
    training = [structure(seed, shape, grid) for seed in range(6)]
    (found,) = nearest([moved(training[1], "mirror_x", (1, 2, 3))], training)
    assert (found.symmetry, found.shift, found.similarity) == ("mirror_x", (1, 2, 3), 1.0)
    if shape[1] == shape[2]:
        (found,) = nearest([moved(training[1], "transpose", (0, 0, 0))], training)
        assert found.agreement < 0.8


def test_many_structures_are_matched_in_chunks(training, unrelated, monkeypatch):
    whole = nearest(unrelated[:5], training)
    monkeypatch.setattr(structure_match, "_SPECTRA_BYTES", 2 * 3 * 16**3 * 4)
    shares = []
    assert nearest(unrelated[:5], training, progress=shares.append) == whole
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


# What sets the chance level.


def test_overlapping_cubes_of_one_source_do_not_hide_a_copy():
    source = structure(3, (16, 16, 40)).labels
    cubes = [Volume(source[:, :, start : start + 16], GRID) for start in range(0, 25, 2)]
    origins = [{"source": "anode", "corner": [0, 0, start]} for start in range(0, 25, 2)]
    copy, other = moved(cubes[5], "mirror_y", (1, 1, 1)), structure(50)
    taken_apart, unseen = nearest([copy, other], cubes, origins=origins)
    assert taken_apart.copied
    assert not unseen.copied
    assert unseen.similarity < 0.15
    # Without the origins, neighbours that share 14 of 16 slices count as unrelated, and set the level near 1.
    taken_whole, _ = nearest([copy, other], cubes)
    assert taken_whole.chance > 0.85 > taken_apart.chance


def test_cubes_of_other_sources_or_without_origin_never_overlap(training):
    origins = [{"source": "a", "corner": [0, 0, 0]}, {"source": "b", "corner": [0, 0, 0]}, None, None]
    found = nearest([training[0]], training[:4], origins=origins)
    assert found == nearest([training[0]], training[:4])


def test_where_all_training_structures_overlap_there_is_no_rank(training):
    origins = [{"source": "a", "corner": [0, 0, at]} for at in range(3)]
    (found,) = nearest([training[1]], training[:3], origins=origins)
    assert found.rank == Undefined("no pair of training structures without overlap")
    assert found.copied
    shares = np.bincount(training[1].labels.ravel()) / training[1].labels.size
    assert found.chance == pytest.approx(float(shares @ shares), abs=1e-12)


def test_a_few_held_out_structures_set_the_level(training, unrelated):
    (found,) = nearest(unrelated[:1], training, held_out=3)
    assert found.rank in [k / 4 for k in range(1, 5)]
    assert nearest(unrelated[:1], training, held_out=0)[0].rank == Undefined(
        "no pair of training structures without overlap"
    )


# Degenerate structures and bad input.


def test_structures_of_one_phase_are_alike_by_chance():
    full = Volume(np.zeros((3, 4, 4), np.uint8), GRID)
    (found,) = nearest([full], [full, full])
    assert (found.agreement, found.chance, found.similarity, found.copied) == (1.0, 1.0, 0.0, False)
    (found,) = nearest([Volume(np.ones((3, 4, 4), np.uint8), GRID)], [full, full])
    assert (found.agreement, found.chance, found.similarity, found.copied) == (0.0, 0.0, 0.0, False)


def test_nothing_generated_is_nothing_found(training):
    assert nearest([], training) == []


@pytest.mark.parametrize(
    ("generated", "options", "message"),
    [
        (
            [structure(1, (8, 8, 8))],
            {},
            "generated[0]: shape (8, 8, 8), but the first training structure has (16, 16, 16). Cut all str",
        ),
        (
            [structure(1), structure(1, grid=Grid(GRID.phases, (0.1, 0.1, 0.2)))],
            {},
            "generated[1]: phases ['Ni', 'YSZ', 'pore'] and voxel edges [0.1, 0.1, 0.2] um, but the first",
        ),
        ([structure(1, grid=Grid(("Ni", "pore", "YSZ"), (0.1,) * 3))], {}, "generated[0]: phases ['Ni', 'pore', 'YS"),
        ([], {"origins": [None]}, "origins: 12 were expected, one per training structure, not 1"),
        ([], {"held_out": -1}, "held_out: 0 or more was expected, not -1"),
        ([], {"threshold": 0.0}, "threshold: a number above 0 and up to 1 was expected, not 0.0"),
    ],
)
def test_what_cannot_be_compared_is_refused(training, generated, options, message):
    with pytest.raises(InputError) as error:
        nearest(generated, training, **options)
    assert str(error.value).startswith(message)


def test_without_training_structures_there_is_nothing_to_compare_with():
    with pytest.raises(InputError, match=r"^training: at least one training structure was expected$"):
        nearest([structure(1)], [])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("length", "chance", "redrawn", "quarter", "half"),
    [(1.5, 0.39, 0.67, 0.73, 0.45), (3.0, 0.48, 0.61, 0.66, 0.31), (5.0, 0.61, 0.47, 0.64, 0.22)],
)
def test_the_numbers_that_the_docs_state(length, chance, redrawn, quarter, half):
    shape, rng = (32, 32, 32), np.random.default_rng(0)
    training = [structure(seed, shape, length=length) for seed in range(20)]
    other = structure(200, shape, length=length)
    noise = rng.random(shape) < 0.3
    copies = [
        np.where(noise, rng.integers(0, 3, shape), training[3].labels),
        np.concatenate([training[3].labels[8:], other.labels[:8]]),
        np.concatenate([training[3].labels[16:], other.labels[:16]]),
    ]
    found = nearest([other, *(Volume(labels, GRID) for labels in copies)], training)
    # Few features: another structure or other volume fractions change the numbers a little.
    assert found[0].chance == pytest.approx(chance, abs=0.04)
    assert [one.similarity for one in found[1:]] == pytest.approx([redrawn, quarter, half], abs=0.12)
    assert abs(found[0].similarity) < 0.15


@pytest.mark.slow
def test_a_real_electrode_that_is_copied(real_volume):
    labels = real_volume("soc_niysz_ptycho_250_36p8nm").labels
    grid = Grid(phases=("pore", "YSZ", "Ni"), voxel_um=(0.0368,) * 3)
    corners = list(itertools.product((0, 93, 186), repeat=3))
    cubes = [Volume(labels[z : z + 64, y : y + 64, x : x + 64], grid) for z, y, x in corners]
    copies = [moved(cubes[20], "rotate_270", (5, 20, -9)), moved(cubes[3], "mirror_y", (0, 0, 0))]
    unseen, training = cubes[21:], cubes[:21]
    found = nearest([*copies, *unseen], training)
    assert [(one.training, one.symmetry, one.copied) for one in found[:2]] == [
        (20, "rotate_270", True),
        (3, "mirror_y", True),
    ]
    assert not any(one.copied for one in found[2:])
    assert max(one.similarity for one in found[2:]) < 0.3


def test_copies_of_sections_are_found_turned_and_shifted_in_their_plane():
    grid = Grid(GRID.phases, (0.1, 0.1))
    training = [structure(seed, (24, 24), grid) for seed in range(4)]
    copy = Volume(np.roll(training[2].array.T, (3, -5), axis=(0, 1)), grid)
    origins = [{"source": "sheet.png", "corner": [0, 24 * place]} for place in range(4)]
    found, other = nearest([copy, structure(9, (24, 24), grid)], training, origins=origins)
    assert (found.training, found.symmetry, found.shift, found.copied) == (2, "transpose", (3, -5), True)
    assert not other.copied
    with pytest.raises(InputError, match=r"shape \(24, 24\), but the first training structure has \(1, 24, 24\)"):
        nearest([copy], [Volume(copy.labels, GRID)])
