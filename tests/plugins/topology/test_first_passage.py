"""The cheapest repair of a network: its value by scipy, what it promises of the argmax, and that descent repairs."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from porenet_topology.losses.first_passage import FirstPassage, cost_through, cost_to_reach, held_by
from test_first_passage_metric import cheapest, layer

import porenet
from porenet.errors import ConfigError, InputError, NonFiniteTerm
from porenet.flood_fill import spanning
from porenet.interface import AXES, FACES, Grid
from porenet.objective import Objective
from porenet.testing import grids, probability_fields
from porenet.testing.fields import flat, one_hot
from porenet.testing.laws.topology import joins, nearly_joined

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
PAIRS = list(itertools.permutations(FACES, 2))
FORMS = ("through", "reachable", "both")
MARGINS = (0.05, 0.1, 0.2, 0.6)


@st.composite
def tasks(draw):
    """A grid, a field on it, and a loss of one of its phases between any two faces."""
    grid = draw(grids())
    channel = draw(st.integers(0, len(grid.phases) - 1))
    inlet, outlet = draw(st.sampled_from(PAIRS))
    drawn = probability_fields(len(grid.phases)) | nearly_joined(len(grid.phases), channel, inlet, outlet)
    return grid, draw(drawn), {"phase": grid.phases[channel], "inlet": inlet, "outlet": outlet}


def opened(grid, inlet, outlet):
    return tuple(wraps and axis not in (inlet[0], outlet[0]) for axis, wraps in zip(AXES, grid.periodic, strict=True))


def margins(field, channel):
    """``(B, Z, Y, X)``."""
    field = field.numpy()
    return field[:, channel] - np.delete(field, channel, axis=1).max(axis=1)


def by_scipy(field, grid, phase, inlet, outlet, margin):
    """``(B, 2)``: through and reachable."""
    channel, found = grid.index(phase), []
    for lead, held in zip(margins(field, channel), (field.argmax(dim=1) == channel).numpy(), strict=True):
        cost = np.maximum(margin - lead, 0) / (1 + margin)
        total = cheapest(cost, inlet, opened(grid, inlet, outlet))
        slices = cost.shape[AXES.index(inlet[0])]
        opposite = f"{inlet[0]}_{'min' if inlet.endswith('max') else 'max'}"
        through = layer(total, outlet).min() / (slices if outlet == opposite else 1)
        found.append([through, total[held].mean() if held.any() else layer(total, opposite).min()])
    return torch.tensor(np.array(found))


def channel_with(*gap, depth=8, lead=1.0):
    """A channel of pore through Ni, some of its slices Ni, decided or not; a field ``(1, 3, depth, 3, 3)``."""
    labels = torch.zeros(1, depth, 3, 3, dtype=torch.long)
    labels[:, :, 1, 1] = 2
    labels[:, list(gap), 1, 1] = 0
    return lead * one_hot(labels, 3) + (1 - lead) / 3


def crosses(field, phase=2):
    return [bool(spanning(one, phase, "z").any()) for one in field.argmax(dim=1).numpy().astype(np.uint8)]


@given(tasks(), st.sampled_from(MARGINS))
def test_the_value_is_what_dijkstra_finds(task, margin):
    grid, field, params = task
    expected = by_scipy(field, grid, **params, margin=margin)
    for form, columns in (("through", [0]), ("reachable", [1]), ("both", [0, 1])):
        loss = FirstPassage(grid, **params, margin=margin, form=form)
        assert torch.allclose(loss.descriptor(field), expected[:, columns], rtol=1e-12, atol=1e-14)
        assert torch.allclose(loss(field, {}), expected[:, columns].sum(dim=1), rtol=1e-12, atol=1e-14)


@given(tasks())
def test_the_voxels_that_it_holds_are_those_of_the_argmax(task):
    _, field, _ = task
    for channel in range(field.shape[1]):
        assert torch.equal(held_by(field, channel), field.argmax(dim=1) == channel)


@given(tasks(), st.sampled_from(MARGINS))
def test_it_is_zero_exactly_where_the_voxels_of_that_margin_join_the_faces(task, margin):
    grid, field, params = task
    found = FirstPassage(grid, **params, margin=margin, form="through")(field, {})
    channel = grid.index(params["phase"])
    for value, lead, labels in zip(found, margins(field, channel), field.argmax(dim=1).numpy(), strict=True):
        sure = np.where(lead >= margin, channel, (channel + 1) % len(grid.phases)).astype(np.uint8)
        assert (value == 0) == joins(sure, grid, **params)
        if value == 0:
            assert joins(labels.astype(np.uint8), grid, **params)


@given(tasks(), st.sampled_from(MARGINS), st.sampled_from(FORMS))
def test_an_absent_phase_never_costs_zero(task, margin, form):
    grid, field, params = task
    value = FirstPassage(grid, **params, margin=margin, form=form)(field, {})
    absent = ~(field.argmax(dim=1) == grid.index(params["phase"])).flatten(1).any(dim=1)
    # Not even of one voxel, in which the phase is level with the others.
    assert (value[absent] >= 0.99 * margin / (1 + margin)).all()


@pytest.mark.parametrize("form", FORMS)
def test_a_uniform_field_costs_something_unless_the_phase_leads_by_the_margin(form):
    loss = FirstPassage(GRID, phase="pore", form=form)
    for shares in ([0.36, 0.34, 0.30], [1 / 3] * 3, [0.3, 0.31, 0.39], [1.0, 0.0, 0.0]):
        assert loss(flat(shares, (4, 3, 2)), {}).item() > 0
    assert loss(flat([0.3, 0.29, 0.41], (4, 3, 2)), {}).item() == 0


def test_a_severed_channel_by_hand():
    # Two slices of eight; three voxels of pore before the gap and three behind it.
    loss = FirstPassage(GRID, phase="pore")
    assert loss.descriptor(channel_with(3, 4)).tolist() == [[pytest.approx(2 / 8), pytest.approx(1.0)]]
    assert loss(channel_with(3, 4), {}).tolist() == [pytest.approx(1.25)]
    assert loss(channel_with(), {}).tolist() == [0]
    # One voxel behind by 0.6 - 0.2, at margin 0.1: 0.5 / 1.1.
    thin = channel_with()
    thin[0, :, 5, 1, 1] = torch.tensor([0.6, 0.2, 0.2])
    assert loss.descriptor(thin).tolist() == [[pytest.approx(0.5 / 1.1 / 8), pytest.approx(0.5 / 1.1 * 2 / 7)]]


def test_an_absent_phase_by_hand():
    solid = one_hot(torch.zeros(1, 6, 3, 3, dtype=torch.long), 3)
    for inlet, outlet in PAIRS:
        loss = FirstPassage(GRID, phase="pore", inlet=inlet, outlet=outlet)
        slices = solid.shape[2 + AXES.index(inlet[0])]
        assert loss.descriptor(solid).tolist() == [[pytest.approx(1.0), pytest.approx(slices)]]


def test_it_costs_more_to_have_none_of_a_phase_than_to_have_it_at_the_wrong_end():
    labels = torch.zeros(2, 6, 3, 3, dtype=torch.long)
    labels[0, -1, 1, 1] = 2
    present, absent = FirstPassage(GRID, phase="pore", form="reachable")(one_hot(labels, 3), {}).tolist()
    assert (present, absent) == (pytest.approx(5), pytest.approx(6))


def test_the_gradient_by_hand():
    # At each of two deficient voxels of the way; half of the pore hangs on them. Ni is the only rival there.
    field = channel_with(3, 4, lead=0.9).requires_grad_()
    for form, weight in (("through", 1 / 8), ("reachable", 3 / 6)):
        (gradient,) = torch.autograd.grad(FirstPassage(GRID, phase="pore", form=form)(field, {}).sum(), field)
        expected = torch.zeros_like(field)
        expected[0, 2, 3:5, 1, 1], expected[0, 0, 3:5, 1, 1] = -weight / 1.1, weight / 1.1
        assert torch.allclose(gradient, expected)


@given(
    grids(),
    st.sampled_from(PAIRS),
    st.sampled_from([("through", 0.0), ("through", 0.4), ("reachable", 0.0), ("reachable", 0.4), ("both", 0.0)]),
    st.integers(0, 2**31 - 1),
)
def test_the_gradient_is_that_of_differences(grid, faces, aim, seed):
    (inlet, outlet), (form, target) = faces, aim
    field = torch.randn(2, len(grid.phases), 3, 4, 3, generator=torch.Generator().manual_seed(seed)).double()
    field = field.softmax(dim=1).requires_grad_()
    loss = FirstPassage(grid, phase=grid.phases[-1], inlet=inlet, outlet=outlet, form=form, target=target)
    assert torch.autograd.gradcheck(lambda one: loss(one, {}), field, fast_mode=True)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shares", [(0.36, 0.34, 0.30), (1 / 3, 1 / 3, 1 / 3), (0.6, 0.35, 0.05), (0.9, 0.1, 0.0)])
def test_one_step_on_the_logits_helps_where_the_phase_has_collapsed(form, shares):
    logits = flat(shares, (6, 4, 5), batch=2).clamp_min(1e-4).log().requires_grad_()
    loss = FirstPassage(GRID, phase="pore", form=form)
    before = loss(logits.softmax(dim=1), {})
    (gradient,) = torch.autograd.grad(before.sum(), logits)
    assert gradient.isfinite().all()
    assert loss((logits - 0.1 * gradient).softmax(dim=1), {}).sum() < before.sum()
    # Of equal ways one is repaired, not all of them at once.
    assert (gradient[:, 2] != 0).sum(dim=(1, 2, 3)).tolist() == [6, 6]


def descended(loss, logits, steps, targets=None, rate=30.0):
    """Logits after plain gradient descent."""
    logits = logits.clone().requires_grad_()
    for _ in range(steps):
        value = loss(logits.softmax(dim=1), targets or {})
        (gradient,) = torch.autograd.grad(value.sum(), logits)
        logits = (logits - rate * gradient).detach().requires_grad_()
    return logits.detach()


@pytest.mark.parametrize("form", ["through", "both"])
def test_descent_repairs_a_severed_channel_and_touches_nothing_else(form):
    broken = channel_with(3, 4, lead=0.9).log()
    loss = FirstPassage(GRID, phase="pore", form=form)
    repaired = descended(loss, broken, 12)
    assert crosses(broken) == [False]
    assert crosses(repaired) == [True]
    assert loss(repaired.softmax(dim=1), {}).item() == 0
    changed = (repaired.argmax(dim=1) != broken.argmax(dim=1)).nonzero().tolist()
    assert changed == [[0, 3, 1, 1], [0, 4, 1, 1]]


@pytest.mark.parametrize("form", FORMS)
def test_descent_brings_a_collapsed_phase_back(form):
    collapsed = flat([0.5, 0.45, 0.05], (8, 4, 4), batch=2).log()
    found = descended(FirstPassage(GRID, phase="pore", form=form), collapsed, 60, rate=8 if form == "through" else 1)
    assert (found.argmax(dim=1) == 2).flatten(1).any(dim=1).all()
    if form != "reachable":
        assert crosses(found) == [True, True]
    # A way is opened, and the rest stays what it was.
    assert ((found.argmax(dim=1) == 2).sum(dim=(1, 2, 3)) <= 8).all()


def test_descent_joins_what_is_isolated():
    labels = torch.zeros(1, 8, 5, 5, dtype=torch.long)
    labels[:, :, 1, 1] = labels[:, 3:6, 3, 3] = 2
    field = (0.9 * one_hot(labels, 3) + 0.1 / 3).log()
    loss = FirstPassage(GRID, phase="pore")
    assert loss.descriptor(field.softmax(dim=1))[0, 0] == 0
    hard = FirstPassage(GRID, phase="pore").descriptor
    found = descended(loss, field, 12)
    assert hard(one_hot(field.argmax(dim=1), 3)).tolist() == [[0, pytest.approx(3 * 3 / 11)]]
    assert hard(one_hot(found.argmax(dim=1), 3)).tolist() == [[0, 0]]


def test_with_a_target_descent_stops_where_the_structure_meets_it():
    # Four slices are missing and one may be: three are converted, and none is left half-way.
    broken = channel_with(2, 3, 4, 5, lead=0.9).log()
    loss = FirstPassage(GRID, phase="pore", form="through", target="structures")
    targets = {"first_passage": torch.tensor([[1 / 8]], dtype=torch.float64)}
    found = descended(loss, broken, 60, targets)
    assert loss(found.softmax(dim=1), targets).item() == 0
    assert loss.descriptor(one_hot(found.argmax(dim=1), 3)).item() <= 1 / 8 + 1e-12


@given(tasks(), st.sampled_from(FORMS), st.data())
def test_a_target_is_met_by_no_field_whose_argmax_misses_it(task, form, data):
    grid, field, params = task
    loss = FirstPassage(grid, **params, form=form, target="structures")
    decoded = loss.descriptor(one_hot(field.argmax(dim=1), len(grid.phases)))
    wanted = data.draw(st.lists(st.floats(0, 6), min_size=len(loss.twin_keys), max_size=len(loss.twin_keys)))
    target = torch.tensor([wanted], dtype=torch.float64).expand_as(decoded)
    value = loss(field, {"first_passage": target})
    assert value.isfinite().all()
    assert (value >= 0).all()
    missed = (decoded > target + 1e-9).any(dim=1)
    assert (value[missed] > 0).all()


@given(tasks(), st.sampled_from(["through", "reachable"]), st.floats(0.01, 0.99))
def test_of_a_structure_it_is_what_exceeds_the_target(task, form, target):
    grid, field, params = task
    structure = one_hot(field.argmax(dim=1), len(grid.phases))
    loss = FirstPassage(grid, **params, form=form, target=target)
    expected = torch.relu(loss.descriptor(structure) - target).sum(dim=1)
    assert torch.allclose(loss(structure, {}), expected, atol=1e-12)
    # What is met by a structure is met: thin margins, which still pay, are within the target too.
    far = FirstPassage(grid, **params, form="reachable", target=100.0)
    assert torch.allclose(far(field, {}), torch.zeros(()).double())


@pytest.mark.parametrize(
    ("form", "target", "words"),
    [
        ("both", 0.1, "0.1 cannot be a target of both forms"),
        ("through", 1.0, "a value below 1 was expected, not 1: an absent phase has 1"),
    ],
)
def test_a_value_that_is_no_target_of_the_form_is_refused(form, target, words):
    with pytest.raises(InputError, match=words):
        FirstPassage(GRID, phase="pore", form=form, target=target)


def test_the_outlet_is_the_face_opposite_unless_named():
    assert FirstPassage(GRID, phase="YSZ", inlet="z_max").outlet == "z_min"


@pytest.mark.parametrize("target", [-1e-9, -3.0, math.inf, math.nan])
def test_a_target_that_is_none_gives_no_number_that_is_none(target):
    field = one_hot(torch.full((1, 4, 4, 4), 2), 3)
    loss = FirstPassage(GRID, phase="pore", form="through", target="structures")
    assert loss(field, {"first_passage": torch.tensor([[target]])}).item() == 0


def test_each_sample_has_its_own_target_and_none_where_it_is_undefined():
    field = channel_with(3, 4).repeat(4, 1, 1, 1, 1)
    loss = FirstPassage(GRID, phase="pore", target="structures")
    nan = float("nan")
    target = torch.tensor([[0, 0], [0.25, 0.4], [nan, 0.4], [nan, nan]])
    assert loss(field, {"first_passage": target}).tolist() == pytest.approx([1.25, 0.6, 0.6, 0], abs=1e-6)
    one = FirstPassage(GRID, phase="pore", form="through", target="structures")
    assert one(field, {"first_passage": target[:, 0]}).tolist() == pytest.approx([0.25, 0, 0, 0], abs=1e-6)
    with pytest.raises(InputError, match=r"targets\['first_passage'\].*\(4, 2\)"):
        loss(field, {"first_passage": target[:, 0]})


def test_nothing_undefined_gets_into_the_gradient():
    field = channel_with(3, 4, lead=0.9).requires_grad_()
    loss = FirstPassage(GRID, phase="pore", target="structures")
    loss(field, {"first_passage": torch.full((1, 2), float("nan"))}).sum().backward()
    assert not field.grad.any()


def test_a_run_shows_it_the_soft_field_and_measures_its_targets():
    rows = [{"loss": "first_passage", "params": {"phase": "pore", "target": "structures"}}]
    objective = Objective(GRID, rows, relax="straight_through")
    labels = channel_with(3, 4).argmax(dim=1).repeat(2, 1, 1, 1)
    labels[1, 3, 1, 1] = 2
    targets = objective.targets_of(labels)
    assert targets["first_passage"].tolist() == [[0.25, 1.0], [0.125, pytest.approx(3 / 7)]]
    thin = channel_with(lead=0.05)
    found = objective.values(thin, targets.rows(slice(0, 1)))["first_passage"]
    assert found.item() == 0
    maximised = Objective(GRID, [{"loss": "first_passage", "params": {"phase": "pore"}}], relax="straight_through")
    assert maximised.needs == {}
    assert maximised.values(thin, {})["first_passage"].item() > 0


def test_it_is_matched_as_a_distribution():
    loss = porenet.create_loss(
        "distribution", GRID, descriptor="first_passage", params={"phase": "pore", "form": "through"}
    )
    field = torch.cat([channel_with(3, 4), channel_with()])
    assert loss(field, {"distribution": torch.tensor([0.0, 0.25])}).item() == pytest.approx(0, abs=1e-9)
    assert loss(field, {"distribution": torch.tensor([0.0, 0.0])}).item() > 0.01


def test_the_pure_functions_are_its_columns():
    generator = torch.Generator().manual_seed(0)
    cost, held = torch.rand(2, 4, 3, 5, generator=generator), torch.rand(2, 4, 3, 5, generator=generator) > 0.5
    for inlet, outlet in PAIRS:
        total = np.stack([cheapest(one, inlet, (False,) * 3) for one in cost.double().numpy()])
        slices = cost.shape[1 + AXES.index(inlet[0])] if inlet[0] == outlet[0] else 1
        through = [layer(one, outlet).min() / slices for one in total]
        mean = [one[mask].mean() for one, mask in zip(total, held.numpy(), strict=True)]
        open_box = (False, False, False)
        assert cost_through(cost, inlet, outlet, open_box).tolist() == pytest.approx(through, rel=1e-5)
        assert cost_to_reach(cost, held, inlet, open_box).tolist() == pytest.approx(mean, rel=1e-5)


@pytest.mark.parametrize("params", [{}, {"form": "through"}, {"form": "reachable", "target": 0.2}])
def test_half_precision_is_summed_in_single(params):
    field = torch.randn(2, 3, 12, 9, 10, generator=torch.Generator().manual_seed(0)).softmax(dim=1).bfloat16()
    loss = porenet.create_loss("first_passage", GRID, phase="Ni", **params)
    with torch.autocast("cpu", torch.bfloat16):
        values = loss(field, {})
    assert values.dtype == torch.float32
    assert torch.allclose(values.double(), loss(field.double(), {}), rtol=1e-5)


@pytest.mark.parametrize("params", [{}, {"form": "through", "target": 0.02}, {"inlet": "x_max", "outlet": "y_min"}])
def test_it_compiles_and_follows_the_device_of_the_field(params):
    loss = porenet.create_loss("first_passage", GRID, phase="YSZ", **params)
    field = torch.randn(2, 3, 6, 4, 5, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
    expected = loss(field, {})
    assert torch.allclose(torch.compile(loss, backend="eager", fullgraph=True)(field, {}), expected)
    with torch.device("meta"):
        elsewhere = porenet.create_loss("first_passage", GRID, phase="YSZ", **params)(field, {})
    assert torch.equal(elsewhere, expected)


@pytest.mark.parametrize(
    ("params", "where", "message"),
    [
        ({"phase": "nickel"}, "first_passage.phase", "must be a phase of the grid (Ni, YSZ, pore), not 'nickel'"),
        ({"phase": "pore", "inlet": "top"}, "first_passage.inlet", "must be 'z_min'"),
        ({"phase": "pore", "margin": 0}, "first_passage.margin", "greater than 0"),
        ({"phase": "pore", "margin": 1.0}, "first_passage.margin", "less than 1"),
        ({"phase": "pore", "form": "mean"}, "first_passage.form", "must be 'through', 'reachable' or 'both'"),
        ({"phase": "pore", "target": -0.1}, "first_passage.target", "greater than or equal to 0"),
        ({}, "first_passage.phase", "is required"),
    ],
)
def test_wrong_parameters_are_named(params, where, message):
    with pytest.raises(ConfigError) as caught:
        porenet.create_loss("first_passage", GRID, **params)
    problem = caught.value.problems[0]
    assert problem.path == where
    assert message in problem.message


def test_one_face_is_no_way():
    with pytest.raises(InputError, match=r"outlet: inlet and outlet are the same face, 'x_max'.*'x_min'"):
        porenet.create_loss("first_passage", GRID, phase="pore", inlet="x_max", outlet="x_max")


def test_it_shows_what_it_takes():
    assert repr(porenet.create_loss("first_passage", GRID, phase="pore", target="structures")) == (
        "FirstPassage(phase='pore', inlet='z_min', outlet='z_max', margin=0.1, form='both', target='structures')"
    )


def test_a_loss_that_refuses_a_field_which_is_not_finite_is_named_with_the_reason():
    objective = Objective(GRID, [{"loss": "first_passage", "label": "way", "params": {"phase": "pore"}}])
    field = torch.full((1, 3, 4, 4, 4), 1 / 3)
    field[0, 0, 1, 1, 1] = math.nan
    with pytest.raises(NonFiniteTerm, match="the probabilities themselves, which way refuses"):
        objective(field, {})
