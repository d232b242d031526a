"""The triple-line loss: the metric's length on a structure, lines of known length, and a gradient that makes lines."""

import dataclasses
import itertools
import math
from functools import partial

import numpy as np
import porenet_boundary
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from porenet_boundary.losses.tpb import TriplePhaseBoundary
from porenet_boundary.metrics import tpb
from porenet_boundary.metrics.tpb import triple_phase_boundary
from triple_bodies import decoded, tee

import porenet
from porenet.errors import InputError
from porenet.interface import Grid, Volume
from porenet.relaxation import straight_through
from porenet.synthetic import plurigaussian
from porenet.targets import Targets
from porenet.testing import Case, grids, probability_fields, volumes
from porenet.testing.laws.gradient import gradient_reaches_logits

PHASES = ("Ni", "YSZ", "pore")
FOUR = ("Ni", "oxide", "YSZ", "pore")
CUBE = (1.0, 1.0, 1.0)
GRID = Grid(PHASES, CUBE)
AROUND = (True, True, True)
SPEC = next(one for one in porenet_boundary.porenet_specs() if (one.kind, one.name) == ("loss", "tpb"))
ESTIMATORS = ("triple", "coarea")


def by_coarea(grid=GRID, **params):
    return TriplePhaseBoundary(grid, estimator="coarea", **params)


@pytest.fixture(autouse=True)
def however_fine(monkeypatch):
    """Random voxels are too fine for coarea; the metric says so, and the loss reads them all the same."""
    monkeypatch.setattr(tpb, "UNRESOLVED", math.inf)


def gradient_at(loss, field, target):
    field = field.clone().requires_grad_()
    values = loss(field, {"tpb": torch.tensor([target], dtype=field.dtype)})
    return values, torch.autograd.grad(values.sum(), field)[0]


@pytest.mark.parametrize("estimator", ESTIMATORS)
@settings(max_examples=30)
@given(volume=grids(PHASES).flatmap(volumes))
def test_of_a_structure_it_is_the_metric(estimator, volume):
    loss = TriplePhaseBoundary(volume.grid, estimator=estimator)
    expected = triple_phase_boundary(volume, **loss.twin_params)
    assert loss.twin_keys == ("total",)
    found = loss.descriptor(decoded(volume.labels))
    assert found.shape == (1, 1)
    assert found.item() == pytest.approx(expected["total"], rel=1e-4, abs=1e-8)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@settings(max_examples=20)
@given(volume=grids(FOUR).flatmap(volumes))
def test_of_more_phases_it_is_that_of_three(estimator, volume):
    chosen = ("pore", "Ni", "oxide")
    expected = triple_phase_boundary(volume, estimator=estimator, phase_triple=chosen)["total"]
    for order in itertools.permutations(chosen):
        found = TriplePhaseBoundary(volume.grid, phase_triple=order, estimator=estimator).descriptor(
            decoded(volume.labels, 4)
        )
        assert found.item() == pytest.approx(expected, rel=1e-5, abs=1e-9)


# Extrapolated per kind and clamped, the total once was that of whatever "active" meant.
@given(grids(PHASES).flatmap(partial(volumes, min_side=2)))
def test_the_total_does_not_depend_on_what_is_active(volume):
    totals = [triple_phase_boundary(volume, estimator="coarea", active=active) for active in ("spanning", "reachable")]
    for found in totals:
        assert found["total"] == pytest.approx(totals[0]["total"], rel=1e-5, abs=1e-9)
        parts = found["active"] + found["unknown"] + found["inactive"]
        assert found["total"] == pytest.approx(parts, rel=1e-12)
        extrapolated = 1.8 * found["total.sigma_1"] - 0.8 * found["total.sigma_1.5"]
        assert found["total"] == pytest.approx(max(extrapolated, 0), rel=1e-5, abs=1e-9)


# The Gaussians are as wide in um along every axis, so that the box must be: 16 of the longest edges. The product of the
# three phases reads 1.06 of a line at 180, 90 and 90 degrees, and up to 2 % less where voxels are as coarse as it.
@pytest.mark.parametrize("voxel_um", [CUBE, (0.5, 0.25, 0.25), (2.0, 0.5, 1.0)])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize(("estimator", "reading"), [("coarea", 1.0), ("triple", 1.055)])
def test_a_straight_line_has_its_length(axis, voxel_um, estimator, reading):
    shape = [3 if i == axis else round(16 * max(voxel_um) / edge) for i, edge in enumerate(voxel_um)]
    first, second = (np.indices(shape)[i] >= shape[i] // 2 for i in range(3) if i != axis)
    labels = np.where(first, 1 + second, 0).astype(np.uint8)
    grid = Grid(PHASES, voxel_um)
    exact = triple_phase_boundary(Volume(labels, grid), estimator=estimator)["total"]
    assert exact * (16 * max(voxel_um)) ** 2 == pytest.approx(reading, rel=0.02)
    for dtype, digits in ((torch.float32, 1e-5), (torch.float64, 1e-5)):
        loss = TriplePhaseBoundary(grid, estimator=estimator)
        assert loss.descriptor(decoded(labels, dtype=dtype)).item() == pytest.approx(exact, rel=digits)


def test_layers_hold_no_line_and_rounding_sends_no_gradient():
    labels = np.repeat(np.array([0, 1, 2], np.uint8), 4)[:, None, None] * np.ones((1, 8, 8), np.uint8)
    values, gradient = gradient_at(by_coarea(), decoded(labels, dtype=torch.float32), 0.02)
    assert values.item() == pytest.approx(1, abs=1e-3)
    _, alive = gradient_at(by_coarea(), decoded(tee(12), dtype=torch.float32), 0.02)
    assert gradient.abs().sum() < 0.01 * alive.abs().sum()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_error_is_relative_both_ways(estimator):
    loss = TriplePhaseBoundary(GRID, estimator=estimator)
    field = decoded(tee(12))
    length = loss.descriptor(field).item()
    for target, expected in ((2 * length, 0.25), (length / 2, 1.0), (length, 0.0)):
        assert loss(field, {"tpb": torch.tensor([target])}).item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_an_undefined_target_counts_for_nothing_and_a_target_of_0_is_met_without_lines(estimator):
    loss = TriplePhaseBoundary(Grid(PHASES, (0.5, 0.5, 0.5)), estimator=estimator)
    field = decoded(tee(12))
    values, gradient = gradient_at(loss, field, float("nan"))
    assert values.item() == 0
    assert not gradient.any()
    values, gradient = gradient_at(loss, field, 0.0)
    assert values.item() == pytest.approx((loss.descriptor(field).item() * 0.25) ** 2)
    assert gradient.any()
    assert loss(decoded(np.zeros((4, 4, 4))), {"tpb": torch.zeros(1)}).item() == 0


def two_bodies(gap):
    labels = np.zeros((13, 13, 26), np.uint8)
    labels[:7, :, : 13 - gap // 2 - gap % 2] = 1
    labels[:, :7, 13 + gap // 2 :] = 2
    return labels


@pytest.mark.parametrize("gap", [2, 3, 4])
def test_a_line_about_to_be_is_not_held_back(gap):
    # The wider Gaussian alone sees the line: extrapolated it is below 0, and a clamp would stop the gradient.
    loss, field = by_coarea(), decoded(two_bodies(gap))
    assert loss.descriptor(field).item() == 0
    values, gradient = gradient_at(loss, field, 1e-3)
    assert values.item() >= 1
    assert loss(field - 1e-3 * gradient / gradient.abs().max(), {"tpb": torch.tensor([1e-3])}) < values
    values, gradient = gradient_at(loss, field, 0.0)
    assert values.item() == 0
    assert not gradient.any()


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("factor", [1.5, 0.6])
def test_descent_moves_the_length_of_a_structure_to_its_target(factor, estimator):
    volume, truth = plurigaussian(
        (30, 30, 30), voxel_um=(0.1, 0.1, 0.1), length_um=0.5, thresholds=(0.0, 0.0), periodic=AROUND, seed=1
    )
    # One volume scatters about its ensemble by a tenth at this size.
    start = triple_phase_boundary(volume, estimator=estimator)["total"]
    assert start == pytest.approx(truth.values["tpb"]["total"], rel=0.3)
    loss, target = TriplePhaseBoundary(volume.grid, estimator=estimator), torch.tensor([factor * start])
    logits = 2 * decoded(volume.labels, dtype=torch.float32)
    logits.requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=0.05)
    for _ in range(60):
        optimizer.zero_grad()
        loss(straight_through(logits.softmax(dim=1)), {"tpb": target}).sum().backward()
        optimizer.step()
    labels = logits.argmax(dim=1)[0].numpy().astype(np.uint8)
    reached = triple_phase_boundary(Volume(labels, volume.grid), estimator=estimator)["total"] / start
    assert abs(reached - factor) < 0.4 * abs(1 - factor)


def test_an_undecided_field_fakes_a_length_that_its_structure_has_not():
    # Waves of a hundredth about (0.36, 0.34, 0.30): no voxel of YSZ or of pore is decoded.
    z, y, x = torch.meshgrid(*[torch.arange(24) * (2 * torch.pi / 24)] * 3, indexing="ij")
    waves = torch.stack([torch.sin(x + z), torch.sin(y + 2 * z), -torch.sin(x + z) - torch.sin(y + 2 * z)])
    field = (torch.tensor([0.36, 0.34, 0.30])[:, None, None, None] + 0.004 * waves)[None].double()
    assert (field.argmax(dim=1) == 0).all()
    loss = TriplePhaseBoundary(Grid(PHASES, CUBE, AROUND))
    faked = loss.descriptor(field)
    assert faked.item() > 0
    assert loss(field, {"tpb": faked}).item() == pytest.approx(0, abs=1e-12)
    objective = porenet.Objective(Grid(PHASES, CUBE, AROUND), [{"loss": "tpb"}], relax="soft")
    _, terms = objective(field, {"tpb": faked[:, 0]})
    assert terms["tpb"].item() == pytest.approx(1)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@settings(max_examples=30)
@given(field=probability_fields(3, min_side=3), periodic=st.tuples(*[st.booleans()] * 3))
def test_gradient_reaches_the_logits_of_structures_that_hold_three_phases(estimator, field, periodic):
    # Shown structures only, the law excuses all of them; boxes of three voxels a side hold all phases, drawn at random.
    # Of cubes: a box far thinner than the Gaussian, which is as wide as the longest edge, holds no line for coarea.
    spec = dataclasses.replace(SPEC, dead_states={"flat": SPEC.dead_states["flat"]})
    gradient_reaches_logits(Case(spec, params={"estimator": estimator}), Grid(PHASES, CUBE, periodic), field)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("periodic", [(False, False, False), (True, False, True)])
def test_the_gradient_is_that_of_finite_differences(periodic, estimator):
    generator = torch.Generator().manual_seed(4)
    field = torch.randn(2, 3, 2, 3, 4, generator=generator, dtype=torch.float64).softmax(dim=1).requires_grad_()
    loss = TriplePhaseBoundary(Grid(PHASES, (1.0, 0.5, 2.0), periodic), estimator=estimator)
    assert torch.autograd.gradcheck(lambda one: loss(one, {"tpb": torch.tensor([0.01, 0.02])}), field)


@pytest.mark.parametrize(
    "labels",
    [np.zeros((3, 4, 5)), np.zeros((1, 1, 1)), np.arange(4)[None, None] % 3, np.arange(12).reshape(1, 3, 4) % 3],
)
@pytest.mark.parametrize("target", [0.0, 0.05])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_gradients_of_degenerate_fields_are_finite(labels, target, estimator):
    for dtype in (torch.float32, torch.float64):
        for field in (decoded(labels, dtype=dtype), torch.full((1, 3, *np.shape(labels)), 1 / 3, dtype=dtype)):
            values, gradient = gradient_at(TriplePhaseBoundary(GRID, estimator=estimator), field, target)
            assert values.isfinite().all()
            assert gradient.isfinite().all()


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_not_kept(dtype, estimator):
    field, loss = decoded(tee(12), dtype=dtype), TriplePhaseBoundary(GRID, estimator=estimator)
    with torch.autocast("cpu", torch.bfloat16):
        found = loss.descriptor(field)
    assert found.dtype == torch.float32
    expected = loss.descriptor(field.double())
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.slow
def test_compiles_to_one_graph_and_makes_its_tensors_where_the_field_is():
    loss = by_coarea(Grid(FOUR, CUBE, (True, False, False)), phase_triple=("pore", "Ni", "YSZ"))
    generator = torch.Generator().manual_seed(5)
    field = torch.randn(2, 4, 5, 6, 7, generator=generator).softmax(dim=1)
    targets = {"tpb": torch.tensor([0.01, 0.02])}
    compiled = torch.compile(loss, backend="eager", fullgraph=True)
    results = []
    for run in (loss, compiled):
        leaf = field.clone().requires_grad_()
        with torch.device("meta"):
            values = run(leaf, targets)
            values.sum().backward()
        results.append((values, leaf.grad))
    torch.testing.assert_close(results[0], results[1])
    assert results[0][0].shape == (2,)


def test_a_second_derivative_is_refused_rather_than_wrong():
    field = decoded(tee(6)).requires_grad_()
    value = by_coarea()(field, {"tpb": torch.tensor([0.02])}).sum()
    (first,) = torch.autograd.grad(value, field, create_graph=True)
    with pytest.raises(RuntimeError, match="can be differentiated once"):
        torch.autograd.grad(first.sum(), field)


@pytest.mark.parametrize(
    ("phases", "params", "message"),
    [
        (("solid", "pore"), {}, r"tpb: three phases meet at a triple line, the grid has 2\. Leave this loss out"),
        (FOUR, {}, r"three of the phases Ni, oxide, YSZ, pore must be chosen"),
        (PHASES, {"phase_triple": ["Ni", "Ni", "pore"]}, r"three different phases were expected"),
        (PHASES, {"phase_triple": ["Ni", "YSZ", "gold"]}, r"gold"),
        (PHASES, {"phase_triple": ["Ni", "YSZ"]}, r"phase_triple"),
    ],
)
def test_bad_phases_are_refused(phases, params, message):
    with pytest.raises(porenet.errors.PorenetError, match=message):
        porenet.create_loss("tpb", Grid(phases, CUBE), **params)


@pytest.mark.parametrize(("estimator", "name"), [("triple", "triple_2"), ("coarea", "coarea")])
def test_bad_targets_are_refused(estimator, name):
    loss, field = TriplePhaseBoundary(GRID, estimator=estimator), decoded(tee(4))
    with pytest.raises(InputError, match=r"targets\['tpb'\]: shape \(1, 1\)"):
        loss(field, {"tpb": torch.zeros(2)})
    with pytest.raises(InputError, match=f"measured with the estimator 'edges', and the loss measures with '{name}'"):
        loss(field, Targets({"tpb": torch.zeros(1)}, {"tpb": "edges"}))


def test_a_target_of_the_other_estimator_is_refused_with_the_way_out():
    objective = porenet.Objective(GRID, [{"loss": "tpb", "params": {"estimator": "coarea"}}])
    labels = torch.tensor(tee(8)[None], dtype=torch.int64)
    targets, field = objective.targets_of(labels), decoded(tee(8), dtype=torch.float32)
    assert objective.values(field, targets)["tpb"].item() == pytest.approx(0, abs=1e-9)
    with pytest.raises(InputError) as caught:
        porenet.Objective(GRID, [{"loss": "tpb"}]).values(field, targets)
    for part in ("'coarea'", "'triple_2'", "Measure the target with 'triple_2'", "estimator = 'coarea'"):
        assert part in str(caught.value)


def test_a_width_is_one_of_triple():
    assert TriplePhaseBoundary(GRID, sigma=1.0).twin_params["sigma"] == 1.0
    with pytest.raises(InputError, match=r"tpb\.sigma: the widths of 'coarea' are fixed\. Use estimator = 'triple'"):
        by_coarea(sigma=1.0)


def test_what_print_shows():
    phases = "phase_triple=('Ni', 'YSZ', 'pore')"
    assert str(TriplePhaseBoundary(GRID)) == f"TriplePhaseBoundary({phases}, estimator='triple_2')"
    assert str(by_coarea()) == f"TriplePhaseBoundary({phases}, estimator='coarea')"
