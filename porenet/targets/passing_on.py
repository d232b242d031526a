"""Targets on their way through data loaders, files and trees of tensors, with all that they hold.

What passes a mapping on by its type alone would strip estimators and reference samples of it. This module is run when
`porenet.targets` is imported; ``torch.load(weights_only=True)`` reads targets from then on.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import GetAttrKey, KeyEntry, register_pytree_node
from torch.utils.data._utils.collate import default_collate_fn_map

from porenet.errors import InputError
from porenet.targets.targets import Targets


def _reduced(targets: Targets) -> tuple[Callable[..., Targets], tuple[Any, ...]]:
    # Plain containers, which torch.load(weights_only=True) admits; a frozenset it refuses.
    parts = dict(targets), targets.estimators, sorted(targets.whole), targets.witnesses
    return _rebuilt, (*parts, targets.dims, targets.uncertainty)


def _rebuilt(
    values: Mapping[str, Tensor],
    estimators: Mapping[str, str],
    whole: Sequence[str],
    witnesses: Mapping[str, Tensor] | None = None,
    dims: int = 3,
    uncertainty: Mapping[str, Tensor] | None = None,
) -> Targets:
    return Targets(values, estimators, frozenset(whole), witnesses, dims=dims, uncertainty=uncertainty)


def _collated(batch: Sequence[Targets], **_: Any) -> Targets:
    """The rows of several structures, one below the other; reference samples, the same in all of them, once.

    Raises:
        InputError: the targets have other keys, estimators, reference samples, witnesses, dimensions or uncertainties.
    """
    first = batch[0]
    for other in batch[1:]:
        if _kinds(other) != _kinds(first):
            raise InputError(
                f"targets of one batch were measured alike, and these are {first} and {other}", where="Targets"
            )
    values, witnesses, uncertainty = (
        {
            name: value if name in first.whole else torch.cat([tensors[name] for tensors in each])
            for name, value in each[0].items()
        }
        for each in (
            [targets._values for targets in batch],
            [targets.witnesses for targets in batch],
            [targets.uncertainty for targets in batch],
        )
    )
    return Targets(values, first.estimators, first.whole, witnesses, dims=first.dims, uncertainty=uncertainty)


def _kinds(targets: Targets) -> tuple[object, ...]:
    names = set(targets), set(targets.witnesses), set(targets.uncertainty)
    return *names, targets.estimators, targets.whole, targets.dims


PARTS = ("_values", "witnesses", "uncertainty")


def _flattened(targets: Targets) -> tuple[list[Any], Any]:
    context = [dict(targets.estimators), sorted(targets.whole), targets.dims]
    return [getattr(targets, part) for part in PARTS], context


def _flattened_with_keys(targets: Targets) -> tuple[list[tuple[KeyEntry, Any]], Any]:
    values, context = _flattened(targets)
    return [(GetAttrKey(part), value) for part, value in zip(PARTS, values, strict=True)], context


def _unflattened(values: Iterable[Any], context: Any) -> Targets:
    targets = Targets.__new__(Targets)  # unchecked: vmap and export fill the tree with what is no tensor
    targets._values, targets.witnesses, targets.uncertainty = values
    estimators, whole, dims = context
    targets.estimators, targets.whole, targets.dims = dict(estimators), frozenset(whole), dims
    return targets


copyreg.pickle(Targets, _reduced)
default_collate_fn_map[Targets] = _collated
register_pytree_node(
    Targets,
    _flattened,
    _unflattened,
    serialized_type_name="porenet.targets.Targets",
    flatten_with_keys_fn=_flattened_with_keys,
)
torch.serialization.add_safe_globals([_rebuilt])
