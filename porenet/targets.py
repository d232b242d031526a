"""Targets of losses: tensors by key, with the estimator by which each was measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import register_pytree_node
from torch.utils.data._utils.collate import default_collate_fn_map

from porenet.errors import InputError

ROUNDING = 64
"""A target below this many times the resolution of its dtype, in units of the scale, counts as 0."""


class Targets(Mapping[str, Tensor]):
    """Targets with the estimators by which they were measured.

    A plain mapping of tensors can be used wherever this can, but its estimators are unknown. Counting faces gives 1.5
    times the area that total variation gives, so a loss refuses a target of another estimator than its own.

    Args:
        values: key -> tensor: ``vf`` (B, P) fractions, ``ssa`` (B, P) um^-1, ``tpb`` (B,) um^-2, and others that the
            losses need; NaN means undefined and is masked.
        estimators: key -> name of the estimator, where one is known.
        whole: keys whose rows are a reference sample rather than one row per structure of the batch.

    Raises:
        InputError: a value is not a tensor, or ``estimators`` or ``whole`` names a key that is not in ``values``.
    """

    def __init__(
        self,
        values: Mapping[str, Tensor],
        estimators: Mapping[str, str] | None = None,
        whole: frozenset[str] | set[str] = frozenset(),
    ) -> None:
        for key, value in values.items():
            if not isinstance(value, Tensor):
                raise InputError(f"a tensor was expected, not {type(value).__name__}", where=f"targets[{key!r}]")
        for key in {*(estimators or {}), *whole} - set(values):
            raise InputError(f"estimators or whole name the key {key!r}, which has no target", where="Targets")
        self._values, self.estimators, self.whole = dict(values), dict(estimators or {}), frozenset(whole)

    def __getitem__(self, key: str) -> Tensor:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        parts = [
            f"{key}: {tuple(value.shape)}" + (f" by {self.estimators[key]}" if key in self.estimators else "")
            for key, value in self.items()
        ]
        return f"Targets({', '.join(parts)})"

    def __reduce__(self) -> tuple[object, ...]:
        # Of plain containers, which torch.load(weights_only=True) admits; a frozenset it refuses.
        return _rebuilt, (self._values, self.estimators, sorted(self.whole))

    def to(self, device: torch.device | str, *, non_blocking: bool = False) -> Targets:
        """The same targets on another device."""
        return self._with_values({key: value.to(device, non_blocking=non_blocking) for key, value in self.items()})

    def pin_memory(self) -> Targets:
        """The same targets in pinned memory, as ``DataLoader(pin_memory=True)`` asks for."""
        return self._with_values({key: value.pin_memory() for key, value in self.items()})

    def rows(self, index: Tensor | slice | int) -> Targets:
        """Targets of some structures, in the order of the index; of one structure, a single row.

        Reference samples stay whole. ``torch.utils.data.default_collate`` puts the rows of several structures together
        again.
        """
        if isinstance(index, int):
            index = slice(index, index + 1 or None)
        return self._with_values({key: value if key in self.whole else value[index] for key, value in self.items()})

    def _with_values(self, values: Mapping[str, Tensor]) -> Targets:
        return Targets(values, self.estimators, self.whole)


def _rebuilt(values: Mapping[str, Tensor], estimators: Mapping[str, str], whole: Sequence[str]) -> Targets:
    return Targets(values, estimators, frozenset(whole))


def _collated(batch: Sequence[Targets], **_: Any) -> Targets:
    """The rows of several structures, one below the other; reference samples, the same in all of them, once.

    Raises:
        InputError: the targets have other keys, estimators or reference samples.
    """
    first = batch[0]
    for other in batch[1:]:
        if (set(other), other.estimators, other.whole) != (set(first), first.estimators, first.whole):
            raise InputError(
                f"targets of one batch were measured alike, and these are {first} and {other}", where="Targets"
            )
    return first._with_values(
        {key: value if key in first.whole else torch.cat([each[key] for each in batch]) for key, value in first.items()}
    )


def _flattened(targets: Targets) -> tuple[list[Any], Any]:
    context = [list(targets), dict(targets.estimators), sorted(targets.whole)]
    return list(targets.values()), context


def _unflattened(values: Iterable[Any], context: Any) -> Targets:
    keys, estimators, whole = context
    targets = Targets.__new__(Targets)  # unchecked: vmap and export fill the tree with what is no tensor
    targets._values = dict(zip(keys, values, strict=True))
    targets.estimators, targets.whole = dict(estimators), frozenset(whole)
    return targets


# What passes targets on by type alone would strip estimators and reference samples of them: collate functions of data
# loaders, tree_map and what builds on it, torch.load.
default_collate_fn_map[Targets] = _collated
register_pytree_node(Targets, _flattened, _unflattened, serialized_type_name="porenet.targets.Targets")
torch.serialization.add_safe_globals([_rebuilt])


def target_like(targets: Mapping[str, Tensor], key: str, descriptor: Tensor, *, estimator: str | None = None) -> Tensor:
    """The target of a descriptor, with shape and estimator checked.

    Args:
        targets: targets as a loss receives them.
        key: a key that the loss needs.
        descriptor: ``(B, K)``, in the unit of the target.
        estimator: estimator of the descriptor.

    Returns:
        ``(B, K)``, in the descriptor's dtype; NaN where it is NaN or infinite: undefined.

    Raises:
        InputError: another shape, or another estimator.
    """
    target = targets[key]
    where = f"targets[{key!r}]"
    if target.shape == descriptor.shape[:1] and descriptor.shape[1] == 1:
        target = target.unsqueeze(1)
    short = f" or ({len(descriptor)},)" if descriptor.shape[1] == 1 else ""
    if target.shape != descriptor.shape:
        raise InputError(
            f"shape {tuple(descriptor.shape)}{short}, one row per sample, was expected, not {tuple(target.shape)}",
            where=where,
        )
    declared = targets.estimators.get(key) if isinstance(targets, Targets) else None
    if estimator is not None and declared is not None and declared != estimator:
        raise InputError(
            f"measured with the estimator {declared!r}, and the loss measures with {estimator!r}",
            where=where,
            fix=f"Measure the target with {estimator!r}, or give the loss estimator = {declared!r}.",
        )
    target = target.to(descriptor.dtype)
    return torch.where(target.isfinite(), target, torch.nan)


def relative_error(value: Tensor, target: Tensor, *, scale: float) -> Tensor:
    """Relative error of a quantity with a unit.

    Args:
        value: any shape, any unit.
        target: the same shape and unit; NaN where undefined.
        scale: in the same unit; replaces the target as divisor where the target is 0 or a rounding error beside it.

    Returns:
        ``(value - target) / target``, dimensionless; 0 where the target is undefined.
    """
    undefined = target.isnan()
    known = torch.where(undefined, torch.ones_like(target), target)
    # On a field without the quantity a filter leaves rounding errors, which must not become the divisor.
    nothing = known.abs() <= ROUNDING * torch.finfo(known.dtype).eps * scale
    divisor = torch.where(nothing, torch.full_like(known, scale), known)
    return torch.where(undefined, torch.zeros_like(value), (value - known) / divisor)
