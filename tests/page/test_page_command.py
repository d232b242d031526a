"""`porenet page`: one HTML file whose numbers are those of `porenet measure`, of whatever it is given."""

import base64
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from checkout import ROOT
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from porenet import formats, synthetic
from porenet.cli import main
from porenet.interface import Grid, Volume
from porenet.page import document, structure

PHASES = ("Ni", "YSZ", "pore")
GRID = """
[grid]
phases = ["Ni", "YSZ", "pore"]
voxel_um = [0.1, 0.2, 0.3]

[grid.values]
Ni = 0
YSZ = 1
pore = 2

[grid.reservoirs]
Ni = "z_min"
YSZ = "z_max"
pore = "z_min"
"""
RUN = '[objective]\n[[objective.terms]]\nloss = "vf"\nweight = 5\n' + GRID.partition("[grid.values]")[0]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty folder to be in, and a page that holds its scene and nothing else."""
    (tmp_path / "app.html").write_text(f"<!doctype html><p>App</p>{document.MARKER}<p>end</p>", encoding="utf-8")
    monkeypatch.setattr(document, "APP", tmp_path / "app.html")
    (tmp_path / "grid.toml").write_text(GRID, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, ["page", *map(str, arguments)])


def scene(*arguments, output="page.html"):
    done = run(*arguments, "-o", output)
    assert done.exit_code == 0, done.output
    return scene_in(Path(output))


def scene_in(path):
    (text,) = re.findall(
        r'<script type="application/json" id="scene">(.*?)</script>', path.read_text(encoding="utf-8"), re.DOTALL
    )
    return json.loads(text)


def refused(*arguments):
    there = sorted(Path().rglob("*.html*"))
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    assert sorted(Path().rglob("*.html*")) == there
    return done.stderr


def unpacked(text, dtype, shape):
    return np.frombuffer(gzip.decompress(base64.b64decode(text)), dtype).reshape(shape)


def noise(shape=(8, 7, 6), phases=PHASES, seed=0, periodic=(False, False, False), edges=(0.1, 0.2, 0.3)):
    labels = np.random.default_rng(seed).integers(0, len(phases), shape, dtype=np.uint8)
    return Volume(labels, Grid(phases, edges, periodic))


def kept(volume, name="cube.npz"):
    Path(name).parent.mkdir(exist_ok=True, parents=True)
    formats.write(volume, name)
    return name


def run_folder(name, count=3, toml=RUN):
    folder = Path(name)
    folder.mkdir()
    (folder / "run.toml").write_text(toml, encoding="utf-8")
    for number in range(count):
        kept(noise(seed=number), f"{name}/samples/structure_{number + 1}.npz")
    return folder


def counters(structure):
    return {one["id"]: one for one in structure["counters"]}


def measured(path, *options):
    """What porenet measure says, by metric and key."""
    names = [part for metric in ("percolates", "connectivity", "vf", "ssa", "tortuosity") for part in ("-m", metric)]
    done = CliRunner().invoke(main, ["measure", str(path), *names, *options, "--json"])
    assert done.exit_code == 0, done.output
    return {f"{row['metric']}.{row['key']}": row for row in json.loads(done.stdout)["rows"]}


TPB = ("-m", "tpb", "-p", "tpb.active=reachable")


def check_numbers(structure, rows):
    """Every counter that is a metric's value equals what was measured; every metric is there."""
    own = [one for one in structure["counters"] if one["key"] is not None]
    for one in own:
        row = rows[one["id"]]
        assert one["id"] == f"{one['metric']}.{one['key']}"
        assert one["value"] == row["value"]
        assert one["unit"] == row["unit"]
        if row["value"] is None:
            assert one["text"] == f"undefined: {row['undefined']}"
    assert {one["metric"] for one in own} == {row["metric"] for row in rows.values()}
    return own


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sofc_superres_62", ("--phases", "Ni=0,YSZ=1,pore=2", "--voxel-um", "0.05")),
        ("imagerep_seg_stack_100", ("--phases", "pore=0,YSZ=1,Ni=2", "--voxel-um", "0.1,0.05,0.05")),
    ],
    ids=["sofc", "imagerep"],
)
def test_the_numbers_of_a_real_volume_are_those_of_measure(real_volume, name, options):
    volume = real_volume(name)
    (structure,) = scene(volume.path, *options)["structures"]
    assert structure["tpb"]["active"] == "reachable"
    check_numbers(structure, measured(volume.path, *options, *TPB))
    assert np.array_equal(unpacked(structure["labels"], np.uint8, structure["shape"]), volume.labels)


@given(st.integers(0, 10**6), st.tuples(*[st.integers(1, 7)] * 3), st.tuples(*[st.booleans()] * 3))
def test_the_numbers_of_any_volume_are_those_of_measure(seed, shape, periodic):
    path = kept(noise(shape, seed=seed, periodic=periodic))
    Path("any.toml").write_text(GRID.replace("[grid.values]", f"periodic = {json.dumps(periodic)}\n[grid.values]"))
    shown = scene(path, "--grid", "any.toml")
    (structure,) = shown["structures"]
    assert [one["wraps"] for one in structure["phases"]] == [[False, *periodic[1:]]] * 3  # z is the axis of supply
    check_numbers(structure, measured(path, "--grid", "any.toml", *TPB))
    found = counters(structure)
    count = structure["tpb"]["count"]
    field = unpacked(structure["tpb"]["sites"], np.uint8, shape)
    kinds = np.array([np.bincount((field >> 2 * way & 3).ravel(), minlength=4)[1:] for way in range(3)])
    assert kinds.sum() == count["total"] == found["tpb.sites.total"]["value"]
    assert kinds.sum(axis=0).tolist() == [count[one] for one in ("active", "unknown", "inactive")]
    assert (field < 64).all()
    box_um3 = float(np.prod(shape)) * 0.1 * 0.2 * 0.3
    length_um = float(kinds.sum(axis=1) @ [0.1, 0.2, 0.3])
    assert found["tpb.length.total"]["value"] == pytest.approx(length_um, rel=1e-9)
    assert found["tpb.total"]["value"] * box_um3 == pytest.approx(found["tpb.length.total"]["value"], rel=1e-9)
    assert structure["periodic"] == list(periodic)


def test_a_channel_that_is_open_and_one_that_is_blocked():
    labels = np.ones((6, 4, 5), np.uint8)
    labels[:, :, 0], labels[:, 1:3, 2:4] = 0, 2
    labels[:, 1:3, 1] = 0  # Ni along the channel, so that the three phases meet beside it
    kept(Volume(labels, Grid(PHASES, (1, 1, 1))), "open.npz")
    labels = labels.copy()
    labels[0, 1:3, 1:4] = [1, 2, 2]
    labels[1, 1:3, 1:4] = 1  # a plug under a pocket that touches no Ni
    kept(Volume(labels, Grid(PHASES, (1, 1, 1))), "blocked.npz")
    found = [counters(one) for one in scene("open.npz", "blocked.npz")["structures"]]
    assert [one["percolates.pore.z"]["text"] for one in found] == ["yes", "no"]
    assert [one["percolates.pore.z"]["value"] for one in found] == [True, False]
    assert [one["percolates.pore.z"]["tone"] for one in found] == ["good", "bad"]
    assert [one["tpb.blocked_inlet.pore"]["text"] for one in found] == ["0 %", "100 %"]
    assert found[1]["tpb.active"]["tone"] == "bad"
    assert found[1]["tortuosity.pore.tortuosity_factor"]["text"].startswith("undefined: no path")
    # Two edges along the channel, six voxels long, per volume of 120.
    assert found[0]["tpb.active"]["value"] == pytest.approx(12 / 120)
    assert found[0]["tpb.active_share"]["text"] == "100 %"


def test_runs_and_volumes_side_by_side():
    run_folder("a")
    run_folder("b", count=1)
    kept(noise(seed=9), "cubes/x_2.npz"), kept(noise(seed=8), "cubes/x_10.npz"), kept(noise(seed=7), "cubes/x_1.npz")
    found = scene("a", "b", "cubes", "--title", "Three")
    assert found["format"] == 4
    assert found["title"] == "Three"
    assert [(one["name"], one["kind"], one["structures"]) for one in found["runs"]] == [
        ("a", "run", [0, 1]), ("b", "run", [2]), ("cubes", "volumes", [3, 4])
    ]  # fmt: skip
    assert [one["run"] for one in found["structures"]] == [0, 0, 1, 2, 2]
    assert [one["name"] for one in found["structures"]][-2:] == ["x_10", "x_1"]
    assert found["structures"][0]["source"] == "a/samples/structure_1.npz"
    assert found["runs"][0]["losses"][0]["weight"] == 5
    assert found["runs"][2]["losses"] == []
    assert "a, cubes: 2 of 3 structures are shown: those nearest to the median of all" in found["notes"]
    assert [len(one["shares"]) > 0 for one in found["runs"]] == [True, False, True], "one structure has its headline"
    assert "a, b: no training log (log.jsonl)" in found["notes"]
    assert found["comparison"] is None
    assert len(scene("a", "--structures", "3")["structures"]) == 3


def channel(cut, ni=True, pore=2):
    """A body of YSZ with a column of Ni and one of pore, the pore perhaps cut."""
    labels = np.ones((6, 4, 5), np.uint8)
    if ni:
        labels[:, :, 0] = 0
    labels[:, 1:3, 2 : 2 + pore] = 2
    labels[3] = np.where(cut & (labels[3] == 2), 1, labels[3])
    return Volume(labels, Grid(PHASES, (1, 1, 1)))


def test_the_shares_are_those_of_the_whole_run_and_the_worst_are_shown_on_request():
    for number, (cut, ni) in enumerate([(True, True), (False, True), (True, False), (True, True), (False, True)]):
        kept(channel(cut, ni), f"run/s_{number}.npz")
    found = scene("run", "--structures", "1")
    assert [one["text"] for one in found["runs"][0]["shares"]] == [
        "3 of 5 structures have no pore channel from z = 0 to z = max",
        "1 of 5 structures has no Ni network from z = 0 to z = max",
        "in 5 of 5 nothing can react: no triple-phase boundary is active",
        "YSZ: a network from z = 0 to z = max in all 5 structures",
    ]
    assert found["structures"][0]["name"] in ("s_0", "s_3"), "the pore is cut in most"
    names = [one["name"] for one in scene("run", "--structures", "3", "--show", "worst")["structures"]]
    assert names[0] == "s_2"
    assert set(names[1:]) == {"s_0", "s_3"}
    assert [one["name"] for one in scene("run", "--show", "first")["structures"]] == ["s_0", "s_1"]


def test_of_a_large_run_only_so_many_are_looked_at():
    for number in range(4):
        kept(channel(number == 3), f"run/s_{number}.npz")
    found = scene("run", "--survey", "3")
    assert "run: only the first 3 of 4 structures (by name) were looked at (--survey)" in found["notes"]
    assert "pore" in found["runs"][0]["shares"][-1]["text"]
    found = scene("run", "--survey", "0")
    assert found["runs"][0]["shares"] == []
    assert "run: only the first 2 of 4 structures (by name) are shown" in found["notes"]


def test_a_volume_of_a_run_that_cannot_be_read_is_left_out_by_name():
    for number in range(3):
        kept(channel(cut=False), f"run/s_{number}.npz")
    Path("run/s_1.npz").write_bytes(Path("run/s_1.npz").read_bytes()[:100])
    found = scene("run")
    assert [one["name"] for one in found["structures"]] == ["s_0", "s_2"]
    assert any(note.startswith("run: s_1 cannot be read and is left out: ") for note in found["notes"])


def test_the_files_of_a_run_are_labels_whatever_it_was_trained_on():
    toml = RUN + "[grid.values]\nNi = 255\nYSZ = 127\npore = 0\n"
    run_folder("a", toml=toml)
    structure = scene("a")["structures"][0]
    assert np.array_equal(unpacked(structure["labels"], np.uint8, (8, 7, 6)), noise(seed=0).labels)


def test_a_grid_file_brings_a_run_its_reservoirs():
    run_folder("a")
    Path("turned.toml").write_text(GRID.replace('pore = "z_min"', 'pore = "x_max"'), encoding="utf-8")
    found = scene("a", "--grid", "turned.toml")
    assert [one["reservoir"] for one in found["structures"][0]["phases"]] == ["z_min", "z_max", "x_max"]
    assert [one["text"] for one in found["structures"][0]["faces"]] == [
        "electrons (z = 0)", "electrolyte (z = max)", "gas (x = max)"
    ]  # fmt: skip
    assert not any("names no reservoirs" in note for note in found["notes"])
    assert "--phases and --voxel-um do not apply to a run (a)" in refused("a", "--voxel-um", "1", "-o", "other.html")


def test_the_same_input_gives_the_same_bytes(monkeypatch):
    run_folder("a")
    scene("a", output="one.html")
    monkeypatch.setattr("time.time", lambda: 2e9)
    scene("a", output="two.html")
    assert Path("one.html").read_bytes() == Path("two.html").read_bytes()


def test_nothing_of_the_machine_is_told(place):
    run_folder("a")
    scene(place / "a", place / "a" / "samples" / "structure_1.npz", "--grid", place / "grid.toml")
    assert str(place) not in Path("page.html").read_text(encoding="utf-8")


def test_a_name_can_end_no_script():
    phases = ("</script><b>", "<!--", "&amp;")
    found = scene(kept(noise(phases=phases)), "--title", "</script><script>alert(1)</script>")
    assert [one["name"] for one in found["structures"][0]["phases"]] == list(phases)
    assert Path("page.html").read_text(encoding="utf-8").count("<script") == 1


def test_two_cubes_of_noise_and_two_electrodes_of_64_make_a_small_page():
    for name, seed in (("one", 0), ("two", 1)):
        kept(noise((64, 64, 64), seed=seed), f"noise/{name}.npz")
        volume, _ = synthetic.plurigaussian(
            (64, 64, 64), voxel_um=(0.1, 0.1, 0.1), length_um=0.5, seed=seed, fractions=(0.36, 0.34, 0.30)
        )
        kept(volume, f"electrodes/{name}.npz")
    scene("noise")
    # 6 MB are allowed, of which the program of the page takes 0.6.
    assert Path("page.html").stat().st_size < 1_000_000
    scene("electrodes")
    assert Path("page.html").stat().st_size < 300_000


def test_an_absent_phase():
    labels = np.random.default_rng(0).integers(0, 2, (5, 6, 7), dtype=np.uint8)
    found = scene(kept(Volume(labels, Grid(PHASES, (1, 1, 1)))))["structures"][0]
    numbers = counters(found)
    assert numbers["vf.pore"]["text"] == "0 %"
    assert numbers["percolates.pore.z"]["value"] is False
    assert numbers["connectivity.pore.isolated"]["text"] == "undefined: phase absent"
    assert numbers["tpb.active_share"]["text"] == "undefined: there is no triple-phase boundary"
    assert numbers["tpb.blocked_inlet.pore"]["text"] == "undefined: no voxel of pore on z_min"
    assert found["tpb"]["count"] == {"total": 0, "active": 0, "unknown": 0, "inactive": 0}


def test_two_phases():
    path = kept(noise(phases=("solid", "pore")))
    found = scene(path)
    assert found["structures"][0]["tpb"] is None
    assert "cube: no triple-phase boundary: the grid has two phases" in found["notes"]
    check_numbers(found["structures"][0], measured(path))
    assert "no phase 'Ni' on this grid" in refused(path, "--tpb", "Ni,YSZ,pore", "-o", "other.html")


def test_five_phases():
    path = kept(noise((9, 8, 7), phases=("Ni", "YSZ", "pore", "GDC", "dirt")))
    found = scene(path, output="none.html")
    assert found["structures"][0]["tpb"] is None
    assert "cube: no triple-phase boundary: three of the 5 phases must be chosen (--tpb A,B,C)" in found["notes"]
    (structure,) = scene(path, "--tpb", "pore,Ni,YSZ")["structures"]
    assert structure["tpb"]["phases"] == [2, 0, 1]
    rows = measured(path, *TPB, "-p", 'tpb.phase_triple=["pore", "Ni", "YSZ"]')
    check_numbers(structure, rows)


def test_names_that_nobody_knows_are_fed_by_no_face_unless_a_grid_file_says_so():
    path = kept(noise(phases=("metal", "oxide", "void")))
    found = scene(path)
    structure = found["structures"][0]
    assert structure["tpb"]["active"] == "spanning"
    assert [one["role"] for one in structure["phases"]] == [None] * 3
    assert [one["text"] for one in structure["faces"]] == ["z = 0", "z = max"]
    assert any("no reservoirs are known" in note for note in found["notes"])
    check_numbers(structure, measured(path, "-m", "tpb"))
    assert counters(structure)["tpb.blocked_inlet.void"]["value"] is None

    grid = GRID.replace("Ni", "metal").replace("YSZ", "oxide").replace("pore", "void")
    Path("named.toml").write_text(grid, encoding="utf-8")
    roles = "metal=electrons,oxide=ions,void=gas"
    structure = scene(path, "--grid", "named.toml", "--roles", roles)["structures"][0]
    assert structure["tpb"]["active"] == "reachable"
    assert [one["role"] for one in structure["phases"]] == ["electrons", "ions", "gas"]
    assert [one["text"] for one in structure["faces"]] == ["gas and electrons (z = 0)", "electrolyte (z = max)"]
    check_numbers(structure, measured(path, "--grid", "named.toml", *TPB))


def test_a_reservoir_that_is_missing_is_told():
    Path("less.toml").write_text(GRID.replace('pore = "z_min"', ""), encoding="utf-8")
    found = scene(kept(noise()), "--grid", "less.toml")
    assert found["structures"][0]["tpb"]["active"] == "spanning"
    assert "cube: no reservoir is known for pore" in found["notes"]


def test_a_large_volume_is_drawn_coarser_and_measured_whole():
    # A channel of one voxel through a solid: the majority of every block of 8 is solid.
    labels = np.ones((12, 10, 8), np.uint8)
    labels[:, 3, 3] = 2
    labels[:, 8:, :] = 0
    path = kept(Volume(labels, Grid(PHASES, (0.1, 0.2, 0.3))))
    found = scene(path, "--max-edge", "6")
    (structure,) = found["structures"]
    assert structure["shape"] == [6, 5, 4]
    assert structure["voxel_um"] == pytest.approx([0.2, 0.4, 0.6])
    assert {key: structure["coarsened"][key] for key in ("factor", "from")} == {"factor": 2, "from": [12, 10, 8]}
    assert not (unpacked(structure["labels"], np.uint8, (6, 5, 4)) == 2).any()
    assert unpacked(structure["network"], np.uint8, (6, 5, 4)).shape == (6, 5, 4)
    check_numbers(structure, measured(path, *TPB))
    assert counters(structure)["percolates.pore.z"]["value"] is True
    assert "pore crosses the volume from z = 0 to z = max, but does not in the drawing" in found["notes"][-1]
    assert found["notes"][-1].startswith("cube: cube has 12 x 10 x 8 voxels, too many to draw; drawn at 1/2")
    assert scene(path, "--max-edge", "12")["structures"][0]["coarsened"] is None


def test_a_volume_larger_than_memory_is_drawn_and_measured_layer_by_layer():
    labels = np.kron(np.random.default_rng(0).integers(0, 3, (12, 10, 8)), np.ones((2, 2, 2), int)).astype(np.uint8)
    path = kept(Volume(labels, Grid(PHASES, (0.1, 0.2, 0.3))))
    (whole,) = scene(path, "--max-edge", "7", "--structures", "1")["structures"]
    (layers,) = scene(path, "--max-edge", "7", "--structures", "1", "--memory", "350040000")["structures"]
    reason = "undefined: it needs the whole volume in memory (--memory)"
    left_out = {name for name, counter in counters(layers).items() if counter["text"] == reason}
    assert left_out == {f"tpb.blocked_inlet.{phase}" for phase in PHASES} | {
        f"tortuosity.{phase}.{key}" for phase in PHASES for key in ("tortuosity_factor", "relative_diffusivity")
    }
    same = {name: counter for name, counter in counters(layers).items() if name not in left_out}
    assert same == {name: counter for name, counter in counters(whole).items() if name in same}
    assert counters(whole).keys() - counters(layers).keys() == {
        f"tpb.sites.{kind}" for kind in ("total", "active", "unknown", "inactive")
    }
    drawing = ("shape", "voxel_um", "coarsened", "labels", "network", "tpb", "phases")
    assert {key: layers[key] for key in drawing} == {key: whole[key] for key in drawing}


def test_a_volume_larger_than_memory_that_changes_between_its_two_readings_is_refused(monkeypatch):
    path, drawn = kept(noise((60, 25, 30))), structure.coarsen

    def coarsen(*arguments, **options):
        os.utime(path, ns=(0, 0))
        return drawn(*arguments, **options)

    monkeypatch.setattr(structure, "coarsen", coarsen)
    done = run(path, "--memory", "351000000")
    assert done.exit_code == 2, done.output
    assert "cube.npz changed while it was read. Read it again when nothing writes to it." in " ".join(
        done.stderr.split()
    )


def test_a_comparison_is_shown():
    rows = [
        {"run": "a", "metric": "vf", "key": "pore", "unit": "1", "score": "s_value", "value": 0.5, "verdict": "Fail"}
    ]
    Path("compared.json").write_text(json.dumps({"comparisons": rows}), encoding="utf-8")
    found = scene(kept(noise()), "--comparison", "compared.json")["comparison"]
    assert found["columns"] == ["a"]
    assert found["rows"][0]["cells"][0]["verdict"] == "Fail"


def test_scores_of_runs_that_are_not_shown_are_told():
    rows = [{"run": name, "metric": "vf", "key": "pore", "score": "s_value", "value": 0.5} for name in ("a", "z")]
    Path("compared.json").write_text(json.dumps({"comparisons": rows}), encoding="utf-8")
    run_folder("a")
    notes = scene("a", "--comparison", "compared.json")["notes"]
    assert [one for one in notes if "scores" in one] == ["scores: no structures of z are on this page"]


def test_json_says_what_was_written():
    run_folder("a")
    done = run("a", "-o", "page.html", "--json")
    told = json.loads(done.stdout)
    shown = scene_in(Path("page.html"))
    assert (told["output"], told["bytes"], told["runs"]) == ("page.html", Path("page.html").stat().st_size, ["a"])
    assert [one["counters"] for one in told["structures"]] == [one["counters"] for one in shown["structures"]]
    assert told["notes"] == shown["notes"]


def test_people_are_told_too():
    done = run(kept(noise()))
    assert re.fullmatch(r"Wrote page.html \(0.0 MB\): 1 structure of cube. Open it in a browser.\n", done.stdout)
    assert "note: cube: the grid names no reservoirs" in done.stderr


def test_a_run_without_structures():
    shutil.rmtree(run_folder("a") / "samples")
    assert "a: the run has no structures: no volume in samples/. Finish the run" in refused("a")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere: there is no such file or folder"),
        (["empty"], "empty: no volume is there"),
        (["cube.npz", "-o", "page.pdf"], "page.pdf: a page ends in .html or .htm, not '.pdf'"),
        (["cube.npz", "-o", f"{'x' * 300}.html"], "cannot be written: File name too long"),
        (["cube.npz", "-o", "none/page.html"], "cannot be written there. Name a file in a folder that exists."),
        (["cube.npz", "--tpb", "Ni,pore"], "--tpb takes three phases, such as Ni,YSZ,pore"),
        (["cube.npz", "--tpb", "Ni,Ni,pore"], "--tpb: three different phases were expected"),
        (["cube.npz", "--tpb", "Ni,YSZ,pores"], "no phase 'pores' on this grid; did you mean 'pore'?"),
        (["cube.npz", "--roles", "pore"], "--roles takes PHASE=ROLE"),
        (["cube.npz", "--roles", "pores=gas"], "--roles: no volume has a phase 'pores'; did you mean 'pore'?"),
        (["cube.npz", "--roles", "pore=water"], "--roles pore: one of electrons, ions, gas was expected, not 'water'"),
        (["cube.npz", "--comparison", "grid.toml"], "grid.toml: is not JSON"),
        (["cube.npz", "--grid", "cube.npz"], "cube.npz: cannot be read: it is not UTF-8 text"),
        (["cube.npz", "--max-edge", "0"], "--max-edge"),
        (["cut.npz"], "cut.npz"),
        ([], "RUN_OR_VOLUME"),
    ],
)
def test_bad_input(arguments, message):
    kept(noise())
    Path("empty").mkdir()
    Path("cut.npz").write_bytes(Path("cube.npz").read_bytes()[:100])
    assert message in " ".join(refused(*arguments).split())


@pytest.mark.parametrize("text", [None, "<p>no place for a scene</p>", document.MARKER * 2])
def test_a_porenet_without_its_page_says_so(place, text):
    (place / "app.html").unlink()
    if text is not None:
        (place / "app.html").write_text(text, encoding="utf-8")
    done = run(kept(noise()))
    assert done.exit_code == 1
    assert "porenet/page/app/app.html" in done.stderr
    assert "This is a fault of porenet" in done.stderr
    assert not Path("page.html").exists()


def test_a_folder_that_takes_no_files_is_refused_before_the_work(monkeypatch):
    kept(noise())
    monkeypatch.setattr("os.access", lambda _, mode: mode != os.W_OK)  # rights themselves do not hold for root
    monkeypatch.setattr("porenet.page.scene.scene_of", lambda *_: pytest.fail("it measured first"))
    assert "page.html: no permission to write in its folder" in refused("cube.npz")


def test_a_link_stays_a_link():
    Path("pages").mkdir()
    Path("page.html").symlink_to("pages/real.html")
    assert scene(kept(noise()))["runs"][0]["name"] == "cube"
    assert Path("page.html").is_symlink()
    assert Path("pages/real.html").is_file()


def test_every_counter_is_in_the_table_of_the_docs():
    text = (ROOT / "docs" / "page.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([\w.]+)`", text, re.MULTILINE))
    (structure,) = scene(kept(noise()))["structures"]
    assert {re.sub(r"\b(Ni|YSZ|pore)\b", "P", one["id"]) for one in structure["counters"]} == documented


def test_the_command_line_starts_without_the_page():
    script = (
        "import sys, porenet.cli; print([m for m in sys.modules if m in ('numpy', 'torch') or 'porenet.page' in m])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
