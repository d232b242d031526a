"""Networks that a generator holds whatever its weights: a cut phase has its cheapest repair added to its logits.

What `first_passage` charges for, this carries out: along the path from the phase's reservoir to the face opposite that
needs the least lift in all, its logit is lifted until it leads. A structure whose phases all cross is left as it is,
bit by bit; in one that is not, each phase keeps a path of its own, around which the others are repaired.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from porenet.config import Run
from porenet.interface import FACES, Face
from porenet.passage import crossing

LEAD = 0.1
"""By how much the logit of a voxel of a path leads the others at least."""
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


def channels_of(run: Run) -> tuple[Channel, ...]:
    """The phases of a run that have a reservoir, each from there to the face opposite."""
    return tuple(
        Channel(run.grid.phases.index(name), face, FACES[FACES.index(face) ^ 1])
        for name, face in run.reservoirs.items()
    )


class HeldNetworks(nn.Module):
    """`joined` as the last layer before the softmax; it has no weights.

    Args:
        channels: what is to be joined.
        periodic: per axis (z, y, x), whether the last voxel and the first are neighbours.
    """

    def __init__(self, channels: Sequence[Channel], periodic: tuple[bool, bool, bool]) -> None:
        super().__init__()
        self.channels, self.periodic = tuple(channels), periodic

    def forward(self, logits: Tensor) -> Tensor:
        """As `joined`."""
        return joined(logits, self.channels, periodic=self.periodic)


def joined(logits: Tensor, channels: Sequence[Channel], *, periodic: tuple[bool, bool, bool]) -> Tensor:
    """Logits whose argmax joins every channel.

    What is added carries no gradient: the losses still see a voxel that was lifted, and can make it lead by itself.

    Args:
        logits: ``(B, P, Z, Y, X)``, dimensionless, P >= 2.
        channels: what is to be joined, in the order in which paths are laid; at 4^3 voxels and more there was always
            room for three.
        periodic: per axis (z, y, x), whether the last voxel and the first are neighbours.

    Returns:
        ``(B, P, Z, Y, X)``. Where paths of two phases must share a voxel, the later one has it.
    """
    field = logits.detach()
    cut = [crossing(lift_of(field, phase), *ends, periodic=periodic) for phase, *ends in channels]
    rows = torch.stack(cut).amax(dim=0).nonzero().flatten() if cut else []
    if not len(rows):
        return logits
    broken = field[rows]
    return logits.index_add(0, rows, mended(broken, channels, periodic=periodic) - broken)


def mended(field: Tensor, channels: Sequence[Channel], *, periodic: tuple[bool, bool, bool]) -> Tensor:
    """As `joined`, for fields that all get a path a channel, needed or not."""
    field = field.clone()
    taken = torch.zeros_like(field[:, 0])
    for phase, inlet, outlet in channels:
        lift = lift_of(field, phase)
        with torch.enable_grad():
            cost = (lift + TAKEN * taken).requires_grad_()
            total = crossing(cost, inlet, outlet, periodic=periodic).sum()
        (path,) = torch.autograd.grad(total, cost)  # 1 on it, 0 elsewhere
        field[:, phase] += path * lift
        taken = torch.maximum(taken, path)
    return field


def lift_of(field: Tensor, phase: int) -> Tensor:
    """What a phase's logit lacks to lead by LEAD: ``(B, P, Z, Y, X)`` -> ``(B, Z, Y, X)``, >= 0."""
    rivals = torch.cat([field[:, :phase], field[:, phase + 1 :]], dim=1).amax(dim=1)
    return torch.relu(rivals + LEAD - field[:, phase])
