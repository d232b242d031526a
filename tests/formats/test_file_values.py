"""The values of phases in files: what one door takes, every door takes; labels stored as floating-point numbers."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.config import load_grid
from porenet.errors import ConfigError, InputError
from porenet.formats import read, write
from porenet.interface import Grid, Volume
from porenet.interface.phase_values import LEAST_VALUE, MOST_VALUE

LABELS = np.random.default_rng(0).integers(0, 3, (3, 4, 5)).astype(np.uint8)
VOXEL = (0.3, 0.2, 0.1)
NAMES = ("a", "b", "c")
GRID = '[grid]\nphases = ["a", "b", "c"]\nvoxel_um = [0.3, 0.2, 0.1]\n\n[grid.values]\na = {}\nb = {}\nc = {}\n'


def measured(path, *options):
    return CliRunner().invoke(main, ["measure", str(path), "-m", "vf", *map(str, options)])


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ((-1, 0, 1), "i1"),
        ((-1, 0, 1), "<i8"),
        ((0, 1, 70000), "<u4"),
        ((-1, 0, 1), "<f4"),
        ((LEAST_VALUE, 0, 1), "<i8"),
        ((0, 1, MOST_VALUE), "<u8"),
    ],
)
def test_every_door_takes_the_same_values(tmp_path, values, dtype):
    path, grid = tmp_path / "v.npy", tmp_path / "g.toml"
    np.save(path, np.array(values, dtype)[LABELS])
    phases = dict(zip(NAMES, values, strict=True))
    np.testing.assert_array_equal(read(path, phases=phases, voxel_um=VOXEL).labels, LABELS)
    grid.write_text(GRID.format(*values), encoding="utf-8")
    assert load_grid(grid).values == phases
    flags = ",".join(f"{name}={value}" for name, value in phases.items())
    by_flags = measured(path, "--phases", flags, "--voxel-um", "0.3,0.2,0.1")
    by_grid = measured(path, "--grid", grid)
    assert by_flags.exit_code == by_grid.exit_code == 0, by_flags.output
    assert by_flags.output == by_grid.output
    assert f"{np.mean(LABELS == 2):.6g}" in by_flags.output


def test_every_door_takes_several_values_of_a_phase(tmp_path):
    path, grid, written = tmp_path / "v.npy", tmp_path / "g.toml", np.array([255, 127, 200, 0], "u1")[LABELS]
    np.save(path, written)
    phases = {"a": [255], "b": (127, 200), "c": np.array([0, 3])}
    expected = np.array([0, 1, 1, 2], np.uint8)[LABELS]
    grid.write_text(GRID.format(255, "[127, 200]", "[0, 3]"), encoding="utf-8")
    assert load_grid(grid).values == {"a": 255, "b": [127, 200], "c": [0, 3]}
    for values in (phases, load_grid(grid).values):
        np.testing.assert_array_equal(read(path, phases=values, voxel_um=VOXEL).labels, expected)
        np.testing.assert_array_equal(Volume.from_array(written, phases=values, voxel_um=VOXEL).labels, expected)
    by_flags = measured(path, "--phases", "a=255, b=127 +200,c=0+3", "--voxel-um", "0.3,0.2,0.1")
    by_grid = measured(path, "--grid", grid)
    assert by_flags.exit_code == by_grid.exit_code == 0, by_flags.output
    assert by_flags.output == by_grid.output
    assert f"{np.mean(expected == 1):.6g}" in by_flags.output


@pytest.mark.parametrize("values", [[-1, -2], [LEAST_VALUE, 5], [70000, 1]])
def test_several_values_of_a_wide_type(values):
    array = np.array([values[0], 9, values[1]]).reshape(1, 1, 3)
    labels = Volume.from_array(array, phases={"a": values, "b": 9}, voxel_um=1).labels
    assert labels.ravel().tolist() == [0, 1, 0]


def test_a_message_lists_several_values_as_each_reader_writes_them(tmp_path):
    np.save(tmp_path / "v.npy", np.array([[[255, 127, 200, 0]]], "u1"))
    with pytest.raises(InputError, match="the value 0 has no phase") as caught:
        read(tmp_path / "v.npy", phases={"Ni": 255, "YSZ": [127, 200]}, voxel_um=VOXEL)
    assert "--phases Ni=255,YSZ=127+200,NAME=0. Or add it to a phase: NAME=VALUE+0." in caught.value.wording.command
    assert "Or add it to a phase: 'NAME': [value, 0]." in str(caught.value)
    done = measured(tmp_path / "v.npy", "--phases", "Ni=255,YSZ=127+200,pore=0", "--voxel-um", 1)
    assert done.exit_code == 0, done.output


def test_a_name_may_hold_a_plus(tmp_path):
    np.save(tmp_path / "v.npy", LABELS)
    done = measured(tmp_path / "v.npy", "--phases", "O2+=0,Ni+YSZ=1+2", "--voxel-um", 1)
    assert done.exit_code == 0, done.output
    assert "Ni+YSZ" in done.output


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "'b' has no value"), (True, "must be a whole number, not True"), ([1, False], "not False"),
        (1.5, "not 1.5"), ([2, 1.0], "not 1.0"), ("1", "not '1'"), ([1, [2]], r"not \[2\]"), ({1: 2}, "not {1: 2}"),
        ([1, 1], "'b' has the value 1 twice"), ([1, 0], "'a' and 'b' share the value 0"), ([1, 1 << 64], "must be in"),
    ],
)  # fmt: skip
def test_every_door_refuses_the_same_mappings(tmp_path, value, words):
    path, grid, phases = tmp_path / "v.npy", tmp_path / "g.toml", {"a": 0, "b": value, "c": 7}
    np.save(path, LABELS)
    text = json.dumps(value) if not isinstance(value, dict) else "{1 = 2}"
    grid.write_text(GRID.format(0, text, 7), encoding="utf-8")
    volume = Volume(LABELS, Grid(NAMES, VOXEL))
    for door in (
        lambda: read(path, phases=phases, voxel_um=VOXEL), lambda: write(volume, tmp_path / "w.tif", values=phases),
        lambda: Volume.from_array(LABELS, phases=phases, voxel_um=1), lambda: load_grid(grid),
        lambda: write(volume, tmp_path / "w.tif", grid=grid),
    ):  # fmt: skip
        with pytest.raises((InputError, ConfigError), match=words.replace("{1: 2}", r"{'?1'?: 2}")):
            door()


@pytest.mark.parametrize("value", [LEAST_VALUE - 1, MOST_VALUE + 1])
def test_every_door_refuses_the_same_values(tmp_path, value):
    path, grid = tmp_path / "v.npy", tmp_path / "g.toml"
    np.save(path, LABELS)
    with pytest.raises(InputError, match=rf"'c' must be in {LEAST_VALUE} to {MOST_VALUE}, not {value}"):
        read(path, phases={"a": 0, "b": 1, "c": value}, voxel_um=VOXEL)
    grid.write_text(GRID.format(0, 1, value), encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"grid\.values\.c: the value of 'c' must be in .*, not {value}"):
        load_grid(grid)
    done = measured(path, "--phases", f"a=0,b=1,c={value}", "--voxel-um", 1)
    assert done.exit_code == 2
    assert f"--phases: the value of 'c' must be in {LEAST_VALUE} to {MOST_VALUE}, not {value}" in done.output


@pytest.mark.parametrize("value", ["1.5", "", "-", "1_0", "\u0663", "--1", "0x1", "1+", "+1", "1++2", "1+x", "1 2"])
def test_words_that_are_no_values(tmp_path, value):
    np.save(tmp_path / "v.npy", LABELS)
    done = measured(tmp_path / "v.npy", "--phases", f"a=0,b=1,c={value}", "--voxel-um", 1)
    assert done.exit_code == 2
    assert "--phases takes NAME=VALUE" in done.output


def test_the_advice_of_a_message_can_be_followed(tmp_path):
    np.save(tmp_path / "v.npy", LABELS.astype("i4") - 1)
    done = measured(tmp_path / "v.npy", "--voxel-um", 1)
    advice = done.output.partition("--phases ")[2].split(".")[0].split()[0]
    assert advice == "NAME=-1,NAME=0,NAME=1"
    for name in NAMES:
        advice = advice.replace("NAME", name, 1)
    assert measured(tmp_path / "v.npy", "--phases", advice, "--voxel-um", 1).exit_code == 0


def float_files(folder, values, dtype):
    """The same numbers in each format that is written by hand here."""
    values = values.astype(dtype)
    size = " ".join(map(str, reversed(values.shape)))
    np.save(folder / "c.npy", values)
    np.save(folder / "f.npy", np.asfortranarray(values))
    (folder / "v.raw").write_bytes(values.tobytes())
    text = " ".join(map(repr, values.ravel().tolist()))
    vtk = f"DATASET STRUCTURED_POINTS\nDIMENSIONS {size}\nPOINT_DATA {values.size}\nSCALARS p double\n"
    (folder / "t.vtk").write_text(f"# vtk DataFile Version 3.0\nt\nASCII\n{vtk}{text}\n", encoding="ascii")
    binary = values.astype(">f8").tobytes()
    (folder / "b.vtk").write_bytes(f"# vtk DataFile Version 3.0\nt\nBINARY\n{vtk}".encode() + binary)
    extent = " ".join(f"0 {n - 1}" for n in reversed(values.shape))
    (folder / "v.vti").write_text(
        f'<VTKFile type="ImageData" byte_order="LittleEndian"><ImageData WholeExtent="{extent}">'
        f'<Piece Extent="{extent}"><PointData><DataArray type="Float64" Name="p" format="ascii">{text}</DataArray>'
        "</PointData></Piece></ImageData></VTKFile>",
        encoding="ascii",
    )
    paths = [folder / name for name in ("c.npy", "f.npy", "t.vtk", "b.vtk", "v.vti")]
    described = {"shape": values.shape, "dtype": values.dtype.str}
    return [(path, {}) for path in paths] + [(folder / "v.raw", described)]


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8"])
def test_whole_floating_point_labels_are_read(tmp_path, dtype):
    for path, described in float_files(tmp_path, LABELS - 1.0, dtype):
        volume = read(path, phases={"a": -1, "b": 0, "c": 1}, voxel_um=VOXEL, **described)
        np.testing.assert_array_equal(volume.labels, LABELS)


@pytest.mark.parametrize("wrong", [0.5, float("nan"), float("-inf"), 1e300])
def test_the_first_number_that_is_no_label_is_named(tmp_path, wrong):
    values = LABELS.astype(float)
    values[1, 2, 3] = values[2, 3, 4] = wrong
    for path, described in float_files(tmp_path, values, "<f8"):
        with pytest.raises(InputError) as caught:
            read(path, phases={"a": 0, "b": 1, "c": 2}, voxel_um=VOXEL, **described)
        words = f"values of type float64, not integer labels: {wrong!r} at voxel (z, y, x) = (1, 2, 3) is not a whole"
        assert words in str(caught.value), path
    np.save(tmp_path / "section.npy", values[1])
    with pytest.raises(InputError, match=r"at voxel \(y, x\) = \(2, 3\) is not a whole"):
        read(tmp_path / "section.npy", phases={"a": 0, "b": 1, "c": 2}, voxel_um=0.1)
