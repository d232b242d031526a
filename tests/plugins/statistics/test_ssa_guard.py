"""The guard of the surface loss: what it adds, when it is silent, what is assumed without it, and what it refuses."""

import warnings

import numpy as np
import pytest
import torch
from porenet_statistics.losses.distribution import Distribution, quantile_means
from porenet_statistics.losses.ssa import ASSUMED_GUARD, SurfaceArea
from porenet_statistics.metrics.ssa import specific_surface_area

import porenet
from porenet.errors import AssumedTarget, InputError
from porenet.interface import Grid, Volume
from porenet.targets import Targets

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1), (True, False, True))
NAN = float("nan")
GUARDED, TV, HEAT = (SurfaceArea(GRID, estimator=name) for name in ("guarded", "tv", "heat"))


def generic(batch=2, seed=0):
    noise = torch.randn(batch, 3, 8, 9, 10, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (3 * noise).softmax(dim=1)


def structures(count=3, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 3, (count, 6, 7, 8)))


def one_hot(labels):
    return torch.nn.functional.one_hot(labels, 3).movedim(-1, 1).float().contiguous()


def areas(field):
    return TV.descriptor(field), HEAT.descriptor(field)


def targets_at(by_tv, by_heat):
    return {"ssa": by_tv, "ssa.guard": by_heat}


def test_it_is_total_variation_and_a_hinge_of_heat():
    field = generic()
    by_tv, by_heat = areas(field)
    wanted, most = 0.7 * by_tv, torch.stack([0.8 * by_heat[0], 1.5 * by_heat[1]])
    expected = (by_tv / wanted - 1).square().mean(dim=1) + (by_heat / most - 1).clamp_min(0).square().mean(dim=1)
    torch.testing.assert_close(GUARDED(field, targets_at(wanted, most)), expected, rtol=1e-12, atol=0)
    assert expected.tolist() == pytest.approx([(1 / 0.7 - 1) ** 2 + 0.25**2, (1 / 0.7 - 1) ** 2])
    assert torch.equal(GUARDED.descriptor(field), torch.cat([by_tv, by_heat], dim=1))


def test_of_chosen_phases_those_are_guarded():
    field = generic()
    by_tv, by_heat = areas(field)
    some = SurfaceArea(GRID, phase_subset=("pore", "Ni"))
    most = by_heat * torch.tensor([0.5, 0.1, 2.0])  # YSZ has ten times what is allowed, and does not count
    assert some(field, targets_at(by_tv, most)).tolist() == pytest.approx([1 / 2] * 2)


@pytest.mark.parametrize("factor", [1.0, 1.3, 1e6])
def test_an_area_by_heat_below_its_target_costs_nothing_and_pulls_at_nothing(factor):
    field = generic().requires_grad_()
    by_tv, by_heat = (area.detach() for area in areas(field))
    values = GUARDED(field, targets_at(0.9 * by_tv, factor * by_heat))
    torch.testing.assert_close(values, TV(field, {"ssa": 0.9 * by_tv}), rtol=1e-9, atol=1e-12)
    gradients = [
        torch.autograd.grad(loss.sum(), field)[0]
        for loss in (values, TV(field, {"ssa": 0.9 * by_tv}), GUARDED(field, targets_at(by_tv, by_heat / 2)))
    ]
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-9, atol=1e-12)
    assert gradients[2].abs().max() > 0.01 * gradients[1].abs().max()  # above its target it pulls


def test_undefined_guards_and_guards_of_nothing():
    field = generic(1)
    by_tv, by_heat = areas(field)
    most = by_heat / 2
    most[0, 0] = NAN
    assert GUARDED(field, targets_at(by_tv, most)).item() == pytest.approx(2 / 3)
    most[0, 0] = 0.0  # nothing is allowed: the area times the mean edge
    expected = 2 / 3 + (by_heat[0, 0].item() * 0.1) ** 2 / 3
    assert GUARDED(field, targets_at(by_tv, most)).item() == pytest.approx(expected)


def test_without_a_guard_a_quarter_more_than_the_area_is_assumed_and_said_once():
    field = generic()
    wanted = TV.descriptor(field) * torch.tensor([1.0, 1.1, NAN])
    expected = GUARDED(field, targets_at(wanted, ASSUMED_GUARD * wanted))
    assert ASSUMED_GUARD == 1.25
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            assert torch.equal(GUARDED(field, {"ssa": wanted}), expected)
    (warning,) = caught
    assert warning.category is AssumedTarget
    for part in ("'ssa.guard' is missing", "areas by heat", "1.25 times 'ssa' is taken", "Objective.targets_of"):
        assert part in str(warning.message)


def test_the_other_estimators_assume_nothing():
    field = generic()
    for loss, area in zip((TV, HEAT), areas(field), strict=True):
        assert loss(field, {"ssa": area}).tolist() == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.parametrize(
    ("key", "name", "own"),
    [("ssa", "faces", "tv"), ("ssa", "heat_2", "tv"), ("ssa.guard", "heat_1", "heat_2"), ("ssa.guard", "tv", "heat_2")],
)
def test_targets_by_another_estimator_are_refused(key, name, own):
    targets = Targets(targets_at(*(torch.ones(2, 3) for _ in range(2))), {key: name})
    with pytest.raises(InputError) as caught:
        GUARDED(generic(), targets)
    message = str(caught.value)
    assert f"targets['{key}']: measured with the estimator '{name}', and the loss measures with '{own}'" in message
    assert f"Measure the target with '{own}'" in message


def test_a_guard_of_another_width_fits_the_loss_of_that_width():
    narrow, field = SurfaceArea(GRID, sigma=1.0), generic()
    targets = Targets(narrow.target_of(field), narrow.target_estimators)
    assert targets.estimators == {"ssa": "tv", "ssa.guard": "heat_1"}
    assert narrow(field, targets).tolist() == pytest.approx([0, 0], abs=1e-12)
    with pytest.raises(InputError, match="the estimator 'heat_1', and the loss measures with 'heat_2'"):
        GUARDED(field, targets)


@pytest.mark.parametrize("shape", [(2,), (2, 1), (3, 3), (2, 6)])
def test_a_guard_of_another_shape_is_refused(shape):
    with pytest.raises(InputError, match=r"targets\['ssa\.guard'\]: shape \(2, 3\), one row per sample, or \(3,\) for"):
        GUARDED(generic(), targets_at(torch.ones(2, 3), torch.ones(shape)))


def test_the_metric_gives_both_readings():
    volume = Volume(structures(1)[0].numpy().astype(np.uint8), GRID)
    measured = specific_surface_area(volume, estimator="guarded")
    assert tuple(measured) == GUARDED.twin_keys == (*GRID.phases, "Ni.heat_2", "YSZ.heat_2", "pore.heat_2")
    for estimator, suffix in (("tv", ""), ("heat", ".heat_2")):
        alone = specific_surface_area(volume, estimator=estimator)
        assert {phase: measured[f"{phase}{suffix}"] for phase in GRID.phases} == alone
    per_phase = specific_surface_area(volume, estimator="guarded", per="phase", sigma=1.0)
    by_heat = specific_surface_area(volume, estimator="heat", per="phase", sigma=1.0)
    assert {phase: per_phase[f"{phase}.heat_1"] for phase in GRID.phases} == by_heat


def test_a_term_of_its_own_label_has_a_guard_of_its_own():
    terms = [{"loss": "ssa"}, {"loss": "ssa", "label": "surface", "params": {"sigma": 1.0}}]
    objective = porenet.Objective(GRID, terms)
    labels = structures()
    targets = objective.targets_of(labels)
    assert set(targets) == {"ssa", "ssa.guard", "surface", "surface.guard"}
    names = {"ssa": "tv", "ssa.guard": "heat_2", "surface": "tv", "surface.guard": "heat_1"}
    assert targets.estimators == names
    assert not torch.allclose(targets["ssa.guard"], targets["surface.guard"], rtol=1e-3)
    for values in objective.values(one_hot(labels), targets).values():
        assert values.tolist() == pytest.approx([0] * 3, abs=1e-9)
    # The guard under the label is that term's, and the other's stays what it was.
    tight = dict(targets) | {"surface.guard": targets["surface.guard"] / 2}
    values = objective.values(one_hot(labels), Targets(tight, targets.estimators))
    assert values["ssa"].tolist() == pytest.approx([0] * 3, abs=1e-9)
    assert values["surface"].tolist() == pytest.approx([1] * 3, rel=1e-4)
    with pytest.raises(InputError, match="the estimator 'heat_2', and the loss measures with 'heat_1'"):
        objective.values(one_hot(labels), Targets(dict(targets), names | {"surface.guard": "heat_2"}))


def test_two_terms_that_measure_alike_share_their_targets():
    terms = [{"loss": "ssa"}, {"loss": "ssa", "label": "only_pore", "params": {"phase_subset": ["pore"]}}]
    assert set(porenet.Objective(GRID, terms).targets_of(structures())) == {"ssa", "ssa.guard"}


def test_a_distribution_matches_the_areas_and_bounds_the_mean_of_the_guards():
    loss, field = Distribution(GRID, descriptor="ssa"), generic(4)
    values = loss.descriptor(field)
    assert values.shape == (4, 6)
    assert loss.guards == 3
    assert loss.target_estimators == {"distribution": "tv+heat_2"}
    matched, guards = values.split(3, dim=1)
    # Areas that are met, and guards as wide apart as they like while the mean of the batch is below that of the sample.
    loose = torch.cat([matched, 3 * guards * torch.tensor([0.1, 1.0, 5.0, 0.2])[:, None]], dim=1)
    assert loss(field, {"distribution": loose}).item() == pytest.approx(0, abs=1e-12)
    tight = torch.cat([matched, (guards.mean(dim=0) / 2).expand(4, -1)], dim=1)
    assert loss(field, {"distribution": tight}).item() == pytest.approx(1)
    # The first columns are matched from both sides, as those of total variation alone.
    reference = torch.cat([matched.flip(0) * 1.2, 10 * guards], dim=1)
    alone = Distribution(GRID, descriptor="ssa", params={"estimator": "tv"})
    expected = alone(field, {"distribution": matched * 1.2})
    torch.testing.assert_close(loss(field, {"distribution": reference}), expected, rtol=1e-9, atol=0)


def test_undefined_guards_of_a_reference_sample_count_for_nothing():
    loss, field = Distribution(GRID, descriptor="ssa"), generic(4)
    reference = loss.descriptor(field)
    reference[:, 3:] /= 2
    reference[:, 4] = NAN
    reference[1, 3] = NAN
    bound = quantile_means(reference[:, 3:], 1)[1]
    excess = (loss.descriptor(field)[:, 3:].mean(dim=0) / bound - 1)[[0, 2]].square()
    assert loss(field, {"distribution": reference}).item() == pytest.approx(excess.sum().item() / 3)


def test_an_objective_measures_the_reference_sample_of_a_guarded_distribution():
    objective = porenet.Objective(GRID, [{"loss": "distribution", "params": {"descriptor": "ssa"}}])
    labels = structures(4)
    targets = objective.targets_of(labels)
    assert targets["distribution"].shape == (4, 6)
    assert targets.estimators == {"distribution": "tv+heat_2"}
    assert "distribution" in targets.whole
    assert targets.witnesses["distribution"].shape == (4, 3)
    assert objective.values(one_hot(labels), targets)["distribution"].item() == pytest.approx(0, abs=1e-9)
    narrow = porenet.Objective(
        GRID, [{"loss": "distribution", "params": {"descriptor": "ssa", "params": {"sigma": 1.0}}}]
    )
    with pytest.raises(InputError, match=r"the estimator 'tv\+heat_2', and the loss measures with 'tv\+heat_1'"):
        narrow.values(one_hot(labels), targets)
