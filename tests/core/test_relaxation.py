"""How a field is shown to the losses: as it is, or as the structure that will be decoded."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from porenet.relaxation import RELAXATIONS, soft, straight_through
from porenet.testing import probability_fields

unhurried = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])

FIELDS = st.integers(2, 5).flatmap(lambda phases: probability_fields(phases))
DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16]


def uniform(*shares, shape=(1, 4, 3, 2), dtype=torch.float64):
    """A field that is the same at every voxel."""
    batch, *size = shape
    return torch.tensor(shares, dtype=dtype).view(1, -1, 1, 1, 1).expand(batch, len(shares), *size).clone()


# The published failure: a volume fraction that is met by the probabilities and by not one voxel of the structure.
def test_a_pore_probability_of_30_percent_everywhere_is_no_pore_at_all():
    field = uniform(0.36, 0.34, 0.30)
    assert torch.allclose(soft(field).mean(dim=(0, 2, 3, 4)), torch.tensor([0.36, 0.34, 0.30], dtype=torch.float64))
    assert straight_through(field).mean(dim=(0, 2, 3, 4)).tolist() == [1.0, 0.0, 0.0]


def test_soft_is_the_field_itself():
    field = uniform(0.36, 0.34, 0.30)
    assert soft(field) is field


@unhurried
@given(FIELDS)
def test_straight_through_is_exactly_the_decoded_structure(field):
    shown = straight_through(field)
    assert shown.shape == field.shape
    assert set(shown.unique().tolist()) <= {0.0, 1.0}
    assert torch.equal(shown.sum(dim=1), torch.ones_like(shown[:, 0]))
    assert torch.equal(shown.argmax(dim=1), field.argmax(dim=1))


@unhurried
@given(FIELDS)
def test_straight_through_of_a_structure_is_the_structure(field):
    structure = straight_through(field)
    assert torch.equal(straight_through(structure), structure)


@pytest.mark.parametrize(
    ("shares", "winner"),
    [((0.5, 0.5), 0), ((0.4, 0.4, 0.2), 0), ((0.2, 0.4, 0.4), 1), ((0.25,) * 4, 0), ((0.1, 0.3, 0.3, 0.3), 1)],
)
def test_a_tie_goes_to_the_lower_phase(shares, winner):
    assert straight_through(uniform(*shares))[0, :, 0, 0, 0].argmax() == winner


def test_each_voxel_is_decided_on_its_own():
    field = torch.tensor([[0.2, 0.7, 0.5], [0.8, 0.3, 0.5]], dtype=torch.float64).view(1, 2, 1, 1, 3)
    assert straight_through(field)[0, :, 0, 0].tolist() == [[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]]


@unhurried
@given(FIELDS, st.integers(0, 2**31 - 1))
def test_the_gradient_passes_straight_through_unchanged(field, seed):
    field = field.clone().requires_grad_()
    arriving = torch.randn(field.shape, generator=torch.Generator().manual_seed(seed), dtype=field.dtype)
    (gradient,) = torch.autograd.grad(straight_through(field), field, arriving)
    assert torch.equal(gradient, arriving)


def test_the_gradient_reaches_phases_that_lost_everywhere():
    field = uniform(0.36, 0.34, 0.30).requires_grad_()
    straight_through(field)[:, 2].sum().backward()
    assert torch.equal(field.grad[:, 2], torch.ones_like(field.grad[:, 2]))
    assert not field.grad[:, :2].any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(RELAXATIONS))
def test_the_type_is_kept(name, dtype):
    assert RELAXATIONS[name](uniform(0.36, 0.34, 0.30, dtype=dtype)).dtype == dtype


@unhurried
@given(FIELDS)
def test_the_field_is_left_alone(field):
    before = field.clone()
    straight_through(field)
    assert torch.equal(field, before)


def test_what_a_run_can_ask_for():
    assert sorted(RELAXATIONS) == ["soft", "straight_through"]
    assert RELAXATIONS["soft"] is soft
    assert RELAXATIONS["straight_through"] is straight_through


def test_without_a_gradient_to_keep_none_is_made():
    assert straight_through(uniform(0.6, 0.4)).grad_fn is None
