"""`porenet evaluate`: generators by name, folders and boxes, repeats by pattern, and what is printed."""

import json
import re
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from porenet import formats
from porenet.cli import main
from porenet.commands.evaluation_inputs import sources_of
from porenet.comparison import compare
from porenet.evaluation import NamedFunction, function_name
from porenet.evaluation.named_functions import functions_matching
from porenet.interface import Grid, Volume

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
SOURCE = """
import numpy as np
from pathlib import Path

def loud(seed, condition):
    print("a line of the generator")
    return noise(seed, condition)

def noise(seed, condition):
    shares = list(condition.vf.values())
    return np.random.default_rng(seed).choice(3, condition.shape, p=shares)

def of_run(folder):
    offset = int(Path(folder, "seed").read_text())
    def generate(seed, condition):
        return noise(seed + offset, condition)
    generate.about = {"training_seed": offset}
    return generate
"""
QUICK = ["--n", "2", "--n-boot", "100", "--workers", "1"]


@pytest.fixture(scope="module", autouse=True)
def few_permutations():
    """What is tested here is not the statistics."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(compare.__kwdefaults__, "n_permutations", 99)
        yield


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with real structures, generators and three runs; the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "real").mkdir()
    for seed in range(3):
        labels = np.random.default_rng(seed).choice(3, (8, 8, 8), p=[0.3, 0.3, 0.4])
        formats.write(Volume(labels, GRID), tmp_path / "real" / f"cube_{seed}.npz")
    (tmp_path / "gan.py").write_text(SOURCE)
    for seed in (1, 2, 10):
        (tmp_path / "runs" / f"a-{seed}").mkdir(parents=True)
        (tmp_path / "runs" / f"a-{seed}" / "seed").write_text(str(seed))
    return tmp_path


def run(*words):
    done = CliRunner().invoke(main, ["evaluate", *words, *QUICK])
    assert done.exit_code == 0, done.output
    return done


def test_a_function_of_a_file_against_a_folder(place):
    done = run("real", "gan.py:noise", "-o", "out")
    assert "noise: 2 generated against 3 real" in done.stdout
    assert "No verdict: 2 independent structures; a verdict needs 20." in done.stdout
    for words in (
        "breakthrough_diameter Ni",
        "euler_number pore",
        "um^-3",
        "largest voxel agreement",
        "mean s_value of 5",
    ):
        assert words in done.stdout
    assert "With other tolerances: porenet compare out/real.json out/noise.json" in done.stdout
    again = CliRunner().invoke(main, ["compare", "out/real.json", "out/noise.json", "--n-boot", "100"])
    assert again.exit_code == 0
    document = json.loads(run("real", "out/noise", "--json").stdout)
    report = json.loads((place / "out" / "evaluation.json").read_text())
    assert report["finished"]
    assert document["problems"] == []
    assert document["conditions"] == report["conditions"]
    assert document["mean_scores"] == report["mean_scores"]


def test_runs_by_pattern_are_repeats_in_the_order_of_their_numbers(place):
    done = run("real", "a=gan.py:of_run:runs/a-*", "gan.py:noise", "--repeats", "3", "-o", "out")
    report = json.loads((place / "out" / "evaluation.json").read_text())
    about = report["settings"]["generators"]
    assert [about[f"a-{number}"]["training_seed"] for number in (1, 2, 3)] == [1, 2, 10]
    assert about["a-3"]["function"] == "gan.py:of_run:runs/a-10"
    assert "noise - a" in done.stdout
    assert "a-3: 2 generated against 3 real" in done.stdout
    lines = [line for line in done.stdout.splitlines() if line.startswith("median euler_number pore")]
    assert len(lines) == 1
    assert "um^-3" in lines[0]
    (place / "runs" / "a-2" / "seed").write_text("3")
    refused = CliRunner().invoke(main, ["evaluate", "real", "a=gan.py:of_run:runs/a-*", "-o", "out", *QUICK])
    assert refused.exit_code == 2
    assert "out/a-2: holds structures of another source" in refused.stderr


def test_boxes_of_a_volume_and_conditions_of_a_table(place):
    labels = np.random.default_rng(5).choice(3, (8, 8, 16), p=[0.2, 0.2, 0.6])
    formats.write(Volume(labels, GRID), "whole.npz")
    measured = CliRunner().invoke(main, ["measure", "real", "-m", "vf", "--workers", "1", "-o", "asked.json"])
    assert measured.exit_code == 0
    done = run(
        "whole.npz", "gan.py:loud", "--cut", "8,8,8", "--conditions", "asked.json", "-m", "chord_length", "--json"
    )
    report = json.loads(done.stdout)
    assert "a line of the generator" in done.stderr
    assert (report["reference"]["count"], report["reference"]["size"]) == (2, [8, 8, 8])
    assert list(report["conditions"]["loud"]) == ["vf Ni", "vf YSZ", "vf pore"]
    assert report["conditions"]["loud"]["vf pore"]["asked"] == pytest.approx(0.4, abs=0.05)
    assert {"chord_length", "euler_number"} <= {entry["metric"] for entry in report["comparisons"]}


def test_sections_are_evaluated_by_what_they_have(place):
    (place / "sections").mkdir()
    for seed in range(2):
        labels = np.random.default_rng(seed).choice(3, (12, 12), p=[0.3, 0.3, 0.4])
        formats.write(Volume(labels, Grid(GRID.phases, (0.1, 0.1))), place / "sections" / f"{seed}.npz")
    report = json.loads(run("sections", "gan.py:noise", "--json").stdout)
    assert report["reference"]["size"] == [12, 12]
    assert {"vf", "ssa", "euler_number"} <= {entry["metric"] for entry in report["comparisons"]}
    assert report["agreement"]["noise"]["largest"] < 1


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("gan.py:draw", ("gan.py", "draw", None)),
        ("a/b.c/gan.py:draw:runs/a:1", ("a/b.c/gan.py", "draw", "runs/a:1")),
        ("my.module:draw:x", ("my.module", "draw", "x")),
        (r"C:\work\gan.py:draw", (r"C:\work\gan.py", "draw", None)),
        ("gan.py", None),
        ("runs/a", None),
        ("gan.py:", None),
        ("gan.py:1draw", None),
        ("my-module:draw", None),
        ("", None),
    ],
)
def test_names_of_functions(text, parts):
    name = function_name(text)
    assert name == (parts and NamedFunction(*parts))
    assert parts is None or str(name) == text


def test_without_a_pattern_there_is_one_function(place):
    name = NamedFunction("gan.py", "of_run", "runs/a-2")
    assert functions_matching(name) == [name]
    assert callable(name.load())


def test_paths_with_signs_of_a_pattern_or_a_name_are_paths(place):
    for folder in ("lr=0.1", "[a]"):
        (place / "runs" / folder).mkdir()
        name = NamedFunction("gan.py", "of_run", f"runs/{folder}")
        assert functions_matching(name) == [name]
        (place / "runs" / folder / "seed").write_text("4")
        (source,) = sources_of([str(name)]).values()
        assert source.about == {"function": str(name), "training_seed": 4}
    (path,) = sources_of(["runs/lr=0.1"]).values()
    assert path.name == "lr=0.1"


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("gan.py", "gan.py: names no function. Write gan.py:FUNCTION"),
        ("ends.py:noise", "cannot be imported: SystemExit"),
        ("gan.py:leaves:x", 'leaves raised SystemExit, "no checkpoint"'),
        ("", "REAL|is neither"),
    ],
)
def test_what_names_no_generator_is_told_in_one_message(place, argument, words):
    (place / "ends.py").write_text("raise SystemExit(1)")
    (place / "gan.py").write_text(SOURCE + "\ndef leaves(folder):\n    raise SystemExit('no checkpoint')\n")
    done = CliRunner().invoke(main, ["evaluate", "real", argument, *QUICK])
    assert done.exit_code == 2
    assert re.search(words, done.stderr)
