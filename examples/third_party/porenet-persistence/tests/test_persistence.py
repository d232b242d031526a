"""Numbers worked out by hand, and the count of components against scipy."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from porenet_persistence import porenet_specs
from porenet_persistence.persistence import Persistence, critical_voxels, surplus
from scipy import ndimage, sparse

import porenet
from porenet.errors import ConfigError

GRID = porenet.Grid(phases=("solid", "pore"), voxel_um=(0.1, 0.1, 0.1))


def background(*shape):
    return torch.full((1, *shape), 0.1, dtype=torch.float64)


def two_blobs():
    """Cubes of 0.9 and 0.6, 8 voxels each, in 0.1; the second is born at 0.6 and dies at 0.1."""
    phase = background(5, 6, 7)
    phase[0, :2, :2, :2], phase[0, 3:, 4:, 5:] = 0.9, 0.6
    return phase


def two_peaks_and_a_pass():
    """Peaks of 0.9 and 0.6 joined by one path of 0.3, whose lowest voxel holds 0.2."""
    phase = background(2, 3, 4)
    phase[0, 0, 0, :] = phase[0, 0, :, 3] = 0.3
    phase[0, 0, 0, 0], phase[0, 0, 1, 3], phase[0, 1, 2, 3] = 0.9, 0.2, 0.6
    return phase


@pytest.mark.parametrize(("keep", "cost"), [(1, 0.5**2), (2, 0)])
def test_two_blobs_cost_the_second_ones_squared_persistence(keep, cost):
    assert surplus(two_blobs(), keep).tolist() == pytest.approx([cost], abs=1e-12)


def test_the_least_persistent_are_the_ones_that_cost():
    phase = background(1, 1, 7)
    phase[0, 0, 0, 1::2] = torch.tensor([0.4, 0.9, 0.6])
    assert surplus(phase, keep=1).item() == pytest.approx(0.3**2 + 0.5**2)
    assert surplus(phase, keep=2).item() == pytest.approx(0.3**2)


@pytest.mark.parametrize(("other", "cost"), [((0, 0, 1), 0), ((0, 1, 1), 1), ((1, 1, 1), 1), ((2, 2, 2), 1)])
def test_on_a_decoded_structure_it_counts_components_that_share_no_face(other, cost):
    phase = torch.zeros(1, 3, 3, 3)
    phase[0, 0, 0, 0] = phase[0][other] = 1
    assert surplus(phase).tolist() == [cost]


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_a_uniform_field_costs_nothing(value):
    assert surplus(torch.full((2, 3, 4, 5), value)).tolist() == [0, 0]


def test_a_periodic_axis_joins_what_it_wraps():
    phase = torch.zeros(1, 2, 5, 5, 5)
    phase[0, 1, 0, 2, 2] = phase[0, 1, 4, 2, 2] = 1
    for periodic, cost in [((False,) * 3, 1), ((True, False, False), 0), ((False, True, True), 1)]:
        grid = porenet.Grid(GRID.phases, GRID.voxel_um, periodic)
        assert Persistence(grid, phase="pore")(phase, {}).tolist() == [cost]


def test_indices_are_in_the_order_of_the_field():
    birth, death = critical_voxels(two_peaks_and_a_pass()[0].numpy())
    assert birth.tolist() == [np.ravel_multi_index((1, 2, 3), (2, 3, 4))]
    assert death.tolist() == [np.ravel_multi_index((0, 1, 3), (2, 3, 4))]


@pytest.mark.parametrize("turn", [(0, 1, 2, 3), (0, 3, 2, 1), (0, 2, 3, 1)])
def test_the_gradient_sits_on_the_critical_voxels_and_nowhere_else(turn):
    phase = two_peaks_and_a_pass().requires_grad_()
    surplus(phase.permute(turn)).sum().backward()  # permuted: another layout in memory, the same voxels
    expected = torch.zeros_like(phase)
    expected[0, 1, 2, 3], expected[0, 0, 1, 3] = 2 * (0.6 - 0.2), -2 * (0.6 - 0.2)
    torch.testing.assert_close(phase.grad, expected)


@pytest.mark.parametrize("gap", [1, 4])
def test_descent_on_the_logits_leaves_one_component(gap):
    phase = torch.full((1, 4, 4, 4 + gap), 0.1)
    phase[..., :2], phase[0, 1:3, 1:3, 2 + gap :] = 0.9, 0.8
    logits = torch.stack([(1 - phase).log(), phase.log()], dim=1).requires_grad_()
    loss, optimizer = Persistence(GRID, phase="pore"), torch.optim.Adam([logits], lr=0.1)
    assert ndimage.label(decoded(logits))[1] == 2
    for _ in range(200):
        optimizer.zero_grad()
        loss(logits.softmax(dim=1), {}).sum().backward()
        optimizer.step()
    assert ndimage.label(decoded(logits))[1] == 1
    assert decoded(logits)[..., :2].all()  # the first component is still there


def decoded(logits):
    return logits[0].argmax(dim=0).numpy().astype(bool)


SHAPES = hnp.array_shapes(min_dims=3, max_dims=3, max_side=6)
VALUES = st.floats(0, 1, width=16) | st.sampled_from([0, 0.4, 0.6, 1])  # the few, so that ties are drawn too


@settings(deadline=None, derandomize=True, database=None)
@given(hnp.arrays(np.float64, SHAPES, elements=VALUES), st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_pairs_across_a_half_count_the_components(field, periodic):
    field = np.where(field == 0.5, 0.6, field)
    birth, death = critical_voxels(field, periodic)
    finite = np.count_nonzero((field.flat[birth] > 0.5) & (field.flat[death] < 0.5))
    assert finite + (field.max() > 0.5) == components(field > 0.5, periodic)


def components(solid, periodic):
    """Number of 6-connected components: scipy's labels, merged across the periodic faces."""
    labels, count = ndimage.label(solid)
    joined = np.eye(count + 1)
    for axis, wraps in enumerate(periodic):
        first, last = labels.take(0, axis), labels.take(-1, axis)
        both = (first > 0) & (last > 0) & wraps
        joined[first[both], last[both]] = 1
    return sparse.csgraph.connected_components(joined)[0] - 1  # label 0 is the void


def test_a_nan_is_passed_on_for_its_sample_alone():
    phase = two_blobs().repeat(2, 1, 1, 1)
    phase[0, 0, 0, 0] = math.nan
    bad, good = surplus(phase).tolist()
    assert math.isnan(bad)
    assert good == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("params", "said"),
    [({"phase": "poor"}, "did you mean 'pore'"), ({"phase": "pore", "keep": 0}, "greater than or equal to 1")],
)
def test_wrong_parameters_are_refused(params, said):
    porenet.register(*porenet_specs())
    with pytest.raises(ConfigError, match=said):
        porenet.create_loss("registered:persistence", GRID, **params)
