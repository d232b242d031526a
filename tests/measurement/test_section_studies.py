"""How sure a number of a section is: squares cut from it, and interfaces moved in its plane."""

import numpy as np
import pytest
from scipy.stats import t

from porenet.interface import Grid, Volume
from porenet.measurement import sensitivity, size_effect

pytest.importorskip("porenet_statistics")

PHASES = ("pore", "solid")


def test_interfaces_of_a_section_move_by_half_a_pixel_in_its_plane():
    slab = np.zeros((16, 5), int)
    slab[6:10] = 1
    rows, _ = sensitivity(Volume(slab, Grid(PHASES, (0.1, 0.2))), "vf")
    pore = next(row for row in rows if row.measured["key"] == "pore")
    shares = {shift: cell[0] for shift, cell in pore.shifts.items()}
    assert shares == {shift: 0.75 + 2 * shift / 16 for shift in (-1.0, -0.5, 0.5, 1.0)}  # two interfaces
    assert pore.doubled == (0.75, "")
    assert pore.per_voxel[0] == pytest.approx(2 / 16)


def test_a_section_is_cut_into_squares_whose_scatter_falls_with_the_area():
    labels = np.random.default_rng(3).integers(0, 2, (48, 64))
    effect = size_effect(Volume(labels, Grid(PHASES, 0.5, dims=2)), "vf")
    sizes = effect.sizes["porenet", "vf", "pore"]
    assert [(size.shape, size.possible) for size in sizes[:4]] == [
        ((48, 64), 1),
        ((24, 32), 4),
        ((24, 21), 6),
        ((16, 16), 12),
    ]
    squares = labels.reshape(3, 16, 4, 16).swapaxes(1, 2).reshape(12, -1)
    shares = (squares == 0).mean(axis=1)
    judged = sizes[3]
    assert (judged.mean, judged.sd) == (pytest.approx(shares.mean()), pytest.approx(shares.std(ddof=1)))
    assert judged.size_um == (8.0, 8.0)
    assert judged.edge_um == pytest.approx(8.0)
    whole = (labels == 0).mean()
    error = t.ppf(0.975, 11) * judged.sd * np.sqrt(16 * 16 / (48 * 64)) / whole
    fit = effect.representative["porenet", "vf", "pore"]
    assert fit.whole_error == pytest.approx(error, rel=1e-6)
