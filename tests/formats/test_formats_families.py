"""Each family of formats, against files written by somebody else's program."""

import base64
import zlib

import numpy as np
import pytest

from porenet.errors import InputError
from porenet.formats import files_of, find, fingerprint, gan_ph, read, write
from porenet.formats.interface.units import in_um
from porenet.interface import Grid, Volume

h5py = pytest.importorskip("h5py")
nrrd = pytest.importorskip("nrrd")
tifffile = pytest.importorskip("tifffile")
image = pytest.importorskip("PIL.Image")

PHASES = {"zero": 0, "one": 1, "two": 2, "three": 3}
LABELS = np.array(
    [[[0, 1, 2, 3], [1, 1, 0, 0], [2, 3, 3, 3]], [[3, 0, 0, 1], [2, 2, 2, 0], [1, 0, 3, 2]]],
    np.uint8,
)
VOXEL = (0.1, 0.2, 0.3)


def same(path, labels=LABELS, voxel=VOXEL, **arguments):
    """The file holds these labels, and states this voxel size unless one is given."""
    volume = read(path, phases=PHASES, **arguments)
    np.testing.assert_array_equal(volume.labels, labels)
    assert volume.grid.voxel_um == pytest.approx(voxel, rel=1e-6)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("compress", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("name", ["im", "labels", "anything"])
def test_npz_takes_the_array_that_is_meant(tmp_path, order, compress, name):
    others = {} if name == "anything" else {"curve": np.arange(3.0)}
    compress(tmp_path / "v.npz", **{name: np.asarray(LABELS, order=order)}, **others)
    same(tmp_path / "v.npz", voxel_um=VOXEL)


def test_npz_with_several_arrays_asks(tmp_path):
    np.savez(tmp_path / "v.npz", a=LABELS, b=LABELS[::-1])
    with pytest.raises(InputError, match=r"several arrays could hold the labels; its arrays are a, b.*dataset="):
        read(tmp_path / "v.npz", phases=PHASES, voxel_um=VOXEL)
    with pytest.raises(InputError, match=r"no array is called 'c'; its arrays are a, b"):
        read(tmp_path / "v.npz", phases=PHASES, voxel_um=VOXEL, dataset="c")
    same(tmp_path / "v.npz", LABELS[::-1], voxel_um=VOXEL, dataset="b")


@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_in_either_order(tmp_path, order):
    np.save(tmp_path / "v.npy", np.asarray(LABELS.astype(">i4"), order=order))
    same(tmp_path / "v.npy", voxel_um=VOXEL)


def test_npy_of_many_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("porenet.formats.interface.stored.BLOCK_BYTES", 5)
    np.save(tmp_path / "v.npy", LABELS.astype("<u2"))
    same(tmp_path / "v.npy", voxel_um=VOXEL)


@pytest.mark.parametrize("dtype", ["uint8", "u1", "<u2", ">u2", "<i4", ">i8", ">uint16"])
def test_raw(tmp_path, dtype):
    code = dtype.replace("uint16", "u2").replace("uint8", "u1")
    (tmp_path / "v.raw").write_bytes(b"header!" + LABELS.astype(code).tobytes())
    same(tmp_path / "v.raw", voxel_um=VOXEL, shape=(2, 3, 4), dtype=dtype, offset=7)
    (tmp_path / "v.raw").rename(tmp_path / "v.bin")
    same(tmp_path / "v.bin", voxel_um=VOXEL, shape=[2, 3, 4], dtype=dtype, offset=7)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, r"does not state its shape and type\. Give shape=\(Z, Y, X\)"),
        ({"shape": (2, 3, 4)}, "does not state its shape and type"),
        ({"shape": (2, 3, 5), "dtype": "uint8"}, r"holds 24 bytes after an offset of 0, but 2x3x5 voxels .* are 30"),
        ({"shape": (2, 3, 3), "dtype": "uint8"}, r"holds 24 bytes .* are 18"),
        ({"shape": (2, 3, 4), "dtype": "uint8", "offset": 1}, r"holds 23 bytes after an offset of 1"),
        ({"shape": (2, 3, 4), "dtype": "uint8", "offset": -1}, "a number of bytes >= 0 was expected, not -1"),
        ({"shape": (2, 3, 2), "dtype": "uint16"}, "'uint16' does not state its byte order.*'<u2'.*'>u2'"),
        ({"shape": (1, 2, 3), "dtype": "float32"}, "'float32' does not state its byte order.*'<f4'.*'>f4'"),
        ({"shape": (2, 3, 4), "dtype": "O"}, "a type of numbers was expected, not 'O'"),
        ({"shape": (6, 4), "dtype": "uint8"}, r"three positive whole numbers \(Z, Y, X\) were expected"),
        ({"shape": (24, 1, 0), "dtype": "uint8"}, "three positive whole numbers"),
        ({"shape": 24, "dtype": "uint8"}, "three positive whole numbers"),
    ],
)
def test_raw_says_nothing_so_everything_is_checked(tmp_path, arguments, words):
    (tmp_path / "v.raw").write_bytes(LABELS.tobytes())
    with pytest.raises(InputError, match=words):
        read(tmp_path / "v.raw", phases=PHASES, voxel_um=VOXEL, **arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"compression": "zlib"},
        {"compression": "zlib", "predictor": True},
        {"compression": "lzw"},
        {"compression": "packbits"},
        {"compression": "zstd"},
        {"tile": (16, 16)},
        {"bigtiff": True},
        {"byteorder": ">"},
        {"rowsperstrip": 1},
        {"photometric": "miniswhite"},
    ],
)
@pytest.mark.parametrize("dtype", ["u1", "u2", "i4"])
def test_tiff(tmp_path, arguments, dtype):
    if arguments.get("compression"):
        pytest.importorskip("imagecodecs")
    arguments = {"photometric": "minisblack", **arguments}
    tifffile.imwrite(tmp_path / "v.tif", LABELS.astype(dtype), **arguments)
    same(tmp_path / "v.tif", voxel_um=VOXEL)


def test_tiff_of_one_bit(tmp_path):
    tifffile.imwrite(tmp_path / "v.tif", LABELS > 1, photometric="minisblack")
    same(tmp_path / "v.tif", LABELS > 1, voxel_um=VOXEL)


@pytest.mark.parametrize(("unit", "um"), [("um", 1), ("\\u00B5m", 1), ("micron", 1), ("nm", 1e-3), ("mm", 1e3)])
def test_tiff_voxel_size_as_imagej_writes_it(tmp_path, unit, um):
    metadata = {"axes": "ZYX", "spacing": 0.1 / um, "unit": unit}
    resolution = (um / 0.3, um / 0.2)
    tifffile.imwrite(tmp_path / "v.tif", LABELS, imagej=True, resolution=resolution, metadata=metadata)
    same(tmp_path / "v.tif")


@pytest.mark.parametrize("unit", ["pixel", "furlong", None])
def test_tiff_without_a_length_states_no_voxel_size(tmp_path, unit):
    metadata = {"axes": "ZYX", "spacing": 0.1} | ({"unit": unit} if unit else {})
    tifffile.imwrite(tmp_path / "v.tif", LABELS, imagej=True, resolution=(3, 5), metadata=metadata)
    with pytest.raises(InputError, match="it states no voxel size"):
        read(tmp_path / "v.tif", phases=PHASES)


def test_tiff_that_knows_only_the_plane_asks_and_is_checked(tmp_path):
    """ImageJ leaves the spacing out where it is 1 or unknown; centimetres are a scale, inches are for printers."""
    tifffile.imwrite(
        tmp_path / "v.tif", LABELS, photometric="minisblack", resolution=(1e4 / 0.3, 1e4 / 0.2), resolutionunit=3
    )
    with pytest.raises(InputError, match=r"states only y = 0\.2 um, x = 0\.3 um"):
        read(tmp_path / "v.tif", phases=PHASES)
    with pytest.raises(InputError, match=r"states an edge of 0\.2 um along y, but 0\.25 was asked for"):
        read(tmp_path / "v.tif", phases=PHASES, voxel_um=(0.1, 0.25, 0.3))
    same(tmp_path / "v.tif", voxel_um=VOXEL)
    tifffile.imwrite(tmp_path / "v.tif", LABELS, photometric="minisblack", resolution=(72, 72), resolutionunit=2)
    same(tmp_path / "v.tif", voxel_um=VOXEL)


def test_ome_tiff_states_its_voxel_size_and_leads_nowhere_else(tmp_path, monkeypatch):
    sizes = {f"PhysicalSize{axis}": size for axis, size in zip("ZYX", (100, 200, 300), strict=True)}
    units = {f"PhysicalSize{axis}Unit": "nm" for axis in "ZYX"}
    tifffile.imwrite(
        tmp_path / "v.tif", LABELS, photometric="minisblack", ome=True, metadata={"axes": "ZYX", **sizes, **units}
    )
    same(tmp_path / "v.tif")
    tifffile.imwrite(tmp_path / "secret.tif", LABELS[::-1], photometric="minisblack")
    with tifffile.TiffFile(tmp_path / "v.tif") as tif:
        text = tif.ome_metadata
    text = text.replace("<TiffData", '<TiffData FirstZ="0"><UUID FileName="../secret.tif">x</UUID></TiffData><TiffData')
    (tmp_path / "in").mkdir()
    with tifffile.TiffWriter(tmp_path / "in" / "v.tif") as tif:
        for number, page in enumerate(LABELS):
            description = text if number == 0 else None
            tif.write(page, photometric="minisblack", description=description, metadata=None)
    opened = []
    builtin = open
    monkeypatch.setattr("builtins.open", lambda path, *rest, **options: opened.append(path) or builtin(path, *rest))
    same(tmp_path / "in" / "v.tif")
    assert opened == []


def test_imagej_file_with_one_header_for_all_slices(tmp_path):
    """Above 4 GB ImageJ writes one page header and lets the description say how many slices follow."""
    tifffile.imwrite(
        tmp_path / "v.tif",
        LABELS[0],
        photometric="minisblack",
        description="ImageJ=1.54f\nimages=2\nslices=2\n",
        metadata=None,
    )
    with tifffile.TiffFile(tmp_path / "v.tif") as tif:
        end = tif.pages[0].dataoffsets[0] + LABELS[0].size
    whole = (tmp_path / "v.tif").read_bytes()[:end] + LABELS[1].tobytes()
    (tmp_path / "v.tif").write_bytes(whole)
    same(tmp_path / "v.tif", voxel_um=VOXEL)


def test_grey_saved_as_colour_is_still_grey(tmp_path):
    tifffile.imwrite(tmp_path / "v.tif", np.repeat(LABELS[..., None], 3, axis=3), photometric="rgb")
    same(tmp_path / "v.tif", voxel_um=VOXEL)


def stack(folder, suffix, mode="L", names="slice_{}", labels=LABELS):
    folder.mkdir()
    for z, values in enumerate(labels):
        path = folder / f"{names.format(z)}{suffix}"
        if suffix == ".tif":
            tifffile.imwrite(path, values, photometric="minisblack")
        elif mode == "I;16":
            image.fromarray(values.astype(np.uint16)).save(path)
        else:
            image.fromarray(values).convert(mode).save(path)
    return folder


@pytest.mark.parametrize(
    ("suffix", "mode"),
    [
        *[(".png", mode) for mode in ("L", "I;16", "RGB", "RGBA", "LA", "P")],
        *[(".bmp", mode) for mode in ("L", "RGB", "P")],
        (".tif", "L"),
        (".PNG", "L"),
    ],
)
def test_slices(tmp_path, suffix, mode):
    same(stack(tmp_path / "s", suffix, mode), voxel_um=VOXEL)


def test_slices_are_ordered_by_number_not_by_letter(tmp_path):
    labels = np.arange(12, dtype=np.uint8)[:, None, None] % 4 * np.ones((1, 2, 3), np.uint8)
    same(stack(tmp_path / "s", ".png", names="cut{}", labels=labels), labels, voxel_um=VOXEL)


def test_slices_of_one_bit_are_0_and_1(tmp_path):
    (tmp_path / "s").mkdir()
    for z, values in enumerate(LABELS > 1):
        image.fromarray(values).save(tmp_path / "s" / f"{z}.png")
    same(tmp_path / "s", LABELS > 1, voxel_um=VOXEL)


def test_a_palette_of_greys_gives_greys_and_of_colours_its_indices(tmp_path):
    indices = image.fromarray(np.array([[0, 1, 2]], np.uint8))
    for folder, palette in (("grey", [2, 2, 2, 3, 3, 3, 0, 0, 0]), ("colour", [9, 0, 0, 0, 9, 0, 0, 0, 9])):
        (tmp_path / folder).mkdir()
        one = indices.copy()
        one.putpalette(palette)
        one.save(tmp_path / folder / "s0.png")
    same(tmp_path / "grey", [[[2, 3, 0]]], voxel_um=VOXEL)
    same(tmp_path / "colour", [[[0, 1, 2]]], voxel_um=VOXEL)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["s_0.png", "s_1.png", "s_3.png"], "the numbering has a gap: slice 2 is missing.*join separate parts"),
        (["s_0.png", "s_4.png", "s_6.png"], r"has gaps: 4 slices are missing \(1 to 3, 5\)"),
        (["s_1.png", "s_01.png"], "two slices have the number 1: 's_1.png' and 's_01.png'"),
        (["a_0.png", "b_1.png"], "slices of several stacks in one folder: 'a_0.png' and 'b_1.png'"),
        (["s_0.png", "s_1.bmp"], r"slices of several kinds in one folder: \.bmp \.png"),
        (["s_0.png", "preview.png"], "'preview.png' has no number at the end"),
        ([], "the folder holds no slices"),
    ],
)
def test_a_folder_that_is_no_stack(tmp_path, names, words):
    for name in names:
        image.fromarray(LABELS[0]).save(tmp_path / name)
    with pytest.raises(InputError, match=words):
        read(tmp_path, phases=PHASES, voxel_um=VOXEL)


def test_slices_must_match(tmp_path):
    stack(tmp_path / "s", ".png")
    image.fromarray(LABELS[0, :2]).save(tmp_path / "s" / "slice_1.png")
    with pytest.raises(InputError, match=r"'slice_1\.png' is 2x4 uint8, but 'slice_0\.png' is 3x4 uint8"):
        read(tmp_path / "s", phases=PHASES, voxel_um=VOXEL)


HEADER = "VF0 VF1 VF2 SV0 SV1 SV2\n"


def gan_ph_set(folder, rows=("35.4 34.1 30.5 1.1 1.2 1.3", "40 30 30 1 2 3")):
    grid = Grid(("Ni", "YSZ", "pore"), VOXEL)
    folder.mkdir()
    for number in range(2):
        labels = np.minimum(LABELS, 2) if number == 0 else np.minimum(LABELS[::-1], 2)
        write(Volume(labels, grid), folder / f"structure_{number + 1:04}", values=gan_ph.PHASES)
    (folder / "results.dat").write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return folder


def test_gan_ph_data_set(tmp_path):
    root = gan_ph_set(tmp_path / "set")
    names = sorted(path.name for path in (root / "structure_0001").iterdir())
    assert names == ["grid.toml", "slice_0000.bmp", "slice_0001.bmp"]
    with image.open(root / "structure_0001" / "slice_0000.bmp") as first:
        assert first.mode == "L"
        np.testing.assert_array_equal(first, np.array([255, 127, 0], np.uint8)[np.minimum(LABELS[0], 2)])
    found = find(root)
    assert found.unknown == ()
    assert found.volumes == gan_ph.structures(root)
    volume = read(found.volumes[1], phases=gan_ph.PHASES, voxel_um=VOXEL)
    assert volume.grid.phases == ("Ni", "YSZ", "pore")
    np.testing.assert_array_equal(volume.labels, np.minimum(LABELS[::-1], 2))
    conditions = gan_ph.read_conditions(root)
    assert list(conditions) == list(found.volumes)
    assert conditions[found.volumes[0]].vf == pytest.approx((0.354, 0.341, 0.305))
    assert conditions[found.volumes[0]].ssa == (1.1, 1.2, 1.3)
    assert conditions[found.volumes[1]].ssa == (1, 2, 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SV0 VF0\n", "its first line must be VF0 VF1 VF2 SV0 SV1 SV2"),
        ("", "its first line must be"),
        (HEADER + "40 30 30 1 2 3\n", "1 row for 2 structures.*Row i belongs to structure i"),
        (HEADER + "40 30 30 1 2 3\n40 30 30 1 2\n", r"row 1: six numbers >= 0 were expected, not 40 30 30 1 2$"),
        (HEADER + "40 30 30 1 2 3\n40 30 30 1 2 x\n", "row 1: six numbers were expected: could not convert"),
        (HEADER + "40 30 30 1 2 3\n40 30 30 1 2 nan\n", "row 1: six numbers >= 0"),
        (HEADER + "0.4 0.3 0.3 1 2 3\n" * 2, r"row 0: its volume fractions sum to 1 %, not 100 %"),
        (None, "cannot be read: No such file"),
        ("\u00e9", "it is not ASCII text"),
    ],
)
def test_results_that_cannot_be_trusted(tmp_path, text, words):
    root = gan_ph_set(tmp_path / "set")
    (root / "results.dat").unlink()
    if text is not None:
        (root / "results.dat").write_bytes(text.encode())
    with pytest.raises(InputError, match=words):
        gan_ph.read_conditions(root)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"chunks": (1, 2, 3)},
        {"chunks": (2, 2, 3), "compression": "gzip"},
        {"chunks": (1, 3, 4), "compression": "gzip", "shuffle": True, "fletcher32": True},
        {"chunks": (2, 3, 4), "shuffle": True},
        {"chunks": (1, 1, 1)},
    ],
)
@pytest.mark.parametrize("dtype", ["u1", ">i2", "<i4", "u8"])
@pytest.mark.parametrize("version", ["earliest", "latest"])
def test_hdf5(tmp_path, arguments, dtype, version):
    with h5py.File(tmp_path / "v.h5", "w", libver=version) as file:
        file["note"] = "hello"
        file["curve"] = np.arange(5.0)
        file.create_dataset("deep/labels", data=LABELS.astype(dtype), **arguments)
    same(tmp_path / "v.h5", voxel_um=VOXEL)


def test_hdf5_chosen_among_several(tmp_path):
    with h5py.File(tmp_path / "v.hdf5", "w") as file:
        file["a/labels"] = LABELS
        file["b"] = LABELS[::-1]
        file["b"].attrs["element_size_um"] = VOXEL  # as Fiji and ilastik write it
        file["grey"] = LABELS / 3
    with pytest.raises(
        InputError, match=r"several data sets could be the labels; its volumes are a/labels 2x3x4 uint8"
    ):
        read(tmp_path / "v.hdf5", phases=PHASES)
    same(tmp_path / "v.hdf5", LABELS[::-1], dataset="b")
    same(tmp_path / "v.hdf5", dataset="/a/labels", voxel_um=VOXEL)
    for name, words in (
        ("c", r"no data set is called 'c'\. This group holds a, b, grey"),
        ("a/x", r"no data set is called 'a/x'\. This group holds labels"),
        ("a", "'a' is a group, not a data set; it holds labels"),
        ("grey", "values of type float64, not integer labels"),
    ):
        with pytest.raises(InputError, match=words):
            read(tmp_path / "v.hdf5", phases=PHASES, voxel_um=VOXEL, dataset=name)


def test_hdf5_small_enough_to_lie_in_its_header(tmp_path):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple(LABELS.shape)
        made = h5py.h5d.create(file.id, b"labels", h5py.h5t.NATIVE_UINT8, space, properties)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, LABELS)
    same(tmp_path / "v.h5", voxel_um=VOXEL)


def dream3d(path, version, spacing=(0.3, 0.2, 0.1), arrays=("Phases",)):
    """The layouts of DREAM.3D 6 and 7: lengths and spacing as x, y, z, arrays with an axis of components."""
    with h5py.File(path, "w") as file:
        if version == 6:
            cells = file.create_group("DataContainers/Image/CellData")
            geometry = file.create_group("DataContainers/Image/_SIMPL_GEOMETRY")
            geometry["SPACING"] = np.array(spacing, np.float32)
            geometry["DIMENSIONS"] = np.array([4, 3, 2], np.int64)
        else:
            cells = file.create_group("DataStructure/Image Geometry/Cell Data")
            cells.parent.attrs["_SPACING"] = np.array(spacing, np.float32)
        cells["FeatureIds"] = np.arange(24, dtype=np.int32).reshape(2, 3, 4, 1)
        cells["EulerAngles"] = np.zeros((2, 3, 4, 3), np.float32)
        for name in arrays:
            options = {"chunks": (1, 2, 3, 1), "compression": "gzip"} if version == 7 else {}
            cells.create_dataset(name, data=LABELS.astype(np.int32)[..., None], **options)
    return path


@pytest.mark.parametrize("version", [6, 7])
def test_dream3d_reads_phases_and_turns_its_spacing_round(tmp_path, version):
    same(dream3d(tmp_path / "v.dream3d", version))
    with pytest.raises(InputError, match=r"it states no voxel size"):  # 1, 1, 1 is what an unset spacing is
        read(dream3d(tmp_path / "w.dream3d", version, spacing=(1, 1, 1)), phases=PHASES)


def test_dream3d_never_takes_grains_for_phases(tmp_path):
    path = dream3d(tmp_path / "v.dream3d", 6, arrays=())
    with pytest.raises(InputError, match=r"no data sets called Phases; its volumes are .*FeatureIds 2x3x4x1 int32"):
        read(path, phases=PHASES)


# Written by VTK 9.7.2 (vtkXMLImageDataWriter, vtkStructuredPointsWriter): integers "Phases" and doubles "grey" on
# 4 x 3 x 2 cells or points, spacing 0.3, 0.2, 0.1; deflated and in base 85.
VTK_LABELS = np.array([[[0, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1]], [[1, 1, 1, 0], [1, 1, 1, 1], [0, 1, 1, 1]]])
WRITTEN_BY_VTK = {
    "inline zlib": (
        "c-p0t-;bg&5XayBD<*v<Sp;3tL`?XhQP)+uU3B$jQ?+1kv3R8`aDV-^sNCgp`*b7>otZB)pO&G&dVLzvgn%f|#72`7j){*2MsOiK"
        "qbajd^T9x{D+PH^`GIg7&8QFw8L|V#48f6L8GXOLA5NHPnF#jj>C8!%rBZ$oAKMw-sj6NbMuP@GzitQXV=7A)f-oUFLK~XUlD90i"
        ";54QRL%K}_FK4``ELK=j@L)oP=TlDhqQW(xQbPT_wpvoMC-AQhDy;-5WkRvseEsi$N0Ovsec9s#^UOxeBhE;6D<Bmr>u`=s_<b5("
        "1ao{MwHTt5pRh#OQHFVm;2UN!d9HSNcW@!MQI`d90!Ln+G8<+5SXtX9)8hNa2|V{Bmq}l9+`zuG=rzojc%vl6qSL+u#+;P@iRY_@"
        "a|r&xn|RJ>`1V=4^F^uU$DY5nhTh5S1YQ_*3(aa?BK?Wa&YdwGX}Op<(?DBa%%O2M;^%S~j@K<~rMW-mtd%a($eb)z^wsn_Ok`G0"
        ")=@lL>D`<Z%g@sCS;(f5S#}NAOM33lHzEATjTz;c(R*z6ig_4W&bZe$ww<qzsjuHZb2T-3H8$5}J*<O9U%&k}gT^mo6ZKm"
    ),
    "appended raw": (
        "c-pm8y=xRf6p!uMr+!W?w|B{rSlr$aje(%~z-U6M^JVwl-oW0>F*|6^-rn9m_7-+RDiLf1K?s6`C`uv`3;zITX6M$gi-qVcv$OBL"
        "-+S|WA8dQ`=Cvh}6PVGEVzxZMj26)#gFB=Pp=8XO^#+5Tk)f{ADe0J97sljtRi*+ZgFd0vc1!<T%hJrXSf>Wiu42JfUs?RFA!%aP"
        "fEF}h*6tYwYg%MNI;DLWYz#3GGP82s0_rn%HyJDnO^GSFfJZ`g`m5|^>w*%3iFf?nD&xAyN=W0<s5H^<sw<S|KGlr`bJRu5*85mc"
        "!Nv%SarOnRaWt;AG_#i8Dh{ZELr>`e+6-_wB$-mm;0DT!R(z2r=2F^m*A{1@UG;henKQhjKk!@16}n~yhMA_(|K!(fwAk7F+R?bg"
        "q2ZD5xF58rnlvvi1Zut?BomeTk<xg#>_+$Y)c1Anm;Enw`%^!!^uqb==a=_*c|PIpJ^gq;$j|uG;}v!9)r+8i$uE_PV1LaY+`ni)"
        "4+8EDKXJ#yw*i01J#6|Y_`Tz+-uyoJf8b8~y7w`}Ip&Y%9q=T?`^3F@{xrn>%uCi^xUcb#RqfQ;QTT6kYTp30;vcp"
    ),
    "appended base64": (
        "c-pm8+iv185Pjz>EWaWV5?U@2p~?jWlv}n1T3(PzCc)caXA_qs`}J!=8<rK_hn3b*Wc$pSnd2GD-G}TDq9eo!<xIzFt&SghmG0{K"
        "aX>>rB9B1FqXP-RCW7E=Cfel!wmkMA*71Z25kjANlrW6;KqR_7`!7dKH19BS`5}rSNw}mR#oJ~=cc-XU3FBS`p>CNDt@m7p%mgr@"
        "<2q`fI@08?Vl<CwK-meDA4X3RaVZPrz9vaENvcVbO=EDySuQG=sGN&bGTDNH3+QH!e;enxr^uW#Q5@sRB_W9u9WVAIfdqe2B<W-~"
        ";+W*<QmQsaGjf2Ej(i>;h*U?S2$%;RM&AevU|JO5rp~jSWb)uQ?cDbh5MOvJf6+GxIVpO1Rv5&P|4)6VOkeBkDrJpJ$bvAu0+ee+"
        "`kXpmTr{P;X~ov~kYDr+n9IH5O6_D5q>jRUYdA(Zg3pCnt_=IK)M1=`e>EJ-d`m59sT!uE-}IkeFwgnJe`Fbh{>yuA&gOYF-FNIw"
        "t8X2&reiJrc2;fGkG}F4Pon0K4yvgb8DpoqK5Bh6QiEx}TMpNa)~ag$n6U<*b6*?HSM*u4noK0E6xMz)St;!lvc-Geve}Z2eJyXR"
        "rWJO~pD#k#_ph3tCTi!t-pOW5zhw+Ncj~5Dl<)U~$wx!^cr|*JU%}%m`2"
    ),
    "ascii": (
        "c-ozm*>1ux5JlhlijhA6vJpTENL48k>V`^}N92ZSuoN8RSQY$zJt1)u7hWoaV2-cnUQaN|`|JHe<Ouq7z$shqd4_YYIfHLhr6}Z-"
        "d3~S3=SkzHP+L?}_8_#*@lI|9mkf5u4c(mgzb&N>12*dcB(@iP><XhlYLwcvgAhCj%-ghmRw5JRVM>p|`oL2mGx9W|z7di4TqsO+"
        "mBoij3HI}BwGx;jTymgg5)?w}D$6?MIalSBt#-V`vKAN#t==fbPt7Q#_G1Q5e2-QPUxnIpW5LT*2nH`)X82egpegv#q_kb3%6fiz"
        "mRSP6!zy)$)%%;20~_;d@I_v59Y;;{OyTK&!M(m0h0$mn#NIfb4C7(o#{`>V6i)omNa!hrj+9ul-f()NF8sCYw`?krL2lQGSU1tA"
        "(shj{23<<-?2KCGLnj%bxC;$(68eO?B1+?ohi2i9qUG$IhHS>pC<y(XxpQW+>1v|!_1{f0uvel6x0vUxa?q}gnr_(ntG(B=UNWfv"
        "K4!fix#|Rz"
    ),
    "legacy text": (
        "c-pm5!D@ss5WVLs26~r7P1K`AT>@6cxV?&HLo1b9RxR}Jo7qL(Jrwp*B;cF8%zJO<3BKnKNV>Vp`oX}9IZyrg3EW`>FUDp5T4oY!"
        "sT4`#Ce~>Kx~Y${Io4^?R;4N$O%nB-7Fv~s1`a-WL|3s?#Q~_}+2h*7NLj0cDuCigWSZwKHU!rvvdqi6)iTcGT0`~TO=bc{EYG3T"
        "i(JNo+h6im`61Fx`61GO3y@5uc>-B)h7<0=27f!7A7FMea2l7_!CZxX&ksUZ(D2eK6cHEPWq}vrbiMVOA+p75CB*4(kRuZ7Q{2k-"
        "jAEBnKtuv9u1$gvmv|??5ihy;E`dm_*aEQ|MYJ;!Z3)nHu*;$NCLqxD4$$>|_Gk}}=tiCa`2|7+o67"
    ),
    "legacy binary": (
        "c-oCmJxjwt7_RHNJHN$MO4C;Ac3eJM4%17>r9!6=$!UwhNRtS<ySuyB-N8+862V0f1QA43lvWf6e}K94et`G#em~E1cgwJ!?SL6("
        "VP_Nz*bw7%l<dN4O+#{#<k?=HA)PYf4UkEE!Yv=T@AVD8?^$NxI+XbwnY3pyP94Uf1x;um?h=EtF4Swy!W)Ha$nj{GGN?;KB{7hS"
        "&}boU5Sw@$++moC6w+Zb&H&ktv)*?DpXjy)k=P3JI75|6WkK1$D%7EtZ9-=x;z<4zG_*Yy2cQ-ALX_m2v5=bO!4v&@uvm@oxyqMk"
        "OR~aOs=v8AOnTD`e5>a3b`9UF{X-E}j*ju8!abeHVuqg;{-sP+{Hl0wC4k{~#s8T6$_bt-otcESPw}VH`)Zc}{H=6<=I=&-H}jJ&"
    ),
}  # fmt: skip

LEGACY = b"""# vtk DataFile Version 3.0
a title
ASCII
DATASET STRUCTURED_POINTS
DIMENSIONS 4 3 2
ORIGIN 5 5 5
ASPECT_RATIO 0.3 0.2 0.1
POINT_DATA 24
SCALARS phase int 1
LOOKUP_TABLE default
"""


@pytest.mark.parametrize("kind", list(WRITTEN_BY_VTK))
def test_vtk_files_as_vtk_writes_them(tmp_path, kind):
    path = tmp_path / ("v.vtk" if kind.startswith("legacy") else "v.vti")
    path.write_bytes(zlib.decompress(base64.b85decode(WRITTEN_BY_VTK[kind])))
    same(path, VTK_LABELS)
    with pytest.raises(InputError, match="values of type float64, not integer labels"):
        read(path, phases=PHASES, dataset="grey")
    with pytest.raises(InputError, match=r"no array is called 'x'; its arrays are .*Phases"):
        read(path, phases=PHASES, dataset="x")


@pytest.mark.parametrize("header", [LEGACY, LEGACY.replace(b"LOOKUP_TABLE default\n", b"").replace(b" 1\n", b"\n")])
def test_legacy_vtk_text(tmp_path, header):
    numbers = "\n".join(" ".join(map(str, row)) for row in LABELS.reshape(-1, 4))
    (tmp_path / "v.vtk").write_bytes(header + numbers.encode())
    same(tmp_path / "v.vtk")


def test_legacy_vtk_cells_and_several_arrays(tmp_path):
    header = LEGACY.replace(b"4 3 2", b"5 4 3").replace(b"POINT_", b"CELL_").replace(b"ASCII", b"BINARY")
    data = LABELS.astype(">i4").tobytes()
    table = b"LOOKUP_TABLE mine 2\n" + bytes(8) + b"\n"
    field = b"\nFIELD extra 2\nother 1 24 short\n" + LABELS.astype(">i2").tobytes() + b"\nv 3 24 float\n" + bytes(288)
    (tmp_path / "v.vtk").write_bytes(header + data + b"\n" + table + b"VECTORS w float\n" + bytes(288) + field)
    with pytest.raises(InputError, match=r"several arrays could hold the labels; its arrays are CELL_DATA/phase int"):
        read(tmp_path / "v.vtk", phases=PHASES)
    same(tmp_path / "v.vtk", dataset="phase")
    same(tmp_path / "v.vtk", dataset="CELL_DATA/other")


def test_what_we_write_vtk_reads(tmp_path):
    vtk = pytest.importorskip("vtk", reason="VTK is half a gigabyte and not among the extras")
    from vtk.util.numpy_support import vtk_to_numpy

    write(Volume(LABELS, Grid(tuple(PHASES), VOXEL)), tmp_path / "v.vti")
    reader = vtk.vtkXMLImageDataReader()
    reader.SetFileName(str(tmp_path / "v.vti"))
    reader.Update()
    found = reader.GetOutput()
    assert found.GetSpacing() == (0.3, 0.2, 0.1)
    np.testing.assert_array_equal(vtk_to_numpy(found.GetCellData().GetScalars()).reshape(2, 3, 4), LABELS)


@pytest.mark.parametrize("encoding", ["raw", "gzip", "ascii"])
@pytest.mark.parametrize("dtype", ["u1", ">i2", "<i4", "u8"])
def test_nrrd(tmp_path, encoding, dtype):
    header = {"encoding": encoding, "spacings": [300, 200, 100], "units": ["nm"] * 3}
    nrrd.write(str(tmp_path / "v.nrrd"), LABELS.astype(dtype), header, index_order="C")
    same(tmp_path / "v.nrrd")


def test_nrrd_edges_from_directions(tmp_path):
    directions = {"space dimension": 3, "space directions": np.diag([0.3, 0.2, 0.1])}
    nrrd.write(str(tmp_path / "v.nrrd"), LABELS, directions | {"space units": ["mm"] * 3}, index_order="C")
    same(tmp_path / "v.nrrd", voxel=(100, 200, 300))
    nrrd.write(str(tmp_path / "w.nrrd"), LABELS, directions, index_order="C")
    same(tmp_path / "w.nrrd")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({}, "it states no voxel size"),
        ({"spacings": [1, 1, 1]}, "it states no voxel size"),
        ({"spacings": [0.3, float("nan"), 0.1]}, "states only z = 0.1 um, x = 0.3 um"),
        ({"spacings": [0.3, 0.2, 0.1], "units": ["um", "s", "um"]}, "states only z = 0.1 um, x = 0.3 um"),
        ({"spacings": [0.3, -0.2, 0.1]}, "states an edge of -0.2 um along y.*override"),
    ],
)
def test_nrrd_without_a_usable_voxel_size(tmp_path, header, words):
    nrrd.write(str(tmp_path / "v.nrrd"), LABELS, header, index_order="C")
    with pytest.raises(InputError, match=words):
        read(tmp_path / "v.nrrd", phases=PHASES)
    same(tmp_path / "v.nrrd", voxel_um=VOXEL, override=True)


def test_nrrd_in_two_files(tmp_path):
    nrrd.write(str(tmp_path / "v.nhdr"), LABELS, {"encoding": "raw", "spacings": [0.3, 0.2, 0.1]}, index_order="C")
    same(tmp_path / "v.nhdr")
    assert [one.name for one in files_of(tmp_path / "v.nhdr")] == ["v.nhdr", "v.raw"]
    assert [one.name for one in find(tmp_path).volumes] == ["v.nhdr"]
    before = fingerprint(tmp_path / "v.nhdr")
    (tmp_path / "v.raw").write_bytes(LABELS[::-1].tobytes())
    assert fingerprint(tmp_path / "v.nhdr") != before


@pytest.mark.parametrize(
    ("skips", "data"),
    [
        (b"line skip: 2\n", b"a\nb\n" + LABELS.tobytes()),
        (b"byte skip: 3\n", b"abc" + LABELS.tobytes()),
        (b"byte skip: -1\n", b"anything" + LABELS.tobytes()),
    ],
)
def test_nrrd_skips_what_its_header_says(tmp_path, skips, data):
    header = b"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 4 3 2\nencoding: raw\nspacings: 0.3 0.2 0.1\n"
    (tmp_path / "v.nrrd").write_bytes(header + skips + b"\n" + data)
    same(tmp_path / "v.nrrd")


@pytest.mark.parametrize(
    ("unit", "um"),
    [
        *[(name, 1) for name in ("um", "\u00b5m", "\u03bcm", "\\u00B5m", "Micrometers", "microns", '"micron"')],
        *[("nm", 1e-3), ("\u00c5", 1e-4), ("mm", 1e3), ("cm", 1e4), ("m", 1e6), ("metres", 1e6)],
        *[(name, None) for name in ("pixel", "", None, "s", "furlong")],
    ],
)
def test_units_of_length(unit, um):
    assert in_um(unit) == um
