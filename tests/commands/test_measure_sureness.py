"""`porenet measure --rev` and `--sensitivity`: what they print, write, refuse, and how they go on after a kill."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.measurement import read_table
from porenet.measurement import studies as studies_module

THREE = ("--phases", "Ni=0,YSZ=1,pore=2", "--voxel-um", "0.1")
KEYS = {"output", "plot", "count", "errors", "notes", "volume_notes", "unknown", "problems"}
"""Of the JSON document, beside the result."""


def run(*arguments):
    return CliRunner().invoke(main, ["measure", *map(str, arguments)])


def refused(*arguments):
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    return done.stderr


@pytest.fixture
def cube(tmp_path):
    """A random volume of 16^3 voxels."""
    path = tmp_path / "cube.npy"
    np.save(path, np.random.default_rng(0).integers(0, 3, (16, 16, 16), dtype=np.uint8))
    return path


def test_rev_tells_every_size_and_the_table_holds_every_box(cube, tmp_path):
    table = tmp_path / "boxes.csv"
    done = run(cube, *THREE, "--rev", "vf,ssa", "-p", "ssa.estimator=faces", "-o", table, "--json")
    assert done.exit_code == 0, done.output
    data = json.loads(done.stdout)
    assert set(data) == {"rev", *KEYS}
    labels = np.load(cube)
    pore = next(entry for entry in data["rev"]["cube.npy"] if entry["metric"] == "vf" and entry["key"] == "pore")
    whole, halves = pore["sizes"]
    assert whole["mean"] == pytest.approx((labels == 2).mean())
    shares = [(labels[z : z + 8, y : y + 8, x : x + 8] == 2).mean() for z in (0, 8) for y in (0, 8) for x in (0, 8)]
    assert (halves["mean"], halves["sd"]) == pytest.approx((np.mean(shares), np.std(shares, ddof=1)))
    assert (halves["size_voxels"], halves["boxes"], halves["defined"]) == ([8, 8, 8], 8, 8)
    rows = list(read_table(table))
    assert data["count"] == len(rows) == 9 * 6
    assert {row["params"]["estimator"] for row in rows if row["metric"] == "ssa"} == {"faces"}
    assert rows[-1]["origin"] == {"source": "cube.npy", "corner": [8, 8, 8]}
    assert not list(tmp_path.glob("*.partial"))


def test_rev_draws_a_picture_and_counts_what_is_undefined(cube, tmp_path):
    picture = tmp_path / "rev.svg"
    half = np.zeros((16, 16, 16), np.uint8)
    half[8:] = np.load(cube)[8:]
    np.save(tmp_path / "half.npy", half)
    done = run(cube, tmp_path / "half.npy", *THREE, "--rev", "chord_length", "--plot", picture)
    assert done.exit_code == 0, done.output
    assert f"Wrote {picture}." in done.stdout
    drawn = picture.read_text()
    assert drawn.startswith("<?xml")
    assert "50% undefined" in drawn
    assert "chord_length YSZ.mean, undefined: " in done.stdout
    assert "4 of 8 boxes of 0.8 um have no value" in done.stdout


def test_sensitivity_prints_what_each_shift_does(tmp_path):
    slab = np.zeros((16, 8, 8), np.uint8)
    slab[4:8], slab[8:] = 1, 2
    np.save(tmp_path / "slab.npy", slab)
    place = (tmp_path / "slab.npy", *THREE, "-m", "vf,percolates", "--sensitivity")
    done = run(*place)
    assert done.exit_code == 0, done.output
    line = next(line.split() for line in done.stdout.splitlines() if line.startswith("vf") and line.split()[4] == "YSZ")
    assert line == ["vf", "Ni", "0.25", "1", "YSZ", "0.312", "0.281", "0.25", "0.219", "0.188", "-0.0625", "-25"]
    data = json.loads(run(*place, "--json").stdout)
    assert set(data) == {"sensitivity", *KEYS}
    row = next(row for row in data["sensitivity"]["slab.npy"] if (row["key"], row["phase"]) == ("YSZ", "YSZ"))
    assert row["shifts"]["+0.5"] == {"value": 0.3125, "undefined": None}
    assert row["per_voxel"] == {"value": 0.125, "undefined": None}


def test_an_error_of_one_volume_leaves_the_others_and_ends_in_1(cube, tmp_path):
    np.save(tmp_path / "small.npy", np.load(cube)[:12, :12, :12])
    np.save(tmp_path / "flat.npy", 0 * np.load(cube))
    done = run(tmp_path, *THREE, "--rev", "vf", "-o", tmp_path / "t.json", "--json")
    assert done.exit_code == 1, done.output
    data = json.loads(done.stdout)
    assert set(data["rev"]) == {"cube.npy", "flat.npy"}
    assert "12 x 12 x 12 voxels are too few for boxes of two sizes" in data["errors"]["small.npy"][0]
    assert data["problems"][0]["kind"] == "PartialFailure"
    assert (tmp_path / "t.json.partial").exists()  # the same command tries again only what failed
    (absent,) = (entry for entry in data["rev"]["flat.npy"] if entry["key"] == "pore")
    assert (absent["representative_um"], absent["sizes"][0]["mean"]) == (0.8, 0)
    done = run(tmp_path / "flat.npy", *THREE, "-m", "vf", "--sensitivity")
    assert done.exit_code == 1
    assert "flat.npy: the volume is all Ni: there is no interface to move" in done.stderr


@pytest.mark.parametrize("asked", [("--rev", "vf"), ("-m", "vf", "--sensitivity")])
def test_what_was_measured_before_a_kill_is_not_measured_again(cube, tmp_path, monkeypatch, asked):
    whole, table = tmp_path / "whole.json", tmp_path / "table.json"
    assert run(cube, *THREE, *asked, "-o", whole).exit_code == 0
    measured = []
    original = studies_module.measure_derived

    def killed_after_three(derived, requests, **options):
        keep = options["keep"]

        def keep_or_stop(name, rows):
            if len(measured) == 3:
                raise KeyboardInterrupt
            measured.append(name)
            keep(name, rows)

        return original(derived, requests, **{**options, "keep": keep_or_stop})

    monkeypatch.setattr(studies_module, "measure_derived", killed_after_three)
    stopped = run(cube, *THREE, *asked, "-o", table)
    assert stopped.exit_code == 1
    assert "The values so far are in" in stopped.stderr
    assert not table.exists()
    again = []
    monkeypatch.setattr(
        studies_module,
        "measure_derived",
        lambda derived, requests, **options: original(
            derived,
            requests,
            **{**options, "keep": lambda name, rows: (again.append(name), options["keep"](name, rows))},
        ),
    )
    assert run(cube, *THREE, *asked, "-o", table).exit_code == 0
    assert table.read_text() == whole.read_text()
    assert not set(measured) & set(again)
    assert len(measured) + len(again) == len({row["volume"] for row in read_table(table)})


def test_a_changed_file_is_measured_anew(cube, tmp_path):
    table = tmp_path / "t.json"
    (tmp_path / "t.json.partial").touch()
    assert run(cube, *THREE, "--rev", "vf", "-o", table).exit_code == 0
    before = table.read_text()
    np.save(cube, (np.load(cube) + 1) % 3)
    assert run(cube, *THREE, "--rev", "vf", "-o", table).exit_code == 0
    assert table.read_text() != before


def test_options_that_do_not_go_together_are_refused(cube, tmp_path):
    assert "--rev names the metrics itself" in refused(cube, *THREE, "--rev", "vf", "-m", "ssa")
    assert "two measurements" in refused(cube, *THREE, "--rev", "vf", "--sensitivity")
    assert "--plot goes with --rev" in refused(cube, *THREE, "-m", "vf", "--sensitivity", "--plot", "a.png")
    assert "does not go with --workers: it measures the metrics that --rev names" in refused(
        cube, *THREE, "--rev", "vf", "--workers", "2"
    )
    assert "does not go with --memory: " in refused(cube, *THREE, "--rev", "vf", "--memory", "4GB")
    assert "--boxes goes with --rev" in refused(cube, *THREE, "-m", "vf", "--boxes", "3")
    assert "--seed goes with --rev" in refused(cube, *THREE, "-m", "vf", "--sensitivity", "--seed", "0")
    assert "--preset, --wide: it measures the metrics that -m names" in refused(
        cube, *THREE, "--sensitivity", "--preset", "soc", "--wide"
    )
    assert "--dask" in refused(cube, *THREE, "-m", "vf", "--sensitivity", "--dask", "x")
    assert "a picture ends in" in refused(cube, *THREE, "--rev", "vf", "--plot", tmp_path / "a.jpg")
    assert "cannot be written there" in refused(cube, *THREE, "--rev", "vf", "--plot", tmp_path / "no" / "a.png")
    assert "did you mean 'vf'?" in refused(cube, *THREE, "--rev", "porosity")
    assert "is not measured. Add it with -m" in refused(cube, *THREE, "--rev", "vf", "-p", "ssa.estimator=faces")
