"""Volume fractions that a generator holds whatever its weights: a number a phase and structure, added to its logits.

Shares of an argmax rise and fall with a constant that is added to one phase's logits, so those that give the wanted
shares are the minimum of a convex function, mean(max over phases) - wanted . constants: the dual of an assignment of
voxels to phases at the least cost (https://doi.org/10.1007/PL00009187). It is offsets by one phase after the other.
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from porenet.errors import InputError

SWEEPS = 4
"""Times that every phase is visited: trained fields of 32^3 then miss 0.0003 of the volume, lopsided ones 0.0005."""
HALVINGS = 16
"""Of the interval that holds a phase's constant: to 2^-16 of the range of its lead over the others."""


def hold_fractions(logits: Tensor, fractions: Tensor) -> Tensor:
    """Logits whose argmax holds the fractions that are asked for.

    The constants carry no gradient. They undo what a loss pulls at all voxels of a phase alike, so that it can move a
    phase and not change how much of it there is. They cannot part voxels whose logits are equal: a constant field, or
    one rounded to bfloat16, is held only as far as its ties allow.

    Args:
        logits: ``(B, P, Z, Y, X)``, dimensionless.
        fractions: ``(B, P)``, volume fractions that add up to 1 for each structure.

    Raises:
        InputError: the two do not belong together.

    Returns:
        ``(B, P, Z, Y, X)``: the logits, and a constant for each structure and phase; the constants of a structure add
        up to nothing.
    """
    if logits.ndim != 5 or fractions.shape != logits.shape[:2]:
        raise InputError(
            f"(B, P, Z, Y, X) logits and (B, P) fractions are expected, not {tuple(logits.shape)} and "
            f"{tuple(fractions.shape)}",
            where="fractions",
        )
    return logits + fraction_constants(logits.detach().flatten(2), fractions)[..., None, None, None]


def fraction_constants(logits: Tensor, fractions: Tensor) -> Tensor:
    """What to add to the logits of each phase, so that the argmax holds the fractions; never waits for the device.

    Args:
        logits: ``(B, P, N)``, dimensionless.
        fractions: ``(B, P)``, volume fractions that add up to 1 for each structure.

    Returns:
        ``(B, P)``, dimensionless; the constants of a structure add up to nothing.
    """
    phases, voxels = logits.shape[1:]
    wanted = fractions.to(logits.dtype) * voxels
    offsets = torch.zeros_like(wanted)
    wins = torch.empty_like(logits[:, 0])  # counted as floats: a third of the time of booleans, exact to 2^24 voxels
    for _ in range(SWEEPS if phases > 1 else 0):
        for phase in range(phases):
            rivals = [logits[:, other] + offsets[:, other, None] for other in range(phases) if other != phase]
            lead = logits[:, phase] - functools.reduce(torch.maximum, rivals)  # it wins where its constant lifts this
            low, high = least, most = -lead.amax(dim=1), -lead.amin(dim=1)
            for _ in range(HALVINGS):
                middle = (low + high) / 2
                enough = torch.gt(lead, -middle[:, None], out=wins).sum(dim=1, dtype=torch.float32) >= wanted[:, phase]
                low, high = torch.where(enough, low, middle), torch.where(enough, middle, high)
            offset, beyond = (low + high) / 2, (most - least) / 8  # the interval alone ends within the last voxel
            offset = torch.where(wanted[:, phase] < 0.5, least - beyond, offset)
            offsets[:, phase] = torch.where(wanted[:, phase] > voxels - 0.5, most + beyond, offset)
    return offsets - offsets.mean(dim=1, keepdim=True)
