"""The law of losses that are evaluated on the slices of volumes (``planes`` of a term)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from porenet.targets import targets_measured
from porenet.testing.case import Case
from porenet.testing.laws.sections import on_sections, section_field, section_grid_of

SLICES = 4


def slices_are_compared_by_their_mean(case: Case) -> None:
    """``from_descriptor`` of a descriptor is the loss, and the mean of slices meets the mean target measured on them.

    The descriptor of a slice does not depend on the slices beside it, nor on their order.
    """
    here, grid, slices = on_sections(case) or case, section_grid_of(case), _slices(case)
    loss = here.loss(grid)
    targets = here.targets_for(slices, grid)
    described: Tensor = loss.descriptor(slices)
    _expect_near(case, loss(slices, targets), loss.from_descriptor(described, targets), "by from_descriptor")
    alone = torch.cat([loss.descriptor(part) for part in torch.split(slices, 1)])
    _expect_near(case, described, alone, "as descriptor of the slices one by one")
    order = torch.arange(SLICES).roll(1)
    _expect_near(case, described[order], loss.descriptor(slices[order]), "as descriptor of the slices in another order")
    mean = described.mean(dim=0, keepdim=True)
    measured = targets_measured(loss, case.needs[0], slices) or {}
    met = loss.from_descriptor(mean, {key: value.mean(dim=0, keepdim=True) for key, value in measured.items()})
    case.expect(tuple(met.shape) == (1,), f"gives shape {tuple(met.shape)} for one mean descriptor")
    case.expect(
        float(met) <= max(case.tolerance, 1e-6),
        f"is {float(met):.3g}, not met, where the mean of slices is compared with the mean target measured on them",
    )


def takes_planes(case: Case) -> bool:
    """Whether a loss can be a term with ``planes``."""
    if 2 not in case.spec.dims or case.spec.batchwise or len(case.needs) != 1:
        return False
    here = on_sections(case)
    loss: Any = None if here is None else here.loss(section_grid_of(case))
    return hasattr(loss, "from_descriptor") and hasattr(loss, "descriptor")


def _slices(case: Case) -> Tensor:
    """``(SLICES, P, 1, A, C)``: a structure, the same with a half of one phase, a generic field, and one next to it."""
    generic, decided, structure = torch.split(section_field(case), 1)
    half = structure.clone()
    half[:, :, :, half.shape[3] // 2 :] = 0
    half[:, 0, :, half.shape[3] // 2 :] = 1
    return torch.cat([structure, half, generic, decided])


def _expect_near(case: Case, values: Tensor, others: Tensor, when: str) -> None:
    near = values.shape == others.shape and torch.allclose(values, others, rtol=max(1e-6, case.rtol), atol=1e-12)
    case.expect(near, f"gives {values.tolist()} of slices, and {others.tolist()} {when}")
