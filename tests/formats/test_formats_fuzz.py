"""Whatever bytes a file holds, reading ends in a volume or in one InputError."""

import base64
import io
import zlib

import numpy as np
import pytest
from attempts import attempt
from hypothesis import given, settings
from hypothesis import strategies as st

from porenet.formats import find, fingerprint, gan_ph, read, write
from porenet.interface import Grid, Volume

h5py = pytest.importorskip("h5py")
nrrd = pytest.importorskip("nrrd")
tifffile = pytest.importorskip("tifffile")
image = pytest.importorskip("PIL.Image")

GRID = Grid(tuple(f"p{value}" for value in range(255)), (0.1, 0.2, 0.3))
PHASES = {phase: value for value, phase in enumerate(GRID.phases)}
LABELS = np.random.default_rng(0).integers(0, 3, (5, 9, 8)).astype(np.uint8)
NUMBERS = (
    b"\x00" * 4,
    b"\xff" * 4,
    b"\xff\xff\xff\x7f",
    b"\x00" * 8,
    b"\xff" * 8,
    b"\xff" * 7 + b"\x7f",
    b"-1",
    b"9" * 12,
)


@st.composite
def damage(draw):
    """A function from bytes to damaged bytes: cut, flipped, overwritten; in the header as often as anywhere."""
    cut = draw(st.none() | st.floats(0, 1))
    edits = draw(
        st.lists(
            st.tuples(
                st.booleans(),
                st.floats(0, 1, exclude_max=True),
                st.sampled_from(NUMBERS) | st.binary(min_size=1, max_size=2),
            ),
            min_size=0 if cut is not None else 1,
            max_size=8,
        )
    )

    def apply(data):
        data = bytearray(data if cut is None else data[: int(cut * len(data))])
        for in_header, place, new in edits:
            at = int(place * min(len(data), 600 if in_header else len(data)))
            data[at : at + len(new)] = new[: len(data) - at]
        return bytes(data)

    return apply


def samples():
    """Small valid files as written by porenet, numpy, tifffile, h5py and pynrrd: suffix and bytes."""
    import tempfile
    from pathlib import Path

    volume = Volume(LABELS, GRID)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for suffix in (".npz", ".vti", ".tif"):
            write(volume, folder / f"v{suffix}")
        for number, labels in enumerate((LABELS, np.asfortranarray(LABELS), LABELS.astype(">i4"))):
            np.save(folder / f"v{number}.npy", labels)
        for number, options in enumerate(({}, {"tile": (16, 16)}, {"imagej": True}, {"bigtiff": True}, {"ome": True})):
            tifffile.imwrite(folder / f"v{number}.tif", LABELS, photometric="minisblack", **options)
        chunks = {"chunks": (2, 4, 4), "compression": "gzip", "shuffle": True, "fletcher32": True}
        for version in ("earliest", "latest"):
            for number, options in enumerate(({}, chunks)):
                path = folder / f"{version}{number}.dream3d"
                with h5py.File(path, "w", libver=version) as file:
                    file.create_dataset("DataContainers/I/CellData/Phases", data=LABELS.astype("i4"), **options)
                    file["DataContainers/I/_SIMPL_GEOMETRY/SPACING"] = np.float32([0.3, 0.2, 0.1])
        for encoding in ("raw", "gzip", "bzip2", "ascii"):
            header = {"encoding": encoding, "spacings": [0.3, 0.2, 0.1], "units": ["um"] * 3}
            nrrd.write(str(folder / f"{encoding}.nrrd"), LABELS, header, index_order="C")
        found = [(path.suffix, path.read_bytes()) for path in sorted(folder.iterdir())]
    text = " ".join(map(str, LABELS.ravel()))
    start = '<VTKFile type="ImageData" byte_order="LittleEndian"{}><ImageData WholeExtent="0 8 0 9 0 5">'
    piece = '<Piece Extent="0 8 0 9 0 5"><CellData><DataArray type="UInt8" Name="a" format="{}">{}'
    end = "</DataArray></CellData></Piece></ImageData></VTKFile>"
    raw = np.uint32(LABELS.size).tobytes() + LABELS.tobytes()
    packed = zlib.compress(LABELS.tobytes())
    sizes = base64.b64encode(np.uint32([1, LABELS.size + 1, LABELS.size, len(packed)]).tobytes()).decode()
    for compressor, kind, data in (
        ("", "ascii", text),
        ("", "binary", base64.b64encode(raw).decode()),
        (' compressor="vtkZLibDataCompressor"', "binary", sizes + base64.b64encode(packed).decode()),
    ):
        found.append((".vti", (start.format(compressor) + piece.format(kind, data) + end).encode()))
    legacy = "# vtk DataFile Version 3.0\nt\n{}\nDATASET STRUCTURED_POINTS\nDIMENSIONS 8 9 5\nSPACING 1 1 1\n"
    legacy += "POINT_DATA 360\nSCALARS a unsigned_char 1\nLOOKUP_TABLE default\n"
    found.append((".vtk", (legacy.format("ASCII") + text).encode()))
    found.append((".vtk", legacy.format("BINARY").encode() + LABELS.tobytes()))
    return found


SAMPLES = samples()


@pytest.mark.parametrize(("suffix", "data"), SAMPLES)
def test_the_samples_are_sound(tmp_path, suffix, data):
    (tmp_path / f"v{suffix}").write_bytes(data)
    volume = read(tmp_path / f"v{suffix}", phases=PHASES, voxel_um=(0.1, 0.2, 0.3))
    np.testing.assert_array_equal(volume.labels, LABELS)


@pytest.mark.parametrize("suffix", sorted({suffix for suffix, _ in SAMPLES}))
@settings(max_examples=max(100, settings.default.max_examples))
@given(data=st.data(), change=damage())
def test_damaged_files(tmp_path, suffix, data, change):
    whole = data.draw(st.sampled_from([one for kind, one in SAMPLES if kind == suffix]))
    path = tmp_path / f"v{suffix}"
    path.write_bytes(change(whole))
    volume = attempt(lambda: read(path, phases=PHASES, voxel_um=(0.1, 0.2, 0.3), override=True, max_voxels=10**7))
    if volume is not None:
        assert volume.labels.size <= 10**7
    attempt(lambda: fingerprint(path))
    find(tmp_path)


@pytest.mark.parametrize("suffix", sorted({suffix for suffix, _ in SAMPLES}))
@given(content=st.binary(max_size=200))
def test_files_of_noise(tmp_path, suffix, content):
    start = next(data for kind, data in SAMPLES if kind == suffix)[:8]
    for data in (content, start + content):
        (tmp_path / f"v{suffix}").write_bytes(data)
        attempt(lambda: read(tmp_path / f"v{suffix}", phases=PHASES, voxel_um=(0.1, 0.2, 0.3)))


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
@settings(max_examples=max(100, settings.default.max_examples))
@given(change=damage(), mode=st.sampled_from(["L", "P", "RGB", "1"]))
def test_damaged_slices(tmp_path, suffix, change, mode):
    folder = tmp_path / "stack"
    folder.mkdir(exist_ok=True)
    buffer = io.BytesIO()
    if suffix == ".tif":
        tifffile.imwrite(buffer, LABELS[0], photometric="minisblack", compression="zlib" if mode == "P" else None)
    else:
        image.fromarray(LABELS[0]).convert(mode).save(buffer, suffix[1:])
    (folder / f"s0{suffix}").write_bytes(buffer.getvalue())
    (folder / f"s1{suffix}").write_bytes(change(buffer.getvalue()))
    phases = {f"p{value}": value for value in range(256) if value != 77}
    attempt(lambda: read(folder, phases=phases, voxel_um=(0.1, 0.2, 0.3), max_voxels=10**7))


@given(
    text=st.text(max_size=200)
    | st.lists(st.floats() | st.integers(), max_size=12).map(lambda row: " ".join(map(str, row)))
)
def test_damaged_results_of_gan_ph(tmp_path, text):
    (tmp_path / "structure_1").mkdir(exist_ok=True)
    for content in (text, f"VF0 VF1 VF2 SV0 SV1 SV2\n{text}"):
        (tmp_path / "results.dat").write_text(content, encoding="utf-8", errors="surrogatepass")
        attempt(lambda: gan_ph.read_conditions(tmp_path))


@given(
    names=st.lists(
        st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20), max_size=6
    )
)
def test_folders_with_any_names(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("any")
    for name in names:
        for suffix in (".png", ""):
            if name + suffix not in (".", "..") and len((name + suffix).encode()) < 200:
                (folder / (name + suffix)).write_bytes(b"")
    found = find(folder)
    assert set(found.volumes).isdisjoint(found.unknown)
    attempt(lambda: read(folder, phases=PHASES, voxel_um=(1, 1, 1)))
