"""The estimator `edges` of the triple-line loss: counts of voxel edges, and a gradient that is the change by a swap."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from porenet_boundary.losses.tpb import TriplePhaseBoundary
from porenet_boundary.losses.tpb_active import ActiveTriplePhaseBoundary
from porenet_boundary.metrics.tpb import triple_phase_boundary
from porenet_estimators.triple_edge_fields import triple_edge_length
from triple_bodies import decoded

from porenet.errors import InputError
from porenet.interface import Grid
from porenet.testing import grids, volumes

PHASES = ("Ni", "YSZ", "pore")
FLAT = (0.4, 0.2, 0.1)
OPEN, ROUND = (False, False, False), (True, True, True)


@settings(max_examples=15)
@given(volume=grids(PHASES).flatmap(volumes))
def test_of_a_structure_it_is_the_metric(volume):
    expected = triple_phase_boundary(volume)["total"]
    found = TriplePhaseBoundary(volume.grid, estimator="edges").descriptor(decoded(volume.labels))
    assert found.item() == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("wraps", [OPEN, ROUND])
def test_on_a_structure_the_gradient_is_the_change_by_a_swap(wraps):
    labels = np.random.default_rng(3).integers(0, 3, (3, 3, 4))
    field = decoded(labels).double().requires_grad_()
    length = triple_edge_length(field, FLAT, wraps)
    (gradient,) = torch.autograd.grad(length.sum(), field)
    for place in itertools.product(*map(range, labels.shape)):
        swapped = labels.copy()
        swapped[place] = (labels[place] + 1) % 3
        change = triple_edge_length(decoded(swapped).double(), FLAT, wraps) - length
        slope = gradient[(0, swapped[place], *place)] - gradient[(0, labels[place], *place)]
        assert slope.item() == pytest.approx(change.item(), abs=1e-12)


def test_of_probabilities_it_is_the_mean_over_independent_draws():
    field = torch.rand((1, 3, 1, 2, 2), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    field = field / field.sum(dim=1, keepdim=True)
    expected = 0.0
    for draw in itertools.product(range(3), repeat=4):
        chance = torch.stack([field.flatten(2)[0, phase, voxel] for voxel, phase in enumerate(draw)]).prod()
        expected += float(chance) * (set(draw) == {0, 1, 2})
    area = 4 * FLAT[1] * FLAT[2]
    assert triple_edge_length(field, FLAT, OPEN).item() == pytest.approx(expected / area)


def test_the_witness_is_a_metric_that_does_not_count_edges():
    grid = Grid(PHASES, (1.0, 1.0, 1.0))
    assert TriplePhaseBoundary(grid, estimator="edges").witness_params["estimator"] == "triple"
    assert "estimator" not in TriplePhaseBoundary(grid).witness_params


def test_what_has_no_gaussian_takes_no_width():
    grid = Grid(PHASES, (1.0, 1.0, 1.0))
    with pytest.raises(InputError, match="'edges' has no Gaussian"):
        TriplePhaseBoundary(grid, estimator="edges", sigma=1.0)
    with pytest.raises(InputError, match="'coarea' are fixed"):
        ActiveTriplePhaseBoundary(grid, estimator="coarea", sigma=1.0)
