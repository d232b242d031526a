"""Tortuosity factors that TauFactor's authors published, and those of its tests that can be worked out by hand.

The structures are built from their descriptions. Source: https://github.com/tldr-group/taufactor,
docs/notebooks/12-solver-benchmark.ipynb (converged to 1e-3 of the flux) and tests/test_taufactor.py.
"""

import itertools

import numpy as np
import pytest
from porenet_transport.metrics.tortuosity import tortuosity
from porenet_transport.solver.one_volume import conduct

from porenet.interface import Grid, Undefined, Volume

PHASES = ("solid", "pore")
PUBLISHED = 4e-4
"""How far their converged values are from exact; the largest distance found here is 3.7e-4."""


def tau_of(mask, *, periodic=(False, False, False), tolerance=1e-5):
    volume = Volume(np.asarray(mask).astype(np.uint8), Grid(PHASES, (1, 1, 1), periodic))
    return tortuosity(volume, tolerance=tolerance)["pore.tortuosity_factor"]


def between_close_packed_spheres(side, *, overlap=0.05):
    """What spheres at the corners and the face centres of a cube leave; they overlap by a share of their distance."""
    radius = np.sqrt(2) / 4 * side / (1 - overlap / 2)
    places = np.indices((side,) * 3) + 0.5
    solid = np.zeros((side,) * 3, bool)
    for centre in itertools.product((0, 0.5, 1), repeat=3):
        if centre.count(0.5) in (0, 2):
            distance = sum((place - side * where) ** 2 for place, where in zip(places, centre, strict=True))
            solid |= distance <= radius**2
    return ~solid


def slanted_sheets(side, thickness):
    """Sheets at 45 degrees to z and y, as thick along either as the gaps between them."""
    z, y, _ = np.ogrid[:side, :side, :side]
    return np.broadcast_to((z + y) // thickness % 2, (side,) * 3)


@pytest.mark.parametrize(("side", "published"), [(32, 3.307094), (64, 2.348118)])
def test_between_close_packed_spheres(side, published):
    assert tau_of(between_close_packed_spheres(side)) == pytest.approx(published, rel=PUBLISHED)


@pytest.mark.slow
@pytest.mark.parametrize(("side", "published"), [(100, 2.184316), (128, 2.106697), (200, 2.029747), (256, 2.001894)])
def test_between_close_packed_spheres_of_more_voxels(side, published):
    assert tau_of(between_close_packed_spheres(side)) == pytest.approx(published, rel=PUBLISHED)


def test_slanted_sheets_through_periodic_sides():
    found = tau_of(slanted_sheets(64, 16), periodic=(False, True, True))
    assert found == pytest.approx(2.010121, rel=PUBLISHED)


@pytest.mark.parametrize(
    ("first", "published"), [(0.1, 4.863471), (0.5, 1.808737), (1.0, 1.607159), (2.0, 1.808737), (10.0, 4.863406)]
)
def test_a_zigzag_of_two_conductors(first, published):
    # Their tau of several conductors: mean conductivity over the effective one.
    there = slanted_sheets(64, 32)[:32].astype(float)
    cells = np.concatenate([first * there, there[::-1]])
    found = cells.mean() / conduct(cells, tolerance=1e-5).conductivity
    assert found == pytest.approx(published, rel=PUBLISHED)


def test_a_slanted_strip():
    # Squares of 2 x 2, each moved by one voxel along y and x, so that layers meet in one voxel. In a layer the current
    # goes from corner to opposite corner, resistance 1, and between layers through 1: 18 + 19. At the ends the bath
    # joins each of 4 voxels by 2; merged by symmetry, (2 in series with 2, and 4) in series with 2, and 2: 24 / 7.
    mask = np.zeros((20, 21, 21), bool)
    for layer in range(20):
        mask[layer, layer : layer + 2, layer : layer + 2] = True
    resistance = 18 + 19 + 2 * 7 / 24
    by_hand = 4 / 20 * resistance
    assert by_hand == pytest.approx(7.51667, abs=5e-6)  # what they publish
    assert tau_of(mask, tolerance=1e-6) == pytest.approx(by_hand, rel=2e-6)


@pytest.mark.parametrize("periodic", [(False, False, False), (False, True, True)])
@pytest.mark.parametrize("shape", [(20, 20, 20), (40, 20, 20), (20, 20, 40)])
def test_a_block_and_a_strip(shape, periodic):
    block = np.ones(shape, bool)
    block[:, 0] = False
    assert tau_of(block, periodic=periodic) == pytest.approx(1, rel=1e-9)
    strip = np.zeros(shape, bool)
    strip[:, :10, :10] = True
    assert tau_of(strip, periodic=periodic) == pytest.approx(1, rel=1e-9)


def test_a_dead_end():
    mask = np.zeros((10, 50, 50), bool)
    mask[:8, 25, 25] = True
    assert isinstance(tau_of(mask), Undefined)
    found = tortuosity(Volume(mask.astype(np.uint8), Grid(PHASES, (1, 1, 1))))
    assert found["pore.relative_diffusivity"] == 0
