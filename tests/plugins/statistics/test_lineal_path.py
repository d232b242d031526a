"""Lineal path against counting by hand, loops, closed forms, S2 and the chord lengths."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from porenet_estimators.line_windows import doublings
from porenet_statistics.losses.lineal_path import LinealPath
from porenet_statistics.metrics.chord_length import chord_sums
from porenet_statistics.metrics.lineal_path import lineal_path
from porenet_statistics.metrics.s2 import two_point_probability

from porenet.interface import AXES, Grid, InputError, Undefined, Volume
from porenet.testing import grids, volumes
from porenet.testing.fields import one_hot


def line(labels, *, periodic=False, edge=1.0):
    return Volume(np.array([[labels]]), Grid(("a", "b"), (1, 1, edge), (False, False, periodic)))


def test_counted_by_hand():
    # a: 1 1 1 0 1. Rows of 2: 11 11 10 01 -> 2 of 4; of 3: 111 110 101 -> 1 of 3; of 4: none of 2.
    measured = lineal_path(line([0, 0, 0, 1, 0]), axis="x", lags_um=(0, 0.5, 1, 2, 3, 5))
    assert [measured[f"a@{lag}um"] for lag in (0, 1, 2, 3)] == [4 / 5, 2 / 4, 1 / 3, 0]
    assert measured["a@0.5um"] == (4 + 2) / (5 + 4)
    assert measured["a@5um"] == Undefined("no segment of 5um fits into the box along the x axis")


def test_round_the_box():
    # a: 1 1 1 0 1 and round again: a run of four. Rows of 2: 3 of 5, of 4: 1 of 5.
    measured = lineal_path(line([0, 0, 0, 1, 0], periodic=True), axis="x", lags_um=(1, 3, 4, 99))
    assert [measured[f"a@{lag}um"] for lag in (1, 3, 4, 99)] == [3 / 5, 1 / 5, 0, 0]
    assert lineal_path(line([0, 0, 0], periodic=True), axis="x", lags_um=(99,))["a@99um"] == 1


@given(grids().flatmap(volumes), st.sampled_from(AXES), st.integers(0, 6))
def test_by_a_loop(volume, axis, steps):
    index = AXES.index(axis)
    wraps, edge = volume.grid.periodic[index], volume.grid.voxel_um[index]
    lines = np.moveaxis(volume.labels, index, 0)
    size = len(lines)
    rows = [lines[[(i + k) % size for k in range(steps + 1)]] for i in range(size) if wraps or i + steps < size]
    measured = lineal_path(volume, axis=axis, lags_um=(steps * edge,))
    for label, phase in enumerate(volume.grid.phases):
        value = measured[f"{phase}@{steps * edge:g}um"]
        if rows:
            assert value == pytest.approx(np.mean([(row == label).all(axis=0) for row in rows]), abs=1e-9)
        else:
            assert isinstance(value, Undefined)


@given(grids().flatmap(volumes))
def test_beside_s2(volume):
    """Equal up to one voxel of the coarsest edge's own axis, and nowhere above."""
    axis = AXES[int(np.argmin(volume.grid.voxel_um))]
    edge = min(volume.grid.voxel_um)
    lags = (0, 0.4 * edge, edge, 2 * edge)
    paths, pairs = (metric(volume, axis=axis, lags_um=lags) for metric in (lineal_path, two_point_probability))
    for key, value in pairs.items():
        if isinstance(value, Undefined):
            continue
        if not key.endswith(f"@{2 * edge:g}um"):
            assert paths[key] == pytest.approx(value, abs=1e-9)
        elif not any(volume.grid.periodic):
            assert paths[key] <= value + 1e-9


def test_second_differences_are_the_chords():
    """On an open axis: rows of n less twice rows of n + 1, plus rows of n + 2, are the chords of n voxels."""
    labels = np.random.default_rng(0).integers(0, 2, (4, 5, 30))
    volume = Volume(labels, Grid(("a", "b"), (1, 1, 1)))
    measured = lineal_path(volume, axis="x", lags_um=tuple(range(30)))
    rows = [measured[f"a@{n}um"] * 20 * (30 - n) for n in range(30)] + [0, 0]
    chords = [rows[n] - 2 * rows[n + 1] + rows[n + 2] for n in range(30)]
    count, total, _ = chord_sums(volume.labels, 2, periodic=False, include_cut=True, phases=2)[:, 0]
    assert sum(chords) == pytest.approx(count)
    assert sum((n + 1) * chord for n, chord in enumerate(chords)) == pytest.approx(total)


def test_white_noise_in_closed_form():
    """Each further voxel has the probability of the phase."""
    labels = np.random.default_rng(1).choice(2, p=(0.7, 0.3), size=(60, 60, 60))
    measured = lineal_path(Volume(labels, Grid(("a", "b"), (1, 1, 1))), lags_um=(0, 1, 2, 4))
    for lag in (0, 1, 2, 4):
        assert measured[f"a@{lag}um"] == pytest.approx(0.7 ** (lag + 1), abs=0.005)


@pytest.mark.parametrize("periodic", [(False, False, False), (True, False, True)])
def test_the_loss_reads_products_and_meets_its_own_structure(periodic):
    labels = np.random.default_rng(2).integers(0, 3, (7, 8, 9))
    grid = Grid(("a", "b", "c"), (0.5, 0.25, 0.25), periodic)
    loss = LinealPath(grid, lags_um=(0.0, 0.3, 0.5, 1.1))
    leaf = one_hot(torch.from_numpy(labels)[None], 3).float().requires_grad_()
    target = loss.descriptor(leaf.detach())
    assert target[0].tolist() == pytest.approx(
        list(lineal_path(Volume(labels, grid), **loss.twin_params).values()), abs=1e-6
    )
    assert loss(leaf, {"lineal_path": target}) == 0
    longer = target.clone()
    longer[0, 3] = math.nan
    value = loss(leaf, {"lineal_path": longer * 1.2})
    value.sum().backward()
    assert value > 0
    assert leaf.grad.isfinite().all()


def test_a_target_of_a_box_with_other_lengths_says_what_to_limit():
    loss = LinealPath(Grid(("a", "b"), (1, 1, 1)))
    small, large = (one_hot(torch.zeros(1, side, side, side, dtype=torch.long), 2) for side in (6, 12))
    with pytest.raises(InputError, match=r"the target has 4 values and this box 6: their lags differ.*: lags_um"):
        loss(large, {"lineal_path": loss.descriptor(small)})


@pytest.mark.parametrize("lengths", [[1], [2, 3, 4, 6, 8, 12, 16], [5, 17], [7], [31]])
def test_rows_are_put_together_from_rows_that_are_there(lengths):
    made = {1}
    for length, first, second in doublings(lengths):
        assert first + second == length
        assert {first, second} <= made
        made.add(length)
    assert set(lengths) <= made
    assert len(made) <= len(lengths) + 2 * max(lengths).bit_length()
