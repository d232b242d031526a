"""`porenet compare` of folders: measured first, as measure does it; kept, continued, refused; and `--plan`."""

import json
import tempfile

import numpy as np
import pytest
from click.testing import CliRunner

from porenet import formats
from porenet.cli import main
from porenet.comparison import compare
from porenet.comparison.judgement import planning
from porenet.interface import Grid, Volume
from porenet.measurement import many_volumes, read_table

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))


@pytest.fixture(autouse=True)
def few_permutations(monkeypatch):
    """What is tested here is not the statistics."""
    monkeypatch.setitem(compare.__kwdefaults__, "n_permutations", 99)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with real/ and run/, six structures each; and one to be in."""
    monkeypatch.chdir(tmp_path)
    for name, seed in (("real", 0), ("run", 1)):
        rng = np.random.default_rng(seed)
        (tmp_path / name).mkdir()
        for number in range(6):
            volume = Volume(rng.integers(0, 3, (6, 6, 6), dtype=np.uint8), GRID)
            formats.write(volume, tmp_path / name / f"s_{number}.npz")
    return tmp_path


def run(*arguments, code=0):
    done = CliRunner().invoke(main, ["compare", *map(str, arguments), "--n-boot", "100"])
    assert done.exit_code == code, done.output
    return done


def folders(*arguments, code=0):
    return run("real", "run", "--workers", 1, *arguments, code=code)


def measure(folder, *arguments):
    table = folder.with_suffix(".json").name
    done = CliRunner().invoke(main, ["measure", str(folder), "-o", table, "--workers", "1", *arguments])
    assert done.exit_code == 0, done.output
    return table


def decided(done, name="run"):
    rows = json.loads(done.stdout)["decisions"][name]["decisions"]
    return {(row["metric"], row["key"], json.dumps(row["params"])): row for row in rows}


@pytest.fixture
def measured(monkeypatch):
    """Names of the volumes that are read and measured."""
    names, read = [], many_volumes.measure_source

    def counted(source, *task, **watch):
        names.append(source.volume)
        return read(source, *task, **watch)

    monkeypatch.setattr(many_volumes, "measure_source", counted)
    return names


def test_folders_are_compared_as_their_tables_are(place):
    tables = [measure(place / name, "-m", "vf,ssa", "-p", "ssa.estimator=faces") for name in ("real", "run")]
    by_folder = folders("-m", "vf", "-m", "ssa", "-p", "ssa.estimator=faces", "--json")
    by_table = run(*tables, "--json")
    assert json.loads(by_folder.stdout)["decisions"] == json.loads(by_table.stdout)["decisions"]


def test_the_metrics_and_parameters_of_a_table_are_taken(place):
    table = measure(place / "real", "-m", "vf,ssa", "-p", "ssa.estimator=faces")
    both = decided(run(table, "run", "--workers", 1, "--json"))
    assert {metric for metric, _, _ in both} == {"vf", "ssa"}
    assert any('"faces"' in params for _, _, params in both)
    part = decided(run("run", table, "--workers", 1, "-m", "vf", "--json"), "real")
    assert {metric for metric, _, _ in part} == {"vf"}
    assert decided(run(table, "run", "--workers", 1, "-m", "porenet:vf", "--json")) == decided(
        run("real", "run", "--workers", 1, "-m", "porenet:vf", "--json")
    )
    rows = [row | {"provider": "gone"} if row["metric"] == "ssa" else row for row in read_table(place / table)]
    (place / table).write_text(json.dumps(rows))
    done = run(table, "run", "--workers", 1)
    assert "gone:ssa of real.json cannot be measured" in done.stderr


def test_one_volume_is_a_run_too(place):
    done = run("real", "run/s_0.npz", "--workers", 1, "-m", "vf")
    assert "s_0: 1 generated against 6 real, 3 quantities\nNo verdict: 1 independent structure;" in done.stdout


def test_saved_tables_are_taken_again_and_what_changed_is_measured_again(place, measured):
    done = folders("-m", "vf", "--save-tables", "kept")
    assert "Measured into kept/reference.json.\nMeasured into kept/run.json.\n" in done.stdout
    assert len(measured) == 12
    again = folders("-m", "vf", "--save-tables", "kept")
    assert (again.stdout, len(measured)) == (done.stdout, 12)
    labels = np.zeros((6, 6, 6), np.uint8)
    formats.write(Volume(labels, GRID), place / "run" / "s_3.npz")
    assert folders("-m", "vf", "--save-tables", "kept").stdout != done.stdout
    assert set(measured[12:]) == {f"s_{number}.npz" for number in range(6)}
    before = (place / "kept" / "run.json").read_bytes()
    refused = folders("-m", "ssa", "--save-tables", "kept", code=2)
    assert "kept/reference.json: holds another measurement" in refused.stderr
    assert (place / "kept" / "run.json").read_bytes() == before


def test_an_interrupted_measurement_goes_on(place, measured, monkeypatch):
    counted = many_volumes.measure_source

    def stopped(source, *task, **watch):
        if len(measured) == 8:
            raise KeyboardInterrupt
        return counted(source, *task, **watch)

    monkeypatch.setattr(many_volumes, "measure_source", stopped)
    ended = folders("-m", "vf", "--save-tables", "kept", code=1)
    assert "The values so far are in kept; the same command continues." in ended.stderr
    monkeypatch.setattr(many_volumes, "measure_source", counted)
    folders("-m", "vf", "--save-tables", "kept")
    assert sorted(measured) == sorted([f"s_{number}.npz" for number in range(6)] * 2), "each once"


def test_a_volume_that_cannot_be_read_is_told_and_the_others_are_compared(place):
    (place / "run" / "s_5.npz").write_bytes(b"PK")
    done = folders("-m", "vf", code=1)
    assert "run: 5 generated against 6 real" in done.stdout
    assert "error: run/s_5.npz: cannot be read" in done.stderr
    (problem,) = json.loads(folders("-m", "vf", "--json", code=1).stdout)["problems"]
    assert problem["where"] == "run/s_5.npz"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["real", "empty"], "empty: no volume was found"),
        (["empty", "run"], "empty: no volume was found"),
        (["real", "other"], "real and other were measured differently: vf Ni, vf YSZ, vf pore: voxel_um"),
        (["real", "broken"], "broken/s.npz: cannot be read"),
        (
            ["real", "broken", "--phases", "Ni=0,YSZ=1,pore=2", "--voxel-um", "0.1"],
            "broken: none of its volumes could be measured: broken/s.npz: cannot be read",
        ),
        (["real", "run", "-m", "nope"], "no metric is called 'nope'"),
        (["real", "run", "run"], "the run run is given twice"),
        (["real", "run", "-p", "vf"], "-p takes METRIC.NAME=VALUE"),
        (["real", "run", "--save-tables", "real/s_0.npz"], "real/s_0.npz: cannot be made: File exists"),
        (["kept/run.json", "run", "--save-tables", "kept"], "kept/run.json: is one of the tables to compare"),
        (["kept/run.json", "run", "-p", "vf.x=1"], "-p does not apply beside the table kept/run.json"),
        (["kept/run.json", "kept/run.json", "--workers", "2"], "--workers concerns folders of volumes"),
        (["kept/run.json", "run", "-m", "ssa"], "kept/run.json: holds no values of ssa"),
        (["--plan", "real", "run"], "--plan takes the real structures only"),
    ],
)
def test_a_mistake_is_one_message_that_names_what_was_typed(place, arguments, words):
    for name in ("empty", "other", "broken", "kept"):
        (place / name).mkdir()
    formats.write(Volume(np.zeros((4, 4, 4), np.uint8), Grid(GRID.phases, (0.2, 0.1, 0.1))), place / "other" / "s.npz")
    (place / "broken" / "s.npz").write_bytes(b"PK")
    (place / "kept" / "run.json").write_text(
        '[{"volume": "a", "metric": "vf", "provider": "porenet", "key": "Ni", "value": 0.5, "unit": "1"}]'
    )
    more = [] if "-m" in arguments or "kept/run.json" in arguments else ["-m", "vf"]
    done = run(
        *arguments, *more, *([] if "--workers" in arguments or "--plan" in arguments else ["--workers", 1]), code=2
    )
    assert words in done.stderr
    assert tempfile.gettempdir() not in done.stderr.replace(str(place), "")


@pytest.fixture
def few_pairs(monkeypatch):
    monkeypatch.setattr(planning, "_PAIRS", 10)
    monkeypatch.setattr(planning, "SIZES", (50, 300))
    monkeypatch.setattr(planning, "BOTH", (50, 100, 300))


def test_a_plan_from_nothing_is_that_of_a_normal_quantity(few_pairs):
    (plan,) = json.loads(run("--plan", "--json").stdout)["plans"]
    assert plan["real"] == 0
    assert plan["shares"]["50"] < plan["shares"]["300"] == 1
    assert plan["each"] in (100, 300)
    (line,) = [line for line in run("--plan", "--tolerance", 0.2).stdout.splitlines() if line.startswith("a normal")]
    assert line.split()[3] == "0.00"
    assert line.split()[5:] == ["more"], "a narrower tolerance needs more"


def test_a_plan_from_real_structures_goes_by_their_own_distributions(place, few_pairs):
    done = run("--plan", "real", "-m", "vf", "--workers", 1)
    assert "beside 6 real ones" in done.stdout
    assert all(line.split()[2:4] == ["0.00"] * 2 for line in done.stdout.splitlines() if line.startswith("vf "))
    rows = [
        {"volume": f"{number}", "metric": "percolates", "key": "pore.z", "unit": "1", "value": float(number > 0)}
        for number in range(60)
    ]
    (place / "large.json").write_text(json.dumps(rows + [row | {"key": "Ni.z", "value": 1.0} for row in rows]))
    plans = json.loads(run("--plan", "large.json", "--json").stdout)["plans"]
    certain, rare = (plan["shares"] for plan in plans)
    assert certain == dict.fromkeys(certain, 1)
    assert rare["50"] < 1


def test_volumes_larger_than_memory_are_compared_as_those_in_memory(place):
    for name, seed in (("tall", 0), ("others", 1)):
        rng = np.random.default_rng(seed)
        (place / name).mkdir()
        for number in range(3):
            volume = Volume(rng.integers(0, 3, (40, 6, 6), dtype=np.uint8), GRID)
            formats.write(volume, place / name / f"s_{number}.mha")
    whole, layers = (
        run("tall", "others", "--workers", 1, "-m", "vf,ssa", "--json", *memory)
        for memory in ((), ("--memory", 350_006_000))
    )
    assert decided(layers, "others") == decided(whole, "others")
    notes = json.loads(layers.stdout)["notes"]
    assert sum("slabs of" in note for note in notes) == 6
