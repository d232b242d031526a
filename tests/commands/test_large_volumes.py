"""`porenet measure` of volumes that count as larger than memory: bad ones among them, killed, and on a cluster."""

import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pytest
import rich.console
from click.testing import CliRunner

from porenet import formats
from porenet.cli import main
from porenet.commands import console
from porenet.interface import Volume
from porenet.measurement import slab_plan

pytest.importorskip("porenet_statistics")
pytest.importorskip("porenet_formats")

PHASES = {"Ni": 0, "YSZ": 1, "pore": 2}
METRICS = "vf,ssa,tpb,connectivity,chord_length"
GRID = ("--phases", "Ni=0,YSZ=1,pore=2", "--voxel-um", "0.1")


def values(depth=13, seed=0):
    return np.random.default_rng(seed).integers(0, 3, (depth, 20, 20), dtype=np.uint8)


def run(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a sound volume; all count as large, and are read in slabs of 4 layers."""
    monkeypatch.setattr(slab_plan, "WHOLE_BYTES", 10**9)
    monkeypatch.setattr(slab_plan, "USUAL_LAYERS", 4)
    (tmp_path / "volumes").mkdir()
    np.save(tmp_path / "volumes" / "sound.npy", values())
    return tmp_path / "volumes"


def truncated(folder):
    path = folder / "bad.npy"
    np.save(path, values())
    os.truncate(path, path.stat().st_size - 7)
    return "bad.npy: "


def truncated_chunk(folder):
    pytest.importorskip("numcodecs")
    formats.write(Volume.from_array(values(), phases=PHASES, voxel_um=0.1), folder / "bad.zarr", values=PHASES)
    chunk = max((path for path in (folder / "bad.zarr").rglob("*") if path.is_file()), key=lambda p: p.stat().st_size)
    os.truncate(chunk, chunk.stat().st_size // 2)
    return "bad.zarr: "


def without_phase(folder):
    array = values()
    array[12, 3, 4] = 9
    np.save(folder / "bad.npy", array)
    return "bad.npy: in layer 12 the value 9 has no phase"


def with_links_out(folder):
    pytest.importorskip("numcodecs")
    place = folder.parent / "elsewhere.zarr"
    formats.write(Volume.from_array(values(), phases=PHASES, voxel_um=0.1), place, values=PHASES)
    shutil.copytree(place, folder / "bad.zarr")
    chunk = max((path for path in (folder / "bad.zarr").rglob("*") if path.is_file()), key=lambda p: p.stat().st_size)
    chunk.unlink()
    chunk.symlink_to(max((path for path in place.rglob("*") if path.is_file()), key=lambda p: p.stat().st_size))
    return "bad.zarr: "


@pytest.mark.parametrize("spoilt", [truncated, truncated_chunk, without_phase, with_links_out])
def test_a_bad_volume_is_one_line_and_the_others_are_measured(folder, spoilt):
    words = spoilt(folder)
    done = run("measure", folder, *GRID, "-m", METRICS, "--workers", 1, "--json")
    assert done.exit_code == 1, done.output
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
    assert line.startswith("error: ")
    assert words in line
    assert {row["volume"] for row in json.loads(done.stdout)["rows"]} == {"sound.npy"}
    assert len(json.loads(done.stdout)["errors"]) == 1


def test_a_file_that_changes_meanwhile_is_one_line_and_the_others_are_measured(folder, monkeypatch):
    np.save(folder / "bad.npy", values())
    read = formats.LabelSlabs.read

    def grows(self, z0, z1, *out):
        if self.path.name == "bad.npy" and z0 == 8:
            with self.path.open("ab") as file:
                file.write(b"0")
        return read(self, z0, z1, *out)

    monkeypatch.setattr(formats.LabelSlabs, "read", grows)
    done = run("measure", folder, *GRID, "-m", METRICS, "--workers", 1, "-o", folder.parent / "t.json")
    assert done.exit_code == 1, done.output
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
    assert line.startswith("error: ")
    assert "bad.npy changed while it was read" in line
    assert "values of 1 volume." in done.stdout


def test_a_budget_below_two_layers_names_the_least(folder):
    done = run("measure", folder, *GRID, "-m", METRICS, "--workers", 1, "--memory", "1MB")
    assert done.exit_code == 1, done.output
    (line,) = done.stderr.splitlines()
    assert "1 MB are too little for slabs of two layers of 20 x 20 voxels" in line
    least = line.rpartition("Allow --memory ")[2].rstrip(".")
    assert run("measure", folder, *GRID, "-m", METRICS, "--workers", 1, "--memory", least).exit_code == 0


def test_processes_that_a_memory_is_too_little_for_are_not_started(folder):
    """Two would have 0.18 GB each, in which Python itself does not fit."""
    np.save(folder / "other.npy", values(seed=1))
    done = run("measure", folder, *GRID, "-m", METRICS, "--workers", 2, "--memory", "360MB", "--json")
    assert done.exit_code == 0, done.output
    assert {row["volume"] for row in json.loads(done.stdout)["rows"]} == {"sound.npy", "other.npy"}


def test_notes_say_how_it_was_read_and_what_it_took(folder):
    done = run("measure", folder, *GRID, "-m", METRICS, "--workers", 1, "--json")
    (note,) = json.loads(done.stdout)["notes"]
    assert "sound.npy: read in 4 slabs of 4 layers, " in note
    assert re.search(r", [0-9.]+ [MG]B$", note)  # of the whole process, tests before it included


def test_progress_names_the_volume_its_speed_and_the_time_left(folder, monkeypatch):
    text = io.StringIO()
    terminal = partial(rich.console.Console, file=text, force_terminal=True, width=200)
    monkeypatch.setattr("rich.console.Console", lambda **_: terminal())
    monkeypatch.setattr(console, "watched", lambda: True)
    stage, words = console.Steps.stage, []
    monkeypatch.setattr("rich.progress.Progress.update", lambda *_, description, **__: words.append(description))
    assert run("measure", folder, *GRID, "-m", METRICS, "--workers", 1).exit_code == 0
    stages = [re.fullmatch(r"sound\.npy: reading: (\d+) of 13 layers, \S+ .?B/s, \d+ s left", word) for word in words]
    assert [match[1] for match in stages if match] == ["4", "8", "12", "13"]
    assert stage(console.Steps(), "not on a terminal") is None


SLOWLY = """
import sys
from porenet.cli import main
from porenet.measurement import kept_states, slab_plan
slab_plan.WHOLE_BYTES, slab_plan.USUAL_LAYERS = 10**9, 1
kept_states.PERIOD_S, kept_states.MOST_SHARE = 0.0, float("inf")
main(sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_killed_at_random_moments_the_table_is_equal_to_the_byte(folder):
    np.save(folder / "sound.npy", np.kron(values(24), np.ones((2, 2, 2), np.uint8)))
    command = ["measure", str(folder), *GRID, "-m", METRICS + ",s2", "--workers", "1", "-o"]
    assert run(*command, folder.parent / "whole.json").exit_code == 0
    table, places = folder.parent / "killed.json", folder.parent / "killed.json.partial.d"
    rng = random.Random(0)
    moments = sorted(rng.uniform(0, 85) for _ in range(4))
    for moment in moments:
        process = subprocess.Popen([sys.executable, "-c", SLOWLY, *command, str(table)], stderr=subprocess.DEVNULL)
        while process.poll() is None and _kept(places) < moment:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.02))
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert _kept(places) >= moment
    done = subprocess.run([sys.executable, "-c", SLOWLY, *command, str(table)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "where an earlier process stopped" in done.stderr
    assert table.read_bytes() == (folder.parent / "whole.json").read_bytes()
    assert not places.exists()


def _kept(places):
    """Number of layers and rows of the state that is kept."""
    names = [path.stem for path in places.glob("*/state-*.npz")]
    return max((int(name.partition("-")[2]) for name in names), default=-1)


def _small():
    from porenet.measurement import slab_plan

    slab_plan.WHOLE_BYTES, slab_plan.USUAL_LAYERS = 10**9, 4


def _deadly():
    from porenet.measurement import cluster_tasks

    cluster_tasks.stretch_arrays = lambda *_: os._exit(1)


@pytest.fixture
def cluster(folder, monkeypatch):
    """Two workers for which all volumes count as large, and short stretches."""
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr("porenet.measurement.stretches.SHORTEST", 2)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit="2GB"
        ) as local,
        distributed.Client(local) as client,
    ):
        client.run(_small)
        yield client


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_reads_one_volume_together_though_a_worker_is_lost(folder, cluster):
    here, there = folder.parent / "here.json", folder.parent / "there.json"
    command = ["measure", folder, *GRID, "-m", METRICS + ",s2", "-o"]
    assert run(*command, here, "--workers", 1).exit_code == 0
    np.savez_compressed(folder / "deflated.npz", values())
    worker = min(cluster.scheduler_info()["workers"])
    cluster.run(_deadly, workers=[worker])
    done = run(*command, there, "--dask", cluster.scheduler.address)
    assert done.exit_code == 1, done.output
    assert worker not in cluster.scheduler_info()["workers"]
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "deflated.npz: cannot be entered in the middle" in line
    assert line.endswith("Convert it: porenet convert deflated.npz NAME.zarr.")
    assert "sound.npy: read in " in done.stderr
    assert there.read_bytes() == here.read_bytes()
