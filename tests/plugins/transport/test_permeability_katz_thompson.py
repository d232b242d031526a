"""Permeability after Katz and Thompson: its own formula, and what it makes of channels with an exact answer."""

import numpy as np
import pytest
from porenet_transport.metrics.permeability_katz_thompson import permeability_katz_thompson
from porenet_transport.metrics.tortuosity import tortuosity

from porenet.interface import Grid, Undefined, Volume

PHASES = ("solid", "pore")
OPEN = (False, False, False)


def permeability(mask, edge_um=1.0, periodic=OPEN, **params):
    volume = Volume(np.asarray(mask).astype(np.uint8), Grid(PHASES, (edge_um,) * 3, periodic))
    return permeability_katz_thompson(volume, **params)


def test_a_neck_decides():
    # A channel of 5 x 5 voxels with a bottleneck of 3 x 3: its diameter is 3 voxels.
    mask = np.zeros((9, 7, 7), bool)
    mask[:, 1:6, 1:6] = True
    mask[4] = False
    mask[4, 2:5, 2:5] = True
    volume = Volume(mask.astype(np.uint8), Grid(PHASES, (0.1,) * 3))
    formation = tortuosity(volume, tolerance=1e-5)["pore.formation_factor"]
    found = permeability_katz_thompson(volume, tolerance=1e-5)["pore"]
    assert found == pytest.approx(0.3**2 / 226 / formation, rel=1e-5)


@pytest.mark.parametrize("width", [4, 7])
def test_slits_and_square_ducts_read_low_as_stated(width):
    slit = np.zeros((5, width + 3, 6), bool)
    slit[:, :width] = True
    exact = width / (width + 3) * width**2 / 12  # Poiseuille
    assert permeability(slit, periodic=(False, True, True))["pore"] == pytest.approx(exact * 12 / 226)
    duct = np.zeros((5, width + 3, width + 3), bool)
    duct[:, :width, :width] = True
    exact = (width / (width + 3)) ** 2 * width**2 * 0.035144  # White, Viscous Fluid Flow: the series of a square duct
    assert permeability(duct, periodic=(False, True, True))["pore"] == pytest.approx(exact / (0.035144 * 226), rel=1e-6)


def test_what_does_not_exist():
    plate = np.zeros((4, 3, 3))
    plate[1] = 1
    assert permeability(plate) == {"solid": 0.0, "pore": 0.0}
    full = permeability(np.ones((3, 3, 3)), periodic=(True, True, True), axis="all")
    assert full["solid.z"] == 0.0
    assert full["pore.x"] == Undefined("the phase fills a volume without walls")


def test_it_scales_with_the_square_of_the_voxel():
    mask = np.random.default_rng(0).random((6, 6, 6)) < 0.8
    small, large = (permeability(mask, edge)["pore"] for edge in (0.1, 0.3))
    assert large == pytest.approx(9 * small)
