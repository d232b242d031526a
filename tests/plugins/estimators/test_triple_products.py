"""Triple lines by products of smoothed phases, on labels and on fields; test_tpb_loss.py has the loss of them."""

import itertools

import numpy as np
import pytest
import torch
from porenet_boundary.metrics.tpb import triple_phase_boundary
from porenet_estimators.triple_product_fields import triple_product_length
from porenet_estimators.triple_products import AREA
from scipy import ndimage
from scipy.integrate import quad
from scipy.stats import norm

from porenet.interface import Grid, Volume

PHASES = ("Ni", "YSZ", "pore")
CUBE = (1.0, 1.0, 1.0)
FLAT = (1.0, 0.5, 0.25)
OPEN = (False,) * 3
AROUND = (True,) * 3


def decoded(labels):
    return torch.nn.functional.one_hot(torch.from_numpy(labels.astype(np.int64)), 3).movedim(-1, 0)[None].double()


def by_triple(labels, voxel_um=CUBE, periodic=OPEN, **params):
    volume = Volume(np.asarray(labels, np.uint8), Grid(PHASES, voxel_um, periodic))
    return triple_phase_boundary(volume, estimator="triple", **params)["total"]


def sectors(angles, side=40, depth=2):
    """Three phases that meet on a line along z, at these angles (degrees); the line passes between voxels."""
    y, x = np.indices((side, side)) - (side - 1) / 2
    labels = np.digitize(np.degrees(np.arctan2(y + 0.013, x + 0.027)) % 360, np.cumsum(angles)[:2])
    return np.broadcast_to(labels, (depth, side, side)), 1 / side**2


@pytest.mark.parametrize(("voxel_um", "sigma"), [(CUBE, 2.0), (CUBE, 1.0), (FLAT, 1.0)])
def test_on_a_torus_it_is_the_product_of_scipy_s_gaussians(voxel_um, sigma):
    labels = np.random.default_rng(9).integers(0, 3, (6, 9, 10))
    widths = [sigma * max(voxel_um) / edge for edge in voxel_um]
    first, second, third = (
        ndimage.gaussian_filter((labels == label).astype(float), widths, mode="wrap", truncate=4) for label in range(3)
    )
    expected = (first * second * third).mean() / (AREA * (sigma * max(voxel_um)) ** 2)
    assert by_triple(labels, voxel_um, AROUND, sigma=sigma) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("periodic", [OPEN, AROUND, (True, False, True)])
@pytest.mark.parametrize("voxel_um", [CUBE, FLAT])
def test_of_a_structure_fields_are_what_the_labels_are(periodic, voxel_um):
    labels = np.random.default_rng(2).integers(0, 3, (5, 6, 7))
    for sigma in (1.0, 2.0):
        measured = triple_product_length(decoded(labels), voxel_um, periodic, sigma)
        assert measured.tolist() == [pytest.approx(by_triple(labels, voxel_um, periodic, sigma=sigma), rel=1e-6)]


# Per length of line and squared width; that of 120 degrees is the unit.
@pytest.mark.parametrize(
    ("angles", "area"),
    [
        ((120, 120, 120), 0.1495),
        ((90, 90, 180), 0.159),
        ((60, 120, 180), 0.172),
        ((60, 150, 150), 0.170),
        ((30, 150, 180), 0.249),
    ],
)
def test_what_it_reads_depends_on_the_angles_as_documented(angles, area):
    labels, per_um2 = sectors(angles)
    assert by_triple(labels, periodic=(True, False, False)) * AREA / per_um2 == pytest.approx(area, rel=0.035)


def test_two_of_the_constants_by_integration():
    # 90, 90, 180: the product of a half plane and a quarter, so that two integrals in one variable are multiplied.
    across, _ = quad(lambda y: norm.cdf(-y) * norm.cdf(y) ** 2, -8, 8)
    along, _ = quad(lambda x: norm.cdf(x) * norm.cdf(-x), -8, 8)
    assert across * along == pytest.approx(0.159, abs=5e-4)
    # 120: the mean over a plane of the product of three sectors of a Gaussian, summed on a fine grid.
    y, x = np.indices((160, 160)) - 79.5
    sector = np.floor((np.arctan2(y, x + 1e-9) + np.pi) / (2 * np.pi / 3)).astype(int) % 3
    smooth = [ndimage.gaussian_filter((sector == phase).astype(float), 12) for phase in range(3)]
    assert np.prod(smooth, axis=0).sum() / 12**2 == pytest.approx(AREA, rel=0.005)


def test_speckle_reads_more_than_lines_do():
    labels, per_um2 = sectors((120, 120, 120), side=24, depth=24)
    mixed = np.indices((24, 24, 24)).sum(axis=0) % 3
    assert by_triple(mixed) > 5 * by_triple(labels)
    blind = triple_phase_boundary(Volume(mixed.astype(np.uint8), Grid(PHASES, CUBE)), estimator="coarea")
    assert blind["total.sigma_1.5"] < 0.1 * per_um2


def test_without_a_phase_there_is_no_line():
    labels = np.random.default_rng(1).integers(0, 2, (5, 6, 7))
    assert by_triple(labels) == 0
    assert triple_product_length(decoded(labels), CUBE, OPEN, 2.0).tolist() == [0.0]


def test_a_voxel_twice_as_large_quarters_it():
    labels = np.random.default_rng(1).integers(0, 3, (5, 6, 7))
    assert by_triple(labels, FLAT) == pytest.approx(4 * by_triple(labels, [2 * edge for edge in FLAT]), rel=1e-12)


def test_the_order_of_the_phases_does_not_matter():
    labels = np.random.default_rng(10).integers(0, 4, (5, 6, 7)).astype(np.uint8)
    volume = Volume(labels, Grid((*PHASES, "oxide"), FLAT))
    orders = itertools.permutations(("oxide", "Ni", "pore"))
    values = [triple_phase_boundary(volume, estimator="triple", phase_triple=order) for order in orders]
    for measured in values:
        assert measured == pytest.approx(values[0], rel=1e-6, abs=1e-12)
    assert values[0]["total"] > 0
    assert values[0]["total"] == pytest.approx(sum(values[0][kind] for kind in ("active", "unknown", "inactive")))


def test_gradients_are_right_twice():
    generator = torch.Generator().manual_seed(0)
    field = torch.randn(1, 3, 2, 3, 4, generator=generator, dtype=torch.float64).softmax(dim=1).requires_grad_()

    def length(leaf):
        return triple_product_length(leaf, FLAT, (False, True, False), 1.0)

    assert torch.autograd.gradcheck(length, field)
    assert torch.autograd.gradgradcheck(length, field, fast_mode=True)


def test_half_precision_and_the_default_device_change_nothing():
    field = torch.rand(1, 3, 6, 7, 8, generator=torch.Generator().manual_seed(1)).softmax(dim=1)
    expected = triple_product_length(field.bfloat16().double(), FLAT, OPEN, 2.0)
    with torch.autocast("cpu", torch.bfloat16), torch.device("meta"):
        measured = triple_product_length(field.bfloat16(), FLAT, OPEN, 2.0)
    assert (measured.dtype, measured.device.type) == (torch.float32, "cpu")
    torch.testing.assert_close(measured.double(), expected, rtol=1e-5, atol=0)
