"""Euler numbers of phases, held against cells counted one dimension after the other."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_contacts import PERIODIC, labellings

from porenet.contacts import Part, euler_numbers


def by_cells(mask, connectivity, periodic):
    """Vertices - edges + faces - solids; with 6 neighbours of the dual, whose vertices are the voxels."""
    mask = np.pad(mask, [(0, 0) if wraps else (1, 1) for wraps in periodic])
    number = 0
    for steps in itertools.product((False, True), repeat=3):  # the axes on which a cell has two voxels around it
        held = mask
        for axis in np.flatnonzero(steps):
            moved = np.roll(held, 1, axis)
            held = held & moved if connectivity == 6 else held | moved
        dimension = sum(steps) if connectivity == 6 else 3 - sum(steps)
        number += (-1) ** dimension * np.count_nonzero(held)
    return number


@given(labellings(st.integers(1, 4)), st.sampled_from([6, 26]), st.sampled_from(PERIODIC))
def test_are_those_of_cells(labelling, connectivity, periodic):
    labels, count = labelling
    found = euler_numbers(labels, count + 1, connectivity, periodic=periodic)
    assert found.tolist() == [by_cells(labels == label, connectivity, periodic) for label in range(count + 1)]


@given(labellings(st.integers(1, 4)), st.sampled_from([6, 26]), st.sampled_from(PERIODIC), st.integers(0, 3))
def test_parts_add_up(labelling, connectivity, periodic, cut):
    labels, count = labelling
    wraps, cut = (False, *periodic[1:]), min(cut, len(labels) - 1)
    whole = euler_numbers(labels, count, connectivity, periodic=wraps)
    upper = euler_numbers(
        labels[: cut + 1], count, connectivity, periodic=wraps, part=Part(last=cut == len(labels) - 1)
    )
    lower = Part(shared=1, first=False, last=cut < len(labels) - 1)
    assert (
        upper + euler_numbers(labels[cut:], count, connectivity, periodic=wraps, part=lower)
    ).tolist() == whole.tolist()


def test_bad_connectivity():
    with pytest.raises(ValueError, match="connectivity must be 6 or 26, not 18"):
        euler_numbers(np.zeros((2, 2, 2), np.uint8), 2, 18)
