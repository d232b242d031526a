import dataclasses
import pickle

import numpy as np
import pytest

from porenet.interface import Grid, InputError, Volume, one_layer
from porenet.synthetic import plurigaussian

PHASES = ("solid", "pore")
IMAGE = np.array([[0, 1, 1], [0, 0, 1]])
SECTION = Grid(PHASES, (0.04, 0.09), (True, False))


def test_a_grid_of_two_edges_is_one_of_a_section_and_says_so():
    assert repr(SECTION) == ("Grid(phases=('solid', 'pore'), voxel_um=(0.04, 0.09), periodic=(True, False), dims=2)")
    assert (SECTION.dims, SECTION.axes, SECTION.edges_um, SECTION.wraps) == (2, ("y", "x"), (0.04, 0.09), (True, False))
    assert SECTION.voxel_um == pytest.approx((0.06, 0.04, 0.09))
    assert SECTION.periodic == (False, True, False)
    assert SECTION.sides() == ["x_min", "x_max"]


def test_one_number_stands_for_all_edges():
    assert Grid(PHASES, 0.1) == Grid(PHASES, (0.1, 0.1, 0.1))
    assert Grid(PHASES, 0.1, dims=2) == Grid(PHASES, (0.1, 0.1)) != Grid(PHASES, 0.1)


def test_copies_of_a_section_are_sections():
    for copy in (
        dataclasses.replace(SECTION),
        Grid(SECTION.phases, SECTION.voxel_um, SECTION.periodic, SECTION.dims),
        pickle.loads(pickle.dumps(SECTION)),
    ):
        assert copy == SECTION
        assert hash(copy) == hash(SECTION)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"voxel_um": (0.1, 0.1), "dims": 3}, "three positive lengths"),
        ({"voxel_um": (0.1, 0.1, 0.1), "dims": 1}, "2 or 3 was expected, not 1"),
        ({"voxel_um": (0.1, 0.1, 0.1), "dims": True}, "2 or 3 was expected, not True"),
        ({"voxel_um": 0.1, "dims": 2.0}, r"2 or 3 was expected, not 2\.0"),
        ({"voxel_um": (0.2, 0.1, 0.1), "dims": 2}, r"two positive lengths \(y, x\)"),
        ({"voxel_um": (0.1, -0.1)}, r"two positive lengths \(y, x\)"),
        ({"voxel_um": (0.1, 0.1), "periodic": (True, False, False)}, r"two booleans \(y, x\)"),
        ({"voxel_um": (0.1, 0.1, 0.1), "periodic": (True, False)}, r"three booleans \(z, y, x\)"),
    ],
)
def test_grids_that_are_refused(arguments, complaint):
    with pytest.raises(InputError, match=complaint):
        Grid(PHASES, **arguments)


def test_a_section_takes_and_gives_two_axes_and_is_a_layer_inside():
    section = Volume(IMAGE, SECTION)
    assert section.labels.shape == (1, 2, 3)
    assert section.shape == (2, 3)
    assert np.array_equal(section.array, IMAGE)
    assert "shape=(2, 3)" in repr(section)
    assert np.array_equal(pickle.loads(pickle.dumps(section)).array, IMAGE)


def test_nothing_is_a_section_by_having_one_layer():
    layer = Volume.from_array(IMAGE[None], phases=PHASES, voxel_um=0.1)
    assert layer.grid.dims == 3
    assert layer.shape == (1, 2, 3)
    assert one_layer(layer).reason == "one voxel thick along z"
    assert one_layer(layer, ("y", "x")) is None
    assert one_layer(Volume(IMAGE, SECTION)) is None
    assert Volume.from_array(IMAGE, phases=PHASES, voxel_um=0.1).grid.dims == 2
    assert Volume.from_array(IMAGE[None], phases=PHASES, voxel_um=0.1, dims=2).shape == (2, 3)


@pytest.mark.parametrize(
    ("labels", "grid", "complaint"),
    [
        (IMAGE, Grid(PHASES, 0.1), r"\(Z, Y, X\).*not \(2, 3\).*voxel_um=\(y, x\)"),
        (np.zeros((2, 2, 3), int), SECTION, r"shape \(Y, X\).*not \(2, 2, 3\)"),
        (np.zeros((0, 3), int), SECTION, r"at least one voxel"),
    ],
)
def test_arrays_of_other_dimensions_are_refused(labels, grid, complaint):
    with pytest.raises(InputError, match=complaint):
        Volume(labels, grid)


@pytest.mark.parametrize(("array", "dims"), [(IMAGE, 3), (np.zeros((2, 2, 2), int), 2), (IMAGE, 4)])
def test_dimensions_that_an_array_does_not_have_are_refused(array, dims):
    with pytest.raises(InputError, match=r"dims|was expected"):
        Volume.from_array(array, phases=PHASES, voxel_um=0.1, dims=dims)


@pytest.mark.parametrize("several", [[IMAGE, IMAGE], (IMAGE,), [IMAGE[None], IMAGE]])
def test_sections_in_a_list_are_not_taken_for_a_volume(several):
    with pytest.raises(InputError, match=r"one array was expected, not a (list|tuple) of [12] arrays.*one by one"):
        Volume.from_array(several, phases=PHASES, voxel_um=0.1)
    assert Volume.from_array([list(row) for row in IMAGE], phases=PHASES, voxel_um=0.1).grid.dims == 2


def test_an_array_has_as_many_voxel_edges_as_axes():
    for array, edges in ((IMAGE, (0.1, 0.1, 0.1)), (IMAGE[None], (0.1, 0.1)), (IMAGE[None], [0.1] * 4)):
        with pytest.raises(InputError, match=r"positive lengths .* A volume has three edges, and a section two"):
            Volume.from_array(array, phases=PHASES, voxel_um=edges)
    for shape, edges in (((8, 9), (0.1, 0.1, 0.1)), ((8, 8, 9), (0.1, 0.1))):
        with pytest.raises(InputError, match="A volume has three edges, and a section two"):
            plurigaussian(shape, voxel_um=edges, length_um=0.4, thresholds=(0, 0), seed=0)


def test_an_image_in_memory_is_an_array():
    image = pytest.importorskip("PIL.Image").fromarray(IMAGE.astype(np.uint8))
    assert np.array_equal(Volume.from_array(image, phases=PHASES, voxel_um=0.1).array, IMAGE)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_a_picture_with_colour_channels_is_not_taken_for_a_volume(channels):
    picture = np.zeros((16, 17, channels), np.uint8)
    for kind in (np.uint8, np.uint16, np.float32, bool):  # as readers of images give them
        with pytest.raises(InputError, match=r"looks like a colour picture.*array\[\.\.\., 0\]"):
            Volume.from_array(picture.astype(kind), phases=PHASES, voxel_um=0.1)
    for volume in (picture, picture.astype(int), picture[:15], picture.T):
        dims = 3 if volume is picture else None
        assert Volume.from_array(volume, phases=PHASES, voxel_um=0.1, dims=dims).shape == volume.shape


def test_a_notebook_shows_two_edges():
    shown = Volume(IMAGE, SECTION)._repr_html_()
    assert "0.04 x 0.09" in shown
    assert "(y, x)" in shown
    assert "z =" not in shown
