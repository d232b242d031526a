"""`porenet convert` of a volume that is larger than the memory it may take: layer by layer, the same as in memory."""

import os

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from porenet import formats
from porenet.cli import main
from porenet.interface import Grid, Volume

zarr = pytest.importorskip("zarr", reason="zarr, an oracle, is not installed")

VOLUME = Volume(
    np.random.default_rng(0).integers(0, 3, (70, 5, 6), dtype=np.uint8),
    Grid(("Ni", "YSZ", "pore"), (0.3, 0.2, 0.1), (True, False, False)),
)
STATED = ("--phases", "Ni=0,YSZ=1,pore=2", "--voxel-um", "0.3,0.2,0.1")
FOUR_LAYERS = ("--memory", "350000500")
"""Four layers of 30 voxels beyond what Python takes, less than the volume."""


def convert(*arguments):
    return CliRunner().invoke(main, ["convert", *map(str, arguments)])


def content(path):
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    return [(file.relative_to(path), file.read_bytes()) for file in files]


@pytest.mark.parametrize("name", ["w.npz", "w.tif", "w.vti", "w.mha", "w.npy", "w.raw", "stack"])
def test_the_file_is_that_of_a_volume_in_memory(tmp_path, name):
    formats.write(VOLUME, tmp_path / "v.mha", values={"Ni": 9, "YSZ": 7, "pore": 0})
    for folder, memory in (("layers", FOUR_LAYERS), ("memory", ())):
        (tmp_path / folder).mkdir()
        done = convert(tmp_path / "v.mha", tmp_path / folder / name, *memory)
        assert done.exit_code == 0, done.output
    assert content(tmp_path / "layers" / name) == content(tmp_path / "memory" / name)


def test_a_store_of_a_store_is_the_same_where_a_layer_of_chunks_fits(tmp_path):
    formats.write(VOLUME, tmp_path / "v.zarr", values={"Ni": 9, "YSZ": 7, "pore": 0})
    assert convert(tmp_path / "v.zarr", tmp_path / "w.zarr", "--memory", "350008000").exit_code == 0
    assert content(tmp_path / "w.zarr") == content(tmp_path / "v.zarr")


def test_a_store_has_chunks_of_as_many_layers_as_may_be_in_memory(tmp_path):
    np.save(tmp_path / "v.npy", VOLUME.labels)
    done = convert(tmp_path / "v.npy", tmp_path / "w.zarr", *STATED, *FOUR_LAYERS)
    assert done.exit_code == 0, done.output
    assert zarr.open(tmp_path / "w.zarr")["0"].chunks == (4, 5, 6)
    np.testing.assert_array_equal(formats.read(tmp_path / "w.zarr").labels, VOLUME.labels)
    assert [file.name for file in tmp_path.iterdir() if "draft" in file.name] == []


@pytest.mark.parametrize("dtype", ["u1", ">u2", "f4"])
def test_a_file_in_which_z_runs_fastest(tmp_path, dtype):
    np.save(tmp_path / "v.npy", np.asfortranarray(VOLUME.labels.astype(dtype)))
    done = convert(tmp_path / "v.npy", tmp_path / "w.zarr", *STATED, *FOUR_LAYERS)
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(formats.read(tmp_path / "w.zarr").labels, VOLUME.labels)


def test_a_volume_that_is_too_large_for_a_layer_of_chunks_names_the_least_memory(tmp_path):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("labels", data=VOLUME.labels, chunks=(32, 5, 6), compression="gzip")
    done = convert(tmp_path / "v.h5", tmp_path / "w.zarr", *STATED, *FOUR_LAYERS)
    assert done.exit_code == 2
    assert "too little for 32 layers that are decoded together of 5 x 6 voxels. Allow --memory 351MB" in done.stderr
    assert not (tmp_path / "w.zarr").exists()


@pytest.mark.parametrize("cut", [1, 1000])
def test_a_file_that_ends_early_leaves_nothing(tmp_path, cut):
    formats.write(VOLUME, tmp_path / "v.npz")
    formats.write(VOLUME, tmp_path / "v.mha")
    (tmp_path / "v.mha").write_bytes((tmp_path / "v.mha").read_bytes()[:-cut])
    done = convert(tmp_path / "v.mha", tmp_path / "w.zarr", *FOUR_LAYERS)
    assert done.exit_code == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["v.mha", "v.npz"]


def test_a_value_without_a_phase_is_named_with_its_layer(tmp_path):
    labels = VOLUME.labels.copy()
    labels[-1, 2, 3] = 77
    np.save(tmp_path / "v.npy", labels)
    done = convert(tmp_path / "v.npy", tmp_path / "w.zarr", *STATED, *FOUR_LAYERS)
    assert done.exit_code == 2
    assert "in layer 69 the value 77 has no phase" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["v.npy"]


def test_a_file_that_changes_meanwhile_is_refused(tmp_path, monkeypatch):
    np.save(tmp_path / "v.npy", VOLUME.labels)
    whole = formats.LabelSlabs.read

    def touched(self, z0, z1, *out):
        os.utime(tmp_path / "v.npy", ns=(1, 1))
        return whole(self, z0, z1, *out)

    monkeypatch.setattr(formats.LabelSlabs, "read", touched)
    done = convert(tmp_path / "v.npy", tmp_path / "w.zarr", *STATED, *FOUR_LAYERS)
    assert done.exit_code == 2
    assert "v.npy changed while it was read. Convert it again when nothing writes to it" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["v.npy"]


@pytest.mark.parametrize("name", ["v.zarr", "v.h5"])
def test_chunks_that_are_left_out_may_be_refused(tmp_path, name):
    stated = (tmp_path / name, tmp_path / "w.npz", *STATED)
    if name == "v.zarr":
        zarr.create_array(tmp_path / name, shape=(8, 5, 6), dtype="u1", chunks=(4, 5, 6))[:4] = VOLUME.labels[:4]
    else:
        with h5py.File(tmp_path / name, "w") as file:
            file.create_dataset("labels", (8, 5, 6), "u1", chunks=(4, 5, 6))[:4] = VOLUME.labels[:4]
    done = convert(*stated, "--refuse-missing")
    assert done.exit_code == 2
    assert "1 of its 2 chunks were never written. Write it again, or leave --refuse-missing out" in done.stderr
    assert convert(*stated).exit_code == 0
    assert not formats.read(tmp_path / "w.npz").labels[4:].any()
