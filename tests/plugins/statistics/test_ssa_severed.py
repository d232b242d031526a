"""The published surface-area loss: it measures, it claims a gradient, it trains nothing."""

import pytest
import torch
from porenet_statistics.losses.ssa import SurfaceArea
from porenet_statistics.losses.ssa_severed import SurfaceAreaSevered

import porenet
from porenet.errors import InputError
from porenet.interface import Grid
from porenet.targets import Targets

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.2, 0.1), (False, True, False))
TARGETS = {"ssa": torch.tensor([[3.0, 4.0, 5.0], [1.0, float("nan"), 2.0]])}


def some_logits():
    return torch.randn((2, 3, 4, 5, 6), generator=torch.Generator().manual_seed(0)).requires_grad_()


def test_it_measures_what_the_sound_loss_measures():
    field = some_logits().detach().softmax(dim=1)
    severed, sound = SurfaceAreaSevered(GRID), SurfaceArea(GRID, estimator="faces")
    assert torch.equal(severed(field, TARGETS), sound(field, TARGETS))
    assert torch.equal(severed.descriptor(field), sound.descriptor(field))
    assert (severed.twin_params, severed.twin_keys) == (sound.twin_params, sound.twin_keys)


def test_naive_checks_pass_and_nothing_arrives():
    logits = some_logits()
    values = SurfaceAreaSevered(GRID)(logits.softmax(dim=1), TARGETS)
    assert values.requires_grad
    assert values.grad_fn is not None
    assert (values > 0).all()
    (gradient,) = torch.autograd.grad(values.sum(), logits, allow_unused=True)
    assert gradient is None


def test_in_an_objective_it_counts_and_moves_nothing():
    found = {}
    for terms in (["vf"], ["vf", "ssa_severed"], ["vf", "ssa"]):
        logits = some_logits()
        params = {"ssa": {"estimator": "faces"}}
        written = [{"loss": name, "params": params.get(name, {}), "weight": 1000} for name in terms]
        objective = porenet.Objective(GRID, written, relax="soft")
        total, _ = objective(logits.softmax(dim=1), TARGETS | {"vf": torch.full((2, 3), 1 / 3)})
        total.backward()
        found[terms[-1]] = total.item(), logits.grad
    assert found["ssa_severed"][0] == pytest.approx(found["ssa"][0])
    assert found["ssa_severed"][0] > found["vf"][0] + 1
    assert torch.equal(found["ssa_severed"][1], found["vf"][1])
    assert not torch.allclose(found["ssa"][1], found["vf"][1])


def test_its_spec_says_so():
    from porenet_statistics import porenet_specs

    (spec,) = (spec for spec in porenet_specs() if spec.name == "ssa_severed")
    assert set(spec.deviations) >= {"gradient_reaches_logits", "gradient_matches_finite_differences"}
    assert spec.summary.startswith("published, faulty:")


def test_it_compiles_in_one_graph():
    loss = SurfaceAreaSevered(GRID)
    field = some_logits().detach().softmax(dim=1)
    found = torch.compile(loss, backend="eager", fullgraph=True)(field, TARGETS)
    assert found.requires_grad
    assert torch.allclose(found, loss(field, TARGETS))


def test_it_ignores_the_default_device():
    field = some_logits().detach().softmax(dim=1)
    with torch.device("meta"):
        found = SurfaceAreaSevered(GRID)(field, TARGETS)
    assert torch.equal(found, SurfaceAreaSevered(GRID)(field, TARGETS))


def test_it_refuses_what_the_sound_loss_refuses():
    field = some_logits().detach().softmax(dim=1)
    with pytest.raises(InputError, match=r"shape \(2, 3\), one row per sample, or \(3,\) .* was expected, not \(2,\)"):
        SurfaceAreaSevered(GRID)(field, {"ssa": torch.ones(2)})
    with pytest.raises(InputError, match="measured with the estimator 'tv', and the loss measures with 'faces'"):
        SurfaceAreaSevered(GRID)(field, Targets(TARGETS, {"ssa": "tv"}))
