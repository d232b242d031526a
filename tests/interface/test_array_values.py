"""Volumes from arrays: which values mean which phase, of any library, type and byte order."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import porenet
from porenet.interface import InputError, Volume

PHASES = {"Ni": 255, "YSZ": [127, 200], "pore": 0}
IMAGE = np.array([[[0, 255], [127, 200]]])
LABELS = [[[2, 0], [1, 1]]]


@pytest.mark.parametrize("dtype", ["uint8", ">u2", "<i4", "int64", ">f4", "float64", "float16"])
def test_any_type_and_byte_order_gives_the_same_labels(dtype):
    volume = Volume.from_array(IMAGE.astype(dtype), phases=PHASES, voxel_um=0.1)
    assert volume.labels.tolist() == LABELS
    assert volume.labels.dtype == np.uint8
    assert volume.grid == porenet.Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))


@pytest.mark.parametrize(
    "array",
    [IMAGE.tolist(), torch.tensor(IMAGE), torch.tensor(IMAGE, dtype=torch.float32).requires_grad_(), IMAGE[:, ::1, :]],
)
def test_lists_and_tensors_are_arrays(array):
    assert Volume.from_array(array, phases=PHASES, voxel_um=(1, 2, 3)).labels.tolist() == LABELS


def test_names_alone_mean_0_1_2_and_false_comes_first():
    assert Volume.from_array([[[0, 1, 2]]], phases=("a", "b", "c"), voxel_um=1).labels.tolist() == [[[0, 1, 2]]]
    mask = np.array([[[False, True]]])
    assert Volume.from_array(mask, phases=("pore", "solid"), voxel_um=1).labels.tolist() == [[[0, 1]]]
    assert Volume.from_array(mask, phases={"solid": 1, "pore": 0}, voxel_um=1).labels.tolist() == [[[1, 0]]]


@given(
    values=st.lists(st.integers(-(2**40), 2**40) | st.integers(0, 70000), min_size=2, max_size=9, unique=True),
    data=st.data(),
)
def test_the_labels_are_the_places_of_the_phases(values, data):
    cut = data.draw(st.integers(1, len(values) - 1))
    phases = {"first": values[:cut], "second": values[cut:]}
    places = np.array(data.draw(st.lists(st.integers(0, len(values) - 1), min_size=1, max_size=30)))
    array = np.array(values)[places].reshape(1, 1, -1)
    labels = Volume.from_array(array, phases=phases, voxel_um=1).labels
    assert np.array_equal(labels.ravel(), (places >= cut).astype(np.uint8))


@pytest.mark.parametrize(
    ("array", "phases", "words"),
    [
        (np.full((1, 2, 2), 7), PHASES, r"values without a phase, and the number of their voxels: 7 \(4\)"),
        (np.arange(100).reshape(1, 10, 10) + 300, PHASES, r"300 \(1\), .* and 88 more"),
        (np.full((1, 1, 2), -1), PHASES, r"-1 \(2\)"),
        (np.full((1, 1, 2), 2**40), PHASES, r"1099511627776 \(2\)"),
        (np.full((1, 1, 2), 0.5), PHASES, r"0\.5 at voxel \(0, 0, 0\), which is not a whole number"),
        (np.array([[[0.0, np.nan]]]), PHASES, r"nan at voxel \(0, 0, 1\)"),
        (np.array([[[0.0, np.inf]]]), PHASES, r"inf at voxel \(0, 0, 1\)"),
        (np.zeros(4), PHASES, r"\(Z, Y, X\), or \(Y, X\) of a section, .* not \(4,\)"),
        (np.zeros((1, 0, 2)), PHASES, "at least one voxel"),
        (np.ma.array(IMAGE, mask=IMAGE == 0), PHASES, "masked"),
        (np.zeros((1, 1, 1), complex), PHASES, "whole numbers were expected, not complex128"),
        (np.array([[["Ni"]]]), PHASES, "whole numbers were expected"),
        ([[[0, 1], [2]]], PHASES, "cannot be made an array"),
        ("volume.tif", PHASES, "an array was expected, not str"),
        ({"a": 1}, PHASES, "an array was expected, not dict"),
        (None, PHASES, "an array was expected, not NoneType"),
        (IMAGE, {"Ni": 255, "YSZ": 255}, "'Ni' and 'YSZ' share the value 255"),
        (IMAGE, {"Ni": [255, 255], "YSZ": 0}, "'Ni' has the value 255 twice"),
        (IMAGE, {"Ni": 255.0, "YSZ": 0}, "must be a whole number, not 255.0"),
        (IMAGE, {"Ni": True, "YSZ": 0}, "must be a whole number, not True"),
        (IMAGE, {"Ni": [], "YSZ": 0}, "'Ni' has no value"),
        (IMAGE, {"Ni": 255}, "2 to 255 different phase names"),
        (IMAGE, ("Ni", "Ni"), "different names of phases were expected"),
        (IMAGE, "Ni", "names of the phases, or a mapping"),
    ],
)
def test_what_is_no_labelled_array_is_refused_in_words(array, phases, words):
    with pytest.raises(InputError, match=words):
        Volume.from_array(array, phases=phases, voxel_um=0.1)


@pytest.mark.parametrize("voxel_um", [0, -1, (1, 2), "1", None, True, float("nan")])
def test_voxel_edges_are_one_length_or_three(voxel_um):
    with pytest.raises(InputError):
        Volume.from_array(IMAGE, phases=PHASES, voxel_um=voxel_um)


def test_measure_takes_an_array_with_its_phases_and_edges():
    pytest.importorskip("porenet_statistics")
    rows = porenet.measure(IMAGE, "vf", phases=PHASES, voxel_um=0.1)
    assert {row["key"]: row["value"] for row in rows} == {"Ni": 0.25, "YSZ": 0.5, "pore": 0.25}
    with pytest.raises(InputError, match="does not say how large a voxel is"):
        porenet.measure(IMAGE, "vf", phases=PHASES)
    with pytest.raises(InputError, match="does not say which value is which phase"):
        porenet.measure(IMAGE, "vf", voxel_um=0.1)
    with pytest.raises(InputError, match="Leave them out"):
        porenet.measure(Volume.from_array(IMAGE, phases=PHASES, voxel_um=1), "vf", voxel_um=1)
