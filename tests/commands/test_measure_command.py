"""`porenet measure` on real files: many volumes, bad ones among them, killed on the way, on a cluster."""

import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from checkout import ELECTRODE
from click.testing import CliRunner

from porenet import Grid
from porenet.cli import main
from porenet.commands.console import seconds, size_in_bytes
from porenet.config import GridFile
from porenet.measurement import read_table, requests_for, slab_plan
from porenet.registry import Registry

GRID = """
[grid]
phases = ["Ni", "YSZ", "pore"]
voxel_um = [0.1, 0.1, 0.1]

[grid.values]
Ni = 0
YSZ = 1
pore = 2
"""


def run(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.fixture
def folder(tmp_path):
    """Five random cubes and a grid file beside them."""
    cubes = tmp_path / "cubes"
    cubes.mkdir()
    rng = np.random.default_rng(0)
    for number in range(5):
        np.save(cubes / f"cube_{number}.npy", rng.integers(0, 3, (8, 8, 8), dtype=np.uint8))
    (tmp_path / "grid.toml").write_text(GRID)
    return tmp_path


def vf_of(path):
    labels = np.load(path)
    return {phase: float((labels == label).mean()) for label, phase in enumerate(["Ni", "YSZ", "pore"])}


def test_a_real_volume_is_measured_as_others_counted_it():
    done = run("measure", ELECTRODE, "--phases", "a=0,b=1,c=2", "--voxel-um", "0.05", "-m", "vf", "--json")
    assert done.exit_code == 0, done.output
    values = {row["key"]: row["value"] for row in json.loads(done.stdout)["rows"]}
    assert values == pytest.approx({"a": 0.354532, "b": 0.340837, "c": 0.304631}, abs=5e-7)


def test_names_may_be_written_with_commas_between_them(folder):
    place = ("measure", folder / "cubes" / "cube_0.npy", "--grid", folder / "grid.toml", "--json")
    apart, together = (run(*place, *names) for names in (("-m", "vf", "-m", "ssa"), ("-m", "vf, ssa,")))
    assert json.loads(apart.stdout)["rows"] == json.loads(together.stdout)["rows"] != []
    wrong = run(*place, "-m", "vf,porosity")
    assert wrong.exit_code == 2
    assert "no metric is called 'porosity'; did you mean 'vf'?" in wrong.stderr


def test_no_volume_takes_the_name_of_another(tmp_path, monkeypatch):
    places = ("X/b/c.npy", "a/c.npy", "b/c.npy")
    for number, place in enumerate(places):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        np.save(tmp_path / place, np.full((2, 2, 2), number, np.uint8))
    (tmp_path / "grid.toml").write_text(GRID)
    monkeypatch.chdir(tmp_path)
    done = run("measure", "X", *places[1:], "--grid", "grid.toml", "-m", "vf", "--json", "--workers", "1")
    full = {row["key"]: row["volume"] for row in json.loads(done.stdout)["rows"] if row["value"] == 1}
    assert full == {"Ni": "b/c.npy", "YSZ": "c.npy", "pore": (tmp_path / "b/c.npy").as_posix()}


@pytest.mark.parametrize("option", [("",), ("cube.npy", "--grid", ""), ("cube.npy", "-o", "")])
def test_an_empty_path_is_not_the_current_folder(option, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("measure", *option)
    assert done.exit_code == 2
    assert "an empty path was given" in done.stderr


def test_a_link_to_itself_spoils_nothing(folder):
    (folder / "cubes" / "loop.npy").symlink_to("loop.npy")
    (folder / "cubes" / "around").symlink_to("around")
    done = run("measure", folder / "cubes", "--grid", folder / "grid.toml", "-m", "vf", "--json", "--workers", "1")
    assert done.exit_code == 0, done.stderr
    data = json.loads(done.stdout)
    assert len(data["rows"]) == 15
    assert sorted(Path(path).name for path in data["unknown"]) == ["around", "loop.npy"]
    done = run("measure", folder / "cubes" / "loop.npy", "--grid", folder / "grid.toml", "-m", "vf")
    assert done.exit_code in (1, 2)
    assert "fault of porenet" not in done.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_a_folder_becomes_a_table(folder, workers):
    table = folder / "rows.json"
    done = run(
        "measure", folder / "cubes", "--grid", folder / "grid.toml", "-m", "vf", "-o", table, "--workers", workers
    )
    assert done.exit_code == 0, done.output
    assert "15 values of 5 volumes" in done.stdout
    rows = list(read_table(table))
    for number in range(5):
        found = {row["key"]: row["value"] for row in rows if row["volume"] == f"cube_{number}.npy"}
        assert found == vf_of(folder / "cubes" / f"cube_{number}.npy")
    for key in ("unit", "params", "voxel_um", "shape", "phases", "versions", "sha256", "provider"):
        assert rows[0][key] not in (None, "")
    assert rows[0]["shape"] == [8, 8, 8]
    assert rows[0]["versions"]["porenet"]
    import hashlib

    name = rows[0]["volume"]
    assert rows[0]["sha256"] == hashlib.sha256((folder / "cubes" / name).read_bytes()).hexdigest()


def test_without_names_every_metric_that_can_be_is_measured(folder):
    done = run("measure", folder / "cubes" / "cube_0.npy", "--grid", folder / "grid.toml", "--json")
    assert done.exit_code == 0, done.output
    metrics = {row["metric"] for row in json.loads(done.stdout)["rows"]}
    assert {"vf", "connectivity", "percolates", "ssa", "tpb"} <= metrics


def test_one_bad_file_is_reported_and_the_rest_measured(folder):
    (folder / "cubes" / "cube_9.npy").write_bytes(b"\x93NUMPY garbage")
    table = folder / "rows.json"
    done = run("measure", folder / "cubes", "--grid", folder / "grid.toml", "-m", "vf", "-o", table)
    assert done.exit_code == 1
    assert "cube_9.npy" in done.stderr
    assert "Traceback" not in done.output
    assert len(list(read_table(table))) == 15

    np.save(folder / "cubes" / "cube_9.npy", np.zeros((8, 8, 8), np.uint8))
    again = run("measure", folder / "cubes", "--grid", folder / "grid.toml", "-m", "vf", "-o", table)
    assert again.exit_code == 0, again.output
    rows = list(read_table(table))
    assert len(rows) == 18
    assert len({(row["volume"], row["key"]) for row in rows}) == 18


def test_parameters_are_given_and_written_down(folder):
    done = run(
        "measure", folder / "cubes" / "cube_0.npy", "--grid", folder / "grid.toml", "--json",
        "-m", "ssa", "-p", "ssa.estimator=faces", "-m", "connectivity", "-p", 'connectivity.axis="x"',
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    params = {row["metric"]: row["params"] for row in json.loads(done.stdout)["rows"]}
    assert params == {"ssa": {"estimator": "faces", "per": "volume", "sigma": 2.0}, "connectivity": {"axis": "x"}}


def test_axis_reaches_every_metric_that_has_one(folder):
    place = ("measure", folder / "cubes" / "cube_0.npy", "--grid", folder / "grid.toml", "--json")
    names = ("-m", "vf,connectivity,breakthrough_diameter,chord_length,s2")
    done = run(*place, *names, "--axis", "all", "-p", "chord_length.axis=y")
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)["rows"]
    axes = {row["metric"]: row["params"].get("axis") for row in rows}
    assert axes == {"vf": None, "connectivity": "all", "breakthrough_diameter": "all", "chord_length": "y", "s2": "all"}
    values = {row["key"]: row["value"] for row in rows if row["metric"] == "connectivity"}
    for axis in "zyx":
        alone = json.loads(run(*place, "-m", "connectivity", "--axis", axis).stdout)["rows"]
        assert {f"{row['key']}.{axis}": row["value"] for row in alone}.items() <= values.items()
    without = run(*place, "-m", "vf,ssa", "--axis", "all")
    assert without.exit_code == 2
    assert "no metric that is measured has an axis: vf, ssa. Leave out --axis" in without.stderr
    one_axis = run(*place, "-m", "vf_profile,connectivity", "--axis", "all")
    assert "--axis: vf_profile is along one axis. Set its own with -p vf_profile.axis=z, y or x." in one_axis.stderr
    assert run(*place, "-m", "vf_profile", "--axis", "all", "-p", "vf_profile.axis=y").exit_code == 0


def test_all_axes_of_every_metric_that_takes_them():
    # Once a single metric without `all` made the command refuse to measure any.
    grid = GridFile(Grid(("Ni", "YSZ", "pore"), (0.1,) * 3), {}, {})
    requests = {request.name: request.params for request in requests_for((), {}, grid, axis="all")}
    assert "porenet:vf_profile" not in requests
    assert {"porenet:vf", "porenet:tortuosity", "porenet:chord_length"} <= set(requests)
    assert all(params.get("axis", "all") == "all" for params in requests.values())


def test_reservoirs_of_the_grid_file_reach_the_metric_that_takes_them(folder):
    grid = GRID.replace("Ni", "metal") + '\n[grid.reservoirs]\nmetal = "z_min"\nYSZ = "z_max"\npore = "z_min"\n'
    (folder / "named.toml").write_text(grid)
    done = run(
        "measure", folder / "cubes" / "cube_0.npy", "--grid", folder / "named.toml", "--json",
        "-m", "tpb", "-p", "tpb.active=reachable",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["rows"][0]["params"]["reservoirs"] == {
        "metal": "z_min", "YSZ": "z_max", "pore": "z_min"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cubes", "-m", "vff", "--grid", "grid.toml"], "no metric is called 'vff'; did you mean 'vf'?"),
        (["cubes", "-m", "vf", "--grid", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (["cubes", "-m", "ssa", "--grid", "grid.toml", "-p", "ssa.estimator=face"], "did you mean 'faces'?"),
        (["cubes", "-m", "vf", "--grid", "grid.toml", "-p", "ssa.estimator=faces"], "ssa, which is not measured"),
        (["cubes", "--grid", "grid.toml", "-p", "estimator"], "-p takes METRIC.NAME=VALUE"),
        (["cubes", "--grid", "grid.toml", "--phases", "a=0"], "--grid states phases and voxel edges"),
        (["cubes", "--phases", "Ni:0", "--voxel-um", "0.1"], "--phases takes NAME=VALUE"),
        (["cubes", "--phases", "a=0,b=1,c=2", "--voxel-um", "1,2,3,4"], "--voxel-um takes one length in um, or three"),
        (["cubes"], "--phases"),
        (["nowhere", "--grid", "grid.toml"], "nowhere"),
        (["cubes", "--grid", "grid.toml", "-m", "vf", "-o", "rows.xlsx"], "ends in .json or .csv"),
    ],
)
def test_a_mistake_is_one_message(folder, monkeypatch, arguments, words):
    monkeypatch.chdir(folder)
    done = run("measure", *arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.output


def test_where_a_cube_was_cut_is_kept(folder):
    origins = {f"cube_{i}.npy": {"source": "electrode", "corner": [0, 0, 4 * i]} for i in range(5)}
    (folder / "cubes" / "origins.json").write_text(json.dumps(origins))
    table = folder / "rows.csv"
    assert run("measure", folder / "cubes", "--grid", folder / "grid.toml", "-m", "vf", "-o", table).exit_code == 0
    assert {row["volume"]: row["origin"] for row in read_table(table)} == origins

    (folder / "cubes" / "origins.json").write_text('{"cube_7": {"source": "x", "corner": [1, 2, 3]}}')
    misspelt = run("measure", folder / "cubes", "--grid", folder / "grid.toml", "-m", "vf")
    assert misspelt.exit_code == 2
    assert "origins.json: names volumes that do not exist: cube_7" in misspelt.stderr

    (folder / "cubes" / "origins.json").write_text('{"cube_0.npy": {"corner": [1, 2]}}')
    broken = run("measure", folder / "cubes", "--grid", folder / "grid.toml", "-m", "vf")
    assert broken.exit_code == 2
    assert "origins.json: is not a mapping from volumes to their source and corner" in broken.stderr


def test_a_run_that_is_killed_goes_on_where_it_stopped(tmp_path):
    cubes, table = tmp_path / "cubes", tmp_path / "rows.json"
    cubes.mkdir()
    (tmp_path / "grid.toml").write_text(GRID)
    rng = np.random.default_rng(0)
    for number in range(60):
        np.save(cubes / f"cube_{number}.npy", rng.integers(0, 3, (32, 32, 32), dtype=np.uint8))
    command = [
        sys.executable, "-m", "porenet", "measure", str(cubes), "--grid", str(tmp_path / "grid.toml"),
        "-m", "vf", "-m", "ssa", "-o", str(table), "--workers", "1",
    ]  # fmt: skip
    partial = tmp_path / "rows.json.partial"
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and first.poll() is None:
        if partial.exists() and partial.read_bytes().count(b"\n") > 3:
            break
        time.sleep(0.001)
    first.send_signal(signal.SIGKILL)
    first.wait()
    if first.returncode == 0:
        pytest.fail("the run was over before it could be killed")
    kept = partial.read_bytes().count(b"\n") - 1
    assert 0 < kept < 60
    assert not table.exists()

    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stderr
    rows = list(read_table(table))
    assert len(rows) == 60 * 6
    assert len({(row["volume"], row["metric"], row["key"]) for row in rows}) == 60 * 6
    assert not partial.exists()


def test_another_measurement_does_not_go_on_with_this_one(folder):
    from porenet.measurement import Journal

    table = folder / "rows.json"
    with Journal(table, {"metrics": "others"}, {"cube_0.npy": ""}) as journal:
        journal.add("cube_0.npy", [])
    done = run("measure", folder / "cubes", "--grid", folder / "grid.toml", "-m", "vf", "-o", table)
    assert done.exit_code == 2
    assert "rows.json.partial: a measurement of other metrics" in done.stderr


def test_several_values_of_a_phase_are_one_measurement_however_they_are_written(folder):
    cubes, table = folder / "cubes", folder / "rows.json"
    (cubes / "bad.npy").write_bytes(b"junk")
    command = ("measure", cubes, "-m", "vf", "-o", table, "--workers", 1)
    assert run(*command, "--phases", "Ni=0,pore=1+2", "--voxel-um", 0.1).exit_code == 1
    (cubes / "bad.npy").unlink()
    other = run(*command, "--phases", "Ni=0+1,pore=2", "--voxel-um", 0.1)
    assert (other.exit_code, "a measurement of other metrics" in other.stderr) == (2, True)
    grid = '[grid]\nphases = ["Ni", "pore"]\nvoxel_um = [0.1, 0.1, 0.1]\n[grid.values]\nNi = [0]\npore = [2, 1]\n'
    (folder / "grid.toml").write_text(grid)
    assert run(*command, "--grid", folder / "grid.toml").exit_code == 0
    assert all(
        row["value"] == 1 - vf_of(cubes / row["volume"])["Ni"] for row in read_table(table) if row["key"] == "pore"
    )


def test_files_of_one_name_keep_their_own_origins(folder):
    for name in ("one", "two"):
        (folder / name).mkdir()
        np.save(folder / name / "cube.npy", np.zeros((4, 4, 4), np.uint8))
        origin = {"cube.npy": {"source": name, "corner": [0, 0, 0]}}
        (folder / name / "origins.json").write_text(json.dumps(origin))
    table = folder / "rows.json"
    grid = ("--grid", folder / "grid.toml", "-m", "vf", "-o", table, "--workers", 1)
    assert run("measure", folder / "one", folder / "two", *grid).exit_code == 0
    found = {row["volume"]: row["origin"]["source"] for row in read_table(table)}
    assert sorted(found.values()) == ["one", "two"]
    assert run("measure", folder / "one" / "cube.npy", *grid).exit_code == 0
    assert read_table(table)[0]["origin"]["source"] == "one", "a file finds the origins of its folder too"


def test_the_same_volume_or_metric_twice_is_measured_once(folder):
    cubes = folder / "cubes"
    twice = ("measure", cubes, cubes, cubes / "cube_0.npy", "--grid", folder / "grid.toml", "-m", "vf", "-m", "vf")
    assert len(json.loads(run(*twice, "--json", "--workers", 1).stdout)["rows"]) == 15


def test_a_folder_of_the_same_names_is_another_measurement(folder):
    table = folder / "rows.json"
    (folder / "cubes" / "bad.npy").write_bytes(b"junk")
    grid = ("--grid", folder / "grid.toml", "-m", "vf", "-o", table, "--workers", 1)
    assert run("measure", folder / "cubes", *grid).exit_code == 1
    assert (folder / "rows.json.partial").exists()

    other = folder / "other"
    other.mkdir()
    for number in range(5):
        np.save(other / f"cube_{number}.npy", np.full((8, 8, 8), 2, np.uint8))
    assert run("measure", other, *grid).exit_code == 0
    assert {row["value"] for row in read_table(table) if row["key"] == "pore"} == {1.0}
    assert not (folder / "rows.json.partial").exists()


def test_metrics_that_nobody_asked_for_are_left_out_where_they_do_not_fit(folder):
    labels = np.random.default_rng(0).integers(0, 5, (6, 6, 6), dtype=np.uint8)
    np.save(folder / "five.npy", labels)
    five = ("measure", folder / "five.npy", "--phases", "a=0,b=1,c=2,d=3,e=4", "--voxel-um", "1", "--json")
    done = run(*five)
    assert done.exit_code == 0, done.output
    data = json.loads(done.stdout)
    assert {"vf", "connectivity"} <= {row["metric"] for row in data["rows"]}
    assert any("porenet:tpb is left out" in note for note in data["notes"])
    assert run(*five, "-m", "tpb").exit_code == 1


def test_the_first_readable_volume_says_what_the_others_mean(folder):
    from porenet import Grid, Volume, formats

    (folder / "own").mkdir()
    (folder / "own" / "a_junk.npz").write_bytes(b"junk")
    volume = Volume(np.zeros((3, 3, 3), np.uint8), Grid(("Ni", "pore"), (0.1, 0.1, 0.1)))
    formats.write(volume, folder / "own" / "b.npz")
    done = run("measure", folder / "own", "-m", "vf", "--json")
    assert done.exit_code == 1
    assert [row["value"] for row in json.loads(done.stdout)["rows"]] == [1.0, 0.0]


PLUGIN = """
import os, signal, sys
from porenet.hookspecs import hookimpl
from porenet.interface import Spec, Undefined

def nasty(volume, *, what: str = "nothing"):
    if what == "exit":
        sys.exit(0)
    if what == "print":
        print("hello")
    if what == "list":
        return [1.0]
    if what == "empty":
        return {}
    if what == "number key":
        return {1: 1.0}
    if what == "die" and volume.labels[0, 0, 0] == 1:
        os._exit(7)
    if what in ("SIGKILL", "SIGSTOP") and volume.labels[0, 0, 0] == 1:
        os.kill(os.getpid(), getattr(signal, what))
    return {"value": float(volume.labels[0, 0, 0])}

@hookimpl
def porenet_specs():
    yield Spec(name="nasty", kind="metric", target=f"{__name__}:nasty", summary="Nasty.", unit="1", api=1)
"""


@pytest.fixture
def nasty(folder):
    """A folder for PYTHONPATH that holds a metric which misbehaves as it is told."""
    site = folder / "site"
    info = site / "nasty_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "nasty_plugin.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nasty-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[porenet]\nnasty = nasty_plugin\n")

    def measured(what, *arguments):
        command = [
            sys.executable, "-m", "porenet", "measure", str(folder / "cubes"), "--grid", str(folder / "grid.toml"),
            "-m", "vf", "-m", "nasty", "-p", f"nasty.what={what}", *map(str, arguments),
        ]  # fmt: skip
        environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])}
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    return measured


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("exit", "metric nasty-plugin:nasty: failed: calls sys.exit(0)"),
        ("list", "metric nasty-plugin:nasty: returned [1.0], not a mapping with values"),
        ("empty", "metric nasty-plugin:nasty: returned {}, not a mapping with values"),
        ("number key", "metric nasty-plugin:nasty: returned 1, for which its Spec has no unit"),
    ],
)
def test_a_metric_that_misbehaves_is_named_and_the_others_kept(nasty, folder, use, monkeypatch, what, words):
    monkeypatch.syspath_prepend(folder / "site")
    use(Registry.installed(importlib.metadata.distributions(), {"PORENET_IMPORT_LIMIT": "0"}))
    done = run(
        "measure", folder / "cubes", "--grid", folder / "grid.toml", "-m", "vf", "-m", "nasty",
        "-p", f"nasty.what={what}", "--json", "--workers", 1,
    )  # fmt: skip
    assert done.exit_code == 1, done.output
    assert words in done.stderr
    assert {row["metric"] for row in json.loads(done.stdout)["rows"]} == {"vf"}


def test_a_metric_that_prints_spoils_no_json(nasty):
    done = nasty("print", "--json", "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["rows"]) == 20


def test_a_volume_that_kills_its_worker_is_reported_and_the_rest_measured(nasty, folder):
    deadly = [path.name for path in (folder / "cubes").iterdir() if np.load(path)[0, 0, 0] == 1]
    assert 0 < len(deadly) < 5
    table = folder / "rows.json"
    done = nasty("die", "-o", table, "--workers", 2)
    assert done.returncode == 1, done.stderr
    for name in deadly:
        assert f"{name}: its worker process died during nasty-plugin:nasty (exit code 7)" in done.stderr
    assert {row["volume"] for row in read_table(table)} == {f"cube_{i}.npy" for i in range(5)} - set(deadly)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signal here")
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("SIGSTOP", "was not measured within 5 s: its worker process was ended during nasty-plugin:nasty"),
        ("SIGKILL", "its worker process died during nasty-plugin:nasty (killed by SIGKILL"),
    ],
)
def test_a_worker_that_stops_or_is_killed_is_named_and_the_others_go_on(nasty, folder, what, words, workers):
    first = [np.load(path)[0, 0, 0] for path in sorted((folder / "cubes").iterdir())]
    bad = {f"cube_{number}.npy" for number, label in enumerate(first) if label == 1}
    assert 0 < len(bad) < 5
    done = nasty(what, "-o", folder / "rows.json", "--workers", workers, "--limit-per-volume", "5s")
    assert done.returncode == 1, done.stderr
    for name in bad:
        assert f"{name}: {words}" in done.stderr
    assert {row["volume"] for row in read_table(folder / "rows.json")} == {f"cube_{i}.npy" for i in range(5)} - bad
    assert (folder / "rows.json.partial").exists()  # the same command measures what is missing


@pytest.mark.parametrize("written", ["0", "-3s", "nan", "inf", "1e12s", "5 days", "s", "", "1e400"])
def test_a_limit_that_is_no_time_is_refused(folder, written):
    done = run("measure", folder / "cubes", "--grid", folder / "grid.toml", "-m", "vf", "--limit-per-volume", written)
    assert done.exit_code == 2
    assert "takes a time above 0 such as 90s, 10min or 2h" in done.stderr


@pytest.mark.parametrize(("written", "time_s"), [("90", 90), ("1.5 s", 1.5), ("10min", 600), (" 2h ", 7200)])
def test_a_time_is_read_with_its_unit(written, time_s):
    assert seconds(None, None, written) == time_s


def test_no_limit_for_the_workers_of_dask(folder):
    done = run(
        "measure", folder / "cubes", "--grid", folder / "grid.toml", "-m", "vf", "--limit-per-volume", "9s",
        "--dask", "tcp://127.0.0.1:9",
    )  # fmt: skip
    assert done.exit_code == 2
    assert "not for the workers of a Dask scheduler" in done.stderr


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="children are found in /proc")
def test_workers_end_with_a_parent_that_is_killed(folder):
    for number in range(200):
        np.save(folder / "cubes" / f"more_{number}.npy", np.zeros((48, 48, 48), np.uint8))
    command = [
        sys.executable, "-m", "porenet", "measure", str(folder / "cubes"), "--grid", str(folder / "grid.toml"),
        "-m", "ssa", "-o", str(folder / "rows.json"), "--workers", "2",
    ]  # fmt: skip
    parent = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    partial = folder / "rows.json.partial"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (partial.exists() and partial.read_bytes().count(b"\n") > 2):
        time.sleep(0.01)
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
    assert len(children) >= 2
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and any(_runs(pid) for pid in children):
        time.sleep(0.05)
    assert not [pid for pid in children if _runs(pid)]


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_measures_the_same(folder):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        done = run(
            "measure", folder / "cubes", "--grid", folder / "grid.toml", "-m", "vf", "-o", folder / "dask.json",
            "--dask", cluster.scheduler_address,
        )  # fmt: skip
    assert done.exit_code == 0, done.output
    run("measure", folder / "cubes", "--grid", folder / "grid.toml", "-m", "vf", "-o", folder / "here.json")
    key = lambda row: (row["volume"], row["key"])  # noqa: E731
    assert sorted(read_table(folder / "dask.json"), key=key) == sorted(read_table(folder / "here.json"), key=key)


@pytest.mark.slow
def test_no_scheduler_is_one_message(folder):
    pytest.importorskip("distributed")
    command = [
        sys.executable, "-m", "porenet", "measure", str(folder / "cubes"), "--grid", str(folder / "grid.toml"),
        "-m", "vf", "--dask", "tcp://127.0.0.1:9",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 2
    assert "no Dask scheduler answers" in done.stderr


@pytest.mark.parametrize(
    ("written", "size"),
    [("4GB", 4 * 10**9), ("4 GiB", 4 * 2**30), ("512mb", 512 * 10**6), ("1.5TB", 1_500_000_000_000), ("700", 700)],
)
def test_memory_is_a_size_with_its_unit(written, size):
    assert size_in_bytes(None, None, written) == size


@pytest.mark.parametrize("written", ["4XB", "0", "-1GB", "GB", "nan", "infGB", "4GBGB"])
def test_memory_that_is_no_size_is_refused(folder, written):
    done = run("measure", folder / "cubes", "--grid", folder / "grid.toml", "-m", "vf", "--memory", written)
    assert done.exit_code == 2
    assert "takes a size in bytes, KB, MB, GB or TB, such as 4GB or 4GiB" in " ".join(done.stderr.split())


def test_a_volume_larger_than_the_memory_is_read_by_slabs_with_the_same_rows(folder, monkeypatch):
    command = ("measure", folder / "cubes" / "cube_0.npy", "--grid", folder / "grid.toml", "-m", "vf,tpb", "--json")
    in_memory = json.loads(run(*command).stdout)
    monkeypatch.setattr(slab_plan, "WHOLE_BYTES", 10**9)
    by_slabs = json.loads(run(*command, "--memory", "1GB").stdout)
    assert by_slabs["rows"] == in_memory["rows"]
    assert not in_memory["notes"]
    (note,) = by_slabs["notes"]
    assert "cube_0.npy: read in 1 slab of 8 layers" in note
