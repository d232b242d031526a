"""Islands of good conductors, of one volume and of samples, against a search from voxel to voxel."""

import itertools

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from island_search import WEIGHTS, islands_by_search
from porenet_transport.solver.cell_kernels import lay_out
from porenet_transport.solver.island_kernels import islands_between
from porenet_transport.solver.islands import CONTRAST, Islands, islands_of
from porenet_transport.solver.kernels import inside_of, layers
from porenet_transport.solver.links import links_of


def contents(level, shape, first):
    """Cells of each island -> what leaves it; the first layer within the ghost cells is layer ``first``."""
    places = np.stack(np.unravel_index(level.cells, shape), axis=1) - 1 + np.array([first, 0, 0])
    return {
        frozenset(map(tuple, places[level.owners == number].tolist())): leaving
        for number, leaving in enumerate(level.leaving.tolist())
    }


@given(
    st.integers(0, 2**31 - 1),
    st.tuples(*[st.integers(1, 7)] * 3),
    st.tuples(*[st.booleans()] * 2),
    st.sampled_from([(1.0, 1e-6), (1.0, 1e-3, 1e-6), (1.0, 0.5)]),
)
@example(0, (3, 3, 6), (False, True), (1.0, 1e-6))  # was joined round y too
@example(4, (6, 1, 5), (True, False), (1.0, 1e-6))  # each its own neighbour along y
@example(2, (7, 2, 2), (True, True), (1.0, 1e-3, 1e-6))  # twice a neighbour along y and x
def test_islands_are_those_of_a_search_from_voxel_to_voxel(seed, shape, periodic, conductors):
    cells = np.random.default_rng(seed).choice(np.array(conductors, np.float32), shape)
    matter = cells.max() >= CONTRAST * cells.min()
    searched = [islands_by_search(cells, least, periodic) for least in np.unique(cells)[1:] if matter]
    expected = [islands for islands in searched if islands]
    weights = tuple(map(np.float32, WEIGHTS))
    for boundary in ("face", "cell") if shape[0] > 1 else ("face",):
        links = links_of(cells, periodic, boundary)
        first = 0 if boundary == "face" else 1
        levels = islands_of(cells, links, weights, periodic)
        assert [contents(level, links.shape[1:], first) for level in levels] == expected
    assert islands_of_sample(cells, periodic, weights) == expected


def islands_of_sample(cells, periodic, weights):
    """`contents` of each threshold that has islands, by the loops for samples; their links are those of a volume."""
    links = links_of(cells, periodic, "face")
    height, width = links.shape[2:]
    inside, written = inside_of(height, width), np.zeros_like(layers(links))
    conductors = np.zeros(written.shape[1:], np.float32)
    lay_out(cells, periodic, inside, conductors, written)
    np.testing.assert_allclose(written, layers(links), rtol=1e-6)
    scratch = np.empty(conductors.size, np.int32), np.empty(conductors.size, np.int32)
    places, owners, leaving, ends = islands_between(conductors, written, weights, inside, width, periodic, scratch)
    return [
        contents(Islands(places[start:stop], owners[start:stop], leaving[low:high]), links.shape[1:], 0)
        for (start, low), (stop, high) in itertools.pairwise(ends.tolist())
        if high > low
    ]
