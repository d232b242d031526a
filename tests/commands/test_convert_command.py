"""`porenet convert`: what it refuses to write over, and what it says of what it wrote."""

import json
import os

import numpy as np
import pytest
from click.testing import CliRunner

from porenet import formats
from porenet.cli import main
from porenet.interface import Grid, Volume

VOLUME = Volume(
    np.random.default_rng(0).integers(0, 3, (3, 4, 5), dtype=np.uint8),
    Grid(("Ni", "YSZ", "pore"), (0.3, 0.2, 0.1), (True, False, False)),
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with the volume as ``v.npz`` and ``stack``."""
    monkeypatch.chdir(tmp_path)
    formats.write(VOLUME, "v.npz")
    formats.write(VOLUME, "stack")
    return tmp_path


def convert(*arguments):
    return CliRunner().invoke(main, ["convert", *arguments])


def content(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("source", "output", "words"),
    [
        ("v.npz", "v.npz", "is what is read. Write to another place"),
        ("v.npz", "link.npz", "is what is read"),
        ("stack", "stack", "is what is read, or in it"),
        ("stack", "stack/slice_9.tif", "is what is read, or in it"),
        ("stack", "way/slice_9.tif", "is what is read, or in it"),
        ("v.nhdr", "voxels.tif", "is what is read"),
        ("v.npz", "stack", "already exists, as a folder. Remove it first"),
        ("v.npz", "pipe.tif", "is a pipe or a device"),
        ("v.npz", "missing/v.tif", "Make the folder above it first"),
        ("v.npz", "v.zarr.zip", "no format is written with the suffix '.zarr.zip'"),
        ("v.npz", "v.nii.gz", "no format is written with the suffix '.nii.gz'"),
        ("v.npz", ".npz", "has a suffix and no name. Write such as volume.npz"),
        ("v.npz", "a\0b.npz", "a path cannot hold a null character"),
        ("folder", "w.npz", "the folder holds no slices"),
        ("v.npz", "loop.npz", "already exists. Add --overwrite"),
    ],
)
def test_refused_places_in_words_and_json(folder, source, output, words):
    os.symlink("v.npz", "link.npz")
    os.symlink("stack", "way")
    os.symlink("loop.npz", "loop.npz")
    os.mkfifo("pipe.tif")
    os.mkdir("folder")
    header = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 5 4 3\nencoding: raw\ndata file: voxels.tif\n"
    (folder / "v.nhdr").write_text(header)
    (folder / "voxels.tif").write_bytes(VOLUME.labels.tobytes())
    before = content(folder)
    flags = [] if "overwrite" in words else ["--overwrite"]
    done = convert(source, output, "--json", *flags)
    assert (done.exit_code, json.loads(done.stdout)["exit_code"]) == (2, 2)
    assert words in done.stderr
    assert content(folder) == before


@pytest.mark.parametrize("name", ["a b.TIF", "-dash.npz", "%s{0}.vti", "'q\"uote.mha", "x" * 240 + ".npz", "ünï"])
def test_odd_names_and_one_voxel(folder, name):
    one = Volume(VOLUME.labels[:1, :1, :1].copy(), VOLUME.grid)
    formats.write(one, "one.npz")
    done = convert("one.npz", "--", name)
    assert done.exit_code == 0, done.output
    back = formats.read(folder / name)
    np.testing.assert_array_equal(back.labels, one.labels)
    assert back.grid == one.grid


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ("Ni=300,YSZ=1,pore=2", "--values: Ni=300 cannot be written, which takes 0 to 255"),
        ("Ni=1,YSZ=1,pore=2", "--values: 'Ni' and 'YSZ' share the value 1"),
        ("Ni=1,pore=2", "--values: values for Ni, pore, but the phases are Ni, YSZ, pore"),
        ("", "--values takes NAME=VALUE,..."),
    ],
)
def test_values_that_cannot_be_written(folder, values, words):
    done = convert("v.npz", "w.mha", "--values", values)
    assert done.exit_code == 2
    assert words in done.stderr
    assert not (folder / "w.mha").exists()


def test_it_says_the_values_that_it_wrote(folder):
    done = convert("v.npz", "w.mha", "--values", "Ni=9+7,YSZ=2,pore=3", "--json")
    assert json.loads(done.stdout)["phases"] == {"Ni": 9, "YSZ": 2, "pore": 3}
    assert formats.stated_values(folder / "w.mha") == {"Ni": (9,), "YSZ": (2,), "pore": (3,)}


def test_empty_options_of_the_grid_are_not_passed_over(folder):
    for option, words in (("--phases", "--phases takes NAME=VALUE"), ("--voxel-um", "--voxel-um takes one length")):
        done = convert("v.npz", "w.mha", option, "")
        assert done.exit_code == 2
        assert words in done.stderr
