"""OME-Zarr: axes, units, voxel sizes and names are read from its metadata; what porenet writes comes back."""

import json

import numpy as np
import pytest
from porenet_formats.zarr.nodes import Node
from porenet_formats.zarr.ome_zarr import value_names

from porenet.errors import InputError
from porenet.formats import read, write
from porenet.interface import Grid, Volume

zarr = pytest.importorskip("zarr")

PHASES = {"zero": 0, "one": 1, "two": 2, "three": 3}
LABELS = np.random.default_rng(0).integers(0, 4, (5, 7, 6)).astype(np.uint8)
VOLUME = Volume(LABELS, Grid(("Ni", "YSZ", "LSM, old", "pore"), (0.05, 0.04, 0.0333), (True, False, True)))


def axes_of(names, unit="micrometer"):
    kinds = {"t": "time", "c": "channel"}
    return [
        {"name": name, "type": kinds.get(name, "space")} | ({} if name in kinds or not unit else {"unit": unit})
        for name in names
    ]


def image(axes, scale, *, paths=("0",), above=()):
    """One entry of ``multiscales``; a scale of None is none at all."""
    steps = [[{"type": "scale", "scale": [edge * 2**level for edge in scale]}] for level, _ in enumerate(paths)]
    datasets = [{"path": path, "coordinateTransformations": step} for path, step in zip(paths, steps, strict=True)]
    return {"axes": axes, "datasets": datasets} | ({"coordinateTransformations": list(above)} if above else {})


def ome_store(path, entry, labels=LABELS, *, version="0.5", label=None, levels=1):
    """A store of an image and its levels, by the zarr library."""
    inner = {"multiscales": [entry | ({"version": version} if version < "0.5" else {})]}
    inner |= {} if label is None else {"image-label": label}
    attributes = inner if version < "0.5" else {"ome": {"version": version, **inner}}
    group = zarr.create_group(path, zarr_format=2 if version < "0.5" else 3, attributes=attributes)
    for level in range(levels):
        step = (*(1 for _ in labels.shape[:-3]), 2**level, 2**level, 2**level)
        group.create_array(str(level), data=labels[tuple(slice(None, None, s) for s in step)], chunks="auto")
    return path


def edges_of(path, **arguments):
    volume = read(path, phases=PHASES, **arguments)
    np.testing.assert_array_equal(volume.labels, LABELS)
    return volume.grid.voxel_um


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("names", ["zyx", "czyx", "tczyx", "tzyxc"])
def test_the_first_level_with_its_axes_and_scale(tmp_path, version, names):
    scale = [{"z": 0.5, "y": 0.25, "x": 0.125}.get(name, 7.0) for name in names]
    labels = LABELS[tuple(slice(None) if name in "zyx" else None for name in names)]
    path = ome_store(tmp_path / "v.zarr", image(axes_of(names), scale), labels, version=version)
    assert edges_of(path) == (0.5, 0.25, 0.125)


def test_axes_in_another_order_are_brought_into_ours(tmp_path):
    path = ome_store(tmp_path / "v.zarr", image(axes_of("xzy"), (0.125, 0.5, 0.25)), LABELS.transpose(2, 0, 1))
    assert edges_of(path) == (0.5, 0.25, 0.125)


def test_the_other_levels_are_read_by_name(tmp_path):
    entry = image(axes_of("zyx"), (0.5, 0.25, 0.125), paths=("0", "1"))
    path = ome_store(tmp_path / "v.zarr", entry, levels=2)
    assert edges_of(path) == (0.5, 0.25, 0.125)
    second = read(path, phases=PHASES, dataset="1")
    np.testing.assert_array_equal(second.labels, LABELS[::2, ::2, ::2])
    assert second.grid.voxel_um == (1.0, 0.5, 0.25)


def test_a_level_with_the_scale_of_another_states_no_edges(tmp_path):
    labels = np.random.default_rng(0).integers(0, 4, (17, 12, 11)).astype(np.uint8)
    entry = image(axes_of("zyx"), (0.5, 0.25, 0.125), paths=("0", "1", "2"))
    entry["datasets"][2]["coordinateTransformations"] = entry["datasets"][0]["coordinateTransformations"]
    path = ome_store(tmp_path / "v.zarr", entry, labels, levels=3)
    assert read(path, phases=PHASES).grid.voxel_um == (0.5, 0.25, 0.125)
    assert read(path, phases=PHASES, dataset="1").grid.voxel_um == (1.0, 0.5, 0.25)
    with pytest.raises(
        InputError, match=r"by its scale it is 2\.5 micrometer along z, the first level of its image 8\.5"
    ):
        read(path, phases=PHASES, dataset="2")
    assert read(path, phases=PHASES, dataset="2", voxel_um=(2, 1, 0.5)).grid.voxel_um == (2, 1, 0.5)


def test_scales_of_the_image_and_of_the_level_multiply(tmp_path):
    above = [{"type": "translation", "translation": [9, 9, 9]}, {"type": "scale", "scale": [2, 3, 4]}]
    path = ome_store(tmp_path / "v.zarr", image(axes_of("zyx", "nanometer"), (100, 100, 100), above=above))
    assert edges_of(path) == pytest.approx((0.2, 0.3, 0.4))


@pytest.mark.parametrize(("unit", "um"), [("angstrom", 1e-4), ("nanometer", 1e-3), ("millimeter", 1e3), ("meter", 1e6)])
def test_units(tmp_path, unit, um):
    path = ome_store(tmp_path / "v.zarr", image(axes_of("zyx", unit), (1, 2, 3)))
    assert edges_of(path) == pytest.approx((um, 2 * um, 3 * um))


def test_a_scale_without_a_unit_is_in_um_unless_it_is_the_default(tmp_path):
    assert edges_of(ome_store(tmp_path / "a.zarr", image(axes_of("zyx", ""), (1, 2, 3)))) == (1, 2, 3)
    with pytest.raises(InputError, match="it states no voxel size"):
        edges_of(ome_store(tmp_path / "b.zarr", image(axes_of("zyx", ""), (1, 1, 1))))


@pytest.mark.parametrize("unit", ["parsecs", "Mm", "second", "pixel"])
def test_a_unit_that_is_not_known_is_named_and_never_guessed(tmp_path, unit):
    path = ome_store(tmp_path / "v.zarr", image(axes_of("zyx", unit), (0.5, 0.25, 0.125)))
    named = f": '{unit}' is not known as a unit of length" if unit != "pixel" else ""
    with pytest.raises(InputError, match=f"it states no voxel size{named}"):
        read(path, phases=PHASES)
    assert edges_of(path, voxel_um=(0.1, 0.2, 0.3), override=True) == (0.1, 0.2, 0.3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"axes": axes_of("yx")}, r"its scale is \[0\.1, 0\.1, 0\.1\], not 2 numbers"),
        ({"axes": axes_of("tzyx"), "datasets": [{"path": "0"}]}, "its axes are t, z, y, x for a shape of 5x7x6"),
        ({"axes": axes_of("zyy")}, "its axes are z, y, y"),
        ({"axes": axes_of("abc")}, "its axes are a, b, c"),
        ({"axes": None}, "its axes are not a list"),
        ({"datasets": [{"path": "../0"}]}, "names the array '../0', which is missing"),
        ({"datasets": [{"path": "1"}]}, "names the array '1', which is missing"),
        ({"datasets": [{}]}, "a level of its image has no path"),
        ({"coordinateTransformations": [{"type": "affine", "affine": []}]}, "transformed by 'affine'"),
        ({"coordinateTransformations": [{"type": "scale", "path": "s"}]}, "transformed by 'scale' of another file"),
        ({"coordinateTransformations": [{"type": "scale", "scale": [1, 2]}]}, "its scale is .* not 3 numbers"),
        ({"coordinateTransformations": [{"type": "scale", "scale": [1, 2, "3"]}]}, "its scale is .* not 3 numbers"),
        ({"coordinateTransformations": [{"type": "scale", "scale": [1, 2, -3]}]}, r"an edge of -0\.3.* along x"),
        ({"coordinateTransformations": [{"type": "scale", "scale": [1, 0, 3]}]}, r"an edge of 0\.0 um along y"),
    ],
)
def test_metadata_that_are_refused(tmp_path, change, words):
    path = ome_store(tmp_path / "v.zarr", image(axes_of("zyx"), (0.1, 0.1, 0.1)) | change)
    with pytest.raises(InputError, match=words):
        read(path, phases=PHASES)


def test_other_versions_are_refused(tmp_path):
    path = ome_store(tmp_path / "v.zarr", image(axes_of("zyx"), (1, 2, 3)), version="0.6")
    with pytest.raises(InputError, match=r"OME-Zarr of version '0\.6'\. Write version 0\.4 or 0\.5"):
        read(path, phases=PHASES)


@pytest.mark.parametrize("version", ["0.1", "0.3"])
def test_versions_before_transformations_state_no_edges(tmp_path, version):
    entry = {"datasets": [{"path": "0"}]} | ({"axes": list("tczyx")} if version == "0.3" else {})
    path = ome_store(tmp_path / "v.zarr", entry, LABELS[None, None], version=version)
    assert edges_of(path, voxel_um=(0.1, 0.2, 0.3)) == (0.1, 0.2, 0.3)
    with pytest.raises(InputError, match="it states no voxel size"):
        read(path, phases=PHASES)


def test_several_channels_are_refused(tmp_path):
    labels = np.stack([LABELS, LABELS])
    path = ome_store(tmp_path / "v.zarr", image(axes_of("czyx"), (1, 1, 2, 3)), labels)
    with pytest.raises(InputError, match="holds 2 volumes along its axis 'c'"):
        read(path, phases=PHASES)


def test_a_first_level_that_is_not_the_largest_is_refused(tmp_path):
    entry = image(axes_of("zyx"), (1, 2, 3), paths=("1", "0"))
    path = ome_store(tmp_path / "v.zarr", entry, levels=2)
    with pytest.raises(InputError, match="the first level of its image is smaller than '0'"):
        read(path, phases=PHASES)


def test_axes_of_the_image_and_of_the_array_that_contradict_are_refused(tmp_path):
    labels = LABELS[:, :5, :5]
    group = zarr.create_group(
        tmp_path / "v.zarr", attributes={"ome": {"version": "0.5", "multiscales": [image(axes_of("zyx"), (1, 2, 3))]}}
    )
    group.create_array("0", data=labels, dimension_names=["x", "y", "z"])
    with pytest.raises(InputError, match="its image calls the axes z, y, x, its array x, y, z"):
        read(tmp_path / "v.zarr", phases=PHASES)


def test_an_image_and_its_labels_are_told_apart_by_name(tmp_path):
    path = ome_store(tmp_path / "v.zarr", image(axes_of("zyx"), (0.5, 0.25, 0.125)), LABELS.astype("u2"))
    zarr.create_group(path / "labels", attributes={"ome": {"version": "0.5", "labels": ["phases"]}})
    label = {"properties": [{"label-value": 1, "class": "Ni"}, {"label-value": 3, "name": "pore"}]}
    ome_store(path / "labels" / "phases", image(axes_of("zyx"), (0.5, 0.25, 0.125)), label=label)
    with pytest.raises(InputError, match=r"several arrays .*: 0 5x7x6 uint16; labels/phases/0 5x7x6 uint8"):
        read(path, phases=PHASES)
    for name in ("labels/phases", "labels/phases/0"):
        assert edges_of(path, dataset=name) == (0.5, 0.25, 0.125)
    with pytest.raises(InputError) as caught:
        read(path, dataset="labels/phases")
    assert "The file names 1 'Ni', 3 'pore'." in caught.value.fix
    assert "phases={'NAME': value, ...}" in caught.value.fix
    with pytest.raises(InputError) as caught:
        read(path, dataset="labels/phases", phases={"a": 0, "b": 2})
    assert "phases={'a': 0, 'b': 2, 'Ni': 1, 'pore': 3}" in caught.value.fix


def test_names_that_cannot_name_a_phase_are_not_offered():
    entries = [
        {"label-value": 1, "name": ""}, {"label-value": 2, "name": "\x1b[2J"}, {"label-value": True, "name": "a"},
        {"label-value": 3, "name": "x" * 61}, {"name": "b"}, {"label-value": 4}, 7, {"label-value": 5, "name": "c"},
    ]  # fmt: skip
    node = Node("", False, {}, {"image-label": {"properties": entries}})
    assert value_names(node) == {"c": 5}
    assert value_names(Node("", False, {}, {"image-label": {"properties": 3}})) == {}


@pytest.mark.parametrize("values", [None, {"Ni": 255, "YSZ": 127, "LSM, old": 3, "pore": 0}])
def test_what_is_written_comes_back_and_is_what_zarr_reads(tmp_path, values):
    write(VOLUME, tmp_path / "v.zarr", values=values)
    volume = read(tmp_path / "v.zarr")
    np.testing.assert_array_equal(volume.labels, LABELS)
    assert volume.grid == VOLUME.grid
    table = np.array([0, 1, 2, 3] if values is None else [255, 127, 3, 0], np.uint8)
    np.testing.assert_array_equal(zarr.open_group(tmp_path / "v.zarr", mode="r")["0"][...], table[LABELS])


def test_a_volume_of_one_phase_and_of_many_chunks_comes_back(tmp_path):
    for name, labels in (("a.zarr", np.full((3, 4, 5), 1, np.uint8)), ("b.zarr", np.tile(LABELS, (1, 10, 11)))):
        write(Volume(labels, VOLUME.grid), tmp_path / name)
        np.testing.assert_array_equal(read(tmp_path / name).labels, labels)
    assert len(list((tmp_path / "b.zarr" / "0" / "c").glob("*/*/*"))) == 4


def test_what_is_written_is_ome_zarr(tmp_path):
    """The rules of NGFF 0.5 for images and labels, read from its text."""
    write(VOLUME, tmp_path / "v.zarr")
    group = zarr.open_group(tmp_path / "v.zarr", mode="r")
    ome = group.attrs["ome"]
    (entry,) = ome["multiscales"]
    assert ome["version"] == "0.5"
    assert [axis["name"] for axis in entry["axes"]] == list(group["0"].metadata.dimension_names) == ["z", "y", "x"]
    assert {axis["type"] for axis in entry["axes"]} == {"space"}
    assert {axis["unit"] for axis in entry["axes"]} == {"micrometer"}
    assert entry["datasets"] == [
        {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [0.05, 0.04, 0.0333]}]}
    ]
    names = {entry["label-value"]: entry["name"] for entry in ome["image-label"]["properties"]}
    assert names == {0: "Ni", 1: "YSZ", 2: "LSM, old", 3: "pore"}


@pytest.mark.parametrize("values", [None, {"Ni": 255, "YSZ": 254, "LSM, old": 3, "pore": 0}])
def test_a_chunk_that_was_written_and_got_lost_is_an_error(tmp_path, values):
    write(VOLUME, tmp_path / "v.zarr", values=values)
    (tmp_path / "v.zarr" / "0" / "c" / "0" / "0" / "0").unlink()
    with pytest.raises(InputError, match=f"the value {255 if values is None else 253} has no phase"):
        read(tmp_path / "v.zarr")


def test_phases_of_ours_that_are_damaged_are_refused(tmp_path):
    write(VOLUME, tmp_path / "v.zarr")
    place = tmp_path / "v.zarr" / "zarr.json"
    metadata = json.loads(place.read_text())
    for own in ({"phases": {"a": 0, "b": 0}, "periodic": [True] * 3}, {"phases": {"a": 0, "b": 1}}, {"periodic": 3}):
        place.write_text(json.dumps(metadata | {"attributes": {**metadata["attributes"], "porenet": own}}))
        with pytest.raises(InputError):
            read(tmp_path / "v.zarr")


def test_a_store_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    write(VOLUME, tmp_path / "v.zarr")
    with pytest.raises(InputError, match="already exists"):
        write(VOLUME, tmp_path / "v.zarr")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("porenet_formats.zarr.ome_zarr_writer._array", fail)
    with pytest.raises(InputError, match="No space left"):
        write(VOLUME, tmp_path / "w.zarr")
    assert [path.name for path in tmp_path.iterdir()] == ["v.zarr"]
