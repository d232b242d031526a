"""A format that does not keep to its contract is named, whatever it hands out, and never gives wrong labels."""

from dataclasses import replace

import numpy as np
import pytest

from porenet.errors import InputError, PluginError
from porenet.formats import files_of, find, fingerprint, open_slabs, read, write, write_layers
from porenet.formats.interface import Slabs, StoredArray
from porenet.interface import Grid, Spec, Storage, Volume
from porenet.registry import Registry

VOLUME = Volume(np.zeros((2, 3, 4), np.uint8), Grid(("a", "b"), (1.0, 1.0, 1.0)))
BYTE = np.dtype("u1")


def zeros(*shape, dtype="u1"):
    return np.zeros(shape, dtype)


def blocks(*arrays):
    return lambda: iter(arrays)


SLABS = Slabs((2, 3, 4), 1, lambda z0, z1: zeros(z1 - z0, 3, 4))
SOUND = StoredArray((2, 3, 4), BYTE, 24, 1.0, blocks(zeros(24)), (1.0, 1.0, 1.0), phases={"a": 0, "b": 1}, slabs=SLABS)


@pytest.fixture
def strange(use, tmp_path):
    """Function that installs a format of given methods, and gives the path of a file of it."""

    def installed(storage=None, **methods):
        methods = {"header": lambda self, path, options: SOUND} | methods
        storage = storage or Storage(title="ODD", suffixes=(".odd",), writes=(".odd",))
        registry = Registry()
        spec = Spec(api=1, kind="format", name="odd", target="odd:Odd", summary="Odd.", storage=storage)
        registry.add(spec, type("Odd", (), methods))
        use(registry)
        path = tmp_path / f"v{next(iter(storage.suffixes), '')}"
        path.mkdir() if storage.marks or storage.slices else path.write_bytes(bytes(24))
        return path

    return installed


def describing(strange, **fields):
    return strange(header=lambda self, path, options: replace(SOUND, **fields))


def test_a_sound_format_is_read(strange):
    path = strange()
    np.testing.assert_array_equal(read(path).labels, VOLUME.labels)
    np.testing.assert_array_equal(open_slabs(path).read(0, 2), VOLUME.labels)


@pytest.mark.parametrize(
    "fields",
    [
        {"shape": (2.5, 3, 4)}, {"shape": None}, {"shape": ("2", "3", "4")}, {"shape": (True, 3, 8)},
        {"dtype": "u1"}, {"dtype": np.uint8}, {"packed_bytes": None},
        {"expansion": float("nan")}, {"expansion": float("inf")}, {"expansion": "1"}, {"blocks": [zeros(24)]},
        {"voxel_um": (1.0, 1.0)}, {"voxel_um": None}, {"voxel_um": ("1", "1", "1")}, {"fortran": "no"},
        {"periodic": (1, 0)}, {"periodic": "zyx"}, {"value_names": ["a"]}, {"value_names": {"a": "x"}},
        {"slabs": 3}, {"slabs": replace(SLABS, shape=(4, 3, 4))}, {"slabs": replace(SLABS, chunk_depth=0)},
        {"slabs": replace(SLABS, cuts="sideways")}, {"slabs": replace(SLABS, read=None)},
        {"slabs": replace(SLABS, read_y=3)},
    ],
    ids=lambda fields: " ".join(f"{name}={value!r:.30}" for name, value in fields.items()),
)  # fmt: skip
def test_a_field_that_is_not_what_the_contract_says(strange, fields):
    path = describing(strange, **fields)
    for step in (read, open_slabs):
        with pytest.raises(PluginError, match=f"format registered:odd: its .*{next(iter(fields))}"):
            step(path)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((zeros(24, dtype="f8"),), "values of type float64, but its header says uint8"),
        ((zeros(24, dtype="i1"),), "values of type int8"),
        (([0] * 24,), "gives list, not a plain array"),
        ((np.ma.array(zeros(24), mask=True),), "gives MaskedArray"),
        ((zeros(2, 3, 4),), "an array of 3 axes"),
        ((None,), "gives NoneType"),
        ([zeros(0)] * 1500, "yields nothing 1001 times"),
    ],
)
def test_blocks_that_are_not_flat_values_of_the_stated_type(strange, values, words):
    path = describing(strange, blocks=blocks(*values), slabs=None)
    with pytest.raises(PluginError, match=rf"format registered:odd: its blocks\(\) .*{words}|{words}"):
        read(path)
    with pytest.raises(PluginError, match=words):
        open_slabs(path).read(0, 2)


def test_blocks_that_never_end_are_left_where_the_voxels_end(strange):
    def endless():
        while True:
            yield zeros(24)

    path = describing(strange, blocks=endless, slabs=None)
    with pytest.raises(InputError, match="holds more than the 24 voxels"):
        read(path)


@pytest.mark.parametrize(
    ("slab", "words"),
    [
        (zeros(1, 4, 3), r"of the shape \(1, 4, 3\), not \(1, 3, 4\)"),
        (zeros(2, 3, 4), r"of the shape \(2, 3, 4\)"),
        (zeros(12), r"of the shape \(12,\)"),
        (zeros(1, 3, 4, dtype="f4"), "values of type float32"),
        (zeros(1, 3, 4).tolist(), "gives list"),
    ],
)
def test_slabs_of_another_shape_or_type(strange, slab, words):
    path = describing(strange, slabs=replace(SLABS, read=lambda z0, z1: slab, read_y=lambda y0, y1: slab))
    slabs = open_slabs(path)
    with pytest.raises(PluginError, match=rf"format registered:odd: its slabs\.read\(0, 1\) .*{words}"):
        slabs.read(0, 1)
    with pytest.raises(PluginError, match=r"its slabs\.read_y\(0, 1\)"):
        slabs.read_y(0, 1)


@pytest.mark.parametrize("phases", [{"a": 0, "b": 0}, {"a": 0.5, "b": 1}, {}, "ab", 3])
def test_phases_that_are_none_are_those_of_the_file(strange, phases):
    path = describing(strange, phases=phases)
    with pytest.raises(InputError, match=r"v\.odd: the phases that it states are wrong: "):
        read(path)
    assert read(path, phases={"x": 0, "y": 1}, override=True).grid.phases == ("x", "y")


@pytest.mark.parametrize("error", [ZeroDivisionError("by zero"), SystemExit(0), RuntimeError("a\nb")])
def test_whatever_a_reader_or_writer_raises_names_it(strange, tmp_path, error):
    def fails(*_):
        raise error

    path = strange(header=fails, write=fails)
    with pytest.raises(InputError, match=r"v\.odd: cannot be read as ODD"):
        read(path)
    with pytest.raises(PluginError, match=r"format registered:odd: cannot write 'w\.odd'"):
        write(VOLUME, tmp_path / "w.odd")
    assert [file.name for file in tmp_path.glob("*w.odd*")] == []


@pytest.mark.parametrize(
    ("writes", "words"),
    [
        (lambda self, volume, path, values: None, "wrote neither a file nor a folder"),
        (lambda self, volume, path, values: path.mkdir(), "made a folder, not a file"),
        (lambda self, volume, path, values: path.symlink_to("elsewhere"), "wrote neither a file nor a folder"),
    ],
)
def test_what_is_written_must_be_there(strange, tmp_path, writes, words):
    strange(write=writes)
    (tmp_path / "w.odd").write_bytes(b"as it was")
    with pytest.raises(PluginError, match=f"format registered:odd: .*{words}"):
        write(VOLUME, tmp_path / "w.odd")
    assert (tmp_path / "w.odd").read_bytes() == b"as it was"
    assert [file.name for file in tmp_path.iterdir() if "draft" in file.name] == []


@pytest.mark.parametrize("files", [(), None, "v.odd", ["v.odd"], 3])
def test_files_that_are_no_paths_give_no_fingerprint(strange, files):
    storage = Storage(title="ODD", suffixes=(".odd",), headers=(".odd",))
    path = strange(storage, files=lambda self, path: files)
    for step in (files_of, fingerprint):
        with pytest.raises(PluginError, match=r"format registered:odd: its files\(\) returns"):
            step(path)
    assert find(path.parent).volumes == (path,)


def test_a_missing_file_is_named(strange, tmp_path):
    storage = Storage(title="ODD", suffixes=(".odd",), headers=(".odd",))
    path = strange(storage, files=lambda self, path: (path, tmp_path / "v.bin"))
    with pytest.raises(InputError, match=r"v\.odd: its file 'v\.bin' is missing"):
        fingerprint(path)


def test_a_stream_is_not_read_on_behind_an_error(strange, monkeypatch):
    numbers = np.arange(24, dtype="u1") % 2
    path = describing(strange, blocks=blocks(numbers), slabs=None)
    slabs = open_slabs(path)
    with monkeypatch.context() as context:
        context.setattr(np, "concatenate", lambda *_: exec("raise MemoryError"))
        with pytest.raises(InputError, match="does not fit into memory"):
            slabs.read(0, 1)
    np.testing.assert_array_equal(slabs.read(0, 1).ravel(), numbers[:12])
    with monkeypatch.context() as context:
        context.setattr(np, "concatenate", lambda *_: exec("raise MemoryError"))
        with pytest.raises(InputError, match="does not fit into memory"):
            slabs.read(1, 2)
    with pytest.raises(InputError, match="layer 1 comes after an error"):
        slabs.read(1, 2)


def test_slabs_that_hold_other_values_than_blocks_are_said_so(strange):
    slabs = replace(SLABS, read_into=lambda z0, values: values.fill(9))
    path = describing(strange, slabs=slabs)
    with pytest.raises(InputError, match="holds other values when it is read again"):
        read(path)
    with pytest.raises(PluginError, match=r"its slabs say read_into = 3, not a function or None"):
        read(describing(strange, slabs=replace(SLABS, read_into=3)))


def test_a_format_that_writes_volumes_in_memory_only_says_so(strange, tmp_path):
    layers = open_slabs(strange(write=lambda self, volume, path, values: path.write_bytes(b"v")))
    write(VOLUME, tmp_path / "w.odd")
    with pytest.raises(InputError, match=r"new\.odd: ODD.* is not written layer by layer\. Write \.zarr"):
        write_layers(layers, tmp_path / "new.odd")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["v.odd", "w.odd"]
