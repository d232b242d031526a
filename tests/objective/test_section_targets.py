"""Targets of sections: factors that belong to estimators, uncertainty of one micrograph, and what is refused."""

import copy
import math
import pickle

import numpy as np
import pytest
import torch
from torch.nn import functional

import porenet
from porenet.errors import DoubtfulTarget, InputError
from porenet.interface import Grid, Volume, section
from porenet.objective import targets_of_sections
from porenet.targets import Targets

PHASES = ("Ni", "YSZ", "pore")
GRID = Grid(PHASES, (0.1, 0.1, 0.1))
COUNTS = {
    "vf": {"weight": 1},
    "ssa": {"estimator": "faces"},
    "dpb": {"estimator": "faces"},
    "tpb": {"estimator": "edges"},
}
ASSUME = "same in z, y and x"
RANDOM = torch.from_numpy(np.random.default_rng(5).integers(0, 3, (1, 12, 12, 12)))
IMAGE = section(Volume(RANDOM[0].numpy(), GRID), "z", 0)


def on_slices(terms):
    keys = {"weight", "planes"}
    return {
        name: {"weight": 1, "planes": "zyx", "params": {k: v for k, v in params.items() if k not in keys}}
        for name, params in terms.items()
    }


def test_the_mean_over_all_slices_of_three_families_converts_exactly():
    solid = porenet.Objective(GRID, COUNTS)
    converted = porenet.Objective(GRID, on_slices(COUNTS)).targets_of(RANDOM).to_3d(assume=ASSUME)
    expected = solid.targets_of(RANDOM)
    assert set(converted) == set(expected)
    for key, value in expected.items():
        torch.testing.assert_close(converted[key], value, rtol=1e-6, atol=0)
    assert (converted.dims, converted.estimators) == (3, expected.estimators)
    total, _ = solid(functional.one_hot(RANDOM, 3).movedim(-1, 1).float(), converted)
    assert float(total) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("key", "estimator", "factor"),
    [
        ("ssa", "faces", 1.5),
        ("tpb", "edges", 3),
        ("ssa", "tv", 4 / math.pi),
        ("tpb", "coarea", 2),
        ("vf", None, 1),
        ("ssa.guard", "heat_1", 4 / math.pi),
        ("mine", "triple_2", 2),
        ("s2", "radial", 1),
    ],
)
def test_the_factor_belongs_to_the_estimator(key, estimator, factor):
    values = {key: torch.tensor([[2.0]]), "chord_voxels": torch.tensor([[9.0]])}
    named = {} if estimator is None else {key: estimator}
    flat = Targets(values, named, dims=2, uncertainty={key: torch.tensor([[0.5]])})
    solid = flat.to_3d(assume=ASSUME)
    assert dict(solid) == {key: torch.tensor([[2.0 * factor]])}
    assert float(solid.uncertainty[key]) == pytest.approx(0.5 * factor)


@pytest.mark.parametrize(
    ("values", "estimators", "message"),
    [
        ({"tpb_active": 1.0}, {"tpb_active": "triple_2"}, "a section does not show it"),
        ({"connectivity": 1.0}, {}, "a section does not show it"),
        ({"s2": 1.0}, {"s2": "ball"}, "a section does not show it by 'ball'"),
        ({"ssa": 1.0}, {}, "by which estimator it was measured is not known"),
        ({"ssa": 1.0}, {"ssa": "tv"}, "do not hold the mean chord"),
        ({"ssa": 1.0, "chord_voxels": 4.0}, {"ssa": "tv"}, "finest phase is 4"),
        ({"tpb": 1.0, "chord_voxels": 4.0}, {"tpb": "coarea"}, "finest phase is 4"),
    ],
)
def test_what_no_factor_converts_is_refused(values, estimators, message):
    targets = Targets({key: torch.tensor([[value]]) for key, value in values.items()}, estimators, dims=2)
    with pytest.raises(InputError, match=message):
        targets.to_3d(assume=ASSUME)


def test_the_assumption_is_stated_and_volumes_are_not_converted_twice():
    flat = Targets({"vf": torch.tensor([[0.5, 0.5]])}, dims=2)
    with pytest.raises(InputError, match="one section says nothing of the other directions"):
        flat.to_3d(assume="isotropic")
    with pytest.raises(TypeError):
        flat.to_3d()
    with pytest.raises(InputError, match="of volumes already"):
        flat.to_3d(assume=ASSUME).to_3d(assume=ASSUME)


def test_the_error_of_one_section_is_that_of_its_tiles_and_of_several_that_between_them():
    objective = porenet.Objective(GRID, COUNTS)
    labels = RANDOM[0]
    alone = targets_of_sections(objective, [labels[0]])
    tiles = [labels[0, row : row + 4, column : column + 4] for row in (0, 4, 8) for column in (0, 4, 8)]
    shares = torch.stack([torch.bincount(tile.flatten(), minlength=3) / 16 for tile in tiles])
    torch.testing.assert_close(alone.uncertainty["vf"][0], shares.std(dim=0) / 3)  # 3 x 3: chords of 1.5 voxels
    several = targets_of_sections(objective, [*labels[:4]])
    fractions = torch.stack([torch.bincount(layer.flatten(), minlength=3) / 144 for layer in labels[:4]])
    torch.testing.assert_close(several["vf"], fractions.mean(dim=0, keepdim=True))
    torch.testing.assert_close(several.uncertainty["vf"][0], fractions.std(dim=0) / 2)
    assert several["chord_voxels"].shape == (1, 3)
    assert several.dims == 2


def test_an_objective_does_not_punish_what_the_uncertainty_allows():
    objective = porenet.Objective(GRID, {"ssa": {"estimator": "faces"}, "vf": {"weight": 1}})
    field = functional.one_hot(RANDOM, 3).movedim(-1, 1).float()
    exact = objective.targets_of(RANDOM)
    off = {key: value * 1.1 for key, value in exact.items() if key == "ssa"} | {"vf": exact["vf"]}
    for error, punished in ((0.05, True), (0.2, False)):
        uncertain = Targets(off, exact.estimators, uncertainty={"ssa": error * off["ssa"]})
        _, values = objective(field, uncertain)
        assert bool(values["ssa"] > 0) is punished
        assert objective.gaps(field, uncertain)["ssa"].tolerance == pytest.approx(max(2.5e-3, error**2))
    _, values = objective(field, Targets(off, exact.estimators))
    assert float(values["ssa"]) == pytest.approx((1 / 1.1 - 1) ** 2, rel=1e-4)


@pytest.mark.parametrize("unsound", [-0.1, math.nan])
def test_a_standard_error_below_0_or_not_a_number_is_refused(unsound):
    values = {"ssa": torch.tensor([[1.0, 2.0]]), "section_parts": torch.tensor([[16.0]])}
    refused = torch.tensor([[0.1, unsound]])
    message = rf"^uncertainty\['ssa'\]: a standard error is a number of 0 or more, and one is {unsound}\. Leave out"
    with pytest.raises(InputError, match=message):
        Targets(values, {"ssa": "faces"}, dims=2, uncertainty={"ssa": refused})
    targets = Targets(values, {"ssa": "faces"}, dims=2, uncertainty={"ssa": refused.abs().nan_to_num(0)})
    targets.uncertainty["ssa"] = refused  # behind the back of the check
    objective = porenet.Objective(Grid(("solid", "pore"), 0.1, dims=2), {"ssa": {"estimator": "faces"}})
    field = functional.one_hot(RANDOM[:1, 0] % 2, 2).movedim(-1, 1).float()
    for call in (
        lambda: targets.to_3d(assume=ASSUME), lambda: targets.interval("ssa"), lambda: targets.rows(0),
        lambda: objective(field, targets), lambda: objective.losses[0](field.repeat(2, 1, 1, 1), targets),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message):
            call()


def test_the_standard_error_of_an_undefined_target_may_be_undefined():
    values = torch.tensor([[1.0, math.nan]])
    targets = Targets({"ssa": values}, {"ssa": "faces"}, dims=2, uncertainty={"ssa": values / 10})
    assert targets.to_3d(assume=ASSUME).uncertainty["ssa"].isnan().tolist() == [[False, True]]


@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")  # torch.compile's own doing
@pytest.mark.slow
def test_uncertain_targets_of_a_term_of_another_name_are_compiled():
    objective = porenet.Objective(
        GRID, {"mine": {"loss": "ssa", "weight": 1, "params": {"estimator": "faces"}}}, check_every=0
    )
    field = torch.rand(1, 3, 4, 5, 6, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
    areas = torch.full((1, 3), 2.0)
    targets = Targets({"mine": areas}, {"mine": "faces"}, uncertainty={"mine": areas / 10})
    objective.eval()  # the field has no gradient
    torch._dynamo.reset()
    compiled = torch.compile(lambda field: objective(field, targets)[0], fullgraph=True, backend="eager")
    assert float(compiled(field)) == pytest.approx(float(objective(field, targets)[0]))


def test_slices_are_compared_with_uncertain_sections():
    terms = on_slices(COUNTS) | {"guarded": {"loss": "ssa", "planes": "z", "weight": 1}}
    objective = porenet.Objective(GRID, terms)
    targets = targets_of_sections(objective, [RANDOM[0, 0], RANDOM[0, :, 3], RANDOM[0, :, :, 5]])
    field = functional.one_hot(RANDOM, 3).movedim(-1, 1).float()
    _, values = objective(field, targets)
    free, _ = objective(field, Targets(targets, targets.estimators, dims=2))
    assert float(free) > float(sum(values.values()))
    assert all(gap.tolerance > 0 for gap in objective.gaps(field, targets).values())


def test_of_guarded_surfaces_both_parts_are_allowed_for():
    objective = porenet.Objective(GRID, {"ssa": {"phase_subset": ["pore", "Ni"]}})
    exact = objective.targets_of(RANDOM)
    errors = {"ssa": 0.1 * exact["ssa"], "ssa.guard": 0.2 * exact["ssa.guard"]}
    field = functional.one_hot(RANDOM, 3).movedim(-1, 1).float()
    with pytest.warns(porenet.errors.BlindTerm):  # random voxels
        gaps = objective.gaps(field, Targets(exact, exact.estimators, uncertainty=errors))
    assert gaps["ssa"].tolerance == pytest.approx(0.01 + 0.04, rel=1e-4)


def test_sections_across_other_axes_are_measured_with_their_own_pixels():
    grid = Grid(PHASES, (0.1, 0.2, 0.4))
    volume = Volume(RANDOM[0].numpy()[:, :10, :8], grid)
    objective = porenet.Objective(grid, COUNTS)
    for normal, pixel in (("z", 0.08), ("y", 0.04), ("x", 0.02)):
        layer = section(volume, normal, 3)
        targets = targets_of_sections(objective, [layer.labels], normal=normal)
        assert layer.grid.voxel_um[1] * layer.grid.voxel_um[2] == pytest.approx(pixel)
        expected = porenet.metrics.tpb(layer)["total"]
        assert targets["tpb"].item() == pytest.approx(expected)


def test_bad_sections_are_refused():
    objective = porenet.Objective(GRID, COUNTS)
    for sections, message in (
        ([], "not none"),
        (None, "a list of sections was expected, not NoneType"),
        ("micrograph.png", "a list of sections was expected, not str"),
        ([RANDOM[0]], r"labels \(A, B\)"),
        ([RANDOM[0, 0, :1]], "2 voxels wide"),
        ([torch.rand(4, 4)], "integers"),
        (RANDOM[0, 0], r"Pass a list, \[labels\]"),
        (IMAGE, r"a list was expected, not one Volume\. Pass \[section\]"),
        ([Volume(RANDOM[0].numpy(), GRID)], r"sections\[0\]: a section was expected, not a volume \(12, 12, 12\)"),
        ([IMAGE, Volume(IMAGE.array, Grid(PHASES, 0.2, dims=2))], r"sections\[1\]: has pixels of \(0\.2, 0\.2\) um"),
        ([Volume(IMAGE.array, Grid(PHASES[::-1], 0.1, dims=2))], r"sections\[0\]: has the phases pore, YSZ, Ni"),
    ):
        with pytest.raises(InputError, match=message):
            targets_of_sections(objective, sections)
    with pytest.raises(InputError, match="'z', 'y' or 'x'"):
        targets_of_sections(objective, [RANDOM[0, 0]], normal="w")
    with pytest.raises(InputError, match=r"tpb_active.*a section does not show it"):
        targets_of_sections(porenet.Objective(GRID, ["tpb_active"]), [RANDOM[0, 0]])
    with pytest.raises(InputError, match="no term of the objective reads a target"):
        targets_of_sections(porenet.Objective(GRID, {"face_hinge": {"phase": "pore", "target": 0.1}}), [RANDOM[0, 0]])
    volume = Volume(RANDOM[0].numpy(), GRID)
    for layer in (12, True, 1.0):
        with pytest.raises(InputError, match="layers 0 to 11 across z"):
            section(volume, "z", layer)
    assert np.array_equal(section(volume, "z", np.int64(3)).array, section(volume, "z", 3).array)


def test_a_section_that_is_given_twice_counts_once():
    objective = porenet.Objective(GRID, COUNTS)
    alone = targets_of_sections(objective, [IMAGE])
    with pytest.warns(DoubtfulTarget, match=r"sections\[1\] is the same as sections\[0\] and is left out"):
        twice = targets_of_sections(objective, [IMAGE, IMAGE.array.copy()])
    assert {key: error.tolist() for key, error in twice.uncertainty.items()} == {
        key: error.tolist() for key, error in alone.uncertainty.items()
    }
    assert float(twice.uncertainty["tpb"]) > 0
    assert twice["section_parts"] == alone["section_parts"]


def test_a_target_is_not_converted_to_other_distances():
    """The pixels of a section may be larger than the shortest edge of the voxels, of which lags are multiples."""
    grid, terms = Grid(PHASES, (0.1, 0.2, 0.2)), {"lineal_path": 1}
    with pytest.raises(InputError, match=r"^sections: .* differs: 0\.2 um across z, 0\.1 um of the volume"):
        targets_of_sections(porenet.Objective(grid, terms), [RANDOM[0, 0]])
    assert targets_of_sections(porenet.Objective(grid, terms), [RANDOM[0, 0]], normal="y").dims == 2
    terms = {"lineal_path": {"weight": 1, "params": {"lags_um": [0.2]}}}
    assert targets_of_sections(porenet.Objective(grid, terms), [RANDOM[0, 0]]).dims == 2


@pytest.mark.parametrize("name", ["vf", "ssa", "dpb", "tpb", "lineal_path", "s2"])
def test_descriptors_of_volumes_are_not_compared_with_targets_of_sections(name):
    loss = porenet.create_loss(name, GRID, **({"directions": "axes"} if name == "s2" else {}))
    for built in (loss, pickle.loads(pickle.dumps(loss)), copy.deepcopy(loss)):
        with pytest.raises(InputError, match="measured on 2-D structures"):
            built.from_descriptor(torch.zeros(1, 3), Targets({name: torch.zeros(1, 3)}, dims=2))


def test_a_section_with_its_grid_gives_what_its_labels_give():
    objective = porenet.Objective(Grid(PHASES, (0.1, 0.2, 0.3)), COUNTS)
    for normal in "zyx":
        layer = section(Volume(RANDOM[0].numpy(), objective.grid), normal, 4)
        targets, expected = (targets_of_sections(objective, [each], normal=normal) for each in (layer, layer.labels))
        assert {key: value.tolist() for key, value in targets.items()} == {
            key: value.tolist() for key, value in expected.items()
        }
        with pytest.raises(InputError, match="has pixels of"):
            targets_of_sections(objective, [layer], normal="x" if normal == "z" else "z")


def test_numbers_of_a_section_are_stated_for_terms_with_planes():
    terms = {"vf": 1, "ssa": {"weight": 1, "planes": "zyx", "params": {"estimator": "faces"}}}
    objective, field = porenet.Objective(GRID, terms), functional.one_hot(RANDOM, 3).movedim(-1, 1).float()
    areas, shares = {"ssa": [[1.0, 2.0, 3.0]]}, {"vf": [0.4, 0.3, 0.3]}
    stated = objective.targets_from(areas, estimator={"ssa": "faces"})
    assert (stated.dims, objective.targets_from(shares).dims) == (2, 3)
    with pytest.raises(InputError, match="ssa compare slices with sections, and vf the volume"):
        objective.targets_from(areas | shares, estimator={"ssa": "faces"})
    alone = porenet.Objective(GRID, {"ssa": terms["ssa"]}).eval()
    assert alone(field, stated)[0] == alone(field, {"ssa": torch.tensor(areas["ssa"])})[0]


def test_an_interval_has_a_level_between_0_and_1():
    targets = targets_of_sections(porenet.Objective(GRID, COUNTS), [RANDOM[0, 0]])
    with pytest.raises(InputError, match="a level between 0 and 1 was expected, not 95"):
        targets.interval("vf", 95)


def test_what_no_factor_converts_is_measured_where_sections_are_compared_with_sections():
    flat, terms = Grid(PHASES, 0.1, dims=2), {"s2": {"directions": "ball", "reach_um": 0.3}}
    with pytest.raises(InputError, match="no factor turns it into that of a volume"):
        targets_of_sections(porenet.Objective(GRID, terms), [IMAGE])
    objective = porenet.Objective(flat, terms)
    expected = objective.targets_of(RANDOM[:, 0])
    assert targets_of_sections(objective, [IMAGE])["s2"].tolist() == expected["s2"].tolist()


def test_tiles_of_one_pixel_give_no_uncertainty():
    objective = porenet.Objective(GRID, COUNTS)
    assert not targets_of_sections(objective, [RANDOM[0, 0, :5, :5]]).uncertainty
    assert set(targets_of_sections(objective, [RANDOM[0, 0, :6, :6]]).uncertainty) == set(COUNTS)


def test_an_objective_of_sections_takes_them_as_they_are():
    flat = Grid(PHASES, (0.1, 0.1))
    images = [RANDOM[0, 0], RANDOM[0, 5]]
    targets = targets_of_sections(porenet.Objective(flat, COUNTS), images)
    expected = targets_of_sections(porenet.Objective(GRID, COUNTS), images)
    assert targets.dims == 2
    assert {key: value.tolist() for key, value in targets.items()} == {
        key: value.tolist() for key, value in expected.items()
    }
    total, _ = porenet.Objective(flat, COUNTS)(functional.one_hot(images[0], 3).movedim(-1, 0)[None].float(), targets)
    assert total >= 0
    with pytest.raises(InputError, match="no sections across y"):
        targets_of_sections(porenet.Objective(flat, COUNTS), images, normal="y")


@pytest.mark.slow
def test_on_a_real_electrode_the_factors_are_exact_and_one_section_knows_how_little_it_knows(real_volume):
    labels = real_volume("soc_niysz_ptycho_250_36p8nm").labels.astype(np.uint8)
    grid = Grid(PHASES, (0.0368,) * 3)
    volume = Volume(labels, grid)
    faces = list(porenet.metrics.ssa(volume, estimator="faces").values())
    edges = porenet.metrics.tpb(volume)["total"]
    assert faces == pytest.approx([2.6053304, 3.1155722, 2.3207670], abs=5e-8)
    assert edges == pytest.approx(4.1620983, abs=5e-8)
    assert mean_of_sections(volume) == pytest.approx([*faces, edges], rel=1e-12)
    corner = Volume(labels[:120, :120, :120].copy(), grid)
    assert porenet.metrics.tpb(corner)["total"] == pytest.approx(3.8203059, abs=5e-8)
    assert mean_of_sections(corner)[3] == pytest.approx(porenet.metrics.tpb(corner)["total"], rel=1e-12)

    objective = porenet.Objective(grid, {key: COUNTS[key] for key in ("vf", "ssa", "tpb")})
    truth = {"vf": np.bincount(labels.ravel()) / labels.size, "ssa": np.array(faces), "tpb": np.array([edges])}
    held = dict.fromkeys(truth, 0)
    for normal in "zyx":
        for layer in np.linspace(5, 244, 16).round().astype(int):
            targets = targets_of_sections(objective, [section(volume, normal, int(layer)).labels]).to_3d(assume=ASSUME)
            for key, value in truth.items():
                low, high = (end.numpy()[0] for end in targets.interval(key))
                held[key] = held[key] + ((low <= value) & (value <= high))
    assert min(held["tpb"]) >= 43
    assert min(held["ssa"]) >= 40
    assert min(held["vf"]) >= 37  # a gradient along y is in no tile


def mean_of_sections(volume):
    """3/2 times the mean surfaces and 3 times the mean edges of all sections of the three families."""
    families = []
    for axis, normal in enumerate("zyx"):
        rows = []
        for layer in range(volume.labels.shape[axis]):
            flat = section(volume, normal, layer)
            rows.append([*porenet.metrics.ssa(flat, estimator="faces").values(), porenet.metrics.tpb(flat)["total"]])
        families.append([math.fsum(column) / len(rows) for column in zip(*rows, strict=True)])
    means = [math.fsum(column) / 3 for column in zip(*families, strict=True)]
    return [factor * mean for factor, mean in zip((1.5, 1.5, 1.5, 3), means, strict=True)]
