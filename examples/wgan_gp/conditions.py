"""What both networks are conditioned on: descriptors of a structure, and what the objective's terms are aimed at.

A generator that is not conditioned on whether the structure is cut can only guess, and guesses the likelier case.
"""

from __future__ import annotations

import torch
from torch import Tensor

from porenet import Objective
from porenet.objective import targets_for
from porenet.targets import Targets

from .settings import Settings

FAR = 3.0
"""Standard deviations from the training mean at which a condition is clipped."""
NOTHING, ROUNDING = 1e-7, 1e-4
"""Spreads that are none: of anything, in its unit, and beside its largest value."""


def conditions(settings: Settings, labels: Tensor, targets: Targets | None = None) -> Tensor:
    """The condition of each training structure, which both networks see.

    Args:
        settings: of the run.
        labels: ``(N, Z, Y, X)``, all training structures, for means and deviations are theirs; the result is on their
            device.
        targets: of the training structures, as `Objective.targets_of` measures them; measured here unless given.

    Returns:
        ``(N, C)`` float32, dimensionless. For ``network.condition``: P volume fractions, and P surface areas (by
        counting faces) in units of their training mean. For each label in ``network.conditioned_on``: the target of
        that term, in training standard deviations from the training mean, 0 where it is undefined or always the same.
    """
    table, grid = settings.network, settings.run.grid
    parts = [torch.zeros(len(labels), 0, device=labels.device)]
    if table.condition:
        plain = Objective(grid, [{"loss": "vf"}, {"loss": "ssa", "params": {"estimator": "faces"}}])
        measured = plain.targets_of(labels)
        ssa = measured["ssa"]
        found = {"vf": measured["vf"], "ssa": ssa / ssa.mean(dim=0).clamp_min(torch.finfo(ssa.dtype).tiny)}
        parts += [found[name] for name in table.condition]
    parts += [_standardised(target) for target in _targets(settings, labels, targets).values()]
    return torch.cat(parts, dim=1).float()


def obeyed(settings: Settings, made: Tensor, asked: Tensor) -> dict[str, list[float | None]]:
    """How closely structures follow the targets that they were conditioned on.

    Args:
        settings: of the run.
        made: ``(N, Z, Y, X)``, generated.
        asked: ``(N, Z, Y, X)``, the structure whose condition each was made for; may be of another size.

    Returns:
        For each label in ``network.conditioned_on``, Pearson's r between the two for each number of the target, over
        the structures in which it is defined; None where it is the same for all of either.
    """
    measured = _targets(settings, made, None)
    return {
        label: [_correlation(*pair) for pair in zip(measured[label].unbind(dim=1), target.unbind(dim=1), strict=True)]
        for label, target in _targets(settings, asked, None).items()
    }


def _targets(settings: Settings, labels: Tensor, targets: Targets | None) -> dict[str, Tensor]:
    """``(N, K)`` float64 for each label in ``network.conditioned_on``, as measured; without targets, measured here."""
    chosen, every = settings.network.conditioned_on, settings.run.terms
    terms = {term.label: term for term in every}
    if not chosen:
        return {}
    if targets is None:
        every = tuple(terms[label] for label in chosen)
        targets = Objective(settings.run.grid, every).to(labels.device).targets_of(labels)
    keys = {label: terms[label].needs[0] for label in chosen}
    by_label = {label: targets_for(terms[label], every, targets)[key] for label, key in keys.items()}
    return {label: target.double().reshape(len(labels), -1) for label, target in by_label.items()}


def _correlation(one: Tensor, other: Tensor) -> float | None:
    known = one.isfinite() & other.isfinite()
    pair = torch.stack([one[known], other[known]])
    if pair.shape[1] < 2 or (pair.std(dim=1) <= NOTHING).any():
        return None
    return float(torch.corrcoef(pair)[0, 1])


def _standardised(values: Tensor) -> Tensor:
    known = values.isfinite()
    count = known.sum(dim=0).clamp_min(1)
    off = torch.where(known, values - torch.where(known, values, 0).sum(dim=0) / count, 0)
    spread = (off.square().sum(dim=0) / count).sqrt()
    # What a solver leaves of a constant, or of nothing, is no spread.
    least = NOTHING + ROUNDING * torch.where(known, values, 0).abs().amax(dim=0)
    return torch.where(spread > least, off / spread, 0).clamp(-FAR, FAR)
