"""Laws of the formats of archives: what is missing, what is too much, and sizes that a file cannot hold are refused."""

import numpy as np
import pytest

pytest.importorskip("nibabel")
pytest.importorskip("mrcfile")
pytest.importorskip("h5py")
from archive_samples import archive_samples

from porenet.errors import InputError
from porenet.formats import find, read
from porenet.interface import Grid, Volume

GRID = Grid(("a", "b", "c"), (0.1, 0.2, 0.3))
LABELS = np.random.default_rng(0).integers(0, 3, (5, 6, 8)).astype(np.uint8)
SAMPLES = archive_samples(Volume(LABELS, GRID))
PHASES = {"a": 0, "b": 1, "c": 2}


def volume_of(path, data):
    path.write_bytes(data)
    return read(path, phases=PHASES, voxel_um=(0.1, 0.2, 0.3), override=True)


@pytest.mark.parametrize(("suffix", "data"), SAMPLES)
def test_the_voxels_are_those_written_in_their_order(tmp_path, suffix, data):
    np.testing.assert_array_equal(volume_of(tmp_path / f"v{suffix}", data).labels, LABELS)


@pytest.mark.parametrize(("suffix", "data"), SAMPLES)
def test_every_part_of_a_file_is_refused(tmp_path, suffix, data):
    lengths = {*range(0, len(data), max(1, len(data) // 15)), *range(max(0, len(data) - 8), len(data))}
    for length in lengths:
        with pytest.raises(InputError):
            volume_of(tmp_path / f"v{suffix}", data[:length])


@pytest.mark.parametrize(("suffix", "data"), [sample for sample in SAMPLES if b"HDF" not in sample[1][:520]])
def test_one_byte_too_many_is_refused(tmp_path, suffix, data):
    with pytest.raises(InputError):
        volume_of(tmp_path / f"v{suffix}", data + b"x")


@pytest.mark.parametrize(("suffix", "data"), [sample for sample in SAMPLES if sample[0] in (".nii.gz", ".am", ".mat")])
def test_no_flip_of_compressed_voxels_gives_others(tmp_path, suffix, data):
    """Gzip and zlib have checksums; HxByteRLE has none."""
    if b"HxZip" not in data and suffix == ".am":
        return
    start = data.index(b"@1\n") + 3 if suffix == ".am" else 10 if suffix == ".nii.gz" else 128
    packed = suffix != ".mat" or data[128] == 15
    for place in range(start, len(data), 7) if packed else ():
        damaged = bytearray(data)
        damaged[place] ^= 0x10
        try:
            volume = volume_of(tmp_path / f"v{suffix}", damaged)
        except InputError:
            continue
        np.testing.assert_array_equal(volume.labels, LABELS)


def test_a_folder_lists_them_and_their_double_suffix(tmp_path):
    for suffix, data in SAMPLES:
        (tmp_path / f"v{suffix}").write_bytes(data)
    (tmp_path / "notes.gz").write_bytes(b"")
    listing = find(tmp_path)
    assert {path.name for path in listing.volumes} == {f"v{suffix}" for suffix, _ in SAMPLES}
    assert [path.name for path in listing.unknown] == ["notes.gz"]
