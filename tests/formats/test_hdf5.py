"""HDF5 as h5py writes it in all its variants; chunks left out, checksums, links, groups without end."""

import numpy as np
import pytest
from porenet_formats.hdf5.filters import Filter, fletcher32, undo

from porenet.errors import InputError
from porenet.formats import read

h5py = pytest.importorskip("h5py")

LABELS = np.random.default_rng(0).integers(0, 3, (5, 6, 7)).astype(np.uint8)
PHASES = {"a": 0, "b": 1, "c": 2}


def labels_of(path, **options):
    return read(path, phases=PHASES, voxel_um=(1, 1, 1), **options).labels


def written(path, data=LABELS, *, name="labels", **options):
    with h5py.File(path, "w", userblock_size=options.pop("userblock", 0)) as file:
        file.create_dataset(name, data=data, **options)
    return path


@pytest.mark.parametrize("compression", [None, "gzip", "lzf"])
@pytest.mark.parametrize("fletcher32", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("userblock", [0, 512])
def test_every_filter_of_h5py(tmp_path, compression, fletcher32, shuffle, userblock):
    options = {"compression": compression, "fletcher32": fletcher32, "shuffle": shuffle, "userblock": userblock}
    for dtype in ("u1", ">i4", "f8"):
        path = written(tmp_path / "v.h5", LABELS.astype(dtype), chunks=(2, 6, 4), **options)
        np.testing.assert_array_equal(labels_of(path), LABELS)


@pytest.mark.parametrize("dtype", ["?", "i1", "<u2", ">u2", "<i8", ">i8", "f2", "<f4", ">f8"])
def test_every_type(tmp_path, dtype):
    array = LABELS.astype(dtype)
    np.testing.assert_array_equal(labels_of(written(tmp_path / "v.h5", array)), array)


def test_enumerations_are_integers(tmp_path):
    kind = h5py.enum_dtype({"pore": 0, "Ni": 1, "YSZ": 2}, basetype="i2")
    np.testing.assert_array_equal(labels_of(written(tmp_path / "v.h5", dtype=kind)), LABELS)


def test_integers_that_do_not_fill_their_bytes_are_refused(tmp_path):
    kind = h5py.h5t.STD_U16LE.copy()
    kind.set_precision(8)
    kind.set_offset(4)  # the bytes in the file are 16 times the value
    with h5py.File(tmp_path / "v.h5", "w") as file:
        dataset = h5py.h5d.create(file.id, b"labels", kind, h5py.h5s.create_simple(LABELS.shape))
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, LABELS.astype("u2"))
    with pytest.raises(InputError, match="in a layout that numpy does not have"):
        labels_of(tmp_path / "v.h5")


@pytest.mark.parametrize(("fill", "dtype"), [(0, "u1"), (2, "u1"), (2, ">i4"), (1, "f4")])
def test_chunks_left_out_are_the_fill_value(tmp_path, caplog, fill, dtype):
    expected = np.full((5, 6, 7), fill)
    with h5py.File(tmp_path / "v.h5", "w") as file:
        dataset = file.create_dataset("labels", (5, 6, 7), dtype, chunks=(2, 3, 7), fillvalue=fill)
        dataset[2:4, :3] = expected[2:4, :3] = 1
    np.testing.assert_array_equal(labels_of(tmp_path / "v.h5"), expected)
    assert f"5 of its 6 chunks were never written; they are read as the fill value {fill}" in caplog.text


def test_no_note_where_every_chunk_was_written(tmp_path, caplog):
    labels_of(written(tmp_path / "v.h5", chunks=(2, 3, 7)))
    assert not caplog.records


@pytest.mark.parametrize("chunks", [None, (2, 3, 7)])
def test_nothing_was_ever_written(tmp_path, caplog, chunks):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("labels", (5, 6, 7), "u1", chunks=chunks, fillvalue=2)
        file.create_dataset("large", (500, 500, 500), "u1", chunks=chunks and (100, 100, 100))
    assert (labels_of(tmp_path / "v.h5", dataset="labels") == 2).all()
    assert "never written" in caplog.text or "none of its voxels were written" in caplog.text
    with pytest.raises(InputError, match=r"written. Its writer stopped early"):
        labels_of(tmp_path / "v.h5", dataset="large")


def test_an_undefined_fill_value_is_no_value(tmp_path):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((2, 3, 7))
        properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        file.create_dataset("labels", (5, 6, 7), "u1", chunks=(2, 3, 7), dcpl=properties)
    with pytest.raises(InputError, match="6 of its 6 chunks were never written, and it has no fill value for them"):
        labels_of(tmp_path / "v.h5")


@pytest.mark.parametrize("compression", [None, "gzip", "lzf"])
def test_the_checksum_of_a_chunk_is_verified(tmp_path, compression):
    """Each byte of a chunk is flipped; h5py, which verifies too, refuses all of them."""
    path = written(tmp_path / "v.h5", chunks=(5, 6, 7), fletcher32=True, compression=compression)
    with h5py.File(path) as file:
        info = file["labels"].id.get_chunk_info(0)
    data = path.read_bytes()
    for place in range(info.byte_offset, info.byte_offset + info.size, 3):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(InputError, match="chunk"):
            labels_of(path)


@pytest.mark.parametrize("size", [1, 2, 7, 64, 100_001, 3_000_000])
def test_fletcher32_is_that_of_libhdf5(tmp_path, size):
    for data in (np.random.default_rng(size).integers(0, 256, size).astype("u1"), np.zeros(size, "u1")):
        with h5py.File(tmp_path / "v.h5", "w") as file:
            dataset = file.create_dataset("a", data=data, chunks=(size,), fletcher32=True)
            stored = dataset.id.read_direct_chunk((0,))[1]
        assert int.from_bytes(stored[-4:], "little") == fletcher32(stored[:-4])


def test_lzf_of_long_runs_and_of_damage(tmp_path):
    data = np.repeat(np.arange(9, dtype=np.uint8), 700)
    with h5py.File(tmp_path / "v.h5", "w") as file:
        packed = file.create_dataset("a", data=data, chunks=data.shape, compression="lzf").id.read_direct_chunk((0,))[1]
    lzf = (Filter(32000),)
    assert undo(lzf, 0, packed, data.size, 1) == data.tobytes()
    for damaged in (packed[:-1], packed + b"\0a", b"\xff" + packed, b"\x20\xff" + packed):
        with pytest.raises(InputError, match="a chunk"):
            undo(lzf, 0, damaged, data.size, 1)


def test_a_missing_hdf5plugin_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "hdf5plugin", None)
    with h5py.File(tmp_path / "v.h5", "w") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk(LABELS.shape)
        properties.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
        h5py.h5d.create(file.id, b"a", h5py.h5t.STD_U8LE, h5py.h5s.create_simple(LABELS.shape), properties)
    with pytest.raises(
        InputError, match=r"compressed with zstd, which needs the package hdf5plugin. pip install hdf5p"
    ):
        labels_of(tmp_path / "v.h5")


@pytest.mark.parametrize(("name", "options"), [("Zstd", {}), ("Blosc", {"cname": "lz4"}), ("Blosc", {"cname": "zstd"})])
def test_filters_of_hdf5plugin(tmp_path, name, options):
    hdf5plugin = pytest.importorskip("hdf5plugin", reason="20 MB, and not among the extras")
    compression = getattr(hdf5plugin, name)(**options)
    path = written(tmp_path / "v.h5", chunks=(2, 6, 7), fletcher32=True, **compression)
    np.testing.assert_array_equal(labels_of(path), LABELS)


@pytest.mark.parametrize("nested", [False, True])
def test_thousands_of_groups(tmp_path, nested):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        group = file
        for number in range(1500):
            inside = group.create_group(str(number))
            group = inside if nested else group
        inside["labels"] = LABELS
        inside["loop"] = file["0"]  # a hard link back up
    np.testing.assert_array_equal(labels_of(tmp_path / "v.h5"), LABELS)


def test_links_inside_the_file_are_followed_and_no_other(tmp_path):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file["deep/labels"] = LABELS
        file["absolute"] = h5py.SoftLink("/deep/labels")
        file["deep/relative"] = h5py.SoftLink("./labels")
        file["folder"] = h5py.SoftLink("deep")
        file["left"], file["right"] = h5py.SoftLink("right"), h5py.SoftLink("left")
        file["gone"] = h5py.SoftLink("/nowhere")
    for name in (None, "absolute", "deep/relative", "folder/relative", "/folder/labels/"):
        np.testing.assert_array_equal(labels_of(tmp_path / "v.h5", dataset=name), LABELS)
    for name, words in (("left", "a circle of links"), ("gone", "no data set is called 'gone'")):
        with pytest.raises(InputError, match=words):
            labels_of(tmp_path / "v.h5", dataset=name)


def test_a_damaged_fill_value_does_not_crash_libhdf5(tmp_path):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("labels", (5, 6, 7), "u1", chunks=(2, 3, 7))[:2] = 1
    data, message = (tmp_path / "v.h5").read_bytes(), b"\x02\x03\x02\x01"  # version 2, late, if set, defined
    assert data.count(message + bytes(4)) == 1
    (tmp_path / "v.h5").write_bytes(data.replace(message + bytes(4), message + b"\0\0\xff\xff"))  # a size below 0
    with pytest.raises(InputError, match="invalid combination of fill-value info"):
        labels_of(tmp_path / "v.h5")


def test_chunks_whose_filters_are_lost(tmp_path):
    """Without its list of filters, libhdf5 takes the bytes behind a compressed chunk for its rest."""
    path = written(tmp_path / "v.h5", chunks=(5, 6, 7), compression="gzip")
    data, message = path.read_bytes(), b"\x0b\x00\x20\x00\x01"
    assert data.count(message) == 1
    path.write_bytes(data.replace(message, b"\x00\x00\x20\x00\x01"))
    with pytest.raises(InputError, match=r"a chunk has \d+ bytes, not 210"):
        labels_of(path)
