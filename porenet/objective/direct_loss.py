"""One loss outside an objective: guarded, relaxed, aimed at targets in any form, and reduced."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from porenet.config import Term
from porenet.errors import InputError
from porenet.interface import Grid
from porenet.interface.relaxation_name import USUAL, canonical
from porenet.objective.data_checks import (
    hidden_by_vmap,
    refuse_implausible_targets,
    refuse_unsound_numbers,
    warn_of_scale,
)
from porenet.objective.reduction import Reduction
from porenet.objective.refusals import evaluating, refuse_shape
from porenet.objective.target_forms import TargetForm, measured_on, targets_in
from porenet.registry import Component, build_loss, schema
from porenet.registry.field_guard import check_field
from porenet.relaxation import relaxed
from porenet.targets import Targets

CALLER = 5
"""Frames from a warning to the caller of the module: a function, forward, torch's own two, and the caller."""


class DirectLoss(nn.Module):
    """One loss, called as ``loss(probabilities, target)``; made by the functions of `porenet.losses`.

    On a CPU every call, on a GPU the first, also checks that the field holds probabilities, that the target is
    plausible and that the value is finite, as an objective does; other calls look at types and shapes only. The first
    call warns (`porenet.errors.DoubtfulTarget`) of a target that is far from what the field has.

    Attributes:
        grid: phases, voxel edges (um) and boundaries of the fields.
        relax: relaxation in which the loss reads the field.
        reduction: ``mean`` or ``none``.
        loss: the loss itself.
    """

    def __init__(self, term: Term, grid: Grid, reduction: Reduction) -> None:
        super().__init__()
        self.term, self.grid, self.relax, self.reduction = term, grid, term.reads, reduction
        self.loss = cast(nn.Module, build_loss(term.component, grid, term.params))
        self._checked = False

    def forward(self, probabilities: Tensor, target: TargetForm = None) -> Tensor:
        """The value of the loss.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, of sections ``(B, P, Y, X)``, P in the order of the grid's phases,
                dimensionless.
            target: left out by a loss that needs none; otherwise one value per column of the loss, for every sample
                (``[0.36, 0.34, 0.30]``) or per sample ``(B, K)``: a tensor, an array, lists, a number; or by phase or
                pair of phases (``{"Ni": 0.36, ...}``); or by target key (`porenet.targets.Targets` and other
                mappings); or labels ``(B, Z, Y, X)`` or ``(B, 1, Z, Y, X)``, of sections without Z, of integers or
                booleans, on which it is measured, without gradient. NaN: no target.

        Returns:
            The mean over the samples, a scalar; with ``reduction="none"`` ``(B,)``, of a batchwise loss ``(1,)``.

        Raises:
            InputError: wrong shape or type, or a target that is missing, has another form or another estimator.
            NonFiniteTerm, PluginError: as for `porenet.Objective`.
        """
        check_field(probabilities, self.grid.phases, self.grid.dims)
        targets = targets_in(target, self.term, self.loss, self.grid, probabilities)
        due = not torch.compiler.is_compiling() and (probabilities.device.type == "cpu" or not self._checked)
        due = due and not hidden_by_vmap(probabilities, *targets.values())
        if due:
            refuse_implausible_targets((self.term,), targets, len(self.grid.phases))
        field = relaxed(self.relax, probabilities)
        if due and not self._checked:
            warn_of_scale(self.term, self.loss, field, targets, self.grid, stacklevel=CALLER)
        with evaluating(self.term, field, targets):
            values = self.loss(field, targets)
        refuse_shape(self.term, values, len(field))
        if due:
            refuse_unsound_numbers([(self.term.label, values.detach().mean())], probabilities)
            self._checked = True
        return cast(Tensor, values.mean() if self.reduction == "mean" else values)

    def targets_of(self, labels: Any) -> Targets:
        """The target of structures, measured as the loss measures; to be passed in place of the labels.

        Args:
            labels: ``(N, Z, Y, X)``, of sections ``(N, Y, X)``, integers or booleans, a tensor or an array.

        Raises:
            InputError: other labels, or a loss that has no descriptor or needs no target.
        """
        return measured_on(labels, self.term, self.loss, self.grid)

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        return f"relax={self.relax!r}, reduction={self.reduction!r}"


def direct_loss(
    component: Component, grid: Grid, *, relax: str | None = None, reduction: Reduction = "mean", **params: Any
) -> DirectLoss:
    """The loss of a component, to be called as a function.

    Args:
        component: the loss.
        grid: phases, voxel edges (um) and boundaries of the fields.
        relax: ``straight_through`` (the default), ``soft``, ``sharpen(T)`` or ``gumbel(T)``.
        reduction: ``mean`` over the samples, or ``none``.
        **params: parameters of the loss.

    Raises:
        InputError: no grid, no such relaxation or reduction, or a relaxation for a loss that always reads one.
        ConfigError: a parameter is wrong; all problems at once.
        PluginError: the loss cannot be imported or built.
    """
    spec = component.spec
    if not isinstance(grid, Grid):
        raise InputError(f"a porenet.Grid was expected, not {type(grid).__name__}", where=spec.name)
    if reduction not in ("mean", "none"):
        raise InputError(f"must be 'mean' or 'none', not {reduction!r}", where=f"{spec.name}.reduction")
    values = schema.validated(component.load(), "loss", params, grid=grid, path=spec.name)
    reads = _relaxation(component, relax)
    return DirectLoss(Term(spec.name, component, values, 1.0, 0, None, 0, reads), grid, reduction)


def _relaxation(component: Component, relax: str | None) -> str:
    spec = component.spec
    where = f"{spec.name}.relax"
    if spec.reads != "run":
        if relax is not None:
            raise InputError(f"the loss always reads the {spec.reads} field", where=where, fix="Leave relax out.")
        return spec.reads
    try:
        return canonical(USUAL if relax is None else relax)
    except ValueError as error:
        raise InputError(str(error), where=where) from None
