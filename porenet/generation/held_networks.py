"""Networks that a generator holds whatever its weights: a cut phase has its cheapest repair added to its logits.

What `first_passage` charges for, this carries out: along the path from the phase's reservoir to the face opposite that
needs the least lift in all, its logit is lifted where it does not lead. A structure whose phases all cross is left as
it is, bit by bit; in any other each phase has a path of its own, which the repairs of the phases after it go around.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from porenet import flood_fill
from porenet.config import GridFile, Run
from porenet.flood_fill import batched
from porenet.interface import Axis, Face, axis_of, opened, opposite
from porenet.passage import cheapest_path
from porenet.relaxation import straight_through

LEAD = 0.1
"""By how much the logit of a voxel that was lifted leads the others."""
TAKEN = 1e4
"""Lift that a voxel of another phase's path is said to need: a detour is cheaper wherever there is one."""


class Channel(NamedTuple):
    """What is to be joined.

    Attributes:
        phase: its channel, 0 to P - 1.
        inlet: the face of its reservoir.
        outlet: the face opposite.
    """

    phase: int
    inlet: Face
    outlet: Face


def channels_of(run: Run | GridFile) -> tuple[Channel, ...]:
    """The phases of a run, or of a grid file, that have a reservoir, each from there to the face opposite."""
    return tuple(Channel(run.grid.phases.index(name), face, opposite(face)) for name, face in run.reservoirs.items())


class HeldNetworks(nn.Module):
    """`join_networks` as the last layer before the softmax; it has no weights.

    Args:
        channels: what is to be joined.
        periodic: per axis (z, y, x), whether the last voxel and the first are neighbours.
    """

    def __init__(self, channels: Sequence[Channel], periodic: tuple[bool, bool, bool]) -> None:
        super().__init__()
        self.channels, self.periodic = tuple(channels), periodic

    def forward(self, logits: Tensor) -> Tensor:
        """As `join_networks`."""
        return join_networks(logits, self.channels, periodic=self.periodic)


def join_networks(logits: Tensor, channels: Sequence[Channel], *, periodic: tuple[bool, bool, bool]) -> Tensor:
    """Logits whose argmax joins every channel.

    What is added carries no gradient: the losses still see a voxel that was lifted, and can make it lead by itself.

    Args:
        logits: ``(B, P, Z, Y, X)``, dimensionless, P >= 2; what is NaN stays so.
        channels: what is to be joined, in the order in which paths are laid; at 4^3 voxels and more there was always
            room for three.
        periodic: per axis (z, y, x), whether the last voxel and the first are neighbours.

    Returns:
        ``(B, P, Z, Y, X)``. Where paths of two phases must share a voxel, the later one has it.
    """
    field = logits.detach()
    labels = argmax_labels(field)
    cut = torch.zeros(len(field), dtype=torch.bool, device=field.device)
    for phase, inlet, _ in channels:
        cut |= ~crosses(labels, phase, axis_of(inlet), periodic)
    rows = cut.nonzero().flatten()
    if not len(rows):
        return logits
    broken = field[rows]
    return logits.index_add(0, rows, mended(broken, channels, periodic=periodic) - broken)


def crosses(labels: Tensor, phase: int, axis: Axis, periodic: tuple[bool, bool, bool]) -> Tensor:
    """Which structures ``(B, Z, Y, X)`` a phase crosses along an axis: ``(B,)`` bool."""
    wraps = opened(periodic, axis)
    if labels.device.type == "cpu":  # 40 to 90 times faster than to search for a path
        joins = [flood_fill.spanning(structure, phase, axis, periodic=wraps).any() for structure in labels.numpy()]
        return torch.tensor(np.array(joins, bool))
    return batched.spanning(labels, phase, axis, periodic=wraps).flatten(1).any(dim=1)


def mended(field: Tensor, channels: Sequence[Channel], *, periodic: tuple[bool, bool, bool]) -> Tensor:
    """As `join_networks`, for fields in which some phase is cut."""
    field = field.clone()
    taken = torch.zeros_like(field[:, 0])
    for phase, inlet, outlet in channels:
        lift = lift_of(field, phase)
        path = cheapest_path(lift + TAKEN * taken, inlet, outlet, periodic=periodic)
        field[:, phase] += path * lift
        taken = torch.maximum(taken, path)
    return field


def lift_of(field: Tensor, phase: int) -> Tensor:
    """What has to be added to a phase's logit before it leads: ``(B, P, Z, Y, X)`` -> ``(B, Z, Y, X)``, >= 0, finite.

    0 where the structure has the phase already, by however little; LEAD or more elsewhere.
    """
    rivals = torch.cat([field[:, :phase], field[:, phase + 1 :]], dim=1).amax(dim=1)
    return torch.nan_to_num(
        torch.where(argmax_labels(field) == phase, 0, rivals + LEAD - field[:, phase]), nan=0, posinf=TAKEN
    )


def argmax_labels(logits: Tensor) -> Tensor:
    """The structure that logits decode to, by the argmax of their softmax, which may tie what led.

    Args:
        logits: ``(B, P, Z, Y, X)``, dimensionless.

    Returns:
        ``(B, Z, Y, X)`` uint8; ties go to the lower label.
    """
    hard = straight_through(logits.softmax(dim=1))  # an argmax over the second axis is slow on a CPU
    labels = torch.zeros_like(hard[:, 0], dtype=torch.uint8)
    for phase, mask in enumerate(hard.unbind(dim=1)):
        labels += phase * mask.byte()
    return labels
