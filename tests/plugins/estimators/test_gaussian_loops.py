"""Gaussians in compiled loops: values against the matrices of their definition, gradients against torch in float64."""

import gaussian_matrices
import numpy as np
import pytest
import torch
from gaussian_matrices import along, of_box
from hypothesis import given
from hypothesis import strategies as st
from porenet_estimators import gaussian_loops
from porenet_estimators.coarea_fields import triple_line_length
from porenet_estimators.gaussian_loops import in_loops
from porenet_estimators.total_variation_fields import total_variation_densities

PERIODIC = st.tuples(st.booleans(), st.booleans(), st.booleans())
SIDE = st.integers(1, 9)
WIDTHS = st.sampled_from([(1.0, 1.0, 1.0), (1.5, 1.5, 1.5), (0.5, 1.0, 2.3)])
ROW = st.sampled_from([1, 2, 7, 31, 32, 33, 70])
VOXELS = st.sampled_from([(1.0, 1.0, 1.0), (0.05, 0.1, 0.07)])
# Around a few voxels a Gaussian leaves slopes that are rounding errors, and their direction is in the gradient.
LENGTHS = st.sampled_from([1, 6, 7, 9])
LONG = st.sampled_from([6, 7, 9])
OPEN = (False, False, False)


def random_field(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).softmax(dim=1)


@given(SIDE, SIDE, ROW, PERIODIC, WIDTHS)
def test_smoothing_and_its_adjoint_are_as_defined(depth, height, width, periodic, widths):
    field = random_field(2, 2, depth, height, width).requires_grad_()
    smoothed = gaussian_loops.smooth(field, periodic, widths)
    weights = random_field(*field.shape, seed=1)
    (gradient,) = torch.autograd.grad((smoothed * weights).sum(), field)
    smooth = [axis[0] for axis in of_box(field.shape[2:], periodic, widths)]
    np.testing.assert_allclose(smoothed.detach(), along(field.detach().double().numpy(), *smooth), rtol=0, atol=1e-6)
    turned = along(weights.double().numpy(), *(matrix.T for matrix in smooth))
    np.testing.assert_allclose(gradient, turned, rtol=0, atol=2e-6)


def value_and_gradient(measure, field):
    leaf = field.clone().requires_grad_()
    values = measure(leaf)
    (gradient,) = torch.autograd.grad(values.double().sum(), leaf)
    return values.detach().double(), gradient.double()


def agree(measure, field, tolerance=1e-5, of_gradient=1e-4):
    """Whether float32, in loops, is what float64 is, in torch."""
    assert in_loops(field)
    assert not in_loops(field.double())
    value, gradient = value_and_gradient(measure, field)
    expected, slope = value_and_gradient(measure, field.double())
    torch.testing.assert_close(value, expected, rtol=tolerance, atol=1e-7 * float(expected.abs().max()) + 1e-9)
    assert float((gradient - slope).norm()) <= of_gradient * float(slope.norm()) + 1e-9


@given(LENGTHS, LENGTHS, st.sampled_from([1, 7, 31, 32, 33, 70]), PERIODIC, VOXELS)
def test_lengths_of_slopes_are_those_of_double_precision(depth, height, width, periodic, voxel_um):
    field = random_field(2, 3, depth, height, width, seed=width)
    agree(lambda leaf: total_variation_densities(leaf, voxel_um, periodic), field)


@given(LONG, LONG, st.sampled_from([6, 33]), PERIODIC, VOXELS, st.booleans())
def test_lengths_of_lines_are_those_of_double_precision(depth, height, width, periodic, voxel_um, share):
    field = random_field(2, 4, depth, height, width, seed=depth)
    parts = random_field(2, 3, depth, height, width, seed=9)

    def measure(leaf):
        triple = leaf[:, [2, 0, 3]]
        counted = triple * parts.to(leaf.dtype) if share else None
        return triple_line_length(triple, voxel_um, periodic, counted)

    agree(measure, field, 1e-4, 1e-2)  # two readings, of which one is subtracted


# So many layers are needed at a time that the rows of one do not all stay in the cache.
@pytest.mark.parametrize("wraps", [False, True])
def test_rows_are_worked_on_in_tiles(wraps):
    widths, field = (20.0, 1.0, 0.5), random_field(1, 2, 40, 300, 5)
    periodic = (False, wraps, False)
    smoothed = gaussian_loops.smooth(field, periodic, widths)
    value, *slopes = gaussian_matrices.smooth_and_slopes(field.double().numpy(), periodic, widths)
    np.testing.assert_allclose(smoothed, value, rtol=0, atol=1e-6)
    lengths = gaussian_loops.lengths(field, periodic, widths, (1.0, 1.0, 1.0), 1e-9)
    expected = np.sqrt(sum(slope**2 for slope in slopes)).mean(axis=(2, 3, 4))
    np.testing.assert_allclose(lengths, expected, rtol=1e-6)


def test_threads_change_nothing(monkeypatch):
    field = random_field(3, 3, 5, 6, 7)
    measures = (
        lambda leaf: total_variation_densities(leaf, (1.0, 1.0, 1.0), OPEN),
        lambda leaf: triple_line_length(leaf, (1.0, 1.0, 1.0), OPEN),
        lambda leaf: gaussian_loops.smooth(leaf, OPEN, (1.0, 1.0, 1.0)).sum(dim=(2, 3, 4)),
    )
    alone = [value_and_gradient(measure, field) for measure in measures]
    monkeypatch.setattr(gaussian_loops, "GRAIN", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    for measure, (value, gradient) in zip(measures, alone, strict=True):
        together = value_and_gradient(measure, field)
        assert torch.equal(together[0], value)
        assert torch.equal(together[1], gradient)


# Rows are read and written a vector at a time, which goes on into the rows after them.
@pytest.mark.parametrize("spoilt", [0, 1])
@pytest.mark.parametrize("width", [3, 24, 33])
def test_a_sample_has_no_part_in_another(width, spoilt):
    field, parts = random_field(2, 3, 5, 4, width), random_field(2, 3, 5, 4, width, seed=1)
    broken = field.clone()
    broken[spoilt] = float("nan")
    for measure in (
        lambda leaf: total_variation_densities(leaf, (1.0, 1.0, 1.0), OPEN),
        lambda leaf: triple_line_length(leaf, (1.0, 1.0, 1.0), OPEN),
        lambda leaf: triple_line_length(leaf, (1.0, 1.0, 1.0), OPEN, leaf * parts),
        lambda leaf: gaussian_loops.smooth(leaf, OPEN, (1.0, 1.0, 1.0)).sum(dim=(2, 3, 4)),
    ):
        whole, beside = value_and_gradient(measure, field), value_and_gradient(measure, broken)
        for expected, result in zip(whole, beside, strict=True):
            assert torch.equal(result[1 - spoilt], expected[1 - spoilt])
        assert beside[0][spoilt].isnan().all()


def test_a_flat_field_has_no_length_and_no_gradient():
    shares = torch.tensor([0.36, 0.34, 0.30]).view(1, 3, 1, 1, 1)
    value, gradient = value_and_gradient(
        lambda leaf: total_variation_densities(leaf, (1.0, 0.5, 1.0), OPEN), shares.expand(1, 3, 6, 7, 8)
    )
    assert not value.any()
    assert not gradient.any()


def test_fields_in_any_layout_and_without_gradients():
    field = random_field(2, 3, 6, 7, 8)
    last = field.contiguous(memory_format=torch.channels_last_3d)
    for measure in (total_variation_densities, triple_line_length):
        expected = measure(field, (1.0, 1.0, 1.0), OPEN)
        assert torch.equal(measure(last, (1.0, 1.0, 1.0), OPEN), expected)
        with torch.no_grad():
            assert torch.equal(measure(field.requires_grad_(), (1.0, 1.0, 1.0), OPEN), expected)
        field = field.detach()


def test_one_bad_voxel_is_not_hidden():
    field = random_field(1, 3, 6, 7, 8)
    field[0, 1, 3, 3, 3] = torch.nan
    assert total_variation_densities(field, (1.0, 1.0, 1.0), OPEN)[0].isnan().tolist() == [False, True, False]
    assert triple_line_length(field, (1.0, 1.0, 1.0), OPEN).isnan().all()


def test_smoothing_can_be_differentiated_twice_and_lengths_cannot():
    field = random_field(1, 2, 4, 5, 6)

    def total(leaf):
        return gaussian_loops.smooth(leaf, OPEN, (1.0, 1.0, 1.0)).square().sum()

    direction = random_field(1, 2, 4, 5, 6, seed=3)
    leaf = field.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(total(leaf), leaf, create_graph=True)
    (second,) = torch.autograd.grad((gradient * direction).sum(), leaf)
    # Of a quadratic the gradient is linear.
    torch.testing.assert_close(second, torch.func.grad(total)(direction), rtol=1e-4, atol=1e-6)
    with pytest.raises(RuntimeError, match="differentiated once"):
        torch.func.grad(
            lambda leaf: torch.func.grad(lambda leaf: total_variation_densities(leaf, (1.0, 1.0, 1.0), OPEN).sum())(
                leaf
            ).sum()
        )(field)


MEASURES = {
    "lengths": lambda leaf: total_variation_densities(leaf, (1.0, 1.0, 1.0), OPEN).sum(dim=1),
    "lines": lambda leaf: triple_line_length(leaf, (1.0, 1.0, 1.0), OPEN),
    "counted lines": lambda leaf: triple_line_length(leaf, (1.0, 1.0, 1.0), OPEN, leaf**2),
    "smooth": lambda leaf: gaussian_loops.smooth(leaf, OPEN, (1.0, 1.0, 1.0)).square().mean(dim=(1, 2, 3, 4)),
}


@pytest.mark.parametrize(
    "name", ["counted lines", "smooth", *(pytest.param(name, marks=pytest.mark.slow) for name in ("lengths", "lines"))]
)
def test_compiled_and_transformed_they_are_the_same(name):
    measure, field = MEASURES[name], random_field(2, 3, 6, 7, 8)
    value, gradient = value_and_gradient(measure, field)
    compiled = torch.compile(measure, backend="eager", fullgraph=True)
    for way in (measure, compiled):
        again = value_and_gradient(way, field)
        torch.testing.assert_close(again[0], value)
        torch.testing.assert_close(again[1], gradient)
    transformed = torch.func.grad(lambda leaf: measure(leaf).sum())(field)
    torch.testing.assert_close(transformed.double(), gradient)
    alone = torch.func.vmap(torch.func.grad(lambda leaf: measure(leaf[None])[0]))(field)
    torch.testing.assert_close(alone.double(), gradient)
    rows = torch.func.jacrev(measure)(field)
    torch.testing.assert_close(rows.sum(dim=0).double(), gradient)
    with torch.no_grad():
        torch.testing.assert_close(compiled(field).double(), value)
