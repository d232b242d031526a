"""Representative size: from the errors of representative_volume, the scatter of an ensemble, and counted edges."""

import numpy as np
import pytest
from hypothesis import given
from porenet_boundary.metrics.tpb import triple_phase_boundary
from porenet_statistics.metrics.representative_size import representative_size, triple_edges
from porenet_statistics.metrics.representative_volume import representativity

from porenet.interface import Grid, InputError, Undefined, Volume
from porenet.synthetic import plurigaussian
from porenet.testing import grids, volumes


def electrode(side, seed):
    return plurigaussian((side,) * 3, voxel_um=(0.5,) * 3, length_um=1.5, seed=seed, fractions=(0.3, 0.4, 0.3))[0]


def test_of_volume_fractions_it_follows_from_their_errors():
    volume = electrode(16, 0)
    errors, sizes = representativity(volume), representative_size(volume, error=0.05)
    for phase in volume.grid.phases:
        expected = 8.0 * (errors[f"{phase}.relative_error"] / 0.05) ** (2 / 3)
        assert sizes[f"{phase}.vf"] == pytest.approx(expected)


@pytest.mark.slow
def test_of_triple_lines_it_foretells_their_scatter():
    ensemble = [electrode(40, seed) for seed in range(24)]
    lengths = [triple_phase_boundary(volume)["total"] for volume in ensemble]
    scatter = 1.96 * np.std(lengths, ddof=1) / np.mean(lengths)
    sizes = [representative_size(volume)["tpb"] for volume in ensemble[:6]]
    foretold = np.mean([0.1 * (size / 20.0) ** 1.5 for size in sizes])
    assert 0.8 < foretold / scatter < 1.5  # 24 lengths tell theirs to 15 %


@given(grids().filter(lambda grid: len(grid.phases) == 3).flatmap(volumes))
def test_edges_are_those_of_tpb(volume):
    counted = triple_edges(volume.labels, [0, 1, 2], volume.grid.periodic)
    cubes = Volume(volume.labels, Grid(volume.grid.phases, (1.0, 1.0, 1.0), volume.grid.periodic))
    assert counted.mean() / 4 == pytest.approx(triple_phase_boundary(cubes)["total"])


def test_what_has_none():
    three = Grid(("a", "b", "c"), (1.0,) * 3)
    sizes = representative_size(Volume(np.zeros((2, 3, 4), np.uint8), three))
    assert sizes["a.vf"] == Undefined("the phase fills the box")
    assert sizes["b.vf"] == Undefined("the phase is absent")
    assert sizes["tpb"] == Undefined("there is no triple line")
    two = Volume(np.array([[[0, 1, 1, 0, 1]]], np.uint8), Grid(("a", "b"), (1.0,) * 3))
    assert "three phases meet" in representative_size(two)["tpb"].reason
    five = Volume(np.arange(5, dtype=np.uint8)[None, None], Grid(tuple("abcde"), (1.0,) * 3))
    assert "name three" in representative_size(five)["tpb"].reason
    assert representative_size(five, phase_triple=("a", "b", "c"))["tpb"] == Undefined("there is no triple line")
    with pytest.raises(InputError, match="three different"):
        representative_size(five, phase_triple=("a", "a", "c"))
