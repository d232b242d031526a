"""Objectives of porenet's own losses: plain data, targets of loaders and files, transforms of torch."""

import json

import numpy as np
import pytest
import torch

import porenet
from porenet.errors import ConfigError, InputError
from porenet.objective import Objective
from porenet.registry import OWN
from porenet.targets import Targets
from porenet.testing.casebook import casebook

pytest.importorskip("porenet_statistics")  # absent where the core is tested alone

GRID = porenet.Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
LABELS = torch.randint(0, 3, (4, 6, 5, 4), generator=torch.Generator().manual_seed(0))
ALL = {
    "vf": 10, "ssa": 1, "tpb": 1, "dpb": {"estimator": "faces"}, "s2": 1, "isolation": {"phase": "pore"},
    "first_passage": {"phase": "pore"}, "conductance": {"phase": "pore"},
    "distribution": {"descriptor": "ssa", "params": {"estimator": "faces"}},
}  # fmt: skip


def fields(batch=2, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(batch, 3, 6, 5, 4, generator=generator, dtype=dtype).softmax(dim=1)


def test_every_loss_passes_through_plain_data():
    for _, case in casebook(OWN, "loss").cases:
        terms = [{"loss": f"{OWN}:{case.spec.name}", "weight": 1, "params": case.params}]
        tables = Objective(case.grid(), terms).to_dict()
        assert Objective.from_run(json.loads(json.dumps(tables))).to_dict() == tables


def test_a_mistake_that_only_building_finds_has_its_line(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("grid: {phases: [a, b], voxel_um: [1, 1, 1]}\nobjective:\n  terms:\n    vf: 3\n    tpb:\n")
    with pytest.raises(ConfigError, match=r"line 5, objective\.terms\.tpb: .*three phases meet"):
        Objective.from_run(path)


# Targets of loaders.


@pytest.mark.parametrize("labels", [LABELS, LABELS.numpy(), LABELS.numpy().astype(np.uint16), LABELS.numpy()[:, ::-1]])
def test_a_dataset_measures_once_and_a_loader_puts_rows_together(labels, monkeypatch):
    objective = Objective(GRID, ["vf", "ssa", {"loss": "distribution", "params": {"descriptor": "vf"}}])
    dataset = porenet.TargetDataset(labels, objective)
    monkeypatch.setattr(Objective, "targets_of", None)  # measured once
    assert len(dataset) == 4
    (structures, targets), (_, last) = torch.utils.data.DataLoader(dataset, batch_size=3)
    assert structures.argmax(dim=1).tolist() == labels[:3].tolist()
    assert (structures.shape, structures.dtype) == ((3, 3, 6, 5, 4), torch.float32)
    assert torch.equal(targets["vf"], structures.mean(dim=(2, 3, 4)))
    assert (targets["ssa"].shape, last["ssa"].shape, targets["distribution"].shape) == ((3, 3), (1, 3), (4, 3))
    assert (targets.estimators["ssa"], targets.whole) == ("tv", {"distribution"})
    objective(structures.requires_grad_(), targets)[0].backward()


def test_a_dataset_of_labels():
    dataset = porenet.TargetDataset(LABELS, Objective(GRID, ["vf"]), one_hot=False)
    for place in (0, 3, -1, np.int64(1), torch.tensor(2)):
        structure, targets = dataset[place]
        assert torch.equal(structure, LABELS[int(place)])
        assert targets["vf"].tolist() == [dataset.targets["vf"][int(place)].tolist()]
    assert len(list(dataset)) == 4  # IndexError ends it
    with pytest.raises(InputError, match="a whole number was expected, not a slice"):
        dataset[:2]
    with pytest.raises(InputError, match=r"^TargetDataset: a porenet\.Objective was expected, not str"):
        porenet.TargetDataset(LABELS, "vf")


@pytest.mark.parametrize("labels", [LABELS.double().numpy(), [["a"]], LABELS.numpy() - 1, LABELS[0]])
def test_a_dataset_of_what_are_no_labels(labels):
    with pytest.raises(InputError, match=r"^labels: "):
        porenet.TargetDataset(labels, Objective(GRID, ["vf"]))


# Targets of files.


def test_values_of_a_file_are_rows_whatever_they_were_spread_over():
    objective = Objective(GRID, ["vf", "ssa", "tpb"])
    measured = objective.targets_of(LABELS)
    spread = measured["ssa"][:, :, None, None, None].expand(4, 3, 6, 5, 4)
    known = {"ssa": "tv", "ssa.guard": "heat_2", "tpb": "triple_2"}
    targets = objective.targets_from(
        {
            "vf": measured["vf"].numpy(),
            "ssa": spread,
            "ssa.guard": measured["ssa.guard"],
            "tpb": measured["tpb"].tolist(),
        },
        estimator=known,
    )
    assert targets.estimators == measured.estimators == known
    for key, value in targets.items():
        torch.testing.assert_close(value, measured[key])
    field = fields(4, torch.float32)
    assert torch.equal(objective(field, targets)[0], objective(field, measured)[0])
    objective.targets_from({"vf": [[0.3, 0.3, 0.4]]})  # which has one estimator only


@pytest.mark.parametrize(
    ("values", "estimator", "complaint"),
    [
        (
            {"ssa": [[1, 2, 3]]},
            {},
            "targets['ssa']: the estimator that measured it is not stated, and ssa measures with 'tv'",
        ),
        ({"tpb": [1.0]}, {"ssa": "tv"}, "estimator['ssa']: no target of that name"),
        ({"tpb": [1.0]}, None, "targets['tpb']: the estimator that measured it is not stated"),
        (
            {"ssa": [[1, 2, 3]]},
            {"ssa": "faces"},
            "targets['ssa']: measured with the estimator 'faces', and ssa measures",
        ),
        ({"vf": torch.rand(2, 3, 4, 4, 4)}, None, "targets['vf']: shape (2, 3, 4, 4, 4), and the values differ along"),
        ({"vf": "0.3, 0.3"}, None, "targets['vf']: numbers were expected"),
        ({"vf": [[1j]]}, None, "targets['vf']: real numbers were expected, not torch.complex64"),
        ([1, 2], None, "targets: a mapping from target keys was expected"),
    ],
)
def test_values_of_a_file_that_are_refused(values, estimator, complaint):
    with pytest.raises(InputError) as caught:
        Objective(GRID, ["vf", "ssa", "tpb"]).targets_from(values, estimator=estimator)
    assert str(caught.value).startswith(complaint)


def test_a_target_under_a_label_is_of_the_loss_of_that_label():
    rows = [{"loss": "ssa", "params": {"estimator": "faces"}}, {"loss": "ssa", "label": "smooth"}]
    objective = Objective(GRID, rows)
    values = {"ssa": [[1.0, 2, 3]], "smooth": [[1.0, 2, 3]]}
    targets = objective.targets_from(values, estimator={"ssa": "faces", "smooth": "tv"})
    with pytest.warns(porenet.errors.AssumedTarget):
        objective.eval()(fields(1), targets)
    with pytest.raises(InputError, match=r"targets\['smooth'\]: measured with the estimator 'faces'"):
        objective.targets_from(values, estimator={"ssa": "faces", "smooth": "faces"})


def test_a_reference_sample_of_a_file_is_whole():
    objective = Objective(GRID, {"distribution": {"descriptor": "vf"}})
    assert objective.targets_from({"distribution": [[0.3, 0.3, 0.4]] * 5}).whole == {"distribution"}


def test_the_targets_of_other_structures_are_refused_with_advice():
    objective = Objective(GRID, ["vf"])
    with pytest.raises(InputError, match=r"not \(4, 3\)\. Pass those of the batch.* DistributedData"):
        objective(fields(2), objective.targets_of(LABELS))


# Criterion.


def test_a_criterion_measures_labels():
    objective = Objective(GRID, ["vf", "ssa"])
    field = fields(4, torch.float32).requires_grad_()
    expected = objective(field, objective.targets_of(LABELS))[0]
    for target in (LABELS, LABELS[:, None], objective.targets_of(LABELS), dict(objective.targets_of(LABELS))):
        value = objective.criterion(field, target)
        assert value.shape == ()
        assert torch.equal(value, expected)


# Transforms.


def test_an_objective_in_func_grad_and_vmap():
    terms = {name: value for name, value in ALL.items() if name != "distribution"}  # in vmap another quantity
    objective, field = Objective(GRID, terms, check_every=0), fields()
    targets = objective.targets_of(LABELS[:2])
    leaf = field.clone().requires_grad_()
    total, _ = objective(leaf, targets, reduction="none")
    total.mean().backward()
    gradient = torch.func.grad(lambda field: objective(field, targets)[0])(field)
    torch.testing.assert_close(gradient, leaf.grad, rtol=1e-6, atol=1e-9)
    rows = torch.utils._pytree.tree_map(lambda value: value[:, None], targets)
    of_samples = torch.func.vmap(torch.func.grad(lambda field, row: objective(field[None], row)[0]))(field, rows)
    torch.testing.assert_close(of_samples / 2, leaf.grad, rtol=1e-5, atol=1e-8)


def test_an_objective_may_be_recomputed_in_backward():
    objective = Objective(GRID, {"vf": 10, "ssa": 1, "isolation": {"phase": "pore"}})
    targets = objective.targets_of(LABELS[:2])
    leaves = [fields().requires_grad_() for _ in range(2)]
    torch.utils.checkpoint.checkpoint(
        lambda field: objective(field, targets)[0], leaves[0], use_reentrant=False
    ).backward()
    objective(leaves[1], targets)[0].backward()
    assert torch.equal(leaves[0].grad, leaves[1].grad)


def test_numbers_cannot_be_checked_in_vmap():
    objective = Objective(GRID, ["vf"])
    targets = objective.targets_of(LABELS[:1])
    with pytest.raises(InputError, match=r"inside vmap there are none to look at\. Build it with check_every=0"):
        torch.func.vmap(lambda field: objective(field[None], targets)[0])(fields())
    still = fields()
    with pytest.raises(InputError, match="inside vmap there are none"):
        torch.func.vmap(lambda row: objective(still, {"vf": row})[0])(targets["vf"][:, None])


@pytest.mark.slow
@pytest.mark.parametrize(("terms", "plain"), [(ALL, False), ({"vf": 10, "ssa": 1}, True)])
def test_an_objective_compiles_to_one_graph(terms, plain):
    objective, field = Objective(GRID, terms, check_every=0), fields()
    targets = objective.targets_of(LABELS[:2])
    torch._dynamo.reset()
    results = []
    for run in (objective, torch.compile(objective, backend="eager", fullgraph=True)):
        leaf = field.clone().requires_grad_()
        total, _ = run(leaf, dict(targets) if plain else targets)
        total.backward()
        results.append((total.detach(), leaf.grad))
    torch.testing.assert_close(results[0], results[1], rtol=1e-6, atol=1e-9)


@pytest.mark.filterwarnings("ignore:.isinstance.treespec, LeafSpec.:FutureWarning")  # torch's own, of itself
@pytest.mark.slow
def test_an_exported_objective_gives_values_and_refuses_gradients(tmp_path):
    objective, field = Objective(GRID, ALL, check_every=0), fields()
    targets = objective.targets_of(LABELS[:2])
    program = torch.export.export(objective, (field, targets), strict=False)
    torch.export.save(program.run_decompositions({}), tmp_path / "objective.pt2")
    for run in (program.module(), torch.export.load(tmp_path / "objective.pt2").module()):
        torch.testing.assert_close(run(field, targets)[0], objective(field, targets)[0])
    with pytest.raises(RuntimeError, match="does not require grad"):
        program.module()(field.clone().requires_grad_(), targets)[0].backward()


def test_smoothing_filters_of_a_transform_are_not_kept():
    from porenet_estimators import gaussian_fields

    gaussian_fields._cached_filters.cache_clear()
    objective = Objective(GRID, ["ssa"], check_every=0)
    targets: Targets = objective.targets_of(LABELS[:2])
    gaussian_fields._cached_filters.cache_clear()
    torch.func.grad(lambda field: objective(field, targets)[0])(fields())
    assert gaussian_fields._cached_filters.cache_info().currsize == 0
