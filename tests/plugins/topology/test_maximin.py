"""The margin at which a phase first crosses: by thresholds, by hand, and as a loss that keeps what it promises."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from porenet_topology.losses.maximin import Maximin

import porenet
from porenet.errors import ConfigError, InputError
from porenet.flood_fill import spanning
from porenet.interface import FACES, Grid
from porenet.objective import Objective
from porenet.testing import grids, probability_fields
from porenet.testing.fields import flat, one_hot
from porenet.testing.laws.topology import joins, nearly_joined

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
PAIRS = list(itertools.permutations(FACES, 2))
MARGINS = (0.05, 0.1, 0.2, 0.6)


@st.composite
def tasks(draw):
    """A grid, a field on it, and a loss of one of its phases between any two faces."""
    grid = draw(grids())
    channel = draw(st.integers(0, len(grid.phases) - 1))
    inlet, outlet = draw(st.sampled_from(PAIRS))
    drawn = probability_fields(len(grid.phases)) | nearly_joined(len(grid.phases), channel, inlet, outlet)
    return grid, draw(drawn), {"phase": grid.phases[channel], "inlet": inlet, "outlet": outlet}


def margins(field, channel):
    """``(B, Z, Y, X)``."""
    field = field.numpy()
    return field[:, channel] - np.delete(field, channel, axis=1).max(axis=1)


def channel_with(*gap, depth=8, lead=1.0):
    """A channel of pore through Ni, some of its slices Ni, decided or not; a field ``(1, 3, depth, 3, 3)``."""
    labels = torch.zeros(1, depth, 3, 3, dtype=torch.long)
    labels[:, :, 1, 1] = 2
    labels[:, list(gap), 1, 1] = 0
    return lead * one_hot(labels, 3) + (1 - lead) / 3


@given(tasks())
def test_it_is_the_highest_threshold_that_joins_the_faces(task):
    grid, field, params = task
    found = Maximin(grid, **params).descriptor(field).squeeze(1)
    channel = grid.index(params["phase"])
    for level, lead in zip(found.tolist(), margins(field, channel), strict=True):
        assert level in lead
        for threshold, joined in ((level, True), (np.nextafter(level, 2), False)):
            above = np.where(lead >= threshold, channel, (channel + 1) % len(grid.phases)).astype(np.uint8)
            assert joins(above, grid, **params) == joined


@given(tasks(), st.sampled_from(MARGINS))
def test_it_is_zero_exactly_where_the_voxels_of_that_margin_join_the_faces(task, margin):
    grid, field, params = task
    found = Maximin(grid, **params, margin=margin)(field, {})
    channel = grid.index(params["phase"])
    for value, lead, labels in zip(found, margins(field, channel), field.argmax(dim=1).numpy(), strict=True):
        sure = np.where(lead >= margin, channel, (channel + 1) % len(grid.phases)).astype(np.uint8)
        assert (value == 0) == joins(sure, grid, **params)
        if value == 0:
            assert joins(labels.astype(np.uint8), grid, **params)


@given(tasks(), st.sampled_from(MARGINS))
def test_with_a_target_it_is_zero_only_where_the_argmax_does_as_its_structure(task, margin):
    grid, field, params = task
    loss = Maximin(grid, **params, margin=margin, target="structures")
    for wanted in (1.0, -1.0):
        values = loss(field, {"maximin": torch.full((len(field),), wanted)})
        for value, labels in zip(values, field.argmax(dim=1).numpy().astype(np.uint8), strict=True):
            assert 0 <= value <= 1 + margin
            if value == 0:
                assert joins(labels, grid, **params) == (wanted > 0)


@given(tasks())
def test_of_a_structure_the_level_says_whether_it_percolates(task):
    grid, field, params = task
    labels = field.argmax(dim=1)
    found = Maximin(grid, **params).descriptor(one_hot(labels, len(grid.phases))).squeeze(1)
    expected = [1.0 if joins(one, grid, **params) else -1.0 for one in labels.numpy().astype(np.uint8)]
    assert found.tolist() == expected


def test_a_channel_by_hand():
    loss = Maximin(GRID, phase="pore")
    assert loss(channel_with(3, 4), {}).tolist() == [pytest.approx(1.1)]
    assert loss(channel_with(), {}).tolist() == [0]
    thin = channel_with()
    thin[0, :, 5, 1, 1], thin[0, :, 6, 1, 1] = torch.tensor([0.6, 0.2, 0.2]), torch.tensor([0.35, 0.3, 0.35])
    assert loss.descriptor(thin).tolist() == [[pytest.approx(-0.4)]]
    assert loss(thin, {}).tolist() == [pytest.approx(0.5)]


def test_the_gradient_is_at_the_bottleneck_alone():
    field = channel_with().requires_grad_()
    with torch.no_grad():
        field[0, :, 5, 1, 1], field[0, :, 6, 1, 1] = torch.tensor([0.6, 0.2, 0.2]), torch.tensor([0.4, 0.3, 0.3])
    Maximin(GRID, phase="pore")(field, {}).sum().backward()
    expected = torch.zeros_like(field)
    expected[0, :, 5, 1, 1] = torch.tensor([1.0, 0.0, -1.0])
    assert torch.equal(field.grad, expected)


@given(grids(), st.sampled_from(PAIRS), st.integers(0, 2**31 - 1), st.sampled_from([None, "structures"]))
def test_the_gradient_is_that_of_differences(grid, faces, seed, target):
    field = torch.randn(2, len(grid.phases), 3, 4, 3, generator=torch.Generator().manual_seed(seed)).double()
    field = field.softmax(dim=1).requires_grad_()
    loss = Maximin(grid, phase=grid.phases[-1], inlet=faces[0], outlet=faces[1], target=target)
    targets = {"maximin": torch.tensor([1.0, -1.0])}
    assert torch.autograd.gradcheck(lambda one: loss(one, targets), field, fast_mode=True)


def test_each_sample_is_drawn_to_the_side_of_its_structure():
    field = torch.cat([channel_with(), channel_with(3, 4)]).repeat(4, 1, 1, 1, 1)
    loss = Maximin(GRID, phase="pore", target="structures")
    target = torch.tensor([1.0, 1.0, -1.0, -1.0, float("nan"), float("nan"), 0.0, 0.0])
    assert loss(field, {"maximin": target}).tolist() == pytest.approx([0, 1.1, 1.1, 0, 0, 0, 0, 0])
    with pytest.raises(InputError, match=r"targets\['maximin'\].*\(8, 1\)"):
        loss(field, {"maximin": target[:3]})


@pytest.mark.parametrize("wanted", [1.0, -1.0])
def test_descent_joins_and_severs_one_voxel_after_the_other(wanted):
    logits = (channel_with(3, 4, lead=0.9) if wanted > 0 else channel_with(lead=0.9)).log().requires_grad_()
    loss, targets = Maximin(GRID, phase="pore", target="structures"), {"maximin": torch.tensor([wanted])}
    for _ in range(40):
        (gradient,) = torch.autograd.grad(loss(logits.softmax(dim=1), targets).sum(), logits)
        assert (gradient != 0).any(dim=1).sum() <= 1
        logits = (logits - 5 * gradient).detach().requires_grad_()
    labels = logits.argmax(dim=1).numpy().astype(np.uint8)
    assert spanning(labels[0], 2, "z").any() == (wanted > 0)
    assert loss(logits.softmax(dim=1), targets).item() == 0


@pytest.mark.parametrize("shares", [(0.36, 0.34, 0.30), (1 / 3, 1 / 3, 1 / 3), (0.9, 0.1, 0.0)])
def test_one_step_on_the_logits_helps_where_all_ways_are_alike(shares):
    # A way of one voxel: of longer ones there are others as narrow.
    logits = flat(shares, (1, 1, 1)).clamp_min(1e-4).log().requires_grad_()
    loss = Maximin(GRID, phase="pore")
    before = loss(logits.softmax(dim=1), {})
    (gradient,) = torch.autograd.grad(before.sum(), logits)
    assert gradient.isfinite().all()
    assert loss((logits - gradient).softmax(dim=1), {}).item() < before.item()


def test_a_run_shows_it_the_soft_field_and_measures_its_targets():
    rows = [{"loss": "maximin", "params": {"phase": "pore", "target": "structures"}}]
    objective = Objective(GRID, rows, relax="straight_through")
    labels = torch.cat([channel_with(3, 4), channel_with()]).argmax(dim=1)
    targets = objective.targets_of(labels)
    assert targets["maximin"].tolist() == [[-1], [1]]
    thin = channel_with(lead=0.05).repeat(2, 1, 1, 1, 1)
    assert objective.values(thin, targets)["maximin"].tolist() == pytest.approx([0.15, 0.05])
    assert Objective(GRID, [{"loss": "maximin", "params": {"phase": "pore"}}]).needs == {}


def test_it_compiles_and_follows_the_device_of_the_field():
    loss = porenet.create_loss("maximin", GRID, phase="YSZ", inlet="x_max", outlet="y_min")
    field = torch.randn(2, 3, 6, 4, 5, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
    expected = loss(field, {})
    assert torch.equal(torch.compile(loss, backend="eager", fullgraph=True)(field, {}), expected)
    with torch.device("meta"):
        assert torch.equal(loss(field, {}), expected)


@pytest.mark.parametrize(
    ("params", "where", "message"),
    [
        ({"phase": "nickel"}, "maximin.phase", "must be a phase of the grid (Ni, YSZ, pore), not 'nickel'"),
        ({"phase": "pore", "outlet": "top"}, "maximin.outlet", "must be 'z_min'"),
        ({"phase": "pore", "margin": 0.0}, "maximin.margin", "greater than 0"),
        ({"phase": "pore", "target": 1.0}, "maximin.target", "must be 'structures'"),
    ],
)
def test_wrong_parameters_are_named(params, where, message):
    with pytest.raises(ConfigError) as caught:
        porenet.create_loss("maximin", GRID, **params)
    problem = caught.value.problems[0]
    assert problem.path == where
    assert message in problem.message


def test_one_face_is_no_way():
    with pytest.raises(InputError, match=r"outlet: inlet and outlet are the same face, 'z_min'"):
        porenet.create_loss("maximin", GRID, phase="pore", outlet="z_min")


def test_it_shows_what_it_takes():
    assert repr(porenet.create_loss("maximin", GRID, phase="pore")) == (
        "Maximin(phase='pore', inlet='z_min', outlet='z_max', margin=0.1, target=None)"
    )
