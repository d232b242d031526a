"""Bounds of the relative diffusivity: the value of the whole lies between them, and parts are read as they are cut."""

import itertools

import numpy as np
import pytest
from porenet_transport.cuts import cuts_of, volume_of
from porenet_transport.metrics.tortuosity import tortuosity
from porenet_transport.metrics.tortuosity_bounds import VOXEL_BYTES, tortuosity_bounds
from scipy import ndimage

from porenet.interface import AXES, Grid, InputError, Undefined, Volume

PHASES = ("a", "b", "c")
OPEN = (False, False, False)


def key(phase, end, axis=""):
    return f"{phase}.relative_diffusivity.{end}" + (f".{axis}" if axis else "")


def blobs(rng, shape, periodic):
    fields = [ndimage.gaussian_filter(rng.normal(size=shape), 1.0) for _ in PHASES]
    return Volume(np.argmax(fields, 0).astype(np.uint8), Grid(PHASES, (0.1, 0.15, 0.2), periodic))


@pytest.mark.parametrize("seed", range(3))
def test_what_is_solved_whole_lies_between_them(seed):
    rng = np.random.default_rng(seed)
    between = 0
    for _ in range(2):
        periodic = tuple((rng.random(3) < 0.5).tolist())
        volume = blobs(rng, rng.integers(9, 15, size=3), periodic)
        slabs, columns = rng.integers(2, 4, size=2).tolist()
        bounds = tortuosity_bounds(volume, axis="all", slabs=slabs, columns=columns, tolerance=1e-6)
        exact = tortuosity(volume, axis="all", tolerance=1e-6)
        for phase, axis in itertools.product(PHASES, AXES):
            value = exact[f"{phase}.relative_diffusivity.{axis}"]
            least, most = (bounds[key(phase, end, axis)] for end in ("at_least", "at_most"))
            assert 0 <= least <= value * (1 + 1e-6)
            assert value <= most * (1 + 2e-6) <= 1 + 2e-6
            between += 0 < 1.01 * least < value < most / 1.01
    assert between


def test_layers_and_channels_have_bounds_that_meet():
    layers = np.zeros((8, 6, 6), np.uint8)
    layers[:, 3:] = 1
    volume = Volume(layers, Grid(PHASES, (0.1, 0.1, 0.1), OPEN))
    bounds = tortuosity_bounds(volume, slabs=4, columns=3)
    assert bounds[key("a", "at_least")] == pytest.approx(0.5, rel=1e-6)
    assert bounds[key("a", "at_most")] == pytest.approx(0.5, rel=1e-6)
    assert bounds[key("c", "at_most")] == bounds[key("c", "at_least")] == 0
    across = tortuosity_bounds(volume, axis="y", slabs=2, columns=2)
    assert across[key("a", "at_most")] == 0  # one slab of the two lacks the phase


def test_one_part_is_the_whole_and_is_solved_once(monkeypatch):
    from porenet_transport.metrics import tortuosity_bounds as module

    solved = []
    conduct = module.conduct
    monkeypatch.setattr(module, "conduct", lambda cells, **how: solved.append(cells.shape) or conduct(cells, **how))
    volume = blobs(np.random.default_rng(1), (9, 8, 7), (False, True, False))
    bounds = tortuosity_bounds(volume)
    exact = tortuosity(volume)
    assert solved == [(9, 8, 7)] * sum(exact[f"{phase}.relative_diffusivity"] > 0 for phase in PHASES)
    assert solved
    for phase in PHASES:
        assert bounds[key(phase, "at_most")] == pytest.approx(exact[f"{phase}.relative_diffusivity"])
        assert 0.999 * bounds[key(phase, "at_most")] <= bounds[key(phase, "at_least")] <= bounds[key(phase, "at_most")]


def test_it_is_undefined_along_an_axis_of_one_voxel():
    bounds = tortuosity_bounds(Volume(np.zeros((1, 4, 4), np.uint8), Grid(PHASES, (0.1,) * 3)))
    assert set(bounds.values()) == {Undefined("one voxel thick along z")}


def test_parts_are_as_few_as_fit_and_cover_the_box_once():
    rng = np.random.default_rng(0)
    for _ in range(40):
        shape, axis = tuple(rng.integers(1, 30, size=3).tolist()), AXES[rng.integers(3)]
        length = AXES.index(axis)
        layer = np.prod(shape) // shape[length]
        most = int(rng.integers(max(layer, shape[length]), np.prod(shape) + 1))
        cuts = cuts_of(shape, axis, None, None, most, "x")
        assert cuts.largest <= most
        for parts in (cuts.slabs, cuts.columns or cuts.slabs):
            seen = np.zeros(shape, int)
            for part in parts:
                seen[tuple(slice(*edges) for edges in part)] += 1
            assert (seen == 1).all()
        if len(cuts.slabs) > 1:
            fewer = cuts_of(shape, axis, len(cuts.slabs) - 1, 1, 0, "x").slabs
            assert max(map(volume_of, fewer)) > most


def test_parts_that_cannot_be_small_enough_and_unknown_axes_are_refused():
    volume = Volume(np.zeros((4, 40, 40), np.uint8), Grid(PHASES, (0.1,) * 3))
    with pytest.raises(InputError, match=r"tortuosity_bounds\.part_gb: not even the thinnest part fits: 1600 voxels"):
        tortuosity_bounds(volume, part_gb=1599 * VOXEL_BYTES / 1e9)
    with pytest.raises(InputError, match="an axis is z, y, x or all, not 'w'"):
        tortuosity_bounds(volume, axis="w")
