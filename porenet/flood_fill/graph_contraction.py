"""Connected components of a graph by contraction, in torch operations with few waits for a GPU.

A round joins every node that has a neighbour to the least of its neighbours. Two facts make that enough:

- Nodes that point to their least neighbour never lead round in circles, but for pairs that point to each other: the
  least node r of a circle is a neighbour of the one it points to, whose own least neighbour can then be no other than
  r. Of a pair, the lesser is the root. The least node of a component always is one.
- Every tree has two nodes at least, so that a round halves the nodes that still have neighbours: after k rounds at
  most one in 2**k has. That bounds the rounds, and how deep a tree can be, without a look at the values.

Stopping early needs that look. It comes after 1, 2, 4, 8 and 16 further rounds, which are enough for 2**31 nodes; what
is left then goes on as a smaller graph of its own. Volumes of blobs and of noise were done at the second or the third.
"""

from __future__ import annotations

import torch
from torch import Tensor

_SHALLOW = 8
"""Doublings after which the first trees of a level, the largest, are looked at: in volumes of 128^3 they were flat."""


def roots_of(here: Tensor, there: Tensor, count: int) -> Tensor:
    """The least node that each node is connected to.

    Args:
        here: ``(E,)`` int32, one end of each edge; edges may repeat, and may lead from a node to itself.
        there: ``(E,)`` int32, the other end.
        count: number of nodes, below 2**31.

    Returns:
        ``(count,)`` int32.
    """
    return _contracted(here, there, count, rounds=1)


def _contracted(here: Tensor, there: Tensor, count: int, rounds: int) -> Tensor:
    """One level: some rounds, then what still has edges as a graph of its own, with twice the rounds."""
    own = torch.arange(count, dtype=torch.int32, device=here.device)
    roots = own
    for done in range(rounds):
        parents = _least_neighbours(here, there, own)
        step = _flattened(parents, count >> done, look=done == 0)
        roots, here, there = (step.index_select(0, nodes) for nodes in (roots, here, there))

    left = (here != there).nonzero().squeeze(1)
    if not len(left):
        return roots
    here, there = here.index_select(0, left).long(), there.index_select(0, left).long()
    goes_on = torch.zeros_like(own).scatter_(0, here, 1).scatter_(0, there, 1)
    # Numbered in their order, so that the least one stays the least.
    numbers = goes_on.cumsum(0, dtype=torch.int32).sub_(1)
    inner_here, inner_there = numbers.gather(0, here), numbers.gather(0, there)
    # An upper bound of the number of nodes, known without waiting for the device.
    room = min(count >> rounds, 2 * len(left))
    names = own.new_zeros(room).scatter_(0, inner_here.long(), here.int()).scatter_(0, inner_there.long(), there.int())
    inner = names.index_select(0, _contracted(inner_here, inner_there, room, 2 * rounds))
    joined = torch.where(goes_on != 0, inner.index_select(0, numbers.clamp_min_(0)), own)
    return joined.index_select(0, roots)


def _least_neighbours(here: Tensor, there: Tensor, own: Tensor) -> Tensor:
    """The least neighbour of each node; its own: the lesser of two that are each other's, and one that has none."""
    count = len(own)
    apart = here != there
    least = torch.full_like(own, count)
    least.scatter_reduce_(0, here.long(), torch.where(apart, there, count), "amin")
    least.scatter_reduce_(0, there.long(), torch.where(apart, here, count), "amin")
    least = torch.where(least == count, own, least)
    rules = (least.index_select(0, least) == own) & (own < least)
    return torch.where(rules, own, least)


def _flattened(parents: Tensor, deepest: int, *, look: bool) -> Tensor:
    """The root of each node's tree; a tree has at most ``deepest`` nodes, so a path in it at most one step less."""
    for doubling in range(max(deepest - 2, 0).bit_length()):
        further = parents.index_select(0, parents)
        if look and doubling == _SHALLOW and torch.equal(further, parents):
            break
        parents = further
    return parents
