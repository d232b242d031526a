"""What witnesses of terms say of sections, as that of the volume they were cut from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from porenet.interface import Grid
from porenet.objective import Objective
from porenet.registry.witnesses import witness_of

FACTORS: Mapping[str, float] = {
    "ssa by crofton": 4 / math.pi,
    "dpb by crofton": 4 / math.pi,
    "tpb by edges": 3.0,
    "tpb by triple": 2.0,
}
"""The volume's value per that of its sections, by the name of the witness."""


def witnesses_of_sections(
    objective: Objective, sections: Sequence[Any], grid: Grid, *, coarse: bool
) -> dict[str, Tensor]:
    """Witnesses of the terms of an objective of volumes, measured on sections.

    Without them a term is judged by the ratio of its witness to its own reading, which in structures with features of
    some voxels is 1.3 to 4.9 for edges per ``triple``, and 7 on a real electrode with features of 2 to 3 voxels.

    Args:
        objective: the objective.
        sections: uint8 labels ``(A, B)`` each.
        grid: of the sections.
        coarse: whether mean chords are long enough for the factors; if not, the witnesses are NaN, which says nothing.

    Returns:
        By label, ``(1, K)`` float64, in the unit of the witness; terms whose witness no factor converts are left out.
    """
    witnesses = {}
    for term, loss in zip(objective.terms, objective.losses, strict=True):
        witness = None if term.planes else witness_of(term.component, loss)
        if witness is None or (factor := FACTORS.get(witness.name)) is None:
            continue
        rows = torch.cat([witness.values(torch.tensor(labels)[None, None], grid) for labels in sections])
        witnesses[term.label] = rows.nanmean(dim=0, keepdim=True) * (factor if coarse else math.nan)
    return witnesses
