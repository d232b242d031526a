"""Components of graphs in few rounds, held against scipy."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import sparse

from porenet.flood_fill import graph_contraction
from porenet.flood_fill.graph_contraction import roots_of

graphs = st.integers(1, 40).flatmap(
    lambda count: st.tuples(
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=60), st.just(count)
    )
)


def roots(edges, count):
    ends = torch.tensor(edges, dtype=torch.int32).reshape(-1, 2)
    return roots_of(ends[:, 0].contiguous(), ends[:, 1].contiguous(), count)


def oracle(edges, count):
    """The least node of each node's component, by scipy."""
    ends = np.asarray(edges, dtype=np.int64).reshape(-1, 2)
    graph = sparse.coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    _, named = sparse.csgraph.connected_components(graph, directed=False)
    least = np.full(named.max() + 1, count)
    np.minimum.at(least, named, np.arange(count))
    return least[named]


def path(nodes):
    return np.stack([nodes[:-1], nodes[1:]], axis=1)


def bit_reversed(bits):
    """A path on which every second node is less than both neighbours, and so again after each round."""
    return np.array([int(format(node, f"0{bits}b")[::-1], 2) for node in range(2**bits)])


@pytest.fixture
def levels(monkeypatch):
    """Nodes of each level that was looked at."""
    counts = []
    contracted = graph_contraction._contracted

    def counting(here, there, count, rounds):
        counts.append(count)
        return contracted(here, there, count, rounds)

    monkeypatch.setattr(graph_contraction, "_contracted", counting)
    return counts


@given(graphs)
@example(([], 1))
@example(([(0, 0), (1, 1)], 2))
@example(([(1, 0), (0, 1), (1, 0)], 2))
@example(([(0, 3), (1, 3), (2, 3)], 4))
def test_every_node_is_given_the_least_one_that_it_is_connected_to(graph):
    edges, count = graph
    found = roots(edges, count)
    assert found.dtype == torch.int32
    assert found.tolist() == oracle(edges, count).tolist()


def test_all_graphs_of_four_nodes():
    pairs = list(itertools.combinations(range(4), 2))
    for chosen in itertools.product((False, True), repeat=len(pairs)):
        edges = list(itertools.compress(pairs, chosen))
        assert roots(edges, 4).tolist() == oracle(edges, 4).tolist()


def test_no_node_at_all():
    assert roots([], 0).shape == (0,)


def test_the_edges_are_left_as_they_were():
    here, there = torch.tensor([1, 2, 3], dtype=torch.int32), torch.tensor([0, 3, 3], dtype=torch.int32)
    assert roots_of(here, there, 4).tolist() == [0, 0, 2, 2]
    assert (here.tolist(), there.tolist()) == ([1, 2, 3], [0, 3, 3])


@pytest.mark.parametrize("bits", [1, 2, 3, 8, 15])
@pytest.mark.parametrize("kind", ["ordered", "random", "bit reversed", "star"])
def test_levels_stay_below_the_bound_whatever_the_order(kind, bits, levels):
    count = 2**bits
    edges = {
        "ordered": path(np.arange(count)),
        "random": path(np.random.default_rng(0).permutation(count)),
        "bit reversed": path(bit_reversed(bits)),
        "star": np.stack([np.full(count - 1, count - 1), np.arange(count - 1)], axis=1),
    }[kind]
    assert roots(edges, count).tolist() == [0] * count
    # 1 + 2 + 4 + ... rounds, each of which halves the nodes: 2**15 nodes are done within 15 rounds, at the fourth look.
    assert len(levels) <= bits.bit_length()


@given(graphs)
def test_each_level_has_at_most_half_the_nodes_for_every_round_before_it(graph):
    seen = []
    contracted = graph_contraction._contracted

    def counting(here, there, count, rounds):
        seen.append((count, rounds))
        return contracted(here, there, count, rounds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph_contraction, "_contracted", counting)
        roots(*graph)
    for (count, rounds), (fewer, _) in itertools.pairwise(seen):
        assert fewer <= count >> rounds
    assert len(seen) <= max((graph[1].bit_length() - 1).bit_length(), 1)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 9, 10, 257, 258, 300, 2**12 + 1, 2**12 + 2])
def test_the_deepest_tree_is_followed_to_its_root_in_one_round(count, levels):
    # Nodes in order make one chain, whichever of the doublings is the last that it needs.
    assert roots(path(np.arange(count)), count).tolist() == [0] * count
    assert len(levels) == 1
