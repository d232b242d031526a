"""zarr stores that lie, lack or link: each is refused for what is wrong with it, before memory is taken for it."""

import gzip
import json
import lzma
import os
import shutil
import zipfile
import zlib

import numpy as np
import pytest
from porenet_formats.zarr.codecs import codec, crc32c, sized

from porenet.errors import InputError
from porenet.formats import read

zarr = pytest.importorskip("zarr")
numcodecs = pytest.importorskip("numcodecs")

VOXEL = (0.1, 0.2, 0.3)
PHASES = {"zero": 0, "one": 1, "two": 2, "three": 3}
LABELS = np.random.default_rng(0).integers(0, 4, (4, 4, 4)).astype(np.uint8)
ZSTD = [{"name": "bytes"}, {"name": "zstd", "configuration": {"level": 0, "checksum": False}}]


@pytest.fixture
def store(tmp_path):
    """Function that makes a store ``v.zarr`` of eight chunks by the zarr library, and its path."""

    def make(version=3, **options):
        options = {"chunks": (2, 2, 2), "fill_value": 0, "zarr_format": version, **options}
        zarr.create_array(tmp_path / "v.zarr", data=LABELS, **options)
        return tmp_path / "v.zarr"

    return make


def change(path, **fields):
    """Change fields of the metadata; None removes one."""
    place = next(path / name for name in ("zarr.json", ".zarray") if (path / name).exists())
    content = json.loads(place.read_text()) | fields
    place.write_text(json.dumps({name: value for name, value in content.items() if value is not ...}))


def refusal(path, **arguments):
    with pytest.raises(InputError) as caught:
        read(path, phases=PHASES, voxel_um=VOXEL, **arguments)
    assert str(path) in caught.value.where
    return caught.value.what


def grid_of(*chunk):
    return {"name": "regular", "configuration": {"chunk_shape": list(chunk)}}


def named_by(separator):
    return {"name": "default", "configuration": {"separator": separator}}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"shape": [10000, 10000, 10000]}, "promises 1000000000000 voxels"),
        ({"shape": [1 << 62, 1 << 62, 2]}, "promises 42535"),
        ({"shape": [1000, 1000, 1000]}, "124999992 of its 125000000 chunks were never written"),
        ({"shape": [4, 4]}, "chunks have 3 axes, but the array has 2"),
        ({"shape": [4, 4, 0]}, "holds no voxels"),
        ({"shape": [4, 4, -4]}, "its shape is"),
        ({"shape": [4, 4, True]}, "its shape is"),
        ({"shape": 4}, "its shape is 4"),
        ({"shape": [1] * 40}, "its shape is"),
        ({"chunk_grid": grid_of(2, 2, 0)}, "its chunk_shape is"),
        ({"chunk_grid": grid_of(1 << 20, 1 << 20, 1 << 20)}, "chunks are larger than the array"),
        ({"chunk_grid": grid_of(128, 128, 128)}, "cannot hold its voxels"),
        ({"chunk_grid": grid_of(2, 2, 4)}, "holds 8 bytes, not 16"),
        ({"chunk_grid": {"name": "rectilinear"}}, "chunks are of the kind 'rectilinear'"),
        ({"chunk_key_encoding": named_by(".")}, "8 of its 8 chunks are missing"),
        ({"chunk_key_encoding": {"name": "v2"}}, "8 of its 8 chunks are missing, and 'c/"),
        ({"chunk_key_encoding": named_by("../")}, "separated by '../'"),
        ({"data_type": "string"}, "values of type 'string'"),
        ({"data_type": {"name": "numpy.datetime64"}}, "values of type"),
        ({"data_type": "uint16"}, "the byte order of its values is not stated"),
        ({"fill_value": 256}, "its fill value 256 is not one of uint8"),
        ({"fill_value": 0.5}, "its fill value '0.5' is not a whole number"),
        ({"fill_value": "x"}, "its fill value 'x' is not a whole number"),
        ({"storage_transformers": [{"name": "x"}]}, "it needs 'storage_transformers'"),
        ({"surprise": {"name": "x"}}, "it needs 'surprise'"),
        ({"codecs": [{"name": "os.system"}]}, "by the codec 'os.system'"),
        ({"codecs": [*ZSTD, {"name": "numcodecs.pickle"}]}, "codec 'numcodecs.pickle', which is not read"),
        ({"codecs": [*ZSTD, ZSTD[1]]}, "compressed twice"),
        ({"codecs": [{"name": "transpose", "configuration": {"order": [0, 0, 1]}}, *ZSTD]}, "transposed by"),
        ({"codecs": ["bytes"]}, "bytes, not 8"),
        ({"codecs": []}, "by the codec 'none'"),
        ({"codecs": [3]}, "in the place of an object"),
        ({"node_type": "cake"}, "describes 'cake'"),
        ({"zarr_format": 4}, "of version 4"),
        ({"node_type": "group"}, "holds no 3-D array of integers"),
    ],
)  # fmt: skip
def test_metadata_of_version_3(store, fields, words):
    path = store()
    change(path, **fields)
    assert words in refusal(path)


@pytest.mark.parametrize("fields", [{"shape": [8, 4, 4]}, {"surprise": {"must_understand": False}}, {"attributes": {}}])
def test_metadata_that_are_no_fault(store, fields):
    path = store()
    change(path, **fields)
    np.testing.assert_array_equal(read(path, phases=PHASES, voxel_um=VOXEL).labels[:4], LABELS)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"dtype": "|O"}, "values of type '|O'"),
        ({"dtype": [["a", "<i4"]]}, "values of type"),
        ({"dtype": "<U4"}, "values of type '<U4'"),
        ({"dtype": "|u2"}, "the byte order of its values is not stated"),
        ({"compressor": {"id": "pickle"}}, "codec 'pickle', which is not read"),
        ({"filters": [{"id": "json2"}]}, "codec 'json2', which is not read"),
        ({"filters": [{"id": "delta", "dtype": "<u2"}]}, "delta filter changes the type"),
        ({"filters": [{"id": "shuffle", "elementsize": 0}]}, "shuffle has elements of 0 bytes"),
        ({"order": "Z"}, "order of its chunks is 'Z'"),
        ({"dimension_separator": "/"}, "8 of its 8 chunks are missing"),
        ({"zarr_format": 1}, "of version 1"),
        ({"compressor": None}, "bytes, not 8"),
    ],
)
def test_metadata_of_version_2(store, fields, words):
    path = store(2)
    change(path, **fields)
    assert words in refusal(path)


@pytest.mark.parametrize("name", ["zlib", "gzip", "bz2", "lzma", "zstd", "blosc", "lz4"])
def test_a_chunk_that_unpacks_to_more_than_it_should(name):
    config = {"id": name}
    packed = bytes(numcodecs.get_codec(config).encode(bytes(300_000)))
    step = codec(name, config, 1)
    assert step.decode(packed, 300_000) == bytes(300_000)
    with pytest.raises(InputError, match="bytes"):
        step.decode(packed, 200_000)
    for data in (packed[:-1], packed[: len(packed) // 2], b"", b"\0" * 40):
        with pytest.raises((InputError, RuntimeError, ValueError, zlib.error, lzma.LZMAError, OSError, EOFError)):
            step.decode(data, 300_000)


@pytest.mark.parametrize(("name", "place", "width"), [("blosc", 4, 4), ("lz4", 0, 4), ("zstd", 6, 4)])
def test_a_size_that_a_chunk_states_is_compared_before_it_is_believed(name, place, width):
    packed = bytearray(numcodecs.get_codec({"id": name}).encode(bytes(100_000)))
    packed[place : place + width] = b"\xff\xff\xff\x7f"
    with pytest.raises(InputError, match=r"holds \d+ bytes, not 100000|states a length"):
        codec(name, {}, 1).decode(bytes(packed), 100_000)


def test_a_million_empty_streams_end():
    empty = gzip.compress(b"", mtime=0)
    with pytest.raises(InputError, match="more than 100 streams"):
        codec("gzip", {}, 1).decode(empty * 1000, 10)
    assert codec("gzip", {}, 1).decode(gzip.compress(b"ab") + gzip.compress(b"c"), 3) == b"abc"


@pytest.mark.parametrize("name", ["crc32c", "crc32", "adler32", "fletcher32"])
def test_checksums_are_compared(name):
    if name == "crc32c":  # its check value is that of RFC 3720 for "123456789"
        assert crc32c(b"123456789") == 0xE3069283
        packed = b"12345678" + crc32c(b"12345678").to_bytes(4, "little")
    else:
        packed = bytes(numcodecs.get_codec({"id": name}).encode(b"12345678"))
    step = codec(name, {}, 1)
    assert [size for _, size in sized((step, codec("zstd", {}, 1)), 8)] == [12, 8]
    assert step.decode(packed, 8) == b"12345678"
    for place in range(12):
        damaged = bytearray(packed)
        damaged[place] ^= 1
        with pytest.raises((InputError, RuntimeError)):
            step.decode(bytes(damaged), 8)


@pytest.mark.parametrize("content", [b"", b"\0", b"x" * 5000])
@pytest.mark.parametrize("version", [2, 3])
def test_a_chunk_that_is_there_and_does_not_decode_is_an_error(store, content, version):
    path = store(version)
    chunk = path / ("0.0.0" if version == 2 else "c/0/0/0")
    chunk.write_bytes(content)
    assert "the chunk" in refusal(path)
    chunk.unlink()
    chunk.mkdir()
    assert "is a folder" in refusal(path)


def test_shards_that_lie(store):
    path = store(shards=(4, 4, 4), compressors=None)
    shard = path / "c" / "0" / "0" / "0"
    whole = shard.read_bytes()
    assert len(whole) == 64 + 8 * 16 + 4
    for place in (-4, -20):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        shard.write_bytes(damaged)
        assert "does not have its checksum" in refusal(path)
    shard.write_bytes(whole[-100:])
    assert "its index alone has 132" in refusal(path)
    for first, size in ((190, 8), (1 << 63, 1 << 63), (0, 1 << 40), (0, 7)):
        table = np.array([[first, size]] + [[8, 8]] * 7, "<u8").tobytes()
        shard.write_bytes(bytes(64) + table + crc32c(table).to_bytes(4, "little"))
        assert "behind the end" in refusal(path) if first + size > 196 else "holds 7 bytes" in refusal(path)


@pytest.mark.parametrize("inside", [True, False])
def test_links_are_refused(store, tmp_path, inside):
    path = store()
    chunk = path / "c" / "1" / "1" / "1"
    place = path / "kept" if inside else tmp_path / "kept"
    chunk.rename(place)
    chunk.symlink_to(place)
    assert "'c/1/1/1' is a link" in refusal(path)
    shutil.rmtree(path / "c")
    (path / "c").symlink_to(tmp_path)
    assert "'c' is a link" in refusal(path)


def test_pipes_are_refused(store):
    path = store()
    os.mkfifo(path / "c" / "9")
    assert "'c/9' is neither a file nor a folder" in refusal(path)


# The zarr library warns, as it writes them, that version 3 does not define them yet.
@pytest.mark.filterwarnings("ignore:Consolidated metadata")
def test_consolidated_metadata_that_contradict(tmp_path):
    for version, name in ((2, ".zmetadata"), (3, "zarr.json")):
        path = tmp_path / f"{version}.zarr"
        group = zarr.create_group(path, zarr_format=version)
        group.create_array("a", data=LABELS, chunks=(2, 2, 2))
        zarr.consolidate_metadata(path)
        read(path, phases=PHASES, voxel_um=VOXEL)
        text = (path / name).read_text()
        (path / name).write_text(text.replace('"fill_value": 0', '"fill_value": 1'))
        assert "its consolidated metadata contradict the array 'a' in 'fill_value'" in refusal(path)
        (path / name).write_text(text)
        shutil.move(path / "a", path / "b")
        assert "its consolidated metadata contradict the array 'a' in 'node_type'" in refusal(path)


def test_stores_without_a_volume(tmp_path):
    path = tmp_path / "v.zarr"
    path.write_bytes(b"")
    assert "is a file, but a zarr store is a folder" in refusal(path)
    path.unlink()
    path.mkdir()
    assert "holds no zarr.json, .zarray or .zgroup" in refusal(path)
    for content, words in (("[", "is not JSON"), ("[" * 100_000, "is not JSON"), ("3", "does not hold an object")):
        (path / "zarr.json").write_text(content)
        assert words in refusal(path)
    (path / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}')
    assert "holds no 3-D array of integers; its arrays are none" in refusal(path)
    (path / ".zgroup").write_text('{"zarr_format": 2}')
    assert "'zarr.json' and '.zgroup' describe the same place" in refusal(path)


def test_archives_that_lie(tmp_path):
    path = tmp_path / "v.zarr.zip"
    path.write_bytes(b"PK")
    assert "cannot be read as zarr" in refusal(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("zarr.json", "{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("zarr.json", "{}")
    assert "two files called 'zarr.json'" in refusal(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("zarr.json", "{}")
    assert "compressed other than by deflate" in refusal(path)


def test_a_small_store_of_a_large_volume_takes_no_memory(store):
    """One chunk of a gigabyte in a few hundred bytes: no codec packs that far, so it is not believed."""
    path = store()
    change(path, shape=[1024, 1024, 1024], chunk_grid=grid_of(1024, 1024, 1024))
    shutil.rmtree(path / "c" / "1")
    shutil.rmtree(path / "c" / "0" / "1")
    (path / "c" / "0" / "0" / "1").unlink()
    assert "which cannot hold its voxels" in refusal(path)
