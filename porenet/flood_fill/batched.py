"""`porenet.flood_fill` for batches of label tensors on any device: torch alone, no loop over voxels, exact.

Runs of equal labels along x are the nodes of a graph, contacts of runs in neighbouring rows its edges;
`graph_contraction` finds the connected nodes. Neighbours are 6-connected. All is counted in integers, and no result
depends on the order of writes, so that every device gives the same answer each time.

The program waits for a GPU where the size of a tensor depends on the values of others: once for the runs, once for the
contacts along each of y and z, and at most twice per level of the graph; the largest batch can need five levels, and
real volumes needed two or three. Peak memory in bytes per voxel, result included, labels not: 9 for one phase, 18 for
blobs a few voxels wide, 46 for noise of three phases, 79 where every voxel is a run (stripes across x).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import torch
from torch import Tensor

from porenet.flood_fill.arguments import axis_index, checked_periodic, checked_phase, face_bits
from porenet.flood_fill.axes import FACES, Axis, Face
from porenet.flood_fill.graph_contraction import roots_of

_OPEN = (False, False, False)


def components(labels: Tensor, *, periodic: tuple[bool, bool, bool] = _OPEN) -> Tensor:
    """Connected components of all phases, volume by volume.

    Args:
        labels: ``(B, Z, Y, X)`` uint8, the label of each voxel; B may be 0.
        periodic: per axis (z, y, x), whether opposite faces of a volume are neighbours.

    Returns:
        ``(B, Z, Y, X)`` int32: the first voxel of each voxel's component, as the place of that voxel in its own volume
        in C order, from 0. Sorted, these are the ids of `porenet.flood_fill.components`.

    Raises:
        ValueError: bad input.
    """
    runs, roots = _join(labels, periodic)
    first_voxels = runs.first_voxels.index_select(0, roots) % max(labels.shape[1:].numel(), 1)
    return first_voxels.int().index_select(0, runs.of_voxels).view(labels.shape)


def faces_reached(labels: Tensor, *, periodic: tuple[bool, bool, bool] = _OPEN) -> Tensor:
    """Which faces of its volume each voxel is joined to through its own phase.

    Args:
        labels: ``(B, Z, Y, X)`` uint8; B may be 0.
        periodic: per axis (z, y, x), whether opposite faces of a volume are neighbours; they still count as faces.

    Returns:
        ``(B, Z, Y, X)`` uint8: bit i is set where the voxel's component has voxels in the outer layer
        ``porenet.flood_fill.FACES[i]``.

    Raises:
        ValueError: bad input.
    """
    runs, roots = _join(labels, periodic)
    reached = torch.zeros_like(roots, dtype=torch.uint8)
    for bit in range(len(FACES)):
        layer = runs.of_voxels.view(labels.shape).select(1 + bit // 2, -(bit % 2))
        touching = roots.index_select(0, layer.flatten()).long()
        reached |= torch.zeros_like(reached).index_fill_(0, touching, 1 << bit)
    return reached.index_select(0, roots).index_select(0, runs.of_voxels).view(labels.shape)


def reachable(
    labels: Tensor, phase: int, faces: Collection[Face], *, periodic: tuple[bool, bool, bool] = _OPEN
) -> Tensor:
    """The voxels of one phase that are joined to any of the named faces through that phase.

    Args:
        labels: ``(B, Z, Y, X)`` uint8; B may be 0.
        phase: a label; a label without voxels reaches nothing.
        faces: names from `porenet.flood_fill.FACES`; without a face nothing is reached.
        periodic: per axis (z, y, x), whether opposite faces of a volume are neighbours.

    Returns:
        ``(B, Z, Y, X)`` bool.

    Raises:
        ValueError: bad input.
    """
    label, wanted = checked_phase(phase), int(face_bits(faces))
    return ((faces_reached(labels, periodic=periodic) & wanted) != 0) & (labels == label)


def spanning(labels: Tensor, phase: int, axis: Axis, *, periodic: tuple[bool, bool, bool] = _OPEN) -> Tensor:
    """The voxels of one phase in components that touch both faces of an axis.

    The spanned axis is always taken as open: a wrap would join its faces without a path across the box.

    Args:
        labels: ``(B, Z, Y, X)`` uint8; B may be 0.
        phase: a label; a label without voxels spans nothing.
        axis: ``z``, ``y`` or ``x``.
        periodic: per axis (z, y, x), whether opposite faces of a volume are neighbours.

    Returns:
        ``(B, Z, Y, X)`` bool.

    Raises:
        ValueError: bad input.
    """
    label, spanned = checked_phase(phase), axis_index(axis)
    z, y, x = (wraps and i != spanned for i, wraps in enumerate(checked_periodic(periodic)))
    both = 0b11 << 2 * spanned
    return ((faces_reached(labels, periodic=(z, y, x)) & both) == both) & (labels == label)


class _Runs(NamedTuple):
    """Stretches of one label along x, numbered in C order through the batch; each ends with its row.

    Attributes:
        starts: ``(B, Z, Y, X)`` bool, where a run starts.
        of_voxels: ``(B * Z * Y * X,)`` int32, the run of each voxel.
        first_voxels: ``(R,)`` int64, place in the flattened batch of each run's start.
    """

    starts: Tensor
    of_voxels: Tensor
    first_voxels: Tensor


def _join(labels: Tensor, periodic: tuple[bool, bool, bool]) -> tuple[_Runs, Tensor]:
    """The runs and, ``(R,)`` int32, the first run of each run's component."""
    _check(labels, periodic)
    labels = labels.contiguous()
    runs = _runs(labels)
    contacts = [_contacts(labels, runs, dim, wraps) for dim, wraps in ((1, periodic[0]), (2, periodic[1]))]
    if periodic[2]:
        rows = runs.of_voxels.view(labels.shape)
        meet = labels[..., 0] == labels[..., -1]
        contacts.append((rows[..., 0].flatten(), torch.where(meet, rows[..., -1], rows[..., 0]).flatten()))
    here, there = (torch.cat(ends) for ends in zip(*contacts, strict=True))
    return runs, roots_of(here, there, len(runs.first_voxels))


def _runs(labels: Tensor) -> _Runs:
    starts = torch.ones_like(labels, dtype=torch.bool)
    torch.ne(labels[..., 1:], labels[..., :-1], out=starts[..., 1:])
    flat = starts.flatten()
    return _Runs(starts, flat.cumsum(0, dtype=torch.int32).sub_(1), flat.nonzero().squeeze(1))


def _contacts(labels: Tensor, runs: _Runs, dim: int, wraps: bool) -> tuple[Tensor, Tensor]:
    """Pairs of runs that share faces across y or z, each pair once per stretch of shared faces.

    A stretch begins where labels agree and one of the two runs starts: without a start, the voxel before it belongs to
    the same pair.
    """
    begins = (runs.starts | runs.starts.roll(1, dim)).logical_and_(labels == labels.roll(1, dim))
    if not wraps:
        begins.select(dim, 0).zero_()
    here = begins.flatten().nonzero().squeeze(1)
    size, stride = labels.shape[dim], labels.stride(dim)
    there = here - stride
    if wraps:
        there += torch.where(here // stride % size == 0, stride * size, 0)
    return runs.of_voxels.index_select(0, here), runs.of_voxels.index_select(0, there)


def _check(labels: Any, periodic: Any) -> None:
    if not isinstance(labels, Tensor):
        raise ValueError(f"labels must be a torch tensor, not {type(labels).__name__}")
    if labels.dtype != torch.uint8:
        raise ValueError(f"labels must be uint8, not {labels.dtype}; convert them with labels.to(torch.uint8)")
    if labels.ndim != 4 or 0 in labels.shape[1:]:
        raise ValueError(
            f"labels must have the shape (B, Z, Y, X) with at least one voxel per volume, not {tuple(labels.shape)}"
        )
    if labels.numel() >= 2**31:
        raise ValueError(
            f"labels must have less than 2**31 voxels, which int32 can number, not {labels.numel()}; "
            "give fewer volumes at a time"
        )
    checked_periodic(periodic)
