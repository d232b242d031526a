"""NPY and NPZ: every type and order of numpy, and nothing behind the last voxel."""

import io
import zipfile

import numpy as np
import pytest

from porenet.errors import InputError
from porenet.formats import read

LABELS = np.random.default_rng(0).integers(0, 3, (3, 4, 5))
PHASES = {"a": 0, "b": 1, "c": 2}
TYPES = ("?", "i1", "u1", "<i2", ">i2", "<u4", ">u4", "<i8", ">i8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8")


def labels_of(path, **options):
    return read(path, phases=PHASES, voxel_um=(1, 1, 1), **options).labels


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_type_in_either_order(tmp_path, dtype, order):
    array = np.asarray(LABELS.astype(dtype), order=order)
    np.save(tmp_path / "v.npy", array)
    np.savez_compressed(tmp_path / "v.npz", array)
    for path in (tmp_path / "v.npy", tmp_path / "v.npz"):
        np.testing.assert_array_equal(labels_of(path), array)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_the_header(tmp_path, version):
    with (tmp_path / "v.npy").open("wb") as file:
        np.lib.format.write_array(file, LABELS.astype(np.uint8), version=version)
    np.testing.assert_array_equal(labels_of(tmp_path / "v.npy"), LABELS)


@pytest.mark.parametrize("value", [0.5, np.nan, np.inf, -np.inf, 1e300])
def test_the_first_number_that_is_not_whole_is_named(tmp_path, value):
    array = LABELS.astype(float)
    array[1, 2, 3:] = value, 0.25
    for order in "CF":
        np.save(tmp_path / "v.npy", np.asarray(array, order=order))
        with pytest.raises(InputError, match=rf"{value!r} at voxel \(z, y, x\) = \(1, 2, 3\)".replace("+", r"\+")):
            labels_of(tmp_path / "v.npy")


def test_nothing_may_follow_the_last_voxel(tmp_path):
    np.save(tmp_path / "v.npy", LABELS.astype(np.uint8))
    data = (tmp_path / "v.npy").read_bytes()
    for more in (b"\0", data):
        (tmp_path / "w.npy").write_bytes(data + more)
        with zipfile.ZipFile(tmp_path / "w.npz", "w") as archive:
            archive.writestr("im.npy", data + more)
        for path in (tmp_path / "w.npy", tmp_path / "w.npz"):
            with pytest.raises(InputError, match=r"holds more than its header promises.*or it holds a second array"):
                labels_of(path)


@pytest.mark.parametrize("compress", [np.savez, np.savez_compressed])
def test_no_flipped_bit_of_an_archive_gives_other_labels(tmp_path, compress):
    buffer = io.BytesIO()
    compress(buffer, im=LABELS.astype(np.uint8))
    data = buffer.getvalue()
    for place in range(0, len(data), 5):
        (tmp_path / "v.npz").write_bytes(data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :])
        try:
            labels = labels_of(tmp_path / "v.npz")
        except InputError:
            continue
        np.testing.assert_array_equal(labels, LABELS)
