"""`porenet synthesize`: structures with known answers, written, measured, and made again."""

import json

import pytest
from click.testing import CliRunner

from porenet import formats
from porenet.cli import main
from porenet.config import load_grid


def run(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_a_set_is_measured_as_its_truth_says(tmp_path):
    folder = tmp_path / "set"
    made = run("synthesize", folder, "--count", 12, "--shape", "32,32,32", "--length-um", 0.3, "--seed", 7)
    assert made.exit_code == 0, made.output
    truth = json.loads((folder / "truth.json").read_text())["structures"]
    measured = run("measure", folder, "--grid", folder / "grid.toml", "-m", "vf", "--json")
    assert measured.exit_code == 0, measured.output
    rows = json.loads(measured.stdout)["rows"]
    assert len(rows) == 36
    for phase in ("Ni", "YSZ", "pore"):
        values = [row["value"] for row in rows if row["key"] == phase]
        expected = truth["structure_0001.npz"]["values"]["vf"][phase]
        mean = sum(values) / 12
        error = (sum((value - mean) ** 2 for value in values) / 11 / 12) ** 0.5
        assert abs(mean - expected) < 4 * error


def test_packed_spheres_are_exact_bodies(tmp_path):
    folder = tmp_path / "balls"
    made = run("synthesize", folder, "--model", "packed_spheres", "--suffix", "tif", "--shape", "64,64,64")
    assert made.exit_code == 0, made.output
    (answer,) = json.loads((folder / "truth.json").read_text())["structures"].values()
    assert answer["holds_for"] == "body"
    rows = json.loads(run("measure", folder, "--grid", folder / "grid.toml", "-m", "vf", "--json").stdout)["rows"]
    for row in rows:
        assert row["value"] == pytest.approx(answer["values"]["vf"][row["key"]], abs=0.01)


@pytest.mark.parametrize("suffix", ["npz", "tif", "vti", "mha", "zarr", "npy", "raw", "bmp"])
def test_every_format_is_read_back(tmp_path, suffix):
    folder = tmp_path / "set"
    arguments = [
        "--shape",
        "16,7,8",
        "--voxel-um",
        "0.1,0.2,0.3",
        "--periodic",
        "zx",
        "--suffix",
        suffix,
        "--length-um",
        "0.2",
    ]
    assert run("synthesize", folder, *arguments).exit_code == 0
    grid = load_grid(folder / "grid.toml")
    assert grid.grid.voxel_um == (0.1, 0.2, 0.3)
    assert grid.grid.periodic == (True, False, True)
    (volume,) = formats.find(folder).volumes
    described = {"shape": (16, 7, 8), "dtype": "uint8"} if suffix == "raw" else {}
    found = formats.read(volume, phases=dict(grid.values), voxel_um=grid.grid.voxel_um, **described)
    assert found.labels.shape == (16, 7, 8)


def test_the_same_seed_is_the_same_structure_and_a_set_goes_on(tmp_path):
    arguments = ["--shape", "8,8,8", "--seed", 3]
    run("synthesize", tmp_path / "one", "--count", 3, *arguments)
    run("synthesize", tmp_path / "two", "--count", 1, *arguments)
    first = (tmp_path / "two" / "structure_0001.npz").stat().st_mtime_ns
    assert run("synthesize", tmp_path / "two", "--count", 3, *arguments).exit_code == 0
    assert (tmp_path / "two" / "structure_0001.npz").stat().st_mtime_ns == first, "what is there is not made again"
    for number in (1, 2, 3):
        one, two = (formats.read(tmp_path / name / f"structure_{number:04d}.npz") for name in ("one", "two"))
        assert (one.labels == two.labels).all()
    answers = json.loads((tmp_path / "two" / "truth.json").read_text())["structures"]
    assert [one["seed"] for one in answers.values()] == [3, 4, 5]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--shape", "8,8,8,8"], "--shape: three numbers of voxels (z, y, x), or two (y, x), were expected"),
        (["--shape", "8,8,x"], "takes numbers separated by commas"),
        (["--shape", "8,8,8.5"], "whole numbers of voxels"),
        (["--shape", "inf,8,8"], "takes numbers separated by commas"),
        (["--shape", "100000,100000,100000"], "voxels; at most"),
        (["--shape", "20000,20000,20000"], "at most 4.4e+12 are allowed."),
        (["--shape", "2000,2000,2000", "--model", "packed_spheres"], "at most 1.07e+09 are allowed; of volumes of"),
        (["--shape", "0,8,8", "--by-layers"], "--shape: three numbers of voxels"),
        (["--shape", "8,8", "--by-layers"], "--by-layers applies to volumes of --model plurigaussian only"),
        (["--model", "packed_spheres", "--by-layers"], "--by-layers applies to volumes of --model plurigaussian only"),
        (["--by-layers", "--memory", "1MB"], "1 MB are too little for a layer of 64 x 64 voxels. Allow --memory 351MB"),
        (["--shape", "16384,16384,16384", "--suffix", "npy"], "4.4e+03 GB are needed there, and "),
        (["--fractions", "0.5,0.5"], "3 phases take 3 fractions above 0 that add up to 1"),
        (["--fractions", "0.5,0.5", "--thresholds", "0,0"], "give either --thresholds or --fractions"),
        (["--length-um", "-1"], "--length-um: a length above 0"),
        (["--periodic", "ab"], "--periodic takes axes"),
        (["--voxel-um", "0"], "--voxel-um: three positive lengths"),
        (["--model", "packed_spheres", "--thresholds", "0,0"], "applies to --model plurigaussian only"),
        (["--model", "packed_spheres", "--fractions", "0.5,0.4", "--shape", "32,32,32"], "jam"),
    ],
)
def test_a_mistake_is_one_message_and_leaves_nothing(tmp_path, arguments, words):
    done = run("synthesize", tmp_path / "set", *arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.output
    assert not (tmp_path / "set").exists()


def test_a_folder_of_another_set_is_left_alone(tmp_path):
    run("synthesize", tmp_path, "--shape", "8,8,8")
    done = run("synthesize", tmp_path, "--shape", "9,9,9")
    assert done.exit_code == 2
    assert "holds structures of other options" in done.stderr


def test_a_structure_by_layers_is_the_same_whatever_the_memory_and_the_format(tmp_path, monkeypatch):
    stated = ["--shape", "30,12,10", "--voxel-um", 0.1, "--length-um", 0.2, "--seed", 5]
    runs = {"zarr": ["--by-layers"], "npy": ["--suffix", "npy", "--by-layers", "--memory", 350_004_000]}
    monkeypatch.setattr("porenet.commands.synthesis.MOST_VOXELS", 3599)
    runs["large"] = ["--suffix", "npz"]  # of more voxels than are made in memory
    labels = []
    for name, options in runs.items():
        assert run("synthesize", tmp_path / name, *stated, *options).exit_code == 0
        (volume,) = formats.find(tmp_path / name).volumes
        labels.append(formats.read(volume, phases={"Ni": 0, "YSZ": 1, "pore": 2}, voxel_um=0.1).labels)
    assert (labels[0] == labels[1]).all()
    assert (labels[0] == labels[2]).all()
    truths = [json.loads((tmp_path / name / "truth.json").read_text()) for name in runs]
    assert truths[0]["request"]["by_layers"]
    assert [*truths[0]["structures"].values()] == [*truths[1]["structures"].values()]


def test_a_structure_by_layers_is_not_taken_for_one_in_memory(tmp_path):
    run("synthesize", tmp_path, "--shape", "8,8,8", "--by-layers", "--suffix", "npz")
    done = run("synthesize", tmp_path, "--shape", "8,8,8")
    assert done.exit_code == 2
    assert "holds structures of other options" in done.stderr
