"""The hash of a volume belongs to the bytes that were read, whatever happens to its files meanwhile."""

import os
import shutil
import time

import numpy as np
import pytest

from porenet.errors import InputError
from porenet.formats import files_of, fingerprint, read_with_fingerprint, states_of, unchanged

OLD = time.time_ns() - 3_600_000_000_000


def age(path):
    """An hour old: its times say when it changes."""
    os.utime(path, ns=(OLD, OLD))


def npy(folder):
    place = folder / "cube.npy"
    np.save(place, np.zeros((2, 2, 2), np.uint8))
    return place


def slices(folder):
    images = pytest.importorskip("PIL.Image")
    place = folder / "structure_0001"
    place.mkdir()
    for z in range(3):
        images.fromarray(np.zeros((4, 4), np.uint8)).save(place / f"slice_{z:04d}.bmp")
    return place


def detached(suffix):
    def written(folder):
        pytest.importorskip("nrrd")
        (folder / "cube.raw").write_bytes(bytes(8))
        place = folder / f"cube{suffix}"
        place.write_text("NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nencoding: raw\ndata file: cube.raw\n\n")
        return place

    return written


VOLUMES = {"npy": npy, "slices": slices, "nhdr": detached(".nhdr"), "nrrd": detached(".nrrd")}


def exchange(file):
    """Another file of that size and time takes its name."""
    other = file.with_name("other")
    other.write_bytes(bytes(len(file.read_bytes())))
    age(other)
    other.replace(file)


def overwrite(file):
    """The same file holds other bytes; size and time are as before."""
    with file.open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(b"\x01")
    age(file)


def swap_back(file):
    """Another file lies there for a while."""
    aside = file.with_name("aside")
    file.rename(aside)
    shutil.copy(aside, file)
    aside.replace(file)


def touch(file):
    file.touch()


CHANGES = [exchange, overwrite, swap_back, touch]


@pytest.fixture(params=VOLUMES)
def volume(request, tmp_path):
    place = VOLUMES[request.param](tmp_path)
    for file in files_of(place):
        age(file)
    time.sleep(0.01)  # the clock of the file system ticks every few ms
    return place


def test_an_unchanged_volume_has_its_fingerprint(volume):
    assert read_with_fingerprint(volume, lambda: 7) == (7, fingerprint(volume))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("which", [0, -1])
def test_whatever_changes_while_it_is_read_is_refused(volume, change, which):
    file = files_of(volume)[which]
    with pytest.raises(InputError) as caught:
        read_with_fingerprint(volume, lambda: change(file))
    assert f"{volume}: {file.name} changed while it was read. Measure it again when nothing writes" in str(caught.value)


@pytest.mark.parametrize("change", ["more", "fewer"])
def test_a_stack_that_grows_or_shrinks_is_refused(tmp_path, change):
    place = slices(tmp_path)

    def step():
        if change == "more":
            shutil.copy(place / "slice_0002.bmp", place / "slice_0003.bmp")
        else:
            (place / "slice_0002.bmp").unlink()

    with pytest.raises(InputError, match=r"slice_000[23]\.bmp changed while it was read"):
        read_with_fingerprint(place, step)


def test_a_volume_that_goes_away_is_refused(volume):
    def step():
        shutil.rmtree(volume) if volume.is_dir() else volume.unlink()

    with pytest.raises(InputError, match="changed while it was read"):
        read_with_fingerprint(volume, step)


def test_a_change_explains_what_the_reader_says_of_it(tmp_path):
    place = npy(tmp_path)

    def step():
        place.write_bytes(b"")
        raise InputError("is truncated", fix="Copy it again.")

    with pytest.raises(InputError, match="changed while it was read") as caught:
        read_with_fingerprint(place, step)
    assert "is truncated" in str(caught.value.__cause__)

    def fail():
        raise InputError("is truncated", fix="Copy it again.")

    with pytest.raises(InputError, match=r"^is truncated\. Copy it again\.$"):
        read_with_fingerprint(npy(tmp_path), fail)


def test_a_young_file_is_hashed_twice_as_its_time_may_not_change(tmp_path, monkeypatch):
    place = npy(tmp_path)
    still = states_of(place)
    # a second write within one tick of the clock
    monkeypatch.setattr(unchanged, "states_of", lambda _, **_options: still)
    with pytest.raises(InputError, match=r"cube\.npy changed while it was read"):
        read_with_fingerprint(place, lambda: place.write_bytes(bytes(place.stat().st_size)))
    assert read_with_fingerprint(place, lambda: 7) == (7, fingerprint(place))


def test_the_data_file_of_a_header_is_part_of_the_hash(tmp_path):
    for suffix in (".nhdr", ".nrrd"):
        place = detached(suffix)(tmp_path)
        before = fingerprint(place)
        (tmp_path / "cube.raw").write_bytes(bytes(7) + b"\x01")
        assert fingerprint(place) != before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_hashed(tmp_path):
    os.mkfifo(tmp_path / "cube.npy")
    with pytest.raises(InputError, match="is a pipe or a device"):
        fingerprint(tmp_path / "cube.npy")
