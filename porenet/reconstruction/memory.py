"""Whether a reconstruction fits into memory."""

from __future__ import annotations

import math

import torch

from porenet.errors import InputError
from porenet.measurement.free_memory import free_bytes

BYTES = 290
"""Bytes per voxel and phase at the peak of a step with the default terms, as seen at 112^3; 450 at 64^3."""


def refuse_too_large(shape: tuple[int, int, int], phases: int, device: torch.device) -> None:
    """Check that a step fits into the memory that is free.

    Args:
        shape: ``(Z, Y, X)``, voxels.
        phases: number of phases.
        device: where the step is made.

    Raises:
        InputError: it does not.
    """
    needed, free = BYTES * phases * math.prod(shape), _free_bytes(device)
    if free is not None and needed > free:
        raise InputError(
            f"{' x '.join(map(str, shape))} voxels of {phases} phases take about {needed / 2**30:.3g} GB, and "
            f"{free / 2**30:.3g} GB are free",
            where="shape",
            fix="Reconstruct a smaller shape.",
        )


def _free_bytes(device: torch.device) -> int | None:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return free_bytes()
