import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import porenet
from porenet import formats
from porenet.cli import main
from porenet.config import load_grid
from porenet.interface import Grid, InputError, Volume

PHASES = {"Ni": 255, "YSZ": 127, "pore": 0}
LABELS = np.random.default_rng(0).integers(0, 3, (5, 7)).astype(np.uint8)
GREYS = np.array(list(PHASES.values()), np.uint8)[LABELS]
SECTION = Volume(LABELS, Grid(tuple(PHASES), (0.04, 0.05), (True, False)))


def write_png(path):
    Image.fromarray(GREYS).save(path)


def write_tiff(path):
    pytest.importorskip("tifffile").imwrite(path, GREYS)


def write_npy(path):
    np.save(path, GREYS)


def write_npz(path):
    np.savez(path, im=np.asfortranarray(GREYS))


FILES = {
    "section.png": write_png,
    "section.bmp": write_png,
    "section.tif": write_tiff,
    "section.npy": write_npy,
    "section.npz": write_npz,
}


@pytest.mark.parametrize("name", FILES)
def test_an_array_of_two_axes_is_a_section(tmp_path, name):
    path = tmp_path / name
    FILES[name](path)
    section = formats.read(path, phases=PHASES, voxel_um=(0.04, 0.05), periodic=(True, False))
    assert section.grid == SECTION.grid
    assert np.array_equal(section.array, LABELS)
    assert formats.read(path, phases=PHASES, voxel_um=0.04).grid == Grid(tuple(PHASES), 0.04, dims=2)
    with pytest.raises(InputError, match=r"a section, and three voxel edges.*voxel_um=\(y, x\)"):
        formats.read(path, phases=PHASES, voxel_um=(0.04, 0.04, 0.05))
    with pytest.raises(InputError, match=r"states no voxel size.*voxel_um=\(y, x\)|states only"):
        formats.read(path, phases=PHASES)


@pytest.mark.parametrize("name", ["section.npz", "section.tif", "section.png"])
def test_a_section_comes_back_as_one(tmp_path, name):
    formats.write(SECTION, tmp_path / name, values=PHASES)
    again = formats.read(tmp_path / name)
    assert again.grid == SECTION.grid
    assert np.array_equal(again.array, LABELS)
    assert formats.read(tmp_path / name, phases=("pore", "YSZ", "Ni")).grid.dims == 2


@pytest.mark.parametrize("name", ["volume.npz", "volume.tif", "volume"])
def test_a_volume_of_one_layer_stays_a_volume(tmp_path, name):
    layer = Volume(LABELS[None], Grid(tuple(PHASES), 0.05))
    formats.write(layer, tmp_path / name)
    assert formats.read(tmp_path / name).grid == layer.grid
    with pytest.raises(InputError, match="is a volume, and two voxel edges"):
        formats.read(tmp_path / name, voxel_um=(0.05, 0.05), override=True)


@pytest.mark.parametrize("name", ["section.vti", "section.mha", "section.zarr", "section"])
def test_formats_of_volumes_take_no_section(tmp_path, name):
    with pytest.raises(InputError, match=r"holds no sections\. Write .*\.png, .*\.npz, .*\.tif"):
        formats.write(SECTION, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_sections_are_converted_and_an_image_is_replaced_when_that_is_wanted(tmp_path):
    source, image = tmp_path / "section.npz", tmp_path / "section.png"
    formats.write(SECTION, source, values=PHASES)
    for arguments in ((), ("--overwrite",)):
        done = CliRunner().invoke(main, ["convert", str(source), str(image), *arguments])
        assert done.exit_code == 0, done.output
    assert "5x7 voxels (y, x) of 0.04 x 0.05 um, Ni=255,YSZ=127,pore=0" in done.output
    with Image.open(image) as viewed:
        assert np.array_equal(np.asarray(viewed), GREYS)  # any viewer shows its values
    assert formats.read(image).grid == SECTION.grid
    Image.fromarray(GREYS[:, :4]).save(image, pnginfo=_text_of(image))
    with pytest.raises(InputError, match=r"written for 5 x 7 voxels, not 5 x 4"):
        formats.read(image)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_folder_of_sections_is_no_stack(tmp_path, suffix):
    for number in range(2):
        formats.write(SECTION, tmp_path / f"section_{number}.{suffix}", values=PHASES)
    assert [path.name for path in formats.find(tmp_path).volumes] == [f"section_0.{suffix}", f"section_1.{suffix}"]
    with pytest.raises(InputError, match="is a folder of sections, not of slices of a volume"):
        formats.read(tmp_path)
    for file in tmp_path.iterdir():
        Image.fromarray(GREYS).save(file)  # without a record: slices, as images of another program are
    assert formats.find(tmp_path).volumes == (tmp_path,)
    with pytest.raises(InputError, match=r"two voxel edges.*sections.*one by one"):
        formats.read(tmp_path, phases=PHASES, voxel_um=(0.04, 0.05))
    (tmp_path / "grid.toml").write_text('[grid]\nphases = ["Ni", "YSZ", "pore"]\nvoxel_um = [0.04, 0.05]\n')
    assert len(formats.find(tmp_path).volumes) == 2


def _text_of(image):
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    with Image.open(image) as written:
        text.add_text("porenet", written.text["porenet"])
    return text


def test_a_grid_file_of_two_edges_is_one_of_sections(tmp_path):
    write_png(tmp_path / "section.png")
    (tmp_path / "grid.toml").write_text(
        '[grid]\nphases = ["Ni", "YSZ", "pore"]\nvoxel_um = [0.04, 0.05]\nperiodic = [true, false]\n'
        "[grid.values]\nNi = 255\nYSZ = 127\npore = 0\n"
    )
    grid = load_grid(tmp_path / "grid.toml")
    assert grid.grid == SECTION.grid
    formats.write(SECTION, tmp_path / "again.npz", grid=grid)
    formats.write(SECTION, tmp_path / "again.tif", grid=tmp_path / "grid.toml")
    cube = tmp_path / "cube.toml"
    cube.write_text((tmp_path / "grid.toml").read_text().replace("[0.04, 0.05]", "[0.05, 0.04, 0.05]"))
    cube.write_text(cube.read_text().replace("[true, false]", "[false, true, false]"))
    with pytest.raises(InputError, match="the grid file states voxel edges"):
        formats.write(SECTION, tmp_path / "other.npz", grid=cube)


def test_slabs_are_of_volumes(tmp_path):
    pytest.importorskip("porenet_statistics")
    formats.write(SECTION, tmp_path / "section.npz")
    with pytest.raises(InputError, match="is a section, which has no layers"):
        formats.open_slabs(tmp_path / "section.npz")
    assert porenet.measure(formats.read(tmp_path / "section.npz"), "vf")[0]["dims"] == 2


@pytest.mark.parametrize("channels", [3, 4])
def test_an_array_of_the_shape_of_a_colour_picture_is_said_to_look_like_one(tmp_path, caplog, channels):
    picture = np.zeros((16, 17, channels), np.uint8)
    path = tmp_path / "picture.npy"
    np.save(path, picture)
    for call in (formats.read, formats.open_slabs):
        caplog.clear()
        assert call(path, phases=PHASES, voxel_um=0.1).shape == picture.shape
        (note,) = caplog.messages
        assert f"looks like a colour picture (Y, X, {channels})" in note
    formats.write(Volume(picture, Grid(tuple(PHASES), 0.1)), tmp_path / "own.npz")  # which states its edges
    np.save(tmp_path / "thin.npy", picture[:15])
    for name, edges in (("own.npz", None), ("thin.npy", 0.1)):
        caplog.clear()
        formats.read(tmp_path / name, phases=edges and PHASES, voxel_um=edges)
        assert not caplog.messages


def test_what_to_do_with_a_colour_picture_is_in_the_refusal_of_its_values_and_edges(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (16, 17, 3)).astype(np.uint8)
    for name, advised in (("picture", picture), ("volume", picture.transpose(2, 0, 1))):
        np.save(tmp_path / f"{name}.npy", advised)
        for edges in (0.1, (0.1, 0.1)):
            with pytest.raises(InputError) as caught:
                formats.read(tmp_path / f"{name}.npy", phases=PHASES, voxel_um=edges)
            assert ("Of a picture in colour save one value per pixel" in caught.value.fix) == (name == "picture")
