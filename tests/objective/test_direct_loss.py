"""One loss called by itself: forms of its target, relaxation, reduction, and what it refuses."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import torch

import porenet
from porenet.errors import AssumedTarget, ConfigError, DoubtfulTarget, InputError, NonFiniteTerm, PluginError
from porenet.targets import Targets

pytest.importorskip("porenet_statistics")

GRID = porenet.Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
VF = [0.36, 0.34, 0.30]
LABELS = torch.arange(2 * 6**3).reshape(2, 6, 6, 6) % 7 % 3
REQUIRED = {
    "conductance": {"phase": "pore"},
    "connectivity": {"phase": "pore"},
    "distribution": {"descriptor": "vf"},
    "face_hinge": {"phase": "pore"},
    "first_passage": {"phase": "pore"},
    "isolation": {"phase": "pore"},
    "maximin": {"phase": "pore"},
    "slice_floor": {"phase": "pore", "floor": 0.1},
    "tortuosity": {"phase": "pore"},
    "tpb_proxy": {"target": 0.03},
}
"""Parameters that a loss requires."""


def field(batch=2, side=6, phases=3):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(batch, phases, side, side, side, generator=generator).softmax(dim=1)


def every_loss():
    return sorted(dir(porenet.losses))


def built(name, **options):
    return getattr(porenet.losses, name)(GRID, **REQUIRED.get(name, {}), **options)


FORMS = {
    "list": VF,
    "rows of lists": [VF],
    "by phase": dict(zip(GRID.phases, VF, strict=True)),
    "by phase, per sample": {phase: [share, share] for phase, share in zip(GRID.phases, VF, strict=True)},
    "array": np.array(VF, dtype=">f4"),
    "tensor": torch.tensor(VF),
    "tensors in a list": [torch.tensor(share) for share in VF],
    "by key": {"vf": VF},
    "Targets": Targets({"vf": torch.tensor([VF, VF])}),
    "by key, by phase": {"vf": dict(zip(GRID.phases, VF, strict=True))},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_target_gives_the_value_of_an_objective(form):
    expected, _ = porenet.Objective(GRID, [{"loss": "vf", "weight": 1}])(field(), {"vf": torch.tensor(VF)})
    value = porenet.losses.vf(GRID)(field(), FORMS[form])
    assert value.shape == ()
    assert value.item() == pytest.approx(expected.item(), abs=1e-7)


@pytest.mark.parametrize("labels", [LABELS, LABELS.numpy().astype(">i2"), LABELS.tolist(), LABELS.to(torch.uint8)])
def test_labels_are_measured_by_the_loss_itself(labels):
    loss = porenet.losses.ssa(GRID, estimator="faces", reduction="none")
    expected = loss(field(), loss.targets_of(LABELS))
    assert expected.shape == (2,)
    assert torch.equal(loss(field(), labels), expected)
    one = loss(field(), LABELS[:1])
    assert torch.equal(one, loss(field(), LABELS[:1].expand(2, -1, -1, -1)))


def test_labels_of_two_phases_may_be_booleans_and_another_size():
    grid = porenet.Grid(("solid", "pore"), (0.1, 0.1, 0.1))
    mask = np.zeros((1, 4, 4, 5), bool)
    mask[0, 0] = True
    loss = porenet.losses.vf(grid)
    assert loss.targets_of(mask.astype(">i2"))["vf"].tolist() == [[0.75, 0.25]]
    assert loss.targets_of(mask)["vf"].tolist() == [[0.75, 0.25]]
    assert loss(field(phases=2), mask).item() == pytest.approx(loss(field(phases=2), [0.75, 0.25]).item(), abs=1e-6)


def test_measured_targets_are_as_exact_as_the_field_and_carry_the_guard():
    loss = porenet.losses.ssa(GRID, relax="soft")
    with warnings.catch_warnings():
        warnings.simplefilter("error", AssumedTarget)
        decided = torch.nn.functional.one_hot(LABELS, 3).movedim(-1, 1).double()
        assert loss(decided, LABELS).item() == pytest.approx(0, abs=1e-25)


def test_phases_that_a_loss_does_not_read_need_no_target():
    loss = porenet.losses.ssa(GRID, estimator="faces", phase_subset=("pore",))
    assert torch.equal(loss(field(), {"pore": 2.0}), loss(field(), [float("nan"), float("nan"), 2.0]))
    with pytest.raises(InputError, match="no target for pore"):
        loss(field(), {"Ni": 2.0})


def test_pairs_of_phases_are_named_as_the_metric_names_them():
    pytest.importorskip("porenet_boundary")
    loss = porenet.losses.dpb(GRID, estimator="faces")
    by_pair = {"Ni-YSZ": 1.0, "Ni-pore": 2.0, "YSZ-pore": float("nan")}
    assert torch.equal(loss(field(), by_pair), loss(field(), [1.0, 2.0, float("nan")]))
    with pytest.raises(InputError, match=r"no target is called 'Ni'.*They are Ni-YSZ, Ni-pore, YSZ-pore"):
        loss(field(), dict(zip(GRID.phases, VF, strict=True)))
    with pytest.raises(InputError, match=r"tpb has no target by the names Ni, YSZ, pore\. Keys: tpb"):
        porenet.losses.tpb(GRID)(field(), dict(zip(GRID.phases, VF, strict=True)))


def test_one_number_serves_a_loss_of_one_column():
    pytest.importorskip("porenet_boundary")
    loss = porenet.losses.tpb(GRID, reduction="none")
    per_sample = loss(field(), torch.tensor([2.0, 2.0]))
    for form in (2, 2.0, [2.0], np.float64(2), torch.tensor(2.0), {"tpb": 2}):
        assert torch.equal(loss(field(), form), per_sample)


def test_a_batchwise_loss_takes_a_sample_and_gives_one_value():
    loss = porenet.losses.distribution(GRID, descriptor="vf", reduction="none")
    sample = loss(field(), LABELS.repeat(2, 1, 1, 1))
    assert sample.shape == (1,)
    assert loss.targets_of(LABELS).whole == {"distribution"}


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"Ni": 0.4, "YSX": 0.3, "pore": 0.3}, "no target is called 'YSX'; did you mean 'YSZ'"),
        ({"Ni": 0.4}, r"no target for YSZ, pore\. Write float\('nan'\)"),
        ({"Ni": 0.3, "YSZ": [0.3, 0.3, 0.4], "pore": [0.3, 0.3]}, "one number per sample and column was expected"),
        ({}, "no target for Ni, YSZ, pore"),
        ("vf", "numbers were expected, not str"),
        ([0.3, None, 0.3], "numbers were expected, not list of object"),
        ([[0.3], [0.3, 0.4]], "cannot be made an array"),
        (LABELS.float(), r"neither the values of a target nor labels: torch.float32.*Labels are integers"),
        (LABELS[0], r"of one structure, labels\[None\]"),
        (LABELS[:, None].expand(-1, 3, -1, -1, -1), r"of one-hot, argmax\(dim=1\)"),
        (LABELS + 1, "label 3 has no phase"),
        (LABELS - 1, "label -1 has no phase"),
        (LABELS.repeat(2, 1, 1, 1), "4 structures for 2 samples"),
        (None, "vf needs a target: 'vf'"),
        ([36, 34, 30], "look like percent"),
        ([0.3, 0.3, 0.3], "add up to 0.9, not to 1"),
        (0.3, r"or \(3,\) for all of them was expected, not \(\)"),
        (torch.tensor([0.3, 0.7]), r"or \(3,\) for all of them was expected, not \(2,\)"),
        (torch.tensor(VF, dtype=torch.complex64), "a tensor of real numbers was expected"),
        (Targets({"ssa": torch.tensor([VF])}), r"the target 'vf' is missing.*Given: ssa"),
    ],
)
def test_what_is_no_target_is_refused_in_words(target, words):
    with pytest.raises(InputError, match=words):
        porenet.losses.vf(GRID)(field(), target)


def test_a_loss_without_targets_takes_none_and_ignores_labels():
    pytest.importorskip("porenet_topology")
    loss = porenet.losses.isolation(GRID, phase="pore")
    assert torch.equal(loss(field()), loss(field(), LABELS))
    assert torch.equal(loss(field()), loss(field(), FORMS["Targets"]))
    with pytest.raises(InputError, match="isolation needs no target: leave it out"):
        loss(field(), 0.3)
    with pytest.raises(InputError, match="isolation needs no target"):
        loss.targets_of(LABELS)


def test_the_relaxation_is_that_of_an_objective_unless_the_loss_has_its_own():
    loose = torch.tensor(VF).view(1, 3, 1, 1, 1).expand(2, 3, 4, 4, 4)
    assert porenet.losses.vf(GRID)(loose, VF).item() > 0.6
    assert porenet.losses.vf(GRID, relax="soft")(loose, VF).item() == pytest.approx(0, abs=1e-12)
    for relax in ("hard", 3):
        with pytest.raises(InputError, match=r"vf\.relax: must be 'soft', 'straight_through'"):
            porenet.losses.vf(GRID, relax=relax)
    pytest.importorskip("porenet_boundary")
    with pytest.raises(InputError, match=r"tpb\.relax: the loss always reads the straight_through field. Leave relax"):
        porenet.losses.tpb(GRID, relax="soft")


def test_what_no_direct_loss_is_made_of():
    with pytest.raises(ConfigError, match=r"ssa\.estimatr: unknown key; did you mean 'estimator'"):
        porenet.losses.ssa(GRID, estimatr="tv")
    with pytest.raises(InputError, match=r"vf\.reduction: must be 'mean' or 'none', not 'sum'"):
        porenet.losses.vf(GRID, reduction="sum")
    with pytest.raises(InputError, match=r"vf: a porenet\.Grid was expected, not tuple"):
        porenet.losses.vf(("Ni", "pore"))
    with pytest.raises(TypeError, match=r"porenet\.losses\.vf: missing a required argument: 'grid'"):
        porenet.losses.vf()
    with pytest.raises(TypeError, match=r"porenet\.losses\.ssa: too many positional arguments"):
        porenet.losses.ssa(GRID, "faces")
    assert porenet.losses.vf(grid=GRID).relax == "straight_through"


@pytest.mark.parametrize("name", every_loss())
@pytest.mark.parametrize("shape", [(1, 2, 4, 4, 4), (1, 4, 4, 4, 4), (1, 3, 4, 4), (0, 3, 4, 4, 4), (1, 3, 4, 0, 4)])
def test_no_loss_takes_a_field_of_other_channels(name, shape):
    losses = (built(name), porenet.create_loss(name, GRID, **REQUIRED.get(name, {})))
    for loss in losses:
        with pytest.raises(InputError, match=r"shape \(B, 3, Z, Y, X\) for the phases Ni, YSZ, pore was expected"):
            loss(torch.full(shape, 1 / 3), VF)
        with pytest.raises(InputError, match=r"floating-point numbers was expected, not torch\.int64"):
            loss(torch.ones(1, 3, 4, 4, 4, dtype=torch.int64), VF)


@pytest.mark.parametrize("name", every_loss())
def test_every_loss_can_be_called_directly_and_trained(name):
    loss = built(name)
    leaf = field().requires_grad_()
    pickle.loads(pickle.dumps(copy.deepcopy(loss)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssumedTarget)
        value = loss(leaf, LABELS)
    assert value.ndim == 0
    if name == "ssa_severed":  # as published, without a gradient
        return
    value.backward()
    assert leaf.grad.isfinite().all()


def test_logits_and_values_that_are_not_finite_are_refused():
    with pytest.raises(InputError, match=r"Are these logits\?"):
        porenet.losses.vf(GRID)(torch.randn(2, 3, 4, 4, 4), VF)
    with pytest.raises(NonFiniteTerm):
        porenet.losses.vf(GRID)(torch.full((2, 3, 4, 4, 4), float("nan")), VF)


def test_a_target_in_another_unit_is_warned_of_once():
    loss = porenet.losses.ssa(GRID, estimator="faces")
    with pytest.warns(DoubtfulTarget, match=r"the target 'ssa' of ssa is about 2e\+06 um\^-1") as caught:
        loss(field(), [2e6, 2e6, 2e6])
    assert [warning.filename for warning in caught] == [__file__]
    loss(field(), [2e6, 2e6, 2e6])  # a second warning would be an error


def test_a_loss_works_inside_the_transforms_of_torch():
    loss = porenet.losses.vf(GRID, relax="soft", reduction="none")
    batched = torch.vmap(lambda sample: loss(sample[None], VF)[0])(field())
    assert torch.allclose(batched, loss(field(), VF))
    gradient = torch.func.grad(lambda sample: loss(sample, VF).sum())(field())
    leaf = field().requires_grad_()
    loss(leaf, VF).sum().backward()
    assert torch.allclose(gradient, leaf.grad)
    targets = torch.tensor([VF, [0.3, 0.3, 0.4]])
    still = field()
    mapped = torch.vmap(lambda row: loss(still, row).mean())(targets)
    assert torch.allclose(mapped, torch.stack([loss(still, row).mean() for row in targets]))
    with pytest.raises(InputError, match=r"cannot be measured inside vmap\. Measure them before it"):
        torch.vmap(lambda sample, labels: loss(sample[None], labels[None]))(still, LABELS)


def test_an_error_of_torch_in_a_check_is_not_hidden(monkeypatch):
    def full(*_):
        raise RuntimeError("out of memory")

    loss = porenet.losses.vf(GRID)
    monkeypatch.setattr("porenet.objective.direct_loss.refuse_unsound_numbers", full)
    with pytest.raises(RuntimeError, match="out of memory"):
        loss(field(), VF)


def test_labels_may_have_the_channel_of_monai():
    loss = porenet.losses.vf(GRID)
    assert loss(field(), LABELS[:, None]) == loss(field(), LABELS)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")  # torch.compile's own doing
@pytest.mark.parametrize("name", ["vf", "ssa"])
def test_a_loss_compiles_as_one_graph(name):
    loss = built(name)
    targets = loss.targets_of(LABELS[:1])
    compiled = torch.compile(loss, fullgraph=True, backend="eager")
    assert compiled(field(), targets).item() == pytest.approx(loss(field(), targets).item(), rel=1e-6)
    for form in (VF, np.array(VF), FORMS["by phase"]) if name == "vf" else ():
        assert compiled(field(), form).item() == pytest.approx(loss(field(), form).item(), rel=1e-6)


def test_a_stranger_that_reads_targets_raw_gets_a_row_per_sample():
    seen, seen_as = {}, {}

    class Raw(torch.nn.Module):
        def __init__(self, grid):
            super().__init__()

        def forward(self, probabilities, targets):
            seen.update(targets)
            seen_as["targets"] = targets
            return probabilities.mean(dim=(1, 2, 3, 4))

    for name, more in (("raw", {}), ("raw_sample", {"batchwise": True})):
        porenet.register(Raw, name=name, unit="1", needs=("vf", "sample"), **more)
    targets = Targets({"vf": torch.tensor([VF]), "sample": torch.ones(1, 5), "other": torch.ones(1)}, whole={"sample"})
    porenet.create_loss("raw", GRID)(field(), targets)
    assert isinstance(seen_as["targets"], Targets)
    assert {key: tuple(value.shape) for key, value in seen.items()} == {"vf": (2, 3), "sample": (1, 5), "other": (1,)}
    porenet.create_loss("raw_sample", GRID)(field(), targets=dict(targets))
    assert {key: tuple(value.shape) for key, value in seen.items()} == {"vf": (1, 3), "sample": (1, 5), "other": (1,)}


def test_a_parameter_of_a_reserved_name_is_refused_by_name():
    class Reduced(torch.nn.Module):
        def __init__(self, grid, *, reduction: str = "mean"):
            super().__init__()

    porenet.register(Reduced, unit="1")
    with pytest.raises(
        PluginError, match="the parameter name 'reduction' is reserved for porenet itself, as are phases"
    ):
        porenet.losses.reduced(GRID)
