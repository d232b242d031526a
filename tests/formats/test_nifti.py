"""NIfTI, against nibabel."""

import gzip
import struct

import numpy as np
import pytest

from porenet.errors import InputError
from porenet.formats import read

nibabel = pytest.importorskip("nibabel")

LABELS = np.random.default_rng(0).integers(0, 3, (3, 4, 5)).astype(np.uint8)
PHASES = {"a": 0, "b": 1, "c": 2}
VOXEL = (0.3, 0.2, 0.1)
EDGES = np.diag([0.1, 0.2, 0.3, 1])


def stored(
    folder, labels=LABELS, *, affine=EDGES, unit=None, kind=nibabel.Nifti1Image, name="v.nii", order="<", **fields
):
    header = kind.header_class(endianness=order)
    header.set_data_dtype(labels.dtype)
    image = kind(labels.T, affine, header)
    if unit:
        image.header.set_xyzt_units(unit)
    for field, value in fields.items():
        image.header[field] = value
    nibabel.save(image, folder / name)
    return folder / name


def changed(path, place, kind, *values):
    data = bytearray(path.read_bytes())
    struct.pack_into(kind, data, place, *values)
    path.write_bytes(data)
    return path


def same(path, voxel=VOXEL, labels=LABELS, **arguments):
    volume = read(path, phases=PHASES, **arguments)
    np.testing.assert_array_equal(volume.labels, labels)
    assert volume.grid.voxel_um == pytest.approx(voxel, rel=1e-9)


def refused(path, words, **arguments):
    with pytest.raises(InputError, match=words):
        read(path, **{"phases": PHASES, "voxel_um": VOXEL, "override": True, **arguments})


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("name", ["v.nii", "v.nii.gz", "v.NII"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_headers(tmp_path, kind, name, order):
    path = stored(tmp_path, LABELS.astype("i2"), kind=kind, name=name.lower(), order=order)
    same(path.rename(tmp_path / name))


@pytest.mark.parametrize("code", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])
def test_types(tmp_path, code):
    same(stored(tmp_path, LABELS.astype(code)))


@pytest.mark.parametrize(("unit", "um"), [("micron", 1), ("mm", 1e3), ("meter", 1e6)])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_units(tmp_path, unit, um, kind):
    same(stored(tmp_path, unit=unit, kind=kind), tuple(um * edge for edge in VOXEL))
    same(stored(tmp_path, unit=unit, kind=kind, affine=np.eye(4)), (um, um, um))


def test_edges_that_are_not_known(tmp_path):
    refused(stored(tmp_path, affine=np.eye(4)), "states no voxel size", voxel_um=None, override=False)
    refused(
        changed(stored(tmp_path), 123, "B", 5),
        "no voxel size: its unit of length has the code 5",
        voxel_um=None,
        override=False,
    )


def test_a_trailing_axis_of_one_and_one_of_more(tmp_path):
    same(stored(tmp_path, LABELS[None]))
    refused(stored(tmp_path, np.stack([LABELS, LABELS])), "holds a 4-D array of shape 2x3x4x5")


def test_scaled_values_are_those_meant(tmp_path):
    image = nibabel.Nifti1Image(LABELS.T, EDGES)
    image.header.set_slope_inter(2, 1)
    nibabel.save(image, tmp_path / "v.nii")
    path = changed(tmp_path / "v.nii", 112, "<2f", 2.0, 1.0)
    meant = nibabel.load(path).get_fdata().T
    volume = read(path, phases={"a": 1, "b": 3, "c": 5})
    np.testing.assert_array_equal(2 * volume.labels + 1, meant)
    refused(changed(path, 112, "<2f", 0.5, 0.0), "0.5.* is not a whole number|holds 0.5|whole numbers")
    refused(changed(path, 112, "<2f", 2.0, float("nan")), "scales its values by 2 and nan")
    for slope, intercept in ((0.0, 5.0), (float("nan"), 1.0), (1.0, 0.0)):
        same(changed(path, 112, "<2f", slope, intercept))


ITK = np.diag([-0.1, -0.2, 0.3, 1])
TURNED = np.array([[0, 0.2, 0, 0], [0.1, 0, 0, 0], [0, 0, 0.3, 0], [0, 0, 0, 1]])


def oriented(folder, qform, sform):
    image = nibabel.Nifti1Image(LABELS.T, EDGES)
    image.set_sform(sform, code=0 if sform is None else 1)
    image.set_qform(qform, code=0 if qform is None else 1)
    nibabel.save(image, folder / "v.nii")
    return folder / "v.nii"


@pytest.mark.parametrize("matrix", [EDGES, ITK])
def test_orientations_along_the_axes(tmp_path, matrix):
    for pair in ((matrix, None), (None, matrix), (matrix, matrix), (None, None)):
        same(oriented(tmp_path, *pair))


def test_orientations_that_are_refused(tmp_path):
    tilted = EDGES + np.array([[0, 0.001, 0, 0]] + [[0] * 4] * 3)
    for matrix in (TURNED, np.diag([-0.1, 0.2, 0.3, 1]), np.diag([0.1, 0.2, -0.3, 1])):
        for pair in ((matrix, None), (None, matrix), (EDGES, matrix), (matrix, EDGES)):
            refused(oriented(tmp_path, *pair), "permutes, flips or tilts its axes")
    refused(oriented(tmp_path, None, tilted), "permutes, flips or tilts its axes")
    refused(oriented(tmp_path, EDGES, ITK), "its qform and its sform say different orientations")
    refused(oriented(tmp_path, None, np.zeros((4, 4))), "permutes, flips or tilts its axes")


def test_edges_that_contradict_count_as_not_stated(tmp_path):
    image = nibabel.Nifti1Image(LABELS.T, EDGES)
    nibabel.save(image, tmp_path / "v.nii")
    path = changed(tmp_path / "v.nii", 280, "<f", 0.15)
    same(path, voxel_um=VOXEL)
    words = r"its sform has the edges 0\.15, 0\.2, 0\.3 \(x, y, z\), and its pixdim 0\.1, 0\.2, 0\.3"
    refused(path, words, voxel_um=None, override=False)


@pytest.mark.parametrize(
    ("place", "kind", "values", "words"),
    [
        (0, "<i", (349,), "is not a NIfTI file"),
        (344, "4s", (b"ni1\0",), "in an .img file of their own"),
        (344, "4s", (b"n+3\0",), "is not a NIfTI file: its magic"),
        (40, "<h", (9,), "has 9 axes"),
        (42, "<h", (32000,), "promises 384000 bytes"),
        (42, "<3h", (32000, 32000, 32000), "promises 32768000000000 voxels"),
        (42, "<h", (-5,), "holds no voxels"),
        (42, "<h", (4,), "holds more than the 48 voxels"),
        (70, "<h", (128,), "type colours, not one number per voxel"),
        (70, "<h", (32,), "type complex numbers"),
        (70, "<h", (4,), "datatype 4 of 8 bits"),
        (108, "<f", (100.0,), "begin at byte 100"),
        (108, "<f", (0.0,), "begin at byte 0"),
        (108, "<f", (352.5,), "begin at byte 352.5"),
        (108, "<f", (3.0e7,), "can hold at most"),
    ],
)
def test_headers_that_are_refused(tmp_path, place, kind, values, words):
    refused(changed(stored(tmp_path), place, kind, *values), words)


def test_gzip_is_verified_to_its_end(tmp_path):
    data = stored(tmp_path, name="v.nii.gz").read_bytes()
    for wrong in (data[:-1], data[:-8], data[:-8] + b"\0" * 4 + data[-4:], data[:-4] + b"\1\1\1\1"):
        (tmp_path / "v.nii.gz").write_bytes(wrong)
        refused(tmp_path / "v.nii.gz", "cannot be read as NIfTI")
    inside = gzip.decompress(data)
    (tmp_path / "v.nii.gz").write_bytes(gzip.compress(inside[:200]) + gzip.compress(inside[200:]))
    same(tmp_path / "v.nii.gz")
    (tmp_path / "v.nii.gz").write_bytes(gzip.compress(changed(stored(tmp_path), 42, "<h", 9999).read_bytes()))
    refused(tmp_path / "v.nii.gz", "ends after|can hold at most")
