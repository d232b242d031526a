"""Cheapest paths and connecting levels: values against scipy, the flood fill, and bodies worked out by hand."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from porenet.errors import InputError
from porenet.flood_fill import components
from porenet.interface import FACES
from porenet.passage import cheapest_path, connecting_level, crossing, margin_of, passage_cost, travel

OPEN = (False, False, False)
PERIODIC = list(itertools.product((False, True), repeat=3))
PAIRS = list(itertools.permutations(FACES, 2))

side = st.integers(1, 5)
shapes = st.tuples(st.integers(1, 3), side, side, side)
few = st.sampled_from([0.0, -0.0, 0.25, 1.0])
wild = st.floats(0, 100, width=32)
costs = st.sampled_from([few, wild]).flatmap(lambda values: arrays(np.float64, shapes, elements=values))
signed = st.floats(-1, 1, width=32) | st.sampled_from([-1.0, -0.0, 0.0, 1.0])
fields = arrays(np.float64, shapes, elements=signed)
ways = st.fixed_dictionaries({"faces": st.sampled_from(PAIRS), "periodic": st.sampled_from(PERIODIC)})


@pytest.fixture(params=["loops", "sweeps"])
def path(request, monkeypatch):
    monkeypatch.setattr("porenet.fused.ALLOWED", request.param == "loops")


def each_way():
    """For hypothesis, which wants no fixture: both ways in one example."""
    for allowed in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("porenet.fused.ALLOWED", allowed)
            yield


def layer(array, face):
    return array.take(0 if face.endswith("min") else -1, axis=FACES.index(face) // 2)


def opened(periodic, *faces):
    axes = {FACES.index(face) // 2 for face in faces}
    return tuple(wraps and axis not in axes for axis, wraps in enumerate(periodic))


def by_scipy(cost, inlet, periodic):
    """Dijkstra over a graph of voxels, from a node behind the inlet."""
    voxels = np.arange(cost.size).reshape(cost.shape)
    steps = [(cost.size, int(voxel)) for voxel in layer(voxels, inlet).ravel()]
    for axis, wraps in enumerate(opened(periodic, inlet)):
        for shift in (-1, 1):
            moved = np.roll(voxels, shift, axis)
            pairs = np.stack([voxels, moved], axis=-1).swapaxes(0, axis)
            inside = pairs if wraps else (pairs[1:] if shift == 1 else pairs[:-1])
            steps += [tuple(pair) for pair in inside.reshape(-1, 2).tolist()]
    start, end = np.array(sorted(set(steps))).T  # once each: scipy would add up the two ways round a pair
    graph = sparse.csr_array((cost.ravel()[end], (start, end)), shape=(cost.size + 1,) * 2)
    return sparse.csgraph.dijkstra(graph, indices=cost.size)[:-1].reshape(cost.shape)


def joins(mask, inlet, outlet, periodic):
    """The voxels of a mask in pieces that touch both faces."""
    found = components(mask.astype(np.uint8), periodic=opened(periodic, inlet, outlet))
    return found.select((found.phases == 1) & found.touching([inlet]) & found.touching([outlet]))


@given(costs, ways)
def test_values_are_those_of_scipy(cost, way):
    (inlet, outlet), periodic = way["faces"], way["periodic"]
    everywhere = np.stack([by_scipy(each, inlet, periodic) for each in cost])
    across = opened(periodic, inlet, outlet)
    least = [layer(by_scipy(each, inlet, across), outlet).min() for each in cost]
    for _ in each_way():
        found = travel(torch.tensor(cost), inlet, periodic=periodic)
        np.testing.assert_allclose(found.numpy(), everywhere, rtol=1e-12, atol=0)
        np.testing.assert_allclose(
            crossing(torch.tensor(cost), inlet, outlet, periodic=periodic).numpy(), least, rtol=1e-12, atol=0
        )
        path = cheapest_path(torch.tensor(cost), inlet, outlet, periodic=periodic).numpy()
        np.testing.assert_allclose([each[on].sum() for each, on in zip(cost, path, strict=True)], least, rtol=1e-12)
        assert all(joins(on, inlet, outlet, periodic).sum() == on.sum() > 0 for on in path)


@pytest.mark.parametrize(
    "uneven",
    [
        pytest.param(lambda even: 10 ** (40 * even - 20), id="forty decades"),
        pytest.param(lambda even: np.where(even < 0.05, 1e300, even), id="a few walls"),
        pytest.param(lambda even: np.where(even < 0.5, 0, 1 + 1e-9 * even), id="nearly equal"),
        pytest.param(lambda even: 1e-310 * even, id="subnormal"),
        pytest.param(lambda even: np.maximum(0, even - 0.9), id="mostly free"),
    ],
)
def test_a_search_keeps_its_order_however_uneven_costs_are(uneven):
    # The queue has buckets of even width, half of them up to the largest cost; the heap behind them must do the rest.
    cost = uneven(np.random.default_rng(5).random((1, 9, 8, 10)))
    field = torch.tensor(cost, requires_grad=True)
    totals = travel(field, "y_max", periodic=(True, False, False))
    expected = by_scipy(cost[0], "y_max", (True, False, False))
    np.testing.assert_allclose(totals.detach().numpy()[0], expected, rtol=1e-12, atol=0)
    (slope,) = torch.autograd.grad(totals.sum(), field)
    assert (slope * field).sum().item() == pytest.approx(expected.sum(), rel=1e-9)  # every path is the sum of its costs
    level = connecting_level(field, "z_min", "z_max", periodic=OPEN).item()
    assert joins(cost[0] >= level, "z_min", "z_max", OPEN).any()
    assert not joins(cost[0] > level, "z_min", "z_max", OPEN).any()


@given(fields, ways)
def test_level_is_where_the_flood_fill_first_joins_the_faces(field, way):
    (inlet, outlet), periodic = way["faces"], way["periodic"]
    expected = [
        max(value for value in np.unique(each) if joins(each >= value, inlet, outlet, periodic).any()) for each in field
    ]
    for _ in each_way():
        level = connecting_level(torch.tensor(field), inlet, outlet, periodic=periodic)
        assert level.tolist() == expected
        assert (level > 0).tolist() == [joins(each > 0, inlet, outlet, periodic).any() for each in field]


@given(
    arrays(np.float32, st.tuples(st.just(1), st.integers(2, 4), side, side, side), elements=st.integers(1, 6)),
    ways,
    st.sampled_from([0.0, 0.1, 0.2, 1.0]),
)
def test_crossing_is_free_exactly_if_the_voxels_that_lead_by_delta_percolate(draws, way, delta):
    (inlet, outlet), periodic = way["faces"], way["periodic"]
    probabilities = torch.tensor(draws / draws.sum(axis=1, keepdims=True))
    for channel in range(probabilities.shape[1]):
        margin = margin_of(probabilities, channel)
        percolates = joins((margin >= delta)[0].numpy(), inlet, outlet, periodic).any()
        for _ in each_way():
            found = crossing(passage_cost(margin, delta), inlet, outlet, periodic=periodic)
            assert (found.item() == 0) == percolates
        decoded = (probabilities.argmax(dim=1) == channel)[0].numpy()
        if percolates and delta > 0:
            assert joins(decoded, inlet, outlet, periodic).any()


def severed(start, stop):
    """One-hot: a straight channel of phase 1 along z, 8 voxels long, of which some are phase 0."""
    labels = torch.zeros(1, 8, 5, 5, dtype=torch.long)
    labels[:, :, 2, 2] = 1
    labels[:, start:stop, 2, 2] = 0
    return torch.nn.functional.one_hot(labels, 2).movedim(-1, 1).float()


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("delta", [0, 0.1, 0.5])
def test_a_severed_channel_costs_the_voxels_to_convert(delta):
    field = severed(3, 5).requires_grad_()
    cost = passage_cost(margin_of(field, 1), delta)
    found = crossing(cost, "z_min", "z_max", periodic=OPEN)
    found.sum().backward()
    assert found.item() == pytest.approx(2)
    wanted = torch.zeros_like(field)
    wanted[0, 1, 3:5, 2, 2], wanted[0, 0, 3:5, 2, 2] = -1 / (1 + delta), 1 / (1 + delta)
    torch.testing.assert_close(field.grad, wanted)
    assert connecting_level(margin_of(field, 1), "z_min", "z_max", periodic=OPEN).item() == -1
    assert connecting_level(margin_of(severed(3, 3), 1), "z_min", "z_max", periodic=OPEN).item() == 1


@pytest.mark.usefixtures("path")
def test_an_absent_phase_costs_a_voxel_a_layer():
    cost = passage_cost(margin_of(severed(0, 8), 1), 0.0)
    assert crossing(cost, "z_min", "z_max", periodic=OPEN).item() == 8
    assert crossing(cost, "x_max", "x_min", periodic=OPEN).item() == 5
    assert crossing(cost, "z_min", "y_min", periodic=OPEN).item() == 1, "the edge is on both faces"
    found = travel(cost, "z_max", periodic=OPEN)
    assert found[0, :, 1, 3].tolist() == [8, 7, 6, 5, 4, 3, 2, 1]


@pytest.mark.usefixtures("path")
def test_a_path_goes_round_a_periodic_side_but_never_through_its_own_faces():
    cost = torch.full((1, 3, 1, 6), 10.0)
    cost[0, 0, 0, 0] = cost[0, 1, 0, 0] = cost[0, 1, 0, 5] = cost[0, 2, 0, 5] = 1
    assert crossing(cost, "z_min", "z_max", periodic=OPEN).item() == 12
    assert crossing(cost, "z_min", "z_max", periodic=(True, False, True)).item() == 4
    assert crossing(cost, "z_min", "z_max", periodic=(True, True, False)).item() == 12
    assert travel(cost, "z_min", periodic=(True, True, True))[0, :, 0, 5].tolist() == [10, 3, 4]


@pytest.mark.slow
@pytest.mark.usefixtures("path")
def test_a_serpentine_is_followed_to_its_end():
    cost = torch.ones(1, 1, 33, 33, dtype=torch.float64)
    cost[:, :, 1:-1:4, :-1] = cost[:, :, 3:-1:4, 1:] = 1000
    found = travel(cost, "y_min", periodic=OPEN)
    assert found[0, 0, -1, -1].item() == 1 + 16 + 16 * 33, "a voxel of the first row, 16 gates, 16 whole rows"


@pytest.mark.usefixtures("path")
def test_one_voxel_is_both_faces():
    cost = torch.tensor([[[[0.25]]], [[[4.0]]]], requires_grad=True)
    found = crossing(cost, "x_min", "x_max", periodic=(True, True, True))
    assert found.tolist() == [0.25, 4]
    (gradient,) = torch.autograd.grad(found.sum(), cost)
    assert gradient.flatten().tolist() == [1, 1]
    assert connecting_level(-cost, "y_min", "z_max", periodic=OPEN).tolist() == [-0.25, -4]
    assert travel(cost, "y_max", periodic=OPEN).flatten().tolist() == [0.25, 4]


@pytest.mark.usefixtures("path")
def test_dtypes_strides_and_an_empty_batch():
    cost = torch.rand(2, 4, 5, 6, dtype=torch.float64).movedim(1, 3)
    plain = cost.contiguous()
    assert torch.equal(travel(cost, "z_min", periodic=OPEN), travel(plain, "z_min", periodic=OPEN))
    assert torch.equal(
        crossing(cost[..., ::2], "z_min", "z_max", periodic=OPEN),
        crossing(cost[..., ::2].contiguous(), "z_min", "z_max", periodic=OPEN),
    )
    for dtype, wide in ((torch.bfloat16, torch.float32), (torch.float16, torch.float32), (torch.float64,) * 2):
        narrow = cost.to(dtype)
        assert travel(narrow, "z_min", periodic=OPEN).dtype == wide
        assert connecting_level(narrow, "z_min", "z_max", periodic=OPEN).dtype == wide
        assert passage_cost(margin_of(narrow[:, None].expand(-1, 3, -1, -1, -1), 0), 0.1).dtype == wide
    assert travel(cost[:0], "z_min", periodic=OPEN).shape == (0, 5, 6, 4)
    assert crossing(cost[:0], "z_min", "z_max", periodic=OPEN).shape == (0,)


def test_margin_and_cost_by_hand():
    probabilities = torch.tensor([0.5, 0.3, 0.2]).view(1, 3, 1, 1, 1)
    margins = [margin_of(probabilities, channel).item() for channel in range(3)]
    assert margins == pytest.approx([0.2, -0.2, -0.3])
    assert passage_cost(torch.tensor([-1, 0, 0.25, 1.0]), 0.25).tolist() == pytest.approx([1, 0.2, 0, 0])


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((torch.ones(3, 3, 3), "z_min", "z_max"), r"(?s)cost: .*\(B, Z, Y, X\).* not torch.float32 \(3, 3, 3\)"),
        ((torch.ones(1, 3, 0, 3), "z_min", "z_max"), r"one voxel or more .* \(1, 3, 0, 3\)"),
        ((np.ones((1, 3, 3, 3)), "z_min", "z_max"), "cost: .*not ndarray"),
        ((torch.ones(1, 1, 1, 1), "z_min", "z_min"), "outlet: a face other than the inlet, 'z_min'"),
        ((torch.ones(1, 1, 1, 1), "top", "z_min"), "inlet: a face is one of z_min, .*, not 'top'"),
        ((torch.ones(1, 1, 1, 1), "z_min", "bottom"), "outlet: a face is one of z_min, .*, not 'bottom'"),
        ((torch.ones(1, 1, 1, 1), "z_min", None), "outlet: a face is one of z_min, .*, not None"),
        ((torch.ones(1, 1, 1, 1), ["z_min"], "z_max"), "inlet: a face is one of"),
        ((torch.full((1, 1, 1, 2), -1.0), "z_min", "z_max"), "cost: finite values that are not negative"),
        ((torch.tensor([[[[1, torch.nan]]]]), "z_min", "z_max"), "cost: finite values that are not negative"),
        ((torch.tensor([[[[1, torch.inf]]]]), "z_min", "z_max"), "cost: finite values that are not negative"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(InputError, match=message):
        crossing(*arguments, periodic=OPEN)
    if "outlet" not in message:
        with pytest.raises(InputError, match=message):
            travel(*arguments[:2], periodic=OPEN)


@pytest.mark.usefixtures("path")
def test_more_bad_input_is_named():
    field = torch.ones(1, 2, 2, 2)
    for periodic in ((True, True), True, (1, 0, 0), None):
        with pytest.raises(InputError, match=r"periodic: three booleans \(z, y, x\)"):
            travel(field, "z_min", periodic=periodic)
    with pytest.raises(InputError, match="field: finite values were expected"):
        connecting_level(field * torch.inf, "z_min", "z_max", periodic=OPEN)
    for channel in (2, -1, True, "pore"):
        with pytest.raises(InputError, match="channel: a channel from 0 to 1"):
            margin_of(field[:, None].expand(-1, 2, -1, -1, -1), channel)
    with pytest.raises(InputError, match=r"probabilities: .*two phases or more"):
        margin_of(field, 0)
    for delta in (-0.1, 1.5, float("nan")):
        with pytest.raises(InputError, match="delta: a lead from 0 to 1"):
            passage_cost(field, delta)
