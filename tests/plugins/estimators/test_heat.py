"""Areas by heat, on labels and on fields: against scipy's Gaussian, sums by hand, and what no feature may hide from."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from porenet_boundary.metrics.dpb import interface_densities
from porenet_estimators import slabs
from porenet_estimators.heat import heat_densities
from porenet_estimators.heat_fields import heat_contacts, heat_surfaces
from porenet_estimators.interfaces import crofton_densities
from porenet_statistics.metrics.ssa import specific_surface_area
from scipy import ndimage

from porenet.interface import Grid, Volume
from porenet.testing import grids, volumes

CUBE = (1.0, 1.0, 1.0)
FLAT = (1.0, 0.5, 0.25)
OPEN = (False,) * 3
AROUND = (True,) * 3
SIGMAS = st.sampled_from([0.5, 1.0, 2.0])


def decoded(volume):
    labels = torch.from_numpy(volume.labels.astype(np.int64))
    return torch.nn.functional.one_hot(labels, len(volume.grid.phases)).movedim(-1, 0)[None].double()


def checkerboard(side=12):
    labels = np.indices((side,) * 3).sum(axis=0).astype(np.uint8) % 2
    return Volume(labels, Grid(("a", "b"), CUBE, AROUND))


@pytest.mark.parametrize(("voxel_um", "sigma"), [(CUBE, 1.0), (CUBE, 2.0), (FLAT, 1.0)])
def test_on_a_torus_it_is_what_scipy_s_gaussian_carries(voxel_um, sigma):
    labels = np.random.default_rng(3).integers(0, 3, (9, 10, 11)).astype(np.uint8)
    measured = heat_densities(Volume(labels, Grid(("a", "b", "c"), voxel_um, AROUND)), sigma)
    widths = [sigma * max(voxel_um) / edge for edge in voxel_um]
    inside = [(labels == label).astype(float) for label in range(3)]
    spread = [ndimage.gaussian_filter(phase, widths, mode="wrap", truncate=4) for phase in inside]
    for i, j in itertools.permutations(range(3), 2):
        carried = (inside[i] * spread[j] + inside[j] * spread[i]).mean() / 2
        assert measured[i, j] == pytest.approx(math.sqrt(2 * math.pi) / (sigma * max(voxel_um)) * carried, rel=1e-6)
    assert not measured.diagonal().any()


@given(grids().flatmap(volumes), SIGMAS)
def test_of_a_structure_fields_are_what_the_labels_are(volume, sigma):
    grid, field = volume.grid, decoded(volume)
    expected = heat_densities(volume, sigma)
    contacts = heat_contacts(field, grid.voxel_um, grid.periodic, sigma)[0].numpy()
    np.fill_diagonal(contacts, 0)
    np.testing.assert_allclose(contacts, expected, rtol=1e-6, atol=1e-9 / max(grid.voxel_um))
    surfaces = heat_surfaces(field, grid.voxel_um, grid.periodic, sigma)[0].numpy()
    np.testing.assert_allclose(surfaces, expected.sum(axis=1), rtol=1e-6, atol=1e-9 / max(grid.voxel_um))


@given(grids().flatmap(volumes), SIGMAS)
def test_pairs_add_up_to_the_surface_of_a_phase(volume, sigma):
    pairs = interface_densities(volume, estimator="heat", sigma=sigma)
    surfaces = specific_surface_area(volume, estimator="heat", sigma=sigma)
    names = dict(zip(pairs, itertools.combinations(volume.grid.phases, 2), strict=True))
    for phase, surface in surfaces.items():
        assert sum(area for key, area in pairs.items() if phase in names[key]) == pytest.approx(surface, rel=1e-12)


@given(volumes(max_side=4), st.permutations(range(3)), st.tuples(*[st.sampled_from([1, -1])] * 3))
def test_no_axis_is_special(volume, order, ways):
    grid = volume.grid
    turned = Grid(grid.phases, [grid.voxel_um[i] for i in order], [grid.periodic[i] for i in order])
    labels = volume.labels[tuple(slice(None, None, way) for way in ways)].transpose(order)
    measured = heat_densities(Volume(labels, turned))
    np.testing.assert_allclose(measured, heat_densities(volume), rtol=1e-6, atol=1e-9 / max(grid.voxel_um))


def test_a_voxel_twice_as_large_halves_it():
    labels = np.random.default_rng(4).integers(0, 3, (5, 6, 7)).astype(np.uint8)
    small, large = (Volume(labels, Grid(("a", "b", "c"), [factor * edge for edge in FLAT])) for factor in (1, 2))
    assert heat_densities(small).max() > 0.1
    np.testing.assert_allclose(heat_densities(small), 2 * heat_densities(large), rtol=1e-12)
    field = decoded(small)
    fields = [heat_surfaces(field, volume.grid.voxel_um, OPEN, 2.0) for volume in (small, large)]
    torch.testing.assert_close(fields[0], 2 * fields[1], rtol=1e-12, atol=0)


def test_slabs_leave_no_seam(monkeypatch):
    labels = np.random.default_rng(6).integers(0, 3, (9, 4, 5)).astype(np.uint8)
    for periodic in (OPEN, (True, False, True)):
        volume = Volume(labels, Grid(("a", "b", "c"), (1.0, 2.0, 0.5), periodic))
        whole = heat_densities(volume)
        with monkeypatch.context() as patched:
            patched.setattr(slabs, "VOXELS", 40)
            np.testing.assert_allclose(heat_densities(volume), whole, rtol=1e-12)


@pytest.mark.parametrize("periodic", [OPEN, AROUND])
@pytest.mark.parametrize("sigma", [1.0, 2.0])
def test_a_flat_field_has_area_by_being_undecided(periodic, sigma):
    shares = torch.tensor([0.36, 0.34, 0.30], dtype=torch.float64)
    field = shares.view(1, 3, 1, 1, 1).expand(1, 3, 5, 6, 7)
    measured = heat_surfaces(field, FLAT, periodic, sigma)[0]
    expected = math.sqrt(2 * math.pi) / (sigma * max(FLAT)) * shares * (1 - shares)
    torch.testing.assert_close(measured, expected, rtol=1e-12, atol=0)


# What a filter hides reads as nothing; of a checkerboard this one hides little more than half at one voxel.
@pytest.mark.parametrize(("sigma", "hidden"), [(1.0, 1.40), (2.0, 2.79)])
def test_a_checkerboard_is_seen(sigma, hidden):
    board = checkerboard()
    measured = heat_densities(board, sigma)[0, 1]
    assert crofton_densities(board)[0, 1] / measured == pytest.approx(hidden, rel=0.01)
    assert specific_surface_area(board, estimator="tv")["a"] < 1e-3 * measured


# Each wave of a structure counts 1 - G(k), so that what is finer never counts less, on any axis.
def test_a_finer_wave_never_counts_less():
    x = torch.arange(24, dtype=torch.float64)
    areas = []
    for waves in range(1, 13):
        wave = 0.5 + 0.4 * torch.cos(2 * torch.pi * waves * x / 24)
        field = torch.stack([wave, 1 - wave])[None, :, None, None].expand(1, 2, 2, 3, 24)
        areas.append(heat_surfaces(field, CUBE, AROUND, 1.0)[0, 0].item())
    assert areas[0] < areas[2] < areas[5]
    assert all(finer >= coarser * (1 - 1e-3) for coarser, finer in itertools.pairwise(areas[:-1]))


@given(grids().flatmap(volumes))
def test_the_metrics_of_an_absent_phase_and_of_a_single_one(volume):
    areas = specific_surface_area(volume, estimator="heat")
    present = [volume.grid.phases[label] for label in np.unique(volume.labels)]
    for phase in volume.grid.phases:
        if phase not in present:
            assert areas[phase] == 0
        elif len(present) == 1:
            assert areas[phase] == pytest.approx(0, abs=1e-12)
        else:
            assert areas[phase] > 0


@pytest.mark.parametrize("function", [heat_surfaces, heat_contacts])
def test_gradients_are_right_twice(function):
    generator = torch.Generator().manual_seed(0)
    field = torch.randn(1, 3, 2, 3, 4, generator=generator, dtype=torch.float64).softmax(dim=1).requires_grad_()

    def areas(leaf):
        return function(leaf, FLAT, (False, True, False), 1.0)

    assert torch.autograd.gradcheck(areas, field)
    assert torch.autograd.gradgradcheck(areas, field, fast_mode=True)


@pytest.mark.parametrize("function", [heat_surfaces, heat_contacts])
def test_half_precision_and_the_default_device_change_nothing(function):
    field = torch.rand(1, 3, 6, 7, 8, generator=torch.Generator().manual_seed(1)).softmax(dim=1)
    expected = function(field.bfloat16().double(), FLAT, OPEN, 2.0)
    with torch.autocast("cpu", torch.bfloat16), torch.device("meta"):
        measured = function(field.bfloat16(), FLAT, OPEN, 2.0)
    assert (measured.dtype, measured.device.type) == (torch.float32, "cpu")
    torch.testing.assert_close(measured.double(), expected, rtol=1e-5, atol=0)
