"""Amira and Avizo lattices, written by hand."""

import numpy as np
import pytest
from amira_bytes import PARAMETERS, amira, runs

from porenet.errors import InputError
from porenet.formats import read

LABELS = np.random.default_rng(0).integers(0, 3, (5, 6, 8)).astype(np.uint8)
PHASES = {"a": 0, "b": 1, "c": 2}
VOXEL = (0.1, 0.2, 0.2)
MATERIALS = 'Materials {{ Exterior {{ {} }} "Ni, metal" {{ Color 1 0 0, {} }} pore {{ {} }} }}\n    ' + PARAMETERS


def stored(folder, data):
    (folder / "v.am").write_bytes(data)
    return folder / "v.am"


def same(path, voxel=VOXEL, phases=PHASES, labels=LABELS, **arguments):
    volume = read(path, phases=phases, **arguments)
    np.testing.assert_array_equal(volume.labels, labels)
    assert volume.grid.voxel_um == pytest.approx(voxel, rel=1e-12)
    return volume


def refused(path, words, **arguments):
    with pytest.raises(InputError, match=words):
        read(path, **{"phases": PHASES, "voxel_um": VOXEL, **arguments})


@pytest.mark.parametrize("kind", ["byte", "short", "ushort", "int", "float"])
@pytest.mark.parametrize("encoding", ["BINARY", "BINARY-LITTLE-ENDIAN", "ASCII"])
@pytest.mark.parametrize("codec", ["", "HxZip"])
def test_types_encodings_codecs(tmp_path, kind, encoding, codec):
    same(stored(tmp_path, amira(LABELS, kind=kind, encoding=encoding, codec="" if encoding == "ASCII" else codec)))


@pytest.mark.parametrize(
    "first",
    [
        "# AmiraMesh 3D BINARY-LITTLE-ENDIAN 2.0",
        "# Avizo BINARY-LITTLE-ENDIAN 3.0",
        "# Avizo 3D BINARY-LITTLE-ENDIAN 2.1",
    ],
)
def test_first_lines(tmp_path, first):
    same(stored(tmp_path, amira(LABELS, first=first)))


def test_runs_of_any_length_in_any_pieces(tmp_path, monkeypatch):
    labels = np.repeat(np.arange(3, dtype=np.uint8), (1, 130, 109)).reshape(5, 6, 8)
    for values in (labels, LABELS, np.zeros_like(LABELS)):
        for piece in (1, 2, 200, 1 << 18):
            monkeypatch.setattr("porenet_formats.amira.rle._PIECE", piece)
            same(stored(tmp_path, amira(values, codec="HxByteRLE")), labels=values)


def test_runs_are_of_bytes(tmp_path):
    refused(stored(tmp_path, amira(LABELS, kind="int", codec="HxByteRLE")), "HxByteRLE, which is for bytes.*HxZip")


def test_a_run_that_ends_early_or_makes_more_voxels(tmp_path):
    data, packed = amira(LABELS, codec="HxByteRLE"), runs(LABELS.tobytes())
    for changed, words in (
        (b"\x81", "ends inside a run"),
        (b"\x02", "ends inside a run"),
        (b"\x01\x00", "holds more than"),
    ):
        longer = data.replace(f",{len(packed)})".encode(), f",{len(packed + changed)})".encode()) + changed
        refused(stored(tmp_path, longer), words)


@pytest.mark.parametrize(("unit", "um"), [("nm", 1e-3), ("mm", 1e3), ("\u00b5m", 1), ("m", 1e6), ("micrometer", 1)])
@pytest.mark.parametrize("code", ["utf-8", "latin-1"])
def test_units(tmp_path, unit, um, code):
    data = amira(LABELS, parameters=f'Units {{ Coordinates "UNIT" }} {PARAMETERS}')
    same(stored(tmp_path, data.replace(b"UNIT", unit.encode(code))), tuple(um * edge for edge in VOXEL))


def test_edges_that_are_not_known(tmp_path):
    """1, 1, 1 without a unit is Amira's default; an axis of one voxel has no distance of centres."""
    refused(
        stored(tmp_path, amira(LABELS, parameters="BoundingBox 0 7 0 5 0 4")), "states no voxel size", voxel_um=None
    )
    refused(stored(tmp_path, amira(LABELS, parameters="")), "states no voxel size", voxel_um=None)
    odd = f'Units {{ Coordinates "furlong" }} {PARAMETERS}'
    refused(stored(tmp_path, amira(LABELS, parameters=odd)), "'furlong' is not known as a unit", voxel_um=None)
    flat = stored(tmp_path, amira(LABELS[:1], parameters="BoundingBox 0 1.4 0 1.0 0 1"))
    refused(flat, r"states only y = 0\.2 um, x = 0\.2 um", voxel_um=None)
    same(flat, (3, 0.2, 0.2), labels=LABELS[:1], voxel_um=(3, 0.2, 0.2))


def test_materials_are_phases_where_their_values_are_certain(tmp_path):
    for ids in (("Id 0", "Id 1", "Id 2"), ("", "", "")):
        volume = same(stored(tmp_path, amira(LABELS, parameters=MATERIALS.format(*ids))), phases=None)
        assert volume.grid.phases == ("Exterior", "Ni, metal", "pore")
    doubtful = stored(tmp_path, amira(LABELS, parameters=MATERIALS.format("Id 1", "Id 2", "Id 3")))
    words = r"no phase names are given.*The file names 0 'Exterior', 2 'pore'"  # a comma is no part of --phases
    refused(doubtful, words, phases=None)
    same(doubtful)


def test_the_labels_beside_other_arrays(tmp_path):
    data = amira(LABELS)
    second = data.replace(b"@1\n\n#", b"@1\nLattice { float[2] Weights } @2\nLattice { byte Other } @3\n\n#", 1)
    path = stored(tmp_path, second + b"\n@2\n" + bytes(8 * LABELS.size) + b"\n@3\n" + LABELS[::-1].tobytes() + b"\n")
    same(path)
    same(path, labels=LABELS[::-1], dataset="Other")
    refused(path, r"no array is called 'x'; its arrays are Labels byte, Weights float\[2\], Other byte", dataset="x")
    refused(path, "'Weights' is of type 'float.2.', not of one number per voxel", dataset="Weights")
    renamed = second.replace(b"Labels", b"A") + b"\n@2\n" + bytes(8 * LABELS.size) + b"\n@3\n" + LABELS.tobytes()
    refused(stored(tmp_path, renamed), "several arrays could hold the labels")


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ('CoordType "stacked"', "its lattice is 'stacked', not uniform"),
        ("TransformationMatrix 0 1 0 0 1 0 0 0 0 0 1 0 0 0 0 1", "turns, flips or scales"),
        ("TransformationMatrix 2 0 0 0 0 2 0 0 0 0 2 0 0 0 0 1", "turns, flips or scales"),
        ("TransformationMatrix 1 0 0", "not 16 numbers"),
        ("BoundingBox 0 7 0 5 0", "not 6 numbers"),
        ("A { B 1", "do not close"),
        ("A 1, A 2", "gives 'A' twice"),
        ('A "x', "string in its header has no end"),
        ("A { " * 60 + "} " * 60, "too many braces"),
    ],
)
def test_parameters_that_are_refused(tmp_path, parameters, words):
    refused(stored(tmp_path, amira(LABELS, parameters=parameters)), words)


def test_a_shift_is_no_turn(tmp_path):
    matrix = f"TransformationMatrix 1 0 0 0 0 1 0 0 0 0 1 0 5 6 7 1, {PARAMETERS}"
    same(stored(tmp_path, amira(LABELS, parameters=matrix)))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"# AmiraMesh BINARY", b"# HyperSurface BINARY", "is not an AmiraMesh or Avizo file; it begins with '# Hyper"),
        (b"define Lattice 8 6 5", b"define Lattice 8 6", "no lattice of three axes but of 2"),
        (b"define Lattice 8 6 5", b"define Vertices 8", "no lattice of voxels; it defines Vertices"),
        (b"define Lattice 8 6 5", b"define Lattice 800000 600000 500000", "promises 240000000000000000 bytes"),
        (b"define Lattice 8 6 5", b"define Lattice 8 6 4", "holds 48 bytes behind the voxels"),
        (b"byte Labels", b"complex Labels", "no array has one number per voxel; its arrays are Labels complex"),
        (b"} @1", b"} @1(HxJpeg,9)", "compressed with HxJpeg"),
        (b"} @1", b"} @2", "comes before the lattice"),
        (b"\n@1\n", b"\n", "header has no end"),
    ],
)
def test_headers_that_are_refused(tmp_path, old, new, words):
    data = amira(LABELS)
    assert old in data
    refused(stored(tmp_path, data.replace(old, new)), words)


def test_a_small_file_cannot_promise_a_large_volume(tmp_path):
    for codec in ("HxByteRLE", "HxZip"):
        data = amira(LABELS, codec=codec).replace(b"Lattice 8 6 5", b"Lattice 1500 1500 1500")
        refused(stored(tmp_path, data), "promises 3375000000 bytes of voxels")
