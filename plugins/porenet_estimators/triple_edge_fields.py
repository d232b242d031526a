"""Length of the voxel edges whose four voxels hold three phases, on fields of probabilities."""

from __future__ import annotations

import torch
from torch import Tensor

from porenet_estimators.gaussian import Periodic

SUBSETS = ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2))
"""Of three phases: those that the four voxels of an edge may lack."""


def triple_edge_length(triple: Tensor, voxel_um: tuple[float, float, float], periodic: Periodic) -> Tensor:
    r"""Expected length of the voxel edges whose four voxels hold all three phases, per volume.

    The four voxels are drawn independently. With S a subset of the three phases, and p_S the sum of their
    probabilities, an edge counts as

    .. math:: 1 + \sum_{S \neq \emptyset} (-1)^{|S|} \prod_{i=1}^{4} (1 - p_S(i))

    (inclusion and exclusion: the product is the probability that no phase of S is drawn). It is 0 or 1 on a structure,
    whose edges are then counted as `porenet.contacts.triple_lines` counts them. It is linear in each voxel, so that on
    a structure the gradient is the change in length that the swap of a single voxel makes. Edges on an open face of the
    box have fewer than four voxels and do not count; in a single open layer the edges across it alone do, which are the
    triple points of a section, per area.

    Args:
        triple: ``(B, 3, Z, Y, X)``, probabilities of three phases, dimensionless.
        voxel_um: voxel edges (z, y, x), um.
        periodic: per axis (z, y, x), whether it wraps.

    Returns:
        ``(B,)``, um^-2, >= 0, at least float32.
    """
    triple = triple.to(torch.promote_types(triple.dtype, torch.float32))
    phases = triple.unbind(1)
    lacks = torch.stack([1 - torch.stack([phases[phase] for phase in subset]).sum(dim=0) for subset in SUBSETS], dim=1)
    voxels = triple[0, 0].numel()
    total = triple.new_zeros(len(triple))
    for first, second in ((0, 1), (0, 2), (1, 2)):
        around = _beside(_beside(lacks, first, periodic[first]), second, periodic[second])
        one, two, three = around[:, :3].sum(dim=1), around[:, 3:6].sum(dim=1), around[:, 6]
        edges = (1 - one + two - three).sum(dim=(1, 2, 3))
        total = total + edges / (voxels * voxel_um[first] * voxel_um[second])
    return total.clamp_min(0)


def _beside(field: Tensor, axis: int, wraps: bool) -> Tensor:
    """The product of each two neighbours along an axis, ``(B, S, Z, Y, X)``; one fewer along an open one."""
    dim, size = axis + 2, field.shape[axis + 2]
    if wraps:
        return field * field.roll(-1, dim)
    return field.narrow(dim, 0, size - 1) * field.narrow(dim, 1, size - 1)
