"""Targets measured on real structures, by the losses' own descriptors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from porenet.config import Term
from porenet.errors import InputError
from porenet.target_routing import takes_own
from porenet.targets import Targets

if TYPE_CHECKING:
    from porenet.objective import Objective

AT_ONCE = 8
"""Structures whose one-hot fields are in memory at a time."""


def measured_targets(objective: Objective, labels: Tensor) -> Targets:
    """See `porenet.objective.Objective.targets_of`."""
    phases = len(objective.grid.phases)
    _refuse(labels, objective.grid.phases)
    values: dict[str, Tensor] = {}
    estimators: dict[str, str] = {}
    whole = set()
    for term, loss in zip(objective.terms, objective.losses, strict=True):
        if not term.needs:
            continue
        measure = _measuring(term, loss)
        with torch.no_grad():
            found = torch.cat([measure(one_hot(part, phases)) for part in torch.split(labels, AT_ONCE)])
        estimator = getattr(loss, "twin_params", {}).get("estimator")
        key = term.needs[0]
        if key in values:
            same = values[key].shape == found.shape and bool(torch.equal(values[key], found))
            if same and estimators.get(key) == estimator:
                continue
            key = term.label
            if key in values or not takes_own(term, objective.terms):
                raise InputError(
                    f"its target {term.needs[0]!r} is not that of the terms before it",
                    where=f"term {term.label}",
                    fix="Give the term a label that is no target key.",
                )
        values[key] = found
        if estimator is not None:
            estimators[key] = estimator
        if term.component.spec.batchwise:
            whole.add(key)
    return Targets(values, estimators, whole)


def one_hot(labels: Tensor, phases: int) -> Tensor:
    """The decided field of structures.

    Args:
        labels: ``(B, Z, Y, X)``, integers below ``phases``.
        phases: P.

    Returns:
        ``(B, P, Z, Y, X)`` float32, dimensionless.
    """
    return functional.one_hot(labels.long(), phases).movedim(-1, 1).float().contiguous()


def _measuring(term: Term, loss: Any) -> Callable[[Tensor], Tensor]:
    """What turns a decided field into the term's target: ``target_of`` where a loss has it, else its descriptor."""
    describe: Callable[[Tensor], Tensor] | None = getattr(loss, "target_of", None) or getattr(loss, "descriptor", None)
    needed = term.needs
    if describe is None or len(needed) != 1:
        raise InputError(
            f"the target {', '.join(map(repr, needed))} cannot be measured on structures: "
            + ("the loss needs several" if len(needed) > 1 else "the loss has no descriptor"),
            where=f"term {term.label} ({term.component.full_name})",
            fix="Make that target yourself and pass it with the others.",
        )
    return describe


def _refuse(labels: object, phases: tuple[str, ...]) -> None:
    if not isinstance(labels, Tensor) or labels.ndim != 4 or 0 in labels.shape:
        got = tuple(labels.shape) if isinstance(labels, Tensor) else type(labels).__name__
        raise InputError(f"a tensor of shape (N, Z, Y, X) was expected, not {got}", where="labels")
    if labels.is_floating_point() or labels.is_complex():
        raise InputError(f"integers were expected, not {labels.dtype}", where="labels")
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= len(phases):
        raise InputError(
            f"labels from {low} to {high}; the grid has the phases {', '.join(phases)}, labels 0 to {len(phases) - 1}",
            where="labels",
        )
