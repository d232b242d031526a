"""Read, write, find: what every format has in common."""

import contextlib
import functools
import hashlib
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from checkout import ELECTRODE

from porenet.errors import InputError
from porenet.formats import files_of, find, fingerprint, read, volume_files, write
from porenet.interface import Grid, Volume

FOUR = Grid(("Ni", "YSZ", "pore", "binder"), (0.1, 0.25, 0.0368), (False, True, False))
VALUES = {"Ni": 255, "YSZ": 127, "pore": 0, "binder": 9}
# 2 x 3 x 4, no two axes alike and no symmetry, so that a swapped axis cannot pass
LABELS = np.array(
    [[[0, 1, 2, 3], [1, 1, 0, 0], [2, 3, 3, 3]], [[3, 0, 0, 1], [2, 2, 2, 0], [1, 0, 3, 2]]],
    np.uint8,
)


def save(path, array=LABELS):
    np.save(path, array)
    return path


@pytest.mark.parametrize("name", ["v.tiff", "v.VTI"])
def test_suffixes_of_any_spelling_are_written(tmp_path, name):
    write(Volume(LABELS, FOUR), tmp_path / name)
    np.testing.assert_array_equal(read(tmp_path / name).labels, LABELS)


@pytest.mark.parametrize("name", ["v.tif", "v.vti", "stack"])
def test_phases_can_be_written_as_any_values(tmp_path, name):
    write(Volume(LABELS, FOUR), tmp_path / name, values=VALUES)
    order = {"pore": 0, "binder": 9, "YSZ": 127, "Ni": 255}
    again = read(tmp_path / name, phases=order, voxel_um=FOUR.voxel_um)
    np.testing.assert_array_equal(again.labels, np.array([3, 2, 0, 1], np.uint8)[LABELS])
    assert again.grid.phases == ("pore", "binder", "YSZ", "Ni")


def test_one_micron_voxels_survive_in_a_format_without_units(tmp_path):
    write(Volume(LABELS, Grid(FOUR.phases, (1, 1, 1))), tmp_path / "v.vti", values=VALUES)
    assert read(tmp_path / "v.vti", phases=VALUES).grid.voxel_um == (1, 1, 1)


def test_writing_is_reproducible_and_leaves_nothing_behind(tmp_path):
    for name in ("a.npz", "b.npz"):
        write(Volume(LABELS, FOUR), tmp_path / name)
    assert fingerprint(tmp_path / "a.npz") == fingerprint(tmp_path / "b.npz")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_the_npz_is_plain_numpy(tmp_path):
    write(Volume(LABELS, FOUR), tmp_path / "v.npz")
    with np.load(tmp_path / "v.npz", allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["labels"], LABELS)
        record = json.loads(str(archive["grid"]))
        assert len(record.pop("crc32")) == 8
        assert record == {
            "phases": ["Ni", "YSZ", "pore", "binder"],
            "values": [0, 1, 2, 3],
            "voxel_um": [0.1, 0.25, 0.0368],
            "periodic": [False, True, False],
            "shape": [2, 3, 4],
        }


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    from porenet_formats.numpy_files import format as numpy_files

    write(Volume(LABELS, FOUR), tmp_path / "v.npz")
    before = fingerprint(tmp_path / "v.npz")

    def full(volume, file, values):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(numpy_files, "write_npz", full)
    with pytest.raises(InputError, match=r"v\.npz: cannot be written: No space left on device"):
        write(Volume(LABELS, FOUR), tmp_path / "v.npz")
    assert fingerprint(tmp_path / "v.npz") == before
    assert [one.name for one in tmp_path.iterdir()] == ["v.npz"]


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("v.gif", None, r"no format is written with the suffix '\.gif'.*\.mha, \.npy, \.npz, .*\.tif"),
        ("v.png", None, r"an image holds no volumes\. Write (\.\w+, )+\.\w+, or a folder of .bmp slices"),
        ("v.tif", {"Ni": 1, "YSZ": 2}, "values for Ni, YSZ, but the phases are Ni, YSZ, pore, binder"),
        ("v.tif", {"Ni": 1, "YSZ": 1, "pore": 0, "binder": 3}, "'Ni' and 'YSZ' share the value 1"),
        ("v.tif", {"Ni": 256, "YSZ": 1, "pore": 0, "binder": 3}, "Ni=256 cannot be written, which takes 0 to 255"),
        ("missing/v.npz", None, "cannot be written: No such file or directory"),
        ("there", None, "already exists.*two volumes must not mix"),
    ],
)
def test_what_cannot_be_written(tmp_path, name, values, words):
    (tmp_path / "there").mkdir()
    with pytest.raises(InputError, match=words):
        write(Volume(LABELS, FOUR), tmp_path / name, values=values)
    assert [one.name for one in tmp_path.iterdir()] == ["there"]


@pytest.mark.parametrize("dtype", ["u1", "i1", "<u2", ">u2", "<i2", ">i2", "<i4", ">i4", "<u8", ">i8", "?"])
def test_values_become_labels_whatever_their_type(tmp_path, dtype):
    low = -3 if np.dtype(dtype).kind == "i" else 0
    array = (LABELS == 2) if dtype == "?" else np.where(LABELS == 2, 100, low).astype(dtype)
    phases = {"solid": int(low), "pore": 1 if dtype == "?" else 100, "absent": 70000}
    volume = read(save(tmp_path / "v.npy", array), phases=phases, voxel_um=(1, 1, 1))
    np.testing.assert_array_equal(volume.labels, (LABELS == 2).astype(np.uint8))
    assert volume.grid.phases == ("solid", "pore", "absent")


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "i8"])
def test_a_value_without_a_phase_lists_what_is_there(tmp_path, dtype):
    path = save(tmp_path / "v.npy", np.repeat([0, 64, 127, 255], [4, 1, 2, 1]).reshape(2, 2, 2).astype(dtype))
    with pytest.raises(InputError) as caught:
        read(path, phases={"Ni": 255, "YSZ": 127, "pore": 0}, voxel_um=(1, 1, 1))
    message = f"{path}: the value 64 has no phase; its values are 0 (50 %), 64 (12.5 %), 127 (25 %), 255 (12.5 %). "
    message += "Name a phase for each value: "
    assert str(caught.value) == message + "phases={'NAME': value, ...}. Or add it to a phase: 'NAME': [value, 64]."
    assert caught.value.wording.command == message + (
        "--phases Ni=255,YSZ=127,pore=0,NAME=64. Or add it to a phase: NAME=VALUE+64."
    )


def test_without_phases_the_values_are_listed_not_guessed(tmp_path):
    path = save(tmp_path / "v.npy", np.array([0, 127, 255, 255], np.uint8).reshape(1, 2, 2))
    with pytest.raises(InputError) as caught:
        read(path, voxel_um=(1, 1, 1))
    message = f"{path}: no phase names are given; its values are 0 (25 %), 127 (25 %), 255 (50 %). "
    message += "Name a phase for each value: "
    known = " GAN-PH data sets use Ni=255,YSZ=127,pore=0."
    assert str(caught.value) == message + "phases={'NAME': value, ...}." + known
    assert caught.value.wording.command == message + "--phases NAME=0,NAME=127,NAME=255." + known


def test_a_rare_stranger_is_named_among_many_values(tmp_path):
    array = np.repeat(np.arange(20, dtype=np.uint8), 50)
    array[0] = 200
    path = save(tmp_path / "v.npy", array.reshape(10, 10, 10))
    with pytest.raises(InputError, match=r"the value 200 has no phase; .*200 \(0\.1 %\) and 8 more"):
        read(path, phases={f"p{i}": i for i in range(20)}, voxel_um=(1, 1, 1))


def test_grey_values_are_recognised(tmp_path):
    path = save(tmp_path / "v.npy", np.arange(27000, dtype=np.uint16).reshape(30, 30, 30))
    with pytest.raises(InputError, match=r"and 26988 more\. This looks like grey values: segment it first"):
        read(path, voxel_um=(1, 1, 1))


@pytest.mark.parametrize(
    ("phases", "words"),
    [
        ({"a": 0, "b": 0}, "'a' and 'b' share the value 0"),
        ({"a": 0, "b": 1.0}, "the value of 'b' must be a whole number, not 1.0"),
        ({"a": 0, "b": True}, "whole number, not True"),
        ({"a": 0}, "2 to 255 different phase names were expected, not 1"),
        (["a", "a"], "different names of phases were expected"),
        (3, "names of the phases, or a mapping from name to value, were expected, not int"),
        ({"a": 0, "": 1}, "non-empty string"),
    ],
)
def test_a_mapping_that_makes_no_sense(tmp_path, phases, words):
    with pytest.raises(InputError, match=words):
        read(save(tmp_path / "v.npy"), phases=phases, voxel_um=(1, 1, 1))


def test_the_file_s_own_phases_are_not_contradicted_in_silence(tmp_path):
    write(Volume(LABELS, FOUR), tmp_path / "v.npz")
    other = {"pore": 0, "YSZ": 1, "Ni": 2, "binder": 3}
    with pytest.raises(
        InputError, match="the file says Ni=0,YSZ=1,pore=2,binder=3, but pore=0,YSZ=1,Ni=2,binder=3 was asked for"
    ):
        read(tmp_path / "v.npz", phases=other)
    assert read(tmp_path / "v.npz", phases=other, override=True).grid.phases == ("pore", "YSZ", "Ni", "binder")
    reordered = {"pore": 2, "Ni": 0, "YSZ": 1, "binder": 3}
    assert read(tmp_path / "v.npz", phases=reordered).grid.phases == ("pore", "Ni", "YSZ", "binder")


def test_a_voxel_size_is_never_assumed(tmp_path):
    path = save(tmp_path / "v.npy")
    with pytest.raises(InputError, match=r"v\.npy: it states no voxel size\. Give the edges in um: voxel_um=\(z, y, x"):
        read(path, phases=VALUES | {"Ni": 1, "YSZ": 2, "binder": 3})


def test_two_voxel_sizes_must_agree(tmp_path):
    write(Volume(LABELS, FOUR), tmp_path / "v.npz")
    with pytest.raises(InputError, match=r"an edge of 0\.0368 um along x, but 0\.04 was asked for.*override=True"):
        read(tmp_path / "v.npz", voxel_um=(0.1, 0.25, 0.04))
    assert read(tmp_path / "v.npz", voxel_um=[0.1, 0.25, 0.04], override=True).grid.voxel_um[2] == 0.04
    assert read(tmp_path / "v.npz", voxel_um=(0.1, 0.25, 0.03681)).grid.voxel_um[2] == 0.03681


@pytest.mark.parametrize("voxel", [(1,), (0, 1, 1), (1, float("nan"), 1), 0.0, "abc"])
def test_a_voxel_size_that_makes_no_sense(tmp_path, voxel):
    with pytest.raises(InputError, match=r"Grid\.voxel_um"):
        read(save(tmp_path / "v.npy"), phases={"a": 0, "b": 1}, voxel_um=voxel)


def test_boundaries_are_open_unless_said_otherwise(tmp_path):
    write(Volume(LABELS, FOUR), tmp_path / "v.npz")
    assert read(tmp_path / "v.npz").grid.periodic == (False, True, False)
    with pytest.raises(InputError, match="the file is periodic along y, but periodic along z, y, x was asked for"):
        read(tmp_path / "v.npz", periodic=(True, True, True))
    assert read(tmp_path / "v.npz", periodic=(True,) * 3, override=True).grid.periodic == (True, True, True)


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("absent.npy", {}, "there is no such file or folder"),
        ("notes.txt", {}, r"no format has the suffix '\.txt'\. These are read: .*\.npy \.npz"),
        ("noname", {}, "the file has no suffix"),
        ("v.npy", {"shape": (2, 3, 4)}, "shape, dtype and offset are for raw files"),
        ("v.npy", {"offset": 3}, "shape, dtype and offset are for raw files, and NPY states its own"),
        ("v.npy", {"dataset": "labels"}, "no array is called 'labels': the only array has no name"),
    ],
)
def test_a_path_that_is_no_volume(tmp_path, name, arguments, words):
    for one in ("notes.txt", "noname", "slice_0001.png"):
        (tmp_path / one).write_bytes(b"x")
    save(tmp_path / "v.npy")
    with pytest.raises(InputError, match=words) as caught:
        read(tmp_path / name, phases={"a": 0, "b": 1}, **arguments)
    assert str(caught.value).startswith(str(tmp_path / name))


@pytest.mark.parametrize(
    ("module", "name", "extra"),
    [
        ("tifffile", "v.tif", "tiff"),
        ("h5py", "v.h5", "hdf5"),
        ("nrrd", "v.nrrd", "nrrd"),
        ("PIL.BmpImagePlugin", "stack", "images"),
    ],
)
def test_a_missing_library_names_its_extra(tmp_path, monkeypatch, module, name, extra):
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack" / "slice_0.bmp").write_bytes(b"BM")
    for one, start in (("v.tif", b"II*\0"), ("v.h5", b"\x89HDF\r\n\x1a\n"), ("v.nrrd", b"NRRD0004\n")):
        (tmp_path / one).write_bytes(start)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=rf"needs the package .*pip install porenet\[{extra}\]"):
        read(tmp_path / name, phases={"a": 0, "b": 1}, voxel_um=(1, 1, 1))


def test_reading_numpy_needs_no_other_library(tmp_path, monkeypatch):
    for module in ("tifffile", "imagecodecs", "h5py", "nrrd", "PIL"):
        monkeypatch.setitem(sys.modules, module, None)
    write(Volume(LABELS, FOUR), tmp_path / "v.npz")
    write(Volume(LABELS, FOUR), tmp_path / "v.vti")
    assert read(tmp_path / "v.npz").labels.shape == (2, 3, 4)
    assert read(tmp_path / "v.vti", phases={p: i for i, p in enumerate(FOUR.phases)}).labels.shape == (2, 3, 4)


def test_find_lists_volumes_in_natural_order_and_reports_the_rest(tmp_path):
    volume = Volume(LABELS, FOUR)
    root = tmp_path / "set"
    (root / "more").mkdir(parents=True)
    for number in (1, 2, 10):
        write(volume, root / f"structure_{number}")
    (root / "results.dat").write_text("VF0 VF1 VF2 SV0 SV1 SV2\n")
    (root / "structure_2" / "Thumbs.db").write_bytes(b"")
    for name in ("b10.npz", "b9.npz", "more/c.vti", "more/d.tif"):
        write(volume, root / name)
    (root / "README.md").write_text("")
    (root / ".hidden.npy").write_bytes(b"")
    (root / ".cache").mkdir()
    (root / ".cache" / "x.npy").write_bytes(b"")
    found = find(root)
    assert [str(one.relative_to(root)) for one in found.volumes] == [
        "b9.npz",
        "b10.npz",
        "more/c.vti",
        "more/d.tif",
        "structure_1",
        "structure_2",
        "structure_10",
    ]
    assert [str(one.relative_to(root)) for one in found.unknown] == ["README.md", "structure_2/Thumbs.db"]


def test_find_takes_a_file_as_itself_and_an_empty_folder_as_nothing(tmp_path):
    assert find(tmp_path).volumes == ()
    path = save(tmp_path / "v.npy")
    assert find(path).volumes == (path,)
    with pytest.raises(InputError, match="there is no such file or folder"):
        find(tmp_path / "absent")


def test_tiff_files_of_one_page_are_one_stack_and_of_several_pages_are_volumes(tmp_path):
    import tifffile

    for folder in ("slices", "volumes"):
        (tmp_path / folder).mkdir()
        for number in range(3):
            pages = LABELS[0] if folder == "slices" else LABELS
            tifffile.imwrite(tmp_path / folder / f"s_{number}.tif", pages, photometric="minisblack")
    found = find(tmp_path)
    assert [str(one.relative_to(tmp_path)) for one in found.volumes] == [
        "slices",
        "volumes/s_0.tif",
        "volumes/s_1.tif",
        "volumes/s_2.tif",
    ]
    assert found.unknown == ()


def test_find_does_not_go_round_in_circles(tmp_path):
    (tmp_path / "a").mkdir()
    path = save(tmp_path / "a" / "v.npy")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    assert find(tmp_path).volumes == (path,)


def test_the_fingerprint_of_a_file_is_its_sha256(tmp_path):
    path = save(tmp_path / "v.npy")
    assert fingerprint(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert files_of(path) == (path,)


@pytest.mark.parametrize("size", [101, 200, 201, 250])
def test_the_fingerprint_of_a_file_above_a_terabyte_is_that_of_its_blocks(tmp_path, monkeypatch, size):
    monkeypatch.setattr(volume_files, "BLOCKS_ABOVE", 100)
    monkeypatch.setattr(volume_files, "BLOCK", 100)
    monkeypatch.setattr(volume_files, "_PIECE", 7)
    content = np.random.default_rng(0).bytes(size)
    (tmp_path / "v.raw").write_bytes(content)
    blocks = [hashlib.sha256(content[start : start + 100]).digest() for start in range(0, size, 100)]
    expected = "blocks:" + hashlib.sha256(b"".join(blocks)).hexdigest()
    assert fingerprint(tmp_path / "v.raw") == expected
    monkeypatch.setattr(volume_files, "BLOCKS_ABOVE", size)
    assert fingerprint(tmp_path / "v.raw") == hashlib.sha256(content).hexdigest()


def test_the_fingerprint_of_a_stack_knows_every_slice_and_their_order(tmp_path):
    for name in ("one", "two", "swapped"):
        write(Volume(LABELS, FOUR), tmp_path / name)
    (tmp_path / "two" / "notes.txt").write_text("not read")
    first, second = (tmp_path / "swapped" / f"slice_000{i}.bmp" for i in (0, 1))
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    grid_file = (tmp_path / "one" / "grid.toml").read_bytes()  # it says what the slices mean
    digests = [hashlib.sha256(data).digest() for data in (one, other, grid_file)]
    expected = hashlib.sha256(b"".join(digests)).hexdigest()
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "two") == expected
    assert fingerprint(tmp_path / "swapped") != expected
    with pytest.raises(InputError, match="there is no such file"):
        fingerprint(tmp_path / "absent.npy")


def test_the_example_volume_has_its_published_fractions():
    phases = {"phase0": 0, "phase1": 1, "phase2": 2}
    volume = read(ELECTRODE, phases=phases, voxel_um=(1, 1, 1))
    shares = np.bincount(volume.labels.ravel()) / volume.labels.size
    assert volume.labels.shape == (62, 62, 62)
    np.testing.assert_allclose(shares, [0.354532, 0.340837, 0.304631], atol=1e-6)  # reference.json


def test_every_real_volume_has_its_reference_fractions(real_volume):
    folder = real_volume("soc_niysz_ptycho_250_36p8nm").path.parent
    for path in find(folder).volumes:
        row = real_volume(path.stem).reference
        phases = {name: label for label, name in enumerate(row["phases"])}
        volume = read(path, phases=phases, voxel_um=(1, 1, 1))
        assert list(volume.labels.shape) == row["shape"]
        shares = np.bincount(volume.labels.ravel(), minlength=len(phases)) / volume.labels.size
        np.testing.assert_allclose(shares, row["volume_fraction"], atol=1e-6)


def test_a_folder_that_cannot_be_listed_hides_no_other(tmp_path, monkeypatch):

    for name in ("locked", "open"):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "a.npy", np.zeros((2, 2, 2), np.uint8))
    listed = os.scandir

    def scandir(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = find(tmp_path)
    assert found.volumes == (tmp_path / "open" / "a.npy",)
    assert found.unknown == (tmp_path / "locked",)
    assert found.messages == (f"{tmp_path / 'locked'}: cannot be read: Permission denied",)


@contextlib.contextmanager
def nested(folder, name, depth):
    """Folders inside each other, made and removed one by one: no other call of the system reaches so deep."""
    here = os.getcwd()
    os.chdir(folder)
    for _ in range(depth):
        os.mkdir(name)
        os.chdir(name)
    try:
        yield
    finally:
        for _ in range(depth):
            for file in os.listdir():
                if file != name:
                    os.remove(file)
            os.chdir("..")
            os.rmdir(name)
        os.chdir(here)


def test_volumes_below_more_folders_than_python_calls_itself(tmp_path, request):
    request.addfinalizer(functools.partial(sys.setrecursionlimit, sys.getrecursionlimit()))
    sys.setrecursionlimit(400)
    depth = sys.getrecursionlimit() + 20
    with nested(tmp_path, "d", depth):
        path = save(Path("v.npy"))
        listed = []
        assert find(tmp_path, progress=listed.append).volumes == (tmp_path.joinpath(*["d"] * depth, path),)
    assert len(listed) == depth + 1


def test_folders_deeper_than_the_system_reaches_are_named(tmp_path):
    save(tmp_path / "v.npy")
    with nested(tmp_path, "d" * 200, 30):
        save(Path("w.npy"))
        listing = find(tmp_path)
    assert listing.volumes == (tmp_path / "v.npy",)
    (message,) = listing.messages
    assert message.endswith("d: cannot be read: File name too long")
    for door in (find, files_of, fingerprint, read):
        with pytest.raises(InputError, match="File name too long"):
            door("x" * 5000)
