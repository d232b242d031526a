"""What a generator and its critic can be conditioned on: descriptors of a structure, dimensionless."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from porenet.errors import InputError, argument, did_you_mean
from porenet.interface import Grid
from porenet.objective import Objective

DESCRIPTORS = ("vf", "ssa")


def descriptor_conditions(grid: Grid, labels: Tensor, descriptors: Sequence[str] = DESCRIPTORS) -> Tensor:
    """The condition of each training structure.

    Args:
        grid: of the structures.
        labels: ``(N, Z, Y, X)``, all training structures, for means are theirs; the result is on their device.
        descriptors: ``vf``, P volume fractions, and ``ssa``, P surface areas (by counting faces) in units of their
            training mean.

    Raises:
        InputError: there is no such descriptor.

    Returns:
        ``(N, C)`` float32, dimensionless; C is P for each descriptor, in their order.
    """
    for name in descriptors:
        if name not in DESCRIPTORS:
            raise InputError(
                f"there is no condition {name!r}{did_you_mean(name, DESCRIPTORS)}", where=argument("descriptors"),
                fix=f"Choose among {' and '.join(DESCRIPTORS)}.",
            )  # fmt: skip
    if not descriptors:
        return torch.zeros(len(labels), 0, device=labels.device)
    measured = Objective(grid, {"vf": None, "ssa": {"estimator": "faces"}}).targets_of(labels)
    ssa = measured["ssa"]
    values = {"vf": measured["vf"], "ssa": ssa / ssa.mean(dim=0).clamp_min(torch.finfo(ssa.dtype).tiny)}
    return torch.cat([values[name] for name in descriptors], dim=1).float()
