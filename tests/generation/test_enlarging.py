"""Enlarging and convolving at once is what it stands for: torch's interpolation, then its convolution."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from porenet.errors import InputError
from porenet.generation import EnlargingConv

edges = st.tuples(*[st.integers(2, 6)] * 3)


def plainly(layer, field):
    return functional.conv3d(functional.interpolate(field, scale_factor=2), layer.weight, layer.bias)


def made(before, after, edges, *, bias=True, last=False, seed=0):
    torch.manual_seed(seed)
    layer, field = EnlargingConv(before, after, bias=bias).double(), torch.randn(2, before, *edges).double()
    if last:
        layer, field = layer.to(memory_format=torch.channels_last_3d), field.to(memory_format=torch.channels_last_3d)
    return layer, field.requires_grad_()


@given(edges=edges, channels=st.tuples(*[st.integers(1, 4)] * 2), bias=st.booleans(), last=st.booleans())
def test_values_and_gradients_are_torchs(edges, channels, bias, last):
    layer, field = made(*channels, edges, bias=bias, last=last)
    found, expected = layer(field), plainly(layer, field)
    torch.testing.assert_close(found, expected)
    weights, inputs = torch.randn_like(expected), [field, *layer.parameters()]
    for one, other in zip(*(torch.autograd.grad(made, inputs, weights) for made in (found, expected)), strict=True):
        torch.testing.assert_close(one, other)


@given(edges=edges, data=st.data())
def test_the_middle_is_the_middle(edges, data):
    layer, field = made(2, 3, edges)
    size = data.draw(st.tuples(*[st.integers(1, 2 * edge - 2) for edge in edges]))
    starts = [(2 * edge - 2 - wanted) // 2 for edge, wanted in zip(edges, size, strict=True)]
    chosen = tuple(slice(start, start + wanted) for start, wanted in zip(starts, size, strict=True))
    torch.testing.assert_close(layer.middle(field, size), plainly(layer, field)[..., *chosen])


@pytest.mark.parametrize("last", [False, True])
def test_it_has_the_memory_format_and_the_weights_of_a_convolution(last):
    layer, field = (one.float() for one in made(3, 4, (4, 5, 6), last=last))
    layout = torch.channels_last_3d if last else torch.contiguous_format
    assert layer(field.contiguous()).is_contiguous(memory_format=layout)
    assert layer.state_dict().keys() == torch.nn.Conv3d(3, 4, 3).state_dict().keys()


def test_it_runs_in_bfloat16():
    layer, field = made(3, 4, (4, 4, 4))
    layer = layer.float()
    with torch.autocast("cpu", torch.bfloat16):
        found = layer(field.float())
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.double(), plainly(layer.double(), field), atol=0.05, rtol=0.05)


@pytest.mark.parametrize("shape", [(1, 1, 4, 4), (1, 1, 1, 3, 3), (1, 4, 4, 4)])
def test_what_cannot_be_enlarged_is_refused(shape):
    with pytest.raises(InputError, match=r"\(B, C, z, y, x\) with edges of 2 voxels or more"):
        EnlargingConv(1, 1)(torch.zeros(shape))


@pytest.mark.parametrize("size", [(9, 4, 4), (0, 4, 4), (4, 4)])
def test_a_middle_that_is_none_is_refused(size):
    with pytest.raises(InputError, match="a middle of 1 to 6 x 6 x 6 voxels"):
        EnlargingConv(1, 1).middle(torch.zeros(1, 1, 4, 4, 4), size)
