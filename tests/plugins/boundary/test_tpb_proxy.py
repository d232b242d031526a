"""The published stand-in for the triple-phase boundary: its formula, and that it is met by doubt alone."""

import numpy as np
import pytest
import torch
from hypothesis import given
from porenet_boundary.losses.tpb_proxy import TriplePhaseProxy, mean_product

import porenet
from porenet.errors import PorenetError
from porenet.interface import Grid
from porenet.testing import probability_fields

PHASES = ("Ni", "YSZ", "pore")
GRID = Grid(PHASES, (0.1, 0.1, 0.1))


def flat(*shares, shape=(2, 3, 4)):
    return torch.tensor(shares, dtype=torch.float64).view(1, -1, 1, 1, 1).expand(1, -1, *shape).clone()


@given(probability_fields())
def test_the_value_is_the_published_formula(field):
    p = field.numpy()
    expected = np.maximum(0.03 - (p[:, 0] * p[:, 1] * p[:, 2]).mean(axis=(1, 2, 3)), 0)
    np.testing.assert_allclose(TriplePhaseProxy(GRID, target=0.03)(field, {}).numpy(), expected, atol=1e-15)


@pytest.mark.parametrize(
    ("shares", "expected"),
    [((1 / 3, 1 / 3, 1 / 3), 0), ((0.36, 0.34, 0.30), 0), ((0.5, 0.5, 0), 0.035), ((0.5, 0.3, 0.2), 0.005)],
)
def test_flat_fields_by_hand(shares, expected):
    assert TriplePhaseProxy(GRID, target=0.035)(flat(*shares), {}).item() == pytest.approx(expected, abs=1e-12)


# The defect: three columns that meet on a line, which is as long as the box, pay in full and learn nothing.
def test_a_structure_pays_in_full_and_has_no_gradient():
    labels = torch.zeros(1, 4, 4, 4, dtype=torch.int64)
    labels[:, :, 2:, :2], labels[:, :, 2:, 2:] = 1, 2
    field = torch.nn.functional.one_hot(labels, 3).movedim(-1, 1).double().requires_grad_()
    value = TriplePhaseProxy(GRID, target=0.035)(field, {})
    value.sum().backward()
    assert value.item() == 0.035
    assert not field.grad.any()


def test_it_leads_away_from_a_structure_to_doubt():
    logits = torch.tensor([2.0, 0.0, 0.0]).view(1, 3, 1, 1, 1).requires_grad_()
    TriplePhaseProxy(GRID, target=1 / 27)(logits.softmax(dim=1), {}).sum().backward()
    step = (logits - 100 * logits.grad).softmax(dim=1).flatten()
    assert step.max() - step.min() < 0.9 * (logits.softmax(dim=1).max() - logits.softmax(dim=1).min())


def test_it_is_always_shown_the_soft_field():
    objective = porenet.Objective(GRID, [{"loss": "tpb_proxy", "weight": 1, "params": {"target": 0.035}}])
    assert objective(flat(0.36, 0.34, 0.30), {})[1]["tpb_proxy"].item() == 0


def test_the_three_phases_are_taken_by_name():
    grid = Grid(("crack", *PHASES), (0.1, 0.1, 0.1))
    loss = porenet.create_loss("tpb_proxy", grid, target=0.03, phase_triple=["pore", "Ni", "YSZ"])
    assert loss(flat(0.4, 0.3, 0.2, 0.1), {}).item() == pytest.approx(0.03 - 0.006)
    assert str(loss) == "TriplePhaseProxy(target=0.03, phase_triple=('pore', 'Ni', 'YSZ'))"


def test_half_precision_is_not_kept():
    found = mean_product(torch.full((1, 3, 32, 32, 32), 0.3, dtype=torch.bfloat16))
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(torch.tensor(0.3, dtype=torch.bfloat16).item() ** 3, rel=1e-5)


def test_compiles_to_one_graph_and_makes_its_tensors_where_the_field_is():
    loss, field = TriplePhaseProxy(GRID, target=0.03), flat(0.5, 0.3, 0.2)
    with torch.device("meta"):
        found = torch.compile(loss, backend="eager", fullgraph=True)(field, {})
    torch.testing.assert_close(found, loss(field, {}))


@pytest.mark.parametrize(
    ("phases", "params", "message"),
    [
        (PHASES, {"target": 0.04}, r"target.*0\.037"),
        (PHASES, {"target": 0.0}, r"target"),
        (PHASES, {}, r"target"),
        (("solid", "pore"), {"target": 0.03}, r"tpb_proxy: three phases meet at a triple line, the grid has 2"),
        (("a", "b", "c", "d"), {"target": 0.03}, r"three of the phases a, b, c, d must be chosen"),
    ],
)
def test_bad_parameters_are_refused(phases, params, message):
    with pytest.raises(PorenetError, match=message):
        porenet.create_loss("tpb_proxy", Grid(phases, (0.1, 0.1, 0.1)), **params)


def test_the_gradient_by_hand_is_that_of_autograd():
    grid = Grid(("crack", *PHASES), (0.1, 0.1, 0.1))
    loss = TriplePhaseProxy(grid, target=1 / 27, phase_triple=("pore", "Ni", "YSZ"))
    for order in (torch.contiguous_format, torch.channels_last_3d):
        field = torch.randn(1, 4, 2, 1, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
        field = field.softmax(dim=1).to(memory_format=order).requires_grad_()
        assert torch.autograd.gradcheck(lambda values: loss(values, {}), field)
        assert torch.autograd.gradgradcheck(lambda values: loss(values, {}).square(), field)
