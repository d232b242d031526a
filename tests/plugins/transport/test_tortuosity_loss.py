"""Tortuosity as a loss: the metric's value, undefined ones, and that no phase gains by vanishing."""

import math

import pytest
import torch
from porenet_transport.losses.tortuosity import HARDLY, SPARSE, Tortuosity

import porenet
from porenet.errors import ConfigError, InputError
from porenet.flood_fill import spanning
from porenet.gradient_audit import hand_made_states
from porenet.interface import Grid, Volume
from porenet.relaxation import straight_through
from porenet.testing.fields import flat

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))


def structure(labels, phases=3, dtype=torch.float64):
    """The one-hot field ``(B, P, Z, Y, X)`` of labels ``(B, Z, Y, X)``."""
    return torch.nn.functional.one_hot(torch.as_tensor(labels).long(), phases).movedim(-1, 1).to(dtype)


def channel_and_island():
    """Of 24 columns of 8 voxels pore has 6, and 4 voxels by themselves: eps = 52 / 192, D = 1 / 4."""
    labels = torch.zeros(1, 8, 4, 6, dtype=torch.long)
    labels[:, :, 0] = 2
    labels[:, 3:5, 2:, 3] = 2
    return labels


EPS, CONDUCTED = 52 / 192, 1 / 4


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (None, 1 - CONDUCTED / EPS),
        (EPS / CONDUCTED, 0.0),
        (2.0, (2 * CONDUCTED / EPS - 1) ** 2 if EPS / CONDUCTED >= 2 else math.log(2 * CONDUCTED / EPS) ** 2),
        (1.0, (CONDUCTED / EPS - 1) ** 2),
    ],
)
def test_errors_by_hand(target, expected):
    field = structure(channel_and_island())
    one = porenet.create_loss("tortuosity", GRID, phase="pore", target=target, kmin=1e-12)
    assert one.descriptor(field).item() == pytest.approx(EPS / CONDUCTED, rel=1e-9)
    assert one(field, {}).item() == pytest.approx(expected, abs=1e-9)


def test_a_straight_channel_has_one():
    labels = torch.zeros(1, 8, 4, 6, dtype=torch.long)
    labels[:, :, 0, 0] = 2  # the least that can join the faces
    loss = Tortuosity(GRID, phase="pore")
    field = structure(labels)
    assert loss.descriptor(field).item() == pytest.approx(1, rel=3e-5)
    assert loss(field, {}).item() == pytest.approx(0, abs=1e-9)


def test_what_does_not_percolate_costs_one_and_has_no_target():
    labels = torch.cat([channel_and_island()] * 3)
    labels[1, 3:5] = 0
    labels[2] = 0
    field = structure(labels)
    assert Tortuosity(GRID, phase="pore", target=3.0)(field, {})[1:].tolist() == pytest.approx([1, 1], abs=1e-3)
    assert Tortuosity(GRID, phase="pore")(field, {})[1:].tolist() == pytest.approx([1, 1], abs=1e-3)
    objective = porenet.Objective(GRID, [{"loss": "tortuosity", "params": {"phase": "pore", "target": "structures"}}])
    targets = objective.targets_of(labels)
    found = targets["tortuosity"].flatten().tolist()
    assert found[0] == pytest.approx(EPS / CONDUCTED, rel=1e-4)
    assert math.isnan(found[1])
    assert math.isnan(found[2])
    leaf = structure(labels[[1, 0, 0]], dtype=torch.float32).requires_grad_()
    values = objective.values(leaf, targets)["tortuosity"]
    assert values.tolist() == pytest.approx([1, 0, 0], abs=1e-3)
    values.sum().backward()
    assert leaf.grad[0].any()
    assert not leaf.grad[1:].abs().max() > 1e-2


def test_the_descriptor_is_finite_everywhere():
    for labels in (torch.zeros(1, 4, 4, 4), torch.full((1, 1, 1, 1), 2), channel_and_island()):
        found = Tortuosity(GRID, phase="pore").descriptor(structure(labels))
        assert found.isfinite().all()
        assert found.min() > 0.999


@pytest.mark.parametrize("held", [0.0, 0.01, 0.05, 0.3])
@pytest.mark.parametrize("target", [None, 4.0])
def test_no_phase_gains_by_vanishing(held, target):
    # Scattered voxels that join nothing: less of them would have the smaller eps, and the smaller eps / D.
    generator = torch.Generator().manual_seed(0)
    labels = (torch.rand(1, 12, 12, 12, generator=generator) < held).long() * 2
    labels[:, 5:7] = 0
    field = structure(labels).requires_grad_()
    Tortuosity(GRID, phase="pore", target=target)(field, {}).sum().backward()
    pore = field.grad[0, 2]
    assert pore.sum() < 0
    assert (pore[labels[0] == 0] < 0).float().mean() > 0.9


def test_a_phase_that_conducts_counts_with_its_own_fraction():
    # Seven columns of 100 conduct 0.07, above HARDLY: eps below SPARSE is eps.
    labels = torch.zeros(1, 4, 10, 10, dtype=torch.long)
    labels[:, :, 0, :7] = 2
    assert HARDLY < 0.07 < SPARSE
    assert Tortuosity(GRID, phase="pore")(structure(labels), {}).item() == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("side", [62])
def test_a_real_volume_has_the_metrics_value(electrode, side):
    labels = electrode[:side].astype("uint8")
    measured = porenet.create_metric("tortuosity", axis="y", tolerance=1e-5)(Volume(labels, GRID))
    field = structure(labels[None], dtype=torch.float32)
    for phase in GRID.phases:
        loss = porenet.create_loss("tortuosity", GRID, phase=phase, axis="y")
        assert loss.descriptor(field).item() == pytest.approx(measured[f"{phase}.tortuosity_factor"], rel=1e-3)


@pytest.mark.parametrize("target", [None, 3.0])
def test_the_fixture_does_not_meet_it_and_is_pushed(target):
    field = flat((0.36, 0.34, 0.30), (4, 5, 6)).requires_grad_()
    value = Tortuosity(GRID, phase="pore", target=target)(straight_through(field), {})
    assert value.item() > 0.99
    value.sum().backward()
    assert (field.grad[0, 2] < 0).all()
    assert (field.grad[0, 0] > 0).all()


@pytest.mark.parametrize("state", ["severed_pore", "collapsed_pore"])
def test_descending_on_logits_joins_what_was_cut_or_lost(state):
    given = hand_made_states(GRID, 12)[state]
    loss = porenet.create_loss("tortuosity", GRID, phase="pore", target=1.5)
    logits = (4 * given.field).clone().requires_grad_()
    fractions = torch.tensor([[0.36, 0.34, 0.30]])
    for _ in range(25):
        shown = straight_through(logits.softmax(dim=1))
        vf = (shown.mean(dim=(2, 3, 4)) - fractions).square().sum()
        (gradient,) = torch.autograd.grad(1000 * vf + 20 * loss(shown, {}).sum(), logits)
        with torch.no_grad():
            logits -= 0.5 * gradient / gradient.abs().max()
    assert spanning(logits.argmax(dim=1)[0].numpy().astype("uint8"), given.channel, "z").any()


@pytest.mark.parametrize(
    ("params", "where", "message"),
    [
        ({"phase": "pore", "target": 0.5}, "tortuosity.target", "greater than or equal to 1"),
        ({"phase": "pore", "axis": "t"}, "tortuosity.axis", "must be 'z'"),
        ({}, "tortuosity.phase", "is required"),
    ],
)
def test_wrong_parameters_are_named(params, where, message):
    with pytest.raises(ConfigError) as caught:
        porenet.create_loss("tortuosity", GRID, **params)
    assert any(one.path.startswith(where) and message in one.message for one in caught.value.problems)


def test_a_target_of_another_shape_is_refused():
    loss = Tortuosity(GRID, phase="pore", target="structures")
    with pytest.raises(InputError, match=r"targets\['tortuosity'\]"):
        loss(structure(channel_and_island()), {"tortuosity": torch.ones(2)})


def test_it_shows_what_it_aims_at():
    loss = porenet.create_loss("tortuosity", GRID, phase="pore", axis="x")
    assert repr(loss) == "Tortuosity(phase='pore', axis='x', target=None, kmin=1e-06)"
