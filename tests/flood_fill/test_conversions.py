"""Voxels to convert on the way from a face, held against a search with two queues, voxel by voxel."""

import itertools
from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from porenet.flood_fill import AXES, FACES, Conversions, conversions

PAIRS = list(itertools.permutations(FACES, 2))


def by_search(labels, phase, inlet, outlet, periodic):
    def at(place, face):
        axis = AXES.index(face[0])
        return place[axis] == (0 if face.endswith("min") else labels.shape[axis] - 1)

    wraps = [wraps and axis not in (inlet[0], outlet[0]) for axis, wraps in zip(AXES, periodic, strict=True)]
    costs = {}
    queue = deque((int(labels[place] != phase), place) for place in np.ndindex(labels.shape) if at(place, inlet))
    queue = deque(sorted(queue))
    while queue:
        cost, place = queue.popleft()
        if place in costs:
            continue
        costs[place] = cost
        for axis, step in itertools.product(range(3), (-1, 1)):
            there = list(place)
            there[axis] += step
            if wraps[axis]:
                there[axis] %= labels.shape[axis]
            if 0 <= there[axis] < labels.shape[axis]:
                there = tuple(there)
                if labels[there] == phase:
                    queue.appendleft((cost, there))
                else:
                    queue.append((cost + 1, there))
    of_phase = [cost for place, cost in costs.items() if labels[place] == phase]
    return Conversions(min(costs[place] for place in costs if at(place, outlet)), sum(of_phase), len(of_phase))


@given(
    st.permutations([1, 2, 3]),
    st.one_of(st.integers(1, 9), st.sampled_from([63, 64, 65, 128, 130])),
    st.integers(1, 4),
    st.sampled_from(PAIRS),
    st.tuples(*[st.booleans()] * 3),
    st.integers(0, 2**32),
)
def test_are_those_of_a_search(shape, long, phases, faces, periodic, seed):
    shape[shape.index(3)] = long
    rng = np.random.default_rng(seed)
    labels = rng.choice(phases, shape, p=rng.dirichlet([0.5] * phases)).astype(np.uint8)
    for phase in range(phases + 1):
        found = conversions(labels, phase, *faces, periodic=periodic)
        assert found == by_search(labels, phase, *faces, periodic)


@pytest.mark.parametrize(
    ("phase", "faces", "message"),
    [(300, ("z_min", "z_max"), "300"), (0, ("z_min", "front"), "'front'"), (0, ("top", "z_max"), "'top'")],
)
def test_bad_input(phase, faces, message):
    with pytest.raises(ValueError, match=message):
        conversions(np.zeros((2, 2, 2), np.uint8), phase, *faces)
