"""Files are data: damaged, misleading and hostile ones end in one clear error."""

import gzip
import io
import os
import struct
import warnings
import zipfile

import numpy as np
import pytest

from porenet.errors import InputError
from porenet.formats import find, read, write
from porenet.interface import Grid, Volume

resource = pytest.importorskip("resource", reason="the address space is limited as POSIX does it")
h5py = pytest.importorskip("h5py")
tifffile = pytest.importorskip("tifffile")
image = pytest.importorskip("PIL.Image")
pytest.importorskip("nrrd")

PHASES = {"pore": 0, "solid": 1}
LABELS = (np.arange(120).reshape(4, 5, 6) % 7 % 2).astype(np.uint8)
VOXEL = (0.1, 0.2, 0.3)
NRRD = b"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 6 5 4\nencoding: raw\n"
VTI = (
    b'<?xml version="1.0"?>\n<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" header_type="UInt64">\n'
    b'<ImageData WholeExtent="0 6 0 5 0 4" Spacing="0.3 0.2 0.1"><Piece Extent="0 6 0 5 0 4"><CellData>\n'
    b'<DataArray type="UInt8" Name="a" format="ascii">%s</DataArray>\n'
    b"</CellData></Piece></ImageData></VTKFile>\n"
) % b" ".join(b"%d" % one for one in LABELS.ravel())
VTK = (
    b"# vtk DataFile Version 3.0\nt\nASCII\nDATASET STRUCTURED_POINTS\nDIMENSIONS 6 5 4\nORIGIN 0 0 0\n"
    b"SPACING 0.3 0.2 0.1\nPOINT_DATA 120\nSCALARS a int 1\nLOOKUP_TABLE default\n"
) + b" ".join(b"%d" % one for one in LABELS.ravel())


def refused(path, words, **arguments):
    """Reading ends in one InputError with these words, after the path; no warning, no resource left open."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match=words) as caught:
            read(path, phases=PHASES, voxel_um=VOXEL, override=True, **arguments)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


def sample(folder, suffix):
    """A small file of each format; a folder of slices for .png, .bmp and the like."""
    path = folder / f"v{suffix}"
    volume = Volume(LABELS, Grid(tuple(PHASES), VOXEL))
    if suffix in (".npz", ".tif"):
        write(volume, path)
    elif suffix == ".npy":
        np.save(path, LABELS)
    elif suffix in (".h5", ".dream3d"):
        with h5py.File(path, "w") as file:
            file.create_dataset("C/CellData/Phases", data=LABELS, chunks=(2, 5, 6), compression="gzip")
    elif suffix == ".nrrd":
        path.write_bytes(NRRD + b"\n" + LABELS.tobytes())
    elif suffix == ".vti":
        path.write_bytes(VTI)
    elif suffix == ".vtk":
        path.write_bytes(VTK)
    return path


SUFFIXES = (".npy", ".npz", ".tif", ".h5", ".dream3d", ".nrrd", ".vti", ".vtk")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_samples_are_sound(tmp_path, suffix):
    volume = read(sample(tmp_path, suffix), phases=PHASES, voxel_um=VOXEL)
    np.testing.assert_array_equal(volume.labels, LABELS)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_file(tmp_path, suffix):
    (tmp_path / f"v{suffix}").write_bytes(b"")
    refused(tmp_path / f"v{suffix}", r"It is truncated or damaged|not a (TIFF|NRRD|legacy VTK) file")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_cut_anywhere(tmp_path, suffix):
    path = sample(tmp_path, suffix)
    whole = path.read_bytes()
    last = len(whole) - 3
    for end in sorted({1, 2, 7, 8, 9, *range(10, last, max(1, last // 40)), last}):
        path.write_bytes(whole[:end])
        try:
            refused(path, ".")
        except pytest.fail.Exception:
            # only what lies behind the last voxel may be missing unnoticed
            np.testing.assert_array_equal(read(path, phases=PHASES, voxel_um=VOXEL).labels, LABELS)
            assert suffix == ".tif"
            assert end > len(whole) - 100


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_another_format_under_this_suffix(tmp_path, suffix):
    path = tmp_path / f"v{suffix}"
    for other in SUFFIXES:
        if other != suffix and {other, suffix} != {".h5", ".dream3d"}:
            path.write_bytes(sample(tmp_path, other).read_bytes())
            refused(path, ".")
            (tmp_path / f"v{other}").unlink()


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (
            LABELS[0],
            r"an array of two axes, a section, and three voxel edges .*A volume one voxel thick|; a volume one voxel",
        ),
        (LABELS[None], r"a 4-D array of shape 1x4x5x6, not a volume.*argmax over phases"),
        (LABELS[0, 0], "a 1-D array of shape 6, not a volume"),
        (np.uint8(3), r"a 0-D array of shape \(\), not a volume"),
        (LABELS[:0], "no voxels: shape 0x5x6"),
        (LABELS + 0.5, r"values of type float64, not integer labels: 0.5 at voxel \(z, y, x\) = \(0, 0, 0\)"),
        (LABELS.astype(complex), "values of type complex128"),
        (LABELS.astype("S2"), "values of type .*, not integer labels"),
        (LABELS.astype("U2"), "values of type .*, not integer labels"),
        (LABELS.astype("m8[s]"), "values of type .*, not integer labels"),
        (np.zeros((2, 2, 2), [("a", "u1"), ("b", "f4")]), "records of the fields a, b, not integer labels"),
        (np.full((2, 2, 2), None), "it holds Python objects, which are never loaded: a file is data, not code"),
    ],
)
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_an_array_that_is_no_volume(tmp_path, array, words, suffix):
    if suffix == ".npy":
        np.save(tmp_path / "v.npy", array, allow_pickle=True)
    else:
        np.savez(tmp_path / "v.npz", im=array)
    refused(tmp_path / f"v{suffix}", words)


def test_a_pickle_is_not_executed(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    np.save(tmp_path / "v.npy", np.array([Trap()], object), allow_pickle=True)
    refused(tmp_path / "v.npy", "Python objects")
    np.savez(tmp_path / "v.npz", im=np.array([Trap()], object), grid=np.array([Trap()], object))
    refused(tmp_path / "v.npz", "Python objects")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("pages", "arguments", "words"),
    [
        (LABELS[0], {}, "an array of two axes, a section, and three voxel edges"),
        (np.stack([LABELS] * 2), {}, "a stack over axes of 2 x 4, not only over z"),
        (np.stack([LABELS] * 2), {"imagej": True, "metadata": {"axes": "TZYX"}}, "a stack over 4 slices x 2 times"),
        (LABELS[:2], {"imagej": True, "metadata": {"axes": "CYX"}}, "a stack over 2 channels"),
        (np.stack([LABELS] * 2), {"ome": True, "metadata": {"axes": "CZYX"}}, "a stack over 2 channels x 4 slices"),
        (LABELS.astype("f4") / 2, {}, "values of type float32, not integer labels: 0.5 at voxel"),
        (
            np.repeat(LABELS[..., None], 3, 3) * [1, 2, 3],
            {"photometric": "rgb"},
            r"a colour image: \(1, 2, 3\) at row 0",
        ),
    ],
)
def test_a_tiff_that_is_no_volume(tmp_path, pages, arguments, words):
    pages = pages if pages.dtype == np.float32 else pages.astype(np.uint8)
    tifffile.imwrite(tmp_path / "v.tif", pages, **{"photometric": "minisblack", **arguments})
    refused(tmp_path / "v.tif", words)


def test_pages_of_different_sizes(tmp_path):
    with tifffile.TiffWriter(tmp_path / "v.tif") as tif:
        for page in (LABELS[0], LABELS[0, :2]):
            tif.write(page, photometric="minisblack", metadata=None)
    refused(tmp_path / "v.tif", "page 1 is 2x6 uint8, but page 0 is 5x6 uint8.*remove previews")


def test_lossy_compression_is_refused(tmp_path):
    pytest.importorskip("imagecodecs")
    tifffile.imwrite(tmp_path / "v.tif", np.zeros((2, 32, 32), np.uint8), compression="jpeg", photometric="minisblack")
    refused(tmp_path / "v.tif", "its pages are compressed as JPEG.*JPEG is lossy and changes labels")


@pytest.mark.parametrize(
    ("mode", "suffix", "words"),
    [
        ("RGB", ".png", r"a colour image: \(0, 1, 2\) at row 0, column 0"),
        ("RGB", ".bmp", r"a colour image: \(0, 1, 2\) at row 0, column 0"),
        ("RGBA", ".png", "a partly transparent image"),
        ("LA", ".png", "a partly transparent image"),
    ],
)
def test_slices_in_colour(tmp_path, mode, suffix, words):
    colours = np.broadcast_to(np.array([0, 1, 2, 9], np.uint8), (3, 4, 4))
    image.fromarray(np.ascontiguousarray(colours)).convert(mode).save(tmp_path / f"s_0{suffix}")
    with pytest.raises(InputError, match=words):
        read(tmp_path, phases=PHASES, voxel_um=VOXEL)


def test_a_damaged_slice_is_named(tmp_path):
    for z in range(3):
        image.fromarray(LABELS[z]).save(tmp_path / f"s_{z}.png")
    whole = (tmp_path / "s_1.png").read_bytes()
    (tmp_path / "s_1.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"s_1\.png: ends before its last chunk\. It is truncated or damaged"):
        read(tmp_path, phases=PHASES, voxel_um=VOXEL)


@pytest.mark.parametrize(
    ("dtype", "shape", "words"),
    [
        ("f4", (5, 6), r"no 3-D data set of integers; its data sets are a 5x6 float32"),
        ("u1", (4, 5), "its data sets are a 4x5 uint8"),
        ("u1", (2, 4, 5, 6), "its data sets are a 2x4x5x6 uint8"),
        ("u1", (0, 5, 6), "no voxels: shape 0x5x6"),
    ],
)
def test_an_hdf5_file_without_a_volume(tmp_path, dtype, shape, words):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("a", data=np.zeros(shape, dtype), chunks=True if 0 in shape else None, maxshape=None)
    refused(tmp_path / "v.h5", words)


def test_filters_that_are_not_read(tmp_path):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("a", data=LABELS, chunks=(2, 5, 6), scaleoffset=0)
    refused(tmp_path / "v.h5", "its voxels are compressed with scaleoffset.*h5repack -f GZIP=4")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b'type="UInt8"', b'type="Int128"', "no array has one number per voxel; its arrays are CellData/a Int128"),
        (b'Name="a"', b'Name="a" NumberOfComponents="2"', "no array has one number per voxel"),
        (b'"ImageData"', b'"PolyData"', "a VTK file of type 'PolyData', not ImageData"),
        (b"<Piece ", b'<Piece Extent="0 6 0 5 0 4"/><Piece ', "2 pieces of image data, not one"),
        (b'Piece Extent="0 6', b'Piece Extent="0 5', "its piece does not cover the whole extent"),
        (b"Spacing=", b'Direction="0 1 0 1 0 0 0 0 1" Spacing=', "its axes are rotated"),
        (b">0 1", b">0 1.5", "'1.5' where a whole number was expected"),
        (b">0 1", b">0 1_0", "'1_0' where a whole number was expected"),
        (b">0 1", b">0 nan", "'nan' where a whole number was expected"),
        (
            b'header_type="UInt64"',
            b'compressor="vtkBZip2DataCompressor"',
            "compressed with vtkBZip2DataCompressor.*zlib",
        ),
        (b"0 6 0 5 0 4", b"0 6 0 5", "an extent of six whole numbers was expected"),
        (b"</CellData>", b"</PointData>", "not well-formed XML: mismatched tag"),
    ],
)
def test_a_vti_file_that_is_no_volume(tmp_path, before, after, words):
    assert before in VTI
    (tmp_path / "v.vti").write_bytes(VTI.replace(before, after))
    refused(tmp_path / "v.vti", words)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b"STRUCTURED_POINTS", b"POLYDATA", "'DATASET POLYDATA', not DATASET STRUCTURED_POINTS"),
        (
            b"a int 1",
            b"a string 1",
            "no array has one number per voxel; its arrays are none|inside an array of strings",
        ),
        (b"a int 1", b"a int 3", "no array has one number per voxel"),
        (b"a int 1", b"a int128 1", "an array of type 'int128'.*integers"),
        (b"POINT_DATA 120", b"POINT_DATA 121", "121 values for 4x5x6 voxels"),
        (b"DIMENSIONS 6 5 4\n", b"", "no DIMENSIONS"),
        (b"ASCII", b"EBCDIC", "ASCII or BINARY was expected, not 'EBCDIC'"),
    ],
)
def test_a_legacy_vtk_file_that_is_no_volume(tmp_path, before, after, words):
    assert before in VTK
    (tmp_path / "v.vtk").write_bytes(VTK.replace(before, after))
    refused(tmp_path / "v.vtk", words)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b"type: uint8", b"type: float", "float values without an endian field"),
        (b"type: uint8", b"type: block\nblock size: 1", "values of type 'block', not integer labels"),
        (b"type: uint8", b"type: short", "short values without an endian field"),
        (b"dimension: 3\nsizes: 6 5 4", b"dimension: 2\nsizes: 6 20", "a 2-D array of shape 20x6"),
        (b"encoding: raw", b"encoding: zrl", "its encoding is 'zrl'.*raw or gzip"),
        (b"encoding: raw", b"encoding: raw\nbyte skip: -5", "byte skip -5 and line skip 0"),
    ],
)
def test_a_nrrd_file_that_is_no_volume(tmp_path, before, after, words):
    assert before in NRRD
    (tmp_path / "v.nrrd").write_bytes(NRRD.replace(before, after) + b"\n" + LABELS.tobytes())
    refused(tmp_path / "v.nrrd", words)


def lying_npy(shape, dtype="|u1"):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue() + bytes(100)


def lying_png(width, height):
    def chunk(kind, data):
        from zlib import crc32

        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", b"x\x9c\x03\x00\x00\x00\x00\x01")
        + chunk(b"IEND", b"")
    )


HUGE = 10**6


@pytest.fixture
def little_memory():
    """No test of this part may take 1 GB more address space than the process has."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + (1 << 30), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="the address space is limited through /proc")
@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        (
            "v.npy",
            lying_npy((HUGE, HUGE, HUGE)),
            "promises 1000000000000000000 voxels .*, above the limit of 4000000000",
        ),
        ("v.npy", lying_npy((1500, 1500, 1500)), "promises 3375000000 bytes of voxels .* can hold at most 100"),
        ("v.npy", lying_npy((600, 600, 600), "<i8"), "promises 1728000000 bytes of voxels"),
        ("v.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{", "cannot be read as NPY"),
        ("v.nrrd", NRRD.replace(b"6 5 4", b"1500 1500 1500") + b"\n", "promises 3375000000 bytes of voxels"),
        ("v.nrrd", NRRD.replace(b"6 5 4", b"9" * 400 + b" 1 1") + b"\n", "promises|cannot be read as NRRD"),
        ("v.nrrd", NRRD.replace(b"raw", b"raw\nbyte skip: 999999999") + b"\n" + bytes(120), "a byte skip of 999999999"),
        ("v.vti", VTI.replace(b"0 6 0 5 0 4", b"0 1500 0 1500 0 1500"), "promises 3375000000 bytes of voxels"),
        ("v.vti", VTI.replace(b"0 6 0 5 0 4", b"0 999999999 " * 3), "above the limit"),
        ("v.vti", VTI[:60] + b"a" * (1 << 22), "not well-formed XML|a tag of more than a megabyte"),
        (
            "v.vtk",
            VTK.replace(b"6 5 4", b"1500 1500 1500").replace(b"A 120", b"A 3375000000"),
            "promises 13500000000 by",
        ),
        ("v.vtk", VTK[:20] + b"a" * (1 << 22), "a line of its header has no end"),
    ],
)
def test_a_header_that_promises_too_much(tmp_path, little_memory, name, data, words):
    (tmp_path / name).write_bytes(data)
    refused(tmp_path / name, words)


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="the address space is limited through /proc")
def test_containers_that_promise_too_much(tmp_path, little_memory):
    with zipfile.ZipFile(tmp_path / "v.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("im.npy", lying_npy((1500, 1500, 1500)))
    refused(tmp_path / "v.npz", "promises 3375000000 bytes of voxels")
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("a", (10**5, 10**5, 10**5), "u1", chunks=(100, 100, 100), compression="gzip")
        file.create_dataset("b", (1500, 1500, 1500), "u1", chunks=(1000, 1000, 1000))
    refused(tmp_path / "v.h5", "above the limit", dataset="a")
    refused(tmp_path / "v.h5", "8 of its 8 chunks were never written. Its writer stopped early", dataset="b")
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "s_0.png").write_bytes(lying_png(9000, 9000))
    refused(tmp_path / "s", "promises 81000000 bytes of voxels")
    tifffile.imwrite(tmp_path / "v.tif", LABELS, photometric="minisblack", metadata=None)
    whole = (tmp_path / "v.tif").read_bytes()
    width, height = struct.pack("<HHII", 256, 4, 1, 6), struct.pack("<HHII", 257, 4, 1, 5)
    assert width in whole
    assert height in whole
    huge = whole.replace(width, width[:8] + struct.pack("<I", 40000)).replace(
        height, height[:8] + struct.pack("<I", 40000)
    )
    (tmp_path / "v.tif").write_bytes(huge)
    refused(tmp_path / "v.tif", r"promises 6400000000 voxels \(4x40000x40000\), above the limit")


def test_the_limit_can_be_set(tmp_path):
    path = sample(tmp_path, ".npy")
    refused(path, "promises 120 voxels .*, above the limit of 119", max_voxels=119)
    assert read(path, phases=PHASES, voxel_um=VOXEL, max_voxels=120).labels.size == 120


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="the address space is limited through /proc")
def test_bombs_do_not_go_off(tmp_path, little_memory):
    """4 GB of zeros in 4 MB, where the header asks for 120 bytes: no more than one byte beyond that is inflated."""
    zeros = gzip.compress(bytes(1 << 25)) * 64
    (tmp_path / "v.nrrd").write_bytes(NRRD.replace(b"raw", b"gzip") + b"\n" + zeros)
    refused(tmp_path / "v.nrrd", "holds more than the 120 voxels that its header promises")
    with (
        zipfile.ZipFile(tmp_path / "v.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("im.npy", "w", force_zip64=True) as member,
    ):
        member.write(lying_npy((4, 5, 6))[:-100])
        for _ in range(64):
            member.write(bytes(1 << 23))
    refused(tmp_path / "v.npz", "'im' holds more than its header promises")


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (b"../secret.raw", "outside of its own folder, which is not opened"),
        (b"sub/secret.raw", "outside of its own folder"),
        (b"/etc/passwd", "outside of its own folder"),
        (b"link.raw", "outside of its own folder"),
        (b"absent.raw", "its data file 'absent.raw' is missing"),
        (b"a%d.raw 1 4 1", "in several data files"),
        (b"LIST\na.raw\nb.raw", "in several data files"),
    ],
)
def test_a_nrrd_header_leads_nowhere_else(tmp_path, named, words):
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    for place in (tmp_path, folder / "sub"):
        (place / "secret.raw").write_bytes(LABELS.tobytes())
    (folder / "link.raw").symlink_to(tmp_path / "secret.raw")
    (folder / "v.nhdr").write_bytes(NRRD + b"data file: " + named + b"\n")
    refused(folder / "v.nhdr", words)


def test_hdf5_links_lead_nowhere_else(tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["a"] = LABELS
        file["spacing"] = [0.3, 0.2, 0.1]
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file["out"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/a")
        file["soft"] = h5py.SoftLink("/out")
        file.create_group("g")["out"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/")
    refused(tmp_path / "v.h5", "no 3-D data set of integers; its data sets are none")
    for name in ("out", "soft", "g/out/a"):
        refused(tmp_path / "v.h5", "is a link to another file or a circle of links", dataset=name)
    with h5py.File(tmp_path / "u.h5", "w") as file:
        file["I/CellData/Phases"] = LABELS
        file["I/_SIMPL_GEOMETRY/SPACING"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/spacing")
    with pytest.raises(InputError, match="it states no voxel size"):
        read(tmp_path / "u.h5", phases=PHASES)
    raw = tmp_path / "secret.raw"
    raw.write_bytes(LABELS.tobytes())
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.create_dataset("a", LABELS.shape, "u1", external=[(str(raw), 0, LABELS.size)])
    refused(tmp_path / "w.h5", "the voxels of 'a' are in another file")
    layout = h5py.VirtualLayout(LABELS.shape, "u1")
    layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "a", LABELS.shape)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_virtual_dataset("a", layout)
    refused(tmp_path / "x.h5", "the voxels of 'a' are in another file")


def test_xml_entities_are_refused(tmp_path):
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n<VTKFile'
    (tmp_path / "v.vti").write_bytes(VTI.replace(b"<VTKFile", bomb))
    refused(tmp_path / "v.vti", "its XML declares entities")


def test_names_in_an_archive_are_never_paths(tmp_path):
    with zipfile.ZipFile(tmp_path / "v.npz", "w") as archive:
        buffer = io.BytesIO()
        np.save(buffer, LABELS)
        archive.writestr("../../escaped.npy", buffer.getvalue())
    read(tmp_path / "v.npz", phases=PHASES, voxel_um=VOXEL)
    assert find(tmp_path).volumes == (tmp_path / "v.npz",)
    assert [one.name for one in tmp_path.iterdir()] == ["v.npz"]


def test_a_tiff_whose_pages_go_round_in_circles(tmp_path):
    tifffile.imwrite(tmp_path / "v.tif", LABELS, photometric="minisblack", metadata=None)
    data = bytearray((tmp_path / "v.tif").read_bytes())
    offset, places = struct.unpack_from("<I", data, 4)[0], []
    while offset:
        places.append(offset + 2 + 12 * struct.unpack_from("<H", data, offset)[0])
        offset = struct.unpack_from("<I", data, places[-1])[0]
    struct.pack_into("<I", data, places[-1], struct.unpack_from("<I", data, 4)[0])
    (tmp_path / "v.tif").write_bytes(data)
    refused(tmp_path / "v.tif", "its chain of pages returns to page 0")


def test_an_archive_that_is_encrypted_or_oddly_compressed(tmp_path):
    with zipfile.ZipFile(tmp_path / "v.npz", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("im.npy", b"x")
    refused(tmp_path / "v.npz", "a compression other than deflate.*savez_compressed")
    np.savez(tmp_path / "w.npz", im=LABELS)
    data = (tmp_path / "w.npz").read_bytes()
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark) + place
        data = data[:at] + b"\x01" + data[at + 1 :]
    (tmp_path / "w.npz").write_bytes(data)
    refused(tmp_path / "w.npz", "encrypted")


def test_a_grid_that_porenet_did_not_write(tmp_path):
    np.savez(tmp_path / "v.npz", labels=LABELS, grid=np.array("{}"))
    with pytest.raises(InputError, match="its 'grid' is not what porenet writes"):
        read(tmp_path / "v.npz")
    volume = read(tmp_path / "v.npz", dataset="labels", phases=PHASES, voxel_um=VOXEL)
    np.testing.assert_array_equal(volume.labels, LABELS)


def test_what_is_not_a_regular_file(tmp_path):
    os.mkfifo(tmp_path / "v.npy")
    refused(tmp_path / "v.npy", "neither a regular file nor a folder")
    assert find(tmp_path).unknown == (tmp_path / "v.npy",)


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = sample(tmp_path, ".npy")
    monkeypatch.setattr(
        "pathlib.Path.open", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
    )
    refused(path, r"cannot be read: Permission denied")
