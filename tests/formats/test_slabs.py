"""Volumes by slabs: what `open_slabs` gives, and what it refuses."""

import gzip

import numpy as np
import pytest

from porenet.errors import InputError
from porenet.formats import open_slabs, read, write, write_layers
from porenet.interface import Grid, Volume

GRID = Grid(("Ni", "YSZ", "pore"), (0.3, 0.2, 0.1), (True, False, False))
LABELS = np.random.default_rng(0).integers(0, 3, (70, 5, 6), dtype=np.uint8)
NAMED = {"phases": {"Ni": 0, "YSZ": 1, "pore": 2}, "voxel_um": GRID.voxel_um}


@pytest.mark.parametrize("name", ["v.npz", "v.mha", "v.zarr", "v.tif", "v.vti", "stack"])
def test_slabs_are_those_of_the_volume_in_memory(tmp_path, name):
    write(Volume(LABELS, GRID), tmp_path / name)
    whole = read(tmp_path / name, **NAMED)
    slabs = open_slabs(tmp_path / name, **NAMED)
    assert (slabs.shape, slabs.grid) == (whole.labels.shape, whole.grid)
    for cut in (1, 7, 64):
        pieces = [slabs.read(z, min(z + cut, 70)) for z in range(0, 70, cut)]
        np.testing.assert_array_equal(np.concatenate(pieces), whole.labels)
    assert slabs.cuts == ("forwards" if name in ("v.npz", "v.vti") else "anywhere")
    assert slabs.chunk_depth == (64 if name == "v.zarr" else 1)


def test_what_cannot_be_entered_in_the_middle_says_so(tmp_path):
    write(Volume(LABELS, GRID), tmp_path / "v.npz")
    slabs = open_slabs(tmp_path / "v.npz")
    slabs.read(0, 3)
    with pytest.raises(InputError, match=r"v\.npz: cannot be entered in the middle: layer 5 comes after layer 3"):
        slabs.read(5, 6)
    np.testing.assert_array_equal(slabs.read(3, 6), LABELS[3:6])
    np.testing.assert_array_equal(slabs.read(0, 6), LABELS[:6])  # from its start again
    with pytest.raises(InputError, match="would decode the whole file"):
        slabs.read_y(0, 1)


def test_layers_and_rows_that_there_are_not(tmp_path):
    np.save(tmp_path / "v.npy", LABELS)
    slabs = open_slabs(tmp_path / "v.npy", **NAMED)
    for z0, z1 in ((-1, 2), (3, 3), (60, 71)):
        with pytest.raises(InputError, match="has the layers 0 to 70"):
            slabs.read(z0, z1)
    with pytest.raises(InputError, match="has the rows 0 to 5, not 4 to 6"):
        slabs.read_y(4, 6)


def test_a_value_without_a_phase_is_named_with_its_layer(tmp_path):
    labels = LABELS.copy()
    labels[41, 2, 3] = 9
    np.save(tmp_path / "v.npy", labels)
    slabs = open_slabs(tmp_path / "v.npy", **NAMED)
    assert slabs.read(0, 41).max() == 2
    with pytest.raises(InputError, match=r"in layer 41 the value 9 has no phase; its values are 0 .* in this slab"):
        slabs.read(40, 44)


def test_a_fraction_is_named_with_its_voxel(tmp_path):
    labels = LABELS.astype(np.float32)
    labels[41, 2, 3] = 0.5
    np.save(tmp_path / "v.npy", labels)
    slabs = open_slabs(tmp_path / "v.npy", **NAMED)
    for step in (lambda: slabs.read(40, 44), lambda: slabs.read_y(1, 3)):
        with pytest.raises(InputError, match=r"0\.5 at voxel \(z, y, x\) = \(41, 2, 3\) is not a whole number"):
            step()


def test_fortran_order_is_refused(tmp_path):
    np.save(tmp_path / "v.npy", np.asfortranarray(LABELS))
    with pytest.raises(InputError, match="z runs fastest"):
        open_slabs(tmp_path / "v.npy", **NAMED)


def test_a_stream_that_ends_early_or_late_is_refused_at_its_end(tmp_path):
    header = b"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 6 5 70\nencoding: gzip\nspacings: 0.1 0.2 0.3\n\n"
    for data, words in ((LABELS.tobytes()[:-1], "ends after 2099"), (LABELS.tobytes() + b"\0", "holds more than")):
        (tmp_path / "v.nrrd").write_bytes(header + gzip.compress(data))
        slabs = open_slabs(tmp_path / "v.nrrd", **NAMED)
        with pytest.raises(InputError, match=words):
            slabs.read(0, 70)


@pytest.mark.parametrize("dtype", ["b1", "i1", "u1", ">u2", "f4"])
def test_labels_are_read_into_an_array(tmp_path, dtype):
    named = {"phases": {"a": 0, "b": 1}, "voxel_um": 0.1}
    labels = (LABELS > 1).astype(np.uint8)
    np.save(tmp_path / "v.npy", labels.astype(dtype))
    slabs, out = open_slabs(tmp_path / "v.npy", **named), np.full((4, 5, 6), 9, np.uint8)
    assert slabs.read(3, 7, out) is out
    np.testing.assert_array_equal(out, labels[3:7])
    np.testing.assert_array_equal(read(tmp_path / "v.npy", **named).labels, labels)
    for wrong in (out[:3], out.astype("i1"), np.asfortranarray(out)):
        with pytest.raises(InputError, match="a contiguous array of uint8"):
            slabs.read(3, 7, wrong)


class Layers:
    """Layers of somebody's own."""

    def __init__(self, labels, shape=(2, 3, 4)):
        self.shape, self.grid, self._labels = shape, Grid(("a", "b"), 0.1), labels

    def read(self, z0, z1):
        return self._labels[z0:z1]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.full((2, 3, 4), 2, np.uint8), "labels below 2, .* not label 2"),
        (np.zeros((2, 3, 4), np.int64), r"not int64 of the shape \(2, 3, 4\)"),
        (np.zeros((1, 3, 4), np.uint8), r"not uint8 of the shape \(1, 3, 4\)"),
        ([[[0]]], r"not list of the shape None"),
    ],
)
def test_layers_that_are_none_are_not_written(tmp_path, labels, words):
    with pytest.raises(InputError, match=words):
        write_layers(Layers(labels), tmp_path / "v.zarr")
    with pytest.raises(InputError, match="1 layer or more was expected, not 0"):
        write_layers(Layers(labels), tmp_path / "v.npz", most=0)
    assert list(tmp_path.iterdir()) == []


def test_one_layer_and_one_at_a_time(tmp_path):
    labels = np.random.default_rng(0).integers(0, 2, (5, 70, 3)).astype(np.uint8)
    for name in ("v.zarr", "v.npz", "v.vti", "v.tif", "v.mha"):
        write_layers(Layers(labels, labels.shape), tmp_path / name, most=1)
        np.testing.assert_array_equal(read(tmp_path / name).labels, labels)
        write_layers(Layers(labels, (1, 70, 3)), tmp_path / f"flat_{name}", most=1)
        np.testing.assert_array_equal(read(tmp_path / f"flat_{name}").labels, labels[:1])
