import json

import numpy as np
import pytest
from scipy import ndimage

from porenet.errors import InputError
from porenet.interface import Grid, Volume
from porenet.synthetic import FittedFields, fit_skewed_fields, plurigaussian, skewed_fields
from porenet.synthetic.field_windows import cut
from porenet.synthetic.squared_fields import surface_areas

THIRDS = {"voxel_um": 1.0, "fractions": (0.33, 0.34, 0.33)}


def shares(volume):
    return np.bincount(volume.labels.ravel(), minlength=len(volume.grid.phases)) / volume.labels.size


def autocovariance(mask, lag):
    """Along x, by its definition; 1 at lag 0."""
    centred = mask - mask.mean()
    return (centred[..., lag:] * centred[..., : mask.shape[-1] - lag]).mean() / centred.var()


@pytest.mark.parametrize("phases", [("a", "b"), ("Ni", "YSZ", "pore"), ("a", "b", "c", "d")])
@pytest.mark.parametrize("edges", [(1.0, 1.0, 1.0), (2.0, 1.0, 0.7)])
def test_every_structure_has_its_fractions(phases, edges):
    fractions = np.arange(1, len(phases) + 1) / sum(range(1, len(phases) + 1))
    for seed in range(3):
        volume = skewed_fields(
            (17, 24, 31), voxel_um=edges, lengths_um=3.0, skews=1.0, fractions=list(fractions), seed=seed, phases=phases
        )
        assert np.abs(shares(volume) - fractions).max() <= 1.01 / volume.labels.size + 1e-4


def test_a_phase_of_a_single_voxel_is_held():
    volume = skewed_fields(
        (20, 20, 20),
        voxel_um=1.0,
        lengths_um=3.0,
        skews=0,
        fractions=(1 / 8000, 7999 / 8000),
        seed=0,
        phases=("a", "b"),
    )
    assert np.bincount(volume.labels.ravel())[0] == 1


@pytest.mark.slow
def test_three_fields_of_five_voxels_have_the_published_autocovariance():
    """0.475 +- 0.02 at a lag of 4 voxels, from a program that shares no code with this one."""
    sums = np.zeros(3)
    for seed in range(12):
        labels = skewed_fields((64, 64, 64), lengths_um=5.0, skews=0.0, seed=seed, **THIRDS).labels
        sums += [autocovariance((labels == phase).astype(float), 4) for phase in range(3)]
    np.testing.assert_allclose(sums / 12, 0.475, atol=0.02)


@pytest.mark.slow
def test_a_larger_skew_parts_the_network():
    """Grains that touch at points: scipy's components say how much of the first phase is joined along z."""
    joined = []
    for skew in (0.0, 1.0, 4.0):
        shares_joined = []
        for seed in range(8):
            labels = skewed_fields(
                (36, 36, 36), voxel_um=1.0, lengths_um=(6.0, 5.0, 6.0), skews=(skew, 0, 0.8), seed=seed,
                fractions=(0.27, 0.4, 0.33),
            ).labels  # fmt: skip
            parts, _ = ndimage.label(labels == 0)
            spanning = np.intersect1d(parts[0], parts[-1])
            shares_joined.append(np.isin(parts, spanning[spanning > 0]).sum() / (labels == 0).sum())
        joined.append(np.mean(shares_joined))
    assert joined[0] > joined[1] + 0.1 > joined[2] + 0.2


def test_fields_are_isotropic_in_um():
    """A layer thrice as thick halves no length: crossings along z per um are those along x."""
    per_um = np.zeros(2)
    for seed in range(4):
        labels = skewed_fields(
            (40, 96, 96), voxel_um=(2.0, 1.0, 1.0), lengths_um=8.0, skews=0.5, seed=seed, fractions=(0.5, 0.5),
            phases=("a", "b"),
        ).labels  # fmt: skip
        per_um += (np.diff(labels, axis=0) != 0).mean() / 2.0, (np.diff(labels, axis=2) != 0).mean()
    assert per_um[0] / per_um[1] == pytest.approx(1, abs=0.06)


def test_a_periodic_axis_wraps():
    labels = skewed_fields(
        (40, 40, 40), lengths_um=4.0, skews=1.0, seed=0, periodic=(True, False, False), **THIRDS
    ).labels
    steps = (np.diff(labels, axis=0) != 0).mean(axis=(1, 2))
    assert (labels[0] != labels[-1]).mean() < 1.5 * steps.max()
    assert (labels[..., 0] != labels[..., -1]).mean() > 2 * steps.max()


@pytest.mark.slow
def test_surfaces_choose_among_candidates():
    ask = {"a": 0.30, "b": 0.30}
    common = {"voxel_um": 1.0, "lengths_um": 4.0, "skews": 0.5, "fractions": (0.5, 0.5), "phases": ("a", "b")}
    plain, chosen = [], []
    for seed in range(6):
        for areas, drawn in (
            (plain, skewed_fields((20, 20, 20), seed=seed, **common)),
            (chosen, skewed_fields((20, 20, 20), seed=seed, surfaces=ask, candidates=6, **common)),
        ):
            unlike = sum((np.diff(drawn.labels, axis=axis) != 0).sum() for axis in range(3)) / 8000
            assert surface_areas(drawn.labels, drawn.grid) == pytest.approx([unlike, unlike])
            areas.append(abs(unlike / 0.30 - 1))
    assert all(near <= far for near, far in zip(chosen, plain, strict=True))
    assert np.mean(chosen) < 0.6 * np.mean(plain)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"fractions": (0.5, 0.5, 0.0)}, "3 fractions above 0"),
        ({"fractions": (0.5, 0.5)}, "3 fractions above 0"),
        ({"lengths_um": 0.5}, "more than half the longest voxel edge"),
        ({"lengths_um": (3.0, 3.0)}, "one for each of the 3 phases"),
        ({"skews": float("nan")}, "one finite number"),
        ({"lengths_um": 4.0, "periodic": (True, False, False)}, "Take at least 24 um along z"),
        ({"candidates": 8}, "needs the surface areas"),
        ({"surfaces": {"Ni": 1.0}}, "there is one"),
        ({"surfaces": {"nickel": 1.0}, "candidates": 2}, "by the name of a phase"),
        ({"candidates": 0}, "above 0"),
        ({"phases": ("Ni",)}, "phases"),
        ({"seed": -1}, "0 or more"),
        ({"fractions": "abc"}, "3 fractions above 0"),
        ({"fractions": 0.3}, "3 fractions above 0 that add up to 1, not 0.3"),
        ({"skews": None}, "one finite number"),
        ({"lengths_um": "abc"}, "one finite number"),
        ({"surfaces": [1.0, 2.0, 3.0], "candidates": 2}, "by the name of each phase"),
    ],
)
def test_what_cannot_be_drawn_is_refused(wrong, message):
    arguments = {"voxel_um": 1.0, "lengths_um": 3.0, "skews": 0.0, "fractions": (0.3, 0.3, 0.4), "seed": 0}
    with pytest.raises(InputError) as refusal:
        skewed_fields((20, 20, 20), **(arguments | wrong))
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"volumes": np.zeros((20, 20, 20), np.uint8)}, "a volume was expected"),
        ({"volumes": ["real.tif"]}, "a volume was expected"),
        ({"volumes": None}, "a volume was expected"),
        ({"axis": "q"}, "z, y or x was expected, not 'q'"),
        ({"window": 20}, "three numbers of voxels"),
    ],
)
def test_a_fit_refuses_other_arguments(wrong, message):
    labels = np.random.default_rng(0).integers(0, 2, (20, 20, 20), dtype=np.uint8)
    arguments = {"volumes": Volume(labels, Grid(("a", "b"), 1.0)), "rounds": 2, "structures": 1}
    with pytest.raises(InputError) as refusal:
        fit_skewed_fields(**(arguments | wrong))
    assert message in str(refusal.value)


def test_boxes_of_a_few_voxels_are_filled():
    ask = {"voxel_um": 1.0, "lengths_um": 2.0, "skews": 0.0, "seed": 0, "phases": ("a", "b", "c")}
    for shape in ((1, 1, 1), (1, 1, 2), (1, 2, 3), (2, 1)):
        drawn = skewed_fields(shape, fractions=(0.25, 0.4, 0.35), **ask)
        assert drawn.labels.size == np.prod(shape)
        assert drawn.labels.max() < 3
    assert skewed_fields((1, 1, 1), fractions=(0.25, 0.4, 0.35), **ask).labels.item() == 1


def test_candidates_are_chosen_where_the_window_lacks_a_phase():
    """Windows of two phases, and of one: the surfaces of what they hold are met, and nothing is refused."""
    fit = FittedFields(
        ("a", "b", "c"), (1.0, 1.0, 1.0), (3.0, 3.0, 3.0), (0.0, 0.5, 0.5), (12, 12, 12), "z",
        ((0.5, 0.5, 0.0), (1.0, 0.0, 0.0)), ((0.3, 0.3, 0.0), (0.0, 0.0, 0.0)),
        ((1.0, 1.0, 0.0), (1.0, 1.0, 0.0)), (1.0, 1.0, 1.0), 0,
    )  # fmt: skip
    held = {tuple(np.unique(fit.draw(seed, candidates=2).labels)) for seed in range(6)}
    assert held == {(0,), (0, 1)}


def test_what_is_no_fit_is_not_read_as_a_fit():
    fit = FittedFields(
        ("a", "b"), (1.0, 1.0, 1.0), (3.0, 3.0), (0.0, 0.5), (12, 12, 12), "z", ((0.5, 0.5),), ((0.3, 0.3),),
        ((1.0, 1.0), (1.0, 1.0)), (1.0, 1.0), 0,
    )  # fmt: skip
    written = fit.to_dict()
    assert FittedFields.from_dict(json.loads(json.dumps(written))) == fit
    with pytest.raises(InputError, match="A section of a structure is a layer of it"):
        fit.draw(0, shape=(20, 20))
    odd = {"skews": (float("nan"), 0.0), "surfaces_per_um": ((float("inf"), 1.0),), "axis": "w", "seed": 0.5}
    damage = [{key: None} for key in written] + [{key: value} for key, value in odd.items()]
    for damaged in (None, [], {}, *(written | change for change in damage)):
        with pytest.raises(InputError, match=r"FittedFields\.from_dict"):
            FittedFields.from_dict(damaged)


def test_windows_cover_a_volume_evenly():
    counts = np.zeros((50, 30, 24), int)
    numbers = np.arange(counts.size, dtype=np.int64).reshape(counts.shape)
    for box in cut(numbers, (24, 24, 24)):
        counts.ravel()[box.ravel()] += 1
    assert counts.min() == 1
    assert counts.max() <= 2 * 2 * 2


@pytest.fixture(scope="module")
def fitted():
    lengths, skews = (4.0, 3.2, 4.0), (1.2, 0.0, 0.0)
    real = [
        skewed_fields((26, 26, 26), voxel_um=0.5, lengths_um=np.array(lengths) / 2, skews=skews, seed=seed,
                      fractions=(0.27, 0.42, 0.31))
        for seed in range(24)
    ]  # fmt: skip
    return fit_skewed_fields(real, rounds=8, structures=24, seed=0)


@pytest.mark.slow
def test_a_fit_finds_what_made_the_volumes(fitted):
    assert np.array(fitted.lengths_um) * 2 == pytest.approx([4.0, 3.2, 4.0], rel=0.12)
    assert fitted.skews[1] == 0
    assert fitted.skews[0] == pytest.approx(1.2, abs=0.45)
    assert fitted.skews[2] == pytest.approx(0.0, abs=0.4)
    assert not fitted.notes


@pytest.mark.slow
def test_a_fit_survives_json_and_draws_the_same(fitted):
    again = FittedFields.from_dict(json.loads(json.dumps(fitted.to_dict())))
    assert again == fitted
    larger = again.draw(5, shape=(40, 30, 33), candidates=2)
    assert larger.shape == (40, 30, 33)
    np.testing.assert_array_equal(larger.labels, fitted.draw(5, shape=(40, 30, 33), candidates=2).labels)
    assert not np.array_equal(larger.labels, fitted.draw(6, shape=(40, 30, 33), candidates=2).labels)
    with pytest.raises(InputError, match="skews"):
        FittedFields.from_dict({name: 0 for name in fitted.to_dict() if name != "skews"})


def of_labels(labels, *phases):
    return Volume(labels.astype(np.uint8), Grid(phases, 1.0))


def test_a_phase_that_does_not_percolate_is_driven_to_grains():
    layers = np.zeros((24, 24, 24))
    layers[::6, ::6, ::6] = layers[1::6, ::6, ::6] = 1
    fit = fit_skewed_fields(of_labels(layers, "solid", "pore"), window=(24, 24, 24), rounds=4, structures=4)
    assert fit.connectivity[0][1] == 0
    assert fit.skews[0] == 0


def test_a_section_is_drawn_but_not_fitted():
    section, _ = plurigaussian((64, 64), voxel_um=0.1, length_um=0.5, seed=0, fractions=(0.4, 0.3, 0.3))
    with pytest.raises(InputError, match="this is a section"):
        fit_skewed_fields(section)
    flat = skewed_fields((50, 60), lengths_um=4.0, skews=0.5, seed=0, **THIRDS)
    assert (flat.shape, flat.grid.dims) == ((50, 60), 2)


@pytest.mark.parametrize(
    ("volumes", "options", "message"),
    [
        ([], {}, "a volume was expected"),
        (of_labels(np.zeros((30, 30, 30)), "solid", "pore"), {}, "hold no pore"),
        (of_labels(np.indices((8, 8, 8)).sum(axis=0) % 2, "solid", "pore"), {}, "12 or more along each axis"),
        (of_labels(np.indices((30, 30, 30)).sum(axis=0) % 2, "a", "b"), {"window": (40, 12, 12)}, "lie inside volumes"),
        (of_labels(np.indices((30, 30, 30))[2] >= 15, "a", "b"), {"window": (30, 30, 30)}, "too coarse for windows"),
        (of_labels(np.indices((30, 30, 30)).sum(axis=0) % 2, "a", "b"), {"rounds": 1}, "2 or more"),
        (Volume(np.indices((30, 30, 30))[0].astype(np.uint8) % 2, Grid(("a", "b"), (0.1, 0.3, 2.0))), {}, "um thin"),
    ],
)
def test_what_cannot_be_fitted_is_refused(volumes, options, message):
    with pytest.raises(InputError) as refusal:
        fit_skewed_fields(volumes, **({"rounds": 6, "structures": 2} | options))
    assert message in str(refusal.value)
