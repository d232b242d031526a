"""Whatever the files of a zarr store hold, reading ends in an InputError, or in what the zarr library reads too."""

import shutil
import warnings

import numpy as np
import pytest
from attempts import attempt
from hypothesis import given, settings
from hypothesis import strategies as st

from porenet.formats import files_of, find, fingerprint, read, write
from porenet.interface import Grid, Volume

zarr = pytest.importorskip("zarr")
numcodecs = pytest.importorskip("numcodecs")
codecs = pytest.importorskip("zarr.codecs")

LABELS = np.random.default_rng(0).integers(0, 3, (4, 5, 6)).astype(np.uint8)
PHASES = {f"p{value}": value for value in range(255)}
VOXEL = (0.1, 0.2, 0.3)
STORES = {
    "v2_zstd": {"zarr_format": 2, "compressors": numcodecs.Zstd(checksum=True)},
    "v2_blosc": {"zarr_format": 2, "compressors": numcodecs.Blosc("zstd"), "order": "F"},
    "v2_filters": {"zarr_format": 2, "compressors": numcodecs.LZ4(), "filters": [numcodecs.Delta("|u1")]},
    "v3_gzip": {"compressors": codecs.GzipCodec(), "fill_value": 1},
    "v3_plain": {"compressors": codecs.Crc32cCodec()},
    "v3_sharded": {"shards": (4, 6, 8), "compressors": codecs.BloscCodec()},
}  # fmt: skip
WORDS = (*(word.encode() for word in ("0", "1", "2", "9" * 12, "-1", "null", "[]", '"', ",", "true", "1e9")), b"\0" * 4)


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Folder of one small store of each kind."""
    folder = tmp_path_factory.mktemp("stores")
    for name, options in STORES.items():
        zarr.create_array(folder / f"{name}.zarr", data=LABELS, chunks=(2, 3, 4), **options)
    write(Volume(LABELS, Grid(("a", "b", "c"), VOXEL)), folder / "ome.zarr")
    return folder


def mutate(path, draw):
    """Damage a file of a store in one to three places, cut it, remove it, or give it the name of another."""
    files = files_of(path)
    described = [file for file in files if file.suffix == ".json" or file.name.startswith(".z")]
    file = draw(st.sampled_from(described) | st.sampled_from(files))
    kind = draw(st.sampled_from(["edit", "edit", "edit", "cut", "remove", "exchange", "grow"]))
    data = bytearray(file.read_bytes())
    if kind == "edit":
        for _ in range(draw(st.integers(1, 3))):
            at = draw(st.integers(0, max(0, len(data) - 1)))
            new = draw(st.sampled_from(WORDS) | st.binary(min_size=1, max_size=2))
            data[at : at + draw(st.sampled_from([len(new), 0, 1]))] = new
    elif kind == "cut":
        data = data[: draw(st.integers(0, len(data)))]
    elif kind == "grow":
        data += draw(st.binary(min_size=1, max_size=9))
    elif kind == "exchange":
        data = bytearray(draw(st.sampled_from(files)).read_bytes())
    if kind == "remove":
        file.unlink()
    else:
        file.write_bytes(data)


def by_zarr(path):
    """What the zarr library reads; None if it raises, or a file of it does not fit its metadata."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            node = zarr.open(path, mode="r")
            array = node if isinstance(node, zarr.Array) else node["0"]
            return array[...]
    except Exception:  # the library raises exceptions of many types on damaged stores
        return None


@pytest.mark.parametrize("start", ["v2", ("v3", "ome")])
@settings(max_examples=30)
@given(data=st.data())
def test_damaged_stores(stores, tmp_path, start, data):
    name = data.draw(st.sampled_from([name for name in (*STORES, "ome") if name.startswith(start)]))
    path = tmp_path / "v.zarr"
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(stores / f"{name}.zarr", path)
    mutate(path, data.draw)
    find(tmp_path)
    attempt(lambda: fingerprint(path))
    volume = attempt(lambda: read(path, phases=PHASES, voxel_um=VOXEL, override=True, max_voxels=10**6))
    expected = None if volume is None else by_zarr(path)
    if expected is not None:
        np.testing.assert_array_equal(volume.labels, expected)
