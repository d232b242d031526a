"""Whatever bytes a file holds, reading ends in a volume or in one InputError."""

import pytest
from attempts import attempt
from hypothesis import given, settings
from hypothesis import strategies as st

from porenet.formats import find, gan_ph, read

pytest.importorskip("h5py")
pytest.importorskip("nrrd")
pytest.importorskip("tifffile")

PHASES = {f"p{value}": value for value in range(255)}
STARTS = {
    ".npy": b"\x93NUMPY\x01\0", ".npz": b"PK\x03\x04\x14\0\0\0", ".tif": b"II*\0\x08\0\0\0", ".vtk": b"# vtk Da",
    ".dream3d": b"\x89HDF\r\n\x1a\n", ".nrrd": b"NRRD0004", ".vti": b"<VTKFile",
}  # fmt: skip
"""What files of some formats begin with."""


@pytest.mark.parametrize("suffix", STARTS)
@settings(max_examples=20)
@given(content=st.binary(max_size=200))
def test_files_of_noise(tmp_path, suffix, content):
    for data in (content, STARTS[suffix] + content):
        (tmp_path / f"v{suffix}").write_bytes(data)
        attempt(lambda: read(tmp_path / f"v{suffix}", phases=PHASES, voxel_um=(0.1, 0.2, 0.3)))


@settings(max_examples=30)
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
