"""Smoothed fields and their slopes in torch, against the matrices of their definition and exact answers."""

import gaussian_matrices
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from porenet_estimators import gaussian_fields
from porenet_estimators.gaussian_fields import filters, smooth, smooth_and_slopes

OPEN = (False, False, False)
AROUND = (True, True, True)
PERIODIC = st.tuples(st.booleans(), st.booleans(), st.booleans())
SIDE = st.integers(1, 9)
WIDTHS = st.sampled_from([(1.0, 1.0, 1.0), (1.5, 1.5, 1.5), (0.5, 1.0, 2.3)])


def random_field(*shape, seed=0, dtype=torch.float64):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@given(st.integers(1, 40), st.sampled_from([0.5, 1.0, 1.5, 2.3]), st.booleans())
def test_the_matrices_are_those_of_the_definition(size, sigma, wraps):
    both = filters(size, sigma, wraps, torch.float64, None)
    for matrix, expected in zip(both, gaussian_matrices.matrices(size, sigma, wraps), strict=True):
        np.testing.assert_allclose(matrix.numpy(), expected, rtol=0, atol=1e-15)


@given(SIDE, SIDE, SIDE, PERIODIC, WIDTHS)
def test_fields_are_smoothed_as_defined(depth, height, width, periodic, widths):
    field = random_field(2, 2, depth, height, width, seed=depth)
    value, slopes = smooth_and_slopes(field, periodic, widths)
    assert torch.equal(value, smooth(field, periodic, widths))
    expected = gaussian_matrices.smooth_and_slopes(field.numpy(), periodic, widths)
    for measured, wanted in zip((value, *slopes), expected, strict=True):
        np.testing.assert_allclose(measured.numpy(), wanted, rtol=0, atol=1e-13)


@pytest.mark.parametrize("periodic", [OPEN, AROUND, (True, False, True)])
def test_a_long_axis_is_multiplied_in_blocks(periodic, monkeypatch):
    monkeypatch.setattr(gaussian_fields, "BLOCK", 5)
    field, widths = random_field(1, 1, 33, 34, 37).requires_grad_(), (1.0, 0.7, 1.5)
    value, slopes = smooth_and_slopes(field, periodic, widths)
    expected = gaussian_matrices.smooth_and_slopes(field.detach().numpy(), periodic, widths)
    for measured, wanted in zip((value, *slopes), expected, strict=True):
        np.testing.assert_allclose(measured.detach().numpy(), wanted, rtol=0, atol=1e-13)
    weights = random_field(4, 1, 1, 33, 34, 37, seed=1)
    (gradient,) = torch.autograd.grad((torch.stack([value, *slopes]) * weights).sum(), field)
    monkeypatch.setattr(gaussian_fields, "BLOCK", 100)
    value, slopes = smooth_and_slopes(field, periodic, widths)
    (expected,) = torch.autograd.grad((torch.stack([value, *slopes]) * weights).sum(), field)
    torch.testing.assert_close(gradient, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("periodic", [OPEN, (False, True, True)])
def test_gradients_are_right_twice(periodic):
    field = random_field(1, 2, 3, 1, 4).requires_grad_()

    def all_four(one):
        value, slopes = smooth_and_slopes(one, periodic, (1.0, 1.0, 0.7))
        return torch.stack([value, *slopes])

    assert torch.autograd.gradcheck(all_four, field)
    assert torch.autograd.gradgradcheck(lambda one: all_four(one) ** 2, field)


def test_a_ramp_keeps_its_slope_up_to_open_faces():
    z, y, x = torch.meshgrid(*(torch.arange(size, dtype=torch.float64) for size in (6, 7, 8)), indexing="ij")
    ramp = (2 * z - 3 * y + 0.5 * x)[None, None]
    _, slopes = smooth_and_slopes(ramp, OPEN, (1.5, 3.0, 0.7))
    for slope, expected in zip(slopes, (2, -3, 0.5), strict=True):
        torch.testing.assert_close(slope, torch.full_like(ramp, expected), rtol=0, atol=1e-12)


def test_a_constant_stays_and_has_no_slope():
    value, slopes = smooth_and_slopes(
        torch.full((1, 1, 5, 1, 9), 0.3, dtype=torch.float64), (True, False, True), (1.0, 2.0, 3.0)
    )
    torch.testing.assert_close(value, torch.full_like(value, 0.3), rtol=0, atol=1e-15)
    for slope in slopes:
        assert slope.abs().max() < 1e-15


def test_autocast_does_not_halve_the_precision():
    field = random_field(1, 1, 6, 7, 8, dtype=torch.float32).requires_grad_()
    plain = smooth_and_slopes(field, OPEN, (1.0,) * 3)[1][0]
    with torch.autocast("cpu", torch.bfloat16):
        cast = smooth_and_slopes(field, OPEN, (1.0,) * 3)[1][0]
        cast.sum().backward()
    assert torch.equal(plain, cast)
    assert cast.dtype == field.grad.dtype == torch.float32


def test_filters_made_without_gradients_serve_with_them():
    field = random_field(1, 1, 5, 11, 13)
    with torch.inference_mode():
        smooth_and_slopes(field, OPEN, (1.7,) * 3)
    smooth_and_slopes(field.requires_grad_(), OPEN, (1.7,) * 3)[0].sum().backward()
    assert field.grad.isfinite().all()


def test_fields_without_data_have_shapes():
    value, slopes = smooth_and_slopes(torch.zeros(2, 3, 4, 5, 6, device="meta"), OPEN, (1.0,) * 3)
    assert {tuple(one.shape) for one in (value, *slopes)} == {(2, 3, 4, 5, 6)}


def test_tensors_are_made_where_the_field_is():
    field = random_field(1, 1, 5, 6, 17, dtype=torch.float32).requires_grad_()
    with torch.device("meta"):
        value, _ = smooth_and_slopes(field, AROUND, (1.9, 0.9, 3.8))
        value.sum().backward()
    assert value.device == field.grad.device == torch.device("cpu")


@pytest.mark.parametrize("dynamic", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_compiles_to_one_graph(dynamic):
    compiled = torch.compile(smooth_and_slopes, backend="eager", fullgraph=True, dynamic=dynamic)
    for size in (7, 6):
        field = random_field(2, 1, 5, size, 8).requires_grad_()
        found, expected = (f(field, (True, False, False), (1.0, 0.5, 1.0)) for f in (compiled, smooth_and_slopes))
        for one, other in zip((found[0], *found[1]), (expected[0], *expected[1]), strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-14)
        (gradient,) = torch.autograd.grad(found[1][2].square().sum(), field)
        (truth,) = torch.autograd.grad(expected[1][2].square().sum(), field)
        torch.testing.assert_close(gradient, truth, rtol=0, atol=1e-13)
