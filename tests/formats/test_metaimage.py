"""MetaImage, written by hand as MetaIO and SimpleITK take it."""

import zlib

import numpy as np
import pytest

from porenet.errors import InputError
from porenet.formats import files_of, find, fingerprint, read, write
from porenet.interface import Grid, Volume

LABELS = np.random.default_rng(0).integers(0, 3, (3, 4, 5)).astype(np.uint8)
PHASES = {"a": 0, "b": 1, "c": 2}
VOXEL = (0.3, 0.2, 0.1)
FIELDS = {
    "ObjectType": "Image", "NDims": "3", "BinaryData": "True", "BinaryDataByteOrderMSB": "False",
    "CompressedData": "False", "TransformMatrix": "1 0 0 0 1 0 0 0 1", "Offset": "0 0 0",
    "AnatomicalOrientation": "RAI", "ElementSpacing": "0.1 0.2 0.3", "DimSize": "5 4 3", "ElementType": "MET_UCHAR",
    "ElementDataFile": "LOCAL",
}  # fmt: skip
RAW = LABELS.tobytes()
PACKED = zlib.compress(LABELS.tobytes())


def stored(folder, data=RAW, name="v.mha", sign=" = ", **fields):
    """A file of these fields; None leaves one out."""
    fields = {key: value for key, value in {**FIELDS, **fields}.items() if value is not None}
    fields["ElementDataFile"] = fields.pop("ElementDataFile")
    header = "".join(f"{key}{sign}{value}\n" for key, value in fields.items())
    (folder / name).write_bytes(header.encode() + data)
    return folder / name


def same(path, voxel=VOXEL, labels=LABELS, phases=PHASES, **arguments):
    volume = read(path, phases=phases, **arguments)
    np.testing.assert_array_equal(volume.labels, labels)
    assert volume.grid.voxel_um == pytest.approx(voxel, rel=1e-12)
    return volume


def refused(path, words, **arguments):
    with pytest.raises(InputError, match=words):
        read(path, **{"phases": PHASES, "voxel_um": VOXEL, **arguments})


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("CHAR", "i1"), ("UCHAR", "u1"), ("SHORT", "i2"), ("USHORT", "u2"), ("INT", "i4"), ("UINT", "u4"),
        ("LONG", "i4"), ("ULONG", "u4"), ("LONG_LONG", "i8"), ("ULONG_LONG", "u8"), ("FLOAT", "f4"), ("DOUBLE", "f8"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("order", ["<", ">"])
def test_types_and_byte_orders(tmp_path, kind, code, order):
    data, big = LABELS.astype(order + code).tobytes(), str(order == ">")
    same(stored(tmp_path, data, ElementType=f"MET_{kind}", BinaryDataByteOrderMSB=big))
    same(stored(tmp_path, data, ElementType=f"MET_{kind}", BinaryDataByteOrderMSB=None, ElementByteOrderMSB=big))
    packed = zlib.compress(data)
    same(stored(tmp_path, packed, ElementType=f"MET_{kind}", BinaryDataByteOrderMSB=big, CompressedData="True"))


@pytest.mark.parametrize("sign", ["=", ": ", " =  "])
def test_lines(tmp_path, sign):
    same(stored(tmp_path, sign=sign, Comment="a = b", UnknownField="1"))
    same(stored(tmp_path, sign=sign, CompressedData="t", CompressedDataSize=len(PACKED), data=PACKED))


def test_text(tmp_path):
    text = " \n".join(map(str, LABELS.ravel())).encode()
    same(stored(tmp_path, text, BinaryData="False", ElementType="MET_SHORT"))
    refused(stored(tmp_path, text + b" 1", BinaryData="False"), "holds more than the 60 voxels")
    refused(stored(tmp_path, text[:-3], BinaryData="False"), "ends after")


@pytest.mark.parametrize(
    ("fields", "voxel"),
    [
        ({"ElementSpacing": None, "ElementSize": "0.1 0.2 0.3"}, VOXEL),
        ({"ElementSize": "9 9 9"}, VOXEL),
        ({"DistanceUnits": "mm"}, (300, 200, 100)),
        ({"DistanceUnits": "um", "ElementSpacing": "1 1 1"}, (1, 1, 1)),
        ({"DistanceUnits": "?"}, VOXEL),
    ],
)
def test_voxel_sizes(tmp_path, fields, voxel):
    same(stored(tmp_path, **fields), voxel)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ElementSpacing": "1 1 1"}, "it states no voxel size"),
        ({"ElementSpacing": None}, "it states no voxel size"),
        ({"DistanceUnits": "furlong"}, "states no voxel size: 'furlong' is not known as a unit of length"),
        ({"ElementSpacing": "0 0.2 0.3"}, r"states an edge of 0\.0 um along x"),
        ({"ElementSpacing": "1_0 2 3"}, "where 3 numbers were expected"),
    ],
)
def test_voxel_sizes_that_are_not_known(tmp_path, fields, words):
    refused(stored(tmp_path, **fields), words, voxel_um=None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"TransformMatrix": "0 1 0 1 0 0 0 0 1"}, "permutes, flips or tilts"),
        ({"TransformMatrix": "-1 0 0 0 1 0 0 0 1"}, "permutes, flips or tilts"),
        ({"TransformMatrix": None, "Orientation": "1 0 0 0.1 1 0 0 0 1"}, "permutes, flips or tilts"),
        ({"TransformMatrix": None, "Rotation": "1 0 0"}, "where 9 numbers were expected"),
        ({"ElementByteOrderMSB": "True"}, "gives BinaryDataByteOrderMSB twice"),
        ({"ObjectType": "Scene"}, "of type 'Scene', not an Image"),
        ({"ElementNumberOfChannels": "3"}, "has 3 channels"),
        ({"ElementType": "MET_UCHAR_ARRAY"}, "type 'MET_UCHAR_ARRAY', not one number per voxel"),
        ({"NDims": "2"}, "NDims = 2 and 3 sizes"),
        ({"NDims": "2", "DimSize": "5 12"}, "holds a 2-D array"),
        ({"DimSize": "5 4 2"}, "holds more than the 40 voxels"),
        ({"DimSize": "5 4 4"}, "ends after 60 of 80 voxels"),
        ({"DimSize": "5 4 -3"}, "holds no voxels"),
        ({"DimSize": "100000 100000 100000"}, "promises 1000000000000000 voxels"),
        ({"DimSize": None}, "has no DimSize"),
        ({"DimSize": "5 4 3.0"}, "where a whole number was expected"),
        ({"ElementDataFile": "../v.raw"}, "outside of its own folder"),
        ({"ElementDataFile": "/etc/hostname"}, "outside of its own folder"),
        ({"ElementDataFile": "https://example.org/v.raw"}, "outside of its own folder"),
        ({"ElementDataFile": "none.raw"}, "'none.raw' is missing"),
        ({"HeaderSize": "7"}, "HeaderSize is 7, but its voxels follow the header"),
        ({"CompressedData": "True"}, "compressed data is damaged"),
        ({"CompressedData": "maybe"}, "where true or false was expected"),
        ({"ElementDataFile": "s%d.raw 1 900000000 1"}, "names 900000000 data files for 3 slices"),
        ({"ElementDataFile": "s%s.raw 1 3 1"}, "Write a pattern as"),
    ],
)
def test_what_is_refused(tmp_path, fields, words):
    refused(stored(tmp_path, **fields), words)


def test_compressed_voxels_are_verified(tmp_path):
    wrong = PACKED[:-1] + bytes([PACKED[-1] ^ 1])
    refused(stored(tmp_path, wrong, CompressedData="True"), "compressed data is damaged")
    refused(stored(tmp_path, PACKED[:-1], CompressedData="True"), "ends inside its compressed data")
    refused(stored(tmp_path, PACKED, CompressedData="True", CompressedDataSize="9"), "CompressedDataSize is 9, but")
    large = stored(tmp_path, PACKED, CompressedData="True", DimSize="1000 1000 1000")
    refused(large, "promises 1000000000 bytes of voxels")


def test_a_data_file_beside_the_header(tmp_path):
    (tmp_path / "v.raw").write_bytes(b"header!" + LABELS.tobytes())
    for skip in ("7", "-1"):
        path = stored(tmp_path, b"", "v.mhd", ElementDataFile="v.raw", HeaderSize=skip)
        same(path)
    refused(stored(tmp_path, b"", "v.mhd", ElementDataFile="v.raw"), "holds more than")
    refused(stored(tmp_path, b"", "v.mhd", ElementDataFile="v.raw", HeaderSize="99"), "'v.raw' has 67 bytes")
    path = stored(tmp_path, b"", "v.mhd", ElementDataFile="./v.raw", HeaderSize="7")
    assert files_of(path) == (path, tmp_path / "v.raw")
    assert find(tmp_path).volumes == (path,)
    before = fingerprint(path)
    (tmp_path / "v.raw").write_bytes(b"header?" + LABELS.tobytes())
    assert fingerprint(path) != before


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.raw").write_bytes(LABELS.tobytes())
    (tmp_path / "in" / "v.raw").symlink_to(tmp_path / "secret.raw")
    refused(stored(tmp_path / "in", b"", "v.mhd", ElementDataFile="v.raw"), "outside of its own folder")


@pytest.mark.parametrize("named", ["LIST", "LIST 2", "LIST 2D", "s%d.raw 1 3 1", "s%01d.raw 1 3 1"])
def test_one_file_per_slice(tmp_path, named):
    for number, layer in enumerate(LABELS, 1):
        (tmp_path / f"s{number}.raw").write_bytes(b"hd" + layer.tobytes())
    names = b"s1.raw\ns2.raw\ns3.raw\n" if named.startswith("LIST") else b""
    path = stored(tmp_path, names, "v.mhd", ElementDataFile=named, HeaderSize="2")
    same(path)
    assert [file.name for file in files_of(path)] == ["v.mhd", "s1.raw", "s2.raw", "s3.raw"]
    assert find(tmp_path).volumes == (path,)
    (tmp_path / "s2.raw").write_bytes(b"hd" + LABELS[1].tobytes() + b"x")
    refused(path, "holds more than the 20 voxels")
    (tmp_path / "s2.raw").unlink()
    refused(path, "'s2.raw' is missing")


def test_numbered_files_with_a_step(tmp_path):
    for number, layer in zip((10, 15, 20), LABELS, strict=True):
        (tmp_path / f"s{number:04d}.raw").write_bytes(layer.tobytes())
    same(stored(tmp_path, b"", "v.mhd", ElementDataFile="s%04d.raw 10 20 5"))
    refused(stored(tmp_path, b"", "v.mhd", ElementDataFile="s%04d.raw 10 20 10"), "names 2 data files")


def test_names_longer_than_a_line_of_the_format_are_left_out(tmp_path):
    grid = Grid(("a" * 401, "b", "c"), VOXEL, (True, False, False))
    write(Volume(LABELS, grid), tmp_path / "v.mha")
    same(tmp_path / "v.mha")
    assert read(tmp_path / "v.mha", phases=PHASES).grid.periodic == grid.periodic


def test_damaged_phases_of_porenet(tmp_path):
    for fields in (
        {"PorenetPhase0": "x Ni"},
        {"PorenetPhase0": "0 a"},
        {"PorenetPeriodic": "1 2 0"},
        {"PorenetPhase0": '0 "a'},
    ):
        refused(stored(tmp_path, **fields), "Porenet|1 phases|not a JSON string")
