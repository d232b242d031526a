"""VTI and legacy VTK as VTK's own reader takes them; every expectation was compared with VTK 9.7.2."""

import base64
import lzma
import sys
import zlib

import numpy as np
import pytest

from porenet.errors import InputError
from porenet.formats import read, write
from porenet.interface import Grid, Volume

PHASES = {"a": 0, "b": 1, "c": 2}
LABELS = np.random.default_rng(0).integers(0, 3, (3, 4, 5)).astype(np.uint8)
VOXEL = (0.3, 0.2, 0.1)
TYPES = {
    "unsigned_char": "u1", "char": "i1", "signed_char": "i1", "unsigned_short": "u2", "short": "i2",
    "unsigned_int": "u4", "int": "i4", "unsigned_long": "u8", "long": "i8", "vtktypeint64": "i8",
    "vtktypeuint64": "u8", "vtkIdType": "i4", "float": "f4", "double": "f8",
}  # fmt: skip
BOTH = pytest.mark.parametrize("kind", ["ASCII", "BINARY"])


def same(path, labels=LABELS, **arguments):
    volume = read(path, phases=PHASES, **arguments)
    np.testing.assert_array_equal(volume.labels, labels)
    assert volume.grid.voxel_um == pytest.approx(VOXEL, rel=1e-9)


def refused(path, words, **arguments):
    with pytest.raises(InputError, match=words):
        read(path, phases=PHASES, **arguments)


def numbers(kind, values, dtype):
    """Values as text, or as big-endian numbers."""
    values = np.asarray(values).ravel()
    text = " ".join(map(str, values.tolist())).encode()
    return (text if kind == "ASCII" else values.astype(f">{dtype}").tobytes()) + b"\n"


def legacy(folder, kind, attributes, *, before=b"", size=b"DIMENSIONS 5 4 3\n", change=bytes):
    """A file of 5 x 4 x 3 points with these attributes."""
    head = b"# vtk DataFile Version 3.0\na title\n"
    head += change(f"{kind}\nDATASET STRUCTURED_POINTS\n".encode() + before + size + b"SPACING 0.1 0.2 0.3\n")
    (folder / "v.vtk").write_bytes(head + change(b"ORIGIN 0 0 0\nPOINT_DATA 60\n") + attributes)
    return folder / "v.vtk"


def scalars(kind, type_="int", values=LABELS):
    return f"SCALARS p {type_} 1\nLOOKUP_TABLE default\n".encode() + numbers(kind, values, TYPES[type_])


@BOTH
@pytest.mark.parametrize("type_", list(TYPES))
def test_legacy_types(tmp_path, kind, type_):
    same(legacy(tmp_path, kind, scalars(kind, type_)))
    same(legacy(tmp_path, kind, scalars(kind, type_).replace(type_.encode(), type_.upper().encode(), 1)))


@BOTH
def test_legacy_bits(tmp_path, kind):
    bits = LABELS == 2
    data = numbers(kind, bits.astype(int), "u1") if kind == "ASCII" else np.packbits(bits).tobytes() + b"\n"
    for rest in (b"", b"VECTORS v float\n" + numbers(kind, np.zeros(180), "f4")):
        same(legacy(tmp_path, kind, b"SCALARS p bit 1\nLOOKUP_TABLE default\n" + data + rest), bits)
    if kind == "ASCII":
        bad = b"SCALARS p bit 1\nLOOKUP_TABLE default\n" + data.replace(b"1", b"3")
        refused(legacy(tmp_path, kind, bad), "'3' where a whole number was expected")


@BOTH
@pytest.mark.parametrize("change", [bytes.lower, bytes.upper, bytes.title])
def test_legacy_keywords_ignore_case(tmp_path, kind, change):
    data = change(b"SCALARS ") + b"p " + change(b"UNSIGNED_CHAR\nLOOKUP_TABLE DEFAULT\n") + numbers(kind, LABELS, "u1")
    same(legacy(tmp_path, kind, data, change=change), dataset="p")


@BOTH
def test_legacy_keywords_are_words_not_lines(tmp_path, kind):
    data = b"SCALARS p int\n1 LOOKUP_TABLE\ndefault\n" + numbers(kind, LABELS, "i4")
    same(legacy(tmp_path, kind, data, size=b"\nDIMENSIONS 5\n4\n\n3\n"))
    same(legacy(tmp_path, kind, scalars(kind), size=b"extent 0 4 -1 2 7 9\n"))
    ends = legacy(tmp_path, kind, b"").read_bytes() + scalars(kind)
    text, _, values = ends.partition(b"default\n")
    values = values.replace(b"\n", b"\r\n") if kind == "ASCII" else values
    (tmp_path / "v.vtk").write_bytes((text + b"default\n").replace(b"\n", b"\r\n") + values)
    same(tmp_path / "v.vtk")


def neighbours(kind):
    """Attributes that may stand before and after the labels."""
    vectors = b"VECTORS v float\n" + numbers(kind, np.arange(180), "f4")
    strings = b"one%20two\n\nPOINT_DATA 9\n" if kind == "ASCII" else b"\xc3one\xc0\x80\x45" + b"x" * 69 + b"\n"
    colours = numbers(kind, [0.5] * 180, "f4") if kind == "ASCII" else bytes(180) + b"\n"
    table = b"0 0 0 1 1 1 1 1\n" if kind == "ASCII" else bytes(8) + b"\n"
    return {
        "vectors": vectors,
        "tensors": b"TENSORS t double\n" + numbers(kind, np.arange(540), "f8"),
        "tensors6": b"TENSORS6 t double\n" + numbers(kind, np.arange(360), "f8"),
        "texture": b"TEXTURE_COORDINATES t 2 float\n" + numbers(kind, np.arange(120), "f4"),
        "ids": b"GLOBAL_IDS i vtkIdType\n" + numbers(kind, np.arange(60), "i4"),
        "pedigree": b"PEDIGREE_IDS i int\n" + numbers(kind, np.arange(60), "i4"),
        "field": b"FIELD f 3\nNULL_ARRAY\na 3 60 float\n" + numbers(kind, np.arange(180), "f4")
        + b"b 1 3 int\n" + numbers(kind, [1, 2, 3], "i4"),
        "strings": b"FIELD f 1\ns 1 3 string\n" + strings,
        "variants": b"FIELD f 1\ns 1 2 variant\n11 0.5 13 a%20b\n",
        "colours": b"COLOR_SCALARS c 3\n" + colours,
        "table": b"LOOKUP_TABLE mine 2\n" + table,
        "metadata": vectors + b"METADATA\nCOMPONENT_NAMES\nx\ny\nz\nINFORMATION 1\n"
        b"NAME L2_NORM_RANGE LOCATION vtkDataArray\nDATA 2 0 1 \n\n",
    }  # fmt: skip


@BOTH
@pytest.mark.parametrize("name", list(neighbours("ASCII")))
def test_legacy_attributes_before_and_after(tmp_path, kind, name):
    other = neighbours(kind)[name]
    same(legacy(tmp_path, kind, other + scalars(kind)))
    same(legacy(tmp_path, kind, scalars(kind) + other))
    # of the data set, before its size
    if other.startswith(b"FIELD"):
        same(legacy(tmp_path, kind, scalars(kind), before=other.replace(b"POINT_DATA 9", b"origin")))


@BOTH
def test_legacy_names_are_decoded(tmp_path, kind):
    data = b"FIELD f 2\nmy%20phase 1 60 int\n" + numbers(kind, LABELS, "i4") + b"x 1 60 int\n" + bytes(0)
    same(legacy(tmp_path, kind, data + numbers(kind, 2 - LABELS, "i4")), dataset="my phase")


@BOTH
def test_legacy_bytes_that_belong_to_nothing(tmp_path, kind):
    refused(legacy(tmp_path, kind, scalars(kind) + b"7"), "an unknown word: '7'")
    refused(
        legacy(tmp_path, kind, scalars(kind).replace(b"default", b"default x")),
        "unknown word|line end was expected|'x'",
    )
    refused(legacy(tmp_path, kind, scalars(kind)[:-4]), "ends after 5|can hold at most")
    refused(legacy(tmp_path, kind, b"", before=b"STORIES 3\n"), "an unknown word: 'STORIES'")
    refused(legacy(tmp_path, kind, b"FIELD f 1\ns 1 99999999999 string\na\n"), "inside an array of strings|no array")


def test_a_word_without_an_end_does_not_hang(tmp_path):
    refused(legacy(tmp_path, "ASCII", scalars("ASCII") + b"VECTORS v float\n" + b"1" * (1 << 17)), "has no end")
    refused(legacy(tmp_path, "ASCII", b"S" * (1 << 17)), "a word of its header has no end")


START = (
    '<VTKFile type="ImageData" byte_order="LittleEndian" header_type="UInt64"{}><ImageData WholeExtent="0 5 0 4 0 3" '
)
START += 'Spacing="0.1 0.2 0.3">{}<Piece Extent="0 5 0 4 0 3"><CellData><DataArray type="{}" Name="p" {}'
END = "</CellData></Piece></ImageData>{}</VTKFile>"
APPENDED = "<AppendedData encoding='raw'>_"


def vti(folder, data, *, appended=False, type_="UInt8", format_="binary", compressor="", field="", behind=""):
    """An image of 5 x 4 x 3 cells with this data, inline or appended."""
    written = f' compressor="vtk{compressor}DataCompressor"' if compressor else ""
    place = 'format="appended" offset="0"/>' if appended else f'format="{format_}">'
    start = START.format(written, field, type_, place).encode()
    behind = behind.encode()
    if appended:
        parts = (
            start,
            END.format(APPENDED).encode().removesuffix(b"</VTKFile>"),
            data,
            behind,
            b"</AppendedData></VTKFile>",
        )
    else:
        parts = (start, data, behind, b"</DataArray>", END.format("").encode())
    (folder / "v.vti").write_bytes(b"".join(parts))
    return folder / "v.vti"


def blocks(pack, raw, size=25):
    """Raw bytes in compressed blocks behind their header."""
    pieces = [pack(raw[at : at + size]) for at in range(0, len(raw), size)]
    header = np.array([len(pieces), size, len(raw) % size, *map(len, pieces)], "<u8").tobytes()
    return header, b"".join(pieces)


def xz(raw):
    return lzma.compress(raw, check=lzma.CHECK_CRC32)  # as VTK does


PLAIN = np.uint64(60).tobytes() + LABELS.tobytes()


@pytest.mark.parametrize(("compressor", "pack"), [("ZLib", zlib.compress), ("LZMA", xz)])
def test_no_bit_of_compressed_blocks_flips_unnoticed(tmp_path, compressor, pack):
    header, packed = blocks(pack, LABELS.tobytes())
    data = header + packed
    same(vti(tmp_path, data, appended=True, compressor=compressor))
    same(vti(tmp_path, base64.b64encode(header) + base64.b64encode(packed), compressor=compressor))
    refusals, places = 0, range(0, 8 * len(data), 11)
    for place in places:
        damaged = bytearray(data)
        damaged[place // 8] ^= 1 << place % 8
        try:
            same(vti(tmp_path, bytes(damaged), appended=True, compressor=compressor))
        except InputError:
            refusals += 1
    assert refusals > 0.9 * len(places)  # not: filling bits at the end of a deflate stream


def test_lz4_needs_imagecodecs(tmp_path, monkeypatch):
    codecs = pytest.importorskip("imagecodecs")
    header, packed = blocks(codecs.lz4_encode, LABELS.tobytes())
    same(vti(tmp_path, header + packed, appended=True, compressor="LZ4"))
    refused(vti(tmp_path, header + bytes(len(packed)), appended=True, compressor="LZ4"), "damaged|a block")
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    refused(tmp_path / "v.vti", r"LZ4 in a VTI file needs the package imagecodecs.*porenet\[tiff\]")


@pytest.mark.parametrize("packed", [False, True])
def test_bits_of_an_image(tmp_path, packed):
    bits = LABELS == 2
    raw = np.packbits(bits).tobytes()
    data = b"".join(blocks(zlib.compress, raw, 3)) if packed else np.uint64(len(raw)).tobytes() + raw
    same(vti(tmp_path, data, appended=True, type_="Bit", compressor="ZLib" if packed else ""), bits)
    text = " ".join(map(str, bits.ravel().astype(int))).encode()
    same(vti(tmp_path, text, type_="Bit", format_="ascii"), bits)


def test_information_behind_the_numbers(tmp_path):
    text = " ".join(map(str, LABELS.ravel())).encode()
    key = '\n<InformationKey name="UNITS_LABEL" location="vtkDataArray">um</InformationKey>\n'
    same(vti(tmp_path, text, format_="ascii", behind=key))
    same(vti(tmp_path, base64.b64encode(PLAIN), behind=key))
    same(vti(tmp_path, key.encode() + text, format_="ascii"))


def test_values_behind_the_voxels_of_an_image(tmp_path):
    text = " ".join(map(str, LABELS.ravel())).encode()
    refused(vti(tmp_path, text + b" 1", format_="ascii"), "holds more than the 60 voxels")
    refused(vti(tmp_path, base64.b64encode(PLAIN + b"\1")), "holds more than the 60 voxels")
    refused(vti(tmp_path, base64.b64encode(PLAIN)[:-4] + b"AAAAA"), "base64 text ends in 1 letters too many|more than")
    refused(vti(tmp_path, PLAIN, appended=True, behind="x"), "holds more than the 60 voxels")
    same(vti(tmp_path, PLAIN, appended=True, behind="\n  "))


@pytest.mark.parametrize(
    ("declared", "code", "words"),
    [
        ("UTF-8", "utf-8", ""),
        ("iso-8859-1", "latin-1", ""),
        ("US-ASCII", "ascii", ""),
        ("utf-16", "ascii", "'utf-16'|XML"),
    ],
)
def test_xml_in_another_encoding(tmp_path, declared, code, words):
    text = " ".join(map(str, LABELS.ravel())).encode()
    data = vti(tmp_path, text, format_="ascii").read_bytes().decode("ascii")
    name = "phase" if code == "ascii" else "\u00b5-phase"
    data = f'<?xml version="1.0" encoding="{declared}"?>' + data.replace('Name="p"', f'Name="{name}"')
    (tmp_path / "v.vti").write_bytes(data.encode(code))
    if words:
        refused(tmp_path / "v.vti", words)
    else:
        same(tmp_path / "v.vti", dataset=name)


def test_axes_turned_by_a_rounding_error_are_not_turned(tmp_path):
    data = vti(tmp_path, PLAIN, appended=True).read_bytes()
    for direction, turned in (
        ("1 0 0 0 1 1e-17 0 -0 1", False),
        ("1 0 0 0 -1 0 0 0 1", True),
        ("nan 0 0 0 1 0 0 0 1", True),
    ):
        (tmp_path / "v.vti").write_bytes(data.replace(b"Spacing=", f'Direction="{direction}" Spacing='.encode()))
        if turned:
            refused(tmp_path / "v.vti", "its axes are rotated")
        else:
            same(tmp_path / "v.vti")


def test_a_resampled_image_does_not_keep_its_old_edges(tmp_path):
    write(Volume(LABELS, Grid(("a", "b", "c"), VOXEL)), tmp_path / "v.vti")
    same(tmp_path / "v.vti")
    data = (tmp_path / "v.vti").read_bytes()
    (tmp_path / "v.vti").write_bytes(data.replace(b'Spacing="0.1 0.2 0.3"', b'Spacing="0.2 0.4 0.6"'))
    refused(tmp_path / "v.vti", "states no voxel size: its field array voxel_um and its spacing differ")
