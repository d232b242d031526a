"""Formats are plugins: a stranger's is found, read, written, measured and tested like porenet's own."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from third_party_format import SOURCE, plugin

from porenet import formats, registry
from porenet.cli import main
from porenet.errors import InputError, PluginError, UnknownComponent
from porenet.interface import Grid, Spec, Storage, Volume
from porenet.registry import Registry
from porenet.testing import Case, LawBroken, laws_for
from porenet.testing.laws.format import LAWS

GRID = Grid(("Ni", "YSZ", "pore"), (0.3, 0.2, 0.1))
LABELS = np.random.default_rng(0).integers(0, 3, (4, 5, 6), dtype=np.uint8)
NAMED = {"phases": {"Ni": 0, "YSZ": 1, "pore": 2}}


@pytest.fixture
def install(site, use):
    (site.folder / "vox.py").write_text(SOURCE)

    def installed(**plugins):
        for name, source in plugins.items():
            site.add(name, source)
        return use(site.registry())

    return installed


def case(installed, name="vox"):
    return Case(installed.find("format", name).spec)


def test_a_strangers_format_is_read_by_suffix_and_by_first_bytes(install, tmp_path):
    install(strange=plugin())
    formats.write(Volume(LABELS, GRID), tmp_path / "v.vox")
    (tmp_path / "without_suffix").write_bytes((tmp_path / "v.vox").read_bytes())
    for name in ("v.vox", "without_suffix"):
        volume = formats.read(tmp_path / name, **NAMED)
        np.testing.assert_array_equal(volume.labels, LABELS)
        assert volume.grid.voxel_um == GRID.voxel_um
    assert formats.find(tmp_path).volumes == (tmp_path / "v.vox",)
    assert len(formats.fingerprint(tmp_path / "v.vox")) == 64
    slabs = formats.open_slabs(tmp_path / "v.vox", **NAMED)
    np.testing.assert_array_equal(slabs.read(1, 3), LABELS[1:3])
    np.testing.assert_array_equal(slabs.read_y(2, 5), LABELS[:, 2:5])


def test_a_strangers_format_is_listed_shown_and_converted(install, tmp_path):
    install(strange=plugin())
    listed = CliRunner().invoke(main, ["list-plugins", "--kind", "format", "--json"])
    (component,) = json.loads(listed.stdout)["components"]
    assert component["storage"]["first_bytes"] == [[0, "VOX1"]]
    shown = CliRunner().invoke(main, ["show", "vox"])
    assert "files     " in shown.stdout
    assert ".vox" in shown.stdout
    formats.write(Volume(LABELS, GRID), tmp_path / "v.npz")
    done = CliRunner().invoke(main, ["convert", str(tmp_path / "v.npz"), str(tmp_path / "v.vox"), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["phases"] == NAMED["phases"]
    np.testing.assert_array_equal(formats.read(tmp_path / "v.vox", **NAMED).labels, LABELS)


def test_two_strangers_with_one_suffix_are_told_apart_by_their_first_bytes_or_by_name(install, tmp_path):
    install(strange=plugin(), stranger=plugin("vox", start="OTHER"))
    path = tmp_path / "v.vox"
    path.write_bytes(b"VOX0 of no format")
    with pytest.raises(InputError, match=r"several formats have the suffix '\.vox'.*file_format='strange:vox'"):
        formats.read(path, **NAMED)
    formats.write(Volume(LABELS, GRID), path)  # begins as the first one's do
    np.testing.assert_array_equal(formats.read(path, **NAMED).labels, LABELS)
    np.testing.assert_array_equal(formats.read(path, **NAMED, file_format="stranger:vox").labels, LABELS)
    with pytest.raises(UnknownComponent, match=r"no format is called 'voxx'; did you mean 'vox'"):
        formats.read(path, **NAMED, file_format="voxx")


def test_porenets_own_format_goes_before_a_strangers(install, tmp_path):
    install(strange=plugin(suffix=".npy", start="never"))
    np.save(tmp_path / "v.npy", LABELS)
    np.testing.assert_array_equal(formats.read(tmp_path / "v.npy", **NAMED, voxel_um=(1, 1, 1)).labels, LABELS)


def test_a_suffix_that_contradicts_the_first_bytes_is_refused(tmp_path):
    np.save(tmp_path / "v.npy", LABELS)
    (tmp_path / "v.npy").rename(tmp_path / "v.tif")
    with pytest.raises(InputError, match=r"its suffix says TIFF, but it begins as NPY does. Rename it to .npy"):
        formats.read(tmp_path / "v.tif", **NAMED, voxel_um=(1, 1, 1))
    volume = formats.read(tmp_path / "v.tif", **NAMED, voxel_um=(1, 1, 1), file_format="npy")
    np.testing.assert_array_equal(volume.labels, LABELS)
    with pytest.raises(InputError, match="is a file, and a folder of slices is a format of folders"):
        formats.read(tmp_path / "v.tif", **NAMED, file_format="slices")
    with pytest.raises(InputError, match="is a folder, and NPY is a format of files"):
        formats.read(tmp_path, **NAMED, file_format="npy")


def test_a_strangers_first_bytes_do_not_take_files_of_formats_that_have_none(install, site, use, tmp_path):
    """An NPZ is a zip archive, and so may be a stranger's."""
    own = registry.installed().components
    install(strange=plugin(start="PK"), other=plugin("npy", suffix=".npy", start="VOX1"))
    use(Registry([*own, *site.registry().components]))
    formats.write(Volume(LABELS, GRID), tmp_path / "v.npz")
    np.testing.assert_array_equal(formats.read(tmp_path / "v.npz").labels, LABELS)
    formats.write(Volume(LABELS, GRID), tmp_path / "v.vox")
    (tmp_path / "v.vox").rename(tmp_path / "v.tif")
    with pytest.raises(InputError, match=r"begins as VOX \(other 1\.0\) does.*file_format='other:npy'"):
        formats.read(tmp_path / "v.tif", **NAMED)


def test_a_folder_of_a_broken_format_does_not_hide_the_others(install, tmp_path):
    install(strange=plugin().replace("suffixes=", "slices=").replace(', writes=(".vox",)', ""))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0.vox").write_bytes(b"VOX1")
    formats.write(Volume(LABELS, GRID), tmp_path / "v.npz")
    listing = formats.find(tmp_path)
    assert tmp_path / "v.npz" in listing.volumes
    assert listing.unknown[0] == tmp_path / "a"
    assert listing.messages == ("format strange:vox: its target makes a Vox, not a SliceFormat",)


def test_a_format_that_breaks_its_contract_is_named(install, tmp_path):
    install(strange=plugin(target="Vague"))
    (tmp_path / "v.vox").write_bytes(b"VOX1")
    with pytest.raises(PluginError, match=r"strange:vox.*returns dict, not a StoredArray"):
        formats.read(tmp_path / "v.vox", **NAMED)
    with pytest.raises(PluginError, match="not a WritingFormat"):
        formats.write(Volume(LABELS, GRID), tmp_path / "w.vox")
    assert [path.name for path in tmp_path.glob("*.vox")] == ["v.vox"]


def test_the_laws_hold_for_a_right_format(install):
    laws = laws_for(case(install(strange=plugin())))
    assert set(laws) == {law.__name__ for law in LAWS} - {"files_are_what_is_read", "written_sections_come_back"}
    remarks = {name: law() for name, law in laws.items()}
    assert remarks["slabs_are_the_volume"] == "anywhere"
    assert remarks["values_come_back"] == "of u1"


@pytest.mark.parametrize(
    ("target", "law", "words"),
    [
        ("Careless", "cut_files_are_refused", "gives other voxels for a file of"),
        ("Turned", "voxel_size_is_right_or_unstated", "says an edge of 62.5 um along z, where 0.25 was written"),
        ("Shifted", "slabs_are_the_volume", "gives other values for the layers 0 to 2"),
        ("Greedy", "a_size_above_the_limit_is_refused", "describes 140 voxels where 139 are allowed"),
        ("Forgetful", "written_volumes_come_back", "reads other labels than it wrote"),
    ],
)
def test_each_wrong_format_breaks_the_law_made_for_it(install, target, law, words):
    with pytest.raises(LawBroken, match=words):
        laws_for(case(install(strange=plugin(target=target))))[law]()


def test_a_format_of_sections_that_writes_layers_breaks_its_law(install):
    source = plugin()
    of_sections = source.replace('kind="format"', 'kind="format", dims=(2, 3)')
    assert of_sections != source
    laws = laws_for(case(install(strange=of_sections)))
    with pytest.raises(LawBroken, match="reads 3 axes where 2 were written"):
        laws["written_sections_come_back"]()


@pytest.mark.parametrize(
    ("storage", "words"),
    [
        (None, "storage must be a porenet.interface.Storage"),
        (Storage(title="", suffixes=(".a",)), "storage.title must be one non-empty line"),
        (Storage(title="A"), "storage must have suffixes, marks or slices"),
        (Storage(title="A", suffixes=("a",)), "storage.suffixes must be a tuple of lower-case suffixes"),
        (Storage(title="A", suffixes=".a"), "storage.suffixes must be"),
        (Storage(title="A", suffixes=(".a",), first_bytes=((0, b"ab"),)), "storage.first_bytes must be"),
        (Storage(title="A", suffixes=(".a",), first_bytes=((9999, "ab"),)), "storage.first_bytes must be"),
        (Storage(title="A", suffixes=(".a",), headers=(".b",)), "storage.headers must be some of its suffixes"),
        (Storage(title="A", marks=("a/b",)), "storage.marks must be a tuple of names"),
        (Storage(title="A", marks=("..",)), "storage.marks must be a tuple of names"),
        (Storage(title="A\x1b[31m", suffixes=(".a",)), "storage.title must be one non-empty line"),
        (Storage(title="A", suffixes=(".a",), writes=(".b",)), "storage.writes must be some of its suffixes"),
        (Storage(title="A", suffixes=(".a",), writes=("",)), "storage.writes must be some of its suffixes"),
    ],
)
def test_the_rules_of_a_format(storage, words):
    from porenet.registry.spec_rules import problems

    (message,) = problems(Spec(api=1, kind="format", name="a", target="a:b", summary="a", storage=storage))
    assert message.startswith(words)


def test_storage_is_for_formats_and_a_unit_for_the_others():
    from porenet.registry.spec_rules import problems

    fields = {"api": 1, "name": "a", "target": "a:b", "summary": "a"}
    storage = Storage(title="A", suffixes=(".a",))
    (message,) = problems(Spec(kind="format", unit="um", storage=storage, **fields))
    assert message.startswith("unit belongs to numbers")
    assert problems(Spec(kind="metric", unit="1", storage=storage, **fields)) == [
        "storage belongs to formats only; leave it out of a metric"
    ]
    (message,) = problems(Spec(kind="metric", **fields))
    assert message.startswith("unit must be such as '1'")


def test_a_file_is_measured_by_the_format_that_is_named(tmp_path):
    pytest.importorskip("porenet_statistics")
    np.save(tmp_path / "v.npy", LABELS)
    (tmp_path / "v.npy").rename(tmp_path / "v.odd")
    options = ["--phases", "Ni=0,YSZ=1,pore=2", "--voxel-um", "0.1", "-m", "vf", "--json"]
    done = CliRunner().invoke(main, ["measure", str(tmp_path / "v.odd"), "--format", "npy", *options])
    assert done.exit_code == 0, done.output


def test_a_converted_volume_is_the_same_and_nothing_is_written_over(tmp_path):
    source, place = tmp_path / "v.npz", tmp_path / "v.zarr"
    formats.write(Volume(LABELS, Grid(GRID.phases, GRID.voxel_um, (True, False, False))), source)

    def convert(*arguments):
        return CliRunner().invoke(main, ["convert", *map(str, arguments)])

    assert convert(source, place).exit_code == 0
    back = formats.read(place)
    np.testing.assert_array_equal(back.labels, LABELS)
    assert back.grid == formats.read(source).grid
    refused = convert(source, place)
    assert refused.exit_code == 2
    assert "already exists" in refused.stderr
    assert convert(place, tmp_path / "v.mha", "--values", "Ni=255,YSZ=127,pore=0").exit_code == 0
    again = convert(source, tmp_path / "v.mha", "--overwrite")
    assert again.exit_code == 0, again.output
    np.testing.assert_array_equal(formats.read(tmp_path / "v.mha").labels, LABELS)
    assert sorted(path.name for path in Path(tmp_path).iterdir()) == ["v.mha", "v.npz", "v.zarr"]
