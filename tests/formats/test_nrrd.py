"""NRRD as Teem, pynrrd and people write it; header lines are written here by hand."""

import bz2
import gzip

import numpy as np
import pytest

from porenet.errors import InputError
from porenet.formats import read

nrrd = pytest.importorskip("nrrd")

PHASES = {"a": 0, "b": 1, "c": 2}
LABELS = np.random.default_rng(0).integers(0, 3, (3, 4, 5)).astype(np.uint8)
RAW = LABELS.tobytes()
TEXT = " ".join(map(str, LABELS.ravel())).encode()
START = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 5 4 3\n"
EDGES = "spacings: 0.1 0.2 0.3\n"
VOXEL = (0.3, 0.2, 0.1)
UM = 'units: "um" "um" "um"\n'
DATA = {"raw": RAW, "text": TEXT, "hex": RAW.hex().encode(), "gzip": gzip.compress(RAW), "bzip2": bz2.compress(RAW)}
OTHER_NAMES = {"ascii": "text", "TXT": "text", "Hex": "hex", "gz": "gzip", "BZ2": "bzip2"}


def stored(folder, fields="", encoding="raw", data=None, start=START, line_end="\n", code="utf-8"):
    """A file of these header lines and this data."""
    header = f"{start}{fields}encoding: {encoding}\n\n".replace("\n", line_end)
    (folder / "v.nrrd").write_bytes(header.encode(code) + (DATA[encoding] if data is None else data))
    return folder / "v.nrrd"


def same(path, voxel=VOXEL, labels=LABELS, **arguments):
    volume = read(path, phases=PHASES, **arguments)
    np.testing.assert_array_equal(volume.labels, labels)
    assert volume.grid.voxel_um == pytest.approx(voxel, rel=1e-9)


def refused(path, words, **arguments):
    with pytest.raises(InputError, match=words):
        read(path, phases=PHASES, **arguments)


@pytest.mark.parametrize(
    ("unit", "um", "code"),
    [
        *[(unit, 1, "utf-8") for unit in ("um", "\u00b5m", "\u03bcm", "\u339b", "Micron", "micrometers", "MICROMETRE")],
        *[("nm", 1e-3, "utf-8"), ("mm", 1e3, "utf-8"), ("m", 1e6, "utf-8")],
        *[(unit, 1e-4, "utf-8") for unit in ("\u00c5", "\u212b", "A\u030a", "\u00c5ngstr\u00f6m")],
        *[("\u00b5m", 1, "latin-1"), ("\u00c5", 1e-4, "latin-1")],
    ],
)
def test_units_in_either_code(tmp_path, unit, um, code):
    same(stored(tmp_path, EDGES + f'units: "{unit}" "{unit}" "{unit}"\n', code=code), np.array(VOXEL) * um)


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ('"furlong" "um" "um"', "states only z = 0.3 um, y = 0.2 um: 'furlong' is not known as a unit of length"),
        ('"ms" "Mm" "um"', "states only z = 0.3 um: 'ms', 'Mm' is not known as a unit of length"),
        ('"pixel" "pixel" "pixel"', "states no voxel size. Give"),
        ('"mm" "mm"', "states no voxel size: its header gives 2 units of 3 axes"),
    ],
)
def test_units_that_are_not_known_are_not_guessed(tmp_path, units, words):
    path = stored(tmp_path, EDGES + f"units: {units}\n")
    refused(path, words)
    same(path, VOXEL, voxel_um=VOXEL)


def test_the_units_of_directions_are_those_of_the_space_or_of_the_axes(tmp_path):
    directions = "space directions: (0.1,0,0) (0,0.2,0) (0,0,0.3)\n"
    nm, um = 'nits: "nm" "nm" "nm"\n', 'nits: "um" "um" "um"\n'
    for line in (f"space u{nm}", f"u{nm}", f"space u{nm}u{nm}"):
        same(stored(tmp_path, directions + line), np.array(VOXEL) / 1000)
    refused(stored(tmp_path, f"{directions}space u{nm}u{um}"), "units and space units that differ")


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_names_and_values_ignore_case(tmp_path, change):
    fields = f"kinds: domain domain domain\nEndian: Little\n{EDGES}"
    header = START.replace("type: uchar", "type: unsigned short").removeprefix("NRRD0004") + fields
    data = LABELS.astype("<u2").tobytes()
    same(stored(tmp_path, "", "RAW" if change is str.upper else "raw", data, "NRRD0004" + change(header)))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_comments_and_keys_are_no_fields(tmp_path, line_end):
    fields = f"# spacings: 9 9 9\nspacings:=9 9 9\nbyte skip:=7\ntype:=float\n{EDGES}"
    same(stored(tmp_path, fields, line_end=line_end))


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "text"])
def test_what_pynrrd_writes(tmp_path, encoding, detached):
    path = tmp_path / ("v.nhdr" if detached else "v.nrrd")
    header = {"encoding": encoding, "spacings": [0.1, 0.2, 0.3], "units": ["um"] * 3, "a key": "spacings: 1 2 3"}
    for dtype in ("u1", "i1", "<u2", ">i2", "<i4", ">u4", ">i8", "<u8", "<f4", ">f8"):
        nrrd.write(str(path), LABELS.astype(dtype), header, index_order="C")
        same(path)


@pytest.mark.parametrize("encoding", list(OTHER_NAMES))
def test_other_names_of_encodings(tmp_path, encoding):
    same(stored(tmp_path, EDGES, encoding, DATA[OTHER_NAMES[encoding]]))


@pytest.mark.parametrize("between", [b", ", b",", b" ,\n", b"\t\r\n"])
def test_numbers_may_have_commas_between_them(tmp_path, between):
    same(stored(tmp_path, EDGES, "text", TEXT.replace(b" ", between)))
    refused(stored(tmp_path, EDGES, "text", TEXT.replace(b" ", b"; ")), "';?.*where a whole number was expected")


def test_text_of_hexadecimal_digits_may_be_broken_anywhere(tmp_path):
    digits = RAW.hex().upper().encode()
    same(stored(tmp_path, EDGES, "hex", b"\n".join(digits[at : at + 7] for at in range(0, len(digits), 7))))
    refused(stored(tmp_path, EDGES, "hex", digits[:-1]), "hexadecimal text is damaged")
    refused(stored(tmp_path, EDGES, "hex", b"xx" + digits[2:]), "hexadecimal text is damaged")


@pytest.mark.parametrize("encoding", list(DATA))
def test_a_voxel_more_or_less_is_refused(tmp_path, encoding):
    text, digits = (lambda raw: b" ".join(b"%d" % value for value in raw)), (lambda raw: raw.hex().encode())
    pack = {"raw": bytes, "text": text, "hex": digits, "gzip": gzip.compress, "bzip2": bz2.compress}[encoding]
    same(stored(tmp_path, EDGES, encoding, pack(RAW)))
    refused(stored(tmp_path, EDGES, encoding, pack(RAW + b"\0")), "holds more than the 60 voxels")
    refused(stored(tmp_path, EDGES, encoding, pack(RAW[:-1])), "ends after 59 of 60 voxels")


@pytest.mark.parametrize("encoding", ["gzip", "bzip2"])
def test_no_bit_of_compressed_voxels_flips_unnoticed(tmp_path, encoding):
    header = stored(tmp_path, EDGES, encoding, b"").read_bytes()
    places = range(0, 8 * len(DATA[encoding]), 3)
    refusals = 0
    for place in places:
        data = bytearray(DATA[encoding])
        data[place // 8] ^= 1 << place % 8
        (tmp_path / "v.nrrd").write_bytes(header + data)
        try:
            labels = read(tmp_path / "v.nrrd", phases=PHASES).labels
        except InputError:
            refusals += 1
        else:
            np.testing.assert_array_equal(labels, LABELS)
    assert refusals > 0.8 * len(places)  # not: the time and the system in the header of gzip, filling bits


@pytest.mark.parametrize("encoding", ["gzip", "bzip2"])
def test_members_follow_one_another_and_nothing_else(tmp_path, encoding):
    pack = gzip.compress if encoding == "gzip" else bz2.compress
    same(stored(tmp_path, EDGES, encoding, pack(RAW[:7]) + pack(RAW[7:]) + bytes(9)))
    refused(stored(tmp_path, EDGES, encoding, pack(RAW) + b"x"), "holds bytes behind its compressed data")
    refused(stored(tmp_path, EDGES, encoding, pack(RAW)[:-5]), "ends inside its compressed data")


def test_skips_of_any_length_end(tmp_path):
    same(stored(tmp_path, EDGES + "line skip: 2\nbyte skip: 3\n", "gzip", b"a\nb\n" + gzip.compress(b"abc" + RAW)))
    long = bytes(3 << 20)
    same(stored(tmp_path, f"{EDGES}Byte Skip: {len(long)}\n", "gzip", gzip.compress(long + RAW, 1)))
    same(stored(tmp_path, f"{EDGES}byteskip: -1\nlineskip: 7\n", "raw", b"junk" + RAW))
    for encoding in ("raw", "gzip"):
        refused(stored(tmp_path, f"{EDGES}line skip: {10**14}\n", encoding), "line skip is more than its lines")
        refused(stored(tmp_path, f"{EDGES}byte skip: {10**23}\n", encoding), "byte skip .*more than its data")


@pytest.mark.parametrize(
    "directions",
    ["(-0.1,0,0) (0,0.2,0) (0,0,0.3)", "(0,0,0.1) (0,0.2,0) (0.3,0,0)", "(0.1,0,0.01) (0,0.2,0) (0,0,0.3)",
     "(0.1,0) (0,0.2) (0.3,0)"],
)  # fmt: skip
def test_axes_that_are_not_z_y_x_are_refused(tmp_path, directions):
    path = stored(tmp_path, f"space: left-posterior-superior\nspace directions: {directions}\n")
    refused(path, r"its space directions \(.*permute, flip or tilt its axes", voxel_um=VOXEL, override=True)


def test_two_statements_of_the_edges_are_none(tmp_path):
    directions = "space directions: (1,0,0) (0,2,0) (0,0,3)\n"
    path = stored(tmp_path, EDGES + directions)
    refused(path, "states no voxel size: its header gives both spacings and space directions")
    same(path, VOXEL, voxel_um=VOXEL)
    same(stored(tmp_path, directions + "spacings: nan nan nan\n"), (3, 2, 1))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("kinds: RGB-color domain domain\n", "axis 1 of 3, of 5 samples, is of kind 'RGB-color', not one of space"),
        ("kinds: Domain Space time\n", "axis 3 of 3, of 3 samples, is of kind 'time'"),
        ("space directions: none (0.1,0) (0,0.2)\n", "axis 1 of 3, of 5 samples, is of kind 'none'"),
        ("kinds: domain domain\n", "2 kinds of 3 axes"),
        ("spacings: 1 2\n", "2 spacings of 3 axes"),
    ],
)
def test_an_axis_that_is_none_of_space(tmp_path, fields, words):
    refused(stored(tmp_path, fields), words, voxel_um=VOXEL)


def test_an_axis_of_one_sample_beside_three_of_space_is_left_out(tmp_path):
    start = START.replace("dimension: 3", "dimension: 4")
    first, last = start.replace("5 4 3", "1 5 4 3"), start.replace("5 4 3", "5 4 3 1")
    directions = "space dimension: 3\nspace directions: none (0.1,0,0) (0,0.2,0) (0,0,0.3)\n"
    same(stored(tmp_path, "kinds: list domain domain domain\n" + directions, start=first))
    same(stored(tmp_path, "kinds: domain domain domain time\nspacings: 0.1 0.2 0.3 nan\n", start=last))
    refused(stored(tmp_path, "", start=last), "4-D array", voxel_um=VOXEL)
    refused(stored(tmp_path, "", start=start), "promises 4 axes and gives 3 sizes", voxel_um=VOXEL)
