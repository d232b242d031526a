import json

import numpy as np
import pytest
from PIL import Image

import porenet
from porenet.cli import main

pytest.importorskip("porenet_statistics")

GREYS = np.array([0, 255], np.uint8)[(np.arange(64) % 8 >= 4).astype(int) * np.ones((64, 1), int)]
PHASES = ("--phases", "solid=0,pore=255")


def run(runner, *arguments):
    return runner.invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def runner():
    from click.testing import CliRunner

    return CliRunner()


@pytest.fixture
def image(tmp_path):
    Image.fromarray(GREYS).save(tmp_path / "stripes.png")
    return tmp_path / "stripes.png"


def test_an_image_is_measured_as_a_section(runner, image):
    result = run(
        runner, "measure", image, *PHASES, "--voxel-um", "0.1,0.1", "-m", "ssa", "-p", "ssa.estimator=faces", "--json"
    )
    rows = json.loads(result.output)["rows"]
    assert {row["key"]: row["value"] for row in rows} == pytest.approx({"solid": 2.34375, "pore": 2.34375}, rel=1e-12)
    assert {row["dims"] for row in rows} == {2}
    refused = run(runner, "measure", image, *PHASES, "--voxel-um", "0.1,0.1", "-m", "mean_curvature")
    assert refused.exit_code == 2
    assert "porenet:mean_curvature is defined in 3-D only" in refused.stderr
    refused = run(runner, "measure", image, *PHASES, "--voxel-um", "0.1", "-m", "vf")
    assert refused.exit_code == 1  # of one volume among several
    assert "--voxel-um 0.1,0.1" in refused.stderr


def test_what_is_joined_is_said_to_be_so_in_the_plane_alone(runner, image):
    metrics = ("-m", "vf", "-m", "percolates", "-m", "tortuosity")
    result = run(runner, "measure", image, *PHASES, "--voxel-um", "0.1,0.1", *metrics, "--json")
    note = "in-plane; a section does not show what is joined in 3-D"
    assert json.loads(result.stdout)["notes"] == [f"percolates, tortuosity: {note}"]
    assert note in run(runner, "show", "percolates").output


@pytest.mark.torch
def test_validate_says_which_terms_read_slices(runner, tmp_path):
    path, grid = tmp_path / "run.toml", '[grid]\nphases = ["solid", "pore"]\nvoxel_um = [0.1, 0.1, 0.1]\n'
    path.write_text(f'{grid}[[objective.terms]]\nloss = "vf"\nplanes = "xz"\n')
    assert "straight_through, planes zx" in run(runner, "validate", path).output


def test_sections_are_not_compared_with_volumes(runner, image, tmp_path):
    np.save(tmp_path / "layer.npy", GREYS[None])
    tables = {}
    for name, edges in (("stripes.png", "0.1,0.1"), ("layer.npy", "0.1")):
        tables[name] = tmp_path / f"{name}.csv"
        measured = run(runner, "measure", tmp_path / name, *PHASES, "--voxel-um", edges, "-m", "vf", "-o", tables[name])
        assert measured.exit_code == 0, measured.output
    result = run(runner, "compare", tables["layer.npy"], tables["stripes.png"])
    assert result.exit_code == 2
    assert "3-D against 2-D" in result.stderr
    solid, flat = (tables[name].read_text().splitlines() for name in ("layer.npy", "stripes.png"))
    (tmp_path / "both.csv").write_text("\n".join([*solid, *flat[1:]]))
    result = run(runner, "compare", tmp_path / "both.csv", tables["stripes.png"])
    assert result.exit_code == 2
    assert "both.csv: holds sections, such as stripes.png, and volumes, such as layer.npy" in result.stderr


def test_sections_are_cut_and_moved_and_spheres_are_of_volumes(runner, image, tmp_path):
    grid = (*PHASES, "--voxel-um", "0.1,0.1")
    cut = run(runner, "measure", image, *grid, "--rev", "vf", "--json")
    sizes = json.loads(cut.stdout)["rev"]["stripes.png"][0]["sizes"]
    assert [size["size_voxels"] for size in sizes[:2]] == [[64, 64], [32, 32]]
    moved = run(runner, "measure", image, *grid, "--sensitivity", "-m", "vf", "--json")
    rows = json.loads(moved.stdout)["sensitivity"]["stripes.png"]
    assert rows[0]["shifts"]["+0.5"]["value"] == pytest.approx(0.5 + 15 * 0.5 / 64)  # 15 interfaces, none at the sides
    spheres = ("--model", "packed_spheres", "--shape", "32,40", "--voxel-um", "0.1", "--radius-um", "0.5")
    refused = run(runner, "synthesize", tmp_path / "s", *spheres)
    assert refused.exit_code == 2
    assert "Spheres are packed in volumes, and this is a section" in refused.stderr


@pytest.mark.torch
def test_sections_are_reconstructed(runner, image, tmp_path):
    grid = (*PHASES, "--voxel-um", "0.1,0.1")
    made = run(
        runner, "reconstruct", image, *grid, "-o", tmp_path / "made", "--steps", "2", "--shape", "12,10", "--json"
    )
    assert json.loads(made.stdout)["settings"]["shape"] == [12, 10]
    assert porenet.formats.read(tmp_path / "made" / "structure_0000.tif").shape == (12, 10)


def test_micrographs_are_synthesized_and_measured(runner, tmp_path):
    folder = tmp_path / "micrographs"
    result = run(runner, "synthesize", folder, "--shape", "32,40", "--voxel-um", "0.1", "--length-um", "0.4")
    assert result.exit_code == 0, result.output
    result = run(runner, "measure", folder, "--grid", folder / "grid.toml", "-m", "vf", "--json")
    assert {(row["dims"], *row["shape"]) for row in json.loads(result.output)["rows"]} == {(2, 32, 40)}
    refused = run(runner, "synthesize", tmp_path / "s", "--shape", "32,40", "--voxel-um", "0.1", "--periodic", "z")
    assert refused.exit_code == 2
    assert "two booleans (y, x)" in refused.stderr
