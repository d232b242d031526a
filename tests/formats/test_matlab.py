"""MATLAB files, against scipy and h5py; scipy's arrays are those that MATLAB shows under the same indices."""

import logging
import struct
import zlib

import numpy as np
import pytest
import scipy.io

from porenet.errors import InputError
from porenet.formats import read

h5py = pytest.importorskip("h5py")
pytest.importorskip("nibabel")
from archive_samples import HEADER_7_3, matlab7  # noqa: E402

LABELS = np.random.default_rng(0).integers(0, 3, (3, 4, 5)).astype(np.uint8)
PAGES = LABELS.transpose(1, 2, 0)
PHASES = {"a": 0, "b": 1, "c": 2}
VOXEL = (0.1, 0.2, 0.3)


def stored(folder, variables, *, packed=False):
    scipy.io.savemat(folder / "v.mat", variables, do_compression=packed)
    return folder / "v.mat"


def same(path, labels=LABELS, **arguments):
    volume = read(path, phases=PHASES, voxel_um=VOXEL, **arguments)
    np.testing.assert_array_equal(volume.labels, labels)


def refused(path, words, **arguments):
    with pytest.raises(InputError, match=words):
        read(path, phases=PHASES, voxel_um=VOXEL, **arguments)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("code", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])
def test_rows_are_y_columns_x_pages_z(tmp_path, code, packed):
    path = stored(tmp_path, {"im": PAGES.astype(code)}, packed=packed)
    same(path)
    array = scipy.io.loadmat(path)["im"]
    volume = read(path, phases=PHASES, voxel_um=VOXEL)
    assert all(volume.labels[z, y, x] == array[y, x, z] for z in range(3) for y in range(4) for x in range(5))


@pytest.mark.parametrize("packed", [False, True])
def test_logical(tmp_path, packed):
    same(stored(tmp_path, {"im": PAGES > 1}, packed=packed), LABELS > 1)


def test_pages_in_any_pieces(tmp_path, monkeypatch):
    for block in (1, 7, 20, 41, 60):
        monkeypatch.setattr("porenet.formats.interface.stored.BLOCK_BYTES", block)
        same(stored(tmp_path, {"im": PAGES}))


def test_a_volume_of_four_bytes_is_in_its_tag(tmp_path):
    few = np.array([0, 1, 2, 1], np.uint8).reshape(1, 2, 2)
    for packed in (False, True):
        same(stored(tmp_path, {"im": few.transpose(1, 2, 0)}, packed=packed), few)
        same(stored(tmp_path, {"im": few.transpose(1, 0, 2)}, packed=packed), few.transpose(2, 1, 0).transpose(0, 1, 2))


def element(kind, data):
    return struct.pack("<2I", kind, len(data)) + data + bytes(-len(data) % 8)


def by_hand(
    folder,
    *,
    cls=6,
    flags=0,
    dims=(4, 5, 3),
    name=b"im",
    kind=2,
    data=None,
    packed=False,
    extra=b"",
    text=b"MATLAB 5.0",
):
    """A file of one variable; doubles stored as bytes, as MATLAB does with whole numbers."""
    data = PAGES.tobytes("F") if data is None else data
    body = element(6, struct.pack("<2I", cls | flags, 0)) + element(5, struct.pack(f"<{len(dims)}i", *dims))
    body += element(1, name) + element(kind, data) + extra
    whole = struct.pack("<2I", 14, len(body)) + body
    if packed:
        whole = zlib.compress(whole)
        whole = struct.pack("<2I", 15, len(whole)) + whole
    (folder / "v.mat").write_bytes(text.ljust(116) + bytes(8) + b"\x00\x01IM" + whole)
    return folder / "v.mat"


@pytest.mark.parametrize("packed", [False, True])
def test_doubles_stored_as_bytes(tmp_path, packed):
    path = by_hand(tmp_path, packed=packed)
    np.testing.assert_array_equal(scipy.io.loadmat(path)["im"], PAGES)
    same(path)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dims": (4, 5, 2)}, "promises 4x5x2 numbers, and 60 bytes"),
        ({"dims": (4, 5, 1 << 30)}, "promises 4x5x1073741824 numbers"),
        ({"kind": 16}, "60 bytes of type 16"),
        ({"cls": 99}, "a variable of class 99"),
        ({"extra": bytes(8)}, "holds more than the 60 voxels"),
        ({"cls": 9, "kind": 5, "data": PAGES.astype("i4").tobytes("F")}, "its uint8 'im' is stored as int32"),
        ({"flags": 0x800}, "no array of three axes; its variables are im 4x5x3 complex"),
        ({"dims": (4, 15)}, "no array of three axes; its variables are im 4x15 double"),
        ({"cls": 5}, "its variables are im 4x5x3 sparse"),
        ({"name": b"n" * 300}, "description of a variable is damaged"),
    ],
)
def test_variables_that_are_refused(tmp_path, changes, words, packed):
    refused(by_hand(tmp_path, packed=packed, **changes), words)


def test_the_variable_that_is_meant(tmp_path):
    others = {"s": {"a": PAGES}, "c": np.array([[1, "x"]], object), "t": "text", "flat": PAGES[..., 0], "k": 1j * PAGES}
    same(stored(tmp_path, {**others, "im": PAGES}))
    same(stored(tmp_path, {"im": PAGES, "grey": PAGES * 0.5}))  # integers before doubles
    path = stored(tmp_path, {**others, "im": PAGES, "other": PAGES[::-1]})
    refused(path, r"several variables could hold the labels; its variables are .*im 4x5x3 uint8.*dataset=")
    same(path, LABELS[:, ::-1], dataset="other")
    refused(path, "no variable is called 'x'; its variables are s 1x1 struct, c 1x2 cell, t 1x4 char", dataset="x")
    refused(path, "'s' is of class struct and 2 axes, not numbers along three axes", dataset="s")
    refused(path, "'k' is of class complex and 3 axes", dataset="k")
    refused(path, "'flat' is of class uint8 and 2 axes", dataset="flat")


def test_values_that_are_not_whole_are_named_with_their_voxel(tmp_path):
    grey = PAGES.astype(float)
    grey[1, 4, 2] = 0.5
    refused(stored(tmp_path, {"im": grey}), r"0\.5.*2, 1, 4|0\.5 at z = 2, y = 1, x = 4")


def test_python_may_mean_other_axes(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "porenet"):
        same(by_hand(tmp_path))
        assert not caplog.messages
        same(stored(tmp_path, {"im": PAGES}))
        assert "Python wrote it, and it is read as MATLAB shows it: 'im'(y, x, z)" in caplog.messages[0]


def test_compressed_variables_are_verified(tmp_path):
    path = by_hand(tmp_path, packed=True)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    refused(path, "compressed data is damaged")


def test_big_endian(tmp_path):
    body = b""
    values = PAGES.astype(">i2").tobytes("F")
    parts = ((6, struct.pack(">2I", 10, 0)), (5, struct.pack(">3i", 4, 5, 3)), (1, b"im"), (3, values))
    for kind, data in parts:
        body += struct.pack(">2I", kind, len(data)) + data + bytes(-len(data) % 8)
    (tmp_path / "v.mat").write_bytes(bytes(124) + b"\x01\x00MI" + struct.pack(">2I", 14, len(body)) + body)
    same(tmp_path / "v.mat")


def test_no_matlab_file(tmp_path):
    (tmp_path / "v.mat").write_bytes(bytes(200))
    refused(tmp_path / "v.mat", "is not a MATLAB file of version 5 to 7.3. Save it as version 7")
    scipy.io.savemat(tmp_path / "v.mat", {"im": PAGES[..., 0]}, format="4")
    refused(tmp_path / "v.mat", "is not a MATLAB file of version 5 to 7.3")


@pytest.mark.parametrize("options", [{}, {"chunks": True}, {"compression": "gzip", "shuffle": True}])
@pytest.mark.parametrize("code", ["u1", "i2", "f8"])
def test_version_7_3(tmp_path, code, options):
    matlab7(tmp_path / "v.mat", {"im": PAGES.astype(code), "flat": PAGES[..., 0]}, **options)
    same(tmp_path / "v.mat")
    same(tmp_path / "v.mat", dataset="im")
    refused(tmp_path / "v.mat", "'flat' is of class uint8 and 2 axes", dataset="flat")
    refused(tmp_path / "v.mat", "no variable is called 'x'; its variables are flat 4x5 uint8, im 4x5x3", dataset="x")


def test_hdf5_that_matlab_did_not_write(tmp_path):
    with h5py.File(tmp_path / "v.mat", "w") as file:
        file["im"] = LABELS
    refused(tmp_path / "v.mat", "its suffix says MATLAB, but it begins as HDF5 does. Rename it to .h5")


def test_version_7_3_with_structs_text_and_links(tmp_path):
    matlab7(tmp_path / "v.mat", {"im": PAGES})
    with h5py.File(tmp_path / "v.mat", "r+") as file:
        file.create_group("#refs#")["a"] = LABELS
        group = file.create_group("s")
        group.attrs["MATLAB_class"] = np.bytes_("struct")
        group["labels"] = LABELS
        file["text"] = np.zeros((3, 4, 5), "u2")
        file["text"].attrs["MATLAB_class"] = np.bytes_("char")
        file["elsewhere"] = h5py.ExternalLink("other.mat", "im")
        file["soft"] = h5py.SoftLink("/im")
    with (tmp_path / "v.mat").open("r+b") as file:
        file.write(HEADER_7_3)
    same(tmp_path / "v.mat")
    refused(tmp_path / "v.mat", "'s' is of class struct", dataset="s")
    refused(tmp_path / "v.mat", "no variable is called 'elsewhere'", dataset="elsewhere")
