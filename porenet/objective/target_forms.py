"""The forms in which one loss takes its target: numbers, by phase, by target key, or structures to be measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from porenet.config import Term
from porenet.errors import InputError, did_you_mean
from porenet.interface import Grid
from porenet.objective.data_checks import hidden_by_vmap
from porenet.objective.targets_of_terms import (
    AT_ONCE,
    axes_of_labels,
    doubt_one_layer,
    layered_labels,
    one_hot,
    refuse_missing,
    targets_for,
)
from porenet.targets import Targets, target_estimators, targets_measured

TargetForm = Any
"""A tensor, `Targets`, a mapping by target key, phase or pair of phases, an array, lists, a number, labels, or None."""

CALLER = 8
"""Frames from a warning to the caller of a loss: this module's three, forward, torch's own two, and the caller."""
LEAST_LABELS = 3
"""Axes of the labels of sections, (B, Y, X); those of volumes have one more. No target of a loss has as many."""


def targets_in(target: TargetForm, term: Term, loss: Any, grid: Grid, field: Tensor) -> Mapping[str, Tensor]:
    """The targets of one loss, by target key, on the device of the field.

    Args:
        target: see `porenet.objective.direct_loss.DirectLoss.forward`.
        term: the loss and its parameters.
        loss: the loss itself.
        grid: phases of the field.
        field: ``(B, P, Z, Y, X)``.

    Raises:
        InputError: the target is missing, or has no such form.
    """
    if isinstance(target, Mapping) and (isinstance(target, Targets) or _is_by_key(target, term)):
        targets: Mapping[str, Tensor] = target if isinstance(target, Targets) else _of_keys(target, term, loss, grid)
    elif target is None:
        targets = {}
    else:
        targets = _of_one_key(target, term, loss, grid, field)
    if term.needs and target is None:
        raise InputError(
            f"{term.label} needs a target: {', '.join(map(repr, term.needs))}",
            where=term.label,
            fix=f"Call loss(probabilities, target), with its values, or with labels {axes_of_labels(grid, 'B')} to "
            "measure.",
        )
    refuse_missing((term,), targets)
    return targets_for(term, (term,), targets)


def measured_on(labels: Any, term: Term, loss: Any, grid: Grid, field: Tensor | None = None) -> Targets:
    """The target that structures give, measured by the loss, without gradient.

    Args:
        labels: ``(N, Z, Y, X)``, of sections ``(N, Y, X)``, integers or booleans, a tensor or an array.
        term: the loss and its parameters.
        loss: the loss itself.
        grid: phases of the structures.
        field: whose dtype and device the measurement has; default: float32, where the labels are.

    Raises:
        InputError: labels of another shape, without a phase, or of a loss that cannot measure its target.
    """
    labels = _tensor(labels, "labels")
    if not torch.compiler.is_compiling() and hidden_by_vmap(labels):
        raise InputError(
            "labels cannot be measured inside vmap",
            where="target",
            fix="Measure them before it, loss.targets_of(labels), and map over the targets.",
        )
    labels = layered_labels(labels, grid)
    if labels.ndim != 4 or 0 in labels.shape or labels.is_floating_point() or labels.is_complex():
        raise InputError(
            f"labels of integers, {axes_of_labels(grid, 'B')}, were expected, not {labels.dtype} {tuple(labels.shape)}",
            where="target",
        )
    if grid.dims == 3 and (
        field is None or (labels.shape[1:] != field.shape[2:] and not torch.compiler.is_compiling())
    ):
        doubt_one_layer(grid, labels, term.needs, stacklevel=4 if field is None else CALLER)
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= len(grid.phases):
        known = f"the grid has labels 0 to {len(grid.phases) - 1}, for {', '.join(grid.phases)}"
        raise InputError(f"label {low if low < 0 else high} has no phase; {known}", where="target")
    if len(term.needs) != 1:
        needs = f"needs several targets: {', '.join(term.needs)}" if term.needs else "needs no target"
        raise InputError(f"{term.label} {needs}", where="target")
    dtype = torch.float32 if field is None else torch.promote_types(field.dtype, torch.float32)
    structures = labels if field is None else labels.to(field.device)
    parts = [
        targets_measured(loss, term.needs[0], one_hot(part, len(grid.phases)).to(dtype))
        for part in torch.split(structures, AT_ONCE)
    ]
    measured = [part for part in parts if part is not None]
    if not measured:
        raise InputError(
            f"{term.label} has no descriptor, so its target cannot be measured on labels",
            where="target",
            fix=f"Compute {term.needs[0]!r} yourself and pass its values.",
        )
    values = {key: torch.cat([part[key] for part in measured]) for key in measured[0]}
    whole = frozenset(values) if term.component.spec.batchwise else frozenset()
    return Targets(values, target_estimators(loss, term.needs[0]), whole, dims=grid.dims)


def _of_one_key(target: Any, term: Term, loss: Any, grid: Grid, field: Tensor) -> Mapping[str, Tensor]:
    if isinstance(target, Mapping):
        value = _by_column(target, loss, grid, term)
    else:
        value = _tensor(target, "target")
        if value.ndim == grid.dims + 2 and value.shape[1] == 1:
            value = value.squeeze(1)  # the channel that images of MONAI have
        if value.ndim == grid.dims + 1 and not value.is_floating_point() and not value.is_complex():
            _refuse_other_count(value, term, field)
            return measured_on(value, term, loss, grid, field) if term.needs else {}
        if value.ndim >= LEAST_LABELS:
            raise InputError(
                f"neither the values of a target nor labels: {value.dtype} {tuple(value.shape)}",
                where="target",
                fix=f"Labels are integers {axes_of_labels(grid, 'B')}; of one structure, labels[None]; of one-hot, "
                "argmax(dim=1).",
            )
    if len(term.needs) != 1:
        needs = f"several targets, {', '.join(term.needs)}: pass a mapping" if term.needs else "no target: leave it out"
        raise InputError(f"{term.label} needs {needs}", where="target")
    return {term.needs[0]: _as_numbers(value).to(field.device)}


def _of_keys(target: Mapping[str, Any], term: Term, loss: Any, grid: Grid) -> dict[str, Tensor]:
    return {
        key: _by_column(value, loss, grid, term) if isinstance(value, Mapping) else _numbers(value, f"target[{key!r}]")
        for key, value in target.items()
    }


def _is_by_key(target: Mapping[Any, Any], term: Term) -> bool:
    """Whether a mapping holds targets by their keys, rather than the values of one by its columns."""
    return any(name in target for name in (*term.target_keys, term.label)) or (not term.needs and not target)


def _refuse_other_count(labels: Tensor, term: Term, field: Tensor) -> None:
    if len(labels) not in (1, len(field)) and not term.component.spec.batchwise:
        raise InputError(
            f"{len(labels)} structures for {len(field)} samples; one per sample, or one for all of them, was expected",
            where="target",
        )


def _columns(loss: Any, grid: Grid) -> tuple[str, ...]:
    """Names of the columns of a loss's target; empty where it has one column, or does not name them."""
    keys: Sequence[str] = getattr(loss, "twin_keys", ())
    if keys and keys[0] in grid.phases:
        return grid.phases  # those that the loss does not read are columns too
    return tuple(keys) if len(keys) > 1 else ()


def _by_column(target: Mapping[Any, Any], loss: Any, grid: Grid, term: Term) -> Tensor:
    """The columns of a target put together, ``(K,)`` or ``(B, K)``; NaN in those that the loss does not read."""
    columns = _columns(loss, grid)
    if not columns:
        known = ", ".join(term.target_keys) or "none"
        raise InputError(
            f"{term.label} has no target by the names {', '.join(map(str, target))}",
            where="target",
            fix=f"Keys: {known}.",
        )
    unknown = [name for name in target if name not in columns]
    if unknown:
        raise InputError(
            f"no target is called {unknown[0]!r}{did_you_mean(str(unknown[0]), columns)}",
            where="target",
            fix=f"They are {', '.join(columns)}.",
        )
    missing = [name for name in columns if name in loss.twin_keys and name not in target]
    if missing:
        raise InputError(
            f"no target for {', '.join(missing)}", where="target", fix="Write float('nan') for one that has none."
        )
    values = [_numbers(target.get(name, math.nan), f"target[{name!r}]") for name in columns]
    try:
        return torch.stack(torch.broadcast_tensors(*values), dim=-1)  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        shapes = ", ".join(str(tuple(value.shape)) for value in values)
        raise InputError(f"one number per sample and column was expected, not {shapes}", where="target") from error


def _numbers(value: Any, where: str) -> Tensor:
    return _as_numbers(_tensor(value, where))


def _as_numbers(value: Tensor) -> Tensor:
    return value if value.is_floating_point() or value.is_complex() else value.double()


def _tensor(value: Any, where: str) -> Tensor:
    """A tensor of numbers, arrays, lists of either; of double precision where they are not tensors."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(item, Tensor) for item in value):
        value = [item.detach().cpu().tolist() if isinstance(item, Tensor) else item for item in value]
    if torch.compiler.is_compiling() and not isinstance(value, str):
        return _traced(value)
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise InputError(f"cannot be made an array: {error}", where=where) from error
    if array.dtype.kind not in "buif":
        raise InputError(f"numbers were expected, not {type(value).__name__} of {array.dtype}", where=where)
    return torch.tensor(array.astype({"b": np.bool_, "f": np.float64}.get(array.dtype.kind, np.int64)))


def _traced(value: Any) -> Tensor:
    """A tensor of the numbers that a compiled call has, where the types of numpy cannot be looked at."""
    return torch.tensor(value, dtype=torch.float64) if isinstance(value, Sequence) else torch.as_tensor(value)
