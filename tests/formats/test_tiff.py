"""TIFF as tifffile writes it in all its variants; pages that are no slices, orientations, palettes, OME."""

import itertools
import struct

import numpy as np
import pytest

from porenet.errors import InputError
from porenet.formats import find, read

tifffile = pytest.importorskip("tifffile")
pytest.importorskip("imagecodecs")

LABELS = np.random.default_rng(0).integers(0, 3, (5, 21, 17)).astype(np.uint8)
PHASES = {"a": 0, "b": 1, "c": 2}
CODECS = (None, "zlib", "lzw", "packbits", "zstd", "lzma")
TYPES = ("?", "i1", "u2", "i4", "u8", "f2", "f4", "f8")


def labels_of(path, **options):
    return read(path, phases=PHASES, voxel_um=(1, 1, 1), override=True, **options).labels


def pages(path, *pages, **options):
    """A file of pages (Y, X), each with options of its own, and no description but that of the first."""
    with tifffile.TiffWriter(path, **options) as file:
        for values, page_options in pages:
            file.write(values, metadata=None, **{"photometric": "minisblack", **page_options})
    return path


@pytest.mark.parametrize("compression", CODECS)
@pytest.mark.parametrize("byteorder", "<>")
def test_every_codec_type_and_byte_order(tmp_path, compression, byteorder):
    layouts = ({}, {"tile": (16, 16)}, {"rowsperstrip": 4}, {"predictor": True})
    for dtype, layout in itertools.product(TYPES, layouts):
        if layout.get("predictor") and (compression in (None, "packbits") or dtype in "?u8"):
            continue
        array = LABELS[:2].astype(dtype)
        options = {"photometric": "minisblack", "compression": compression, "byteorder": byteorder, **layout}
        tifffile.imwrite(tmp_path / "v.tif", array, **options)
        np.testing.assert_array_equal(labels_of(tmp_path / "v.tif"), array)


LAYOUTS = [
    {"bigtiff": True}, {"metadata": None}, {"ome": True}, {"imagej": True}, {"photometric": "miniswhite"},
    {"planarconfig": "separate"}, {"planarconfig": "contig"}, {"volumetric": True},
    {"volumetric": True, "tile": (2, 16, 16)},
]  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("byteorder", "<>")
def test_every_layout_of_a_volume(tmp_path, layout, byteorder):
    options = {"photometric": "minisblack", "byteorder": byteorder, **layout}
    for dtype in ("u1", "u2"):
        tifffile.imwrite(tmp_path / "v.tif", LABELS.astype(dtype), **options)
        np.testing.assert_array_equal(labels_of(tmp_path / "v.tif"), LABELS)


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
def test_fax_of_one_bit(tmp_path, compression):
    image = pytest.importorskip("PIL.Image")
    (tmp_path / "s").mkdir()
    for z, values in enumerate(LABELS > 0):
        image.fromarray(values).save(tmp_path / "s" / f"s_{z}.tif", compression=compression)
    np.testing.assert_array_equal(labels_of(tmp_path / "s"), LABELS > 0)


@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_planes_that_tifffile_takes_for_colours(tmp_path, dtype):
    """Tifffile takes 3 or 4 slices for colours of a page, and 3 or 4 columns for those of a pixel."""
    for shape in ((3, 4, 5), (4, 6, 5)):
        array = LABELS.ravel()[: np.prod(shape)].reshape(shape).astype(dtype)
        tifffile.imwrite(tmp_path / "v.tif", array, photometric="rgb", planarconfig="separate")
        np.testing.assert_array_equal(labels_of(tmp_path / "v.tif"), array)
    tifffile.imwrite(tmp_path / "v.tif", LABELS[:, :, :3].astype(dtype), photometric="rgb")
    with pytest.raises(InputError, match="is a colour image or a volume of 5x21x3; it does not say which"):
        labels_of(tmp_path / "v.tif")


@pytest.mark.parametrize("byteorder", "<>")
def test_one_header_for_all_slices_in_either_byte_order(tmp_path, byteorder):
    description = "ImageJ=1.54f\nimages=5\nslices=5\n"
    options = {"photometric": "minisblack", "metadata": None, "byteorder": byteorder}
    values = (LABELS.astype(np.uint16) * 256).astype(byteorder + "u2")
    tifffile.imwrite(tmp_path / "v.tif", values[0], description=description, **options)
    with (tmp_path / "v.tif").open("ab") as file:
        file.write(values[1:].tobytes())
    volume = read(tmp_path / "v.tif", phases={"a": 0, "b": 256, "c": 512, "wrong": 1}, voxel_um=(1, 1, 1))
    np.testing.assert_array_equal(volume.labels, LABELS)


@pytest.mark.parametrize("more", [b"\0", -1])
def test_one_header_whose_slices_do_not_end_the_file(tmp_path, more):
    """As where the link to the second page is lost: what follows the first one is anything."""
    path = pages(tmp_path / "v.tif", (LABELS[0], {"description": "ImageJ=1.54f\nimages=5\nslices=5\n"}))
    data = path.read_bytes() + LABELS[1:].tobytes()
    path.write_bytes(data[:more] if more == -1 else data + more)
    with pytest.raises(InputError, match="its description promises 5 slices, but it holds 1 pages"):
        labels_of(path)


@pytest.mark.parametrize("compression", CODECS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (struct.pack("<HHII", 258, 3, 1, 8), struct.pack("<HHII", 33000, 3, 1, 8)),  # bits per sample; 1 without
        (struct.pack("<HHII", 257, 4, 1, 21), struct.pack("<HHII", 257, 4, 1, 20)),  # rows
    ],
)
def test_strips_of_other_pixels_than_the_header_says(tmp_path, compression, before, after):
    path = pages(tmp_path / "s_0.tif", (LABELS[0] % 2, {"compression": compression}))
    np.testing.assert_array_equal(labels_of(tmp_path)[0], LABELS[0] % 2)
    data = path.read_bytes()
    assert data.count(before) == 1
    path.write_bytes(data.replace(before, after))
    with pytest.raises(
        InputError, match=r"more pixels than its header promises|TOO_SMALL|too small|BUF_ERR|INSUFFICIENT"
    ):
        labels_of(tmp_path)


def test_a_strip_that_is_compressed_after_all(tmp_path):
    path = pages(tmp_path / "s_0.tif", (LABELS[0], {"compression": "lzw"}))
    compressed = struct.pack("<HHII", 259, 3, 1, 5)
    data = path.read_bytes()
    assert data.count(compressed) == 1
    path.write_bytes(data.replace(compressed, struct.pack("<HHII", 259, 3, 1, 1)))
    with pytest.raises(InputError, match=r"page 0 holds \d+ of 357 bytes"):
        labels_of(tmp_path)


@pytest.mark.parametrize(("tag", "kind", "value"), [(254, 4, 1), (254, 4, 4), (254, 4, 5), (255, 3, 2)])
@pytest.mark.parametrize(("big", "byteorder"), [(False, "<"), (False, ">"), (True, "<"), (True, ">")])
def test_thumbnails_and_masks_are_no_slices(tmp_path, tag, kind, value, big, byteorder):
    stack = [entry for values in LABELS for entry in ((values, {}), (values[::2, ::2], {"subfiletype": 1}))]
    path = pages(tmp_path / "v.tif", *stack, bigtiff=big, byteorder=byteorder)
    count = "Q" if big else "I"
    before = struct.pack(f"{byteorder}HH{count}I", 254, 4, 1, 1)
    after = struct.pack(f"{byteorder}HH{count}{'I' if kind == 4 else 'Hxx'}", tag, kind, 1, value)
    data = path.read_bytes()
    assert data.count(before) == 5
    path.write_bytes(data.replace(before, after))
    np.testing.assert_array_equal(labels_of(path), LABELS)


def test_a_file_of_thumbnails_only(tmp_path):
    path = pages(tmp_path / "v.tif", *[(values, {"subfiletype": 1}) for values in LABELS])
    with pytest.raises(InputError, match="its 5 pages are all marked as thumbnails or masks"):
        labels_of(path)


@pytest.mark.parametrize("orientation", [0, 2, 3, 4, 5, 6, 7, 8, 9])
def test_turned_pages_are_refused(tmp_path, orientation):
    """Programs disagree on whether a page is turned as its orientation says, so reading it either way would guess."""
    turned = {"extratags": [(274, 3, 1, orientation, True)]}
    upright = {"extratags": [(274, 3, 1, 1, True)]}
    pages(tmp_path / "s_0.tif", (LABELS[0], upright))
    np.testing.assert_array_equal(labels_of(tmp_path), LABELS[:1])
    pages(tmp_path / "s_0.tif", (LABELS[0], turned))
    for path in (tmp_path / "s_0.tif", tmp_path):
        with pytest.raises(InputError, match=f"turned or mirrored: their orientation is {orientation}, not 1"):
            labels_of(path)
    with pytest.raises(InputError, match="turned or mirrored"):
        labels_of(pages(tmp_path / "v.tif", (LABELS[0], {}), (LABELS[1], turned)))


RED = np.zeros((3, 256), np.uint16)
RED[0] = np.arange(256) * 257
PALETTE = {"photometric": "palette", "colormap": RED}
OTHER = {"photometric": "palette", "colormap": RED[[1, 0, 2]]}


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (PALETTE, PALETTE, None),
        (PALETTE, OTHER, "index 1 is the colour"),
        (PALETTE, {}, "are indices of a palette, those of .* are greys"),
        ({"photometric": "miniswhite"}, {}, r"is 21x17 uint8, but .* is 21x17 uint8, 0 is white"),
    ],
)
@pytest.mark.parametrize("as_folder", [False, True])
def test_values_mean_the_same_in_all_pages(tmp_path, first, second, words, as_folder):
    stack = [(LABELS[0], first), (LABELS[1], second)]
    path = tmp_path / "v"
    if as_folder:
        path.mkdir()
        for z, page in enumerate(stack):
            pages(path / f"s_{z}.tif", page)
    else:
        path = pages(tmp_path / "v.tif", *stack)
    if words is None:
        np.testing.assert_array_equal(labels_of(path), LABELS[:2])
    else:
        with pytest.raises(InputError, match=words):
            labels_of(path)


@pytest.mark.parametrize("value", [0.5, np.nan, np.inf])
def test_the_first_number_that_is_not_whole_is_named(tmp_path, value):
    array = LABELS.astype("f4")
    array[2, 3, 4:] = value
    tifffile.imwrite(tmp_path / "v.tif", array, photometric="minisblack", compression="zlib", predictor=True)
    with pytest.raises(InputError, match=rf"{value!r} at voxel \(z, y, x\) = \(2, 3, 4\)"):
        labels_of(tmp_path / "v.tif")


def ome(path, stack=LABELS, **changes):
    """An OME-TIFF of a stack over z, in whose header some texts are replaced."""
    tifffile.imwrite(path, LABELS, photometric="minisblack", ome=True, metadata={"axes": "ZYX"})
    with tifffile.TiffFile(path) as file:
        text = file.ome_metadata
    for before, after in changes.values():
        assert before in text
        text = text.replace(before, after)
    first = {"description": text.encode()}
    return pages(path, *[(values, {} if z else first) for z, values in enumerate(stack)])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('SizeZ="5"', 'SizeZ="9"'), "its description promises 9 slices, but it holds 5 pages"),
        (('SizeZ="5"', 'SizeZ="4"'), "its description promises 4 slices, but it holds 5 pages"),
        (("<TiffData ", '<TiffData IFD="1" FirstZ="0"/><TiffData '), "puts page 1 at z = 0, channel 0, time 0"),
    ],
)
def test_ome_pages_that_are_not_the_slices(tmp_path, change, words):
    with pytest.raises(InputError, match=words):
        labels_of(ome(tmp_path / "v.tif", change=change))


def test_ome_pages_in_a_stated_order(tmp_path):
    planes = "".join(f'<TiffData IFD="{z}" FirstZ="{z}" PlaneCount="1"/>' for z in range(5))
    path = ome(tmp_path / "v.tif", change=("<TiffData ", f"{planes}<TiffData "))
    np.testing.assert_array_equal(labels_of(path), LABELS)


def test_ome_planes_in_many_files_are_slices(tmp_path):
    """Each file of such a set describes all planes and holds one."""
    for z, values in enumerate(LABELS):
        ome(tmp_path / f"s_{z}.tif", values[None])
    assert find(tmp_path).volumes == (tmp_path,)
    np.testing.assert_array_equal(labels_of(tmp_path), LABELS)


@pytest.mark.parametrize("unit", ["furlong", "Mm", "&#181;"])
def test_unknown_units_are_named(tmp_path, unit):
    edges = "".join(f'PhysicalSize{axis}="0.1" PhysicalSize{axis}Unit="{unit}" ' for axis in "ZYX")
    path = ome(tmp_path / "v.tif", change=("<Pixels ", f"<Pixels {edges}"))
    with pytest.raises(InputError, match=r"it states no voxel size: '.*' is not known as a unit of length"):
        read(path, phases=PHASES)


@pytest.mark.parametrize("unit", ["&#181;m", "&#xB5;m", "\u00b5m", "um"])
def test_ome_units_in_any_writing(tmp_path, unit):
    edges = "".join(
        f'PhysicalSize{axis}="{size}" PhysicalSize{axis}Unit="{unit}" '
        for axis, size in zip("ZYX", (0.1, 0.2, 0.3), strict=True)
    )
    path = ome(tmp_path / "v.tif", change=("<Pixels ", f"<Pixels {edges}"))
    assert read(path, phases=PHASES).grid.voxel_um == (0.1, 0.2, 0.3)
