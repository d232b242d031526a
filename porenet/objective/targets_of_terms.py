"""The targets of an objective's terms: which term reads which target, and targets measured on real structures."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from porenet.config import Term
from porenet.errors import DoubtfulTarget, InputError
from porenet.interface import Grid, thin_along
from porenet.registry.witnesses import witness_of
from porenet.targets import Targets, target_estimators, targets_measured

PER_AREA = ("ssa", "dpb", "tpb", "tpb_active")
"""Targets that are perimeters and points per area of a section, and not those of its volume."""
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
    return len(term.needs) == 1 and not any(term.label in other.target_keys for other in terms)


def targets_for(term: Term, terms: Iterable[Term], targets: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """The targets as one term sees them: those under its label, in place of the keys that it reads."""
    if term.label not in targets or not takes_own(term, terms):
        return targets
    names = {key: own_name(term, key) for key in term.target_keys}
    own = {key: name for key, name in names.items() if name in targets}  # no :=, which torch.compile cannot trace here
    if not isinstance(targets, Targets):  # a plain mapping says neither estimators nor dimensions
        return {key: targets[name] for key, name in own.items()}
    known, errors = targets.estimators, targets.uncertainty
    return Targets(
        {key: targets[name] for key, name in own.items()},
        {key: known[name] for key, name in own.items() if name in known},
        dims=targets.dims,
        uncertainty={key: errors[name] for key, name in own.items() if name in errors},
    )


def own_name(term: Term, key: str) -> str:
    """The name of a term's target under its own label: ``LABEL``, and ``LABEL.PART`` for ``NEED.PART``."""
    return term.label + key.removeprefix(term.needs[0])


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
    read = {name for term in terms for key in term.target_keys for name in (key, own_name(term, key))}
    for key in read & set(targets):
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


def measured_targets(terms: Sequence[Term], losses: Iterable[Any], grid: Grid, labels: Tensor) -> Targets:
    """See `porenet.objective.Objective.targets_of`.

    Args:
        terms: terms of the objective.
        losses: losses of the terms, in the same order.
        grid: of the structures.
        labels: ``(N, Z, Y, X)``, of sections ``(N, Y, X)``, integers below the number of phases.
    """
    labels = layered_labels(labels, grid)
    _refuse(labels, grid)
    values: dict[str, Tensor] = {}
    estimators: dict[str, str] = {}
    whole: set[str] = set()
    witnesses: dict[str, Tensor] = {}
    samples: set[str] = set()
    losses = list(losses)
    dims = dims_of_targets(terms, losses, grid)
    if dims == 3:
        doubt_one_layer(grid, labels, needs_of(terms), stacklevel=4)
    for term, loss in zip(terms, losses, strict=True):
        if not term.needs:
            continue
        measured, names = _measured(term, loss, labels, len(grid.phases))
        if any(key in values and not _same(key, measured, names, values, estimators) for key in measured):
            if term.label in values or not takes_own(term, terms):
                raise InputError(
                    f"its target {term.needs[0]!r} differs from that of the terms before it",
                    where=f"term {term.label}",
                    fix="Give the term a label that is not a target key.",
                )
            measured = {own_name(term, key): value for key, value in measured.items()}
            names = {own_name(term, key): name for key, name in names.items()}
        values |= measured
        estimators |= names
        witness = witness_of(term.component, loss) if dims == grid.dims else None  # slices have none
        if witness is not None:
            witnesses[term.label] = witness.values(labels, grid)
        if term.component.spec.batchwise:
            whole.update(measured)
            samples.add(term.label)
    for label in samples & set(witnesses):
        if label in values and label not in whole:  # the name of another term's target, which has a row per structure
            del witnesses[label]
        else:
            whole.add(label)
    return Targets(values, estimators, whole, witnesses, dims=dims)


def doubt_one_layer(grid: Grid, labels: Tensor, keys: Iterable[str], *, stacklevel: int) -> None:
    """Warn of targets of volumes measured on one layer: perimeter per area is not surface per volume.

    Args:
        grid: of volumes.
        labels: ``(N, Z, Y, X)``.
        keys: of the targets.
        stacklevel: number of frames from this function to the caller of the objective or the loss.
    """
    thin = thin_along(grid, labels.shape[1:])
    if thin and any(key in PER_AREA for key in keys):
        warnings.warn(
            f"targets of volumes are measured on structures {thin.reason}: for thicker fields those per area are "
            "wrong, by half and more. Sections have a grid of two edges, voxel_um=(y, x), and targets.to_3d converts "
            "their targets.",
            DoubtfulTarget,
            stacklevel=stacklevel,
        )


def dims_of_targets(terms: Sequence[Term], losses: Sequence[Any], grid: Grid) -> int:
    """Of the targets of all terms that need one: those of the grid, or 2 if they are compared with slices.

    Raises:
        InputError: they are of both kinds.
    """
    pairs = zip(terms, losses, strict=True)
    dims = {term.label: getattr(loss, "dims", grid.dims) for term, loss in pairs if term.needs}
    if len(set(dims.values())) > 1:
        flat, solid = (", ".join(label for label, number in dims.items() if number == kind) for kind in (2, 3))
        raise InputError(
            f"{flat} compare slices with sections, and {solid} the volume",
            where="targets",
            fix="Give all terms planes, or none, or measure with two objectives.",
        )
    return next(iter(dims.values()), grid.dims)


def _measured(term: Term, loss: Any, labels: Tensor, phases: int) -> tuple[dict[str, Tensor], dict[str, str]]:
    """What the term's loss measures on structures under each target key, and by which estimator."""
    parts = []
    for part in torch.split(labels, AT_ONCE):
        measured = targets_measured(loss, term.needs[0], one_hot(part, phases)) if len(term.needs) == 1 else None
        if measured is None:
            raise InputError(
                f"the target {', '.join(map(repr, term.needs))} cannot be measured on structures: "
                + ("the loss needs several" if len(term.needs) > 1 else "the loss has no descriptor"),
                where=f"term {term.label} ({term.component.full_name})",
                fix="Compute that target yourself and pass it with the others.",
            )
        parts.append(measured)
    together = {key: torch.cat([measured[key] for measured in parts]) for key in parts[0]}
    return together, target_estimators(loss, term.needs[0])


def _same(
    key: str,
    measured: Mapping[str, Tensor],
    names: Mapping[str, str],
    values: Mapping[str, Tensor],
    estimators: Mapping[str, str],
) -> bool:
    """Whether a target is the same as the one that stands under its key."""
    alike = values[key].shape == measured[key].shape and bool(torch.equal(values[key], measured[key]))
    return alike and estimators.get(key) == names.get(key)


def one_hot(labels: Tensor, phases: int) -> Tensor:
    """The one-hot field of structures.

    Args:
        labels: ``(B, Z, Y, X)``, of sections ``(B, Y, X)``, integers below ``phases``.
        phases: P.

    Returns:
        ``(B, P, Z, Y, X)``, of sections ``(B, P, Y, X)``, float32, dimensionless.
    """
    return functional.one_hot(labels.long(), phases).movedim(-1, 1).float().contiguous()


def axes_of_labels(grid: Grid, samples: str) -> str:
    """The shape of labels, for messages: ``(N, Z, Y, X)``, or ``(N, Y, X)`` of sections."""
    return f"({samples}, Y, X)" if grid.dims == 2 else f"({samples}, Z, Y, X)"


def layered_labels(labels: Tensor, grid: Grid) -> Tensor:
    """Labels of sections ``(N, Y, X)`` as layers ``(N, 1, Y, X)``; other labels as they are.

    Raises:
        InputError: the grid is one of sections, and these are volumes.
    """
    if grid.dims != 2 or not isinstance(labels, Tensor):
        return labels
    if labels.ndim == 4 and labels.shape[1] != 1:
        raise InputError(f"sections, (N, Y, X), were expected, not {tuple(labels.shape)}", where="labels")
    return labels.unsqueeze(1) if labels.ndim == 3 else labels


def labels_as_tensor(labels: Any) -> Tensor:
    """Labels of structures as a tensor, whatever array they are in.

    Raises:
        InputError: they are not an array of numbers.
    """
    if isinstance(labels, Tensor):
        return labels
    try:
        array = np.asarray(labels)
    except (TypeError, ValueError) as error:
        raise InputError(f"integers were expected: {' '.join(str(error).split()):.200}", where="labels") from None
    if array.dtype.kind not in "biu":
        raise InputError(f"integers were expected, not {array.dtype}", where="labels")
    shared = array.dtype in (np.uint8, np.int64) and array.flags.carray  # what torch takes as it is
    return torch.from_numpy(array if shared else array.astype(np.int64, order="C"))


def _refuse(labels: object, grid: Grid) -> None:
    phases = grid.phases
    if not isinstance(labels, Tensor) or labels.ndim != 4 or 0 in labels.shape:
        got = tuple(labels.shape) if isinstance(labels, Tensor) else type(labels).__name__
        fix = "Pass torch.as_tensor(labels)." if hasattr(labels, "__array__") and not isinstance(labels, Tensor) else ""
        if grid.dims == getattr(labels, "ndim", 0) == 3:
            fix = "Sections have a grid of two edges, voxel_um=(y, x); of one structure, labels[None]."
        raise InputError(
            f"a tensor of shape {axes_of_labels(grid, 'N')} was expected, not {got}", where="labels", fix=fix
        )
    if labels.is_floating_point() or labels.is_complex():
        raise InputError(f"integers were expected, not {labels.dtype}", where="labels")
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= len(phases):
        raise InputError(
            f"labels from {low} to {high}; the grid has the phases {', '.join(phases)}, labels 0 to {len(phases) - 1}",
            where="labels",
        )
