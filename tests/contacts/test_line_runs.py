"""Runs of one phase along lines, held against lines that are grouped voxel by voxel."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_contacts import labellings

from porenet.contacts import line_runs


@given(labellings(st.integers(1, 4)), st.integers(0, 2), st.permutations(range(3)))
def test_are_those_of_grouped_lines(labelling, axis, order):
    labels, count = labelling[0].transpose(order), labelling[1]
    found = line_runs(labels, count + 1, axis)
    lengths, ends = np.zeros_like(found.lengths), []
    for line in np.moveaxis(labels, axis, -1).reshape(-1, labels.shape[axis]):
        runs = [(label, len(list(voxels))) for label, voxels in itertools.groupby(line.tolist())]
        for run in runs[1:-1]:
            lengths[run] += 1
        ends.append((runs[0][1], runs[-1][1]))
    assert found.lengths.shape == (count + 1, labels.shape[axis] + 1)
    assert found.lengths.tolist() == lengths.tolist()
    assert list(zip(found.first.tolist(), found.last.tolist(), strict=True)) == ends


def test_bad_axis():
    with pytest.raises(ValueError, match="axis must be 0, 1 or 2, not 3"):
        line_runs(np.zeros((2, 2, 2), np.uint8), 2, 3)
