"""Grid files of `porenet.formats`: among slices, and to write by."""

import numpy as np
import pytest

from porenet.config import load_grid
from porenet.errors import InputError
from porenet.formats import find, fingerprint, read, write
from porenet.interface import Grid, Volume

WRITTEN = ("v.npz", "v.tif", "v.vti", "v.mha", "v.zarr", "slices")
GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.25, 0.0368), (False, True, False))
VALUES = {"Ni": 255, "YSZ": 127, "pore": 0}
ANODE = '[grid]\nphases = ["Ni", "YSZ", "pore"]\nvoxel_um = [0.1, 0.25, 0.0368]\nperiodic = [false, true, false]\n'
MERGED = ANODE + "[grid.values]\nNi = 255\nYSZ = [127, 200]\npore = 0\n"
LABELS = np.random.default_rng(0).integers(0, 3, (3, 4, 5)).astype(np.uint8)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[grid", "is not TOML"), ("", r"it has no table \[grid\]"), ("grid = 3", r"it has no table \[grid\]"),
        ("[grid]\nphases = ['a']\nvoxel_um = [1, 1, 1]", "2 to 255"), ("[grid]", "lacks phases and voxel_um"),
        (MERGED.replace("pore = 0", ""), r"\[grid\.values\] has Ni, YSZ, but the phases are Ni, YSZ, pore"),
        (MERGED.replace("200", "255"), "'Ni' and 'YSZ' share the value 255"), (ANODE + "values = 3", "no table"),
        (MERGED.replace("[127, 200]", "[]"), "'YSZ' has no value"), (MERGED + "# " * (1 << 19), "too large"),
        (MERGED + "[porenet]\nshape = 3", "no shape of three"), ("a = " + "[" * 9999, "is not TOML"),
    ],
)  # fmt: skip
def test_a_grid_file_among_slices_that_is_none_is_named(tmp_path, text, words):
    write(Volume(LABELS, GRID), tmp_path / "slices", values=VALUES)
    (tmp_path / "slices" / "grid.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=rf"grid\.toml: .*{words}"):
        read(tmp_path / "slices")


def test_a_grid_file_put_among_slices_says_what_they_are(tmp_path):
    write(Volume(LABELS, GRID), tmp_path / "slices", values={"Ni": 255, "YSZ": 200, "pore": 0})
    before = fingerprint(tmp_path / "slices")
    (tmp_path / "slices" / "grid.toml").write_text(MERGED, encoding="utf-8")
    volume = read(tmp_path / "slices")
    assert volume.grid == GRID
    np.testing.assert_array_equal(volume.labels, LABELS)
    assert fingerprint(tmp_path / "slices") != before  # what a volume is read from is hashed
    assert (find(tmp_path).volumes, find(tmp_path).unknown) == ((tmp_path / "slices",), ())
    (tmp_path / "slices" / "grid.toml").unlink()
    (tmp_path / "slices" / "grid.toml").mkdir()  # a folder of that name is searched like any other
    write(volume, tmp_path / "slices" / "grid.toml" / "v.npz")
    assert len(find(tmp_path).volumes) == 2


@pytest.mark.parametrize("name", WRITTEN)
def test_a_volume_written_by_a_grid_file_is_read_with_it_and_without(tmp_path, name):
    """Of several values of a phase the first is written; the file then states one, the grid file two."""
    (tmp_path / "anode.toml").write_text(MERGED, encoding="utf-8")
    grid_file = load_grid(tmp_path / "anode.toml")
    for number, grid in enumerate((grid_file, tmp_path / "anode.toml", str(tmp_path / "anode.toml"))):
        path = tmp_path / f"{number}{name}"
        write(Volume(np.zeros_like(LABELS), GRID), path, grid=grid)
        for phases in (None, grid_file.values, VALUES):
            volume = read(path, phases=phases)
            assert (volume.grid, volume.labels.max()) == (GRID, 0)


class Stated:
    """A grid file of other voxels."""

    grid = Grid(GRID.phases, (0.1, 0.25, 0.05), GRID.periodic)
    values = VALUES


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"grid": VALUES}, r"not dict\. A mapping from phase to value is not the grid, but the values"),
        ({"grid": GRID}, "a grid file .* or its path was expected, not Grid"),
        ({"grid": 3}, "not int"),
        ({"grid": Stated, "values": VALUES}, "values are stated twice"),
        ({"grid": Stated}, r"states voxel edges \[0\.1, 0\.25, 0\.05\].*or only the values"),
        ({"grid": "missing.toml"}, "missing.toml: cannot be read"),
        ({"values": {"Ni": 300, "YSZ": [127, 1], "pore": 0}}, "Ni=300 cannot be written, which takes 0 to 255"),
        ({"values": {"Ni": [], "YSZ": 127, "pore": 0}}, "'Ni' has no value"),
    ],
)
def test_what_is_no_grid_to_write_by(tmp_path, arguments, words):
    with pytest.raises(InputError, match=words):
        write(Volume(LABELS, GRID), tmp_path / "v.tif", **arguments)
    assert not list(tmp_path.iterdir())
