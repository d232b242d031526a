"""`porenet synthesize --fit`: structures like real volumes."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from porenet import formats
from porenet.cli import main
from porenet.interface import Grid, Volume
from porenet.synthetic import skewed_fields


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def original(tmp_path):
    """A volume with values of its own, and the words that name them."""
    volume = skewed_fields(
        (30, 28, 26),
        voxel_um=0.5,
        lengths_um=1.5,
        skews=(0.8, 0.0),
        fractions=(0.4, 0.6),
        seed=1,
        phases=("pore", "solid"),
    )
    path = tmp_path / "real.tif"
    formats.write(volume, path, values={"pore": 255, "solid": 0})
    return path


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr("porenet.commands.field_synthesis.ROUNDS", 2)
    monkeypatch.setattr("porenet.synthetic.squared_field_fit.STRUCTURES", 3)


def test_structures_are_drawn_from_a_fit_and_go_on_after_a_stop(original, quick, tmp_path):
    words = ("--fit", original, "--window", "20,20,20", "--candidates", "2", "--seed", "3")
    whole = run("synthesize", tmp_path / "whole", *words, "--count", 3)
    assert whole.exit_code == 0, whole.output
    assert "length (um)" in whole.output
    fields = json.loads((tmp_path / "whole" / "fields.json").read_text())
    assert fields["fit"]["phases"] == ["pore", "solid"]
    assert fields["fit"]["voxel_um"] == [0.5, 0.5, 0.5]
    assert sum(fields["fit"]["fractions"][0]) == pytest.approx(1, abs=1e-5)
    run("synthesize", tmp_path / "parts", *words, "--count", 1)
    assert run("synthesize", tmp_path / "parts", *words, "--count", 3).exit_code == 0
    for number in (1, 2, 3):
        name = f"structure_{number:04d}.npz"
        drawn = formats.read(tmp_path / "parts" / name)
        assert drawn.shape == (20, 20, 20)
        np.testing.assert_array_equal(drawn.labels, formats.read(tmp_path / "whole" / name).labels)
    assert (tmp_path / "parts" / "fields.json").read_bytes() == (tmp_path / "whole" / "fields.json").read_bytes()
    other = run("synthesize", tmp_path / "parts", *words[:-1], 4)
    assert other.exit_code == 2
    assert "structures of other options" in other.output


def test_shape_and_fractions_are_those_that_are_stated(original, quick, tmp_path):
    done = run("synthesize", tmp_path / "s", "--fit", original, "--shape", "33,24,24", "--fractions", "0.2,0.8")
    assert done.exit_code == 0, done.output
    drawn = formats.read(tmp_path / "s" / "structure_0001.npz")
    assert drawn.shape == (33, 24, 24)
    assert (drawn.labels == 0).mean() == pytest.approx(0.2, abs=1e-3)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--candidates", "2"), "--candidates goes with --fit only"),
        (("--grid", "grid.toml"), "--grid goes with --fit only"),
        (("--fit", "real.tif", "--model", "plurigaussian"), "--model does not go with --fit"),
        (("--fit", "real.tif", "--length-um", "1"), "--length-um does not go with --fit"),
        (("--fit", "nowhere.tif"), "nowhere.tif"),
        (("--fit", "real.tif", "--window", "40,20,20"), "--window: a window of 40x20x20 voxels"),
        (("--fit", "real.tif", "--candidates", "2", "--fractions", "0.2,0.8"), "needs the surface areas"),
        (("--fit", "one.npz"), "--fit: the volumes hold no solid"),
        (("--fit", "real.tif", "--fractions", "0.2,0.2"), "--fractions: 2 phases take 2 fractions"),
        (("--fit", "real.tif", "--shape", "20"), "--shape: three numbers of voxels"),
        (("--fit", "real.tif", "--shape", "20,20"), "--fit draws volumes, and not sections"),
        (("--fit", "real.tif", "--suffix", "png"), "--fit draws volumes, and not sections"),
        (("--fit", "real.tif", "--shape", "20000,20000,20000"), "--shape asks for 8e+12 voxels"),
        (("--fit", "real.tif", "--periodic", "z", "--window", "20,20,20"), "--periodic: the periodic axis z"),
    ],
)
def test_what_does_not_go_together_is_refused(original, quick, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    formats.write(Volume(np.zeros((20, 20, 20), np.uint8), Grid(("pore", "solid"), 0.5)), "one.npz")
    refused = run("synthesize", "s", *words)
    assert refused.exit_code == 2
    assert message in refused.output
    assert "Traceback" not in refused.output


@pytest.mark.parametrize("words", [("--shape", "8,8,8"), ("--fit", "real.tif", "--window", "12,12,12")])
def test_nothing_that_the_command_has_not_written_is_replaced(original, quick, tmp_path, monkeypatch, words):
    """In the folder of the volume that is fitted, the first structure replaced a volume of that name."""
    monkeypatch.chdir(tmp_path)
    formats.write(formats.read(original, phases=("pore", "solid"), voxel_um=0.5), "structure_0002.npz")
    before = Path("structure_0002.npz").read_bytes()
    refused = run("synthesize", ".", *words, "--count", "2")
    assert (refused.exit_code, Path("structure_0002.npz").read_bytes()) == (2, before)
    assert "structure_0002.npz: is there already, and porenet synthesize has not written it" in refused.output
    assert "real.tif: is a file" in run("synthesize", "real.tif", *words).output
    Path("structure_0002.npz").unlink()
    Path("grid.toml").write_text('[grid]\nphases = ["a", "b"]\nvoxel_um = [1, 1, 1]\n')
    refused = run("synthesize", ".", *words)
    assert "grid.toml: is there already, and is not that of the structures" in refused.output
    assert {path.name for path in tmp_path.iterdir()} == {"real.tif", "grid.toml"}
    Path("grid.toml").unlink()
    assert run("synthesize", ".", *words).exit_code == 0
    Path("fields.json" if "--fit" in words else "truth.json").unlink()
    assert "structure_0001.npz: is there already" in run("synthesize", ".", *words).output


def test_a_folder_of_another_request_or_damaged_is_refused(original, quick, tmp_path, monkeypatch):
    """Voxel edges are of the request: structures of two scales in one folder would all count as of the first."""
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        values = np.kron(np.random.default_rng(len(name)).integers(0, 2, (8, 8, 8)), np.ones((3, 3, 3)))
        np.save(tmp_path / name / "v.npy", values.astype(np.uint8))
    words = ("synthesize", "s", "--fit", "one/v.npy", "--fit", "two/v.npy", "--voxel-um")
    done = run(*words, "0.1", "--phases", "a=0,b=1")
    assert done.exit_code == 0, done.output
    assert done.output.rstrip().endswith("Next: porenet measure s --grid s/grid.toml")
    np.save("one/v.npy", np.load("one/v.npy")[::-1])  # of the same name as the other
    assert "holds structures of other options" in run(*words, "0.1", "--phases", "a=0,b=1").output
    np.save("one/v.npy", np.load("one/v.npy")[::-1])
    assert run(*words, "0.1", "--phases", "a=0,b=1").exit_code == 0
    for changed in (("0.2", "--phases", "a=0,b=1"), ("0.1", "--phases", "b=1,a=0")):
        assert "holds structures of other options" in run(*words, *changed).output
    assert "holds structures of --fit" in run("synthesize", "s").output
    fields = json.loads((tmp_path / "s" / "fields.json").read_text())
    for damaged in ({"fit": None}, {"fit": fields["fit"] | {"skews": [0]}}, {"structures": []}, {"structures": None}):
        (tmp_path / "s" / "fields.json").write_text(json.dumps(fields | damaged))
        refused = run(*words, "0.1", "--phases", "a=0,b=1")
        assert refused.exit_code == 2
        assert f"{Path('s', 'fields.json')}: " in refused.output
