"""The targets of an objective's terms: which term reads which target, and targets measured on real structures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from porenet.config import Term
from porenet.errors import InputError
from porenet.targets import Targets

AT_ONCE = 8
"""Number of structures whose one-hot fields are in memory at a time."""


def needs_of(terms: Iterable[Term]) -> dict[str, tuple[str, ...]]:
    """Each target key -> labels of the terms that read it."""
    keys: dict[str, tuple[str, ...]] = {}
    for term in terms:
        for key in term.needs:
            keys[key] = (*keys.get(key, ()), term.label)
    return keys


def takes_own(term: Term, terms: Iterable[Term]) -> bool:
    """Whether a target under the term's label is for that term alone: it reads one key, and its label is not a key."""
    return len(term.needs) == 1 and term.label not in needs_of(terms)


def targets_for(term: Term, terms: Iterable[Term], targets: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """The targets as one term sees them."""
    if term.label not in targets or not takes_own(term, terms):
        return targets
    (key,) = term.needs
    known = targets.estimators if isinstance(targets, Targets) else {}
    return Targets({key: targets[term.label]}, {key: known[term.label]} if term.label in known else None)


def refuse_missing(terms: tuple[Term, ...], targets: Mapping[str, Tensor]) -> None:
    """Check that the targets hold every key that a term needs.

    Raises:
        InputError: a key is missing (names it and the terms), or the targets are not a mapping of real tensors.
    """
    if not isinstance(targets, Mapping):
        raise InputError(
            f"a mapping from keys to tensors was expected, not {type(targets).__name__}",
            where="targets",
            fix="Such as {'vf': tensor of (B, P)}.",
        )
    for key in {*needs_of(terms), *(term.label for term in terms)} & set(targets):
        value: object = targets[key]
        if not isinstance(value, Tensor) or value.is_complex():
            got = value.dtype if isinstance(value, Tensor) else type(value).__name__
            raise InputError(f"a tensor of real numbers was expected, not {got}", where=f"targets[{key!r}]")
    for key in needs_of(terms):
        if key in targets:
            continue
        without = [
            term.label for term in terms if key in term.needs and not (term.label in targets and takes_own(term, terms))
        ]
        if without:
            raise InputError(
                f"the target {key!r} is missing, needed by {', '.join(without)}",
                where="targets",
                fix=f"Given: {', '.join(targets) or 'none'}.",
            )


def measured_targets(terms: Sequence[Term], losses: Iterable[Any], phases: Sequence[str], labels: Tensor) -> Targets:
    """See `porenet.objective.Objective.targets_of`.

    Args:
        terms: terms of the objective.
        losses: losses of the terms, in the same order.
        phases: names, in label order.
        labels: ``(N, Z, Y, X)``, integers below the number of phases.
    """
    _refuse(labels, phases)
    values: dict[str, Tensor] = {}
    estimators: dict[str, str] = {}
    whole = set()
    for term, loss in zip(terms, losses, strict=True):
        if not term.needs:
            continue
        measure = _measuring(term, loss)
        with torch.no_grad():
            target = torch.cat([measure(one_hot(part, len(phases))) for part in torch.split(labels, AT_ONCE)])
        estimator = getattr(loss, "twin_params", {}).get("estimator")
        key = term.needs[0]
        if key in values:
            same = values[key].shape == target.shape and bool(torch.equal(values[key], target))
            if same and estimators.get(key) == estimator:
                continue
            key = term.label
            if key in values or not takes_own(term, terms):
                raise InputError(
                    f"its target {term.needs[0]!r} differs from that of the terms before it",
                    where=f"term {term.label}",
                    fix="Give the term a label that is not a target key.",
                )
        values[key] = target
        if estimator is not None:
            estimators[key] = estimator
        if term.component.spec.batchwise:
            whole.add(key)
    return Targets(values, estimators, whole)


def one_hot(labels: Tensor, phases: int) -> Tensor:
    """The one-hot field of structures.

    Args:
        labels: ``(B, Z, Y, X)``, integers below ``phases``.
        phases: P.

    Returns:
        ``(B, P, Z, Y, X)`` float32, dimensionless.
    """
    return functional.one_hot(labels.long(), phases).movedim(-1, 1).float().contiguous()


def _measuring(term: Term, loss: Any) -> Callable[[Tensor], Tensor]:
    """The function that measures the term's target on a field: ``target_of`` of the loss, or else ``descriptor``."""
    describe: Callable[[Tensor], Tensor] | None = getattr(loss, "target_of", None) or getattr(loss, "descriptor", None)
    needed = term.needs
    if describe is None or len(needed) != 1:
        raise InputError(
            f"the target {', '.join(map(repr, needed))} cannot be measured on structures: "
            + ("the loss needs several" if len(needed) > 1 else "the loss has no descriptor"),
            where=f"term {term.label} ({term.component.full_name})",
            fix="Compute that target yourself and pass it with the others.",
        )
    return describe


def _refuse(labels: object, phases: Sequence[str]) -> None:
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
