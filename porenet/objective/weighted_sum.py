"""The weighted, scheduled sum of an objective's terms, and the checks on the way to it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from porenet.config import Term
from porenet.errors import NoGradient
from porenet.objective.allowance import beyond_uncertainty
from porenet.objective.data_checks import (
    refuse_hidden_numbers,
    refuse_implausible_targets,
    refuse_unsound_numbers,
    warn_of_scale,
)
from porenet.objective.ranks import refuse_unequal_batches, value_over_ranks, world_size
from porenet.objective.reduction import reduced, refuse_reduction, weights_of_samples
from porenet.objective.refusals import evaluating, refuse_shape
from porenet.objective.schedule import refuse_schedule, weight_at, whole_step
from porenet.objective.targets_of_terms import refuse_missing, targets_for
from porenet.registry.field_guard import check_field, layered_field, without_gradient_in_export
from porenet.relaxation import relaxed
from porenet.targets import refuse_other_dims

if TYPE_CHECKING:
    from porenet.objective.objective import Objective

CHECK_EVERY_ON_CPU = 1
CHECK_EVERY_ON_GPU = 50  # a check waits for the device
CALLER = 6
"""Frames from a warning to the caller of the module: two functions, forward, torch's own two, and the caller."""


def weighted_sum(
    objective: Objective,
    probabilities: Tensor,
    targets: Mapping[str, Tensor],
    step: int | None,
    sample_weights: Tensor | None,
    reduction: str,
) -> tuple[Tensor, dict[str, Tensor]]:
    """See `porenet.objective.Objective.forward`."""
    refuse_inputs(objective, probabilities, targets)
    refuse_reduction(reduction)
    checked, probabilities = probabilities, layered_field(without_gradient_in_export(probabilities))
    if step is None:
        refuse_schedule(objective.terms)
        step = 0
    step = whole_step(step)
    due = checks_at(objective, step, probabilities.device.type)
    if due and not torch.compiler.is_compiling():
        refuse_hidden_numbers(probabilities, sample_weights, *targets.values())
    weights = weights_of_samples(sample_weights, probabilities, objective.terms, check=due)
    over_ranks = _reads_all_ranks(objective, probabilities, step)
    if due:
        refuse_implausible_targets(objective.terms, targets, len(objective.grid.phases))
    fields: dict[str, Tensor] = {}
    total = probabilities[:0].sum()  # zero, and attached even when every term is off
    values: dict[str, Tensor] = {}
    for term, loss in zip(objective.terms, objective.losses, strict=True):
        weight = weight_at(term, step)
        if weight == 0:
            continue
        if term.reads not in fields:
            fields[term.reads] = relaxed(term.reads, probabilities)
        field = fields[term.reads]
        if due and term.label not in objective.scale_checked:
            objective.scale_checked.add(term.label)
            seen = targets_for(term, objective.terms, targets)
            warn_of_scale(term, loss, field, seen, objective.grid, stacklevel=CALLER)
        all_ranks = over_ranks and term.component.spec.batchwise
        each = value_of(objective, term, loss, field, targets, all_ranks=all_ranks)
        each = beyond_uncertainty(each, term, loss, targets_for(term, objective.terms, targets))
        value = reduced(each, len(probabilities), weights, reduction)
        total = total + weight * value
        values[term.label] = value.detach()
    if values and due:
        means = [(label, value.mean()) for label, value in values.items()]
        refuse_unsound_numbers(means, checked, f" at step {step}")
    if values and not (probabilities.requires_grad or objective.gradient_missed):
        _warn_without_gradient(objective)
    return total.expand(len(probabilities)) if reduction == "none" else total, values


def refuse_inputs(objective: Objective, probabilities: Tensor, targets: Mapping[str, Tensor]) -> None:
    """Check types and shapes, and that no target is missing.

    Raises:
        InputError: a field of another shape or type, or a target is missing or no tensor.
    """
    check_field(probabilities, objective.grid.phases, objective.grid.dims)
    refuse_missing(objective.terms, targets)


def value_of(
    objective: Objective,
    term: Term,
    loss: nn.Module,
    field: Tensor,
    targets: Mapping[str, Tensor],
    *,
    all_ranks: bool = False,
) -> Tensor:
    """Value of one term, checked: ``(B,)``, or ``(1,)`` for a batchwise loss.

    Args:
        objective: of the term.
        term: the term.
        loss: its loss.
        field: as the term reads it, ``(B, P, Z, Y, X)``.
        targets: as `porenet.objective.Objective.forward` takes them.
        all_ranks: whether it is that of the batches of all ranks together.

    Raises:
        InputError, NonFiniteTerm, PluginError: as for `porenet.objective.Objective.forward`.
    """
    seen = targets_for(term, objective.terms, targets)
    if all_ranks:
        refuse_other_dims(seen, objective.grid.dims)  # the guard of the loss is passed by: it compares descriptors
    with evaluating(term, field, seen):
        values = value_over_ranks(loss, field, seen) if all_ranks else loss(field, seen)
    refuse_shape(term, values, len(field))
    return cast(Tensor, values)


def checks_at(objective: Objective, step: int, device: str) -> bool:
    """Whether the numbers are checked at a step."""
    every = objective.check_every
    if every is None:
        every = CHECK_EVERY_ON_CPU if device == "cpu" else CHECK_EVERY_ON_GPU
    return every > 0 and step % every == 0


def _reads_all_ranks(objective: Objective, probabilities: Tensor, step: int) -> bool:
    """Whether batchwise terms gather the batches of all ranks: in training, where each rank calls the objective."""
    if not (objective.gather and probabilities.requires_grad and torch.is_grad_enabled()) or world_size() == 1:
        return False
    if not any(term.component.spec.batchwise and weight_at(term, step) for term in objective.terms):
        return False
    if objective.check_every != 0:
        refuse_unequal_batches(len(probabilities), probabilities.device)
    return True


def _warn_without_gradient(objective: Objective) -> None:
    if not objective.training or not torch.is_grad_enabled() or torch.compiler.is_compiling():
        return
    objective.gradient_missed = True
    warnings.warn(
        "the field carries no gradient, so these terms train nothing. Decode inside the objective (relax), not "
        "before it; to evaluate, call objective.eval() or use torch.no_grad().",
        NoGradient,
        stacklevel=CALLER,
    )
