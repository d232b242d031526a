"""The loss on interface areas: the metric's on structures, the identity with surface area, and its gradient.

Counts of faces by hand; test_heat.py has what is known of the areas by heat.
"""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from porenet_boundary.losses.dpb import InterfaceAreas, contact_densities
from porenet_boundary.metrics.dpb import interface_densities
from porenet_statistics.metrics.ssa import specific_surface_area

import porenet
from porenet.errors import InputError, PorenetError
from porenet.interface import Grid, Volume
from porenet.relaxation import straight_through
from porenet.synthetic import plurigaussian
from porenet.targets import Targets
from porenet.testing import grids, probability_fields, volumes

PHASES = ("Ni", "YSZ", "pore")
CUBE = (1.0, 1.0, 1.0)
GRID = Grid(PHASES, CUBE)
PERIODIC = st.tuples(st.booleans(), st.booleans(), st.booleans())
ESTIMATORS = ("heat", "faces")


def by_faces(grid, **params):
    return InterfaceAreas(grid, estimator="faces", **params)


def decoded(labels, phases, dtype=torch.float64):
    one_hot = torch.nn.functional.one_hot(torch.tensor(np.asarray(labels), dtype=torch.int64), phases)
    return one_hot.movedim(-1, 0)[None].to(dtype)


def flat(*shares, shape=(3, 4, 5)):
    return torch.tensor(shares, dtype=torch.float64).view(1, -1, 1, 1, 1).expand(1, -1, *shape).clone()


def neighbours(field, axis, wraps):
    """Both voxels of every face across an axis."""
    first, second = field.narrow(axis, 0, field.shape[axis] - 1), field.narrow(axis, 1, field.shape[axis] - 1)
    if wraps:
        first = torch.cat([first, field.narrow(axis, field.shape[axis] - 1, 1)], axis)
        second = torch.cat([second, field.narrow(axis, 0, 1)], axis)
    return first, second


def by_definition(field, voxel_um, periodic):
    """Face by face, pair by pair."""
    phases, found = field.shape[1], []
    for a, b in itertools.combinations(range(phases), 2):
        density = 0
        for axis, (edge, wraps) in enumerate(zip(voxel_um, periodic, strict=True), start=2):
            u, v = neighbours(field, axis, wraps)
            density = density + (u[:, a] * v[:, b] + u[:, b] * v[:, a]).sum(dim=(1, 2, 3)) / edge
        found.append(density / field[0, 0].numel())
    return torch.stack(found, dim=1)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@given(volume=grids().flatmap(volumes))
def test_of_a_structure_it_is_the_metric(estimator, volume):
    loss = InterfaceAreas(volume.grid, estimator=estimator)
    expected = interface_densities(volume, **loss.twin_params)
    assert loss.twin_keys == tuple(expected)
    for dtype, digits in ((torch.float32, 1e-6), (torch.float64, 1e-7 if estimator == "heat" else 1e-13)):
        (found,) = loss.descriptor(decoded(volume.labels, len(volume.grid.phases), dtype)).tolist()
        assert found == pytest.approx(list(expected.values()), rel=10 * digits if estimator == "heat" else digits)


@given(probability_fields(4), PERIODIC)
def test_a_field_is_counted_face_by_face(field, periodic):
    voxel_um = (1.0, 0.5, 2.0)
    here, there = field.clone().requires_grad_(), field.clone().requires_grad_()
    found = by_faces(Grid(("a", "b", "c", "d"), voxel_um, periodic)).descriptor(here)
    expected = by_definition(there, voxel_um, periodic)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)
    weights = torch.arange(1.0, found.numel() + 1).view_as(found)
    (found * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(here.grad, there.grad, rtol=1e-12, atol=1e-14)


@given(grids(PHASES).flatmap(volumes))
def test_areas_of_a_phase_add_up_to_its_surface(volume):
    contacts = contact_densities(decoded(volume.labels, 3), volume.grid.voxel_um, volume.grid.periodic)[0]
    partners = contacts.sum(dim=1) - contacts.diagonal()
    expected = specific_surface_area(volume, estimator="faces", per="volume")
    assert partners.tolist() == pytest.approx(list(expected.values()), rel=1e-12)


@given(probability_fields(3), PERIODIC)
def test_so_they_do_on_soft_fields(field, periodic):
    contacts = contact_densities(field, CUBE, periodic)
    partners = contacts.sum(dim=2) - contacts.diagonal(dim1=1, dim2=2)
    loss = porenet.create_loss("ssa", Grid(PHASES, CUBE, periodic), estimator="faces", form="product")
    torch.testing.assert_close(partners, loss.descriptor(field), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("periodic", "expected"), [(False, [1 / 10, 0, 2 / 10]), (True, [2 / 10, 0, 2 / 10])])
def test_three_slabs_by_hand(periodic, expected):
    labels = np.repeat(np.array([0, 1, 2, 1]), 5)[:, None, None] * np.ones((1, 6, 7), int)
    loss = by_faces(Grid(("a", "b", "c"), (0.5, 1.0, 2.0), (periodic, False, False)))
    assert loss.descriptor(decoded(labels, 3))[0].tolist() == pytest.approx(expected)


def test_a_checkerboard_by_hand():
    labels = np.indices((4, 4, 4)).sum(axis=0) % 2
    loss = by_faces(Grid(("a", "b"), (0.5, 0.5, 0.5), (True, True, True)))
    assert loss.descriptor(decoded(labels, 2)).tolist() == [[6.0]]


def test_a_flat_field_has_interfaces_everywhere():
    found = by_faces(Grid(PHASES, CUBE, (True, True, True))).descriptor(flat(0.36, 0.34, 0.30))
    assert found[0].tolist() == pytest.approx([6 * 0.36 * 0.34, 6 * 0.36 * 0.30, 6 * 0.34 * 0.30])


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_chosen_pairs_come_in_their_order(estimator):
    field = torch.rand(2, 3, 3, 4, 5, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
    every = InterfaceAreas(GRID, estimator=estimator).descriptor(field)
    loss = porenet.create_loss("dpb", GRID, pairs=[["pore", "YSZ"], ["pore", "Ni"]], estimator=estimator)
    assert torch.equal(loss.descriptor(field), every[:, [2, 1]])
    assert loss.twin_keys == ("YSZ-pore", "Ni-pore")
    assert str(loss) == f"InterfaceAreas(pairs=YSZ-pore, Ni-pore, estimator='{loss.target_estimators['dpb']}')"
    assert loss.target_estimators == {"dpb": "heat_2" if estimator == "heat" else "faces"}


def test_the_error_is_relative_and_averaged_over_the_pairs():
    loss = by_faces(Grid(PHASES, (0.5, 0.5, 0.5)))
    labels = np.repeat(np.array([0, 1, 2]), 2)[:, None, None] * np.ones((1, 3, 3), int)  # 1/3, 0, 1/3 um^-1
    field = decoded(labels, 3)
    for target, expected in (
        ([2 / 3, 1.0, 1 / 6], (0.25 + 1 + 1) / 3),
        ([1 / 3, float("nan"), 1 / 3], 0),
        ([1 / 3, 0.0, 0.0], (1 / 6) ** 2 / 3),
    ):
        assert loss(field, {"dpb": torch.tensor([target])}).item() == pytest.approx(expected, abs=1e-6)


def test_two_phases_take_one_target_a_sample():
    loss = by_faces(Grid(("a", "b"), CUBE))
    field = decoded(np.indices((2, 2, 2)).sum(axis=0) % 2, 2)  # 12 faces in 8 voxels
    assert loss(field, {"dpb": torch.tensor([3.0])}).tolist() == pytest.approx([0.25])


# A declared dead state: the area 2 p (1 - p) of two phases is largest there.
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_two_phases_at_a_half_have_no_gradient_at_the_logits(estimator):
    loss = InterfaceAreas(Grid(("a", "b"), CUBE), estimator=estimator)
    for share, alive in ((0.5, False), (0.6, True)):
        logits = flat(share, 1 - share).log().requires_grad_()
        loss(logits.softmax(dim=1), {"dpb": torch.tensor([0.5])}).sum().backward()
        assert (logits.grad.abs().max() > 1e-6) == alive


# Faces are shed slowly: a staircase has as many as its two flat walls.
@pytest.mark.parametrize(
    ("estimator", "factor", "left"),
    [("faces", 1.4, 0.05), ("faces", 0.7, 0.6), ("heat", 1.4, 0.05), ("heat", 0.7, 0.2)],
)
def test_descent_moves_the_areas_of_a_structure_to_their_targets(estimator, factor, left):
    volume, _ = plurigaussian((24, 24, 24), voxel_um=(0.1, 0.1, 0.1), length_um=0.4, thresholds=(0.2, 0.0), seed=2)
    loss = InterfaceAreas(volume.grid, estimator=estimator)
    start = torch.tensor([list(interface_densities(volume, estimator=estimator).values())])
    logits = 2 * decoded(volume.labels, 3, torch.float32)
    logits.requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=0.05)
    values = []
    for _ in range(60):
        optimizer.zero_grad()
        value = loss(straight_through(logits.softmax(dim=1)), {"dpb": factor * start}).sum()
        value.backward()
        optimizer.step()
        values.append(value.item())
    labels = logits.argmax(dim=1)[0].numpy().astype(np.uint8)
    reached = torch.tensor([list(interface_densities(Volume(labels, volume.grid), estimator=estimator).values())])
    measured = (reached / (factor * start) - 1).square().mean().item()
    assert values[0] == pytest.approx((1 / factor - 1) ** 2, rel=1e-5)
    assert measured < left * values[0]


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 4), (1, 3, 4)])
def test_gradients_of_degenerate_fields_are_finite(estimator, shape):
    for field in (flat(1, 0, 0, shape=shape), flat(0.5, 0.5, 0, shape=shape), flat(1 / 3, 1 / 3, 1 / 3, shape=shape)):
        for target in (0.0, 0.4, float("nan")):
            leaf = field.clone().requires_grad_()
            value = InterfaceAreas(GRID, estimator=estimator)(leaf, {"dpb": torch.full((1, 3), target)})
            value.sum().backward()
            assert value.isfinite().all()
            assert leaf.grad.isfinite().all()


def test_255_phases():
    labels = np.arange(1000).reshape(10, 10, 10) % 255
    loss = by_faces(Grid([f"p{i}" for i in range(255)], CUBE))
    found = loss.descriptor(decoded(labels, 255, torch.float32))
    assert found.shape == (1, 255 * 254 // 2)
    assert found.sum().item() * 1000 == pytest.approx(2700)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_autocast_and_half_precision_count_in_full(estimator):
    labels = np.random.default_rng(3).integers(0, 3, (16, 16, 16))
    loss = InterfaceAreas(GRID, estimator=estimator)
    expected = loss.descriptor(decoded(labels, 3))
    for dtype in (torch.bfloat16, torch.float16, torch.float32):
        field = decoded(labels, 3, dtype).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            found = loss.descriptor(field)
            found.sum().backward()
        assert found.dtype == torch.float32
        assert field.grad.dtype == dtype
        torch.testing.assert_close(found.double(), expected, rtol=1e-6, atol=0)


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "pairs"), [("faces", None), ("heat", (("pore", "Ni"),))])
def test_compiles_to_one_graph_and_makes_its_tensors_where_the_field_is(estimator, pairs):
    loss = InterfaceAreas(Grid(PHASES, CUBE, (False, True, False)), estimator=estimator, pairs=pairs)
    field = torch.rand(2, 3, 3, 4, 5, generator=torch.Generator().manual_seed(1)).softmax(dim=1)
    targets = {"dpb": torch.full((2, 3 if pairs is None else 1), 0.3)}
    results = []
    for run in (loss, torch.compile(loss, backend="eager", fullgraph=True)):
        leaf = field.clone().requires_grad_()
        with torch.device("meta"):
            values = run(leaf, targets)
            values.sum().backward()
        results.append((values, leaf.grad))
    torch.testing.assert_close(results[0], results[1])


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([], "one or more pairs were expected, each once, not none"),
        ([["Ni", "pore"], ["pore", "Ni"]], "each once, not Ni-pore, pore-Ni"),
        ([["Ni", "Ni"]], r"two different phases were expected, not \['Ni', 'Ni'\]"),
        ([["Ni", "gold"]], "gold"),
        ([["Ni"]], "pairs"),
    ],
)
def test_bad_pairs_are_refused(pairs, message):
    with pytest.raises(PorenetError, match=message):
        porenet.create_loss("dpb", GRID, pairs=pairs)


def test_bad_targets_are_refused():
    loss, field = InterfaceAreas(GRID), flat(0.5, 0.3, 0.2)
    with pytest.raises(InputError, match=r"targets\['dpb'\]: shape \(1, 3\)"):
        loss(field, {"dpb": torch.zeros(1)})
    for other in (loss, by_faces(GRID), InterfaceAreas(GRID, sigma=1.0)):
        own = other.target_estimators["dpb"]
        with pytest.raises(InputError, match=f"the estimator 'crofton', and the loss measures with '{own}'"):
            other(field, Targets({"dpb": torch.zeros(1, 3)}, {"dpb": "crofton"}))


def test_a_width_is_one_of_heat():
    assert InterfaceAreas(GRID, sigma=1.0).twin_params == {"estimator": "heat", "sigma": 1.0}
    with pytest.raises(InputError, match=r"dpb\.sigma: .* the estimator is 'faces'\. Use estimator = 'heat'"):
        by_faces(GRID, sigma=1.0)
