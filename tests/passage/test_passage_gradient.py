"""Gradients of cheapest paths and connecting levels: against differences, each other, and laws that hold under ties."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from porenet.flood_fill import components
from porenet.interface import FACES
from porenet.passage import connecting_level, crossing, margin_of, operators, passage_cost, travel

OPEN = (False, False, False)
PERIODIC = list(itertools.product((False, True), repeat=3))
PAIRS = list(itertools.permutations(FACES, 2))

side = st.integers(1, 5)
shapes = st.tuples(st.integers(1, 2), side, side, side)
tied = arrays(np.float64, shapes, elements=st.sampled_from([0.0, 0.0, 0.5, 1.0]))
ways = st.fixed_dictionaries({"faces": st.sampled_from(PAIRS), "periodic": st.sampled_from(PERIODIC)})


@pytest.fixture(params=["loops", "sweeps"])
def path(request, monkeypatch):
    monkeypatch.setattr("porenet.fused.ALLOWED", request.param == "loops")


def each_way():
    for allowed in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("porenet.fused.ALLOWED", allowed)
            yield


def untied(*shape, seed=0, dtype=torch.float64):
    """Costs of which no two sums are alike."""
    drawn = torch.rand(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))
    return drawn.requires_grad_()


def functions(faces, periodic):
    inlet, outlet = faces
    yield lambda field: travel(field, inlet, periodic=periodic)
    yield lambda field: crossing(field, inlet, outlet, periodic=periodic)
    yield lambda field: connecting_level(field - 0.5, inlet, outlet, periodic=periodic)


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("periodic", [OPEN, (True, True, True)])
@pytest.mark.parametrize("faces", [("z_min", "z_max"), ("x_max", "y_min"), ("y_min", "z_max")])
def test_gradients_are_those_of_differences(faces, periodic):
    for function in functions(faces, periodic):
        assert torch.autograd.gradcheck(function, untied(2, 2, 3, 4))
        assert torch.autograd.gradcheck(function, untied(1, 1, 5, 1))


@pytest.mark.usefixtures("path")
def test_gradient_reaches_the_probabilities():
    logits = untied(1, 3, 4, 3, 3) * 4

    def loss(logits):
        cost = passage_cost(margin_of(logits.softmax(dim=1), 2), 0.1)
        return travel(cost, "z_min", periodic=OPEN).mean() + crossing(cost, "z_min", "z_max", periodic=OPEN).sum()

    assert torch.autograd.gradcheck(loss, logits)


def test_equal_rivals_share_the_gradient():
    for phases in (2, 3, 4):
        field = torch.full((1, phases, 1, 1, 1), 1 / phases, requires_grad=True)
        margin_of(field, 1).sum().backward()
        assert field.grad.flatten().tolist() == pytest.approx(
            [1 if c == 1 else -1 / (phases - 1) for c in range(phases)]
        )


@given(shapes, st.integers(0, 10**6), ways)
def test_loops_and_sweeps_agree_to_the_bit_and_in_their_gradients(shape, seed, way):
    for dtype in (torch.float64, torch.float32):
        field = untied(*shape, seed=seed, dtype=dtype)
        weights = untied(*shape, seed=seed + 1, dtype=dtype).detach()
        for function in functions(way["faces"], way["periodic"]):
            found = []
            for _ in each_way():
                value = function(field)
                scale = weights if value.ndim == 4 else weights[:, 0, 0, 0]
                found.append((value.detach(), *torch.autograd.grad((value * scale).sum(), field)))
            (value, gradient), (other, other_gradient) = found
            assert torch.equal(value, other)
            if dtype == torch.float64:  # in the other one sums may tie
                torch.testing.assert_close(gradient, other_gradient, rtol=1e-12, atol=1e-15)


@given(tied, ways, st.integers(0, 10**6))
def test_values_are_the_costs_times_their_gradient_even_under_ties(cost, way, seed):
    """Values are homogeneous in the costs, so each is the sum of the costs times its gradient (Euler)."""
    (inlet, outlet), periodic = way["faces"], way["periodic"]
    weights = untied(*cost.shape, seed=seed).detach()
    for _ in each_way():
        field = torch.tensor(cost, requires_grad=True)
        value = (weights * travel(field, inlet, periodic=periodic)).sum()
        (gradient,) = torch.autograd.grad(value, field)
        torch.testing.assert_close((gradient * field).sum(), value)
        assert (gradient >= weights * (1 - 1e-12)).all(), "each voxel pays for itself"
        least = crossing(field, inlet, outlet, periodic=periodic)
        (gradient,) = torch.autograd.grad(least.sum(), field)
        torch.testing.assert_close((gradient * field).sum(dim=(1, 2, 3)), least)
        opened = tuple(w and axis not in {FACES.index(f) // 2 for f in way["faces"]} for axis, w in enumerate(periodic))
        for mask in gradient.numpy():
            assert set(np.unique(mask)) <= {0, 1}
            found = components(mask.astype(np.uint8), periodic=opened)
            assert sum(found.phases == 1) == 1, "one path in one piece"
            assert found.touching([inlet])[found.phases == 1] & found.touching([outlet])[found.phases == 1]


@given(tied, ways)
def test_a_bottleneck_lies_on_a_path_of_the_level_even_under_ties(field, way):
    (inlet, outlet), periodic = way["faces"], way["periodic"]
    opened = tuple(w and axis not in {FACES.index(f) // 2 for f in way["faces"]} for axis, w in enumerate(periodic))
    for _ in each_way():
        values = torch.tensor(field, requires_grad=True)
        level = connecting_level(values, inlet, outlet, periodic=periodic)
        (gradient,) = torch.autograd.grad(level.sum(), values)
        assert gradient.sum(dim=(1, 2, 3)).tolist() == [1] * len(field)
        for each, reached, mark in zip(field, level.tolist(), gradient.numpy() == 1, strict=True):
            assert each[mark].tolist() == [reached]
            found = components((each >= reached).astype(np.uint8), periodic=opened)
            piece = found.ids[mark]
            assert found.touching([inlet])[piece] & found.touching([outlet])[piece]


@pytest.mark.usefixtures("path")
def test_a_collapsed_phase_has_a_finite_gradient_at_every_layer():
    field = torch.tensor([0.7, 0.3, 0.0]).view(1, 3, 1, 1, 1).repeat(2, 1, 6, 4, 4).requires_grad_()
    crossing(passage_cost(margin_of(field, 2), 0.1), "z_min", "z_max", periodic=OPEN).sum().backward()
    assert torch.equal((field.grad[:, 2] < 0).sum(dim=(2, 3)), torch.ones(2, 6, dtype=torch.long))
    assert field.grad.isfinite().all()
    assert field.grad[:, 1].count_nonzero() == 0


@pytest.mark.usefixtures("path")
def test_only_one_derivative():
    for function in functions(("z_min", "z_max"), OPEN):
        field = untied(1, 3, 3, 3)
        (gradient,) = torch.autograd.grad(function(field).sum(), field, create_graph=True)
        with pytest.raises(RuntimeError, match="differentiated once"):
            gradient.sum().backward()


@pytest.mark.usefixtures("path")
def test_it_compiles_to_one_graph_and_knows_its_shapes():
    for function in functions(("z_min", "y_max"), (True, True, True)):
        field = untied(2, 3, 4, 5)
        value = function(field)
        compiled = torch.compile(function, backend="aot_eager", fullgraph=True)(field)
        assert torch.equal(value, compiled)
        assert torch.equal(*(torch.autograd.grad(each.square().sum(), field)[0] for each in (value, compiled)))
        meta = function(torch.empty(2, 3, 4, 5, device="meta", requires_grad=True))
        assert (meta.shape, meta.device.type) == (value.shape, "meta")
        meta.sum().backward()
        with torch.device("meta"):
            assert torch.equal(function(field), value)


@pytest.mark.parametrize("name", ["travel", "cross"])
def test_torch_finds_nothing_wrong_with_the_operators(name):
    arguments = (0, [False, True, True]) if name == "travel" else (0, 1, [False, True, True], False)
    torch.library.opcheck(getattr(torch.ops.porenet, name), (untied(2, 3, 4, 5).detach(), *arguments))


def test_threads_give_the_same(monkeypatch):
    field = untied(5, 4, 5, 6)
    monkeypatch.setattr(operators, "GRAIN", 1)
    threads, found = torch.get_num_threads(), []
    try:
        for count in (1, 3):
            torch.set_num_threads(count)
            values = [function(field) for function in functions(("z_min", "z_max"), OPEN)]
            found.append([(value, torch.autograd.grad(value.sum(), field)[0]) for value in values])
    finally:
        torch.set_num_threads(threads)
    for one, other in zip(*found, strict=True):
        assert all(map(torch.equal, one, other))
