"""What porenet writes comes back without arguments, in every format; a record of other voxels is not believed."""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from porenet.cli import main
from porenet.config import load_grid
from porenet.errors import InputError
from porenet.formats import find, read, write
from porenet.interface import Grid, Volume

WRITTEN = ("v.npz", "v.tif", "v.vti", "v.mha", "v.zarr", "slices")
NAMES = ("<b>", "LSM, old", "a=1", '"', "β\U0001f600", "x\ny", " a", "+", "\\", "-->", "\x7f", "# ]", "'&'", "\xa0pore")
GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.25, 0.0368), (False, True, False))
VALUES = {"Ni": 255, "YSZ": 127, "pore": 0}
LABELS = np.random.default_rng(0).integers(0, 3, (3, 4, 5)).astype(np.uint8)


@st.composite
def written(draw):
    """A volume some of whose phases are absent, and the values to write it with; None for its labels."""
    names = st.sampled_from(NAMES) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)
    phases = draw(st.lists(names.filter(str.strip), min_size=2, max_size=4, unique=True))
    grid = Grid(tuple(phases), draw(st.tuples(*[st.floats(1e-3, 1e3)] * 3)), draw(st.tuples(*[st.booleans()] * 3)))
    shape = draw(st.tuples(*[st.integers(1, 4)] * 3))
    present = draw(st.lists(st.integers(0, len(phases) - 1), min_size=1, max_size=4))
    labels = np.random.default_rng(draw(st.integers(0, 99))).choice(present, shape).astype(np.uint8)
    numbers = draw(st.permutations(range(256)))[: len(phases)]
    return Volume(labels, grid), draw(st.sampled_from([None, dict(zip(phases, numbers, strict=True))]))


def come_back(volume, values):
    with TemporaryDirectory() as folder:
        for path in (Path(folder) / name for name in WRITTEN):
            write(volume, path, values=values)
            again = read(path)
            np.testing.assert_array_equal(again.labels, volume.labels)
            assert again.grid == volume.grid, path
            assert find(folder).unknown == ()
        assert load_grid(path / "grid.toml").grid == volume.grid
    assert again.labels.flags["C_CONTIGUOUS"]
    assert not again.labels.flags["WRITEABLE"]


@settings(max_examples=12)
@given(case=written())
@example((Volume(np.zeros((2, 3, 4), np.uint8), GRID), None))
@example((Volume(np.zeros((1, 1, 1), np.uint8), GRID), VALUES))
@example((Volume(LABELS[:, :, :3], Grid(NAMES, (1, 1, 1))), None))
@example(
    (Volume(np.arange(255, dtype=np.uint8).reshape(5, 3, 17), Grid([f"p{i}" for i in range(255)], (1, 2, 3))), None)
)
def test_every_volume_comes_back_from_every_format_without_arguments(case):
    come_back(*case)


@pytest.mark.parametrize("name", WRITTEN)
def test_an_argument_that_contradicts_the_record_is_an_error(tmp_path, name):
    write(Volume(LABELS, GRID), tmp_path / name, values=VALUES)
    assert read(tmp_path / name, phases=VALUES, voxel_um=GRID.voxel_um, periodic=GRID.periodic).grid == GRID
    assert read(tmp_path / name, phases=["pore", "Ni", "YSZ"]).grid.phases == ("pore", "Ni", "YSZ")
    for arguments in (
        {"phases": {"Ni": 0, "YSZ": 127, "pore": 255}}, {"phases": {"Ni": 255, "YSZ": 127, "air": 0}},
        {"phases": {"Ni": 255, "YSZ": 200, "pore": 0}}, {"phases": ("a", "b")}, {"voxel_um": (1, 2, 3)},
        {"periodic": (True, True, True)},
    ):  # fmt: skip
        with pytest.raises(InputError, match="was asked for"):
            read(tmp_path / name, **arguments)


def cropped_tiff(path):
    """A crop that kept the description, as a script with tifffile may."""
    tifffile = pytest.importorskip("tifffile")
    with tifffile.TiffFile(path) as tif:
        description, pages = tif.pages[0].description, tif.asarray()[:, 1:]
    with tifffile.TiffWriter(path) as tif:
        for page in pages:
            tif.write(
                page, description=description, metadata=None, photometric="minisblack", resolution=(1 / 0.0368, 4)
            )
            description = None


def cropped_npz(path):
    with np.load(path) as archive:
        arrays = {"labels": archive["labels"][:, 1:], "grid": archive["grid"]}
    np.savez(path, **arrays)


def cropped_mha(path):
    text = path.read_bytes().replace(b"DimSize = 5 4 3", b"DimSize = 5 3 3")
    start = text.index(b"LOCAL\n") + 6
    path.write_bytes(text[:start] + LABELS[:, 1:].tobytes())


def cropped_vti(path):
    old = path.read_bytes()
    write(Volume(LABELS[:, 1:], GRID), path)
    new = path.read_bytes()
    strings = [data[data.index(b"<Array") : data.index(b"</Array>")] for data in (new, old)]
    path.write_bytes(new.replace(*strings))


def cropped_zarr(path):
    own = json.loads((path / "zarr.json").read_text())
    shutil.rmtree(path)
    write(Volume(LABELS[:, 1:], GRID), path)
    (path / "zarr.json").write_text(json.dumps(own))


def cropped_slices(path):
    (path / "slice_0002.bmp").unlink()


@pytest.mark.parametrize(
    ("name", "crop"),
    [("v.tif", cropped_tiff), ("v.npz", cropped_npz), ("v.mha", cropped_mha), ("v.vti", cropped_vti),
     ("v.zarr", cropped_zarr), ("slices", cropped_slices)],
)  # fmt: skip
def test_a_record_of_another_shape_does_not_count_but_offers_its_names(tmp_path, name, crop):
    path = tmp_path / name
    write(Volume(LABELS, GRID), path)
    crop(path)
    with pytest.raises(
        InputError, match=r"its record of phases was written for 3 x 4 x 5 voxels.*The file names 0 'Ni'"
    ):
        read(path)
    assert not any(read(path, phases=GRID.phases, voxel_um=GRID.voxel_um).grid.periodic)


def test_imagej_leaves_the_record_out_and_the_reader_asks(tmp_path):
    """The description as ImageJ writes it anew (FileSaver.getDescriptionString)."""
    write(Volume(np.zeros_like(LABELS), GRID), tmp_path / "v.tif", values=VALUES)
    data = (tmp_path / "v.tif").read_bytes()
    start = data.index(b"porenet=")
    (tmp_path / "v.tif").write_bytes(data[:start] + data[start:].replace(b"porenet=", b"min=255\0", 1))
    with pytest.raises(InputError, match=r"no phase names are given; its values are 255 \(100 %\)"):
        read(tmp_path / "v.tif")
    assert read(tmp_path / "v.tif", phases=VALUES).grid.voxel_um == pytest.approx(GRID.voxel_um, rel=1e-6)


@pytest.mark.parametrize("name", ["v.tif", "v.vti", "v.zarr"])
@pytest.mark.parametrize(
    ("before", "after"), [('"YSZ"', '"YSX"'), ('"values"', '"walues"'), ("false, true, false", "false, true; false")]
)
def test_a_damaged_record_counts_as_none_and_says_so(tmp_path, name, before, after):
    write(Volume(LABELS, GRID), tmp_path / name, values=VALUES)
    place = tmp_path / name / "zarr.json" if name == "v.zarr" else tmp_path / name
    if name == "v.zarr":
        attributes = (metadata := json.loads(place.read_text()))["attributes"]
        attributes["porenet"] |= {"values": [255, 127, 1]} if after == '"walues"' else {"phases": ["Ni", "YSX", "pore"]}
        place.write_text(json.dumps(metadata))
    else:
        codes = [" ".join(map(str, text.encode())) if name == "v.vti" else text for text in (before, after)]
        place.write_bytes(place.read_bytes().replace(*(text.encode() for text in codes)))
    with pytest.raises(InputError, match=r"no phase names are given \(its record of phases is not what porenet writes"):
        read(tmp_path / name)
    volume = read(tmp_path / name, phases=VALUES)
    np.testing.assert_array_equal(volume.labels, LABELS)
    assert volume.grid.voxel_um == pytest.approx(GRID.voxel_um)


@pytest.mark.parametrize("name", ["v.npz", "v.tif", "v.vti", "v.zarr"])
def test_no_mutation_is_read_as_another_volume(tmp_path, name):
    """What has a checksum, or a statement beside it, of every byte; 2,000 mutations of each seed were tried by hand."""
    write(Volume(LABELS, GRID), tmp_path / name, values=VALUES)
    place = tmp_path / name / "zarr.json" if name == "v.zarr" else tmp_path / name
    data, rng = place.read_bytes(), np.random.default_rng(0)
    for cut in rng.integers(len(data), size=25).tolist():
        end = cut + int(rng.integers(1, 20))
        flipped = bytes([data[cut] ^ 1 << int(rng.integers(8))])
        place.write_bytes(data[:cut] + rng.choice([b"", flipped]) + data[rng.choice([cut + 1, end]) :])
        try:
            volume = read(tmp_path / name)
        except InputError:
            continue
        assert volume.grid == GRID
        np.testing.assert_array_equal(volume.labels, LABELS)


def test_a_value_without_a_phase_is_an_error_whatever_the_record_says(tmp_path):
    write(Volume(LABELS, GRID), tmp_path / "slices", values=VALUES)
    text = (tmp_path / "slices" / "grid.toml").read_text(encoding="utf-8").replace("127", "126")
    (tmp_path / "slices" / "grid.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="the value 127 has no phase"):
        read(tmp_path / "slices")


def test_an_array_of_another_name_in_a_vti_has_no_record(tmp_path):
    write(Volume(LABELS, GRID), tmp_path / "v.vti")
    data = (tmp_path / "v.vti").read_bytes().replace(b'"Phases"', b'"Result"')
    (tmp_path / "v.vti").write_bytes(data)
    with pytest.raises(InputError, match="no phase names are given"):
        read(tmp_path / "v.vti")


def test_voxel_edges_that_differ_from_the_record_are_asked_for(tmp_path):
    write(Volume(LABELS, GRID), tmp_path / "v.tif")
    data = (tmp_path / "v.tif").read_bytes()
    (tmp_path / "v.tif").write_bytes(data.replace(b"spacing=0.1", b"spacing=0.3"))
    with pytest.raises(InputError, match="its record of the voxel edges and its own fields differ"):
        read(tmp_path / "v.tif")


def test_files_of_different_values_are_measured_together_each_by_its_own(tmp_path):
    pytest.importorskip("porenet_statistics")
    write(Volume(LABELS, GRID), tmp_path / "a.tif", values=VALUES)
    write(Volume(LABELS, Grid(("pore", "Ni", "YSZ"), GRID.voxel_um, GRID.periodic)), tmp_path / "b.npz")
    done = CliRunner().invoke(main, ["measure", str(tmp_path), "-m", "vf", "--json", "--workers", "1"])
    rows = json.loads(done.output)["rows"]
    shares = [float(np.mean(label == LABELS)) for label in range(3)]
    values = [row["value"] for row in rows]
    assert values == pytest.approx([*shares, shares[1], shares[2], shares[0]])
    assert {tuple(row["phases"]) for row in rows} == {GRID.phases}
