"""Cheapest paths in torch, on any device: every voxel of the batch at once, swept until nothing changes.

A sweep hands values on to the neighbours, one direction after another, so that one sweep carries them three voxels
along a slanting path. The sum that is handed on is the one that the loops of `porenet.passage.kernels` form, rounded
alike; the smallest sums do not depend on the order in which they were computed, so both give the same bits. Whether
anything still changes is tested ever more rarely, because each test waits for the device.

Faces go by number, 0 to 5 for ``porenet.interface.FACES``; fields are ``(B, Z, Y, X)`` float32 or float64.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

Step = tuple[Tensor, Tensor, Tensor]
"""Views: the values to improve, those of their neighbours, and what to add to these, or to cap them with."""


def travel(cost: Tensor, inlet: int, periodic: Sequence[bool]) -> Tensor:
    """Cheapest total cost from a face to each voxel; a negative cost counts as 0.

    Returns:
        ``(B, Z, Y, X)``.
    """
    return _spread(cost.clamp_min(0), inlet, periodic, highest=False)


def travel_gradient(gradient: Tensor, totals: Tensor, inlet: int, periodic: Sequence[bool]) -> Tensor:
    """What the gradient of `travel` is worth to the costs, ``(B, Z, Y, X)``: sums over the tree of cheapest paths."""
    return _sums(gradient, _origins(totals, inlet, periodic))


def cross(field: Tensor, inlet: int, outlet: int, periodic: Sequence[bool], highest: bool) -> tuple[Tensor, Tensor]:
    """The least total cost of a path between two faces, or the highest least value along one.

    Returns:
        That, ``(B,)``, and ``(B, Z, Y, X)`` uint8: 1 at the voxels of the path, or at one that has the least value.
    """
    values = _spread(field, inlet, periodic, highest=True) if highest else travel(field, inlet, periodic)
    layer = _layer(values, outlet)
    value, place = (layer if highest else -layer).flatten(1).max(dim=1)
    end, ends = torch.zeros_like(values), torch.zeros_like(layer)
    _layer(end, outlet).copy_(ends.flatten(1).scatter_(1, place[:, None], 1).view_as(layer))
    marks = _sums(end, _origins(-values if highest else values, inlet, periodic)) > 0
    if not highest:
        return -value, marks.to(torch.uint8)
    narrow = (marks & (field == value[:, None, None, None])).flatten(1).to(torch.uint8)
    first = narrow.argmax(dim=1, keepdim=True)
    return value, torch.zeros_like(narrow).scatter_(1, first, 1).view(field.shape)


def _layer(field: Tensor, face: int) -> Tensor:
    axis = 1 + face // 2
    return field.select(axis, 0 if face % 2 == 0 else field.shape[axis] - 1)


def _sides(size: int, wraps: bool) -> Iterator[tuple[slice, slice]]:
    """Along an axis, voxels and the neighbours of each, one direction at a time."""
    yield slice(1, None), slice(None, -1)
    yield slice(None, -1), slice(1, None)
    if wraps and size > 1:
        yield slice(0, 1), slice(-1, None)
        yield slice(-1, None), slice(0, 1)


def _pairs(field: Tensor, periodic: Sequence[bool]) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...]]]:
    """Indices of voxels and of their neighbours, for all directions."""
    for axis, wraps in enumerate(periodic, start=1):
        for here, there in _sides(field.shape[axis], wraps):
            rest = (slice(None),) * axis
            yield (*rest, here), (*rest, there)


def _spread(field: Tensor, inlet: int, periodic: Sequence[bool], *, highest: bool) -> Tensor:
    values = torch.full_like(field, -torch.inf if highest else torch.inf, memory_format=torch.contiguous_format)
    _layer(values, inlet).copy_(_layer(field, inlet))
    _sweep(values, [(values[here], values[there], field[here]) for here, there in _pairs(field, periodic)], highest)
    return values


def _sweep(values: Tensor, steps: Sequence[Step], highest: bool) -> None:
    """Improve values in place until none can be."""

    def once() -> None:
        for own, other, term in steps:
            if highest:
                torch.maximum(own, torch.minimum(other, term), out=own)
            else:
                torch.minimum(own, other + term, out=own)

    done = 0
    while True:
        rounds = 4 + done // 4
        for _ in range(rounds):
            once()
        done += rounds + 1
        before = values.clone()
        once()
        # Not "unequal": what is not a number would never rest.
        if not ((values > before) if highest else (values < before)).any():
            return


def _origins(values: Tensor, inlet: int, periodic: Sequence[bool]) -> Tensor:
    """Where the cheapest path to each voxel comes from: index into the flattened batch; a voxel of the inlet's own.

    That is the neighbour of the least value. Where it is not less than the voxel's own, as where passing costs nothing,
    values alone could lead in circles: there it is the neighbour with the fewest steps on the level to where it was
    entered.
    """
    pairs = list(_pairs(values, periodic))
    hops = torch.full_like(values, torch.inf, dtype=torch.float32)
    for here, there in pairs:
        hops[here].masked_fill_(values[there] < values[here], 0)
    _layer(hops, inlet).zero_()
    level = [torch.where(values[here] == values[there], 1.0, torch.inf) for here, there in pairs]
    _sweep(hops, [(hops[here], hops[there], step) for (here, there), step in zip(pairs, level, strict=True)], False)

    index = torch.arange(values.numel(), device=values.device).view(values.shape)
    origins = index.clone()
    least, fewest = torch.full_like(values, torch.inf), torch.full_like(hops, torch.inf)
    for here, there in pairs:
        nearer = (values[there] == least[here]) & (hops[there] < fewest[here])
        better = nearer | (values[there] < least[here])
        for current, offered in ((least, values), (fewest, hops), (origins, index)):
            current[here] = torch.where(better, offered[there], current[here])
    _layer(origins, inlet).copy_(_layer(index, inlet))
    return origins.flatten()


def _sums(gradient: Tensor, origins: Tensor) -> Tensor:
    """Sum over each voxel and all that is reached through it, by doubling the steps back towards the inlet.

    On a GPU the order of the terms is not fixed, so that the last bits may differ from run to run.

    Args:
        gradient: ``(B, Z, Y, X)``.
        origins: ``(B * Z * Y * X,)``, index of the voxel that each is reached from; its own at the start of a path.

    Returns:
        ``(B, Z, Y, X)``.
    """
    sums = gradient.flatten()
    own = torch.arange(len(origins), device=origins.device)
    goes_on = origins != own
    for doubling in range(gradient[0].numel().bit_length() if len(gradient) else 0):
        # What has no voxel that far back adds nothing to itself, rather than to one place for all of them.
        sums = sums.index_add(0, torch.where(goes_on, origins, own), torch.where(goes_on, sums, 0))
        goes_on = goes_on & goes_on[origins]
        origins = origins[origins]
        if doubling % 4 == 3 and not goes_on.any():
            break
    return sums.view(gradient.shape)
