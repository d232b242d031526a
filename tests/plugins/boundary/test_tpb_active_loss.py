"""The active-line loss: the metric's active length but for a known leak, and a gradient that joins what is cut off.

test_tpb_active_guard.py has its targets and its guard.
"""

import math
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from porenet_boundary.losses.tpb import TriplePhaseBoundary
from porenet_boundary.losses.tpb_active import ActiveTriplePhaseBoundary, supplied_share
from porenet_boundary.metrics import tpb
from porenet_boundary.metrics.tpb import triple_phase_boundary
from triple_bodies import cut, decoded, tee

import porenet
from porenet.errors import InputError
from porenet.interface import Grid, Volume
from porenet.relaxation import straight_through
from porenet.synthetic import plurigaussian
from porenet.testing import grids, volumes

PHASES = ("Ni", "YSZ", "pore")
FOUR = ("Ni", "oxide", "YSZ", "pore")
CUBE = (1.0, 1.0, 1.0)
GRID = Grid(PHASES, CUBE)
COLD = 0.02
LEAK = math.exp(-1 / 0.2)
ESTIMATORS = ("triple", "coarea")


def by_coarea(grid=GRID, **params):
    return ActiveTriplePhaseBoundary(grid, estimator="coarea", **params)


@pytest.fixture(autouse=True)
def however_fine(monkeypatch):
    """Random voxels are too fine for coarea; the metric says so, and the loss reads them all the same."""
    monkeypatch.setattr(tpb, "UNRESOLVED", math.inf)


def active(labels, loss, voxel_um=CUBE):
    return triple_phase_boundary(Volume(np.asarray(labels, np.uint8), Grid(PHASES, voxel_um)), **loss.twin_params)


def targets_at(active, total=None):
    """Targets of one structure; a guard that no structure exceeds unless the length of all lines is given."""
    return {
        "tpb_active": torch.tensor([active], dtype=torch.float64),
        "tpb_active.guard": torch.tensor([1e9 if total is None else total], dtype=torch.float64),
    }


def gradient_at(loss, field, target):
    field = field.clone().requires_grad_()
    values = loss(field, targets_at(target))
    return values, torch.autograd.grad(values.sum(), field)[0]


@pytest.mark.parametrize("estimator", ESTIMATORS)
@settings(max_examples=30)
@given(volume=grids(PHASES).flatmap(partial(volumes, min_side=2)), turned=st.booleans())
def test_of_a_structure_it_is_the_metric_and_no_more_than_a_leak(estimator, volume, turned):
    reservoirs = {"Ni": "x_max", "YSZ": "y_min", "pore": "z_max"} if turned else None
    cold = ActiveTriplePhaseBoundary(volume.grid, temperature=COLD, reservoirs=reservoirs, estimator=estimator)
    found = triple_phase_boundary(volume, **cold.twin_params)
    field = decoded(volume.labels)
    assert cold.twin_keys == (("active", "total") if estimator == "triple" else ("active",))
    (described,) = cold.descriptor(field).tolist()
    assert described == pytest.approx([found[key] for key in cold.twin_keys], rel=1e-5, abs=1e-9)
    warm = ActiveTriplePhaseBoundary(volume.grid, reservoirs=reservoirs, estimator=estimator)
    # What each Gaussian sees leaks on its own, and the wider one is subtracted.
    largest = LEAK * 3 * found["total"]
    if estimator == "coarea":
        largest = LEAK * 3 * (1.8 * found["total.sigma_1"] + 0.8 * found["total.sigma_1.5"])
    assert abs(warm.descriptor(field)[0, 0].item() - found["active"]) <= largest + 1e-12


@pytest.mark.parametrize("estimator", ESTIMATORS)
@settings(max_examples=30)
@given(volume=grids(FOUR).flatmap(partial(volumes, min_side=2)))
def test_of_more_phases_it_is_that_of_three(estimator, volume):
    reservoirs = {"oxide": "x_max", "Ni": "z_min", "pore": "z_min", "gold": "z_min"}
    loss = ActiveTriplePhaseBoundary(
        volume.grid, phase_triple=("pore", "Ni", "oxide"), reservoirs=reservoirs, temperature=COLD, estimator=estimator
    )
    expected = triple_phase_boundary(volume, **loss.twin_params)["active"]
    found = loss.descriptor(decoded(volume.labels, 4))[0, 0].item()
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("voxel_um", [CUBE, (0.5, 0.25, 0.25), (2.0, 0.5, 1.0)])
def test_a_line_that_is_supplied_has_its_length(voxel_um, estimator):
    grid = Grid(PHASES, voxel_um)
    for dtype in (torch.float32, torch.float64):
        field = decoded(tee(), dtype=dtype)
        found = ActiveTriplePhaseBoundary(grid, estimator=estimator).descriptor(field)
        assert found.dtype == dtype
        # All of each phase is joined, so it is the length of all lines, which test_tpb_loss.py knows.
        total = TriplePhaseBoundary(grid, estimator=estimator).descriptor(field)
        assert found[0].tolist() == pytest.approx([total.item()] * found.shape[1], rel=1e-5)


@pytest.mark.parametrize("at", [4, 12, 18])
def test_of_a_severed_line_the_part_before_the_cut_counts(at):
    loss = by_coarea(temperature=COLD)
    # Of 24 slices as many as Ni reaches, and the line that runs to the side along the end of the Ni, on the pore: half
    # the box. Smoothed and extrapolated, so it is known to half a voxel at each end and the corner between them.
    found = loss.descriptor(decoded(cut(2, at=at))).item() * 24**3
    assert found == pytest.approx(at + 12, abs=1.5)
    assert active(cut(2, at=at), loss)["total"] * 24**3 == pytest.approx(22 + 2 * 12, abs=2)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_what_is_behind_a_gap_leaks_by_its_voxels(estimator):
    warm, cold = (ActiveTriplePhaseBoundary(GRID, estimator=estimator, temperature=t) for t in (0.2, COLD))
    every = TriplePhaseBoundary(GRID, estimator=estimator)
    for gap in (1, 2, 3):
        field = decoded(cut(gap))
        active_length = cold.descriptor(field)[0, 0].item()
        behind = every.descriptor(field).item() - active_length
        leak = warm.descriptor(field)[0, 0].item() - active_length
        assert leak == pytest.approx(math.exp(-gap / 0.2) * behind, rel=0.15)


def test_the_share_is_one_where_a_phase_is_joined_and_falls_by_the_voxels_to_convert():
    field = decoded(cut(2))
    share = supplied_share(field, (0, 1, 2), ("z_min", "z_max", "z_min"), (False,) * 3, 0.1, 0.5)
    volume = Volume(cut(2), GRID)
    for channel, (phase, face) in enumerate({"Ni": "z_min", "YSZ": "z_max", "pore": "z_min"}.items()):
        joined = volume.reachable(phase, (face,))
        np.testing.assert_array_equal(share[0, channel].numpy() == 1, joined)
    beyond = share[0, 0, 14:][decoded(cut(2))[0, 0, 14:] == 1]
    assert beyond.unique().item() == pytest.approx(math.exp(-4))


@pytest.mark.parametrize(("estimator", "coarse", "fine"), [("coarea", 0.02, 0.07), ("triple", 0.035, 0.1)])
def test_the_share_of_active_lines_is_that_of_the_edges(estimator, coarse, fine):
    # A share of an ensemble is not known; the exact count of edges of the same electrode is. Features of 2.5 voxels are
    # the hardest: what is cut off lies beside what is joined, and both are in one Gaussian.
    shares = []
    for seed, (length, threshold) in enumerate([(2.5, 0.0), (4.0, 0.6), (6.0, 0.6)] * 2):
        volume, _ = plurigaussian((36, 36, 36), voxel_um=CUBE, length_um=length, thresholds=(threshold, 0.0), seed=seed)
        edges = triple_phase_boundary(volume, active="reachable")
        field = decoded(volume.labels, dtype=torch.float32)
        found = ActiveTriplePhaseBoundary(volume.grid, estimator=estimator).descriptor(field)[0, 0].item()
        total = TriplePhaseBoundary(volume.grid, estimator=estimator).descriptor(field).item()
        shares.append((edges["active"] / edges["total"], found / total))
    by_edges, by_loss = np.transpose(shares)
    assert by_edges.min() < 0.65 < 0.9 < by_edges.max()
    np.testing.assert_allclose(by_loss, by_edges, atol=fine)
    np.testing.assert_allclose(by_loss[1::3], by_edges[1::3], atol=coarse)
    np.testing.assert_allclose(by_loss[2::3], by_edges[2::3], atol=coarse)


@pytest.mark.parametrize("gap", [1, 2, 4])
def test_what_is_behind_a_gap_pulls_at_every_slice_of_it(gap):
    labels = cut(gap, side=12, at=5)
    field = decoded(labels).requires_grad_()
    share = supplied_share(field, (0, 1, 2), ("z_min", "z_max", "z_min"), (False,) * 3, 0.1, 0.5)
    behind = torch.tensor(labels == 0)
    behind[:5] = False
    (gradient,) = torch.autograd.grad(share[0, 0][behind].sum(), field)
    # The cheapest way of each of these voxels converts one voxel in each slice of the gap, and nothing else.
    pull = behind.sum().item() * math.exp(-gap / 0.5) / 0.5 / 1.1
    per_slice = gradient[0].sum(dim=(2, 3))
    assert per_slice[0, 5 : 5 + gap].tolist() == pytest.approx([pull] * gap)
    assert per_slice[1, 5 : 5 + gap].tolist() == pytest.approx([-pull] * gap)  # its strongest rival there
    per_slice[:, 5 : 5 + gap] = 0
    assert not per_slice.any()
    assert gradient.count_nonzero() <= 2 * gap * 12 * 6


# Nearer to the face the wider Gaussian of triple sees little of a line before the cut, and the guard outweighs it.
@pytest.mark.parametrize("gap", [1, 2])
@pytest.mark.parametrize(("estimator", "side", "at"), [("coarea", 12, 2), ("triple", 16, 4)])
def test_descent_restores_the_active_length_of_a_severed_structure(estimator, side, at, gap):
    labels = cut(gap, side=side, at=at)
    loss = ActiveTriplePhaseBoundary(GRID, estimator=estimator)
    targets = loss.target_of(decoded(tee(side)))
    target = active(tee(side), loss)["active"]
    assert active(labels, loss)["active"] < 0.8 * target
    logits = (2 * decoded(labels, dtype=torch.float32)).requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=0.1)
    for _ in range(100):
        optimizer.zero_grad()
        values = loss(straight_through(logits.softmax(dim=1)), targets)
        if values.item() < 2.5e-3:
            break
        values.sum().backward()
        optimizer.step()
    reached = active(logits.argmax(dim=1)[0].numpy(), loss)["active"]
    assert reached == pytest.approx(target, rel=0.1)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_error_is_relative_both_ways(estimator):
    loss = ActiveTriplePhaseBoundary(GRID, estimator=estimator)
    field = decoded(tee(12))
    length = loss.descriptor(field)[0, 0].item()
    for target, expected in ((2 * length, 0.25), (length / 2, 1.0), (length, 0.0)):
        assert loss(field, targets_at(target)).item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_an_undefined_target_counts_for_nothing_and_a_target_of_0_is_met_without_lines(estimator):
    loss = ActiveTriplePhaseBoundary(Grid(PHASES, (0.5, 0.5, 0.5)), estimator=estimator)
    field = decoded(tee(12))
    values, gradient = gradient_at(loss, field, float("nan"))
    assert values.item() == 0
    assert not gradient.any()
    values, gradient = gradient_at(loss, field, 0.0)
    assert values.item() == pytest.approx((loss.descriptor(field)[0, 0].item() * 0.25) ** 2)
    assert gradient.any()
    assert loss(decoded(np.zeros((4, 4, 4))), targets_at(0.0, 0.0)).item() == 0


def test_around_a_periodic_axis_there_is_no_supply_along_it_but_beside_it():
    # The upper half of the Ni is joined around y, and would be around z, but that is the axis of supply.
    labels = cut(2)
    for periodic in ((True, False, False), (False, True, False), (True, True, True)):
        loss = ActiveTriplePhaseBoundary(Grid(PHASES, CUBE, periodic), temperature=COLD)
        expected = triple_phase_boundary(Volume(labels, Grid(PHASES, CUBE, periodic)), **loss.twin_params)
        assert loss.descriptor(decoded(labels))[0, 0].item() == pytest.approx(expected["active"], rel=1e-6)
        assert loss.wraps_in_supply == (False, *periodic[1:])


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("periodic", [(False, False, False), (True, False, True)])
def test_the_gradient_is_that_of_finite_differences(periodic, estimator):
    generator = torch.Generator().manual_seed(4)
    field = torch.randn(1, 3, 2, 4, 3, generator=generator, dtype=torch.float64).softmax(dim=1).requires_grad_()
    loss = ActiveTriplePhaseBoundary(Grid(PHASES, (1.0, 0.5, 2.0), periodic), temperature=1.0, estimator=estimator)
    targets = targets_at(0.01, 0.001)  # both parts of the loss are above 0
    assert torch.autograd.gradcheck(lambda one: loss(one, targets), field)


@pytest.mark.parametrize(
    "labels",
    [np.zeros((3, 4, 5)), np.zeros((1, 1, 1)), np.arange(4)[None, None] % 3, np.arange(12).reshape(1, 3, 4) % 3],
)
@pytest.mark.parametrize("target", [0.0, 0.05])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_gradients_of_degenerate_fields_are_finite(labels, target, estimator):
    for dtype in (torch.float32, torch.float64):
        for field in (decoded(labels, dtype=dtype), torch.full((1, 3, *np.shape(labels)), 1 / 3, dtype=dtype)):
            for temperature in (1e-3, 0.2, 10.0):
                loss = ActiveTriplePhaseBoundary(GRID, temperature=temperature, estimator=estimator)
                values, gradient = gradient_at(loss, field, target)
                assert values.isfinite().all()
                assert gradient.isfinite().all()


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_not_kept(dtype, estimator):
    field = decoded(cut(2, side=12, at=6), dtype=dtype)
    loss = ActiveTriplePhaseBoundary(GRID, estimator=estimator)
    with torch.autocast("cpu", torch.bfloat16):
        found = loss.descriptor(field)
    assert found.dtype == torch.float32
    assert found[0].tolist() == pytest.approx(loss.descriptor(field.double())[0].tolist(), rel=1e-5)


@pytest.mark.slow
def test_compiles_to_one_graph_and_makes_its_tensors_where_the_field_is():
    loss = ActiveTriplePhaseBoundary(Grid(FOUR, CUBE, (True, False, False)), phase_triple=("pore", "Ni", "YSZ"))
    generator = torch.Generator().manual_seed(5)
    field = torch.randn(2, 4, 5, 6, 7, generator=generator).softmax(dim=1)
    targets = {"tpb_active": torch.tensor([0.01, 0.02]), "tpb_active.guard": torch.tensor([0.02, 0.02])}
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


@pytest.mark.parametrize(
    ("estimator", "names"),
    [
        ("coarea", {"tpb_active": "coarea", "tpb": "coarea"}),
        ("triple", {"tpb_active": "triple_2", "tpb_active.guard": "triple_2", "tpb": "triple_2"}),
    ],
)
def test_an_objective_measures_its_own_targets(estimator, names):
    params = {"estimator": estimator}
    objective = porenet.Objective(GRID, [{"loss": "tpb_active", "params": params}, {"loss": "tpb", "params": params}])
    labels = torch.tensor(np.stack([tee(12), cut(2, side=12, at=4)]), dtype=torch.int64)
    targets = objective.targets_of(labels)
    assert targets.estimators == names
    assert targets["tpb_active"][0].item() == pytest.approx(targets["tpb"][0].item(), rel=1e-5)
    assert targets["tpb_active"][1] < 0.6 * targets["tpb"][1]
    if "tpb_active.guard" in names:
        torch.testing.assert_close(targets["tpb_active.guard"], targets["tpb"])
    field = torch.cat([decoded(one, dtype=torch.float32) for one in labels])
    _, terms = objective(field, targets)
    assert terms["tpb_active"].item() == pytest.approx(0, abs=1e-9)


def test_the_spread_of_training_structures_is_matched_through_distribution():
    params = {"descriptor": "tpb_active"}
    objective = porenet.Objective(GRID, [{"loss": "distribution", "params": params}])
    labels = torch.tensor(np.stack([tee(12), cut(2, side=12, at=4), cut(2, side=12, at=8)]), dtype=torch.int64)
    targets = objective.targets_of(labels)
    field = torch.cat([decoded(one, dtype=torch.float32) for one in labels])
    _, same = objective(field, targets)
    _, other = objective(field[:1].expand(3, -1, -1, -1, -1), targets)
    assert same["distribution"].item() == pytest.approx(0, abs=1e-6)
    assert other["distribution"] > 0.1


@pytest.mark.parametrize(
    ("phases", "params", "message"),
    [
        (("solid", "pore"), {}, r"tpb_active: three phases meet at a triple line, the grid has 2\. Leave this loss"),
        (FOUR, {}, r"three of the phases Ni, oxide, YSZ, pore must be chosen"),
        (PHASES, {"phase_triple": ["Ni", "Ni", "pore"]}, r"three different phases were expected"),
        (("LSM", "YSZ", "pore"), {}, r"tpb_active\.reservoirs: no face is known to supply LSM"),
        (PHASES, {"reservoirs": {"Ni": "z_min"}}, r"no face is known to supply YSZ, pore"),
        (PHASES, {"reservoirs": {"Ni": "top", "YSZ": "z_max", "pore": "z_min"}}, r"top"),
        (PHASES, {"temperature": 0}, r"temperature"),
        (PHASES, {"margin": 0}, r"margin"),
        (PHASES, {"margin": 1.5}, r"margin"),
    ],
)
def test_bad_parameters_are_refused(phases, params, message):
    with pytest.raises(porenet.errors.PorenetError, match=message):
        porenet.create_loss("tpb_active", Grid(phases, CUBE), **params)


def test_a_width_is_one_of_triple():
    with pytest.raises(InputError, match=r"tpb_active\.sigma: the widths of 'coarea' are fixed"):
        by_coarea(sigma=1.0)


def test_what_print_shows():
    for loss, name in ((ActiveTriplePhaseBoundary(GRID), "triple_2"), (by_coarea(), "coarea")):
        supplied = "Ni from z_min, YSZ from z_max, pore from z_min"
        rest = f"estimator='{name}', temperature=0.2, margin=0.1"
        assert str(loss) == f"ActiveTriplePhaseBoundary({supplied}, {rest})"
