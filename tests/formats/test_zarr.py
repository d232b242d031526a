"""zarr stores as the zarr library writes them, in all its variants: what porenet reads is what the library reads."""

import json
import logging
import shutil
import zipfile

import numpy as np
import pytest

from porenet.formats import files_of, find, fingerprint, read, read_with_fingerprint

zarr = pytest.importorskip("zarr")
numcodecs = pytest.importorskip("numcodecs")
codecs = pytest.importorskip("zarr.codecs")

VOXEL = (0.1, 0.2, 0.3)
PHASES = {"zero": 0, "one": 1, "two": 2, "three": 3}
LABELS = np.random.default_rng(0).integers(0, 4, (5, 7, 6)).astype(np.uint8)


def create(path, labels=LABELS, **options):
    options = {"shape": labels.shape, "chunks": (3, 4, 4), "dtype": labels.dtype, **options}
    array = zarr.create_array(path, **options)
    array[...] = labels
    return array


def same_as_zarr(path, **arguments):
    """The labels that porenet and the zarr library read are the same ones, and those that were written."""
    volume = read(path, phases=PHASES, voxel_um=VOXEL, **arguments)
    np.testing.assert_array_equal(volume.labels, zarr.open_array(path, mode="r")[...])
    np.testing.assert_array_equal(volume.labels, LABELS)


BLOSC = [
    numcodecs.Blosc(name, 5, number % 3) for number, name in enumerate(("blosclz", "lz4", "lz4hc", "zlib", "zstd"))
]


@pytest.mark.parametrize(
    "compressor",
    [
        None, numcodecs.Zstd(3), numcodecs.Zstd(1, checksum=True), numcodecs.GZip(), numcodecs.Zlib(), numcodecs.BZ2(),
        numcodecs.LZMA(), numcodecs.LZMA(format=2), numcodecs.LZ4(), *BLOSC,
    ],
    ids=str,
)  # fmt: skip
def test_compressors_of_version_2(tmp_path, compressor):
    create(tmp_path / "v.zarr", LABELS.astype(">i4"), zarr_format=2, compressors=compressor)
    same_as_zarr(tmp_path / "v.zarr")


@pytest.mark.parametrize(
    "filters",
    [
        [numcodecs.Delta("<u2")], [numcodecs.Shuffle(2)], [numcodecs.Shuffle(4)], [numcodecs.CRC32()],
        [numcodecs.CRC32(location="end")], [numcodecs.Adler32()], [numcodecs.Fletcher32()],
        [numcodecs.Delta("<u2"), numcodecs.Shuffle(2), numcodecs.CRC32()],
    ],
    ids=str,
)  # fmt: skip
def test_filters_of_version_2(tmp_path, filters):
    options = {"compressors": numcodecs.Zstd() if len(filters) % 2 else None, "filters": filters}
    create(tmp_path / "v.zarr", LABELS.astype("<u2"), zarr_format=2, **options)
    same_as_zarr(tmp_path / "v.zarr")


@pytest.mark.parametrize(
    ("order", "separator", "dtype"),
    [
        ("C", ".", "|u1"), ("F", ".", "|i1"), ("C", "/", "<u2"), ("F", "/", ">u2"), ("F", ".", "<i4"),
        ("C", ".", ">i8"), ("F", ".", "<u8"),
    ],
)  # fmt: skip
def test_types_and_orders_of_version_2(tmp_path, order, separator, dtype):
    options = {"order": order, "chunk_key_encoding": {"name": "v2", "separator": separator}}
    create(tmp_path / "v.zarr", LABELS.astype(dtype), zarr_format=2, **options)
    same_as_zarr(tmp_path / "v.zarr")


@pytest.mark.parametrize("version", [2, 3])
def test_truth_values(tmp_path, version):
    create(tmp_path / "v.zarr", LABELS == 1, zarr_format=version)
    volume = read(tmp_path / "v.zarr", phases={"no": 0, "yes": 1}, voxel_um=VOXEL)
    np.testing.assert_array_equal(volume.labels, LABELS == 1)


def codec_names(chosen):
    """Of codecs, whose own text is in another order in every process."""
    several = chosen if isinstance(chosen, tuple) else (chosen,)
    return "+".join(type(codec).__name__ for codec in several)


@pytest.mark.parametrize(
    "compressors",
    [
        None, codecs.GzipCodec(), codecs.ZstdCodec(level=3, checksum=True), codecs.BloscCodec(cname="lz4"),
        codecs.Crc32cCodec(), (codecs.ZstdCodec(), codecs.Crc32cCodec()), (codecs.Crc32cCodec(), codecs.GzipCodec()),
    ],
    ids=codec_names,
)  # fmt: skip
@pytest.mark.parametrize("endian", ["little", "big"])
@pytest.mark.parametrize("shards", [None, (6, 8, 8)])
def test_codecs_of_version_3(tmp_path, compressors, endian, shards):
    options = {"serializer": codecs.BytesCodec(endian=endian), "compressors": compressors, "shards": shards}
    create(tmp_path / "v.zarr", LABELS.astype("u2"), **options)
    same_as_zarr(tmp_path / "v.zarr")


@pytest.mark.parametrize("order", [(2, 1, 0), (1, 2, 0), (2, 0, 1)])
@pytest.mark.parametrize("shards", [None, (6, 8, 8)])
def test_transposed_chunks(tmp_path, order, shards):
    twice = (codecs.TransposeCodec(order=order), codecs.TransposeCodec(order=(0, 2, 1)))
    for number, filters in enumerate((twice[:1], twice)):
        create(tmp_path / f"{number}.zarr", filters=filters, shards=shards)
        same_as_zarr(tmp_path / f"{number}.zarr")


@pytest.mark.parametrize("encoding", ["default", "v2"])
@pytest.mark.parametrize("separator", [".", "/"])
def test_names_of_chunks_of_version_3(tmp_path, encoding, separator):
    create(tmp_path / "v.zarr", chunk_key_encoding={"name": encoding, "separator": separator})
    same_as_zarr(tmp_path / "v.zarr")


@pytest.mark.parametrize("place", ["start", "end"])
@pytest.mark.parametrize("checked", [True, False])
def test_index_of_shards(tmp_path, place, checked):
    index = [codecs.BytesCodec(), codecs.Crc32cCodec()][: 1 + checked]
    serializer = codecs.ShardingCodec(chunk_shape=(3, 4, 4), index_codecs=index, index_location=place)
    create(tmp_path / "v.zarr", chunks=(6, 8, 8), serializer=serializer, compressors=None)
    same_as_zarr(tmp_path / "v.zarr")


@pytest.mark.parametrize("chunks", [(2, 2, 1), (5, 7, 6), (9, 9, 9), (1, 7, 6), (5, 1, 6)])
@pytest.mark.parametrize("version", [2, 3])
def test_chunks_of_any_shape(tmp_path, chunks, version):
    create(tmp_path / "v.zarr", chunks=chunks, zarr_format=version)
    same_as_zarr(tmp_path / "v.zarr")


@pytest.mark.parametrize("axes", ["zyx", "xyz", "yzx", "ZYX"])
def test_axes_in_the_order_of_their_names(tmp_path, axes):
    labels = LABELS.transpose(["zyx".index(axis) for axis in axes.lower()])
    create(tmp_path / "v3.zarr", labels, chunks=(2, 3, 4), dimension_names=list(axes))
    create(tmp_path / "v2.zarr", labels, chunks=(2, 3, 4), zarr_format=2, attributes={"_ARRAY_DIMENSIONS": list(axes)})
    for name in ("v3.zarr", "v2.zarr"):
        np.testing.assert_array_equal(read(tmp_path / name, phases=PHASES, voxel_um=VOXEL).labels, LABELS)


@pytest.mark.parametrize(("version", "shards"), [(2, None), (3, None), (3, (4, 6, 8))])
@pytest.mark.parametrize("fill", [0, 3])
def test_chunks_that_were_left_out(tmp_path, caplog, version, shards, fill):
    array = zarr.create_array(
        tmp_path / "v.zarr", shape=LABELS.shape, chunks=(2, 3, 4), shards=shards, dtype="u2", fill_value=fill,
        zarr_format=version,
    )  # fmt: skip
    array[2:4, 3:6, :4] = LABELS[2:4, 3:6, :4]
    expected = np.full(LABELS.shape, fill, np.uint8)
    expected[2:4, 3:6, :4] = LABELS[2:4, 3:6, :4]
    with caplog.at_level(logging.WARNING, "porenet"):
        volume = read(tmp_path / "v.zarr", phases=PHASES, voxel_um=VOXEL)
    np.testing.assert_array_equal(volume.labels, expected)
    np.testing.assert_array_equal(array[...], expected)
    (note,) = caplog.messages
    assert f"v.zarr: 17 of its 18 chunks were never written; they are read as the fill value {fill}" in note


def test_a_store_that_states_no_fill_value_is_read_as_zarr_reads_it(tmp_path):
    create(tmp_path / "v.zarr", zarr_format=2)
    metadata = json.loads((tmp_path / "v.zarr" / ".zarray").read_text())
    (tmp_path / "v.zarr" / ".zarray").write_text(json.dumps(metadata | {"fill_value": None}))
    (tmp_path / "v.zarr" / "0.0.0").unlink()
    volume = read(tmp_path / "v.zarr", phases=PHASES, voxel_um=VOXEL)
    np.testing.assert_array_equal(volume.labels, zarr.open_array(tmp_path / "v.zarr", mode="r")[...])


@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("above", ["", "v.zarr/"])
@pytest.mark.parametrize("shards", [None, (4, 6, 8)])
def test_a_zipped_store(tmp_path, packed, above, shards):
    create(tmp_path / "v.zarr", chunks=(2, 3, 4), shards=shards)
    with zipfile.ZipFile(tmp_path / "v.zarr.zip", "w", packed) as archive:
        for file in files_of(tmp_path / "v.zarr"):
            archive.write(file, above + file.relative_to(tmp_path / "v.zarr").as_posix())
    shutil.rmtree(tmp_path / "v.zarr")
    assert find(tmp_path).volumes == (tmp_path / "v.zarr.zip",)
    volume = read(tmp_path / "v.zarr.zip", phases=PHASES, voxel_um=VOXEL)
    np.testing.assert_array_equal(volume.labels, LABELS)


def test_several_arrays_are_chosen_by_name(tmp_path):
    group = zarr.create_group(tmp_path / "v.zarr")
    for name, labels in (("a", LABELS), ("b/c", LABELS[::-1])):
        group.create_array(name, data=labels, chunks=(2, 3, 4))
    group.create_array("curve", data=np.arange(3.0))
    with pytest.raises(Exception, match=r"several arrays could be the labels: a 5x7x6 uint8; b/c 5x7x6 uint8"):
        read(tmp_path / "v.zarr", phases=PHASES, voxel_um=VOXEL)
    for name, labels in (("a", LABELS), ("/b/c/", LABELS[::-1]), ("b", LABELS[::-1])):
        volume = read(tmp_path / "v.zarr", phases=PHASES, voxel_um=VOXEL, dataset=name)
        np.testing.assert_array_equal(volume.labels, labels)
    with pytest.raises(Exception, match=r"no array is called '\.\./v\.zarr/a'; its arrays are a 5x7x6 uint8"):
        read(tmp_path / "v.zarr", phases=PHASES, voxel_um=VOXEL, dataset="../v.zarr/a")


def test_a_store_is_one_volume_wherever_it_is(tmp_path):
    for name in ("one.zarr", "sub/two.zarr", "sub/three", "four"):
        create(tmp_path / name, zarr_format=2 if "t" in name else 3)
    shutil.copytree(tmp_path / "four", tmp_path / "group" / "five")
    (tmp_path / "group" / ".zgroup").write_text('{"zarr_format": 2}')
    names = ["four", "group", "one.zarr", "sub/three", "sub/two.zarr"]
    assert find(tmp_path).volumes == tuple(tmp_path / name for name in names)
    assert find(tmp_path).unknown == ()
    for name in names:
        assert find(tmp_path / name).volumes == (tmp_path / name,)
    files = files_of(tmp_path / "one.zarr")
    assert files == tuple(sorted(files))
    assert tmp_path / "one.zarr" / "zarr.json" in files
    assert len(files) == 9


def test_the_fingerprint_knows_where_a_chunk_is(tmp_path):
    create(tmp_path / "v.zarr", np.ones_like(LABELS) * 3, zarr_format=2)
    (tmp_path / "v.zarr" / "1.1.1").unlink()
    first = fingerprint(tmp_path / "v.zarr")
    (tmp_path / "v.zarr" / "1.1.0").rename(tmp_path / "v.zarr" / "1.1.1")
    second = fingerprint(tmp_path / "v.zarr")
    assert first != second
    _, third = read_with_fingerprint(
        tmp_path / "v.zarr", lambda: read(tmp_path / "v.zarr", phases=PHASES, voxel_um=VOXEL)
    )
    assert third == second


def test_a_chunk_that_appears_meanwhile_is_a_change(tmp_path):
    create(tmp_path / "v.zarr", zarr_format=2)
    (tmp_path / "v.zarr" / "0.0.0").rename(tmp_path / "kept")
    step = (tmp_path / "kept").rename
    with pytest.raises(Exception, match=r"0\.0\.0 changed while it was read"):
        read_with_fingerprint(tmp_path / "v.zarr", lambda: step(tmp_path / "v.zarr" / "0.0.0"))
