"""PNG and BMP slices: every kind at full depth, every checksum, palettes by what their indices mean."""

import io

import numpy as np
import pytest

from porenet.errors import InputError
from porenet.formats import read
from tests.formats.png_files import GREY, GREY_ALPHA, INDEXED, RGB, RGBA, chunk, palette, png

image = pytest.importorskip("PIL.Image")

VALUES = np.array([[0, 1, 2, 1, 0], [2, 2, 0, 1, 1], [0, 0, 1, 2, 1]])
RED, GREEN, BLUE, BLACK, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0), (255, 255, 255)
DARK = (7, 7, 7)
KINDS = [(GREY, bits) for bits in (1, 2, 4, 8, 16)] + [(INDEXED, bits) for bits in (2, 4, 8)]
KINDS += [(colour, bits) for colour in (RGB, GREY_ALPHA, RGBA) for bits in (8, 16)]


def values_of(folder, *files, suffix=".png", phases=(*range(8), 85, 170, 255)):
    """Values of a stack of these files, as read."""
    folder.mkdir(exist_ok=True)
    for z, data in enumerate(files):
        (folder / f"s_{z}{suffix}").write_bytes(data)
    volume = read(folder, phases={f"p{value}": value for value in phases}, voxel_um=(1, 1, 1))
    return np.array(phases)[volume.labels]


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("colour", "bits"), KINDS)
def test_png_of_every_kind(tmp_path, colour, bits, interlaced):
    values = np.minimum(VALUES, 2**bits - 1)
    if bits == 16:
        values = np.array([0, 5, 261])[values]  # phases that differ in the low byte alone
    samples = np.repeat(values[..., None], {RGB: 3, RGBA: 3}.get(colour, 1), axis=2)
    if colour in (GREY_ALPHA, RGBA):
        samples = np.concatenate([samples, np.full((*values.shape, 1), 2**bits - 1)], axis=2)
    before = palette(RED, GREEN, BLUE) if colour == INDEXED else b""
    data = png(samples, colour, bits, interlaced=interlaced, before=before, piece=7)
    levels = {2: 85, 4: 17}.get(bits, 1) if colour == GREY else 1
    phases = (0, 1, 2, 5, 17, 34, 85, 170, 261)
    np.testing.assert_array_equal(values_of(tmp_path / "s", data, phases=phases)[0], values * levels)


def test_no_flipped_bit_and_no_cut_passes(tmp_path):
    data = png(VALUES, GREY, 8)
    for place in range(len(data)):
        for damaged in (data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :], data[:place]):
            with pytest.raises(InputError):
                values_of(tmp_path / "s", damaged)


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        ((VALUES, INDEXED, palette(RED, GREEN, BLUE)), (VALUES % 2, INDEXED, palette(RED, GREEN)), VALUES % 2),
        ((VALUES * 0, INDEXED, palette(RED, GREEN)), (VALUES * 0 + 1, INDEXED, palette(BLUE, GREEN)), VALUES * 0 + 1),
        ((VALUES, GREY, b""), (VALUES, INDEXED, palette(DARK, BLACK, WHITE)), np.array([7, 0, 255])[VALUES]),
        (
            (VALUES, INDEXED, palette(BLACK, DARK, WHITE)),
            (VALUES, INDEXED, palette(WHITE, BLACK, DARK)),
            np.array([255, 0, 7])[VALUES],
        ),
        (
            (VALUES, INDEXED, palette(BLACK, DARK, WHITE)),
            (VALUES, INDEXED, palette(BLACK, DARK, RED)),
            r"index 2 is the colour \(255, 0, 0, 255\) in 's_1.png', but \(255, 255, 255, 255\) in 's_0.png'",
        ),
        (
            (VALUES * 0, INDEXED, palette(RED, GREEN)),
            (VALUES * 0 + 1, INDEXED, palette(GREEN, RED)),
            "the colour .255, 0, 0, 255. has the index 1 in 's_1.png', but 0 in 's_0.png'",
        ),
        (
            (VALUES, GREY, b""),
            (VALUES, INDEXED, palette(RED, GREEN, BLUE)),
            "the values of 's_1.png' are indices of a palette, those of 's_0.png' are greys",
        ),
    ],
)
def test_an_index_means_one_colour_in_all_slices(tmp_path, first, second, result):
    files = [png(values, colour, 8, before=before) for values, colour, before in (first, second)]
    if isinstance(result, str):
        with pytest.raises(InputError, match=result):
            values_of(tmp_path / "s", *files)
    else:
        np.testing.assert_array_equal(values_of(tmp_path / "s", *files)[1], result)


def test_one_bit_is_black_and_white_beside_greys(tmp_path):
    """Programs that shrink PNG files store a slice of two greys in one bit."""
    one_bit, grey = png(VALUES % 2, GREY, 1), png(VALUES, GREY, 8)
    np.testing.assert_array_equal(values_of(tmp_path / "a", one_bit, one_bit)[1], VALUES % 2)
    np.testing.assert_array_equal(values_of(tmp_path / "b", one_bit, grey)[0], VALUES % 2 * 255)
    indexed = png(VALUES, INDEXED, 8, before=palette(BLACK, WHITE, RED))
    np.testing.assert_array_equal(values_of(tmp_path / "c", one_bit, indexed)[0], VALUES % 2)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_bmp(tmp_path, mode):
    buffer = io.BytesIO()
    image.fromarray(np.uint8(VALUES % 2 * 255)).convert(mode).save(buffer, "BMP")
    values = values_of(tmp_path / "s", buffer.getvalue(), suffix=".bmp")
    np.testing.assert_array_equal(values[0], VALUES % 2 * (1 if mode == "1" else 255))


def test_bmp_palettes_that_differ(tmp_path):
    files = []
    for colours in ((RED, GREEN, BLUE), (GREEN, RED, BLUE)):
        indexed, buffer = image.fromarray(np.uint8(VALUES)), io.BytesIO()
        indexed.putpalette(sum(colours, ()))
        indexed.save(buffer, "BMP")
        files.append(buffer.getvalue())
    np.testing.assert_array_equal(values_of(tmp_path / "a", files[0], files[0], suffix=".bmp")[1], VALUES)
    with pytest.raises(InputError, match="index 0 is the colour"):
        values_of(tmp_path / "b", *files, suffix=".bmp")


def exif_turned():
    exif, buffer = image.Exif(), io.BytesIO()
    exif[274] = 6
    image.fromarray(np.uint8(VALUES)).save(buffer, "PNG", exif=exif)
    return buffer.getvalue()


def jpeg():
    buffer = io.BytesIO()
    image.fromarray(np.uint8(VALUES)).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (lambda: png(VALUES, INDEXED, 8), "has indices, but no palette for them"),
        (lambda: png(VALUES, INDEXED, 8, before=palette(RED, GREEN)), "a pixel of index 2, but its palette has 2 col"),
        (lambda: png(VALUES, INDEXED, 8, before=palette(BLACK, WHITE)), "a pixel of index 2, but its palette has 2 c"),
        (
            lambda: png(VALUES, INDEXED, 8, before=palette(BLACK, BLACK, DARK, alpha=b"\0")),
            "a partly transparent image",
        ),
        (lambda: png(VALUES, GREY, 8, before=chunk(b"acTL", bytes(8))), "is an animation"),
        (lambda: png(VALUES, RGB, 4), "a PNG file of colour type 2 with 4 bits"),
        (exif_turned, "is turned or mirrored by its EXIF orientation 6"),
        (jpeg, "is a JPEG file under another suffix. JPEG is lossy"),
    ],
)
def test_what_is_no_slice_of_labels(tmp_path, data, words):
    with pytest.raises(InputError, match=words):
        values_of(tmp_path / "s", data())


def test_jpeg_is_named_as_lossy(tmp_path):
    with pytest.raises(InputError, match=r"the folder holds JPEG images. JPEG is lossy and changes labels"):
        values_of(tmp_path / "s", jpeg(), suffix=".JPG")
    with pytest.raises(InputError, match=r"is a JPEG image. JPEG is lossy"):
        read(tmp_path / "s" / "s_0.JPG")


def test_a_large_slice_is_not_called_a_bomb(tmp_path, monkeypatch):
    """Pillow warns above 89 million pixels and refuses twice as many; the size is checked here against the file."""
    for number in range(2):
        image.fromarray(np.eye(5, 6, dtype="u1")).save(tmp_path / f"s{number}.bmp")
    monkeypatch.setattr(image, "MAX_IMAGE_PIXELS", 10)
    volume = read(tmp_path, phases={"a": 0, "b": 1}, voxel_um=(1, 1, 1))
    np.testing.assert_array_equal(volume.labels, np.stack([np.eye(5, 6)] * 2))
