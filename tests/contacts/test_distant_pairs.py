"""Pairs of voxels of one phase along an axis, held against masks that are moved by whole voxels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from porenet.contacts import distant_pairs


def by_moved_masks(labels, phases, axis, shifts, periodic):
    size = labels.shape[axis]
    counts = []
    for shift in shifts:
        ahead = np.arange(size) + shift
        there = np.moveaxis(labels, axis, 0)[ahead % size if periodic else ahead[ahead < size]]
        here = np.moveaxis(labels, axis, 0)[: len(there)]
        counts.append([np.count_nonzero((here == label) & (there == label)) for label in range(phases)])
    return counts


@given(
    st.permutations([1, 2, 3]),
    st.one_of(st.integers(1, 9), st.sampled_from([63, 64, 65, 127, 128, 193])),
    st.integers(1, 4),
    st.integers(0, 2),
    st.lists(st.integers(0, 400), max_size=4),
    st.booleans(),
    st.integers(0, 2**32),
)
def test_are_those_of_moved_masks(shape, long, phases, axis, shifts, periodic, seed):
    shape[shape.index(3)] = long
    labels = np.random.default_rng(seed).integers(0, phases, shape).astype(np.uint8)
    shifts = [0, 1, labels.shape[axis] - 1, labels.shape[axis], *shifts]
    found = distant_pairs(labels, phases + 1, axis, shifts, periodic=periodic)
    assert found.tolist() == by_moved_masks(labels, phases + 1, axis, shifts, periodic)
    turned = np.ascontiguousarray(labels.T).T
    assert distant_pairs(turned, phases + 1, axis, shifts, periodic=periodic).tolist() == found.tolist()


@pytest.mark.parametrize(
    ("axis", "shifts", "message"),
    [(3, [1], "axis must be 0, 1 or 2, not 3"), (0, [1, -2], "shifts must be 0 or more, not -2")],
)
def test_bad_input(axis, shifts, message):
    with pytest.raises(ValueError, match=message):
        distant_pairs(np.zeros((2, 2, 2), np.uint8), 2, axis, shifts)


def test_no_shift():
    assert distant_pairs(np.zeros((2, 2, 2), np.uint8), 2, 0, []).shape == (0, 2)
