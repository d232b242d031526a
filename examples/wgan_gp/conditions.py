"""What both networks are told of a structure: descriptors, and what the objective's terms are aimed at.

A generator that is not told whether the structure of its condition is cut can but guess, and guesses the likelier.
"""

from __future__ import annotations

import torch
from settings import Settings
from torch import Tensor

from porenet import Objective
from porenet.target_routing import targets_for
from porenet.targets import Targets

FAR = 3.0
"""Standard deviations beyond which a structure is told as far off, and not how far."""


def conditions(settings: Settings, labels: Tensor, targets: Targets | None = None) -> Tensor:
    """What both networks are told of each training structure.

    Args:
        settings: of the run.
        labels: ``(N, Z, Y, X)``, of the training structures; the result is on their device.
        targets: of the training structures, as `Objective.targets_of` measures them; measured here unless given.

    Returns:
        ``(N, C)`` float32, dimensionless. For ``network.condition``: P volume fractions, and P surface areas (by
        counting faces) in units of their training mean. For each label in ``network.told``: the target of that term, in
        training standard deviations from the training mean, 0 where it is undefined or always the same.
    """
    table, grid = settings.network, settings.run.grid
    parts = [torch.zeros(len(labels), 0, device=labels.device)]
    if table.condition:
        terms = [{"loss": "vf"}, {"loss": "ssa", "params": {"estimator": "faces"}}]
        measured = Objective(grid, terms).targets_of(labels)
        ssa = measured["ssa"]
        found = {"vf": measured["vf"], "ssa": ssa / ssa.mean(dim=0).clamp_min(torch.finfo(ssa.dtype).tiny)}
        parts += [found[name] for name in table.condition]
    if table.told:
        if targets is None:
            targets = Objective.from_run(settings.run).to(labels.device).targets_of(labels)
        terms = {term.label: term for term in settings.run.terms}
        for label in table.told:
            term = terms[label]
            parts.append(_standardised(targets_for(term, settings.run.terms, targets)[term.needs[0]]))
    return torch.cat(parts, dim=1).float()


def _standardised(target: Tensor) -> Tensor:
    values = target.double().reshape(len(target), -1)
    known = values.isfinite()
    count = known.sum(dim=0).clamp_min(1)
    off = torch.where(known, values - torch.where(known, values, 0).sum(dim=0) / count, 0)
    spread = (off.square().sum(dim=0) / count).sqrt()
    rounding = 1e-6 * torch.where(known, values, 0).abs().amax(dim=0)  # what is left of a constant is no spread
    return torch.where(spread > rounding, off / spread, 0).clamp(-FAR, FAR)
