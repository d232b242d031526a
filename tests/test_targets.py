"""Targets: what they are, who refuses them, and what stands for a missing one."""

import copy
import pickle

import numpy
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import porenet
from porenet.errors import InputError
from porenet.targets import Targets, relative_error, target_like

SSA = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def test_a_mapping_that_knows_its_estimators():
    found = Targets({"ssa": SSA, "vf": SSA}, {"ssa": "tv"}, {"vf"})
    assert dict(found) == {"ssa": SSA, "vf": SSA}
    assert len(found) == 2
    assert repr(found) == "Targets(ssa: (2, 3) by tv, vf: (2, 3))"


def test_the_rows_of_a_batch_leave_reference_samples_whole():
    found = Targets({"ssa": SSA, "sample": SSA}, {"ssa": "tv"}, {"sample"}).rows(torch.tensor([1, 1, 0]))
    assert found["ssa"].tolist() == [[4, 5, 6], [4, 5, 6], [1, 2, 3]]
    assert torch.equal(found["sample"], SSA)
    assert found.estimators == {"ssa": "tv"}
    assert found.whole == {"sample"}


def test_another_device():
    assert Targets({"ssa": SSA}, {"ssa": "tv"}).to("meta")["ssa"].device.type == "meta"


@pytest.mark.parametrize(
    ("build", "complaint"),
    [
        (lambda: Targets({"ssa": [1.0]}), "targets['ssa']: a tensor was expected, not list"),
        (
            lambda: Targets({"ssa": SSA}, {"ssb": "tv"}),
            "Targets: estimators or whole name the key 'ssb', which has no target",
        ),
        (lambda: Targets({}, whole={"vf"}), "Targets: estimators or whole name the key 'vf', which has no target"),
        (
            lambda: Targets({"ssa": SSA}, witnesses={"ssa": 3.0}),
            "witnesses['ssa']: a tensor was expected, not float",
        ),
        (
            lambda: Targets({"ssa": SSA}, {"area": "tv"}, witnesses={"area": SSA}),
            "Targets: estimators or whole name the key 'area', which has no target",
        ),
    ],
)
def test_what_is_no_target(build, complaint):
    with pytest.raises(InputError) as caught:
        build()
    assert str(caught.value) == complaint


def test_a_target_takes_the_shape_and_type_of_the_descriptor():
    described = torch.zeros(2, 1, dtype=torch.float64)
    found = target_like({"tpb": torch.tensor([1.0, 2.0])}, "tpb", described)
    assert found.tolist() == [[1.0], [2.0]]
    assert found.dtype == torch.float64
    assert torch.equal(target_like({"ssa": SSA}, "ssa", torch.zeros(2, 3)), SSA)


@pytest.mark.parametrize("shape", [(3,), (1, 3), (2, 3)])
def test_one_target_serves_every_sample(shape):
    target = SSA[0].to(torch.float64).expand(shape)
    expected = SSA[:1].expand(2, 3)
    assert torch.equal(target_like({"ssa": target}, "ssa", torch.zeros(2, 3)), expected)


@pytest.mark.parametrize("shape", [(), (1,), (2,), (1, 1), (2, 1)])
def test_so_does_one_number(shape):
    assert target_like({"tpb": torch.full(shape, 7)}, "tpb", torch.zeros(2, 1)).tolist() == [[7.0], [7.0]]


@pytest.mark.parametrize("shape", [(2, 3), (3,), (2, 1, 1), (3, 1), (1, 2)])
def test_a_target_of_another_shape(shape):
    words = (
        r"targets\['tpb'\]: shape \(2, 1\) or \(2,\), one row per sample, or one number for all of them was expected"
    )
    with pytest.raises(InputError, match=words):
        target_like({"tpb": torch.zeros(shape)}, "tpb", torch.zeros(2, 1))


# (1,) is a number for every sample; repeated for three samples it would be a value for each of three columns.
@pytest.mark.parametrize("shape", [(), (1,), (2,), (2, 1), (4, 3), (1, 2)])
def test_what_might_mean_samples_or_columns_is_refused(shape):
    with pytest.raises(InputError, match=r"shape \(2, 3\), one row per sample, or \(3,\) for all of them was expected"):
        target_like({"ssa": torch.zeros(shape)}, "ssa", torch.zeros(2, 3))
    grid = porenet.Grid(("Ni", "YSZ", "pore"), (1, 1, 1))
    field = torch.full((3, 3, 2, 2, 2), 1 / 3)
    if shape in ((), (1,)):
        pytest.importorskip("porenet_statistics")
        with pytest.raises(InputError, match="was expected, not"):
            porenet.create_loss("vf", grid)(field, {"vf": torch.zeros(shape)})


def test_a_target_of_another_estimator():
    found = Targets({"ssa": SSA}, {"ssa": "faces"})
    assert torch.equal(target_like(found, "ssa", SSA, estimator="faces"), SSA)
    assert torch.equal(target_like(found, "ssa", SSA), SSA)
    assert torch.equal(target_like({"ssa": SSA}, "ssa", SSA, estimator="tv"), SSA)
    with pytest.raises(InputError) as caught:
        target_like(found, "ssa", SSA, estimator="tv")
    assert "measured with the estimator 'faces', and the loss measures with 'tv'" in str(caught.value)


def test_the_relative_error_by_hand():
    value = torch.tensor([3.0, 1.0, 5.0, 0.0], requires_grad=True)
    found = relative_error(value, torch.tensor([2.0, 2.0, float("nan"), 0.0]), scale=10.0)
    assert found.tolist() == [0.5, -0.5, 0.0, 0.0]
    found.sum().backward()
    assert value.grad.tolist() == pytest.approx([0.5, 0.5, 0.0, 0.1])


@given(st.floats(0, 1e3), st.one_of(st.just(0.0), st.floats(1e-3, 1e3)), st.floats(1e-3, 1e3))
def test_the_relative_error_has_no_unit(value, target, unit):
    one, other = (
        relative_error(
            torch.tensor(value * u, dtype=torch.float64), torch.tensor(target * u, dtype=torch.float64), scale=2.0 * u
        )
        for u in (1.0, unit)
    )
    assert one.item() == pytest.approx(other.item(), rel=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_target_of_rounding_errors_counts_as_none(dtype):
    rounding = torch.tensor([10 * torch.finfo(dtype).eps], dtype=dtype)
    value = torch.tensor([5.0], dtype=dtype)
    assert relative_error(value, rounding, scale=10.0).item() == pytest.approx(0.5)
    assert relative_error(value, torch.tensor([0.01], dtype=dtype), scale=10.0).item() == pytest.approx(499, rel=1e-3)


# Through the plumbing of torch and of others.


def kept(targets):
    """What must survive, as plain data."""
    values, witnesses, errors = (
        {name: value.tolist() for name, value in each.items()}
        for each in (targets, targets.witnesses, targets.uncertainty)
    )
    return values, targets.estimators, targets.whole, witnesses, targets.dims, errors


def measured(rows=4):
    values = {"ssa": torch.arange(3.0 * rows).view(rows, 3), "tpb": torch.arange(1.0 * rows), "sample": SSA}
    witnesses = {"ssa": torch.arange(9.0, 9.0 + rows).view(rows, 1).double(), "spread": SSA + 1}
    errors = {"tpb": torch.arange(1.0 * rows) / 10, "sample": SSA / 10}
    known = {"ssa": "tv", "tpb": "coarea"}
    return Targets(values, known, {"sample", "spread"}, witnesses, dims=2, uncertainty=errors)


class Structures(torch.utils.data.Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.tensor([index]), measured().rows(index)


def test_one_row_keeps_its_axis():
    for index, row in ((0, 0), (3, 3), (-1, 3), (-4, 0), (numpy.int64(1), 1), (torch.tensor(2), 2)):
        assert measured().rows(index)["tpb"].tolist() == [row]
        assert measured().rows(index)["ssa"].shape == (1, 3)
        assert measured().rows(index).witnesses["ssa"].tolist() == [[9.0 + row]]
    for index in (4, -5):
        with pytest.raises(InputError, match=f"no row {index}: there are 4"):
            measured().rows(index)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_data_loader_keeps_estimators_and_reference_samples(workers):
    loader = torch.utils.data.DataLoader(Structures(), batch_size=4, num_workers=workers)
    ((index, targets),) = loader
    assert index.flatten().tolist() == [0, 1, 2, 3]
    assert kept(targets) == kept(measured())


def test_collated_targets_were_measured_alike():
    ours = measured().rows(0)
    values, errors, witnesses = dict(ours), ours.uncertainty, ours.witnesses
    for others in (
        Targets(values, {"ssa": "faces", "tpb": "coarea"}, ours.whole, witnesses, dims=2, uncertainty=errors),
        Targets(values, ours.estimators, ours.whole, witnesses, dims=3, uncertainty=errors),
        Targets(values, ours.estimators, ours.whole, witnesses, dims=2),
    ):
        with pytest.raises(InputError, match="targets of one batch were measured alike"):
            torch.utils.data.default_collate([ours, others])
    others = Targets(values, {"ssa": "faces", "tpb": "coarea"}, {"sample"})
    with pytest.raises(InputError, match="targets of one batch were measured alike"):
        torch.utils.data.default_collate([ours, others])
    with pytest.raises(InputError, match="targets of one batch were measured alike"):
        torch.utils.data.default_collate([ours, Targets({"ssa": SSA[:1]}, {"ssa": "tv"})])


@pytest.mark.parametrize("witnesses", [{}, {"area": SSA[:1]}, {"ssa": SSA[:1], "area": SSA[:1]}])
def test_collated_targets_have_the_same_witnesses(witnesses):
    ours, others = (Targets({"ssa": SSA[:1]}, {"ssa": "tv"}, set(), each) for each in ({"ssa": SSA[:1]}, witnesses))
    with pytest.raises(InputError, match="targets of one batch were measured alike") as caught:
        torch.utils.data.default_collate([ours, others])
    assert "witnesses: ssa" in str(caught.value)


def test_witnesses_follow_the_rows_of_a_batch_and_its_device():
    targets = measured().rows(torch.tensor([2, 0]))
    assert targets.witnesses["ssa"].tolist() == [[11.0], [9.0]]
    assert torch.equal(targets.witnesses["spread"], SSA + 1)
    assert {value.device.type for value in targets.to("meta").witnesses.values()} == {"meta"}


def test_copies_pickles_and_files_keep_everything(tmp_path):
    targets = measured()
    torch.save({"targets": targets}, tmp_path / "targets.pt")
    for copied in (
        pickle.loads(pickle.dumps(targets)),
        copy.deepcopy(targets),
        torch.load(tmp_path / "targets.pt", weights_only=True)["targets"],
        targets.to("cpu", non_blocking=True),
        torch.utils._pytree.tree_map(lambda value: value.clone(), {"nested": [targets]})["nested"][0],
    ):
        assert kept(copied) == kept(targets)


def test_pinned_memory_is_asked_of_each_tensor(monkeypatch):
    pinned = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: pinned.append(tensor) or tensor)
    assert kept(torch.utils.data._utils.pin_memory.pin_memory(measured())) == kept(measured())
    assert len(pinned) == 7  # three targets, two witnesses and two standard errors


def test_a_target_of_a_section_is_no_target_of_a_volume():
    section = Targets({"ssa": SSA}, {"ssa": "tv"}, dims=2)
    assert repr(section) == "Targets(ssa: (2, 3) by tv; 2-D)"
    assert torch.equal(target_like(section, "ssa", SSA, estimator="tv", dims=2), SSA)
    with pytest.raises(InputError, match="measured on 2-D structures, and the loss measures 3-D ones"):
        target_like(section.rows(slice(0, 2)), "ssa", SSA, estimator="tv", dims=3)
    with pytest.raises(InputError, match="measured with the estimator 'tv'"):  # first
        target_like(section, "ssa", SSA, estimator="faces")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"dims": 4}, "dims: 2 or 3 was expected, not 4"),
        ({"uncertainty": {"vf": SSA}}, "uncertainty['vf']: no target has this key, the error (2, 3)"),
        ({"uncertainty": {"ssa": SSA[:1]}}, "uncertainty['ssa']: the target has shape (2, 3), the error (1, 3)"),
        ({"uncertainty": {"ssa": 0.1}}, "uncertainty['ssa']: a tensor was expected, not float"),
    ],
)
def test_dims_and_uncertainty_that_are_refused(options, complaint):
    with pytest.raises(InputError) as caught:
        Targets({"ssa": SSA}, **options)
    assert str(caught.value) == complaint


def test_trees_are_filled_with_anything():
    leaves, tree = torch.utils._pytree.tree_flatten(measured())
    assert len(leaves) == 7
    assert dict(torch.utils._pytree.tree_unflatten(range(7), tree)) == {"ssa": 0, "tpb": 1, "sample": 2}
    doubled = torch.func.vmap(lambda targets: targets["tpb"] * 2, in_dims=(0,))(Targets({"tpb": SSA}))
    assert torch.equal(doubled, SSA * 2)


def test_a_target_of_another_estimator_is_refused_behind_a_loader():
    pytest.importorskip("porenet_statistics")  # absent where the core is tested alone
    grid = porenet.Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
    labels = torch.randint(0, 3, (2, 6, 6, 6), generator=torch.Generator().manual_seed(0))
    by_faces = porenet.Objective(grid, [{"loss": "ssa", "params": {"estimator": "faces"}}]).targets_of(labels)
    collated = torch.utils.data.default_collate([by_faces.rows(0), by_faces.rows(1)])
    with pytest.raises(InputError, match="measured with the estimator 'faces'"):
        porenet.Objective(grid, [{"loss": "ssa"}])(torch.full((2, 3, 6, 6, 6), 1 / 3), collated)
