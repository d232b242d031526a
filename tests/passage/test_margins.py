"""The lead of a phase in a compiled loop, against the same in torch: values, gradients, second derivatives."""

import pytest
import torch
from torch.autograd import forward_ad

from porenet import fused
from porenet.passage import margin_of


def field_of(phases, dtype, ties):
    field = torch.randn(2, phases, 5, 9, 30, generator=torch.Generator().manual_seed(phases)).to(dtype)
    return (field * 2).round() if ties else field


def in_torch(field, channel, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(fused, "ALLOWED", False)
        return margin_of(field, channel)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("phases", [2, 3, 6])
def test_value_and_gradient_are_those_of_torch(phases, dtype, ties, monkeypatch):
    weight = torch.randn(2, 5, 9, 30, generator=torch.Generator().manual_seed(1)).to(dtype)
    for channel in range(phases):
        for order in (torch.contiguous_format, torch.channels_last_3d):
            field = field_of(phases, dtype, ties).to(memory_format=order).requires_grad_()
            lead, expected = margin_of(field, channel), in_torch(field, channel, monkeypatch)
            assert "_FirstSlopeBackward" in lead.grad_fn.name()
            assert torch.equal(lead, expected)
            (slope,), (exact,) = (torch.autograd.grad((value * weight).sum(), field) for value in (lead, expected))
            torch.testing.assert_close(slope, exact, rtol=1e-6, atol=0)


def test_nan_of_any_phase_stays():
    field = field_of(3, torch.float32, ties=False)
    field[0, 0, 0, 0, 0] = field[0, 1, 0, 0, 1] = field[1, 2, 0, 0, 2] = float("nan")
    for channel in range(3):
        assert torch.equal(margin_of(field, channel).isnan(), field.isnan().any(dim=1))


def test_it_can_be_differentiated_again():
    field = field_of(3, torch.float64, ties=True)[:, :, :2, :2, :2].contiguous().requires_grad_()
    (slope,) = torch.autograd.grad(margin_of(field, 1).square().sum(), field, create_graph=True)
    (second,) = torch.autograd.grad(slope.square().sum(), field)
    plain = field.detach().clone().requires_grad_()
    parts = plain[:, 1] - torch.cat([plain[:, :1], plain[:, 2:]], dim=1).amax(dim=1)
    (slope,) = torch.autograd.grad(parts.square().sum(), plain, create_graph=True)
    (expected,) = torch.autograd.grad(slope.square().sum(), plain)
    torch.testing.assert_close(second, expected)


def test_transforms_and_forward_derivatives_see_torch():
    field = field_of(3, torch.float32, ties=False)
    rows = torch.func.vmap(lambda row: margin_of(row.unsqueeze(0), 2).squeeze(0))(field)
    assert torch.equal(rows, margin_of(field, 2))
    with forward_ad.dual_level():
        tangent = forward_ad.unpack_dual(margin_of(forward_ad.make_dual(field, torch.ones_like(field)), 0)).tangent
    assert torch.equal(tangent, torch.zeros_like(tangent))
