"""The values of the contract: what they accept, what they refuse, and how little it costs to import them."""

import copy
import dataclasses
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import porenet
from porenet.errors import InputError
from porenet.interface import AXES, FACES, Grid, Similarity, Spec, Undefined, Volume
from porenet.testing import grids, volumes

PHASES = ("Ni", "YSZ", "pore")
CUBE_UM = (0.1, 0.1, 0.1)
GRID = Grid(PHASES, CUBE_UM)
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", ">i4", "<u2")


def test_faces_are_both_ends_of_each_axis_in_order():
    assert AXES == ("z", "y", "x")
    assert FACES == ("z_min", "z_max", "y_min", "y_max", "x_min", "x_max")


def test_grid_from_lists_is_the_grid_from_tuples():
    written = Grid(phases=["Ni", "YSZ", "pore"], voxel_um=[1, 2, 0.5], periodic=[True, False, False])
    meant = Grid(phases=PHASES, voxel_um=(1.0, 2.0, 0.5), periodic=(True, False, False))
    assert written == meant
    assert hash(written) == hash(meant)
    assert written.phases == PHASES
    assert written.periodic == (True, False, False)


def test_grid_holds_its_edges_as_floats():
    edges = Grid(PHASES, [1, 2, 3]).voxel_um
    assert edges == (1.0, 2.0, 3.0)
    assert [type(edge) for edge in edges] == [float] * 3


def test_grid_is_open_unless_told_otherwise():
    assert GRID.periodic == (False, False, False)


@pytest.mark.parametrize("name", ["phases", "voxel_um", "periodic"])
def test_grid_is_frozen(name):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(GRID, name, None)


def test_grid_survives_pickling():
    assert pickle.loads(pickle.dumps(GRID)) == GRID


@pytest.mark.parametrize(
    ("phases", "complaint"),
    [
        (("pore",), "2 to 255 different phase names were expected, not ['pore']"),
        ((), "2 to 255 different phase names were expected, not []"),
        (("Ni", "Ni", "pore"), "2 to 255 different phase names were expected, not ['Ni', 'Ni', 'pore']"),
        (tuple(f"phase_{i}" for i in range(256)), "2 to 255 different phase names were expected"),
        (("Ni", ""), "a phase name is a non-empty string, not ''"),
        (("Ni", "  "), "a phase name is a non-empty string, not '  '"),
        ((1, 2), "a phase name is a non-empty string, not 1"),
        ((["Ni"], ["pore"]), "a phase name is a non-empty string, not ['Ni']"),
        ("Ni", "a list was expected, not 'Ni'"),
        (None, "a list was expected, not None"),
        ({"Ni": 0, "pore": 1}, "a list was expected, not {'Ni': 0, 'pore': 1}"),
    ],
)
def test_grid_refuses_phases(phases, complaint):
    with pytest.raises(InputError) as caught:
        Grid(phases, CUBE_UM)
    assert caught.value.where == "Grid.phases"
    assert complaint in str(caught.value)


def test_grid_takes_255_phases():
    assert len(Grid([f"phase_{i}" for i in range(255)], CUBE_UM).phases) == 255


@pytest.mark.parametrize(
    "edge", [0, 0.0, -0.1, float("nan"), float("inf"), True, "0.1", None, 10**400], ids=lambda edge: f"{edge!r:.12}"
)
def test_grid_refuses_a_voxel_edge(edge):
    with pytest.raises(InputError, match=r"three positive lengths \(z, y, x\) in um were expected, not \[") as caught:
        Grid(PHASES, (0.1, edge, 0.1))
    assert caught.value.where == "Grid.voxel_um"


@pytest.mark.parametrize("edges", [(0.1,), (0.1,) * 4, []])
def test_grid_refuses_a_wrong_number_of_voxel_edges(edges):
    with pytest.raises(InputError, match="three positive lengths") as caught:
        Grid(PHASES, edges)
    assert caught.value.where == "Grid.voxel_um"


@pytest.mark.parametrize("edges", [True, "0.1", None])
def test_grid_refuses_voxel_edges_that_are_no_list(edges):
    with pytest.raises(InputError, match="a list was expected, not ") as caught:
        Grid(PHASES, edges)
    assert caught.value.where == "Grid.voxel_um"


@pytest.mark.parametrize(
    ("periodic", "complaint"),
    [
        ((True, False), "three booleans (z, y, x) were expected, not [True, False]"),
        ((1, 0, 0), "three booleans (z, y, x) were expected, not [1, 0, 0]"),
        (("z", "y", "x"), "three booleans (z, y, x) were expected, not ['z', 'y', 'x']"),
        (True, "a list was expected, not True"),
        ("zyx", "a list was expected, not 'zyx'"),
    ],
)
def test_grid_refuses_periodic(periodic, complaint):
    with pytest.raises(InputError) as caught:
        Grid(PHASES, CUBE_UM, periodic)
    assert caught.value.where == "Grid.periodic"
    assert complaint in str(caught.value)


@given(grids())
def test_index_is_the_place_of_the_phase(grid):
    assert [grid.index(phase) for phase in grid.phases] == list(range(len(grid.phases)))


@pytest.mark.parametrize("typed", ["por", "PORE", "pores"])
def test_index_of_a_misspelt_phase_suggests_and_lists(typed):
    with pytest.raises(InputError) as caught:
        GRID.index(typed)
    assert f"no phase {typed!r} on this grid; did you mean 'pore'?" in str(caught.value)
    assert "Its phases are Ni, YSZ, pore." in str(caught.value)


def test_index_of_a_strange_phase_suggests_nothing():
    with pytest.raises(InputError) as caught:
        GRID.index("copper")
    assert str(caught.value) == "no phase 'copper' on this grid. Its phases are Ni, YSZ, pore."


@pytest.mark.parametrize("typed", [2, None, ["pore"]])
def test_index_of_something_else_than_a_name_is_refused(typed):
    with pytest.raises(InputError, match="Its phases are Ni, YSZ, pore"):
        GRID.index(typed)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_volume_takes_any_integer_type(dtype):
    labels = np.array([[[0, 1], [2, 2]]], dtype=dtype)
    volume = Volume(labels, GRID)
    assert volume.labels.dtype == np.uint8
    assert volume.labels.tolist() == [[[0, 1], [2, 2]]]


@pytest.mark.parametrize("dtype", ["uint8", "int64"])
def test_volume_is_read_only(dtype):
    volume = Volume(np.zeros((2, 2, 2), dtype), GRID)
    with pytest.raises(ValueError, match="read-only"):
        volume.labels[0, 0, 0] = 1


def test_a_copied_volume_is_read_only_too():
    volume = copy.deepcopy(Volume(np.zeros((2, 2, 2), np.uint8), GRID))
    with pytest.raises(ValueError, match="read-only"):
        volume.labels[0, 0, 0] = 1


def test_an_unpickled_volume_is_read_only_too():
    volume = pickle.loads(pickle.dumps(Volume(np.zeros((2, 2, 2), np.uint8), GRID)))
    with pytest.raises(ValueError, match="read-only"):
        volume.labels[0, 0, 0] = 1


@pytest.mark.parametrize("dtype", ["uint8", "int32"])
@pytest.mark.parametrize(
    "laid_out", [np.asfortranarray, lambda a: a.repeat(2, axis=0)[::2], lambda a: a[:, ::-1][:, ::-1]]
)
def test_volume_is_in_c_order_with_the_same_labels(dtype, laid_out):
    labels = np.random.default_rng(1).integers(0, 3, (3, 4, 5)).astype(dtype)
    volume = Volume(laid_out(labels), GRID)
    assert volume.labels.flags.c_contiguous
    assert np.array_equal(volume.labels, labels)


@pytest.mark.parametrize("dtype", ["uint8", "int16"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_volume_leaves_the_array_it_was_made_from_alone(dtype, order):
    labels = np.asarray(np.random.default_rng(1).integers(0, 3, (3, 4, 5)), dtype=dtype, order=order)
    before = labels.copy()
    Volume(labels, GRID)
    assert labels.flags.writeable
    assert labels.dtype == np.dtype(dtype)
    assert np.array_equal(labels, before)


@pytest.mark.parametrize(
    ("labels", "complaint", "advice"),
    [
        (torch.zeros(2, 2, 2, dtype=torch.uint8), "a numpy array was expected, not Tensor", "tensor.cpu().numpy()"),
        ([[[0, 1]]], "a numpy array was expected, not list", ""),
        (GRID, "a numpy array was expected, not Grid", ""),
        (np.zeros((2, 2), np.uint8), "shape (Z, Y, X) with at least one voxel was expected, not (2, 2)", ""),
        (np.zeros((1, 2, 2, 2), np.uint8), "with at least one voxel was expected, not (1, 2, 2, 2)", ""),
        (np.zeros((2, 0, 2), np.uint8), "with at least one voxel was expected, not (2, 0, 2)", ""),
        (np.zeros((2, 2, 2), np.float32), "integer labels were expected, not float32", "argmax"),
        (np.zeros((2, 2, 2), bool), "integer labels were expected, not bool", "argmax"),
        (np.zeros((2, 2, 2), object), "integer labels were expected, not object", "argmax"),
        (np.full((2, 2, 2), -1), "label -1 has no phase", "Labels run from 0 to 2 for Ni, YSZ, pore."),
        (np.full((2, 2, 2), 3, np.uint8), "label 3 has no phase", "Labels run from 0 to 2 for Ni, YSZ, pore."),
    ],
)
def test_volume_refuses(labels, complaint, advice):
    with pytest.raises(InputError) as caught:
        Volume(labels, GRID)
    assert caught.value.where == "Volume.labels"
    assert complaint in str(caught.value)
    assert advice in str(caught.value)


@pytest.mark.parametrize("label", [256, 257, 300, -255, 2**32])
def test_a_label_that_would_wrap_to_a_phase_in_uint8_is_refused(label):
    with pytest.raises(InputError, match=f"label {label} has no phase"):
        Volume(np.full((1, 1, 2), label, np.int64), GRID)


def test_one_bad_label_among_good_ones_is_named():
    labels = np.zeros((2, 2, 2), np.uint8)
    labels[1, 0, 1] = 127
    with pytest.raises(InputError, match="label 127 has no phase"):
        Volume(labels, GRID)


@pytest.mark.parametrize("grid", [None, PHASES, {"phases": PHASES}])
def test_volume_refuses_what_is_no_grid(grid):
    with pytest.raises(InputError) as caught:
        Volume(np.zeros((2, 2, 2), np.uint8), grid)
    assert caught.value.where == "Volume.grid"
    assert type(grid).__name__ in str(caught.value)


@given(volumes())
def test_every_label_of_a_volume_names_a_phase(volume):
    assert volume.labels.max() < len(volume.grid.phases)
    assert volume.labels.flags.c_contiguous
    assert not volume.labels.flags.writeable


def sound(**fields):
    return Spec(**({"name": "mean", "kind": "loss", "target": "m:a", "summary": "s", "unit": "1", "api": 1} | fields))


def test_spec_is_written_with_keywords_and_frozen():
    with pytest.raises(TypeError, match="positional"):
        Spec("mean", "loss", "m:a", "s", "1", 1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        sound().weight = 3.0


@pytest.mark.parametrize("field", ["name", "kind", "target", "summary", "api"])
def test_spec_cannot_be_made_without(field):
    fields = {"name": "mean", "kind": "loss", "target": "m:a", "summary": "s", "unit": "1", "api": 1}
    del fields[field]
    with pytest.raises(TypeError, match=f"missing 1 required keyword-only argument: '{field}'"):
        Spec(**fields)


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("dataclasses:dataclass", dataclasses.dataclass),
        ("os.path:join", __import__("os").path.join),
        ("collections:OrderedDict.move_to_end", __import__("collections").OrderedDict.move_to_end),
    ],
)
def test_spec_resolves_its_target(target, meant):
    assert sound(target=target).resolve() is meant


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("no_such_module_anywhere:Thing", ModuleNotFoundError),
        ("dataclasses:no_such_name", AttributeError),
        ("dataclasses:dataclass.no_such_name", AttributeError),
    ],
)
def test_spec_with_a_dead_target_says_so_only_when_resolved(target, error):
    spec = sound(target=target)
    with pytest.raises(error, match="no_such"):
        spec.resolve()


@given(st.text())
def test_undefined_values_with_one_reason_are_equal(reason):
    assert Undefined(reason) == Undefined(reason)
    assert Undefined(reason) != Undefined(reason + "!")


def test_undefined_is_no_number():
    with pytest.raises(TypeError):
        float(Undefined("the phase is absent"))


def test_similarity_is_frozen():
    similarity = Similarity(0.9, {"mean": 0.1}, 100, 100, (1 / 6, 1.0))
    with pytest.raises(dataclasses.FrozenInstanceError):
        similarity.value = 1.0


@pytest.mark.parametrize(
    "statement",
    [
        "import porenet",
        "import porenet.interface",
        "from porenet import Grid, Spec, Undefined, Volume",
        "import porenet; porenet.Grid(['Ni', 'pore'], [1, 1, 1])",
    ],
)
def test_importing_the_contract_is_light(statement):
    heavy = ["numpy", "torch", "numba", "scipy", "pydantic", "rich"]
    code = f"{statement}\nimport sys\nprint(*[name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []


@pytest.mark.parametrize("name", porenet.__all__)
def test_every_public_name_can_be_imported(name):
    assert getattr(porenet, name) is not None


def test_public_names_are_the_real_things():
    assert porenet.Grid is Grid
    assert porenet.Volume is Volume
    assert porenet.Spec is Spec
    assert porenet.Undefined is Undefined
    assert issubclass(porenet.Objective, torch.nn.Module)


def test_dir_offers_every_public_name():
    assert set(porenet.__all__) <= set(dir(porenet))


@pytest.mark.parametrize("name", ["create_los", "objective_", "grid"])
def test_an_unknown_attribute_is_an_attribute_error(name):
    with pytest.raises(AttributeError, match=f"module 'porenet' has no attribute '{name}'"):
        getattr(porenet, name)


def test_a_masked_array_would_lose_its_mask():
    labels = np.ma.masked_array(
        np.zeros((2, 2, 2), np.uint8), mask=np.eye(2, dtype=bool)[:, :, None] & np.ones(2, bool)
    )
    with pytest.raises(InputError, match=r"a masked one, whose mask would be lost.*labels\.filled\(label\)"):
        Volume(labels, GRID)


def test_measuring_an_array_is_answered_in_words():
    with pytest.raises(InputError, match=r"ndarray does not say which value is which phase.*a porenet\.Volume"):
        porenet.measure(np.zeros((2, 2, 2), np.uint8), "vf")
    volume = Volume(np.zeros((2, 2, 2), np.uint8), GRID)
    for several in ([volume, volume], (volume,)):
        with pytest.raises(
            InputError, match=rf"measure: one Volume was expected, not a \w+ of {len(several)}\. .*one by"
        ):
            porenet.measure(several, "vf")
    for path in ("a.tif", Path("a.tif")):
        with pytest.raises(InputError, match=r"not the path 'a\.tif'\. Read it first, with porenet\.formats\.read\."):
            porenet.measure(path, "vf")
