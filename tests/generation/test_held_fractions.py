"""Volume fractions that a generator cannot miss."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import avg_pool3d

from porenet.errors import InputError
from porenet.generation import fraction_constants, hold_fractions, one_hot


def shares(field):
    """Share of each phase in the argmax: (B, P, Z, Y, X) -> (B, P)."""
    return one_hot(field.argmax(dim=1).byte(), field.shape[1]).double().mean(dim=(2, 3, 4))


def smooth(batch, phases, scale, seed, edge=16):
    source = torch.Generator().manual_seed(seed)
    return scale * avg_pool3d(torch.randn(batch, phases, edge, edge, edge, generator=source), 3, 1, 1)


@given(phases=st.integers(2, 5), scale=st.sampled_from([0.01, 1.0, 30.0]), seed=st.integers(0, 2**32), data=st.data())
def test_the_argmax_holds_the_fractions(phases, scale, seed, data):
    weights = data.draw(st.lists(st.floats(0.01, 1), min_size=2 * phases, max_size=2 * phases))
    wanted = torch.tensor(weights, dtype=torch.float64).view(2, phases)
    wanted = wanted / wanted.sum(dim=1, keepdim=True)
    field = smooth(2, phases, scale, seed)
    lopsided = field + scale * torch.arange(phases).view(1, -1, 1, 1, 1)  # as after a bad start
    for logits in (field, lopsided):
        torch.testing.assert_close(shares(hold_fractions(logits, wanted.float())), wanted, atol=0.004, rtol=0)


@pytest.mark.parametrize("lopsided", [0.0, 5.0])
def test_three_phases_at_the_size_of_training_are_held_to_five_in_ten_thousand(lopsided):
    wanted = torch.tensor([[0.37, 0.37, 0.26], [0.2, 0.6, 0.2], [0.9, 0.05, 0.05], [0.5, 0.5, 0.0]])
    field = smooth(4, 3, 5.0, 0, edge=32) + lopsided * torch.arange(3).view(1, -1, 1, 1, 1)
    torch.testing.assert_close(shares(hold_fractions(field, wanted)), wanted.double(), atol=5e-4, rtol=0)


def test_half_precision_fractions_are_as_good_as_their_rounding():
    wanted = torch.tensor([[0.375, 0.375, 0.25]])
    found = shares(hold_fractions(smooth(1, 3, 5.0, 0, edge=32), wanted.bfloat16()))
    torch.testing.assert_close(found, wanted.double(), atol=5e-4, rtol=0)


def test_fractions_that_hold_already_leave_the_order_of_the_logits():
    field = smooth(2, 3, 1.0, 1)
    again = hold_fractions(field, shares(field).float())
    assert (again.argmax(dim=1) == field.argmax(dim=1)).float().mean() > 0.999


def test_a_structure_does_not_depend_on_the_others_of_the_batch():
    field, wanted = smooth(3, 3, 1.0, 2), torch.tensor([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1], [0.3, 0.3, 0.4]])
    assert torch.equal(hold_fractions(field, wanted)[1:2], hold_fractions(field[1:2], wanted[1:2]))


@pytest.mark.parametrize("wanted", [(0, 0, 1), (0, 1, 0), (1, 0, 0), (0, 0.4, 0.6), (0.4, 0, 0.6), (0.4, 0.6, 0)])
def test_a_phase_that_is_asked_for_nowhere_is_nowhere_and_one_everywhere_is_everywhere(wanted):
    logits = torch.randn(2, 3, 8, 8, 8, generator=torch.Generator().manual_seed(0))
    held = shares(hold_fractions(logits, torch.tensor([wanted, wanted], dtype=torch.float32)))
    for phase, fraction in enumerate(wanted):
        if fraction in (0, 1):
            assert (held[:, phase] == fraction).all()
    assert torch.allclose(held, torch.tensor(wanted, dtype=held.dtype), atol=0.005)


def test_two_phases_are_a_threshold():
    field, wanted = smooth(1, 2, 1.0, 3), torch.tensor([[0.3, 0.7]])
    lead = (field[:, 0] - field[:, 1]).flatten().sort(descending=True).values
    count = round(0.3 * lead.numel())
    found = hold_fractions(field, wanted).argmax(dim=1).flatten() == 0
    expected = (field[:, 0] - field[:, 1]).flatten() > (lead[count - 1] + lead[count]) / 2
    assert (found != expected).sum() <= 2


def test_the_constants_add_up_to_nothing_and_carry_no_gradient():
    field = smooth(2, 3, 1.0, 4).requires_grad_()
    moved = hold_fractions(field, torch.full((2, 3), 1 / 3))
    offsets = (moved - field).detach().flatten(2)
    torch.testing.assert_close(offsets.amax(dim=2), offsets.amin(dim=2), atol=1e-5, rtol=0)
    torch.testing.assert_close(offsets[..., 0].sum(dim=1), torch.zeros(2), atol=1e-5, rtol=0)
    (gradient,) = torch.autograd.grad(moved[:, 0].sum(), field)
    assert torch.equal(gradient[:, 0], torch.ones_like(field[:, 0]))
    assert not gradient[:, 1:].any()


def test_one_phase_is_left_alone():
    assert torch.equal(fraction_constants(torch.randn(2, 1, 8), torch.ones(2, 1)), torch.zeros(2, 1))


@pytest.mark.parametrize("shape", [(2, 3), (1, 2), (3,)])
def test_fractions_of_other_structures_are_refused(shape):
    with pytest.raises(InputError, match="fractions"):
        hold_fractions(torch.zeros(1, 3, 4, 4, 4), torch.full(shape, 1 / 3))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_holds_them_too():
    wanted = torch.tensor([[0.37, 0.37, 0.26]])
    field = smooth(1, 3, 1.0, 5)
    torch.testing.assert_close(
        shares(hold_fractions(field.cuda(), wanted.cuda())).cpu(), wanted.double(), atol=0.001, rtol=0
    )
