"""Volumes that are read slab by slab have the rows that they have in memory; what cannot be read so is said."""

import itertools
import os
import re

import numpy as np
import pytest

import porenet
from porenet import formats
from porenet.config import GridFile
from porenet.errors import InputError, command_wording
from porenet.interface import Grid, Volume
from porenet.measurement import Request, Source, free_memory, measure, measure_source, slab_plan
from porenet.slabs import Need

pytest.importorskip("porenet_statistics")

PHASES = {"Ni": 2, "YSZ": 5, "pore": 0}
GRID = GridFile(Grid(tuple(PHASES), (0.1, 0.2, 0.1)), values=PHASES, reservoirs={})
METRICS = (
    "vf", "ssa", "dpb", "tpb", "tpb_active_share", "connectivity", "percolates", "euler_number", "mean_curvature",
    "chord_length", "lineal_path", "dpb_active", "s2",
)  # fmt: skip


ALL_AXES = [
    *(Request(name, {"axis": "all"}) for name in ("connectivity", "chord_length", "lineal_path", "s2")),
    Request("vf_profile", {"axis": "y", "parts": 3}),
    Request("ssa_profile", {"axis": "x", "parts": 2}),
    Request("tpb_profile", {"axis": "z"}),
    Request("tortuosity_bounds", {"slabs": 3, "columns": 2, "axis": "all"}),
]


def values(shape=(13, 7, 9), seed=0):
    coarse = np.random.default_rng(seed).choice([2, 5, 0], size=[-(-size // 2) for size in shape])
    return np.kron(coarse, np.ones((2, 2, 2), int))[tuple(map(slice, shape))].astype(np.uint8)


def opened(path, **reading):
    return formats.open_slabs(path, phases=PHASES, voxel_um=(0.1, 0.2, 0.1), **reading)


def in_memory(array, periodic=(False, False, False), requests=(*METRICS, *ALL_AXES)):
    volume = Volume.from_array(array, phases=PHASES, voxel_um=(0.1, 0.2, 0.1), periodic=periodic)
    return measure(volume, requests)


@pytest.fixture
def thin(monkeypatch):
    """Slabs of few layers, however much memory there is."""

    def set_layers(layers):
        monkeypatch.setattr(slab_plan, "USUAL_LAYERS", layers)

    return set_layers


@pytest.mark.parametrize("layers", [1, 4, 64])
@pytest.mark.parametrize("periodic", [(False, False, False), (True, False, True)])
def test_rows_are_those_in_memory(tmp_path, thin, layers, periodic):
    thin(layers)
    np.save(tmp_path / "a.npy", values().astype(">i2"))
    layers = opened(tmp_path / "a.npy", periodic=periodic)
    assert measure(layers, [*METRICS, *ALL_AXES]) == in_memory(values(), periodic)


def test_bounds_stand_in_for_a_tortuosity_and_their_parts_must_fit(large):
    (error,) = outcome(large, "tortuosity").errors
    assert "tortuosity_bounds can be measured instead" in error
    measured = outcome(large, "tortuosity_bounds", "vf", memory=slab_plan.BASE_BYTES + 20_000)
    assert "tortuosity_bounds: takes 24.6 KB for one of its parts, and 20 KB are left" in measured.errors[0]
    assert {row["metric"] for row in outcome(large, "tortuosity_bounds").rows} == {"tortuosity_bounds"}


@pytest.mark.parametrize("name", ["a.raw", "a.tif", "a.zarr", "a.npz", "a.vti", "a.mha"])
def test_rows_are_those_in_memory_whatever_the_format(tmp_path, thin, name):
    thin(3)
    reading = {}
    if name == "a.raw":
        values().tofile(tmp_path / name)
        reading = {"shape": (13, 7, 9), "dtype": "uint8"}
    else:
        volume = Volume.from_array(values(), phases=PHASES, voxel_um=(0.1, 0.2, 0.1))
        formats.write(volume, tmp_path / name, values=PHASES)
    layers = opened(tmp_path / name, **reading)
    assert measure(layers, METRICS) == in_memory(values(), requests=METRICS)


def test_what_cannot_be_measured_so_is_refused_by_name(tmp_path):
    np.save(tmp_path / "a.npy", values())
    layers = opened(tmp_path / "a.npy")
    with pytest.raises(InputError, match=r"a\.npy: first_passage: needs the whole volume .* Metrics by slabs: .*vf"):
        measure(layers, "first_passage")
    with pytest.raises(InputError, match=r"'coarea' needs the whole volume in memory. By slabs there is edges"):
        measure(layers, [Request("tpb", {"estimator": "coarea"})])
    with pytest.raises(InputError, match=r"'radial' needs the whole volume in memory. By slabs there are axes"):
        measure(layers, [Request("s2", {"directions": "radial"})])
    with pytest.raises(InputError, match="slabs have their phases"):
        measure(layers, "vf", phases=PHASES)


@pytest.mark.parametrize(
    ("name", "params"),
    [("s2", {"unlike": True}), ("s2", {"pairs": "auto"}), ("s2", {"reach_um": 1.0}), ("s2", {"lags_um": (1.0, 1.0)}),
     ("tpb", {"phase_triple": ("Ni", "Ni", "pore")}), ("tortuosity_bounds", {"part_gb": 1e-9})],
)  # fmt: skip
def test_parameters_that_are_refused_in_memory_are_refused_by_slabs_in_the_same_words(large, name, params):
    by_slabs = measure_source(Source("a"), large, GRID, [Request(name, params)], {}, 10**9)
    with pytest.raises(InputError) as in_the_volume:
        in_memory(values(), requests=[Request(name, params)])
    assert not by_slabs.rows
    assert in_the_volume.value.what in by_slabs.errors[0]


def test_memory_for_less_than_two_layers_is_refused_with_the_least_that_works(tmp_path):
    np.save(tmp_path / "a.npy", values())
    layers = opened(tmp_path / "a.npy")
    with pytest.raises(InputError, match=r"1 MB are too little for slabs of two layers of 7 x 9") as caught:
        measure(layers, "vf", memory=1_000_000)
    least = int(caught.value.fix.rpartition("=")[2].rstrip("."))
    assert measure(layers, "vf", memory=least) == in_memory(values())[:3]


def test_slabs_end_where_chunks_end(tmp_path, monkeypatch):
    monkeypatch.setattr(slab_plan, "BASE_BYTES", 0)
    volume = Volume.from_array(values((40, 6, 64)), phases=PHASES, voxel_um=(0.1, 0.2, 0.1))
    formats.write(volume, tmp_path / "a.zarr", values=PHASES)
    layers = opened(tmp_path / "a.zarr")
    depth, chunk = 40, layers.chunk_depth
    for memory in range(20_000, 200_000, 9_000):
        try:
            plan = slab_plan.slab_plan(layers, Need(), memory)
        except InputError:
            continue
        assert plan.thickness % min(chunk, depth) == 0
        assert plan.thickness * (plan.count - 1) < depth <= plan.thickness * plan.count


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A volume that counts as larger than memory."""
    monkeypatch.setattr(slab_plan, "WHOLE_BYTES", 10**9)
    np.save(tmp_path / "a.npy", values())
    return tmp_path / "a.npy"


def outcome(path, *names, explicit=True, memory=10**9):
    requests = [Request(f"porenet:{name}", explicit=explicit) for name in names]
    return measure_source(Source("a"), path, GRID, requests, {}, memory)


def test_a_large_volume_has_its_rows_a_hash_and_notes(large):
    measured = outcome(large, "vf", "tpb", "first_passage", "tortuosity", explicit=False)
    rows = [row for row in in_memory(values()) if row["metric"] in ("vf", "tpb")]
    assert [row | {"volume": "a", "origin": None, "sha256": measured.sha256} for row in rows] == measured.rows
    assert measured.sha256 == formats.fingerprint(large)
    left_out, read = measured.notes
    assert left_out.startswith("left out: first_passage, tortuosity: needs the whole volume in memory, up to ")
    assert "read in 1 slab of 13 layers" in read
    assert not measured.errors


@pytest.mark.parametrize(
    ("names", "words"),
    [(("vf",), ""), (("vf", "dpb_active"), ", all of them twice"), (("s2",), ", then in blocks of 2 rows"),
     (("dpb_active", "s2"), ", all of them twice, then in blocks of 2 rows")],
)  # fmt: skip
def test_a_note_says_how_often_the_volume_was_read(large, thin, names, words):
    thin(4)
    (note,) = outcome(large, *names).notes
    assert re.fullmatch(rf".*a\.npy: read in 4 slabs of 4 layers{words}(, [0-9.]+ [MG]B)?", note)


def test_the_rest_is_measured_beside_a_metric_that_cannot_be(large):
    measured = outcome(large, "vf", "first_passage")
    assert [row["metric"] for row in measured.rows] == ["vf"] * 3
    assert "first_passage: needs the whole volume in memory" in measured.errors[0]


def test_a_value_without_a_phase_is_named_with_its_layer(large, thin):
    thin(4)
    array = values()
    array[11, 2, 3] = 77
    np.save(large, array)
    (error,) = outcome(large, "vf").errors
    assert "in layer 11 the value 77 has no phase" in error


def test_a_file_that_changes_meanwhile_is_refused(large, thin, monkeypatch):
    thin(4)
    whole, calls = formats.LabelSlabs.read, itertools.count()

    def touched(self, z0, z1, *out):
        if next(calls) == 2:
            np.save(large, values(seed=1))
            os.utime(large, ns=(1, 1))
        return whole(self, z0, z1, *out)

    monkeypatch.setattr(formats.LabelSlabs, "read", touched)
    measured = outcome(large, "vf")
    assert not measured.rows
    assert "a.npy changed while it was read" in measured.errors[0]


def test_a_small_volume_is_measured_in_memory_as_before(tmp_path):
    np.save(tmp_path / "a.npy", values())
    assert outcome(tmp_path / "a.npy", "vf").notes == []


def test_a_metric_that_would_take_more_than_is_stated_is_refused_and_the_volume_measured_in_memory(tmp_path):
    np.save(tmp_path / "a.npy", values())
    size = values().size
    enough = slab_plan.BASE_BYTES + size * slab_plan.MOST_BYTES
    names = ("vf", "tortuosity", "phase_size")
    measured = outcome(tmp_path / "a.npy", *names, memory=enough - 1)
    assert {row["metric"] for row in measured.rows} == {"vf"}
    assert not measured.notes  # it was not read by slabs
    tortuosity, phase_size = measured.errors
    assert "a.npy: porenet:tortuosity: needs the whole volume in memory, up to 36.9 KB, and 350 MB are" in tortuosity
    assert "tortuosity_bounds can be measured instead. Allow more with --memory" in command_wording(tortuosity)
    assert "phase_size: needs the whole volume" in phase_size
    assert {row["metric"] for row in outcome(tmp_path / "a.npy", *names, memory=enough).rows} == set(names)
    radial = [Request("s2", {"directions": "radial"}, explicit=True), Request("tpb", {"active": "reachable"})]
    (error,) = measure_source(Source("a"), tmp_path / "a.npy", GRID, radial, {}, enough - 1).errors
    assert "s2: needs the whole volume in memory" in error


def test_where_no_memory_is_stated_metrics_may_take_what_is_free(tmp_path, monkeypatch):
    np.save(tmp_path / "a.npy", values())
    monkeypatch.setattr(slab_plan, "free_bytes", lambda: values().size * slab_plan.MOST_BYTES)
    assert outcome(tmp_path / "a.npy", "tortuosity", memory=None).rows
    monkeypatch.setattr(slab_plan, "free_bytes", lambda: values().size * slab_plan.MOST_BYTES - 1)
    assert outcome(tmp_path / "a.npy", "tortuosity", memory=None).errors


def test_the_tightest_limit_of_the_cgroup_counts(tmp_path, monkeypatch):
    job = tmp_path / "user" / "job"
    job.mkdir(parents=True)
    for folder, most, used in ((job, "max", "100"), (tmp_path / "user", "5000", "4000"), (tmp_path, "9000", "10")):
        (folder / "memory.max").write_text(most)
        (folder / "memory.current").write_text(used)
    (tmp_path / "user" / "memory.stat").write_text("anon 3000\ninactive_file 700\n")
    texts = {"/proc/self/cgroup": "0::/user/job\n", "/proc/meminfo": "MemAvailable: 8 kB\n"}
    read = free_memory._text
    monkeypatch.setattr(free_memory, "_text", lambda path: texts.get(str(path)) or read(path))
    monkeypatch.setattr(free_memory, "CGROUPS", tmp_path)
    assert free_memory.free_bytes() == 1700
    assert slab_plan.usual_budget() == slab_plan.BASE_BYTES + 850
    texts["/proc/meminfo"] = "MemAvailable: 1 kB\n"
    assert free_memory.free_bytes() == 1024


def test_porenet_measure_is_the_one_of_the_notebook(tmp_path):
    np.save(tmp_path / "a.npy", values())
    assert porenet.measure(opened(tmp_path / "a.npy"), "vf") == in_memory(values())[:3]


def test_a_volume_of_more_voxels_than_are_read_whole_is_read_by_slabs_however_much_memory_there_is(
    tmp_path, monkeypatch
):
    np.save(tmp_path / "a.npy", values())
    monkeypatch.setattr(formats, "MAX_VOXELS", values().size - 1, raising=False)
    outcome = measure_source(Source("a.npy"), tmp_path / "a.npy", GRID, [Request("vf")], {}, 1 << 62)
    assert not outcome.errors
    assert "read in 1 slab of 13 layers" in outcome.notes[0]
