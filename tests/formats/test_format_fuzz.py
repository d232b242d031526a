"""Of damaged files of every kind, none is read otherwise than by another reader, and slabs are the volume."""

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("h5py")
pytest.importorskip("mrcfile")
pytest.importorskip("nibabel")
pytest.importorskip("nrrd")
pytest.importorskip("PIL")
pytest.importorskip("tifffile")
pytest.importorskip("zarr")
from format_fuzz import LABELS, PHASES, RAW, row
from format_samples import EDGES, format_samples, lay

from porenet.formats import open_slabs, read
from porenet.interface import Grid, Volume

GRID = Grid(("a", "b", "c"), EDGES)
KINDS = format_samples(Volume(LABELS, GRID))
STATED = {"phases": PHASES, "voxel_um": EDGES, "override": True}
HARMLESS = {"refused", "same", "edges", "other", "alone"}
"""Outcomes that are right: files whose voxels were hit where nothing guards them have other labels."""


@pytest.mark.parametrize("kind", KINDS)
def test_the_samples_hold_the_labels(tmp_path, kind):
    suffix, samples = KINDS[kind]
    for number, sample in enumerate(samples):
        lay(sample, tmp_path / f"v{number}{suffix}")
        stated = STATED | (RAW if kind == "raw" else {})
        np.testing.assert_array_equal(read(tmp_path / f"v{number}{suffix}", **stated).labels, LABELS)


FORMATS = Counter(kind.split()[0] for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_damaged_files_of_each_format(tmp_path, kind):
    counts, _ = row(kind, *KINDS[kind], -(-100 // FORMATS[kind.split()[0]]), tmp_path)
    assert set(counts) <= HARMLESS, f"{counts}: {sorted(tmp_path.iterdir())}"
    assert counts["refused"]


@pytest.fixture(scope="module")
def large():
    """Labels of 128 voxels a side, and their samples."""
    labels = np.random.default_rng(1).integers(0, 3, (128, 128, 128), dtype=np.uint8)
    return labels, format_samples(Volume(labels, GRID))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_slabs_of_a_larger_volume(tmp_path, large, kind):
    labels, kinds = large
    suffix, samples = kinds[kind]
    stated = STATED | ({"shape": labels.shape, "dtype": "uint8"} if kind == "raw" else {})
    for number, sample in enumerate(samples):
        path = tmp_path / f"v{number}{suffix}"
        lay(sample, path)
        np.testing.assert_array_equal(read(path, **stated).labels, labels)
        if (number, kind) == (1, "NPY"):  # in Fortran order
            continue
        slabs = open_slabs(path, **stated)
        pieces = [slabs.read(z, min(z + 31, 128)) for z in range(0, 128, 31)]
        np.testing.assert_array_equal(np.concatenate(pieces), labels)
        if slabs.cuts == "anywhere":
            np.testing.assert_array_equal(slabs.read(63, 66), labels[63:66])
        if slabs.slabs.read_y is not None:
            np.testing.assert_array_equal(slabs.read_y(60, 90), labels[:, 60:90])
