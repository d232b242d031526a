"""MRC, against mrcfile."""

import struct

import numpy as np
import pytest

from porenet.errors import InputError
from porenet.formats import read

mrcfile = pytest.importorskip("mrcfile")

LABELS = np.random.default_rng(0).integers(0, 3, (3, 4, 5)).astype(np.uint8)
PHASES = {"a": 0, "b": 1, "c": 2}
VOXEL = (0.03, 0.02, 0.01)


SIGNED = LABELS.astype("i1")


def stored(folder, labels=SIGNED, *, edges=(100, 200, 300), name="v.mrc", **fields):
    with mrcfile.new(folder / name, overwrite=True) as file:
        file.set_data(labels)
        if edges:
            file.voxel_size = edges
        for field, value in fields.items():
            file.header[field] = value
    return folder / name


def changed(path, place, kind, *values):
    data = bytearray(path.read_bytes())
    struct.pack_into(kind, data, place, *values)
    path.write_bytes(data)
    return path


def same(path, voxel=VOXEL, labels=LABELS, phases=PHASES, **arguments):
    volume = read(path, phases=phases, **arguments)
    np.testing.assert_array_equal(volume.labels, labels)
    assert volume.grid.voxel_um == pytest.approx(voxel, rel=1e-7)


def refused(path, words, **arguments):
    with pytest.raises(InputError, match=words):
        read(path, **{"phases": PHASES, "voxel_um": VOXEL, **arguments})


@pytest.mark.parametrize("code", ["<i1", "<i2", "<u2", "<f4", "<f2", ">i2", ">u2", ">f4"])
@pytest.mark.parametrize("name", ["v.mrc", "v.map", "v.rec"])
def test_types_and_byte_orders(tmp_path, code, name):
    same(stored(tmp_path, LABELS.astype(code), name=name))


def test_an_extended_header_is_passed_over(tmp_path):
    path = stored(tmp_path)
    with mrcfile.open(path, "r+") as file:
        file.set_extended_header(np.frombuffer(b"symmetry" * 20, "V8"))
    same(path)


def test_bytes_of_imod_have_no_sign_unless_a_flag_says_so(tmp_path):
    path = stored(tmp_path, (LABELS * 100).astype("u1").view("i1"))
    high = {"a": 0, "b": 100, "c": 200}
    same(path, phases={"a": 0, "b": 100, "c": -56})
    changed(path, 152, "<2i", 1146047817, 0)
    same(path, phases=high)
    changed(path, 152, "<2i", 1146047817, 1)
    refused(path, "-56", phases=high)


def test_without_a_machine_stamp_the_sizes_decide(tmp_path):
    for code in ("<i2", ">i2", "<i1"):
        same(changed(stored(tmp_path, LABELS.astype(code)), 212, "4s", b"\0\0\0\0"))
    path = changed(stored(tmp_path), 212, "4s", b"\0\0\0\0")
    path.write_bytes(path.read_bytes() + b"x")
    refused(path, "its sizes are not those of a file of 1085 bytes")
    refused(
        changed(stored(tmp_path, LABELS.astype("<i2")), 212, "4s", b"\x11\x11\0\0"),
        "its machine stamp says big endian, but",
    )


def test_edges_that_are_not_known(tmp_path):
    refused(stored(tmp_path, edges=None), "states no voxel size", voxel_um=None)
    refused(stored(tmp_path, edges=1), "no voxel size: its edges of 1 angstrom", voxel_um=None)
    refused(changed(stored(tmp_path), 28, "<3i", 0, 0, 0), "states no voxel size", voxel_um=None)
    same(stored(tmp_path, edges=1), voxel_um=VOXEL)


def test_cells_of_other_sizes_than_the_volume(tmp_path):
    """The edge is the cell over its intervals, whatever part of the cell the volume is."""
    path = changed(stored(tmp_path), 28, "<3i", 50, 40, 30)
    with mrcfile.open(path) as file:
        edges = [float(file.voxel_size[axis]) * 1e-4 for axis in "zyx"]
    same(path, edges)


@pytest.mark.parametrize(
    ("place", "kind", "values", "words"),
    [
        (64, "<3i", (3, 2, 1), r"are the axes 3, 2, 1, not x, y, z"),
        (52, "<3f", (90, 90, 60), "90, 90, 60 degrees, not right ones"),
        (52, "<3f", (float("nan"),) * 3, "not right ones"),
        (12, "<i", (4,), "values of complex numbers"),
        (12, "<i", (101,), "values of 4 bits"),
        (12, "<i", (77,), "values of mode 77"),
        (88, "<i", (401,), "several volumes of 1 sections"),
        (92, "<i", (-5,), "extended header has -5 bytes"),
        (92, "<i", (1 << 30,), "can hold at most 0|ends after"),
        (0, "<i", (4,), "holds more than the 48 voxels"),
        (0, "<i", (-5,), "holds no voxels"),
        (0, "<3i", (1 << 30,) * 3, "above the limit"),
        (0, "<3i", (1000, 1000, 1000), "promises 1000000000 bytes"),
    ],
)
def test_headers_that_are_refused(tmp_path, place, kind, values, words):
    path = stored(tmp_path)
    if place == 88:
        changed(path, 36, "<i", 1)
    refused(changed(path, place, kind, *values), words)


def test_no_header(tmp_path):
    (tmp_path / "v.mrc").write_bytes(b"x" * 100)
    refused(tmp_path / "v.mrc", "has 100 bytes")
    (tmp_path / "v.map").write_bytes(b'{"version":3}' * 100)
    refused(tmp_path / "v.map", "is not an MRC file")
