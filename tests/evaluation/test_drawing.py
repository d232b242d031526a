"""What a generator is asked for and what it may return."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_generators import electrode, fields

from porenet import Grid, Volume, evaluation, generation, measure
from porenet.errors import InputError
from porenet.evaluation import Condition, conditions_of, decoded, draw, evaluate, read_conditions, structure_seed
from porenet.evaluation.conditions import requests_of
from porenet.evaluation.drawing import order_of
from porenet.measurement import Source, write_table

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
ASKED = Condition("a", GRID, (4, 5, 6), ())
LABELS = np.random.default_rng(0).integers(0, 3, ASKED.shape)


def one_hot(labels):
    return np.stack([labels == phase for phase in range(3)]).astype(np.float32)


def test_a_condition_is_what_porenet_measures(real):
    (condition, *_) = conditions_of(real.volumes, real.names)
    labels = real.volumes[0].labels
    assert condition.vf == {phase: pytest.approx((labels == i).mean()) for i, phase in enumerate(GRID.phases)}
    assert (condition.shape, condition.grid, condition.name) == (labels.shape, real.grid, "real_0001")
    pore = (labels == 2).astype(int)
    faces = sum(int(np.abs(np.diff(pore, axis=axis)).sum()) for axis in range(3))
    assert condition.ssa["pore"] == pytest.approx(faces / labels.size / 0.1, rel=1e-12)
    with pytest.raises(InputError, match="the condition holds no tpb"):
        condition["tpb"]


@pytest.mark.parametrize(
    "answer",
    [
        LABELS,
        LABELS.astype(np.uint8),
        LABELS.astype(float),
        one_hot(LABELS),
        0.4 + 0 * one_hot(LABELS) + 0.2 * one_hot(LABELS),
    ],
    ids=["labels", "bytes", "whole numbers", "one-hot", "undecided"],
)
def test_labels_and_probabilities_give_the_same_structure(answer):
    if answer.ndim == 4:
        answer = answer / answer.sum(axis=0)
    volume, probabilities = decoded(answer, ASKED)
    assert np.array_equal(volume.labels, LABELS)
    assert volume.grid == GRID
    expected = None if answer.ndim == 3 else pytest.approx(answer.mean(axis=(1, 2, 3)))
    assert probabilities == expected


def test_of_equal_probabilities_the_first_phase_wins():
    volume, means = decoded(np.full((3, *ASKED.shape), 1 / 3), ASKED)
    assert not volume.labels.any()
    assert means == pytest.approx((1 / 3,) * 3)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (LABELS[None], r"shape \(1, 4, 5, 6\).*without an axis of the batch"),
        (LABELS[:3], r"shape \(3, 5, 6\)"),
        (LABELS + 1, "values without a phase.*whole numbers from 0 to 2"),
        (LABELS + 0.5, "not a whole number"),
        (one_hot(LABELS) * 7, "not probabilities.*softmax"),
        (one_hot(LABELS) - 0.1, "not probabilities"),
        (np.full((3, *ASKED.shape), np.nan), "not probabilities"),
        (None, "NoneType, not an array"),
        ([[1, 2]], "list, not an array"),
        ((LABELS, {"joined": None}), "not finite numbers"),
        ((LABELS, {"joined": np.inf}), "not finite numbers"),
        (Volume(LABELS, Grid(("a", "b", "c"), (0.1, 0.1, 0.1))), "a volume of shape"),
        (one_hot(LABELS).astype(bool), "bool of shape.*probabilities are floating-point"),
        (np.ma.masked_array(LABELS, LABELS == 0), "masked voxels"),
    ],
)
def test_what_is_no_structure_is_refused_with_the_seed_that_gave_it(answer, words):
    place = f"called with seed {structure_seed(5, 0)} and the condition of a, returned what is not a structure"
    with pytest.raises(InputError, match=f"(?s){place}.*{words}"):
        next(draw(lambda seed, condition: answer, [ASKED], n=1, seed=5))


def test_a_generator_that_fails_is_named_and_one_that_refuses_is_quoted(real):
    def fails(seed, condition):
        raise ZeroDivisionError("of nothing")

    with pytest.raises(InputError, match='raised ZeroDivisionError, "of nothing"') as refusal:
        next(draw(fails, [ASKED], n=1, seed=0))
    assert isinstance(refusal.value.__cause__, ZeroDivisionError)
    with pytest.raises(InputError, match='raised SystemExit, "3"'):
        next(draw(lambda seed, condition: sys.exit(3), [ASKED], n=1, seed=0))

    def refuses(seed, condition):
        raise InputError("too small")

    with pytest.raises(InputError, match=r"^too small$"):
        next(draw(refuses, [ASKED], n=1, seed=0))


def test_tensors_of_any_kind_are_structures():
    torch = pytest.importorskip("torch")
    for dtype in (torch.float32, torch.bfloat16, torch.float64):
        field = torch.from_numpy(one_hot(LABELS)).to(dtype).requires_grad_()
        assert np.array_equal(decoded(field, ASKED)[0].labels, LABELS)
    assert np.array_equal(decoded(torch.from_numpy(LABELS), ASKED)[0].labels, LABELS)
    for tensor in (torch.empty(ASKED.shape, device="meta"), torch.zeros(ASKED.shape).to_sparse()):
        with pytest.raises(InputError, match="a tensor that cannot become an array"):
            decoded(tensor, ASKED)


@given(st.integers(1, 40), st.integers(1, 90), st.integers(0, 10**9))
def test_no_condition_comes_twice_while_there_are_others(count, n, seed):
    order = order_of(count, n, seed)
    assert len(order) == n
    for start in range(0, n, count):
        part = order[start : start + count]
        assert len(set(part)) == len(part)
        assert set(part) <= set(range(count))
    assert order_of(count, n + 7, seed)[:n] == order


def test_a_structure_does_not_depend_on_how_many_there_are(real):
    conditions = conditions_of(real.volumes, real.names)
    whole = list(draw(fields, conditions, n=7, seed=2))
    rest = list(draw(fields, conditions, n=9, seed=2, first=4))
    for structure, again in zip(whole[4:], rest, strict=False):
        assert (structure.seed, structure.condition.name) == (again.seed, again.condition.name)
        assert np.array_equal(structure.volume.labels, again.volume.labels)
    assert (
        len({structure.seed for structure in whole} | {each.seed for each in draw(fields, conditions, n=7, seed=3)})
        == 14
    )


def test_conditions_of_a_table_hold_whatever_was_measured(tmp_path, real):
    rows = [
        row for volume, name in zip(real.volumes, real.names, strict=True)
        for row in measure(volume, ["vf", "tpb"], source=Source(name))
    ]  # fmt: skip
    write_table(tmp_path / "table.json", rows)
    conditions = read_conditions(tmp_path / "table.json", real.grid)
    assert [condition.name for condition in conditions] == list(real.names)
    assert conditions[1]["tpb"]["total"] == next(
        row["value"] for row in measure(real.volumes[1], "tpb") if row["key"] == "total"
    )
    assert [request.name for request in requests_of(conditions)] == ["porenet:vf", "porenet:tpb"]
    assert read_conditions(tmp_path / "table.json", real.grid, (8, 8, 8))[0].shape == (8, 8, 8)
    with pytest.raises(InputError, match=r"phases .* and the real structures have"):
        read_conditions(tmp_path / "table.json", Grid(("a", "b", "c"), real.grid.voxel_um))
    with pytest.raises(InputError, match=r"voxel edges \(um\)"):
        read_conditions(tmp_path / "table.json", Grid(real.grid.phases, (1, 1, 1)))
    write_table(tmp_path / "empty.json", [])
    with pytest.raises(InputError, match="holds no values"):
        read_conditions(tmp_path / "empty.json", real.grid)


@pytest.mark.parametrize("stated", ["GAN, run 2", {"lr": float("nan")}, {"folder": Path("a")}])
def test_what_a_generator_says_of_itself_must_fit_into_a_report(stated, real, tmp_path):
    def generate(seed, condition):
        raise AssertionError("nothing is drawn")

    generate.about = stated
    with pytest.raises(InputError, match="its attribute about cannot be kept"):
        evaluate(real, {"x": generate}, folder=tmp_path)


def test_no_name_means_one_thing_here_and_another_in_generation():
    for name in set(evaluation.__all__) & set(generation.__all__):
        assert getattr(evaluation, name) is getattr(generation, name)


def test_electrodes_of_two_grids_are_no_sample(real):
    from porenet.evaluation import RealStructures

    other = Volume(electrode(0).labels, Grid(real.grid.phases, (0.2, 0.2, 0.2)))
    with pytest.raises(InputError, match="Compare structures of one grid"):
        RealStructures.of([*real.volumes, other])
    with pytest.raises(InputError, match="at least one"):
        RealStructures.of([])
    with pytest.raises(InputError, match="different names and origins were expected, 5 of each"):
        RealStructures.of(real.volumes, names=["a"] * 5)
