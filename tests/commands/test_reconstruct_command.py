"""`porenet reconstruct`: what is written, kept, continued and refused."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from porenet import formats
from porenet.cli import main
from porenet.interface import Grid, Volume
from porenet.reconstruction import Reconstructor

PHASES = "Ni=200,YSZ=100,pore=7"
VALUES = {"Ni": 200, "YSZ": 100, "pore": 7}


@pytest.fixture
def original(tmp_path):
    """A structure of 8^3 voxels in values of its own."""
    labels = np.random.default_rng(0).integers(0, 3, (8, 8, 8))
    path = tmp_path / "real.tif"
    formats.write(Volume(labels, Grid(tuple(VALUES), (0.1, 0.1, 0.1))), path, values=VALUES)
    return path


def run(original, *arguments, code=None):
    options = ["--phases", PHASES, "--voxel-um", "0.1", "--steps", "2"]
    done = CliRunner().invoke(main, ["reconstruct", str(original), *options, *map(str, arguments)])
    assert code is None or done.exit_code == code, done.output
    return done


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_writes_structures_in_the_values_of_the_original(original, tmp_path):
    folder = tmp_path / "made" / "here"
    done = run(original, "-o", folder, "--shape", "6,7,8", "--count", 2, code=1)  # two steps meet nothing
    assert set(contents(folder)) == {"structure_0000.tif", "structure_0001.tif", "targets.json", "report.json"}
    volume = formats.read(folder / "structure_0001.tif", phases=VALUES)
    assert volume.labels.shape == (6, 7, 8)
    assert volume.grid.voxel_um == pytest.approx((0.1, 0.1, 0.1))
    report = json.loads((folder / "report.json").read_text())
    assert report["settings"]["shape"] == [6, 7, 8]
    assert [each["seed"] for each in report["structures"].values()] == [0, 1]
    first = report["structures"]["structure_0000.tif"]
    assert {"vf", "s2", "ssa", "tpb"} == set(first["terms"])
    assert {"value", "tolerance", "verdict", "witness", "blind"} == set(first["terms"]["s2"])
    assert {"agreement", "chance", "is_copy"} == set(first["overlap"])
    assert first["metrics"]["vf.Ni"]["unit"] == "1"
    targets = json.loads((folder / "targets.json").read_text())
    assert len(targets["targets"]["vf"]) == 3
    assert targets["estimators"]["ssa"] == "tv"
    assert "missed: structure_0000.tif" in done.stdout
    assert "note: two-point statistics reach 0.3 um" in done.stderr


@pytest.mark.parametrize(("witness", "words"), [(None, "differ by more than in real"), (3.21, "3.21 times the orig")])
def test_a_blind_term_is_warned_of_whether_or_not_its_witness_has_a_reference(original, tmp_path, witness, words):
    folder = tmp_path / "made"
    run(original, "-o", folder, code=1)
    report = json.loads((folder / "report.json").read_text())
    report["structures"]["structure_0000.tif"]["terms"]["tpb"] |= {"blind": True, "witness": witness}
    (folder / "report.json").write_text(json.dumps(report))
    assert (
        f"structure_0000.tif: tpb is blind: its witness {'and it ' * (witness is None)}"
        in (done := run(original, "-o", folder, code=1)).stderr
    )
    assert words in done.stderr


def test_a_stopped_run_continues_to_the_same_bytes(original, tmp_path, monkeypatch):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    run(original, "-o", whole, "--count", 3)
    make, made = Reconstructor.structure, []

    def interrupted(self, seed, progress=None):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(seed)
        return make(self, seed, progress)

    monkeypatch.setattr(Reconstructor, "structure", interrupted)
    run(original, "-o", stopped, "--count", 3, code=1)
    assert len(contents(stopped)) == 4
    monkeypatch.setattr(Reconstructor, "structure", lambda *args: (made.append(args[1]), make(*args))[1])
    run(original, "-o", stopped, "--count", 3)
    assert contents(stopped) == contents(whole)
    assert made == [0, 1, 2]
    (stopped / "structure_0001.tif").write_bytes(b"half of it")
    run(original, "-o", stopped, "--count", 3)
    assert contents(stopped) == contents(whole)
    assert made == [0, 1, 2, 1]


def test_more_structures_join_and_other_settings_do_not(original, tmp_path):
    folder = tmp_path / "made"
    run(original, "-o", folder, "--count", 1)
    first = contents(folder)["structure_0000.tif"]
    run(original, "-o", folder, "--count", 2)
    assert contents(folder)["structure_0000.tif"] == first
    before = contents(folder)
    done = run(original, "-o", folder, "--start", "noise", code=2)
    assert "holds structures of other settings (start). Choose another folder." in done.stderr
    assert contents(folder) == before
    run(original, "-o", folder, "--seed", 1, "--count", 1)
    assert contents(folder)["structure_0000.tif"] != first  # another seed makes it anew


def test_terms_of_a_run_with_and_without_a_grid(original, tmp_path):
    terms = tmp_path / "run.toml"
    body = '[[objective.terms]]\nloss = "vf"\n[[objective.terms]]\nloss = "first_passage"\nparams = {phase = "pore"}\n'
    terms.write_text(body)
    done = run(original, "-o", tmp_path / "a", "--terms", terms, "--json")
    data = json.loads(done.stdout)
    assert set(data["structures"]["structure_0000.tif"]["terms"]) == {"vf", "first_passage"}
    assert data["problems"] == []
    terms.write_text(f'[grid]\nphases = ["Ni", "YSZ", "pore"]\nvoxel_um = [0.1, 0.1, 0.1]\n{body}')
    run(original, "-o", tmp_path / "b", "--terms", terms)
    assert (tmp_path / "a" / "structure_0000.tif").read_bytes() == (tmp_path / "b" / "structure_0000.tif").read_bytes()
    terms.write_text(f'[grid]\nphases = ["Ni", "YSZ", "gas"]\nvoxel_um = [0.1, 0.1, 0.1]\n{body}')
    done = run(original, "-o", tmp_path / "c", "--terms", terms, code=2)
    assert not (tmp_path / "c").exists()
    terms.write_text(f'[grid]\nphases = ["Ni", "YSZ", "pore"]\nvoxel_um = [0.2, 0.1, 0.1]\n{body}')
    done = run(original, "-o", tmp_path / "c", "--terms", terms, code=2)
    assert "Leave the table [grid] out, or correct it." in done.stderr


def test_terms_that_do_not_fit_are_one_error_and_no_folder(original, tmp_path):
    terms = tmp_path / "run.toml"
    terms.write_text('[[objective.terms]]\nloss = "s2"\n')
    done = run(original, "-o", tmp_path / "made", "--terms", terms, "--shape", "12,12,12", code=2)
    assert "their lags differ" in done.stderr
    assert done.stderr.count("Error") == 1
    assert not (tmp_path / "made").exists()


def test_a_raw_file_has_its_size_in_an_option_of_its_own(tmp_path):
    labels = np.random.default_rng(0).integers(0, 2, (4, 5, 6), dtype=np.uint8)
    (tmp_path / "a.raw").write_bytes(labels.tobytes())
    arguments = ["--phases", "a=0,b=1", "--voxel-um", "1", "--steps", "1", "-o", str(tmp_path / "made")]
    done = CliRunner().invoke(main, ["reconstruct", str(tmp_path / "a.raw"), *arguments])
    assert "--raw-shape" in done.stderr
    more = ["--raw-shape", "4,5,6", "--dtype", "uint8", "--shape", "5,4,6"]
    CliRunner().invoke(main, ["reconstruct", str(tmp_path / "a.raw"), *arguments, *more])
    values = {"a": 0, "b": 1}
    assert formats.read(tmp_path / "made" / "structure_0000.tif", phases=values).labels.shape == (5, 4, 6)
