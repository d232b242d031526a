"""Volume fraction: by hand, through the loophole, in half precision, and of a real electrode."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from porenet_statistics.losses.vf import VolumeFraction, volume_fractions
from porenet_statistics.metrics.vf import volume_fractions as measured_fractions

import porenet
from porenet.errors import InputError
from porenet.interface import Grid, Volume
from porenet.testing import grids, probability_fields, volumes

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
LOSS = VolumeFraction(GRID)
NAN = float("nan")


def rows(*samples, dtype=torch.float64):
    return torch.tensor(samples, dtype=dtype)


def uniform(*samples, size=(2, 3, 4), dtype=torch.float64):
    """A batch of fields that are the same at every voxel, one row of phase probabilities a sample."""
    shares = rows(*samples, dtype=dtype)
    return shares.view(*shares.shape, 1, 1, 1).expand(*shares.shape, *size).clone()


def decoded(labels, phases=3):
    """The one-hot field of labels ``(Z, Y, X)``."""
    return torch.nn.functional.one_hot(torch.tensor(labels).long(), phases).movedim(-1, 0)[None].double()


@pytest.mark.parametrize(
    ("shares", "target", "value"),
    [
        ([0.36, 0.34, 0.30], [0.36, 0.34, 0.30], 0.0),
        ([0.5, 0.3, 0.2], [0.4, 0.4, 0.2], 0.02),
        ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0], 2.0),
        ([1.0, 0.0, 0.0], [0.36, 0.34, 0.30], 0.4096 + 0.1156 + 0.09),
        ([0.5, 0.3, 0.2], [NAN, 0.4, 0.2], 0.01),
        ([0.5, 0.3, 0.2], [NAN, NAN, NAN], 0.0),
    ],
)
def test_the_loss_by_hand(shares, target, value):
    assert LOSS(uniform(shares), {"vf": rows(target)}).tolist() == pytest.approx([value], abs=1e-15)


def test_each_sample_has_its_own_target():
    field = uniform([0.5, 0.3, 0.2], [0.1, 0.1, 0.8])
    values = LOSS(field, {"vf": rows([0.5, 0.3, 0.2], [0.2, 0.2, 0.6])})
    assert values.tolist() == pytest.approx([0.0, 0.01 + 0.01 + 0.04])


def test_the_fractions_of_a_structure_are_its_counts():
    labels = np.zeros((2, 2, 3), np.uint8)
    labels[0, 0, 0], labels[1] = 2, 1
    assert volume_fractions(decoded(labels))[0].tolist() == pytest.approx([5 / 12, 6 / 12, 1 / 12])


# By hand: the derivative of (mean p - target)^2 is 2 (mean p - target) / N at every voxel.
def test_the_gradient_by_hand():
    field = uniform([0.5, 0.3, 0.2]).requires_grad_()
    LOSS(field, {"vf": rows([0.4, NAN, 0.3])}).sum().backward()
    for channel, expected in enumerate([2 * 0.1 / 24, 0.0, -2 * 0.1 / 24]):
        assert field.grad[0, channel].flatten().tolist() == pytest.approx([expected] * 24)


# The published failure: 0.3 of pore everywhere meets the target, and the structure that is decoded holds no pore.
def test_the_loophole_is_open_on_the_soft_field_and_closed_on_the_decoded_one():
    field, targets = uniform([0.36, 0.34, 0.30]), {"vf": rows([0.36, 0.34, 0.30])}
    values = {}
    for relax in ("soft", "straight_through"):
        _, terms = porenet.Objective(GRID, [{"loss": "vf"}], relax=relax)(field, targets)
        values[relax] = terms["vf"].item()
    assert values["soft"] == pytest.approx(0.0, abs=1e-12)
    assert values["straight_through"] == pytest.approx(0.64**2 + 0.34**2 + 0.30**2, abs=1e-12)


def test_the_closed_loophole_pushes_the_missing_phase_up():
    logits = uniform([0.36, 0.34, 0.30]).log().requires_grad_()
    objective = porenet.Objective(GRID, [{"loss": "vf"}])
    objective(logits.softmax(dim=1), {"vf": rows([0.36, 0.34, 0.30])})[0].backward()
    assert logits.grad.isfinite().all()
    assert (logits.grad[:, 0] > 0).all()
    assert (logits.grad[:, 2] < 0).all()


@pytest.mark.parametrize("masked", [m for n in (1, 2, 3) for m in itertools.combinations(range(3), n)])
def test_an_undefined_target_counts_for_nothing(masked):
    target = rows([0.2, 0.3, 0.5], [0.6, 0.3, 0.1])
    target[1, list(masked)] = NAN
    field = uniform([0.5, 0.3, 0.2], [0.1, 0.1, 0.8]).requires_grad_()
    values = LOSS(field, {"vf": target})
    values.sum().backward()
    assert values.isfinite().all()
    assert field.grad.isfinite().all()
    assert not field.grad[1, list(masked)].any()
    kept = [c for c in range(3) if c not in masked]
    expected = ((field.detach()[1, kept, 0, 0, 0] - rows([0.6, 0.3, 0.1])[0, kept]) ** 2).sum()
    assert values[1].item() == pytest.approx(expected.item())


@pytest.mark.parametrize("shape", [(1, 2), (2, 2), (3, 2), (2, 3, 1), (2,), (1,), ()])
def test_a_target_of_another_shape_is_refused(shape):
    with pytest.raises(InputError) as caught:
        LOSS(uniform([0.5, 0.3, 0.2], [0.5, 0.3, 0.2]), {"vf": torch.zeros(shape)})
    expected = "shape (2, 3), one row per sample, or (3,) for all of them was expected"
    assert str(caught.value) == f"targets['vf']: {expected}, not {shape}"


# Summed in bfloat16, 262144 voxels would stop counting at 256.
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_large_half_precision_field_is_not_summed_in_half_precision(dtype):
    field = torch.full((1, 1, 64, 64, 64), 0.3, dtype=dtype)
    rounded = torch.tensor(0.3, dtype=dtype).item()
    (fraction,) = volume_fractions(field).flatten().tolist()
    assert fraction == pytest.approx(rounded, rel=1e-6)
    assert fraction == pytest.approx(0.3, rel=torch.finfo(dtype).eps)


@pytest.mark.parametrize(
    ("given_dtype", "found"),
    [
        (torch.bfloat16, torch.float32),
        (torch.float16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
)
def test_the_value_is_at_least_single_precision(given_dtype, found):
    field = uniform([0.5, 0.3, 0.2], dtype=given_dtype)
    for target_dtype in (torch.float32, torch.float64, given_dtype):
        assert LOSS(field, {"vf": rows([0.4, 0.4, 0.2], dtype=target_dtype)}).dtype == found


@given(probability_fields())
def test_the_fractions_of_any_field_sum_to_1(field):
    fractions = volume_fractions(field)
    assert fractions.shape == field.shape[:2]
    assert torch.allclose(fractions.sum(dim=1), torch.ones(1, dtype=torch.float64), atol=1e-12)


@given(probability_fields())
def test_a_field_meets_its_own_fractions(field):
    assert LOSS(field, {"vf": volume_fractions(field)}).tolist() == [0.0] * len(field)


@given(probability_fields(), st.integers(0, 2**31 - 1))
def test_where_the_phases_lie_does_not_matter(field, seed):
    order = torch.randperm(field[0, 0].numel(), generator=torch.Generator().manual_seed(seed))
    shuffled = field.flatten(2)[:, :, order].view_as(field)
    targets = {"vf": rows([0.2, 0.3, 0.5]).expand(len(field), 3)}
    assert torch.allclose(LOSS(field, targets), LOSS(shuffled, targets), atol=1e-14)


@given(grids().flatmap(volumes))
def test_measured_fractions_are_shares_that_sum_to_1(volume):
    found = measured_fractions(volume)
    assert list(found) == list(volume.grid.phases)
    assert all(0 <= value <= 1 for value in found.values())
    assert sum(found.values()) == pytest.approx(1, abs=1e-12)


@given(grids().flatmap(volumes))
def test_measured_fractions_are_counted_voxels(volume):
    voxels = [volume.grid.phases[label] for label in volume.labels.ravel().tolist()]
    counted = {phase: voxels.count(phase) / len(voxels) for phase in volume.grid.phases}
    assert measured_fractions(volume) == counted


@given(grids(("a", "b", "c")).flatmap(volumes))
def test_the_loss_describes_a_structure_as_the_metric_measures_it(volume):
    described = volume_fractions(decoded(volume.labels))[0].tolist()
    assert described == pytest.approx(list(measured_fractions(volume).values()), abs=1e-15)


def test_an_absent_phase_has_0():
    assert measured_fractions(Volume(np.zeros((2, 2, 2), np.uint8), GRID)) == {"Ni": 1.0, "YSZ": 0.0, "pore": 0.0}


def test_measured_fractions_by_hand():
    labels = np.zeros((2, 2, 3), np.uint8)
    labels[0, 0, 0], labels[1] = 2, 1
    assert measured_fractions(Volume(labels, GRID)) == {"Ni": 5 / 12, "YSZ": 6 / 12, "pore": 1 / 12}


# Counted independently of porenet; see the README beside the file.
def test_the_fractions_of_a_real_electrode(electrode):
    found = porenet.create_metric("vf")(Volume(electrode, GRID))
    assert found == pytest.approx({"Ni": 0.354532, "YSZ": 0.340837, "pore": 0.304631}, abs=5e-7)
