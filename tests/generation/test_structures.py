"""Structures of a training: cubes, splits, symmetries, batches."""

import dataclasses

import numpy as np
import pytest
import torch

from porenet import Grid, Volume, formats, synthetic
from porenet.config import Findings, load_run
from porenet.errors import InputError
from porenet.generation import (
    CubeRules,
    batch_index,
    coarsened,
    cut_structures,
    data_table,
    load_structures,
    one_hot,
    seed_of,
    turned,
    write_structures,
)

RUN = """[grid]
phases = ["Ni", "YSZ", "pore"]
voxel_um = [0.1, 0.1, 0.1]

[objective]
terms = ["vf"]

[data]
source = "synthetic"
size = 16
count = 6
held_out = 2
length_um = 0.3
"""
VOLUMES = """source = "volumes"
path = "volume.npz"
"""
SYNTHETIC = """source = "synthetic"
"""
COUNTS = """count = 6
held_out = 2
length_um = 0.3
"""
GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))


@pytest.fixture
def write_run(tmp_path):
    """Writes the run with some of its text replaced; gives its path."""

    def write(*replacements):
        text = RUN
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "run.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def structures(path):
    run, findings = load_run(path), Findings()
    data = data_table(run.others, run, findings)
    assert not findings.problems
    return load_structures(data, run)


@pytest.fixture
def cut(write_run, tmp_path):
    """Structures cut from volumes of given shapes; each voxel tells its x, so that a leak would show."""

    def make(extra="", *, shapes=((16, 16, 48),), values="", grid=GRID):
        rng = np.random.default_rng(0)
        for number, shape in enumerate(shapes):
            labels = rng.integers(0, len(grid.phases), shape, dtype=np.uint8)
            name = "volume.npz" if len(shapes) == 1 else f"many/volume_{number}.npz"
            (tmp_path / name).parent.mkdir(exist_ok=True)
            formats.write(Volume(labels, grid), tmp_path / name)
        where = VOLUMES if len(shapes) == 1 else VOLUMES.replace("volume.npz", "many")
        return structures(write_run((SYNTHETIC, where), (COUNTS, extra), ("[objective]", values + "[objective]")))

    return make


def test_synthetic_structures_are_those_of_porenet_and_named(write_run):
    found = structures(write_run())
    assert found.training.shape == (6, 16, 16, 16)
    assert found.held_out.shape == (2, 16, 16, 16)
    assert found.training.dtype == torch.uint8
    expected, _ = synthetic.plurigaussian(
        (16, 16, 16), voxel_um=(0.1, 0.1, 0.1), length_um=0.3, fractions=[1 / 3] * 3, seed=7
    )
    assert np.array_equal(found.held_out[1], expected.labels)
    assert found.name.startswith("synthetic plurigaussian electrodes, l = 0.3 um, seed 0: 6 training")
    assert found.disjoint == (6, 2)


def test_the_fingerprint_tells_data_apart_and_nothing_else(write_run):
    prints = {
        structures(write_run(*changes)).fingerprint
        for changes in (
            (),
            (("terms = [", "check_every = 3\nterms = ["),),
            (("[0.1, 0.1, 0.1]", "[0.2, 0.1, 0.1]"),),
            (("0.3", "0.4"),),
        )
    }
    assert len(prints) == 3


def test_held_out_cubes_lie_behind_the_guard(cut):
    found = cut("held_out = 0.3\nguard = 4\nstride = 4\n")
    training = [one["corner"] for one in found.training_origins]
    held_out = [one["corner"] for one in found.held_out_origins]
    assert training == [[0, 0, 0], [0, 0, 4], [0, 0, 8], [0, 0, 12]]
    assert held_out == [[0, 0, 32]]
    assert max(corner[2] for corner in training) + 16 + 4 <= 32
    assert found.disjoint == (1, 1)
    assert {one["source"] for one in found.training_origins} == {"volume.npz"}


def test_cubes_hold_what_the_volume_holds_at_their_corner(cut, tmp_path):
    found = cut("guard = 0\nstride = 8\n")
    volume = formats.read(tmp_path / "volume.npz").labels
    for cubes, origins in ((found.training, found.training_origins), (found.held_out, found.held_out_origins)):
        for cube, origin in zip(cubes, origins, strict=True):
            assert np.array_equal(cube, volume[tuple(slice(at, at + 16) for at in origin["corner"])])


def test_whole_volumes_can_be_held_out(cut):
    found = cut('split = "volumes"\nheld_out = 0.4\n', shapes=[(16, 16, 16)] * 5)
    assert found.disjoint == (3, 2)
    assert [one["source"] for one in found.held_out_origins] == ["volume_3.npz", "volume_4.npz"]


def test_coarsening_takes_the_majority_and_ties_go_to_the_lower_label():
    labels = np.zeros((2, 2, 5), np.uint8)
    labels[..., :2] = np.array([2, 2, 2, 2, 1, 1, 1, 0]).reshape(2, 2, 2)
    labels[..., 2:4] = np.array([2, 2, 2, 2, 1, 1, 1, 1]).reshape(2, 2, 2)
    assert coarsened(labels, 2, 3).tolist() == [[[2, 1]]]
    assert coarsened(labels, 1, 3) is labels


def test_a_coarsened_run_describes_its_cubes_and_not_the_file(cut):
    fine = dataclasses.replace(GRID, voxel_um=(0.05, 0.05, 0.05))
    found = cut("coarsen = 2\nguard = 4\nheld_out = 0.3\n", shapes=[(32, 32, 96)], grid=fine)
    assert found.size == (16, 16, 16)
    assert found.held_out_origins[0]["corner"] == [0, 0, 64]  # voxels of the file
    assert "coarsened 2x" in found.name


@pytest.mark.parametrize(
    ("extra", "keywords", "words"),
    [
        ("", {"shapes": [(16, 16, 30)]}, ["30 voxels along x do not hold two cubes of 16 and a guard of 8"]),
        ("", {"shapes": [(12, 16, 48)]}, ["12 x 16 x 48 voxels (z, y, x), too small for cubes of 16^3", "Lower size"]),
        ('split = "volumes"\n', {}, ["split = 'volumes' needs two volumes"]),
        ("", {"grid": Grid(("Ni", "YSZ", "pore"), (0.2, 0.1, 0.1))}, ["0.2 um along z", "0.1"]),
        ("", {"grid": Grid(("YSZ", "Ni", "pore"), (0.1, 0.1, 0.1))}, ["phases are YSZ, Ni, pore", "names Ni, YSZ"]),
        ("", {"values": "[grid.values]\nNi = 7\nYSZ = 8\npore = 9\n"}, ["the file says Ni=0"]),
    ],
)
def test_a_volume_that_does_not_fit_is_refused(cut, extra, keywords, words):
    with pytest.raises(InputError) as refusal:
        cut(extra, **keywords)
    for word in words:
        assert word in str(refusal.value)


def test_a_folder_without_volumes_is_refused(write_run, tmp_path):
    (tmp_path / "volume.npz").mkdir()
    with pytest.raises(InputError, match="no volume is there"):
        structures(write_run((SYNTHETIC, VOLUMES), (COUNTS, "")))


def test_cubes_cut_from_a_volume_do_not_wrap(cut):
    with pytest.raises(InputError, match="do not wrap"):
        cut(values="periodic = [true, false, false]\n")


def test_one_hot_is_one_where_the_label_is():
    labels = torch.tensor([[[[0, 2], [1, 1]]]], dtype=torch.uint8)
    field = one_hot(labels, 3)
    assert field.shape == (1, 3, 1, 2, 2)
    assert field.dtype == torch.float32
    assert torch.equal(field.argmax(dim=1), labels.long())
    assert torch.equal(field.sum(dim=1), torch.ones(1, 1, 2, 2))


def test_every_symmetry_keeps_z_and_is_another_one():
    labels = torch.arange(2 * 3 * 3, dtype=torch.uint8).reshape(1, 2, 3, 3).expand(8, -1, -1, -1)
    found = turned(labels, torch.arange(8))
    assert len({one.numpy().tobytes() for one in found}) == 8
    for one in found:
        assert torch.equal(one.flatten(1).sort().values, labels[0].flatten(1))
    assert torch.equal(found[3], labels[0].flip(1, 2))
    assert torch.equal(found[4], labels[0].transpose(1, 2))


def test_y_and_x_are_exchanged_only_where_they_are_alike(write_run):
    counts = [
        structures(write_run(*changes)).symmetries
        for changes in (
            (),
            (("[0.1, 0.1, 0.1]", "[0.1, 0.2, 0.1]"),),
            (("length_um", "symmetries = false\nlength_um"),),
        )
    ]
    assert counts == [8, 4, 1]


def test_batches_go_through_all_structures_before_any_comes_again():
    drawn = torch.cat([batch_index(3, number, 4, 6) for number in range(3)]).tolist()
    assert sorted(drawn[:6]) == sorted(drawn[6:]) == list(range(6))
    assert drawn[:6] != drawn[6:]
    assert batch_index(3, 1, 4, 6).tolist() == drawn[4:8]
    assert batch_index(4, 0, 6, 6).tolist() != drawn[:6]
    assert len(batch_index(0, 0, 16, 5)) == 16


def test_a_seed_has_one_purpose():
    seeds = {seed_of(seed, number, purpose) for seed in range(4) for number in range(50) for purpose in range(5)}
    assert len(seeds) == 4 * 50 * 5


def test_volumes_in_memory_are_cut_as_files_are(cut, tmp_path):
    of_file = cut("guard = 4\nstride = 4\n")
    volume = formats.read(tmp_path / "volume.npz")
    found = cut_structures([volume], CubeRules(16, stride=4, guard=4), names=["volume.npz"])
    assert (found.name, found.fingerprint, found.disjoint) == (of_file.name, of_file.fingerprint, of_file.disjoint)
    assert found.training_origins == of_file.training_origins
    coarse = cut_structures([volume, volume], CubeRules(8, coarsen=2, split="volumes", held_out=0.5))
    assert coarse.grid.voxel_um == (0.2, 0.2, 0.2)
    assert [origin["source"] for origin in coarse.held_out_origins] == ["volume 1"] * 3


@pytest.mark.parametrize(
    ("grids", "rules", "words"),
    [
        ([], {}, "there is no volume to cut"),
        ([GRID, dataclasses.replace(GRID, phases=("a", "b", "c"))], {"split": "volumes"}, "phases are a, b, c, not Ni"),
        ([GRID, dataclasses.replace(GRID, voxel_um=(1, 1, 1))], {"split": "volumes"}, "different voxels"),
        ([dataclasses.replace(GRID, periodic=(True, False, False))], {}, "wraps"),
        ([GRID], {"size": 1}, "size: must be 2 voxels or more, not 1"),
        ([GRID], {"held_out": 1.0}, "held_out: must be a share between 0 and 1"),
        ([GRID], {"split": "t"}, "split: must be z, y, x or volumes, not 't'"),
        ([GRID], {"stride": 0}, "stride: must be 1 voxel or more"),
        ([GRID], {"size": 4.0}, r"size: must be a whole number, not 4\.0"),
        ([GRID], {"guard": "8"}, "guard: must be a whole number, not '8'"),
        ([GRID], {"guard": 9}, "do not hold two cubes of 8 and a guard of 9"),
    ],
)
def test_what_cannot_be_cut_is_refused(grids, rules, words):
    volumes = [Volume(np.zeros((8, 8, 24), np.uint8), grid) for grid in grids]
    with pytest.raises(InputError, match=words):
        cut_structures(volumes, CubeRules(**({"size": 8, "guard": 0} | rules)))


def test_every_volume_has_a_name():
    volume = Volume(np.zeros((8, 8, 24), np.uint8), GRID)
    with pytest.raises(InputError, match="names: one name per volume was expected: 2, not 1"):
        cut_structures([volume, volume], CubeRules(8, guard=0), names=["a"])


def test_a_path_in_a_base_is_relative_to_the_base(cut, tmp_path):
    expected = cut("guard = 0\n")
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / "elsewhere" / "run.toml"
    path.write_text('base = "../run.toml"\n[data]\nstride = 8\n')
    assert len(structures(path).training) > len(expected.training)
    path.write_text('base = "../run.toml"\n[data]\npath = "../volume.npz"\n')
    assert structures(path).fingerprint == expected.fingerprint


def test_structures_are_written_in_place_of_those_before(tmp_path):
    labels = torch.zeros(2, 4, 4, 4, dtype=torch.uint8)
    write_structures(tmp_path, torch.cat([labels, labels]), GRID)
    paths = write_structures(tmp_path, labels + 1, GRID)
    assert sorted(tmp_path.iterdir()) == paths
    assert (formats.read(paths[1]).labels == 1).all()
